"""Turns what the user asks for into jobs, and their results into signals.

Belongs here: one QObject for each concern (search, tree, retrieve, preview, nodes …) that lives in the GUI
thread, submits work to lanes, and gives what comes back to models and, by signals, to widgets. Does not:
painting and widgets; anything that waits for network, disk, SQL or decoding outside of a job; the work
itself, which is in :mod:`workstation.operations`.
"""
