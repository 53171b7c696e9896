"""Convert a data set to the DICOM JSON Model (PS3.18 F)."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from typing import Any

from workstation.dicom.lenient_dataset import Element, Value
from workstation.dicom.value_readers import name_groups, read_decimal, read_int64

INVALID = "_invalid"
"""Where the tags of elements stand whose value is none of its VR; the underscore keeps it apart from tags."""

_SPECIFIC_CHARACTER_SET = 0x00080005
_PARTS = ("Alphabetic", "Ideographic", "Phonetic")

_NUMBERS = ("IS", "DS")

Json = dict[str, Any]


def json_model(elements: Iterable[Element]) -> Json:
    """The JSON object of a data set, or of an item of it.

    What cannot be read as its VR is named under :data:`INVALID`; of an IS or DS the text is kept as a String,
    which the model allows for both (PS3.18 F.2.3), of all others nothing can be. Text becomes Unicode, and
    Specific Character Set says so (PS3.18 F.2).
    """
    out: Json = {}
    invalid: list[str] = []
    for element in elements:
        name = f"{element.tag:08X}"
        try:
            if not element.valid:
                raise ValueError("its bytes do not fit its VR")
            found = out[name] = _element(element)
            if element.vr in _NUMBERS and any(isinstance(value, str) for value in found.get("Value", ())):
                invalid.append(name)
        except ValueError:
            invalid.append(name)
    if invalid:
        out[INVALID] = invalid
    return out


def _element(element: Element) -> Json:
    found: Json = {"vr": element.vr}
    if not element.values:
        return found
    if element.tag == _SPECIFIC_CHARACTER_SET:
        found["Value"] = ["ISO_IR 192"]
    elif isinstance(element.values[0], bytes):
        found["InlineBinary"] = base64.b64encode(element.values[0]).decode("ascii")
    else:
        found["Value"] = [_value(element.vr, value) for value in element.values]
    return found


def _value(vr: str, value: Value) -> object:
    """One value; an empty one among others is null (PS3.18 F.2.5).

    Raises:
        ValueError: It is no value of its VR.
    """
    if isinstance(value, tuple):
        return json_model(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("JSON has no such number")
    if not isinstance(value, str):
        return value
    if not value:
        return None
    if vr == "PN":
        return {name: part for name, part in zip(_PARTS, name_groups(value), strict=False) if part}
    if vr in _NUMBERS:
        return _number(vr, value)
    return value


def _number(vr: str, text: str) -> int | float | str:
    """The number of an IS or DS; its text where it is none."""
    number: int | float | None = None
    if vr == "IS" or text.strip().lstrip("+-").isdigit():
        number = read_int64(text)
    if number is None and vr == "DS":
        number = read_decimal(text)
    return text if number is None else number
