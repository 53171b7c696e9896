"""Real archives as child processes, and the studies they hold.

``fixtures`` is what tests use; every other file makes one kind of thing: a running process, one archive's
configuration, certificates, studies.
"""
