"""Search criteria as conditions over the index, by the rules of C-FIND (PS3.4 C.2.2.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.dicom.criteria import Criteria

_SEPARATORS = re.compile(r"[\s,^]+")


def key(text: str) -> str:
    """The form in which texts are compared: casefolded, without padding and empty last components."""
    return text.strip().casefold().rstrip("^")


def name_pattern(typed: str) -> str:
    """A typed name as a GLOB pattern over :func:`key`; empty matches anything.

    Blanks, commas and ``^`` separate components, each may go on; in quotes it stands exactly so.
    """
    typed = typed.strip()
    if len(typed) >= 2 and typed[0] == typed[-1] == '"':
        return _glob(key(typed[1:-1]), wildcards=False)
    parts = [part for part in _SEPARATORS.split(typed) if part]
    return "^".join(_glob(part.casefold()).rstrip("*") + "*" for part in parts)


def text_pattern(typed: str) -> str:
    """A typed text with ``*`` and ``?`` as a GLOB pattern over :func:`key`; empty matches anything."""
    return _glob(key(typed))


def _glob(text: str, *, wildcards: bool = True) -> str:
    """SQLite's GLOB knows the wildcards of DICOM, and sets in brackets, which DICOM does not."""
    special = "[" if wildcards else "[*?"
    return "".join(f"[{mark}]" if mark in special else mark for mark in text)


def conditions(criteria: Criteria) -> tuple[str, list[object]]:
    """The WHERE clause over ``patients p`` and ``studies s``, with its values."""
    clauses: list[str] = []
    values: list[object] = []

    def add(clause: str, *bound: object) -> None:
        clauses.append(clause)
        values.extend(bound)

    if name := name_pattern(criteria.name):
        # PS3.5 6.2: alphabetic=ideographic=phonetic, each may be the one that is meant
        add("(p.name_key GLOB ? OR p.name_key GLOB ?)", name, f"*={name}")
    if patient_id := text_pattern(criteria.patient_id):
        add("p.id_key GLOB ?", patient_id)
    if accession := text_pattern(criteria.accession):
        add("s.accession_key GLOB ?", accession)
    if description := text_pattern(criteria.description):
        add("s.description_key GLOB ?", f"*{description}*")
    if criteria.modalities:
        add(f"({' OR '.join(['instr(s.modalities, ?)'] * len(criteria.modalities))})")
        values.extend(f"\\{modality.strip().upper()}\\" for modality in criteria.modalities)
    if criteria.date_from:
        add("s.date >= ?", criteria.date_from.strftime("%Y%m%d"))
    if criteria.date_to:
        add("s.date BETWEEN '0' AND ?", criteria.date_to.strftime("%Y%m%d"))
    return " AND ".join(clauses) or "1", values
