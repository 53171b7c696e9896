"""Converts values to bytes and back, for messages between the window and the decoding processes.

The annotations of a type define its form: fields are written in order, without names or types, so that the
bytes cannot choose what is constructed. Arrays are kept apart, in shared memory; the bytes hold their shapes.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from functools import lru_cache
from string import Formatter
from typing import Any, Union, get_args, get_origin

import numpy as np

from workstation.errors import UserMessage
from workstation.imaging import cine, grey_mapping, orientation, picture
from workstation.imaging.arrays import Array
from workstation.imaging.byte_reader import FLOAT, INT, MAX_ARRAYS, MAX_PARTS, SIZE, ByteReader, Malformed

_MAX_MESSAGE = 100_000
"""Characters of a message, filled in."""

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1

_NAMES: dict[str, Any] = {**vars(picture), **vars(grey_mapping), **vars(cine), **vars(orientation)}
_NAMES |= {"np": np, "npt": np.typing, "Array": np.ndarray, "Rgb32": np.ndarray}
"""What the annotations of our values mean."""


@dataclass(slots=True)
class Written:
    """A value as bytes, and its arrays."""

    data: bytearray = field(default_factory=bytearray)
    arrays: list[Array] = field(default_factory=list)
    parts: int = 0

    def count(self, parts: int) -> None:
        """Count parts that are written.

        Raises:
            Malformed: There are more than the reader accepts.
        """
        self.parts += parts
        if self.parts > MAX_PARTS:
            raise Malformed


def write(value: object, form: Any) -> Written:
    """The bytes of ``value``, which is of type ``form``.

    Raises:
        Malformed: It has more parts or arrays than are read.
    """
    out = Written()
    _form(form).write(out, value)
    return out


def read(data: bytes, form: Any, arrays: list[Array] | None = None) -> Any:
    """The value of type ``form`` that ``data`` holds.

    Raises:
        Malformed: It is not of the form.
    """
    reader = ByteReader(data, arrays or [])
    value = _form(form).read(reader)
    if reader.rest():
        raise Malformed
    return value


@dataclass(frozen=True, slots=True)
class _Form:
    write: Callable[[Written, Any], None]
    read: Callable[[ByteReader], Any]


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
        out.data += SIZE.pack(len(value.facts))
        for name, fact in value.facts.items():
            _write_plain_text(out, name)
            _write_fact(out, fact)
    else:
        out.data.append(0)
        _write_plain_text(out, value)


def _write_plain_text(out: Written, value: str) -> None:
    raw = str(value).encode("utf-8", "surrogatepass")
    out.data += SIZE.pack(len(raw))
    out.data += raw


def _write_fact(out: Written, fact: object) -> None:
    if isinstance(fact, float):
        out.data.append(2)
        out.data += FLOAT.pack(fact)
    elif isinstance(fact, int):
        out.data.append(1)
        _write_int(out, fact)
    else:
        out.data.append(0)
        _write_text(out, fact if isinstance(fact, str) else str(fact))


def _read_plain_text(reader: ByteReader) -> str:
    try:
        return reader.take(reader.size(1)).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as broken:
        raise Malformed from broken


def _read_text(reader: ByteReader, depth: int = 8) -> str:
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
            facts[name] = reader.unpack(INT if kind == 1 else FLOAT)
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
    if len(template) > _MAX_MESSAGE:
        raise Malformed
    length = 0
    for text, name, form, conversion in Formatter().parse(template):
        length += len(text)
        if name is not None:
            length += len(str(facts[name]))
        if form or conversion or length > _MAX_MESSAGE:
            raise Malformed


def _write_int(out: Written, value: int) -> None:
    out.data += INT.pack(min(max(int(value), _SMALLEST), _LARGEST))


def _write_array(out: Written, value: Array) -> None:
    if len(out.arrays) >= MAX_ARRAYS:
        raise Malformed
    out.data += SIZE.pack(len(out.arrays))
    out.arrays.append(np.ascontiguousarray(value, value.dtype.newbyteorder("=")))


_ARRAY = _Form(_write_array, lambda reader: reader.array())
_PLAIN: dict[Any, _Form] = {
    np.ndarray: _ARRAY,
    str: _Form(_write_text, _read_text),
    int: _Form(_write_int, lambda reader: reader.unpack(INT)),
    float: _Form(lambda out, value: out.data.extend(FLOAT.pack(value)), lambda reader: reader.unpack(FLOAT)),
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
            out.data += SIZE.pack(len(value))
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
