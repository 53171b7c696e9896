"""The content tree of a structured report as plain text (PS3.3 C.17.3)."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from workstation.imaging.header import BROKEN, text

MAX_LINES = 5000
MAX_DEPTH = 40
_MAX_VALUE = 20_000


def report_text(dataset: Dataset) -> str:
    """One line for each content item, indented by its depth; empty if there is no content.

    Long reports and hostile ones are cut, and say so.
    """
    lines: list[str] = []
    for line in _lines(dataset, 0):
        if len(lines) == MAX_LINES:
            lines.append("… the report goes on")
            break
        lines.append(line)
    return "\n".join(lines)


def _lines(item: Dataset, depth: int) -> Iterator[str]:
    concept, value = _meaning(item, "ConceptNameCodeSequence"), _value(item)
    words = f"{concept}: {value}" if concept and value else concept or value
    if words:
        yield "    " * depth + words.replace("\r\n", "\n").replace("\n", "\n" + "    " * (depth + 1))
    children = _items(item, "ContentSequence")
    if children and depth >= MAX_DEPTH:
        yield "    " * (depth + 1) + "…"
        return
    for child in children:
        yield from _lines(child, depth + 1)


def _value(item: Dataset) -> str:
    """The value of a content item by its value type (PS3.3 C.17.3.2.1)."""
    kind = text(item, "ValueType")
    if kind == "NUM":
        for measured in _items(item, "MeasuredValueSequence"):
            unit = _code(measured, "MeasurementUnitsCodeSequence", "CodeValue")
            return f"{text(measured, 'NumericValue')} {'' if unit == '1' else unit}".strip()
        return "(no value)"
    if kind == "CODE":
        return _meaning(item, "ConceptCodeSequence")
    if kind in ("IMAGE", "COMPOSITE", "WAVEFORM"):
        for referenced in _items(item, "ReferencedSOPSequence"):
            named = uid.UID(text(referenced, "ReferencedSOPClassUID")).name
            return f"{named or 'object'} {text(referenced, 'ReferencedSOPInstanceUID')}"
        return "(nothing)"
    plain = {"TEXT": "TextValue", "PNAME": "PersonName", "DATE": "Date", "TIME": "Time"}
    keyword = plain.get(kind) or {"DATETIME": "DateTime", "UIDREF": "UID"}.get(kind)
    return text(item, keyword)[:_MAX_VALUE] if keyword else ""


def _meaning(item: Dataset, keyword: str) -> str:
    return _code(item, keyword, "CodeMeaning")


def _code(item: Dataset, sequence: str, keyword: str) -> str:
    return next((text(code, keyword) for code in _items(item, sequence)), "")


def _items(dataset: Dataset, keyword: str) -> list[Dataset]:
    try:
        value = dataset.get(keyword)
    except BROKEN:
        return []
    return list(value) if isinstance(value, Items) else []
