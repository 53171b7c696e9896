"""Data sets with elements where none may be: stray items, ends, file meta information."""

from __future__ import annotations

import struct
import zlib

from tests.store.objects import GOOD

DEFLATED = "1.2.840.10008.1.2.1.99"


def meta(told: str, *, implicit: bool = False, order: str = "<") -> bytes:
    """Group 0002 as a file has it, or as an implicit context encodes it."""
    found = b""
    for element, vr, value in (
        (0x0000, b"UL", struct.pack(order + "I", 100)),
        (0x0001, b"OB", b"\0\1"),
        (0x0002, b"UI", b"1.2.840.10008.5.1.4.1.1.2\0"),
        (0x0003, b"UI", b"1.2.3.1\0"),
        (0x0010, b"UI", told.encode() + b"\0" * (len(told) % 2)),
        (0x0016, b"AE", b"PACS"),
    ):
        if implicit:
            found += struct.pack(order + "HHI", 2, element, len(value)) + value
        elif vr == b"OB":
            found += struct.pack(order + "HH2s2xI", 2, element, vr, len(value)) + value
        else:
            found += struct.pack(order + "HH2sH", 2, element, vr, len(value)) + value
    return found


def packed(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def deflated() -> bytes:
    return packed(GOOD)


STUDY_UID = GOOD.index(b"\x20\x00\x0d\x00UI")
PIXELS = GOOD.index(b"\xe0\x7f\x10\x00")
SEQUENCE = struct.pack("<HH2s2xI", 0x0008, 0x1140, b"SQ", 0)
END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def with_inserted(position: int, data: bytes) -> bytes:
    return GOOD[:position] + data + GOOD[position:]


DOUBTFUL = {
    "an end behind an empty sequence, before the study": with_inserted(STUDY_UID, SEQUENCE + END),
    "an end before the pixels": with_inserted(PIXELS, END),
    "an item outside of a sequence, before the pixels": with_inserted(
        PIXELS, struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    ),
    "no item in a sequence, before the pixels": with_inserted(
        PIXELS, struct.pack("<HH2s2xI", 0x0040, 0x0275, b"SQ", 0xFFFFFFFF) + b"\x08\0\x60\0CS\2\0CT"
    ),
    **{
        f"a VR of {vr!r}": with_inserted(PIXELS, struct.pack("<HH2sH", 0x2001, 0x1002, vr, 2) + b"12")
        for vr in (b"??", b"  ", b"--", b"\0\0")
    },
}
OUTSIDE = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
"""An item outside of a sequence: behind it nothing is believed."""
LOST = GOOD[:STUDY_UID] + OUTSIDE + GOOD[STUDY_UID:]
UNFILED = {
    "lost before the study": LOST,
    "lost at once": OUTSIDE + GOOD,
    "with a preamble": bytes(128) + b"DICM" + GOOD,
    "noise": b"\xff" * 500,
}
