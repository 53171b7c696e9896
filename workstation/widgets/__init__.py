"""Widgets: signals out, setters in.

Belongs here: the window, its panes, dialogs, delegates, icons and colours; texts by ``tr``. A widget is
given values to show and tells what the user did. Does not: jobs, files, nodes being asked, decisions about
DICOM.
"""
