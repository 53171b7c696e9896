"""Reads the rows of the tag list out of a file. Runs in the decoding process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from pydicom import uid
from pydicom.datadict import dictionary_description, dictionary_has_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as Items
from pydicom.tag import BaseTag

from workstation.dicom.text import decode
from workstation.errors import UserMessage
from workstation.imaging.elements import Element, ElementPath
from workstation.imaging.frames import UNDEFINED
from workstation.imaging.image_header import BROKEN, BY_CHARSET, charset, unread
from workstation.imaging.picture import Undecodable
from workstation.imaging.reading import MAX_DEPTH, read_header

MAX_ROWS = 20_000
"""Rows of one level; a level with more says how many are left out."""
MAX_TEXT = 4096
"""Characters of a value."""
_SHOWN_BYTES = 32
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_SHOWN_VALUES = 512


def read_elements(path: Path, where: ElementPath = ()) -> tuple[Element, ...]:
    """The rows below ``where``; pixel data are one row, and what lies behind them is not read.

    Raises:
        Undecodable: It is no DICOM file, or there is no such place in it.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        read = read_header(file, path)
    dataset, pixels, cut = read.dataset, read.pixels, read.broken_off
    if not len(dataset):
        raise Undecodable("It is not a DICOM file.")
    if len(where) > 2 * MAX_DEPTH:
        raise Undecodable("Its sequences are nested too deeply.")
    if where:
        return _below(dataset, where)
    meta = getattr(dataset, "file_meta", None)
    rows = [*(_elements(meta) if meta is not None else ()), *_elements(dataset)]
    if cut is not None:
        rows = [_broken_off(row) if row.tag == cut else row for row in rows]
    if pixels is not None:
        size = UserMessage("({size} bytes)", size=f"{pixels.length:,}")
        if pixels.length == UNDEFINED:
            size = UserMessage("(of undefined length)")
        tag = uid_tag(pixels.keyword)
        rows.append(Element(tag, _words(pixels.keyword), pixels.vr.decode("ascii"), size))
    return tuple(rows)


def uid_tag(keyword: str) -> int:
    """The tag of one of the pixel data elements."""
    return {"FloatPixelData": 0x7FE00008, "DoubleFloatPixelData": 0x7FE00009}.get(keyword, 0x7FE00010)


def _words(keyword: str) -> str:
    return "".join(f" {mark}" if mark.isupper() else mark for mark in keyword).strip()


def _bounded(rows: Iterable[Element], count: int) -> tuple[Element, ...]:
    """The first of ``count`` rows, and how many are left out; these are not even made."""
    shown = tuple(islice(rows, MAX_ROWS))
    if count <= MAX_ROWS:
        return shown
    return *shown, Element(None, UserMessage("{left} more are not listed", left=f"{count - MAX_ROWS:,}"))


def _broken_off(row: Element) -> Element:
    return replace(
        row,
        value=UserMessage.joined(" ", (UserMessage("(the file breaks off here)"), row.value)),
        broken=True,
    )


def _below(dataset: Dataset, where: ElementPath) -> tuple[Element, ...]:
    for position in range(0, len(where), 2):
        items = _items(dataset, where[position])
        if position + 1 == len(where):
            return _item_rows(items)
        if where[position + 1] >= len(items):
            raise Undecodable("There is no such item.")
        dataset = items[where[position + 1]]
    return _elements(dataset)


def _items(dataset: Dataset, tag: int) -> Items:
    try:
        value = dataset[tag].value
    except BROKEN as error:
        raise Undecodable("The sequence cannot be read.") from error
    if not isinstance(value, Items):
        raise Undecodable("There is no such sequence.")
    return value


def _item_rows(items: Items) -> tuple[Element, ...]:
    rows = (
        Element(None, UserMessage("Item {number}", number=n), children=len(item))
        for n, item in enumerate(items, 1)
    )
    return _bounded(rows, len(items))


def _elements(dataset: Dataset) -> tuple[Element, ...]:
    raw = dict(dataset.items())  # as they lie in the file; asking the data set for one parses it
    terms = charset(dataset)
    return _bounded((_row(dataset, tag, raw[tag], terms) for tag in sorted(raw)), len(raw))


def _row(dataset: Dataset, tag: BaseTag, raw: object, terms: tuple[str, ...]) -> Element:
    vr, content = unread(dataset, tag)
    try:
        element = dataset[tag]
        value: Any = element.value
        if isinstance(value, Items):
            count = len(value)
            words = UserMessage("1 item") if count == 1 else UserMessage("{count} items", count=count)
            return Element(int(tag), _name(element), "SQ", words, count)
        found = _cut(decode(content, terms)) if vr in BY_CHARSET else _text(value)
        no_text = _REPLACED in found  # its bytes are none in its character set
        no_number = element.VR in ("DS", "IS") and isinstance(value, str) and bool(value.strip())
        return Element(int(tag), _name(element), str(element.VR), found, broken=no_text or no_number)
    except BROKEN as error:
        declared = str(getattr(raw, "VR", "") or "")
        content = getattr(raw, "value", b"")
        shown = _hex(content) if isinstance(content, bytes) else ""
        words = UserMessage.joined(
            " ", (UserMessage("cannot be read ({why})", why=type(error).__name__), shown)
        )
        known = dictionary_description(tag) if dictionary_has_tag(tag) else ""
        return Element(int(tag), known, declared, words, broken=True)


def _name(element: DataElement) -> str:
    return element.name.strip("[]") if element.tag.is_private else element.name


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray):
        return _hex(bytes(value))
    if isinstance(value, list | tuple | MultiValue):
        text = "\\".join(_one(part) for part in islice(value, _SHOWN_VALUES))
        return _cut(text, more=len(value) > _SHOWN_VALUES)
    return _cut(_one(value))


def _one(value: Any) -> str:
    if isinstance(value, uid.UID) and value.name != value:
        return f"{value} = {value.name}"
    return str(value)


def _cut(text: str, *, more: bool = False) -> str:
    return f"{text[:MAX_TEXT]} …" if more or len(text) > MAX_TEXT else text


def _hex(value: bytes) -> UserMessage:
    dots = " …" if len(value) > _SHOWN_BYTES else ""
    size = UserMessage("({size} bytes)", size=f"{len(value):,}")
    return UserMessage.joined(" ", (size, f"{value[:_SHOWN_BYTES].hex(' ')}{dots}"))
