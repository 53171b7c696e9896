"""Whole tasks without Qt, used by the window, the command line and the tests alike."""
