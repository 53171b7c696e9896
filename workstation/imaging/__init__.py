"""From a file to a picture: parsing, decoding, grey and colour transforms; without Qt.

Two sides. In the window's process: ``pool`` (decode threads), ``decoding`` (the processes), ``child_process``
(one of them), ``grey`` and ``view`` (how a picture is shown). In a decoding process: ``worker``, and all it
imports: ``reading`` (pydicom), ``instance``, ``frame_source``, ``frames``, ``codecs``. Between them:
``messages``, ``binary_form``, ``shared_memory``. What a decoding process denies itself is in ``sandbox``.

What is drawn although something was wrong carries a ``picture.Mark``, made where the leniency happens: by
decoding, by finding the frames, by palettes, lookup tables and overlays.
"""
