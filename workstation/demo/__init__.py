"""The demo archive: generated patients behind a DICOM server, for trying the program without a PACS.

``phantoms`` draw, ``patients`` and ``schedule`` say who was examined when, ``objects`` make data sets of
it, ``archive`` indexes them, ``server`` answers for them (pynetdicom), ``process`` starts it as a child.
Nothing here belongs to a person of the real world.
"""
