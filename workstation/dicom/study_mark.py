"""What the user noted of a study: labels, a note, a pin. No part of DICOM; it stays on this computer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from workstation.dicom.display import plain
from workstation.errors import BadInput, OtherPatientsMark

LONGEST_LABEL: Final = 64
"""Characters."""
LONGEST_NOTE: Final = 10_000
"""Characters."""
MOST_LABELS: Final = 32
"""Of one study."""
_BETWEEN: Final = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyMark:
    """Labels, note and pin of a study.

    Attributes:
        patient_id: With which it was made: a Study Instance UID that comes with another one may be of
            somebody else, to whom none of this belongs.
        labels: In the order of the alphabet, without case; each once.
        note: Plain text of several lines; empty: there is none.
        pinned: Whether the study is pinned.
    """

    patient_id: str = ""
    labels: tuple[str, ...] = ()
    note: str = ""
    pinned: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing is noted."""
        return not (self.labels or self.note or self.pinned)

    def is_of(self, patient_id: str) -> bool:
        """Whether it was made for this Patient ID; padding counts for nothing (PS3.5 6.2)."""
        return self.patient_id.strip() == patient_id.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkChange:
    """What is to be changed of marks; what it does not name stays, whoever changed that meanwhile.

    Attributes:
        add: Labels.
        remove: Labels, whatever their case.
        note: In the place of the note ``replaced``; None: it stays.
        replaced: See ``note``. Where the note is another one by now, that is kept below the new one.
        further: Added below the note.
        pinned: None: it stays.
        taken_over: Marks that were made for another Patient ID belong to this one from now on.
    """

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    note: str | None = None
    replaced: str = ""
    further: str = ""
    pinned: bool | None = None
    taken_over: bool = False


def changed(mark: StudyMark | None, patient_id: str, change: MarkChange) -> StudyMark:
    """Return the mark of a study of this Patient ID after a change.

    Raises:
        OtherPatientsMark: It was made for another Patient ID, and is not taken over.
        BadInput: It would have too many labels, or too long a note.
    """
    before = mark or StudyMark(patient_id=patient_id)
    if not before.is_of(patient_id) and not before.empty and not change.taken_over:
        raise OtherPatientsMark
    removed = {label_key(label) for label in change.remove}
    labels = [label for label in before.labels if label_key(label) not in removed]
    note = before.note
    if change.note is not None:
        meanwhile = note if note not in (change.replaced, change.note) else ""
        note = _BETWEEN.join(filter(None, (change.note, meanwhile)))
    if change.further:
        note = check_note(_BETWEEN.join(filter(None, (note, change.further))))
    labels = [*labels, *change.add]
    if change.add and len(in_order(labels)) > MOST_LABELS:
        raise BadInput("label", change.add[0], "a study has at most 32 labels; remove one first.")
    return replace(
        before,
        patient_id=patient_id,
        labels=in_order(labels),
        note=note,
        pinned=before.pinned if change.pinned is None else change.pinned,
    )


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Return labels in the order of the alphabet, without case; of equal ones the first."""
    found: dict[str, str] = {}
    for label in labels:
        found.setdefault(label_key(label), label)
    return tuple(found[key] for key in sorted(found))


def label_key(label: str) -> str:
    """Return what two labels have in common that count as one: case and form of composition do not."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", label).casefold())


def check_label(typed: str) -> str:
    """Return a label as it is kept: composed, without blanks around it and with single ones within.

    Raises:
        BadInput: It is empty, too long, or holds what cannot be printed.
    """
    label = " ".join(unicodedata.normalize("NFC", typed).split())
    if not label:
        raise BadInput("label", "", "type a word or a few.")
    if len(label) > LONGEST_LABEL:
        raise BadInput("label", label[:20] + "…", "a label has at most 64 characters.")
    if _unprintable(label) or ";" in label:
        raise BadInput("label", plain(label), "a label holds printable characters, and no semicolon.")
    return label


def check_note(typed: str) -> str:
    """Return a note as it is kept: composed, lines ended by a line feed, without blank ends.

    Raises:
        BadInput: It is too long, or holds what cannot be printed.
    """
    note = unicodedata.normalize("NFC", "\n".join(typed.splitlines())).strip()
    if len(note) > LONGEST_NOTE:
        raise BadInput("note", note[:20] + "…", "a note has at most 10,000 characters.")
    if _unprintable(note.replace("\n", "").replace("\t", "")):
        raise BadInput("note", plain(note)[:20] + "…", "a note holds printable characters and line breaks.")
    return note


def _unprintable(text: str) -> bool:
    """Whether a text holds control characters or half a surrogate pair; a joiner of Persian is neither."""
    return any(unicodedata.category(mark) in ("Cc", "Cs") for mark in text)
