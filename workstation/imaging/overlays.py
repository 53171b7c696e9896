"""Overlay planes: drawings of one bit a pixel that lie over a picture (PS3.3 C.9.2, PS3.5 8.1.2).

A plane that contradicts itself is left out; the picture never suffers from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from workstation.imaging.codecs import NATIVE
from workstation.imaging.header import numbers, value_of
from workstation.imaging.picture import PixelSpec

MAX_PIXELS = 1 << 26
"""Of a plane; one that claims more is left out."""
GROUPS = range(0x6000, 0x6020, 2)
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Plane:
    """One group of overlay elements.

    Attributes:
        top: Row of the picture its first row lies on, counted from 0; may be negative.
        left: The same for columns.
        data: Its bits, the first pixel in the lowest; empty if they stand in the pixels.
        bit: Where in each pixel they stand if there are no data (retired, but in archives).
        frames: The frames of the picture it belongs to, a frame of its own for each; None: one for all.
    """

    rows: int
    columns: int
    top: int = 0
    left: int = 0
    data: bytes = b""
    bit: int = 0
    frames: range | None = None

    def bits(self, frame: int, spec: PixelSpec, pixels: bytes) -> Mask | None:
        """Its drawing on ``frame``, counted from 0; None if there is none."""
        if self.frames is not None and frame not in self.frames:
            return None
        if not self.data:
            return _embedded(self.bit, spec, pixels)
        number = self.frames.index(frame) if self.frames is not None else 0
        size = self.rows * self.columns
        first, last = number * size, (number + 1) * size
        if last > 8 * len(self.data):
            return None
        some = np.frombuffer(self.data[first // 8 : -(-last // 8)], np.uint8)
        bits = np.unpackbits(some, bitorder="little")[first % 8 : first % 8 + size]
        return bits.astype(np.bool_).reshape(self.rows, self.columns)


def planes(dataset: Dataset) -> tuple[Plane, ...]:
    """The planes of an object, in the order of their groups."""
    return tuple(_planes(dataset))


def drawing(found: Sequence[Plane], frame: int, spec: PixelSpec, pixels: bytes) -> Mask | None:
    """All planes of a frame in one, of the size of the picture; None if nothing is drawn.

    Args:
        found: The planes of the object.
        frame: As it lies in the file, counted from 0.
        spec: What the header says of the pixels.
        pixels: The bytes of the frame, which may hold the planes in their unused bits.
    """
    whole: Mask | None = None
    for plane in found:
        bits = plane.bits(frame, spec, pixels)
        if bits is None or not bits.any():
            continue
        if whole is None:
            whole = np.zeros((spec.rows, spec.columns), np.bool_)
        top, left = max(0, plane.top), max(0, plane.left)
        seen = bits[top - plane.top :, left - plane.left :]
        below = whole[top : top + seen.shape[0], left : left + seen.shape[1]]
        below |= seen[: below.shape[0], : below.shape[1]]
    return whole


def _planes(dataset: Dataset) -> Iterator[Plane]:
    for group in GROUPS:
        size = _number(dataset, group, 0x0010), _number(dataset, group, 0x0011)
        if min(size) < 1 or size[0] * size[1] > MAX_PIXELS:
            continue
        origin = _numbers(dataset, group, 0x0050)
        top, left = (int(part) - 1 for part in origin) if len(origin) == 2 else (0, 0)
        count, first = _number(dataset, group, 0x0015), _number(dataset, group, 0x0051) or 1
        frames = range(first - 1, first - 1 + count) if count > 0 else None
        data, bit = _data(dataset, group), _number(dataset, group, 0x0102)
        if data or bit > 0:
            yield Plane(*size, top, left, data, bit, frames)


def _embedded(bit: int, spec: PixelSpec, pixels: bytes) -> Mask | None:
    """The bit of each pixel that stands above those of the picture."""
    words = spec.syntax in NATIVE and spec.bits == 16 and spec.samples == 1 and not spec.floating
    if not words or spec.high - spec.stored < bit <= spec.high or bit > 15:
        return None
    if len(pixels) < 2 * spec.rows * spec.columns:
        return None
    stored = np.frombuffer(pixels, ">u2" if spec.swapped else "<u2", spec.rows * spec.columns)
    return (stored >> bit & 1).astype(np.bool_).reshape(spec.rows, spec.columns)


def _data(dataset: Dataset, group: int) -> bytes:
    """Overlay Data (60xx,3000), as if the file were little endian."""
    value = value_of(dataset, (group, 0x3000))
    if not isinstance(value, bytes):
        return b""
    if dataset.original_encoding[1] is False and dataset[group, 0x3000].VR == "OW":
        return np.frombuffer(value, np.uint16, len(value) // 2).byteswap().tobytes()
    return value


def _number(dataset: Dataset, group: int, element: int) -> int:
    return int(next(iter(_numbers(dataset, group, element)), 0))


def _numbers(dataset: Dataset, group: int, element: int) -> list[float]:
    return numbers(dataset, (group, element))
