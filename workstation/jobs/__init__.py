"""Lanes (QThread) and jobs: one running of an operation, with progress and cancel."""
