"""Reads and writes small versioned JSON files: types checked on reading, written atomically.

A file that is broken, or holds something this version has no field for, is refused by name and left
alone; it is never replaced by defaults, so nothing the user configured is lost.
"""

from __future__ import annotations

import json
import stat
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from workstation.atomic_files import atomic_write
from workstation.errors import BadInput, NotWritable, TooNew, Unreadable, UserMessage

MAX_BYTES = 4 * 1024 * 1024
MAX_TEXT = 32 * 1024
"""Characters of one value: no path is longer."""
MAX_NUMBER = 2**53
"""No number of ours is farther from 0, and a float holds it exactly."""

Upgrade = Callable[[dict[str, object]], dict[str, object]]
"""Makes the content of the next version from that of one version; raises :class:`Misshapen`."""

T = TypeVar("T")


class Misshapen(Exception):  # becomes Unreadable, which knows the file
    """A value has another type than its field; ``reason`` says where."""

    def __init__(self, template: str, **facts: object) -> None:
        self.reason = UserMessage(template, **facts)
        super().__init__(self.reason)


def read(path: Path, upgrades: Sequence[Upgrade]) -> dict[str, object] | None:
    """Return the object in ``path``, upgraded, without its version; None if there is no such file.

    Args:
        path: The file.
        upgrades: From version 1 to 2, from 2 to 3…; one less than there are versions. The file itself
            stays as it is until it is written anew.

    Raises:
        Unreadable: It is no JSON object, too big, or cannot be opened.
        TooNew: It carries a newer version than the newest.
    """
    version = len(upgrades) + 1
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise Unreadable(str(path), "it is no file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unreadable(str(path), error.strerror or str(error)) from error
    if len(raw) > MAX_BYTES:
        raise Unreadable(str(path), "it is too big to be settings")
    try:
        content: Any = json.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(path), UserMessage("it is not valid JSON ({why})", why=error)) from error
    found = content.pop("version", None) if isinstance(content, dict) else None
    if not isinstance(content, dict) or type(found) is not int or found < 1:
        raise Unreadable(str(path), "it has no version")
    if found > version:
        raise TooNew(str(path), found, version)
    try:
        for upgrade in upgrades[found - 1 :]:
            content = upgrade(content)
    except Misshapen as error:
        raise Unreadable(str(path), error.reason) from error
    return dict(content)


def read_list(
    path: Path, upgrades: Sequence[Upgrade], name: str, make: Callable[[list[object]], tuple[T, ...]]
) -> tuple[T, ...]:
    """Return the records of a file that holds one list of them; none if there is no such file.

    Args:
        path: The file.
        upgrades: As of :func:`read`.
        name: What the list is called in the file.
        make: Makes the records of the entries; raises :class:`Misshapen` or :class:`BadInput`.

    Raises:
        Unreadable: It holds something else; the message names the field.
        TooNew: As :func:`read`.
    """
    content = read(path, upgrades)
    if content is None:
        return ()
    listed = content.get(name)
    if not isinstance(listed, list) or content.keys() != {name}:
        raise Unreadable(str(path), UserMessage("it holds no list of {name}", name=name))
    try:
        return make(listed)
    except Misshapen as error:
        raise Unreadable(str(path), error.reason) from error
    except BadInput as error:
        raise Unreadable(str(path), error.verdict) from error


def write(path: Path, upgrades: Sequence[Upgrade], content: Mapping[str, object]) -> None:
    """Replace ``path`` by ``content``: after a crash it holds either the old or the new whole.

    Raises:
        NotWritable: The folder or file system refuses, or a value is no text.
    """
    text = json.dumps({"version": len(upgrades) + 1, **content}, ensure_ascii=False, indent=2) + "\n"
    try:
        atomic_write(path, text.encode(), durable=True)
    except UnicodeEncodeError as error:
        raise NotWritable(str(path), "a value holds what is not text in Unicode") from error
    except OSError as error:
        raise NotWritable(str(path), error.strerror or str(error)) from error


def build(kind: type[T], value: object, where: str) -> T:
    """Make the dataclass ``kind`` from a JSON object, every field checked against its type.

    Raises:
        Misshapen: A field is missing, unknown, of another type, or out of its range.
    """
    if not isinstance(value, dict):
        raise Misshapen("{where} is not an object", where=where)
    hints = _hints(kind)  # type: ignore[arg-type]
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    unknown = [name for name in value if name not in known]
    if unknown:
        raise Misshapen("{where} has an unknown field “{name}”", where=where, name=unknown[0])
    for name, field in known.items():
        if name not in value and field.default is MISSING and field.default_factory is MISSING:
            raise Misshapen("{where} has no “{name}”", where=where, name=name)
    arguments = {
        name: _typed(hints[name], part, UserMessage("“{name}” of {where}", name=name, where=where))
        for name, part in value.items()
    }
    try:
        return kind(**arguments)
    except BadInput as error:
        raise Misshapen(error.verdict) from error


@cache
def _hints(kind: type) -> dict[str, Any]:
    """What types the fields have: costly to find out, the same for each of thousands of nodes."""
    return get_type_hints(kind)


def _typed(kind: Any, value: object, where: str) -> object:
    if get_origin(kind) in (Union, types.UnionType):
        if value is None:
            return None
        kind = next(part for part in get_args(kind) if part is not type(None))
    if is_dataclass(kind) and isinstance(kind, type):
        return build(kind, value, where)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if isinstance(value, str) and value in list(kind):
            return kind(value)
        raise Misshapen("{where} is not one of {choices}", where=where, choices=", ".join(kind))
    _check_bounds(value, where)
    if kind is float and type(value) is int:
        return float(value)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise Misshapen("{where} is not a list", where=where)
        entry = UserMessage("an entry of {where}", where=where)
        return tuple(_typed(get_args(kind)[0], part, entry) for part in value)
    if type(value) is not kind:
        raise Misshapen("{where} is not of the right type", where=where)
    return value


def _check_bounds(value: object, where: str) -> None:
    """See that a text can be written in Unicode, which half of a surrogate pair cannot, and the bounds."""
    if isinstance(value, str) and (
        len(value) > MAX_TEXT or any("\ud800" <= mark <= "\udfff" for mark in value)
    ):
        raise Misshapen("{where} is too long, or is not text", where=where)
    if type(value) is int and abs(value) > MAX_NUMBER:
        raise Misshapen("{where} is out of its range", where=where)
