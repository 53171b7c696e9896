"""Renders the content tree of a structured report as plain text (PS3.3 C.17.3)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pydicom import uid
from pydicom.dataset import Dataset

from workstation.errors import UserMessage
from workstation.imaging.image_header import items, text

MAX_LINES = 5000
MAX_DEPTH = 40
_MAX_VALUE = 20_000


def report_lines(dataset: Dataset) -> tuple[str, ...]:
    """One for each content item, indented by its depth; none if there is no content.

    Long reports and hostile ones are cut, and say so.
    """
    lines = list(islice(_lines(dataset, 0), MAX_LINES + 1))
    if len(lines) > MAX_LINES:
        lines[-1] = UserMessage("… the report goes on")
    return tuple(lines)


def _lines(item: Dataset, depth: int) -> Iterator[str]:
    concept, value = _meaning(item, "ConceptNameCodeSequence"), _value(item)
    if isinstance(value, str):
        words = f"{concept}: {value}" if concept and value else concept or value
        if words:
            yield "    " * depth + words.replace("\r\n", "\n").replace("\n", "\n" + "    " * (depth + 1))
    else:
        yield UserMessage.joined("", ("    " * depth, f"{concept}: " if concept else "", value))
    children = list(items(item, "ContentSequence"))
    if children and depth >= MAX_DEPTH:
        yield "    " * (depth + 1) + "…"
        return
    for child in children:
        yield from _lines(child, depth + 1)


def _value(item: Dataset) -> str:
    """The value of a content item by its value type (PS3.3 C.17.3.2.1)."""
    kind = text(item, "ValueType")
    if kind == "NUM":
        for measured in items(item, "MeasuredValueSequence"):
            unit = _code(measured, "MeasurementUnitsCodeSequence", "CodeValue")
            return f"{text(measured, 'NumericValue')} {'' if unit == '1' else unit}".strip()
        return UserMessage("(no value)")
    if kind == "CODE":
        return _meaning(item, "ConceptCodeSequence")
    if kind in ("IMAGE", "COMPOSITE", "WAVEFORM"):
        for referenced in items(item, "ReferencedSOPSequence"):
            named = uid.UID(text(referenced, "ReferencedSOPClassUID")).name
            return f"{named} {text(referenced, 'ReferencedSOPInstanceUID')}".strip()
        return UserMessage("(nothing)")
    plain = {"TEXT": "TextValue", "PNAME": "PersonName", "DATE": "Date", "TIME": "Time"}
    keyword = plain.get(kind) or {"DATETIME": "DateTime", "UIDREF": "UID"}.get(kind)
    return text(item, keyword)[:_MAX_VALUE] if keyword else ""


def _meaning(item: Dataset, keyword: str) -> str:
    return _code(item, keyword, "CodeMeaning")


def _code(item: Dataset, sequence: str, keyword: str) -> str:
    return next((text(code, keyword) for code in items(item, sequence)), "")
