"""Decodes RLE Lossless (PS3.5 annex G), also where its segments hold more or less than their planes."""

from __future__ import annotations

import struct

import imagecodecs
import numpy as np

from workstation.imaging.arrays import Array
from workstation.imaging.picture import Mark, PixelSpec, Undecodable, doubtful, incomplete

MAX_SEGMENTS = 15
_HEADER = 64
_MOST = 64
"""Two bytes never make more than 128 (G.3.1)."""


def is_run_length(data: bytes) -> bool:
    """Whether ``data`` begin with an RLE header (G.5): a count of segments, the first right behind it."""
    if len(data) < _HEADER:
        return False
    count, *offsets = struct.unpack_from("<16I", data)
    begun = offsets[:count]
    return 1 <= count <= MAX_SEGMENTS and begun[0] == _HEADER and begun == sorted(begun)


def decode_run_length(data: bytes, spec: PixelSpec) -> tuple[Array, int, tuple[Mark, ...]]:
    """Samples × rows × columns of unsigned values, how many pixels of them there are, and what was wrong.

    Raises:
        Undecodable: It is no RLE of so many samples.
    """
    if spec.bits not in (8, 16, 32):
        raise Undecodable("{bits} bits in RLE are not supported.", bits=spec.bits)
    shape = (spec.samples, spec.rows, spec.columns)
    if spec.decoded_bytes > _MOST * len(data):
        raise Undecodable("Its RLE data do not fill the frame.")
    if int.from_bytes(data[:4], "little") != spec.samples * spec.bits // 8:
        raise Undecodable("Its RLE data are broken.")
    kind, pixels = np.dtype(f"<u{spec.bits // 8}"), spec.rows * spec.columns
    try:
        raw = imagecodecs.dicomrle_decode(data, kind, out=bytearray(spec.decoded_bytes))
        if len(raw) == spec.decoded_bytes:
            return np.frombuffer(raw, kind).reshape(shape), pixels, ()
    except (ValueError, RuntimeError, IndexError):
        pass  # it takes no segment that is longer or shorter than its plane
    if not is_run_length(data):
        raise Undecodable("Its RLE data are broken.")
    planes, present, too_long = _by_segments(data, spec)
    if not present:
        raise Undecodable("Its RLE data do not fill the frame.")
    marks = [doubtful("Its RLE data hold more than the picture.")] if too_long else []
    if present < pixels:
        marks.append(incomplete("Its RLE data hold less than the picture."))
    return planes.view(kind).reshape(shape), present, tuple(marks)


def _by_segments(data: bytes, spec: PixelSpec) -> tuple[Array, int, bool]:
    """The bytes of all samples in the order of the machine; pixels that all segments hold; was there more."""
    count, *offsets = struct.unpack_from("<16I", data)
    ends = [*offsets[1:count], len(data)]
    each, pixels = spec.bits // 8, spec.rows * spec.columns
    planes = np.zeros((spec.samples, pixels, each), np.uint8)
    present, too_long = pixels, False
    for number, (start, end) in enumerate(zip(offsets[:count], ends, strict=True)):
        plane, more = _unpacked(data[start:end], pixels)
        sample, byte = divmod(number, each)
        planes[sample, : len(plane), each - 1 - byte] = np.frombuffer(plane, np.uint8)
        present, too_long = min(present, len(plane)), too_long or more
    return planes, present, too_long


def _unpacked(segment: bytes, most: int) -> tuple[bytes, bool]:
    """At most so many bytes of a segment (G.3.2), and whether it holds more."""
    out, at = bytearray(), 0
    while at < len(segment) - 1 and len(out) < most:
        head = segment[at]
        if head < 128:
            out += segment[at + 1 : at + 2 + head]
            at += 2 + head
        else:
            if head > 128:
                out += segment[at + 1 : at + 2] * (257 - head)
            at += 2 if head > 128 else 1
    return bytes(out[:most]), len(out) > most or any(segment[at : at + _HEADER])
