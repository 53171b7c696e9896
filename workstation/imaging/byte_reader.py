"""Reads values of a fixed form out of the bytes of a message, within bounds."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workstation.imaging.arrays import Array

MAX_PARTS = 1_000_000
"""Members of all tuples and facts of all messages of a value: each takes far more memory than bytes here."""
MAX_ARRAYS = 1024
"""Arrays of a value."""

SIZE = struct.Struct("<I")
INT = struct.Struct("<q")
FLOAT = struct.Struct("<d")


class Malformed(Exception):
    """Bytes that are not of the form expected."""


class ByteReader:
    """The bytes of a message, read from their start; whatever runs past their end is :class:`Malformed`."""

    __slots__ = ("_arrays", "_at", "_data", "_parts")

    def __init__(self, data: bytes, arrays: list[Array] | None = None) -> None:
        self._data, self._at, self._parts = data, 0, 0
        self._arrays = arrays or []

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        end = self._at + count
        if end > len(self._data):
            raise Malformed
        found, self._at = self._data[self._at : end], end
        return found

    def unpack(self, form: struct.Struct) -> Any:
        """The next number."""
        return form.unpack(self.take(form.size))[0]

    def size(self, least: int) -> int:
        """A count of items of at least ``least`` bytes each; Malformed if fewer bytes are left."""
        count = int(self.unpack(SIZE))
        if count * least > len(self._data) - self._at:
            raise Malformed
        return count

    def parts(self, least: int) -> int:
        """:meth:`size` of what is made one by one."""
        count = self.size(least)
        self._parts += count
        if self._parts > MAX_PARTS:
            raise Malformed
        return count

    def choice(self, count: int) -> int:
        """A number below ``count``."""
        found = self.take(1)[0]
        if found >= count:
            raise Malformed
        return found

    def array(self) -> Array:
        """The array of the next number."""
        number = int(self.unpack(SIZE))
        if number >= len(self._arrays):
            raise Malformed
        return self._arrays[number]

    def rest(self) -> bytes:
        """What has not been read."""
        return self._data[self._at :]
