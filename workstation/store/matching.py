"""Search criteria as conditions over the index, by the rules of C-FIND (PS3.4 C.2.2.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.dicom.criteria import Criteria

_SEPARATORS = re.compile(r"[\s,^]+")
_WILDCARD = re.compile(r"[*?[]")
_LAST = "\U0010ffff"


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
        first, bound = _fits("name_key", name)
        add(
            f"p.id IN (SELECT id FROM patients WHERE {first} UNION ALL"
            " SELECT id FROM patients WHERE name_key GLOB '*=*' AND name_key GLOB ?)",
            *bound,
            f"*={name}",
        )
    if patient_id := text_pattern(criteria.patient_id):
        clause, bound = _fits("p.id_key", patient_id)
        add(clause, *bound)
    if accession := text_pattern(criteria.accession):
        clause, bound = _fits("s.accession_key", accession)
        add(clause, *bound)
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


def _fits(column: str, pattern: str) -> tuple[str, tuple[str, ...]]:
    """A GLOB pattern as a condition that an index can serve, with its values."""
    begin = _WILDCARD.split(pattern, maxsplit=1)[0]
    if begin == pattern:
        return f"{column} = ?", (pattern,)
    if not begin:
        return f"{column} GLOB ?", (pattern,)
    return f"({column} >= ? AND {column} < ? AND {column} GLOB ?)", (begin, begin + _LAST, pattern)
