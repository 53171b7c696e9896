"""The demo archive: generated patients behind a DICOM server, for trying the program without a PACS.

``phantoms`` draw; ``patients`` and ``schedule`` say who was examined when; ``scans``, ``papers`` and
``study`` make objects of it, ``encode`` their pixel data. ``generated`` keeps what was drawn, ``item`` and
``catalogue`` know what there is, ``server`` answers for it (pynetdicom; ``as_stored``
and ``messages`` send files without decoding them), ``process`` starts it as a child.
Nothing here belongs to a person of the real world.
"""
