"""Keeps folders, nodes, preferences, passcodes, what was learnt about archives, and the log.

Belongs here: where each file of ours is (``folders``), what it may hold, and reading and writing it with its
types checked (``document``). Does not: what is done with the values, and the library, which is in
:mod:`workstation.store`.
"""
