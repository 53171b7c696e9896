"""Filter rows by words that are typed: each must occur somewhere in the texts of a row."""

from __future__ import annotations

from workstation.dicom.levels import Level
from workstation.models.columns import COLUMNS, Column, cell, searched_text
from workstation.models.rows import Row


def searched_columns() -> dict[Level, tuple[Column, ...]]:
    """Return by level the columns of which the filter searches the texts."""
    return {
        level: tuple(spec.column for spec in COLUMNS if level in spec.searched)
        for level in (Level.PATIENT, Level.STUDY)
    }


_SEARCHED = searched_columns()


def words_of(typed: str) -> tuple[str, ...]:
    """Return what was typed as words without case."""
    return tuple(typed.casefold().split())


def begins(row: Row, typed: str) -> bool:
    """Tell whether the first text of a row begins with what was typed: a patient's name, where it has one."""
    shown = row.parent if row.stands_alone and row.parent is not None else row
    return (shown.text or cell(shown, Column.NAME).casefold()).startswith(typed)


def fits(row: Row, words: tuple[str, ...]) -> bool:
    """Tell whether a patient or study holds all words, a study together with its patient."""
    found = _text(row)
    if row.level is Level.STUDY and row.parent is not None:
        found = f"{_text(row.parent)}\n{found}"
    return all(word in found for word in words)


def _text(row: Row) -> str:
    """Return all texts of a row that are searched; they are kept in the row until it changes."""
    if not row.text:
        row.text = "\n".join(searched_text(row, column) for column in _SEARCHED[row.level]).casefold()
    return row.text


def matching_studies(patient: Row, words: tuple[str, ...]) -> list[Row] | None:
    """Return a patient's studies that stay in sight; None if the patient does not."""
    if not words:
        return patient.children
    shown = [row for row in patient.children if row.error or fits(row, words)]
    if any(not row.error for row in shown) or (not patient.entities and fits(patient, words)):
        return shown
    return None
