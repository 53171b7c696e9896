"""From a file to a picture: parsing, decoding, grey and colour transforms; without Qt.

Two sides. In the window's process: ``pool`` (decode threads), ``decoding`` (the processes), ``child_process``
(one of them), ``grey`` and ``view`` (how a picture is shown). In a decoding process: ``worker``, and all it
imports: ``reading`` (pydicom), ``instance``, ``frames``, ``codecs``. Between them: ``messages``,
``binary_form``, ``shared_memory``. What a decoding process denies itself is in ``sandbox``.
"""
