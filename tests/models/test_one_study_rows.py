"""A patient with one study is one row; several studies share a header."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from tests.matches import series, study
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch
from workstation.models.columns import Column
from workstation.models.local_copy_updates import Remains
from workstation.models.rows import Fill
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role

pytestmark = pytest.mark.usefixtures("qapp")
ABOUT = {"birth_date": "19610314", "sex": "F", "date": "20260301"}


@pytest.fixture
def model(qtmodeltester: ModelTester) -> TreeModel:
    """A model under Qt's own tester all the while."""
    model = TreeModel()
    qtmodeltester.check(model)
    return model


def levels(model: TreeModel) -> list[tuple[Level, int]]:
    found = [model.index(place, 0) for place in range(model.rowCount())]
    return [(index.data(Role.LEVEL), index.data(Role.DEPTH)) for index in found]


def test_one_study_is_one_row_with_the_patient_before_it(model: TreeModel) -> None:
    model.results.add_studies(model.results.begin(), [study("1.1", description="CT Thorax", **ABOUT)])
    assert levels(model) == [(Level.STUDY, 0)]
    index = model.index(0, 0)
    assert (index.data(), index.data(Role.DETAIL)) == ("Doe, John", "64 F · CT Thorax")
    assert index.data(Role.HEADS)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Doe, John, 64 F · CT Thorax"
    for words in ("Doe, John", "1 · 64 F", "CT Thorax", "1.1"):
        assert words in index.data(Qt.ItemDataRole.ToolTipRole)
    shown = [index.siblingAtColumn(column).data() for column in (Column.ID, Column.BORN, Column.SEX)]
    assert shown == ["1", "1961-03-14", "F"]


def test_below_it_series_are_one_level_down_and_images_two(model: TreeModel) -> None:
    generation = model.results.begin()
    [row] = model.results.add_studies(generation, [study("1.1")])
    model.open(row.number)
    model.results.add_children(generation, row.number, [series("1.1.1", number=1)])
    model.results.filled(generation, row.number, complete=True, error="B is gone.")
    assert levels(model) == [(Level.STUDY, 0), (Level.SERIES, 1), (Level.SERIES, 1)]


def test_a_second_study_brings_the_header_and_moves_no_selection(model: TreeModel) -> None:
    generation = model.results.begin()
    [row] = model.results.add_studies(generation, [study("1.1", description="old", **ABOUT)])
    held = QPersistentModelIndex(model.index(0, 0))
    model.results.add_studies(generation, [study("1.2", description="new", **(ABOUT | {"date": "20260401"}))])
    assert levels(model) == [(Level.PATIENT, 0), (Level.STUDY, 1), (Level.STUDY, 1)]
    assert (QModelIndex(held).row(), held.internalId()) == (2, row.number)
    assert (held.data(), held.data(Role.DETAIL), held.data(Role.HEADS)) == ("old", "", False)
    header = model.index(0, 0)
    assert (header.data(), header.data(Role.DETAIL)) == ("Doe, John", "65 F · 2 studies")
    repeated = (Column.DATE, Column.MODALITY, Column.IMAGES, Column.SOURCE)
    assert [header.siblingAtColumn(column).data() for column in repeated] == [""] * 4


def test_when_one_of_two_goes_the_header_goes_and_who_held_it_holds_the_study(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", source="library"), study("1.2", source="library")])
    header = QPersistentModelIndex(model.index(0, 0))
    model.local_copies.removed([Remains("1.1", frozenset(), [])])
    assert levels(model) == [(Level.STUDY, 0)]
    assert header.isValid()
    assert QModelIndex(header) == model.index(0, 0)


def test_a_filter_does_not_take_the_header_of_two_studies(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", description="Head"), study("1.2", description="Hip")])
    model.set_filter("hip")
    assert levels(model) == [(Level.PATIENT, 0), (Level.STUDY, 1)]
    model.set_filter("doe head")
    assert model.rowCount() == 2


def test_it_changes_with_its_patient_and_shows_its_doubt(model: TreeModel) -> None:
    generation = model.results.begin()
    [row] = model.results.add_studies(generation, [study("1.1", birth_date="19700101")])
    changed: list[int] = []
    model.dataChanged.connect(lambda first, last: changed.append(first.internalId()))
    assert row.parent is not None
    model.results.changes.changed(row.parent)
    assert changed == [row.number]
    model.results.add_studies(generation, [study("1.2", name="Roe^Jane", birth_date="19700101")])
    assert [model.index(place, 0).data(Role.DOUBTFUL) for place in (0, 1)] == [True, True]


def test_a_patient_that_was_searched_for_keeps_its_row(model: TreeModel) -> None:
    generation = model.results.begin()
    match = PatientMatch(source="A", patient_id="1", name="Doe^John", studies=1)
    [row] = model.results.add_patients(generation, [match])
    model.open(row.number)
    model.results.add_below_patient(generation, row.number, [study("1.1")])
    model.results.filled(generation, row.number, complete=True)
    assert row.fill is Fill.FULL
    assert levels(model) == [(Level.PATIENT, 0), (Level.STUDY, 1)]
    assert model.index(0, 0).data(Role.DETAIL) == "1 study"


def test_a_name_from_right_to_left_does_not_turn_what_stands_beside_it(model: TreeModel) -> None:
    arabic = "أشعة الصدر"
    model.results.add_studies(model.results.begin(), [study("1.1", description=arabic, **ABOUT)])
    assert model.index(0, 0).data(Role.DETAIL) == f"64 F · \u2068{arabic}\u2069"
