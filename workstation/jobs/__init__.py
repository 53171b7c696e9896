"""Runs work outside of the GUI thread: lanes (QThread), jobs, progress, cancelling.

``lanes`` has a queue for each place and purpose, ``run`` is the worker's end of a job and its mailbox,
``job`` the GUI thread's end with the signals. Does not belong here: what the work is, and plain threads of
the network, the index and the decoding, which the packages below own.
"""
