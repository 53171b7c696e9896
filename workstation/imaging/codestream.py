"""Extracts from JPEG 2000 data the code stream that the codec is given."""

from __future__ import annotations

import struct

_START = b"\xff\x4f\xff\x51"
"""SOC, then the marker of SIZ, which comes first (ISO/IEC 15444-1 A.3)."""
_TILE_PART = b"\xff\x90"
_NEEDED = frozenset(
    {
        *(0x50, 0x51, 0x59),  # CAP, SIZ, CPF
        *(0x52, 0x53, 0x5C, 0x5D, 0x5E, 0x5F, 0x60),  # COD, COC, QCD, QCC, RGN, POC, PPM
        *(0x74, 0x75, 0x77, 0x78),  # MCT, MCC, MCO, CBD of part 2
    }
)


def find_codestream(data: bytes) -> int:
    """Where the code stream begins in ``data``, -1: nowhere; a JP2 file's boxes before it are tolerated."""
    return data.find(_START, 0, 4096)


def for_codec(data: bytes) -> bytes:
    """The code stream without the boxes of a JP2 file and what decoding does not need of its main header.

    PS3.5 A.4.4 knows the code stream alone: a colour profile in the boxes would change stored values. Lists
    of lengths (TLM) only make finding tile-parts quicker, and OpenJPEG 2.5.4 writes behind a buffer where
    they are not true (OSV-2025-219). It also looks for markers inside segments that it does not know.

    Raises:
        struct.error: The main header breaks off.
    """
    start = find_codestream(data)
    kept, at = [data[start : start + 2]], start + 2
    while data[at : at + 2] != _TILE_PART:
        marker, length = struct.unpack_from(">xBH", data, at)
        end = at + 2 + max(2, length)
        if marker in _NEEDED:
            kept.append(data[at:end])
        at = end
    return b"".join([*kept, data[at:]])
