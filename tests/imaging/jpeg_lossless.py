"""A JPEG lossless encoder (ISO/IEC 10918-1 annex H) for tests: all precisions, all predictors."""

from __future__ import annotations

import struct

import numpy as np

from workstation.imaging.arrays import Array

_CODE_LENGTH = 5
"""Bits of every Huffman code: the 17 categories of a difference (table H.2) have no favourites here."""
_TABLE = bytes(0 if length != _CODE_LENGTH else 17 for length in range(1, 17)) + bytes(range(17))


def segment(marker: int, content: bytes) -> bytes:
    """A marker segment, its length counted."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def encode(pixels: Array, precision: int, predictor: int, *, restart: int = 0, shift: int = 0) -> bytes:
    """Rows × columns (× samples, which are interleaved) as one scan.

    Args:
        pixels: Samples of ``precision`` bits.
        precision: 2 to 16.
        predictor: 1 to 7.
        restart: Rows between restart markers; 0: none.
        shift: The point transform: so many of the lowest bits are lost.
    """
    samples = pixels.astype(np.int64).reshape(*pixels.shape[:2], -1) >> shift
    rows, columns, components = samples.shape
    frame = b"".join(bytes((number + 1, 0x11, 0)) for number in range(components))
    scan = b"".join(bytes((number + 1, 0)) for number in range(components))
    parts = [
        b"\xff\xd8",
        segment(0xC3, struct.pack(">BHHB", precision, rows, columns, components) + frame),
        segment(0xC4, b"\0" + _TABLE),
    ]
    if restart:
        parts.append(segment(0xDD, struct.pack(">H", restart * columns)))
    parts.append(segment(0xDA, bytes((components,)) + scan + bytes((predictor, 0, shift))))
    step = restart or rows
    for number, first in enumerate(range(0, rows, step)):
        if number:
            parts.append(bytes((0xFF, 0xD0 + (number - 1) % 8)))
        parts.append(_interval(samples[first : first + step], 1 << (precision - shift - 1), predictor))
    return b"".join((*parts, b"\xff\xd9"))


def _interval(samples: Array, middle: int, predictor: int) -> bytes:
    """The rows between two restart markers; the first is predicted from the left only (H.1.1)."""
    above, left, corner = (np.zeros_like(samples) for _ in range(3))
    above[1:], left[:, 1:], corner[1:, 1:] = samples[:-1], samples[:, :-1], samples[:-1, :-1]
    predicted = (
        *(left, above, corner, left + above - corner),
        *(left + ((above - corner) >> 1), above + ((left - corner) >> 1), (left + above) >> 1),
    )[predictor - 1].copy()
    predicted[0], predicted[1:, 0] = left[0], above[1:, 0]
    predicted[0, 0] = middle
    bits = "".join(_difference(int(value)) for value in ((samples - predicted) & 0xFFFF).ravel())
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")


def _difference(value: int) -> str:
    """A difference modulo 2^16: its category, then as many bits (H.1.2.2)."""
    value = value - 0x10000 if value > 0x8000 else value
    category = abs(value).bit_length()
    code = format(category, f"0{_CODE_LENGTH}b")
    if category in (0, 16):
        return code
    return code + format(value if value > 0 else value + (1 << category) - 1, f"0{category}b")
