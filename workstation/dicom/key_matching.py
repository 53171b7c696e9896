"""Compare the answers of a query with its keys, value by value (PS3.4 C.2.2.2).

An archive that does not support a key may answer as if it had not been there (PS3.4 C.2.2.1.3), and what is
fetched by such an answer was not asked for. Text and names are compared as those of a search are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydicom.datadict import keyword_for_tag

from workstation.dicom.answer_matching import patient_fits
from workstation.dicom.criteria import Criteria
from workstation.dicom.lenient_dataset import Element
from workstation.dicom.matches import PatientMatch

if TYPE_CHECKING:
    from pydicom import DataElement, Dataset

_RANGES = frozenset({"DA", "TM", "DT"})
_NUMBERS = frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"})
_NO_KEYS = frozenset({0x00080005, 0x00080052, 0x00080053, 0x00080054, 0x00080056, 0x00080201})
"""Elements of an identifier that match nothing: character set, level, view, retrieve AE title, time zone."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A key that an answer does not fit.

    Attributes:
        key: Keyword, else the tag.
        wanted: The value of the query.
        answered: That of the answer; None: it has none.
    """

    key: str
    wanted: str
    answered: str | None


def differences(keys: Dataset, answer: Iterable[Element]) -> tuple[Difference, ...]:
    """The keys with a value that an answer does not fit, or has no value for."""
    return tuple(_differences(keys, {element.tag: element for element in answer}))


def _differences(keys: Dataset, answered: Mapping[int, Element]) -> Iterable[Difference]:
    for key in keys:
        if key.tag in _NO_KEYS:
            continue
        if key.VR == "SQ":
            yield from _in_items(key, answered.get(key.tag))
            continue
        wanted = wanted_values(key)
        if not any(value.strip("*") for value in wanted):
            continue  # universal matching
        values = _answered_values(answered.get(key.tag))
        if not any(value_fits(key.VR, one, value) for one in wanted for value in values):
            name = keyword_for_tag(key.tag) or f"{key.tag.group:04X},{key.tag.element:04X}"
            yield Difference(name, "\\".join(wanted), "\\".join(values) if values else None)


def _in_items(key: DataElement, answered: Element | None) -> Iterable[Difference]:
    """One item has to fit all keys of the query's item."""
    for wanted in key.value or ():
        items = [
            item for item in (answered.values if answered is not None else ()) if isinstance(item, tuple)
        ]
        found = [differences(wanted, item) for item in items] or [differences(wanted, ())]
        yield from min(found, key=len)


def wanted_values(key: DataElement) -> list[str]:
    """The values of a key as text."""
    if key.value is None:
        return []
    values = key.value if key.VM > 1 else [key.value]
    return [str(value).strip() for value in values if str(value).strip()]


def _answered_values(element: Element | None) -> list[str]:
    if element is None:
        return []
    return [str(value).strip() for value in element.values if str(value).strip()]


def value_fits(vr: str, wanted: str, answered: str) -> bool:
    """Whether an answered value fits that of a key, by the rules of its VR."""
    if vr == "UI":
        return wanted == answered
    if vr == "PN":
        return patient_fits(Criteria(name=wanted), PatientMatch(source="", patient_id="", name=answered))
    if vr in _RANGES:
        return _range_fits(vr, wanted, answered)
    if vr in _NUMBERS:
        return _number(wanted) == _number(answered)
    return patient_fits(Criteria(patient_id=wanted), PatientMatch(source="", patient_id=answered))


def _range_fits(vr: str, wanted: str, answered: str) -> bool:
    """Range matching (PS3.4 C.2.2.2.5); a value shorter than the range is compared as far as it goes."""
    first, dash, last = wanted.partition("-")
    value = _digits(vr, answered)
    if not value:
        return False
    low, high = _digits(vr, first), _digits(vr, last) if dash else _digits(vr, first)
    return (not low or value >= low[: len(value)]) and (not high or value[: len(high)] <= high)


def _digits(vr: str, text: str) -> str:
    """The digits of a date or a time, also as ACR-NEMA wrote them (2024.01.02, 12:30)."""
    whole = text.partition(".")[0] if vr == "TM" else text
    return "".join(mark for mark in whole if mark in "0123456789")


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
