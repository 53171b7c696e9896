"""Translates search criteria to SQL conditions, from the same patterns that check the answers of archives."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

from workstation.dicom.name_pattern import name_pattern
from workstation.dicom.other_key_matching import fits
from workstation.dicom.other_keys import OtherKey
from workstation.dicom.text_folding import UNKNOWN
from workstation.dicom.text_pattern import part_of_text, whole_text

if TYPE_CHECKING:
    from workstation.dicom.criteria import Criteria

_WILDCARD = re.compile(r"[*?[]")
_LAST = "\U0010ffff"
_MOST_WORDS = 4
_NOT_OUTSIDE = "NOT (s.date = ? AND s.time GLOB '[0-9]*' AND {})"
_NOT_EARLIER = _NOT_OUTSIDE.format("s.time < substr(?, 1, length(s.time))")
_NOT_LATER = _NOT_OUTSIDE.format("substr(s.time, 1, 6) > substr(?, 1, length(s.time))")
_OF_STUDY = {
    "PatientBirthDate": "p.birth_date",
    "PatientSex": "p.sex",
    "IssuerOfPatientID": "p.issuer",
    "StudyInstanceUID": "s.study_uid",
    "StudyTime": "s.time",
    "StudyID": "s.study_id",
    "ReferringPhysicianName": "s.referring",
}
_OF_SERIES = {
    "SeriesInstanceUID": "r.series_uid",
    "SeriesDescription": "r.description",
    "SeriesNumber": "r.number",
    "SeriesDate": "r.date",
    "SeriesTime": "r.time",
    "Modality": "r.modality",
    "BodyPartExamined": "r.body_part",
}
"""Columns of further keys, by their paths."""

_BEGINS = "SELECT patient FROM name_words WHERE word >= ? AND word < ?"


def add_functions(connection: sqlite3.Connection) -> None:
    """Register the SQL functions that :func:`conditions` uses."""
    connection.create_function(
        "name_fits", 2, lambda typed, name: name_pattern(typed).fits(name), deterministic=True
    )
    connection.create_function("key_fits", 3, _key_fits, deterministic=True)


def glob(folded: str) -> str:
    """SQLite's GLOB knows the wildcards of DICOM, and sets in brackets, which DICOM does not."""
    return folded.replace("[", "[[]")


def conditions(criteria: Criteria) -> tuple[str, list[object]]:
    """The WHERE clause over ``patients p`` and ``studies s``, with its values."""
    clauses: list[str] = []
    values: list[object] = []

    def add(clause: str, *bound: object) -> None:
        clauses.append(clause)
        values.extend(bound)

    if not name_pattern(criteria.name).anything:
        add(*_name_fits(criteria.name))
    for column, folded, typed in (
        ("p.patient_id", "p.id_key", criteria.patient_id),
        ("s.accession", "s.accession_key", criteria.accession),
    ):
        pattern = whole_text(typed)
        if pattern.exact:
            add(f"{folded} = ? AND trim({column}) = ?", pattern.folded, pattern.exact)
        elif pattern.folded:
            clause, bound = _fits(folded, glob(pattern.folded))
            add(clause, *bound)
    if description := glob(part_of_text(criteria.description).folded):
        add("s.description_key GLOB ?", description)
    if criteria.modalities:
        add(f"({' OR '.join(['instr(s.modalities, ?)'] * len(criteria.modalities))})")
        values.extend(f"\\{modality.strip().upper()}\\" for modality in criteria.modalities)
    for clause, bound in _dates(criteria):
        add(clause, *bound)
    for clause, texts in _other_keys(criteria):
        add(clause, *texts)
    return " AND ".join(clauses) or "1", values


def _dates(criteria: Criteria) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The period as conditions; a study of its first or last day without a time is in it."""
    span = criteria.span
    first, last = (f"{day:%Y%m%d}" if day else "" for day in (span.first, span.last))
    if first:
        yield "s.date >= ?", (first,)
    if last:
        yield "s.date BETWEEN '0' AND ?", (last,)
    if first and span.begin:
        yield _NOT_EARLIER, (first, f"{span.begin:%H%M%S}")
    if last and span.end:
        yield _NOT_LATER, (last, f"{span.end:%H%M%S}")


def unknown_keys(criteria: Criteria) -> list[str]:
    """The paths of those further keys that the library has no values of."""
    return [key.path for key in criteria.others if key.path not in {**_OF_STUDY, **_OF_SERIES}]


def _other_keys(criteria: Criteria) -> Iterator[tuple[str, list[str]]]:
    """The further keys as conditions; those of series must all hold for one series."""
    of_series: list[str] = []
    values: list[str] = []
    for key in criteria.others:
        if key.path == "StudyInstanceUID":  # there may be thousands, and an index has them
            yield "s.study_uid IN (SELECT value FROM json_each(?))", [json.dumps(key.value.split("\\"))]
        elif column := _OF_STUDY.get(key.path):
            yield f"key_fits(?, ?, {column})", [key.path, key.value]
        elif column := _OF_SERIES.get(key.path):
            of_series.append(f"key_fits(?, ?, {column})")
            values += [key.path, key.value]
    if of_series:
        where = " AND ".join(["r.study=s.id", *of_series])
        yield f"EXISTS (SELECT 1 FROM series r WHERE {where})", values


def _key_fits(path: str, typed: str, value: str | int | None) -> bool:
    told = "" if value is None else str(value)
    return bool(told) and fits(OtherKey(path, typed), told)


def _name_fits(typed: str) -> tuple[str, ...]:
    """A typed name as a condition, with its values.

    Python judges the few names only that the index of words cannot rule out.
    """
    pattern = name_pattern(typed)
    clauses, values = [], []
    for words in sorted(pattern.beginnings(), key=lambda words: -len(words[0]))[:_MOST_WORDS]:
        clauses.append(f"id IN ({' UNION ALL '.join([_BEGINS] * len(words))})")
        values += [bound for word in words for bound in (word, word + _LAST)]
    if not clauses and (pieces := pattern.pieces()):
        clauses.append(f"id IN (SELECT patient FROM name_words WHERE instr(word, ?) OR word='{UNKNOWN}')")
        values.append(max(pieces, key=len))
    where = " AND ".join([*clauses, "name_fits(?, name)"])
    return f"p.id IN (SELECT id FROM patients WHERE {where})", *values, typed


def _fits(column: str, pattern: str) -> tuple[str, tuple[str, ...]]:
    """A GLOB pattern as a condition that an index can serve, with its values."""
    begin = _WILDCARD.split(pattern, maxsplit=1)[0]
    if begin == pattern:
        return f"{column} = ?", (pattern,)
    if not begin:
        return f"{column} GLOB ?", (pattern,)
    return f"({column} >= ? AND {column} < ? AND {column} GLOB ?)", (begin, begin + _LAST, pattern)
