"""The vocabulary: levels, nodes, query keys, matches, UIDs, statuses, text.

Plain values and pure functions over pydicom; nothing here touches a socket, a file or Qt.
"""
