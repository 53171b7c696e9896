"""Serves generated patients by DICOM, for trying the program without a PACS.

``phantoms`` draw; ``patients`` and ``schedule`` define who was examined when; ``scans``, ``documents`` and
``study`` make objects of it, ``pixel_encoding`` their pixel data. ``generated`` keeps what was drawn,
``stored_object`` and ``catalogue`` answer queries, ``server`` listens (pynetdicom; ``suboperations`` and
``messages`` send files without decoding them), ``process`` starts it as a child process.
All patients are invented.
"""
