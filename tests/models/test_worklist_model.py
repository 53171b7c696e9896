"""The rows of a worklist: in the order of a column while they stream in, those that do not fit apart."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from workstation.dicom.worklist import DATES, WorklistStep
from workstation.models import worklist_texts
from workstation.models.worklist_model import WorklistModel
from workstation.models.worklist_texts import FIELDS, WorklistColumn

ASCENDING, DESCENDING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


def step(number: int = 1, **more: object) -> WorklistStep:
    return WorklistStep(source="RIS", item=1, items=1, patient_id=str(number), **more)  # type: ignore[arg-type]


def ids(model: WorklistModel) -> list[str]:
    return [one.patient_id for one in model.shown]


@pytest.fixture
def model(qapp: QApplication) -> WorklistModel:
    made = WorklistModel()
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    return made


def test_steps_stand_by_date_and_time_however_they_come(model: WorklistModel) -> None:
    steps = [
        step(1, date="20261201", time="0800"),
        step(2, date="20261201", time="0930"),
        step(3, date="20261202", time="0700"),
        step(4, date="20261202", time="0700"),
        step(5),
    ]
    for some in (steps[3:], steps[:1], steps[1:3]):
        model.add(some)
    assert ids(model) == ["1", "2", "4", "3", "5"]  # of equals the one that came first


def test_what_is_not_told_is_a_dash_and_comes_last_in_either_direction(model: WorklistModel) -> None:
    model.add([step(1), step(2, sex="M"), step(3, sex="F")])
    for order, wanted in ((ASCENDING, ["3", "2", "1"]), (DESCENDING, ["2", "3", "1"])):
        model.sort(WorklistColumn.SEX, order)
        assert ids(model) == wanted
    assert model.index(2, WorklistColumn.SEX).data() == "—"
    model.add([step(4, sex="O")])
    assert ids(model) == ["4", "2", "3", "1"]


@pytest.mark.parametrize("column", list(WorklistColumn))
def test_every_column_sorts_and_keeps_the_chosen_row(model: WorklistModel, column: WorklistColumn) -> None:
    rows = [
        step(
            n,
            date=f"202612{n:02}",
            time=f"{n:02}",
            modality=f"M{n:02}",
            stations=(f"S{n:02}",),
            patient_name=f"N{n:02}",
            birth_date=f"19{n:02}0101",
            sex=f"{n:02}",
            procedure=f"P{n:02}",
            description=f"D{n:02}",
            accession=f"A{n:02}",
            status=f"T{n:02}",
            physician=f"Y{n:02}",
        )
        for n in range(10, 40)
    ]
    mixed = rows.copy()
    random.Random(7).shuffle(mixed)
    model.sort(WorklistColumn.SEX, DESCENDING)
    model.add(mixed)
    chosen = QPersistentModelIndex(model.index(4, column))
    step_of_it = model.at(4)
    model.sort(column, ASCENDING)
    assert list(model.shown) == rows
    assert model.at(chosen.row()) is step_of_it
    model.sort(column, DESCENDING)
    assert list(model.shown) == rows[::-1]


def test_what_does_not_fit_is_never_among_the_rest(model: WorklistModel) -> None:
    model.add([step(1), step(2, differs=(DATES,)), step(3)])
    assert ids(model) == ["1", "3"]
    model.show_others(True)
    assert ids(model) == ["2"]
    model.add([step(4), step(5, differs=("name",))])
    assert ids(model) == ["2", "5"]
    assert "date" in worklist_texts.remarks(model.shown[0])[0]
    model.show_others(False)
    assert ids(model) == ["1", "3", "4"]
    model.clear()
    assert ids(model) == []


def test_texts_of_a_step() -> None:
    found = step(
        stations=("CT1",),
        station_name="Room 3",
        patient_name="Wang^XiaoDong=王^小东",
        date="2026 or so",
        birth_date="19700203",
        procedure="<b>&\n",
    )
    texts = [worklist_texts.cell(found, column) for column in WorklistColumn]
    assert texts[WorklistColumn.STATION] == "CT1 (Room 3)"
    assert texts[WorklistColumn.PATIENT] == "王 小东 (Wang, XiaoDong)"
    assert texts[WorklistColumn.DATE] == "2026 or so"
    assert texts[WorklistColumn.BORN] == "1970-02-03"
    assert texts[WorklistColumn.PROCEDURE] == "<b>&"


def test_remarks_say_what_the_values_do_not() -> None:
    assert worklist_texts.remarks(step()) == []
    assert worklist_texts.remarks(WorklistStep(source="RIS")) == ["The answer tells no scheduled step."]
    of_several = WorklistStep(source="RIS", item=2, items=3, whole=False, differs=("station", "accession"))
    assert worklist_texts.remarks(of_several) == [
        "Step 2 of 3 of this answer",
        "Does not fit what was asked for: station, accession number",
        "The answer breaks off: there may be more to it.",
    ]


def test_rows_are_copied_as_lines_and_exported_by_name() -> None:
    arabic = step(2, patient_name="محمد^علي")
    columns = [WorklistColumn.PATIENT_ID, WorklistColumn.PATIENT]
    assert worklist_texts.copied([step(patient_name="=1+1")], columns) == "1\t'=1+1"
    assert worklist_texts.copied([arabic], columns) == "2\tمحمد, علي"
    assert worklist_texts.copied([step(), arabic], columns).splitlines()[0] == "Patient ID\tPatient"
    assert set(worklist_texts.record(arabic)) == set(FIELDS)
    assert worklist_texts.record(arabic)["patient_name"] == "محمد^علي"
