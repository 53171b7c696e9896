"""The filter box: which rows stay in sight; every word must occur somewhere in a row's texts."""

from __future__ import annotations

from workstation.dicom.levels import Level
from workstation.models.columns import Column, cell
from workstation.models.rows import Row

_LOOKED_AT = {
    Level.PATIENT: (Column.NAME, Column.ID, Column.BORN),
    Level.STUDY: (Column.NAME, Column.DATE, Column.MODALITY, Column.ACCESSION, Column.SOURCE),
}


def words_of(typed: str) -> tuple[str, ...]:
    """What was typed, as words without case."""
    return tuple(typed.casefold().split())


def begins(row: Row, typed: str) -> bool:
    """Whether the first text of a row begins with what was typed."""
    return (row.text or cell(row, Column.NAME).casefold()).startswith(typed)


def fits(row: Row, words: tuple[str, ...]) -> bool:
    """Whether a patient or study fits, a study together with its patient."""
    found = _text(row)
    if row.level is Level.STUDY and row.parent is not None:
        found = f"{_text(row.parent)}\n{found}"
    return all(word in found for word in words)


def _text(row: Row) -> str:
    """All texts of a row that are looked at; kept in the row until it changes."""
    if not row.text:
        row.text = "\n".join(cell(row, column) for column in _LOOKED_AT[row.level]).casefold()
    return row.text


def sift(patient: Row, words: tuple[str, ...]) -> list[Row] | None:
    """A patient's studies that stay in sight; None if the patient does not."""
    if not words:
        return patient.children
    shown = [row for row in patient.children if row.error or fits(row, words)]
    if any(not row.error for row in shown) or (not patient.entities and fits(patient, words)):
        return shown
    return None
