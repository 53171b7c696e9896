"""Turns a file into a picture: parsing, decoding, grey and colour transforms; without Qt.

Two sides. In the window's process: ``pool`` (decode threads), ``decoding`` (the processes), ``child_process``
(one of them), ``grey_mapping`` and ``view`` (how a picture is shown). In a decoding process: ``worker``, and
all it imports: ``reading`` (pydicom), ``instance``, ``frame_source``, ``frames``, ``codecs``. Between them:
``worker_messages``, ``serialization``, ``shared_memory``. How a decoding process is restricted is in
``sandbox``.

A picture that was drawn although something was wrong carries a ``picture.Mark``, made where the error was
tolerated: by decoding, by finding the frames, by palettes, lookup tables and overlays.
"""
