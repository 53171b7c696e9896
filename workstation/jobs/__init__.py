"""Runs work outside of the GUI thread: lanes (QThread), jobs, progress, cancelling.

``lane`` names the lanes and their order, ``lanes`` has their queues and threads; ``run`` is the worker's side
of a job, ``job`` that of the GUI thread, with the signals; ``mailbox`` lies between them; ``current_job``
ignores late answers. Does not belong here: what the work is, and plain threads of the network, the index and
the decoding, which the packages below own.
"""
