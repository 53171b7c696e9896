"""The vocabulary: levels, nodes, query keys, matches, completeness, UIDs, statuses, text.

Belongs here: frozen values and pure functions over bytes and pydicom: reading values leniently, comparing
what was typed with what is told, deciding how complete a study is. Does not: sockets, files, SQL, threads,
Qt.
"""
