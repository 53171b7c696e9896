"""The command line: parses arguments, runs the same operations as the window, prints results.

One file for each command. Belongs here: options, output, progress on a terminal, exit statuses, Ctrl-C.
Does not: Qt, and whatever the window needs as well, which is in :mod:`workstation.operations`.
"""
