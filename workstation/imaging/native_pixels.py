"""Reads uncompressed pixel data (PS3.5 8.1.1)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workstation.imaging.arrays import Array
from workstation.imaging.decoded_frame import Decoded, stored_values
from workstation.imaging.picture import PixelSpec, doubtful, incomplete

UNUSED_BITS = doubtful("Its pixels use more bits than its header says.")
"""Overlays may use them, too."""


def native(data: bytes, spec: PixelSpec, bit_offset: int) -> Decoded:
    """The frame that begins at a bit of ``data``; what is missing at the end is zero."""
    pixels = spec.rows * spec.columns
    if spec.unit == 16:
        words = np.frombuffer(data[: len(data) // 2 * 2], "<u2").byteswap()
        data = words.tobytes()
    if spec.bits == 1:
        packed = np.frombuffer(data, np.uint8)
        bits = np.unpackbits(packed, bitorder="little")[bit_offset : bit_offset + pixels]
        return _native(_filled(bits, pixels).reshape(spec.rows, spec.columns), spec, bits.size)
    data = data[bit_offset // 8 :] if bit_offset else data
    kind = f"f{spec.bits // 8}" if spec.floating else f"u{spec.bits // 8}"
    order = ">" if spec.swapped else "<"
    wanted = spec.frame_bits // spec.bits
    flat = np.frombuffer(data, f"{order}{kind}", min(wanted, len(data) * 8 // spec.bits))
    held = flat.size
    flat = _filled(flat.astype(kind), wanted)
    if spec.samples == 1:
        values = _native(stored_values(flat.reshape(spec.rows, spec.columns), spec), spec, held)
        return values if not _beyond(flat, spec) else replace(values, marks=(*values.marks, UNUSED_BITS))
    if spec.subsampled:
        return _native(_upsampled(flat, spec), spec, held // 4 * 2, spec.photometric[: -len("_422")])
    flat = flat if spec.bits <= 8 else stored_values(flat, spec, signed=False)
    if spec.planar:
        shaped = np.moveaxis(flat.reshape(spec.samples, spec.rows, spec.columns), 0, -1)
        return _native(shaped, spec, max(0, held - (spec.samples - 1) * pixels))
    shaped = flat.reshape(spec.rows, spec.columns, spec.samples)
    return _native(shaped, spec, held // spec.samples)


def _beyond(flat: Array, spec: PixelSpec) -> bool:
    """Whether bits are set that are not stored ones, nor repeat the sign."""
    if spec.floating or spec.stored >= spec.bits or not flat.size:
        return False
    down = spec.high + 1 - spec.stored
    if not _used(flat, spec.bits) & ~(((1 << spec.stored) - 1) << down):
        return False
    if not spec.signed or down:
        return True
    whole = stored_values(flat, spec).view(flat.dtype)
    return not ((whole == flat) | (flat >> spec.stored == 0)).all()


def _used(flat: Array, bits: int) -> int:
    """The bits that are set in any of these unsigned values; eight bytes at a time are quicker."""
    even = flat.size // 8 * 8
    words = int(np.bitwise_or.reduce(flat[:even].view(np.uint64))) if even else 0
    used = int(np.bitwise_or.reduce(flat[even:])) if even < flat.size else 0
    for down in range(0, 64, bits):
        used |= words >> down
    return used & ((1 << bits) - 1)


def _native(values: Array, spec: PixelSpec, present: int, photometric: str = "") -> Decoded:
    """Values of which the file holds the first so many pixels."""
    pixels = spec.rows * spec.columns
    if present >= pixels - spec.subsampled:  # the last pixel of an odd number has no other
        return Decoded(values, photometric or spec.photometric, spec.stored)
    rows = present // spec.columns
    short = incomplete("Its pixel data end after {rows} of {all} rows.", rows=rows, all=spec.rows)
    return Decoded(values, photometric or spec.photometric, spec.stored, present, (short,))


def _filled(flat: Array, wanted: int) -> Array:
    if flat.size == wanted:
        return flat
    whole = np.zeros(wanted, flat.dtype)
    whole[: flat.size] = flat
    return whole


def _upsampled(flat: Array, spec: PixelSpec) -> Array:
    """Y Y Cb Cr for each two pixels (PS3.3 C.7.6.3.1.2); rows of odd length are not legal and cut."""
    pairs = flat[: flat.size // 4 * 4].reshape(-1, 4)
    full = np.empty((len(pairs), 2, 3), flat.dtype)
    full[:, :, 0] = pairs[:, :2]
    full[:, :, 1:] = pairs[:, None, 2:]
    pixels = spec.rows * spec.columns
    return _filled(full.reshape(-1), pixels * 3)[: pixels * 3].reshape(spec.rows, spec.columns, 3)
