"""Keeps the library: files, the index over them, plans, quarantine. The only package that uses SQL.

From an arriving object to its row: ``library_sink`` and ``incoming_file`` (part files), ``duplicates`` (its
name), ``index_writer`` (the thread that writes the index) and ``index_sql``. ``index_reader`` queries,
``sql_conditions`` translates criteria, ``schema`` opens and upgrades. The files are the truth:
``index_check`` compares a study, ``rebuild`` scans all, ``verify`` reports. Kept apart: ``quarantine``,
``unfiled``, ``trash``. ``plans`` and ``expectations`` share a file, ``plans.db``;
``study_marks`` has its own, ``marks.db``. Does not belong here: network, pixels, Qt.
"""
