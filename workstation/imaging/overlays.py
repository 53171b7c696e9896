"""Reads overlay planes: drawings of one bit a pixel over a picture (PS3.3 C.9.2, PS3.5 8.1.2).

They are read as leniently as the picture: what a plane lacks is not drawn, a contradictory plane is left out,
and both give a mark; the picture is drawn in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from workstation.imaging.arrays import Array
from workstation.imaging.frames import ITEM
from workstation.imaging.image_header import is_big_endian, numbers, value_of
from workstation.imaging.lookup_tables import word
from workstation.imaging.picture import Mark, PixelSpec, doubtful, incomplete

MAX_PIXELS = 1 << 26
"""Of a plane; one that claims more is left out."""
_ITEMS_END = b"\xfe\xff\xdd\xe0"
GROUPS = range(0x6000, 0x6020, 2)
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
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

    def bits(self, frame: int, cells: Callable[[], Array]) -> tuple[Mask, bool] | None:
        """Its drawing on ``frame``, counted from 0, and whether all of it is there; None: there is none.

        Args:
            frame: As it lies in the file.
            cells: Gives the pixels with all the bits that stand in the file.
        """
        if self.frames is not None and frame not in self.frames:
            return None
        if not self.data:
            found = cells()
            return (found >> self.bit & 1).astype(np.bool_), found.shape == (self.rows, self.columns)
        number = self.frames.index(frame) if self.frames is not None else 0
        size = self.rows * self.columns
        first, last = number * size, (number + 1) * size
        some = np.frombuffer(self.data[first // 8 : -(-last // 8)], np.uint8)
        held = np.unpackbits(some, bitorder="little")[first % 8 : first % 8 + size]
        bits = np.zeros(size, np.bool_)
        bits[: held.size] = held
        return bits.reshape(self.rows, self.columns), held.size == size


def planes(dataset: Dataset, spec: PixelSpec) -> tuple[tuple[Plane, ...], tuple[Mark, ...]]:
    """The planes of an object, in the order of their groups, and what was wrong with others."""
    found, marks = [], []
    for group in GROUPS:
        if any((group, element) in dataset for element in (0x0010, 0x0011, 0x3000)):
            plane = _plane(dataset, group, spec)
            if isinstance(plane, Plane):
                found.append(plane)
            else:
                marks.append(plane)
    return tuple(found), tuple(marks)


def drawing(
    found: Sequence[Plane], frame: int, spec: PixelSpec, cells: Callable[[], Array]
) -> tuple[Mask | None, tuple[Mark, ...]]:
    """All planes of a frame in one, of the size of the picture, None if nothing is drawn; what was wrong.

    Args:
        found: The planes of the object.
        frame: As it lies in the file, counted from 0.
        spec: What the header says of the pixels.
        cells: Gives the pixels with all the bits that stand in the file.
    """
    whole: Mask | None = None
    complete = True
    for plane in found:
        drawn = plane.bits(frame, cells)
        if drawn is None:
            continue
        bits, there = drawn
        complete = complete and there
        if not bits.any():
            continue
        if whole is None:
            whole = np.zeros((spec.rows, spec.columns), np.bool_)
        top, left = max(0, plane.top), max(0, plane.left)
        seen = bits[top - plane.top :, left - plane.left :]
        below = whole[top : top + seen.shape[0], left : left + seen.shape[1]]
        below |= seen[: below.shape[0], : below.shape[1]]
    return whole, () if complete else (incomplete("A part of an overlay is missing."),)


def _plane(dataset: Dataset, group: int, spec: PixelSpec) -> Plane | Mark:
    """The plane of a group, or why there is none."""
    size = _number(dataset, group, 0x0010), _number(dataset, group, 0x0011)
    count, first = _number(dataset, group, 0x0015), _number(dataset, group, 0x0051) or 1
    frames = range(first - 1, first - 1 + count) if count > 0 else None
    data, bit = _data(dataset, group, -(-size[0] * size[1] * max(1, count) // 8)), -1
    if not data:
        if (group, 0x0102) not in dataset or (group, 0x3000) in dataset:
            return doubtful("An overlay cannot be drawn: it has no data.")
        size, bit = (spec.rows, spec.columns), _number(dataset, group, 0x0102)
        inside = spec.high - spec.stored < bit <= spec.high
        if inside or not 0 <= bit < spec.bits or spec.samples > 1 or spec.floating:
            return doubtful("An overlay cannot be drawn: its bits are those of the picture.")
    if min(size) < 1 or size[0] * size[1] > MAX_PIXELS:
        return doubtful("An overlay cannot be drawn: it has no possible size.")
    origin = _numbers(dataset, group, 0x0050)
    top, left = (word(part, signed=True) - 1 for part in origin) if len(origin) == 2 else (0, 0)
    rows, columns = size
    return Plane(rows=rows, columns=columns, top=top, left=left, data=data, bit=bit, frames=frames)


def _data(dataset: Dataset, group: int, wanted: int) -> bytes:
    """Overlay Data (60xx,3000), as if the file were little endian, out of the items if it is in some."""
    value = value_of(dataset, (group, 0x3000))
    if not isinstance(value, bytes):
        return b""
    fragments = _fragments(value)
    if fragments is not None:
        whole = b"".join(fragments)
        return whole[len(fragments[0]) :] if len(whole) - len(fragments[0]) >= wanted else whole
    if is_big_endian(dataset) and dataset[group, 0x3000].VR == "OW":
        value += bytes(len(value) % 2)
        return np.frombuffer(value, np.uint16).byteswap().tobytes()
    return value


def _fragments(value: bytes) -> list[bytes] | None:
    """The fragments of a value that is encapsulated, which overlays must not be (PS3.5 A.4); else None."""
    found, at = [], 0
    while value[at : at + 4] == ITEM and at + 8 <= len(value):
        length = int.from_bytes(value[at + 4 : at + 8], "little")
        found.append(value[at + 8 : at + 8 + length])
        at += 8 + length
    return found if found and (at >= len(value) or value[at : at + 4] == _ITEMS_END) else None


def _number(dataset: Dataset, group: int, element: int) -> int:
    return int(next(iter(_numbers(dataset, group, element)), 0))


def _numbers(dataset: Dataset, group: int, element: int) -> list[float]:
    return numbers(dataset, (group, element))
