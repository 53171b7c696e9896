"""Write what is noted of a study: the column of labels, tool tip, what the filter searches, the signs."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.dicom.study_mark import StudyMark
from workstation.dicom.uids import is_placeholder_uid
from workstation.models.rows import Row
from workstation.models.translation import translate

NO_MARK: Final = StudyMark()
_IN_TIP: Final = 600
"""Characters of a note in a tool tip."""


class MarkSign(StrEnum):
    """A sign in the first column."""

    PINNED = "pinned"
    LABELS = "labels"
    NOTE = "note"
    OF_ANOTHER = "of another"
    UNREAD = "unread"


def may_be_marked(row: Row) -> bool:
    """Whether a row is a study that a mark can be kept for: one whose UID is its own."""
    return row.level is Level.STUDY and not row.error and bool(row.uid) and not is_placeholder_uid(row.uid)


def mark_of(row: Row) -> StudyMark:
    """The mark of a row; empty if there is none, or it was made for another Patient ID."""
    mark = _any_mark(row)
    return mark if mark is not None and mark.is_of(row.patient_id) else NO_MARK


def mark_of_another(row: Row) -> StudyMark | None:
    """The mark of the UID of a row that was made for another Patient ID; None: there is none such."""
    mark = _any_mark(row)
    return mark if mark is not None and not mark.is_of(row.patient_id) else None


def _any_mark(row: Row) -> StudyMark | None:
    """The mark of the UID of a row, whoever it was made for; that most have none is found out first."""
    if row.parent is None or row.level is not Level.STUDY:
        return None
    return row.parent.layout.marks.by_study.get(row.uid)


def is_unread(row: Row) -> bool:
    """Whether a row is a study that came and whose images were not shown yet."""
    return row.parent is not None and row.level is Level.STUDY and row.uid in row.parent.layout.marks.unread


def labels(row: Row) -> str:
    """Write the labels of a study."""
    return ", ".join(display.isolated(display.plain(label)) for label in mark_of(row).labels)


def searched(row: Row) -> str:
    """Write what the filter searches: labels, note, and in words whether it is pinned or unread."""
    mark = mark_of(row)
    words = [*mark.labels, mark.note]
    if mark.pinned:
        words.append(translate("Pinned"))
    if is_unread(row):
        words.append(translate("Unread"))
    return "\n".join(filter(None, words))


def by_labels(row: Row) -> tuple[object, ...]:
    """The sort key of the column: pinned studies, then labelled ones by their labels, then all others."""
    mark = mark_of(row)
    return (not mark.pinned, not mark.labels, "\n".join(label.casefold() for label in mark.labels))


def signs(row: Row) -> tuple[MarkSign, ...]:
    """The signs of a study in the first column, the last one at its end."""
    if row.level is not Level.STUDY:
        return ()
    mark, found = mark_of(row), []
    if mark.pinned:
        found.append(MarkSign.PINNED)
    if mark.labels:
        found.append(MarkSign.LABELS)
    if mark.note:
        found.append(MarkSign.NOTE)
    if mark_of_another(row) is not None:
        found.append(MarkSign.OF_ANOTHER)
    if is_unread(row):
        found.append(MarkSign.UNREAD)
    return tuple(found)


def mark_lines(row: Row) -> list[str]:
    """Write what is noted of a study, in lines for its tool tip."""
    mark, other, lines = mark_of(row), mark_of_another(row), []
    states = [translate("Unread")] if is_unread(row) else []
    if mark.pinned:
        states.insert(0, translate("Pinned"))
    if states:
        lines.append(", ".join(states))
    if mark.labels:
        lines.append(translate("Labels: {labels}", labels=labels(row)))
    if mark.note:
        lines += _note_lines(mark.note)
    if other is not None:
        lines.append(of_another_words(other))
    return lines


def of_another_words(mark: StudyMark) -> str:
    """Write that a mark was made for another Patient ID, and for which."""
    made_for = display.isolated(display.plain(mark.patient_id)) or translate("none")
    return translate(
        "This study UID has labels, a note or a pin that were made for another patient ID ({id}). They are"
        " not shown here.",
        id=made_for,
    )


def _note_lines(note: str) -> list[str]:
    cut = note if len(note) <= _IN_TIP else f"{note[:_IN_TIP].rstrip()}…"
    lines = [display.plain(line, None) for line in cut.split("\n")]
    return [translate("Note: {text}", text=lines[0]), *lines[1:]]
