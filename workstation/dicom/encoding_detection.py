"""Detect by its first element how a data set is encoded (PS3.5 7.1), whatever it is labelled as."""

from __future__ import annotations

import zlib
from typing import Final

from workstation.dicom.dataset_walker import is_vr
from workstation.dicom.transfer_syntaxes import (
    DEFLATED,
    DEFLATED_LE,
    EXPLICIT_BE,
    EXPLICIT_LE,
    IMPLICIT_LE,
)

SAMPLE: Final = 512
"""Bytes of the data set that show how it is encoded; deflated ones begin with up to 300 of their code."""
_ELEMENT: Final = 16
_LONGEST: Final = 64 * 1024
"""Bytes of a first element; more is none."""
_UNDEFINED_LENGTH: Final = b"\xff\xff\xff\xff\xfe\xff\0\xe0"
"""Of a sequence, and its first item."""


def encoding_of(syntax: str) -> str:
    """The plain transfer syntax that writes elements as ``syntax`` does."""
    if syntax in (IMPLICIT_LE, EXPLICIT_BE):
        return syntax
    return DEFLATED_LE if syntax in DEFLATED else EXPLICIT_LE


def encoding_seen(start: bytes) -> str | None:
    """The plain transfer syntax of a data set that begins with ``start``; None: it looks like no data set."""
    plain = _first_element(start)
    if plain is not None:
        return plain
    try:
        inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(start[:SAMPLE], _ELEMENT)
    except zlib.error:
        return None
    return DEFLATED_LE if _first_element(inflated) == EXPLICIT_LE else None


def _first_element(start: bytes) -> str | None:
    if len(start) < 8:
        return None
    little, big = int.from_bytes(start[:2], "little"), int.from_bytes(start[:2], "big")
    if is_vr(start[4:6]):
        return EXPLICIT_LE if 0 < little < 0x0400 else EXPLICIT_BE if 0 < big < 0x0400 else None
    length = int.from_bytes(start[4:8], "little")
    fits = length <= _LONGEST or start[4:12] == _UNDEFINED_LENGTH
    return IMPLICIT_LE if 0 < little < 0x0400 and fits else None
