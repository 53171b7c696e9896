"""Read the elements of a small data set leniently: text, numbers, items.

Nothing here raises for what a peer sent: an element that cannot be read as its VR says so, and where the
bytes break off the reading ends. For identifiers and other data sets that are held in memory.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import NamedTuple

from pydicom.datadict import dictionary_VR

from workstation.dicom.specific_character_set import encodings
from workstation.dicom.text import assumed_for, decode
from workstation.dicom.transfer_syntaxes import IMPLICIT_LE

MAX_DEPTH = 16
"""Sequences within sequences beyond which we stop reading."""

_MULTIPLE = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UI"})
_SINGLE = frozenset({"LT", "ST", "UR", "UT"})
_BY_CHARSET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_LONG = frozenset({*_BINARY, "SQ", "SV", "UC", "UR", "UT", "UV"})
_NUMBERS = {
    "FD": struct.Struct("<d"),
    "FL": struct.Struct("<f"),
    "SL": struct.Struct("<i"),
    "SS": struct.Struct("<h"),
    "SV": struct.Struct("<q"),
    "UL": struct.Struct("<I"),
    "US": struct.Struct("<H"),
    "UV": struct.Struct("<Q"),
}
_KNOWN = frozenset({*_MULTIPLE, *_SINGLE, *_LONG, *_NUMBERS, "AT"})

_TAG = struct.Struct("<HH").unpack_from
_SHORT_LENGTH = struct.Struct("<H").unpack_from
_LONG_LENGTH = struct.Struct("<I").unpack_from
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_SPECIFIC_CHARACTER_SET, _PIXEL_REPRESENTATION = 0x00080005, 0x00280103

Value = str | int | float | bytes | tuple["Element", ...]


class Element(NamedTuple):
    """One data element.

    Attributes:
        tag: Group and element.
        vr: Its value representation.
        values: Text for character VRs (IS and DS too: they are not yet known to be numbers), numbers, one
            ``bytes`` for binary VRs, a tuple of elements for each item of a sequence.
        valid: False: the bytes cannot be read as this VR, and ``values`` is empty.
    """

    tag: int
    vr: str
    values: tuple[Value, ...] = ()
    valid: bool = True


class Reading(NamedTuple):
    """A data set as far as it could be read.

    Attributes:
        elements: In the order they stand in; group lengths are passed over.
        whole: False: it breaks off.
    """

    elements: tuple[Element, ...]
    whole: bool


def read(
    data: bytes, transfer_syntax: str, fallback: str = "", only: frozenset[int] = frozenset()
) -> Reading:
    """Read an encoded data set in a little endian transfer syntax.

    Args:
        data: Its bytes.
        transfer_syntax: Implicit VR Little Endian, or an explicit one.
        fallback: Specific Character Set assumed when it names none.
        only: Tags of the elements to keep, at every level; empty: all.
    """
    texts: list[bytes] = []
    reading = _read(data, transfer_syntax, fallback, only, texts)
    assumed = assumed_for((), texts, fallback)
    return reading if assumed == fallback else _read(data, transfer_syntax, assumed, only, [])


def _read(
    data: bytes, transfer_syntax: str, fallback: str, only: frozenset[int], unlabelled: list[bytes]
) -> Reading:
    found: list[Element] = []
    reader = _Reader(data, transfer_syntax == IMPLICIT_LE, fallback, only, unlabelled)
    try:
        reader.data_set(found, 0, len(data), ())
    except (_Broken, struct.error):
        return Reading(tuple(found), False)
    return Reading(tuple(found), True)


class _Broken(Exception):
    """The bytes break off, or hold something that cannot stand here."""


class _Reader:
    __slots__ = ("_data", "_depth", "_fallback", "_implicit", "_only", "_unlabelled")

    def __init__(
        self,
        data: bytes,
        implicit: bool,
        fallback: str,
        only: frozenset[int],
        unlabelled: list[bytes],
        depth: int = 0,
    ) -> None:
        self._data = data
        self._implicit = implicit
        self._fallback = fallback
        self._only = only
        self._unlabelled = unlabelled  # texts that no character set is named for
        self._depth = depth

    def _inner(self, implicit: bool, depth: int) -> _Reader:
        return _Reader(self._data, implicit, self._fallback, self._only, self._unlabelled, depth)

    def data_set(self, found: list[Element], position: int, end: int, charset: tuple[str, ...]) -> int:
        """Read elements up to ``end`` or an item's delimiter; returns where the next thing begins."""
        signed = False
        while position < end:
            group, number = _TAG(self._data, position)
            tag = group << 16 | number
            if group == 0xFFFE:
                if tag == _ITEM_END:
                    return position + 8
                raise _Broken
            vr, start, length = self._head(tag, position, signed)
            if length == _UNDEFINED:
                element, position = self._open_ended(tag, vr, start, end, charset)
            else:
                position = start + length
                if position > end:
                    found.append(Element(tag, vr, (), False))
                    raise _Broken
                if not number or (self._only and tag not in self._only):  # a group length, or not wanted
                    continue
                element = self._element(tag, vr, start, position, charset)
            found.append(element)
            if tag == _SPECIFIC_CHARACTER_SET:
                charset = tuple(str(value) for value in element.values)
            elif tag == _PIXEL_REPRESENTATION:
                signed = element.values == (1,)
        return position

    def _head(self, tag: int, position: int, signed: bool) -> tuple[str, int, int]:
        """VR, where the value begins, and its length (PS3.5 7.1)."""
        data = self._data
        if self._implicit:
            return _known_vr(tag, signed), position + 8, _LONG_LENGTH(data, position + 4)[0]
        vr = data[position + 4 : position + 6].decode("latin-1")
        long = vr in _LONG or (vr not in _KNOWN and data[position + 6 : position + 8] == b"\0\0")
        if not long:
            return vr, position + 8, _SHORT_LENGTH(data, position + 6)[0]
        length = _LONG_LENGTH(data, position + 8)[0]
        if vr == "UN" and length != _UNDEFINED and (known := _known_vr(tag, signed)) != "SQ":
            vr = known  # PS3.5 6.2.2: some peers send all they do not know themselves as UN
        return vr, position + 12, length

    def _element(self, tag: int, vr: str, start: int, end: int, charset: tuple[str, ...]) -> Element:
        try:
            if vr == "SQ":
                items: list[Value] = []
                self._items(items, start, end, charset)
                return Element(tag, vr, tuple(items))
            value = self._data[start:end]
            if vr in _BY_CHARSET and not value.isascii() and not encodings(charset):
                self._unlabelled.append(value)
            return Element(tag, vr, _values(vr, value, charset, self._fallback))
        except (ValueError, _Broken, struct.error):
            return Element(tag, vr, (), False)

    def _open_ended(
        self, tag: int, vr: str, start: int, end: int, charset: tuple[str, ...]
    ) -> tuple[Element, int]:
        """A sequence of undefined length; as UN it is one in implicit VR (PS3.5 6.2.2)."""
        if vr not in ("SQ", "UN"):
            raise _Broken
        reader = self._inner(True, self._depth) if vr == "UN" else self
        items: list[Value] = []
        position = reader._items(items, start, end, charset, delimited=True)
        return Element(tag, "SQ", tuple(items)), position

    def _items(
        self, items: list[Value], position: int, end: int, charset: tuple[str, ...], delimited: bool = False
    ) -> int:
        """Items up to ``end``, or to the delimiter (PS3.5 7.5)."""
        if self._depth >= MAX_DEPTH:
            raise _Broken
        inner = self._inner(self._implicit, self._depth + 1)
        while position < end:
            group, number = _TAG(self._data, position)
            tag, length = group << 16 | number, _LONG_LENGTH(self._data, position + 4)[0]
            position += 8
            if delimited and tag == _SEQUENCE_END:
                return position
            stop = end if length == _UNDEFINED else position + length
            if tag != _ITEM or stop > end:
                raise _Broken
            found: list[Element] = []
            position = inner.data_set(found, position, stop, charset)
            items.append(tuple(found))
        if delimited:
            raise _Broken
        return position


@lru_cache(maxsize=4096)
def _known_vr(tag: int, signed: bool) -> str:
    """The dictionary's VR, one of them where it knows several."""
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"  # PS3.5 7.8.1: a private creator
    try:
        known = dictionary_VR(tag)
    except KeyError:
        return "UN"
    if " or " not in known:
        return known
    if "OW" in known:
        return "OW"
    return "SS" if signed else "US"


def element_values(vr: str, value: bytes, charset: tuple[str, ...], fallback: str) -> tuple[Value, ...]:
    """The values of one element that is no sequence; none where its bytes cannot be read as its VR."""
    try:
        return _values(vr, value, charset, fallback)
    except ValueError:
        return ()


def _values(vr: str, value: bytes, charset: tuple[str, ...], fallback: str) -> tuple[Value, ...]:
    if vr in _MULTIPLE:
        text = _text(vr, value, charset, fallback)
        if "\\" in text:
            return tuple(part.strip(" \0") for part in text.split("\\"))
        return (text.strip(" "),) if text else ()
    if vr in _NUMBERS:
        layout = _NUMBERS[vr]
        if len(value) % layout.size:
            raise ValueError("not a whole number of values")
        return tuple(number for (number,) in layout.iter_unpack(value))
    if vr in _SINGLE:
        leading = len(value) - len(value.lstrip(b" "))  # they are part of a text
        text = _text(vr, value, charset, fallback)
        return (" " * leading + text,) if text else ()
    if vr in _BINARY:
        return (value,) if value else ()
    if vr == "AT":
        if len(value) % 4:
            raise ValueError("not a whole number of tags")
        return tuple(f"{group:04X}{number:04X}" for group, number in struct.iter_unpack("<HH", value))
    raise ValueError("an unknown VR")


def _text(vr: str, value: bytes, charset: tuple[str, ...], fallback: str) -> str:
    """Characters without padding."""
    if vr in _BY_CHARSET:
        return decode(value, charset, fallback)
    return value.decode("ascii").strip(" \0")  # UnicodeDecodeError is a ValueError
