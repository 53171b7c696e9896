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
    text = row.text or (fold(row) if row.level in _LOOKED_AT else cell(row, Column.NAME).casefold())
    return text.startswith(typed)


def fits(row: Row, words: tuple[str, ...]) -> bool:
    """Whether a patient or study fits, a study together with its patient."""
    found = fold(row)
    if row.level is Level.STUDY and row.parent is not None:
        found = f"{fold(row.parent)}\n{found}"
    return all(word in found for word in words)


def fold(row: Row) -> str:
    """All texts of a patient or study that are looked at; kept in the row until it changes."""
    if not row.text and not row.trouble:
        row.text = "\n".join(cell(row, column) for column in _LOOKED_AT[row.level]).casefold()
    return row.text


def sift(patient: Row, words: tuple[str, ...]) -> list[Row] | None:
    """A patient's studies that stay in sight; None if the patient does not."""
    if not words:
        return patient.children
    shown = [row for row in patient.children if row.trouble or fits(row, words)]
    if any(not row.trouble for row in shown) or (not patient.entities and fits(patient, words)):
        return shown
    return None
