"""The window driven for a long time, with samples of what it holds."""
