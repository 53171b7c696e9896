"""What is noted of studies, in their rows: found by UID, searched, sorted, not shown for another patient."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt

from tests.matches import study
from workstation.dicom.study_mark import MarkChange, StudyMark
from workstation.errors import OtherPatientsMark
from workstation.models.columns import Column, cell, searched_text, sort_key
from workstation.models.list_texts import ListFormat, exported, record
from workstation.models.mark_texts import MarkSign, mark_lines, may_be_marked, signs
from workstation.models.row_marks import RowMarks
from workstation.models.rows import Row
from workstation.models.tool_tips import tip
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role

NOTE = "left <knee>\nsecond line"
MARK = StudyMark(patient_id="1", labels=("board", "随访"), note=NOTE, pinned=True)


@pytest.fixture
def model(qapp: object) -> TreeModel:
    """Two rows of one study UID, of different patients, and one of another study."""
    model = TreeModel()
    results = model.results
    matches = [study("1.1", "1"), study("1.1", "2", source="B"), study("1.2", "1", description="CHEST")]
    results.add_studies(results.begin(), matches)
    return model


def row(model: TreeModel, uid: str, patient_id: str) -> Row:
    [found] = [one for one in model.results.studies(uid) if one.patient_id == patient_id]
    return found


def marked(model: TreeModel, uid: str = "1.1", mark: StudyMark = MARK, *unread: str) -> RowMarks:
    marks = model.results.store.layout.marks
    marks.replace({uid: mark}, set(unread))
    for one in model.results.studies(uid):
        model.results.changes.changed(one)
    return marks


def test_a_mark_is_shown_in_the_rows_of_its_patient_only(model: TreeModel) -> None:
    marked(model)
    own, other, plain = row(model, "1.1", "1"), row(model, "1.1", "2"), row(model, "1.2", "1")
    assert cell(own, Column.LABELS) == "board, 随访"
    assert signs(own) == (MarkSign.PINNED, MarkSign.LABELS, MarkSign.NOTE)
    assert signs(other) == (MarkSign.OF_ANOTHER,)
    assert signs(plain) == signs(plain.top) == ()
    assert cell(other, Column.LABELS) == ""
    [warning] = mark_lines(other)
    assert "another patient ID (1)" in warning
    for text in ("board", "随访", "knee", "second"):
        assert text not in warning
        assert text not in tip(other, Column.NAME)
        assert text not in searched_text(other, Column.LABELS)
        assert text in searched_text(own, Column.LABELS)


def test_the_tool_tip_and_a_screen_reader_tell_all_of_it(model: TreeModel) -> None:
    marked(model, "1.2", MARK, "1.2")
    found = row(model, "1.2", "1")
    text = tip(found, Column.NAME)
    assert "Pinned, Unread" in text
    assert "Labels: board, 随访" in text
    assert "Note: left &lt;knee&gt;<br>second line" in text
    index = model.index_of(found)
    spoken = model.data(index, Qt.ItemDataRole.AccessibleDescriptionRole)
    assert "Pinned, Unread Labels: board, 随访 Note: left <knee> second line" in spoken
    assert model.data(index, Role.SIGNS)[-1] is MarkSign.UNREAD


def test_the_filter_finds_words_of_labels_and_notes_and_what_is_pinned(model: TreeModel) -> None:
    marked(model, "1.2", StudyMark(patient_id="1", labels=("Board",), note="knee", pinned=True), "1.1")
    for typed, uids in {
        "board": {"1.2"},
        "knee chest": {"1.2"},
        "pinned": {"1.2"},
        "unread": {"1.1"},
        "nothing": set(),
    }.items():
        model.set_filter(typed)
        shown = model.visible.between(0, len(model.visible) - 1) if len(model.visible) else ()
        assert {one.uid for one in shown if may_be_marked(one)} == uids, typed


def test_pinned_studies_are_sorted_first_then_those_with_labels(model: TreeModel) -> None:
    results = model.results
    results.add_studies(results.generation, [study(f"2.{n}", "1") for n in range(4)])
    marks = {
        "2.0": StudyMark(patient_id="1", labels=("b",)),
        "2.1": StudyMark(patient_id="1", pinned=True),
        "2.3": StudyMark(patient_id="1", labels=("A",)),
    }
    results.store.layout.marks.replace(marks, set())
    rows = [one for n in range(4) for one in results.studies(f"2.{n}")]
    ordered = sorted(rows, key=lambda one: sort_key(one, Column.LABELS) or ())
    assert [one.uid for one in ordered] == ["2.1", "2.3", "2.0", "2.2"]


def test_changes_are_of_all_studies_or_of_none() -> None:
    marks = RowMarks()
    marks.change({"1": "A"}, MarkChange(pinned=True))
    with pytest.raises(OtherPatientsMark):
        marks.change({"2": "B", "1": "B"}, MarkChange(add=("x",)))
    assert marks.by_study == {"1": StudyMark(patient_id="A", pinned=True)}
    marks.change({"1": "A"}, MarkChange(pinned=False))
    assert marks.by_study == {}


def test_what_differs_is_told() -> None:
    marks, pin = RowMarks(), StudyMark(patient_id="A", pinned=True)
    assert marks.replace({"1": pin, "2": pin}, {"3"}) == {"1", "2", "3"}
    assert marks.replace({"1": pin}, {"3", "4"}) == {"2", "4"}


def test_labels_of_several_studies_are_on_all_or_on_some() -> None:
    marks = RowMarks()
    marks.change({"1": "A"}, MarkChange(add=("x", "Both")))
    marks.change({"2": "A"}, MarkChange(add=("both",)))
    marks.change({"3": "A"}, MarkChange(add=("unused",)))
    choice = marks.label_choice([marks.by_study["1"], marks.by_study["2"]])
    assert choice.on_all == ("Both",)
    assert choice.on_some == ("x",)
    assert choice.used == ("Both", "unused", "x")


def test_marks_are_exported_but_those_of_another_patient_are_not(model: TreeModel) -> None:
    marked(model, "1.1", MARK, "1.1")
    own, other = record(row(model, "1.1", "1")), record(row(model, "1.1", "2"))
    assert (own["labels"], own["note"], own["marked_as"]) == ("board; 随访", NOTE, "pinned unread")
    assert (other["labels"], other["note"], other["marked_as"]) == ("", "", "unread")
    assert json.loads(exported([own], ListFormat.JSON))[0]["note"] == NOTE
    table = exported([own | {"labels": "=1+1"}], ListFormat.CSV).decode("utf-8-sig")
    assert "labels,note,marked_as" in table
    assert "'=1+1" in table


def test_a_row_without_a_uid_of_its_own_cannot_be_marked(model: TreeModel) -> None:
    assert may_be_marked(row(model, "1.2", "1"))
    assert not may_be_marked(row(model, "1.2", "1").top)
