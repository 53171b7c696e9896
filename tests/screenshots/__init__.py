"""Pictures of the window in its typical states: ``python -m tests.screenshots FOLDER``."""
