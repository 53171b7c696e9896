"""Parse query keys as the user types them: ``PatientName=DOE*``, ``0020,000D``, sequence paths.

The notation is DCMTK's (``findscu -k``): a keyword or a tag, for elements of sequences a path with item
numbers (``ScheduledProcedureStepSequence[0].Modality=CT``), and after ``=`` the value, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydicom import DataElement, Dataset, config
from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.sequence import Sequence

from workstation.dicom.display import is_one_line
from workstation.dicom.text import charset_for
from workstation.dicom.uids import is_uid
from workstation.errors import BadInput, UserMessage

MAX_BYTES = 65534
"""Of one value: what a short explicit length can say (PS3.5 7.1.2)."""

MAX_DEPTH = 16
MAX_ITEM = 99

_STEP = re.compile(
    r"\(?(?:0x)?(?P<group>[0-9a-fA-F]{4}),\s?(?:0x)?(?P<element>[0-9a-fA-F]{4})\)?|(?P<keyword>[A-Za-z][A-Za-z0-9]*)"
)
_ITEM = re.compile(r"\[([0-9]{1,4})\]")
_DATES = re.compile(r"[0-9]{8}|[0-9]{8}-(?:[0-9]{8})?|-[0-9]{8}|[0-9]{4}\.[0-9]{2}\.[0-9]{2}")
_INTEGER_RANGES = {
    "SS": (-(2**15), 2**15 - 1),
    "US": (0, 2**16 - 1),
    "SL": (-(2**31), 2**31 - 1),
    "UL": (0, 2**32 - 1),
    "SV": (-(2**63), 2**63 - 1),
    "UV": (0, 2**64 - 1),
}
_LARGEST = {"FL": 3.4e38, "FD": 1.7e308}
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_SHAPES = {
    "AT": re.compile(r"[0-9a-fA-F]{4},?[0-9a-fA-F]{4}"),
    "DS": _DECIMAL,
    "FD": _DECIMAL,
    "FL": _DECIMAL,
    "IS": re.compile(r"[+-]?[0-9]{1,12}"),
} | dict.fromkeys(_INTEGER_RANGES, _INTEGER)
_BY_CHARSET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_ONE_TEXT = frozenset({"LT", "ST", "UR", "UT"})


def add_key(data_set: Dataset, key: str) -> None:
    """Put one key into a data set, replacing what it had there.

    Raises:
        BadInput: It cannot be understood, or its value is none of its VR.
    """
    path, _, value = key.partition("=")
    *above, last = _steps(key, path.strip())
    for tag, number in above:
        if number is None:
            raise _bad(key, "write the item number of each sequence in the path, like Sequence[0].Element.")
        data_set = _item(key, data_set, tag, number)
    tag, number = last
    if number is not None:
        if value:
            raise _bad(key, "an item of a sequence has no value of its own.")
        _item(key, data_set, tag, number)
        return
    vr = _vr(tag)
    data_set[tag] = DataElement(tag, vr, _value(key, vr, value), validation_mode=config.IGNORE)


def settle_charset(data_set: Dataset, preferred: str = "") -> None:
    """See that Specific Character Set fits the texts in a data set; add it where they need one.

    Args:
        data_set: Complete.
        preferred: The node's term, taken where it can express the texts; else Unicode.

    Raises:
        BadInput: It names one that cannot express them.
    """
    texts = tuple(_texts(data_set))
    if "SpecificCharacterSet" not in data_set:
        needed = charset_for(texts, preferred)
        if needed:
            data_set.SpecificCharacterSet = needed
        return
    named = data_set.SpecificCharacterSet
    terms = [named] if isinstance(named, str) else list(named or ("",))
    encodings = [python_encoding.get(term) for term in terms]
    if None in encodings:
        raise BadInput("Specific Character Set", "\\".join(terms), "use a defined term, like ISO_IR 192.")
    for text in texts:
        if not text.isascii() and not any(_expressible(text, encoding or "ascii") for encoding in encodings):
            name = "\\".join(terms) or "ISO_IR 6"
            raise BadInput(
                "key value", text, UserMessage("the character set {name} has no such letters.", name=name)
            )


def _expressible(text: str, encoding: str) -> bool:
    try:
        text.encode("ascii" if encoding == "iso8859" else encoding)
    except UnicodeEncodeError:
        return False
    return True


def _texts(data_set: Dataset) -> Iterable[str]:
    for element in data_set:
        if element.VR == "SQ":
            for item in element.value:
                yield from _texts(item)
        elif element.VR in _BY_CHARSET:
            for value in element.value if isinstance(element.value, list) else [element.value]:
                yield str(value or "")


def _steps(key: str, path: str) -> list[tuple[int, int | None]]:
    """The tags of a path from the top, each with its item number if it has one."""
    steps: list[tuple[int, int | None]] = []
    rest = path
    while True:
        found = _STEP.match(rest)
        if found is None:
            raise _bad(key, "write a keyword or gggg,eeee, then = and a value, or nothing.")
        tag, rest = _tag(key, found), rest[found.end() :]
        number: int | None = None
        if item := _ITEM.match(rest):
            number, rest = int(item[1]), rest[item.end() :]
            if number > MAX_ITEM:
                raise _bad(key, UserMessage("item numbers go from 0 to {most}.", most=MAX_ITEM))
        steps.append((tag, number))
        if not rest:
            break
        if not rest.startswith(".") or len(steps) > MAX_DEPTH:
            raise _bad(key, "write a path like ScheduledProcedureStepSequence[0].Modality.")
        rest = rest[1:]
    return steps


def _tag(key: str, found: re.Match[str]) -> int:
    if found["keyword"]:
        tag = tag_for_keyword(found["keyword"])
        if tag is None:
            raise _bad(key, UserMessage("no DICOM attribute is called {name}.", name=found["keyword"]))
    else:
        tag = int(found["group"] + found["element"], 16)
    group = tag >> 16
    if group < 8 or group == 0xFFFE or tag & 0xFFFF == 0:
        raise _bad(key, "this element cannot stand in a query.")
    return tag


def _vr(tag: int) -> str:
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
    try:
        known = dictionary_VR(tag)
    except KeyError:
        return "UN"
    return known.rpartition(" ")[2] if "OW" in known else known.partition(" ")[0]


def _item(key: str, data_set: Dataset, tag: int, number: int) -> Dataset:
    """The item of a sequence; it and those before it are made where they are not there."""
    if _vr(tag) != "SQ":
        raise _bad(key, UserMessage("({tag}) is not a sequence.", tag=f"{tag >> 16:04X},{tag & 0xFFFF:04X}"))
    if tag not in data_set or data_set[tag].VR != "SQ":
        data_set[tag] = DataElement(tag, "SQ", Sequence())
    items = data_set[tag].value
    while len(items) <= number:
        items.append(Dataset())
    found: Dataset = items[number]
    return found


def _value(key: str, vr: str, text: str) -> Any:
    """The value in the type pydicom writes."""
    if len(text.encode("utf-8", "surrogateescape")) > MAX_BYTES:
        raise _bad(key[:40] + "…", UserMessage("a value has at most {most} bytes.", most=MAX_BYTES))
    if not is_one_line(text):
        raise _bad(key, "a value holds printable characters only.")
    if vr == "SQ":
        if text:
            raise _bad(key, "a sequence has no value of its own; name an element of its item.")
        return Sequence()
    if vr == "UN" or vr.startswith("O"):
        raw = text.encode()
        return raw + b" " if len(raw) % 2 else raw
    if vr in _ONE_TEXT:
        return text
    values = [_single(key, vr, part) for part in text.split("\\")] if text else []
    if not values:
        return None if vr in _INTEGER_RANGES or vr in ("AT", "FL", "FD", "IS", "DS") else ""
    return values[0] if len(values) == 1 else values


def _single(key: str, vr: str, text: str) -> Any:
    text = text.strip() if vr not in ("PN", "LO", "SH") else text
    if vr == "UI" and text and not is_uid(text):
        raise _bad(key, "a UID has digits and single dots, at most 64 characters.")
    if vr == "DA" and text and _DATES.fullmatch(text) is None:
        raise _bad(key, "write a date as YYYYMMDD, a range as YYYYMMDD-YYYYMMDD.")
    try:
        return _number(vr, text)
    except ValueError:
        raise _bad(key, "its value must be a number.") from None


def _number(vr: str, text: str) -> Any:
    shape = _SHAPES.get(vr)
    if shape is None or (not text and vr in ("IS", "DS")):
        return text
    if shape.fullmatch(text) is None:
        raise ValueError("not a number of this VR")
    number: int | float
    if vr in _INTEGER_RANGES:
        low, high = _INTEGER_RANGES[vr]
        number = int(text)
        if not low <= number <= high:
            raise ValueError("out of range")
        return number
    if vr in ("FL", "FD"):
        number = float(text)
        if abs(number) > _LARGEST[vr]:
            raise ValueError("out of range")
        return number
    return int(text.replace(",", ""), 16) if vr == "AT" else text


def _bad(key: str, advice: str) -> BadInput:
    return BadInput("key", key, advice)
