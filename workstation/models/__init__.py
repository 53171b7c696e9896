"""Rows and Qt item models over them: texts of cells, sort keys, named roles.

Belongs here: the tree of results (``rows``, then ``arranging``, ``joining``, ``filling``, ``apart``,
``tree``, each a subclass of the one before), which answers are one patient (``patients``), columns,
transfers, the series strip, the tag list, and the words for values and states. Does not: queries, files,
threads, painting.
"""
