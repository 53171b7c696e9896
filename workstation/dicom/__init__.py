"""Values and pure functions of DICOM: levels, nodes, query keys, matches, completeness, UIDs, statuses, text.

Belongs here: frozen values and pure functions over bytes and pydicom: reading values leniently, comparing
keys with answers, deciding how complete a study is. Does not: sockets, files, SQL, threads, Qt.
"""
