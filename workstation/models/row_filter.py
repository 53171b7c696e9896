"""Filter rows by the terms that were typed (:mod:`workstation.models.filter_terms`)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.value_readers import read_date
from workstation.models.columns import COLUMNS, Column, cell, searched_text
from workstation.models.filter_terms import Term
from workstation.models.rows import Row


def searched_columns() -> dict[Level, tuple[Column, ...]]:
    """Return by level the columns of which the filter searches the texts."""
    return {
        level: tuple(spec.column for spec in COLUMNS if level in spec.searched)
        for level in (Level.PATIENT, Level.STUDY)
    }


_SEARCHED = searched_columns()
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "": operator.eq,
}


def begins(row: Row, typed: str) -> bool:
    """Tell whether the first text of a row begins with what was typed: a patient's name, where it has one."""
    shown = row.parent if row.stands_alone and row.parent is not None else row
    return (shown.text or cell(shown, Column.NAME).casefold()).startswith(typed)


def matching_studies(patient: Row, terms: tuple[Term, ...]) -> list[Row] | None:
    """Return a patient's studies that stay in sight; None if the patient does not."""
    if not terms:
        return patient.children
    shown = [row for row in patient.children if row.error or fits(row, terms)]
    if any(not row.error for row in shown) or (not patient.entities and fits(patient, terms)):
        return shown
    return None


def fits(row: Row, terms: tuple[Term, ...]) -> bool:
    """Tell whether a patient or study fits all terms, a study together with its patient."""
    found = _text(row)
    if row.level is Level.STUDY and row.parent is not None:
        found = f"{_text(row.parent)}\n{found}"
    for term in terms:
        holds = term.text in found if term.column is None else _fits_column(row, term.column, term)
        if holds is term.excluded:
            return False
    return True


def _text(row: Row) -> str:
    """Return all texts of a row that are searched; they are kept in the row until it changes."""
    if not row.text:
        row.text = "\n".join(searched_text(row, column) for column in _SEARCHED[row.level]).casefold()
    return row.text


# --- One column -----------------------------------------------------------------------------------------


def _fits_column(row: Row, column: Column, term: Term) -> bool:
    """Tell whether a row fits a term of a column, a study with the facts of its patient."""
    told = row.parent if COLUMNS[column].of_patient and row.level is Level.STUDY and row.parent else row
    if term.text.replace(".", "", 1).isdecimal() and column in _NUMBERS:
        number = _NUMBERS[column](told)
        return number is not None and _COMPARE[term.comparison](number, float(term.text))
    digits = date_digits(term.text) if column in (Column.DATE, Column.BORN) else ""
    if digits:
        day = _day(told, column)[: len(digits)]
        return bool(day) and _COMPARE[term.comparison](day, digits)
    if term.comparison == "=":
        return value_text(told, column).casefold() == term.text
    if term.comparison:
        return bool(value := cell(told, column).casefold()) and _COMPARE[term.comparison](value, term.text)
    return any(term.text in text(told, column).casefold() for text in (searched_text, cell))


def value_text(row: Row, column: Column) -> str:
    """Return the whole value of a cell, as ``column:=value`` compares it; of a date that is the day."""
    if column in (Column.DATE, Column.BORN):
        day = _day(row, column)
        return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else ""
    if column in _NUMBERS:
        number = _NUMBERS[column](row)
        return "" if number is None else str(number)
    return display.unisolated(cell(row, column))


def date_digits(text: str) -> str:
    """Return the digits of a year, month or day (2024, 2024-05, 20240501) as it is typed; empty: none."""
    year, *others = text.split("-") if "-" in text else (text[:4], text[4:6], text[6:])
    parts = [part.zfill(2) for part in others if part]
    digits = year + "".join(parts)
    whole = len(year) == 4 and len(parts) < 3 and all(len(part) == 2 for part in parts)
    return digits if whole and digits.isascii() and digits.isdigit() else ""


def _day(row: Row, column: Column) -> str:
    """Return the date in a column as eight digits; empty: it is not told."""
    best = row.best
    if column is Column.BORN:
        return read_date(best.birth_date) if isinstance(best, PatientMatch) else ""
    return read_date(best.date) if isinstance(best, StudyMatch) else ""


def _years(row: Row) -> int | None:
    """Return how old a patient was on the day of a study, in whole years; None: that is not known."""
    born, then = read_date(row.patient.birth_date), _day(row, Column.DATE)
    return (int(then) - int(born)) // 10_000 if born and then >= born else None


_NUMBERS: Final[Mapping[Column, Callable[[Row], int | None]]] = {
    Column.IMAGES: lambda row: row.instances,
    Column.SERIES: lambda row: row.series,
    Column.AGE: _years,
}
"""What is compared as a number; None: it is unknown."""
IS_COMPARED: Final = frozenset({Column.DATE, Column.BORN, *_NUMBERS})
"""Columns of dates and numbers, of which a value without a sign is meant as a whole."""
