"""What is noted of a study: checked, changed, and never of another patient."""

from __future__ import annotations

import pytest

from workstation.dicom.study_mark import (
    MarkChange,
    StudyMark,
    changed,
    check_label,
    check_note,
    in_order,
)
from workstation.errors import BadInput, OtherPatientsMark

PERSIAN = "\u0645\u06cc\u200c\u062e\u0648"
"""With a joiner, which is no letter."""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  for   the board ", "for the board"),
        ("Mu\u0308ller", "Müller"),
        ("随访", "随访"),
        (PERSIAN, PERSIAN),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_label_is_kept_composed_and_with_single_blanks(typed: str, kept: str) -> None:
    assert check_label(typed) == kept


@pytest.mark.parametrize("typed", ["", "  ", "x" * 65, "a;b", "a\x00b", "a\ud800"])
def test_what_is_no_label_is_refused(typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_label(typed)
    assert str(refused.value).startswith("No label is given") is (not typed.strip())


def test_a_note_keeps_its_lines_and_is_bounded() -> None:
    assert check_note("\r\nfirst\r\n\r\nsecond \n") == "first\n\nsecond"
    assert len(check_note("x" * 10_000)) == 10_000
    for wrong in ("x" * 10_001, "a\x07b"):
        with pytest.raises(BadInput):
            check_note(wrong)


def test_equal_labels_count_once_whatever_their_case() -> None:
    assert in_order(["Urgent", "board", "URGENT", "Äpfel", "A\u0308pfel"]) == ("board", "Urgent", "Äpfel")


def test_a_change_leaves_what_it_does_not_name() -> None:
    before = StudyMark(patient_id="1", labels=("a",), note="n", pinned=True)
    after = changed(before, "1", MarkChange(add=("b",), remove=("A",)))
    assert after == StudyMark(patient_id="1", labels=("b",), note="n", pinned=True)
    assert changed(after, "1", MarkChange(remove=("b",), note="", replaced="n", pinned=False)).empty


def test_a_note_that_was_written_meanwhile_is_kept_below() -> None:
    mark = StudyMark(patient_id="1", note="of another window")
    assert changed(mark, "1", MarkChange(note="mine", replaced="old")).note == "mine\n\nof another window"
    assert changed(mark, "1", MarkChange(note="mine", replaced="of another window")).note == "mine"
    assert changed(mark, "1", MarkChange(further="more")).note == "of another window\n\nmore"


def test_marks_of_another_patient_are_not_changed_unless_taken_over() -> None:
    mark = StudyMark(patient_id="1", note="n")
    for other in ("2", ""):
        with pytest.raises(OtherPatientsMark):
            changed(mark, other, MarkChange(pinned=True))
    assert changed(mark, " 1 ", MarkChange(pinned=True)).pinned  # padding counts for nothing
    taken = changed(mark, "2", MarkChange(taken_over=True))
    assert (taken.patient_id, taken.note) == ("2", "n")
    assert changed(StudyMark(patient_id="1"), "2", MarkChange(pinned=True)).patient_id == "2"  # it was empty


def test_a_study_has_at_most_32_labels_and_no_longer_note_by_additions() -> None:
    full = StudyMark(patient_id="1", labels=tuple(f"{n:02}" for n in range(32)), note="x" * 9_000)
    assert len(changed(full, "1", MarkChange(add=("31",))).labels) == 32
    for change in (MarkChange(add=("new",)), MarkChange(further="x" * 1_000)):
        with pytest.raises(BadInput):
            changed(full, "1", change)
