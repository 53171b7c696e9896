"""The library: files, the index over them, plans, quarantine. The only package that speaks SQL.

From an arriving object to its row: ``writer`` and ``incoming`` (part files), ``duplicates`` (its final
name), ``indexing`` (the one writer of the index). ``index`` reads, ``matching`` makes SQL of criteria,
``schema`` opens and upgrades; the files are the truth (``confirm``, ``rebuild``, ``verify``). Kept apart:
``quarantine``, ``unfiled``, ``trash``. ``plans`` and ``expectations`` are in a file of their own,
``plans.db``. Does not belong here: network, pixels, Qt.
"""
