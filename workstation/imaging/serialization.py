"""Values of ours as bytes and back: what the window's process and the decoding process say to each other.

A type's annotations are its form: each field stands where it is expected, so that nothing in the bytes
chooses what is made of them. Arrays stand apart, in memory both processes have; the bytes tell their shapes.
"""

from __future__ import annotations

import struct
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from functools import lru_cache
from math import prod
from string import Formatter
from typing import Any, Union, get_args, get_origin

import numpy as np

from workstation.errors import UserMessage
from workstation.imaging import cine, grey, orientation, picture
from workstation.imaging.picture import Array

ALIGNMENT = 64
"""Bytes at a multiple of which each array begins."""
KINDS = ("|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8")
"""The types of elements that arrays may have."""
_MAX_DIMENSIONS = 3
_MAX_ARRAYS = 1024
_MAX_BYTES = 1 << 40
"""Of an array, were each dimension at least 1: numpy refuses what is far larger, also if it is empty."""
_MAX_PARTS = 1_000_000
"""Members of all tuples and facts of all messages of a value: each takes far more memory than bytes here."""
_MAX_SENTENCE = 100_000
"""Characters of a message, filled in."""

_SIZE = struct.Struct("<I")
_INT = struct.Struct("<q")
_FLOAT = struct.Struct("<d")
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1

_NAMES: dict[str, Any] = {**vars(picture), **vars(grey), **vars(cine), **vars(orientation)}
_NAMES |= {"np": np, "npt": np.typing, "Array": np.ndarray, "Rgb32": np.ndarray}
"""What the annotations of our values mean."""


class Malformed(Exception):
    """Bytes that are not of the form expected."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An array as it is told of: its type, an index of :data:`KINDS`, and its dimensions."""

    kind: int
    dimensions: tuple[int, ...]

    @property
    def bytes(self) -> int:
        """What it takes."""
        return prod(self.dimensions) * np.dtype(KINDS[self.kind]).itemsize

    @property
    def room(self) -> int:
        """What it takes when another one follows."""
        return -(-self.bytes // ALIGNMENT) * ALIGNMENT


def shape_of(array: Array) -> Shape:
    """How ``array`` is told of."""
    return Shape(KINDS.index(array.dtype.str), array.shape)


def array_offsets(shapes: Sequence[Shape]) -> Iterator[tuple[int, Shape]]:
    """Where each array begins, one behind the other."""
    offset = 0
    for shape in shapes:
        yield offset, shape
        offset += shape.room


@dataclass(slots=True)
class Written:
    """A value as bytes, and the arrays that stand apart."""

    data: bytearray = field(default_factory=bytearray)
    arrays: list[Array] = field(default_factory=list)
    parts: int = 0

    def count(self, parts: int) -> None:
        """So many parts are written now.

        Raises:
            Malformed: There are too many: nobody would read them.
        """
        self.parts += parts
        if self.parts > _MAX_PARTS:
            raise Malformed


def write(value: object, form: Any) -> Written:
    """The bytes of ``value``, which is of type ``form``.

    Raises:
        Malformed: It has more parts or arrays than are read.
    """
    out = Written()
    _form(form).write(out, value)
    return out


def shapes_of(data: bytes) -> tuple[list[Shape], bytes]:
    """The arrays that are told of at the head of a message, and what stands behind.

    Raises:
        Malformed: They are not of the form.
    """
    reader = _Reader(data)
    shapes = []
    if (arrays := reader.size(1)) > _MAX_ARRAYS:
        raise Malformed
    for _ in range(arrays):
        kind, count = reader.take(2)
        if kind >= len(KINDS) or count > _MAX_DIMENSIONS:
            raise Malformed
        dimensions = tuple(reader.unpack(_SIZE) for _ in range(count))
        if prod(max(1, length) for length in dimensions) > _MAX_BYTES:
            raise Malformed
        shapes.append(Shape(kind, dimensions))
    return shapes, reader.rest()


def shapes_head(shapes: Sequence[Shape]) -> bytes:
    """The head that :func:`shapes_of` reads."""
    out = bytearray(_SIZE.pack(len(shapes)))
    for shape in shapes:
        out += bytes((shape.kind, len(shape.dimensions)))
        for length in shape.dimensions:
            out += _SIZE.pack(length)
    return bytes(out)


def read(data: bytes, form: Any, arrays: list[Array] | None = None) -> Any:
    """The value of type ``form`` that ``data`` holds.

    Raises:
        Malformed: It is not of the form.
    """
    reader = _Reader(data, arrays or [])
    value = _form(form).read(reader)
    if reader.rest():
        raise Malformed
    return value


class _Reader:
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
        """A count of things that take at least ``least`` bytes each, so no more than can still come."""
        count = int(self.unpack(_SIZE))
        if count * least > len(self._data) - self._at:
            raise Malformed
        return count

    def parts(self, least: int) -> int:
        """:meth:`size` of what is made one by one."""
        count = self.size(least)
        self._parts += count
        if self._parts > _MAX_PARTS:
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
        number = int(self.unpack(_SIZE))
        if number >= len(self._arrays):
            raise Malformed
        return self._arrays[number]

    def rest(self) -> bytes:
        """What has not been read."""
        return self._data[self._at :]


@dataclass(frozen=True, slots=True)
class _Form:
    write: Callable[[Written, Any], None]
    read: Callable[[_Reader], Any]


@lru_cache(maxsize=256)
def _form(kind: Any) -> _Form:
    """How a type is written and read."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union(tuple(get_args(kind)))
    if origin is tuple:
        return _tuple(get_args(kind))
    if origin is np.ndarray:
        return _ARRAY
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _enum(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return _record(kind)
    raise TypeError(f"{kind} has no binary form")


def _write_text(out: Written, value: str) -> None:
    """Text as it is, or a message: its template and its facts, for the window to translate."""
    if isinstance(value, UserMessage):
        out.data.append(1)
        _write_plain_text(out, value.template)
        out.count(len(value.facts))
        out.data += _SIZE.pack(len(value.facts))
        for name, fact in value.facts.items():
            _write_plain_text(out, name)
            _write_fact(out, fact)
    else:
        out.data.append(0)
        _write_plain_text(out, value)


def _write_plain_text(out: Written, value: str) -> None:
    raw = str(value).encode("utf-8", "surrogatepass")
    out.data += _SIZE.pack(len(raw))
    out.data += raw


def _write_fact(out: Written, fact: object) -> None:
    if isinstance(fact, float):
        out.data.append(2)
        out.data += _FLOAT.pack(fact)
    elif isinstance(fact, int):
        out.data.append(1)
        _write_int(out, fact)
    else:
        out.data.append(0)
        _write_text(out, fact if isinstance(fact, str) else str(fact))


def _read_plain_text(reader: _Reader) -> str:
    try:
        return reader.take(reader.size(1)).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as broken:
        raise Malformed from broken


def _read_text(reader: _Reader, depth: int = 8) -> str:
    if not reader.choice(2):
        return _read_plain_text(reader)
    template = _read_plain_text(reader)
    count = reader.parts(2)
    if depth <= 0:
        raise Malformed
    facts: dict[str, object] = {}
    for _ in range(count):
        name, kind = _read_plain_text(reader), reader.choice(3)
        if kind == 0:
            facts[name] = _read_text(reader, depth - 1)
        else:
            facts[name] = reader.unpack(_INT if kind == 1 else _FLOAT)
    try:
        if facts:
            _check_template(template, facts)
        return UserMessage(template, **facts)
    except (KeyError, ValueError, TypeError) as broken:
        raise Malformed from broken


def _check_template(template: str, facts: dict[str, object]) -> None:
    """Only names stand in its braces, and filled in it is no longer than a message is.

    Raises:
        Malformed: There is more in them: an attribute, an item, a width.
        KeyError: A name that is not in ``facts``.
        ValueError: A brace stands alone.
    """
    if len(template) > _MAX_SENTENCE:
        raise Malformed
    length = 0
    for text, name, form, conversion in Formatter().parse(template):
        length += len(text)
        if name is not None:
            length += len(str(facts[name]))
        if form or conversion or length > _MAX_SENTENCE:
            raise Malformed


def _write_int(out: Written, value: int) -> None:
    out.data += _INT.pack(min(max(int(value), _SMALLEST), _LARGEST))


def _write_array(out: Written, value: Array) -> None:
    if len(out.arrays) >= _MAX_ARRAYS:
        raise Malformed
    out.data += _SIZE.pack(len(out.arrays))
    out.arrays.append(np.ascontiguousarray(value, value.dtype.newbyteorder("=")))


_ARRAY = _Form(_write_array, lambda reader: reader.array())
_PLAIN: dict[Any, _Form] = {
    np.ndarray: _ARRAY,
    str: _Form(_write_text, _read_text),
    int: _Form(_write_int, lambda reader: reader.unpack(_INT)),
    float: _Form(
        lambda out, value: out.data.extend(_FLOAT.pack(value)), lambda reader: reader.unpack(_FLOAT)
    ),
    bool: _Form(lambda out, value: out.data.append(bool(value)), lambda reader: bool(reader.choice(2))),
    bytes: _Form(
        lambda out, value: _write_array(out, np.frombuffer(value, np.uint8)),
        lambda reader: reader.array().tobytes(),
    ),
    type(None): _Form(lambda out, value: None, lambda reader: None),
}


def _union(kinds: tuple[Any, ...]) -> _Form:
    classes = [(int, float) if kind is float else get_origin(kind) or kind for kind in kinds]

    def write_one(out: Written, value: object) -> None:
        number = next(n for n, kind in enumerate(classes) if isinstance(value, kind))
        out.data.append(number)
        _form(kinds[number]).write(out, value)

    return _Form(write_one, lambda reader: _form(kinds[reader.choice(len(kinds))]).read(reader))


def _tuple(kinds: tuple[Any, ...]) -> _Form:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        each = _form(kinds[0])

        def write_all(out: Written, value: tuple[object, ...]) -> None:
            out.count(len(value))
            out.data += _SIZE.pack(len(value))
            for part in value:
                each.write(out, part)

        return _Form(write_all, lambda reader: tuple(each.read(reader) for _ in range(reader.parts(1))))
    forms = [_form(kind) for kind in kinds]

    def write_each(out: Written, value: tuple[object, ...]) -> None:
        for form, part in zip(forms, value, strict=True):
            form.write(out, part)

    return _Form(write_each, lambda reader: tuple(form.read(reader) for form in forms))


def _enum(kind: type[StrEnum]) -> _Form:
    members = list(kind)
    return _Form(
        lambda out, value: out.data.append(members.index(value)),
        lambda reader: members[reader.choice(len(members))],
    )


def _record(kind: type[Any]) -> _Form:
    """A frozen data class: its fields in their order."""
    hints = typing.get_type_hints(kind, None, _NAMES)
    parts = [(one.name, _form(hints[one.name])) for one in fields(kind)]

    def write_fields(out: Written, value: object) -> None:
        for name, form in parts:
            form.write(out, getattr(value, name))

    return _Form(write_fields, lambda reader: kind(**{name: form.read(reader) for name, form in parts}))
