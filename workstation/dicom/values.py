"""The values of data elements, read leniently: bytes a peer sent to text, numbers and items.

Nothing here raises for what a peer sent: an element that cannot be read as its VR says so.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, MutableSequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydicom.datadict import dictionary_VR

from workstation.dicom.text import decode

if TYPE_CHECKING:
    from pydicom import Dataset

MAX_DEPTH = 16
"""Sequences within sequences beyond which we stop reading."""

_MULTIPLE = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UI"})
_SINGLE = frozenset({"LT", "ST", "UR", "UT"})
_BY_CHARSET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
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
_SPECIFIC_CHARACTER_SET = 0x00080005
_ITEM = b"\xfe\xff\x00\xe0"

Value = str | int | float | bytes | tuple["Element", ...]


@dataclass(frozen=True, slots=True)
class Element:
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


def elements(
    data_set: Dataset, fallback: str = "", charset: tuple[str, ...] = (), depth: int = 0
) -> Iterator[Element]:
    """The elements of a data set that was read from little endian bytes, in the order of their tags.

    Group lengths are passed over.

    Args:
        data_set: As the parser left it.
        fallback: Specific Character Set assumed when it names none.
        charset: That of the enclosing data set (PS3.5 7.5.3).
        depth: How many sequences enclose it.
    """
    if _SPECIFIC_CHARACTER_SET in data_set:
        own = _raw(data_set, _SPECIFIC_CHARACTER_SET)[1]
        charset = tuple((own or b"").decode("ascii", "replace").split("\\"))
    signed = _raw(data_set, 0x00280103)[1] == b"\1\0"
    for tag in sorted(data_set.keys()):
        if tag & 0xFFFF == 0:
            continue
        vr, value = _raw(data_set, tag)
        vr = _vr(int(tag), vr, signed=signed)
        try:
            if vr == "SQ":
                if value and not value.startswith(_ITEM):
                    raise ValueError("no item where one should be")
                values: tuple[Value, ...] = tuple(_items(data_set, int(tag), fallback, charset, depth))
            else:
                values = _values(vr, value or b"", charset, fallback)
        except ValueError:
            yield Element(int(tag), vr, valid=False)
        else:
            yield Element(int(tag), vr, values)


def _raw(data_set: Dataset, tag: int) -> tuple[str | None, bytes | None]:
    """VR and bytes as they were received; the few elements the parser itself has read become bytes again."""
    if tag not in data_set:
        return None, None
    found = data_set.get_item(tag)
    vr, value = found.VR, found.value
    if value is None or isinstance(value, bytes):
        return vr, value
    if vr == "SQ":
        return vr, None
    parts = list(value) if isinstance(value, MutableSequence) else [value]
    if vr in _NUMBERS:
        return vr, b"".join(_NUMBERS[vr].pack(part) for part in parts)
    return vr, "\\".join(map(str, parts)).encode("ascii", "replace")


def _vr(tag: int, vr: str | None, *, signed: bool) -> str:
    """The VR to read by: the dictionary's where the peer gave none, or UN for a known element."""
    if vr is not None and vr != "UN":
        return vr
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"  # PS3.5 7.8.1: a private creator
    try:
        known = dictionary_VR(tag)
    except KeyError:
        return "UN"
    if " or " not in known:
        return known if vr is None or known != "SQ" else "UN"
    if "OW" in known:
        return "OW"
    return "SS" if signed else "US"


def _items(
    data_set: Dataset, tag: int, fallback: str, charset: tuple[str, ...], depth: int
) -> Iterator[tuple[Element, ...]]:
    if depth >= MAX_DEPTH:
        raise ValueError("sequences are nested too deeply")
    try:
        items = list(data_set[tag].value or ())
    except Exception as trouble:  # pydicom raises whatever its parser trips over
        raise ValueError("not a sequence of items") from trouble
    for item in items:
        yield tuple(elements(item, fallback, charset, depth + 1))


def _values(vr: str, value: bytes, charset: tuple[str, ...], fallback: str) -> tuple[Value, ...]:
    if vr in _BINARY:
        return (value,) if value else ()
    if vr in _NUMBERS:
        layout = _NUMBERS[vr]
        if len(value) % layout.size:
            raise ValueError("not a whole number of values")
        return tuple(number for (number,) in layout.iter_unpack(value))
    if vr == "AT":
        if len(value) % 4:
            raise ValueError("not a whole number of tags")
        return tuple(f"{group:04X}{number:04X}" for group, number in struct.iter_unpack("<HH", value))
    if vr not in _MULTIPLE and vr not in _SINGLE:
        raise ValueError("an unknown VR")
    text = _text(vr, value, charset, fallback)
    if not text:
        return ()
    return tuple(part.strip(" \0") for part in text.split("\\")) if vr in _MULTIPLE else (text,)


def _text(vr: str, value: bytes, charset: tuple[str, ...], fallback: str) -> str:
    """Characters without padding; leading spaces of texts (LT, ST, UT) are theirs."""
    if vr not in _BY_CHARSET:
        return value.decode("ascii").rstrip(" \0")  # UnicodeDecodeError is a ValueError
    leading = len(value) - len(value.lstrip(b" ")) if vr in _SINGLE else 0
    return " " * leading + decode(value, charset, fallback)
