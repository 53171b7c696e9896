"""The rows of a list that is searched for, as Qt sees them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from tests.matches import study
from workstation.dicom.list_entries import ListEntries, ListEntry
from workstation.dicom.list_results import EntryState, ValueAnswer
from workstation.dicom.matches import StudyMatch
from workstation.dicom.pasted_list import ColumnUse
from workstation.dicom.person_names import NameOrder, NameStyle
from workstation.errors import UserMessage
from workstation.models.list_search_model import ListColumn, ListRole, ListSearchModel, StateFilter
from workstation.models.shown_names import SHOWN_NAMES

NAME = ColumnUse.NAME
pytestmark = pytest.mark.usefixtures("qapp")


def entries(*values: str, key: ColumnUse = ColumnUse.PATIENT_ID, **more: object) -> ListEntries:
    made = tuple(
        ListEntry(line=line, value=value, **more)  # type: ignore[arg-type]
        for line, value in enumerate(values, 1)
    )
    return ListEntries(key=key, entries=made)


def answer(value: str, *hits: StudyMatch, source: str = "A", **more: object) -> ValueAnswer:
    return ValueAnswer(source=source, value=value, hits=hits, **more)  # type: ignore[arg-type]


def cells(model: ListSearchModel, column: ListColumn) -> list[str]:
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_rows_come_and_go_as_qt_expects() -> None:
    model = ListSearchModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.begin(entries("P1", "P2", "P3", "P1"), ["A", "B"])
    assert model.counts == {EntryState.NOT_ASKED: 4}
    model.take([answer("P1", study("1.1"), study("1.2")), answer("P2", study("2.1"))])
    assert [model.rowCount(model.index(row, 0)) for row in range(4)] == [2, 0, 0, 2]
    model.take([answer("P1", study("1.3", source="B"), source="B"), answer("P2", source="B")])
    assert [model.rowCount(model.index(row, 0)) for row in range(4)] == [3, 0, 0, 3]
    model.take(
        [
            answer("P1"),
            answer("P1", source="B"),
            answer("P3", error=UserMessage("No.")),
            answer("P3", source="B"),
        ]
    )
    assert [model.rowCount(model.index(row, 0)) for row in range(4)] == [0, 0, 0, 0]
    assert +model.counts == {EntryState.NOT_FOUND: 2, EntryState.ONE: 1, EntryState.FAILED: 1}
    assert cells(model, ListColumn.ENTRY) == ["P1", "P2", "P3", "P1"]
    assert cells(model, ListColumn.FOUND) == ["Not found", "1 study", "Failed: No.", "Not found"]
    del tester


def test_one_patient_or_one_study() -> None:
    model = ListSearchModel()
    model.begin(entries("P1"), ["A"])
    model.take([answer("P1", study("1.1"), study("1.2"))])
    assert cells(model, ListColumn.FOUND) == ["2 studies"]
    model.count_patients(True)
    assert cells(model, ListColumn.FOUND) == ["1 patient, 2 studies"]
    assert +model.counts == {EntryState.ONE: 1}
    assert model.results[0].fetchable
    model.count_patients(False)
    assert not model.results[0].fetchable


def test_what_differs_from_the_list_is_marked() -> None:
    model = ListSearchModel()
    model.begin(entries("P1", checks=((NAME, "Roe"),)), ["A"])
    model.take([answer("P1", study("1.1"))])
    assert cells(model, ListColumn.FOUND) == ["1 study  ·  name differs from the list"]
    marked = [column for column in ListColumn if model.index(0, column).data(ListRole.CONTRADICTED)]
    assert marked == [ListColumn.FOUND, ListColumn.PATIENT]


def test_only_entries_of_a_state_are_shown() -> None:
    model = ListSearchModel()
    shown = StateFilter(model)
    model.begin(entries("P1", "P2", "P3"), ["A"])
    shown.show_only([EntryState.ONE])
    assert shown.rowCount() == 0
    model.take([answer("P2", study("2.1")), answer("P1", study("1.1"), study("1.2"))])
    assert [shown.index(row, 0).data() for row in range(shown.rowCount())] == ["P2"]
    shown.show_only([EntryState.SEVERAL])
    assert [shown.index(row, 0).data() for row in range(shown.rowCount())] == ["P1"]
    assert shown.rowCount(shown.index(0, 0)) == 2
    shown.show_only([])
    assert shown.rowCount() == 3


def test_texts_of_peers_are_one_line() -> None:
    model = ListSearchModel()
    model.begin(entries("P1"), ["A"])
    model.take([answer("P1", study("1.1", name="Doe^\nJohn", description="<b>x</b>\r\ny"))])
    assert cells(model, ListColumn.DESCRIPTION) == ["<b>x</b>  y"]
    assert "\n" not in cells(model, ListColumn.PATIENT)[0]


def test_what_is_fetched_is_never_of_another_meaning(qtbot: QtBot) -> None:
    """Judging thousands anew takes several slices; who asks for the results meanwhile has all of them."""
    values = [f"P{number}" for number in range(2000)]
    model = ListSearchModel()
    model.begin(entries(*values), ["A"])
    model.take(
        [answer(value, study(f"1.{value[1:]}", value), study(f"2.{value[1:]}", value)) for value in values]
    )
    model.count_patients(True)
    qtbot.waitUntil(lambda: +model.counts == {EntryState.ONE: 2000}, timeout=40_000)
    model.count_patients(False)
    assert {result.state for result in model.results} == {EntryState.SEVERAL}


def test_names_follow_the_chosen_style(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ListSearchModel()
    model.begin(entries("P1", "P2"), ["A"])
    model.take([answer("P1", study("1.1"), study("1.2")), answer("P2", study("2.1"))])
    several = model.index(0, 0)
    told: list[QModelIndex] = []
    model.dataChanged.connect(lambda first, last: told.extend((first, last)))
    monkeypatch.setattr(SHOWN_NAMES, "style", NameStyle(NameOrder.GIVEN_FIRST))
    model.write_names()
    column = ListColumn.PATIENT
    assert model.index(1, column) in told
    assert model.index(1, column, several) in told
    assert model.index(1, column).data() == SHOWN_NAMES.written(study("2.1").patient.name)
