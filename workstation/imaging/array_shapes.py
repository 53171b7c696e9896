"""Describes arrays that two processes share: their types, shapes and offsets, as bytes and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from workstation.imaging.arrays import Array
from workstation.imaging.byte_reader import MAX_ARRAYS, SIZE, ByteReader, Malformed

ALIGNMENT = 64
"""Bytes at a multiple of which each array begins."""
KINDS = ("|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8")
"""The types of elements that arrays may have."""
_MAX_DIMENSIONS = 3
_MAX_BYTES = 1 << 40
"""Of an array, were each dimension at least 1: numpy refuses what is far larger, also if it is empty."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The element type of an array, an index of :data:`KINDS`, and its dimensions."""

    kind: int
    dimensions: tuple[int, ...]

    @property
    def bytes(self) -> int:
        """Bytes of the array."""
        return prod(self.dimensions) * np.dtype(KINDS[self.kind]).itemsize

    @property
    def room(self) -> int:
        """Bytes of the array with its padding up to the next one."""
        return -(-self.bytes // ALIGNMENT) * ALIGNMENT


def shape_of(array: Array) -> Shape:
    """The shape of ``array``."""
    return Shape(KINDS.index(array.dtype.str), array.shape)


def array_offsets(shapes: Sequence[Shape]) -> Iterator[tuple[int, Shape]]:
    """The offset of each array, one behind the other."""
    offset = 0
    for shape in shapes:
        yield offset, shape
        offset += shape.room


def shapes_of(data: bytes) -> tuple[list[Shape], bytes]:
    """Read the shapes at the head of a message; returns them and the rest.

    Raises:
        Malformed: They are not of the form.
    """
    reader = ByteReader(data)
    shapes = []
    if (arrays := reader.size(1)) > MAX_ARRAYS:
        raise Malformed
    for _ in range(arrays):
        kind, count = reader.take(2)
        if kind >= len(KINDS) or count > _MAX_DIMENSIONS:
            raise Malformed
        dimensions = tuple(reader.unpack(SIZE) for _ in range(count))
        if prod(max(1, length) for length in dimensions) > _MAX_BYTES:
            raise Malformed
        shapes.append(Shape(kind, dimensions))
    return shapes, reader.rest()


def shapes_head(shapes: Sequence[Shape]) -> bytes:
    """Write the head that :func:`shapes_of` reads."""
    out = bytearray(SIZE.pack(len(shapes)))
    for shape in shapes:
        out += bytes((shape.kind, len(shape.dimensions)))
        for length in shape.dimensions:
            out += SIZE.pack(length)
    return bytes(out)
