"""A flat list: one row for each study, with its patient's facts in it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from tests.matches import series, study
from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch
from workstation.dicom.mismatches import mismatch
from workstation.models import list_texts
from workstation.models import rows as rows_module
from workstation.models.columns import Column, cell
from workstation.models.merging import with_known
from workstation.models.row_filter import begins
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role
from workstation.settings.list_layout import ListLayout

pytestmark = pytest.mark.usefixtures("qapp")
DOE = {"birth_date": "19610314", "sex": "F"}
ROE = {"name": "Roe^Jane", "birth_date": "19800102", "sex": "F"}
ASCENDING, DESCENDING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


@pytest.fixture
def model(qtmodeltester: ModelTester) -> TreeModel:
    """A flat list under Qt's own tester all the while."""
    model = TreeModel()
    qtmodeltester.check(model)
    model.visible.lay_out(ListLayout.FLAT)
    return model


def filled(model: TreeModel) -> int:
    """Three studies of Doe, one of Roe; returns the generation."""
    generation = model.results.begin()
    studies = [
        study("1.1", "1", date="20260101", description="CT", instances=30, **DOE),
        study("1.2", "1", date="20240101", description="MR", instances=10, **DOE),
        study("2.1", "2", date="20250101", description="US", instances=20, **ROE),
        study("1.3", "1", date="20230101", description="CR", instances=2, **DOE),
    ]
    model.results.add_studies(generation, studies)
    return generation


def searched_for(source: str) -> PatientMatch:
    return PatientMatch(source=source, patient_id="1", name="Doe^John")


def rows(model: TreeModel) -> list[Row]:
    return list(model.visible.between(0, model.rowCount() - 1)) if model.rowCount() else []


def uids(model: TreeModel) -> list[str]:
    return [row.uid for row in rows(model)]


def test_every_study_is_a_row_with_its_patient_in_it(model: TreeModel) -> None:
    filled(model)
    assert uids(model) == ["1.1", "2.1", "1.2", "1.3"]
    index = model.index(2, 0)
    assert (index.data(), index.data(Role.DETAIL)) == ("Doe, John", "62 F · MR")
    assert (index.data(Role.LEVEL), index.data(Role.DEPTH), index.data(Role.HEADS)) == (Level.STUDY, 0, True)
    shown = [index.siblingAtColumn(column).data() for column in (Column.ID, Column.BORN, Column.SEX)]
    assert shown == ["1", "1961-03-14", "F"]


@pytest.mark.parametrize(
    ("column", "order", "expected"),
    [
        (Column.IMAGES, ASCENDING, ["1.3", "1.2", "2.1", "1.1"]),
        (Column.IMAGES, DESCENDING, ["1.1", "2.1", "1.2", "1.3"]),
        (Column.DESCRIPTION, ASCENDING, ["1.3", "1.1", "1.2", "2.1"]),
        (Column.NAME, ASCENDING, ["1.1", "1.2", "1.3", "2.1"]),
        (Column.NAME, DESCENDING, ["2.1", "1.1", "1.2", "1.3"]),
        (Column.ID, DESCENDING, ["2.1", "1.1", "1.2", "1.3"]),
        (Column.BORN, ASCENDING, ["1.1", "1.2", "1.3", "2.1"]),
        (Column.AGE, ASCENDING, ["2.1", "1.3", "1.2", "1.1"]),
    ],
)
def test_any_column_sorts_all_studies(
    model: TreeModel, column: Column, order: Qt.SortOrder, expected: list[str]
) -> None:
    filled(model)
    model.sort(column, order)
    assert uids(model) == expected


def test_what_a_patient_is_called_later_sorts_its_studies(model: TreeModel) -> None:
    model.sort(Column.NAME, ASCENDING)
    generation = model.results.begin(("A", "B"))
    first = [study("1.1", "1", "A", name=""), study("2.1", "2", "A", name="M^X")]
    model.results.add_studies(generation, first)
    assert uids(model) == ["1.1", "2.1"]
    model.results.add_studies(generation, [study("1.1", "1", "B", name="Z^X")])
    assert uids(model) == ["2.1", "1.1"]


def test_the_work_for_one_patient_does_not_grow_with_the_square_of_the_studies(
    model: TreeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody tells the sex: all studies of the patient are looked through for it."""
    looked_at = 0

    def counting(patient: PatientMatch, others: Sequence[PatientMatch]) -> PatientMatch:
        nonlocal looked_at
        looked_at += len(others)
        return with_known(patient, others)

    generation, many = model.results.begin(), 600
    model.results.add_studies(generation, [study(f"1.{n}", "1", date="20200101") for n in range(many)])
    monkeypatch.setattr(rows_module, "with_known", counting)
    model.sort(Column.AGE, ASCENDING)
    for place in range(many):
        assert model.index(place, 0).data() == "Doe, John"
    assert looked_at < 10 * many


@pytest.mark.parametrize("flat", [True, False])
def test_a_date_of_birth_that_another_study_tells_sorts_by_age(model: TreeModel, flat: bool) -> None:
    model.visible.lay_out(ListLayout.FLAT if flat else ListLayout.TREE)
    model.sort(Column.AGE, ASCENDING)
    generation = model.results.begin(("A",))
    roe = {"name": "Roe^Jane", "birth_date": "20000101"}
    first = [study("1.1", "1", date="20260101"), study("2.1", "2", date="20260101", **roe)]
    model.results.add_studies(generation, first)
    assert uids(model) == ["1.1", "2.1"]  # of unknown age
    model.results.add_studies(generation, [study("1.2", "1", date="20200101", birth_date="19610314")])
    assert [uid for uid in uids(model) if "." in uid] == ["2.1", "1.2", "1.1"]


def test_series_and_images_open_below_a_study(model: TreeModel) -> None:
    generation = filled(model)
    number = rows(model)[2].number
    model.open(number)
    model.results.add_children(generation, number, [series("1.2.1", study_uid="1.2", number=1)])
    model.results.filled(generation, number, complete=True)
    assert uids(model) == ["1.1", "2.1", "1.2", "1.2.1", "1.3"]
    assert model.index(3, 0).data(Role.DEPTH) == 1
    model.sort(Column.DATE, ASCENDING)
    assert uids(model) == ["1.3", "1.2", "1.2.1", "2.1", "1.1"]
    model.visible.lay_out(ListLayout.TREE)
    assert [row.level for row in rows(model)].count(Level.PATIENT) == 1
    assert "1.2.1" in uids(model)


def test_the_filter_looks_for_words_in_the_patient_too(model: TreeModel) -> None:
    filled(model)
    model.set_filter("doe m")
    assert uids(model) == ["1.2"]
    assert model.visible.filtered_count == 1
    model.set_filter("")
    assert model.rowCount() == 4


def test_what_is_selected_stays_so_or_what_stands_for_it_does(model: TreeModel) -> None:
    filled(model)
    old = QPersistentModelIndex(model.index(3, Column.DATE))
    model.visible.lay_out(ListLayout.TREE)
    patient = rows(model)[0]
    assert (patient.level, rows(model)[old.row()].uid) == (Level.PATIENT, "1.3")
    header = QPersistentModelIndex(model.index(0, 0))
    model.visible.lay_out(ListLayout.FLAT)
    assert (uids(model)[old.row()], old.column()) == ("1.3", Column.DATE)
    assert uids(model)[header.row()] == "1.1", "the first of its studies"
    model.close(patient.number)
    model.visible.lay_out(ListLayout.TREE)
    assert rows(model)[old.row()] is patient, "it is closed"


def test_a_closed_patient_hides_no_study(model: TreeModel) -> None:
    model.visible.lay_out(ListLayout.TREE)
    filled(model)
    model.close(rows(model)[0].number)
    assert model.rowCount() == 2
    model.visible.lay_out(ListLayout.FLAT)
    assert model.rowCount() == 4


def test_patients_that_were_searched_for_keep_their_row(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_patients(generation, [searched_for("A")])
    [patient] = rows(model)
    model.open(patient.number)
    model.results.add_below_patient(generation, patient.number, [study("1.1", "1"), study("1.2", "1")])
    model.results.filled(generation, patient.number, complete=True, error="B is gone.")
    assert [(row.level, row.depth) for row in rows(model)] == [
        (Level.PATIENT, 0), *[(Level.STUDY, 1)] * 3
    ]  # fmt: skip


def test_a_patient_that_was_searched_for_and_joined_another_is_still_one(model: TreeModel) -> None:
    """Its other studies are not known: they are asked for when it is opened, and a message may be below."""
    generation = model.results.begin()
    [first] = model.results.add_patients(generation, [searched_for("A")])
    model.results.add_below_patient(generation, first.number, [study("1.1", "1", "B")])
    [other] = model.results.add_patients(generation, [searched_for("C")])
    model.results.add_below_patient(generation, other.number, [study("1.1", "1", "C")])
    joined = model.find(other.number)
    assert joined is not None
    assert joined is not other
    assert joined.searched
    assert joined in rows(model)


def test_a_study_that_turns_out_to_be_of_another_patient_is_listed_once(model: TreeModel) -> None:
    generation = model.results.begin()
    fits_both = study("1.3", "1", name="", birth_date="")
    older = study("1.1", "1", name="Doe^John", birth_date="19300101")
    model.results.add_studies(generation, [fits_both, older])
    model.results.add_studies(generation, [study("1.2", "1", name="Doe^John", birth_date="19900101")])
    assert sorted(uids(model)) == ["1.1", "1.2", "1.3"]
    model.set_filter("doe")
    assert sorted(uids(model)) == ["1.1", "1.2"]


def test_answers_set_aside_are_flat_too_and_say_what_differs(model: TreeModel) -> None:
    criteria = Criteria(name="Doe")
    generation = model.results.begin((), criteria)
    others = [study("2.1", "2", description="US", **ROE), study("2.2", "2", description="CT", **ROE)]
    model.results.add_studies(generation, [study("1.1", "1", **DOE)])
    model.mismatches.add(generation, [found for one in others if (found := mismatch(criteria, one))])
    line = model.mismatches.line
    assert line is not None
    model.open(line.number)
    assert sorted(uids(model)[2:]) == ["2.1", "2.2"]
    index = model.index(2, 0)
    assert (index.data(Role.DEPTH), index.data()) == (1, "Roe, Jane")
    assert index.data(Role.CELL_DIFFERS)
    assert not index.data(Role.DETAIL_DIFFERS)
    assert not index.siblingAtColumn(Column.DATE).data(Role.CELL_DIFFERS)
    model.close(line.number)
    assert model.rowCount() == 2


def test_letters_typed_find_the_name_and_a_copied_line_has_it(model: TreeModel) -> None:
    filled(model)
    row = rows(model)[2]
    assert begins(row, "doe")
    assert not begins(row, "mr")
    assert list_texts.copied(row, [Column.NAME, Column.ID]) == "Doe, John, 62 F · MR\t1"
    assert list_texts.is_exported(row)
    model.visible.lay_out(ListLayout.TREE)
    assert begins(row, "mr")
    assert cell(row, Column.ID) == "", "it stands in the row of the patient"


def test_a_new_search_is_listed_in_the_same_way(model: TreeModel) -> None:
    filled(model)
    filled(model)
    assert uids(model) == ["1.1", "2.1", "1.2", "1.3"]
    model.visible.lay_out(ListLayout.TREE)
    assert [row.level for row in rows(model)].count(Level.PATIENT) == 1


def test_of_thousands_it_is_made_beside_what_is_shown(model: TreeModel) -> None:
    model.visible.lay_out(ListLayout.TREE)
    generation = model.results.begin()
    model.results.add_studies(generation, [study(f"1.{n}", str(n // 2)) for n in range(2000)])
    assert model.rowCount() == 3000
    model.visible.lay_out(ListLayout.FLAT)
    assert model.rowCount() == 3000, "the order of before stands until the other is ready"
    assert model.index(0, 0).data(Role.LEVEL) == Level.PATIENT
    while model.visible.working:
        model.visible.work(float("inf"))
    assert model.rowCount() == 2000
    assert {row.depth for row in rows(model)} == {0}
