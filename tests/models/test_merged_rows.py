"""Rows that become one, or two: what is selected and open in the view goes with them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPersistentModelIndex

from tests.models.patient_answers import push, study
from workstation.dicom.matches import PatientMatch, SeriesMatch
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel

pytestmark = pytest.mark.usefixtures("qapp")  # the model slices its work by a timer


def find(model: TreeModel, uid: str, source: str) -> Row:
    [row] = [row for row in model.results.studies(uid) if source in row.matches]
    return row


def test_what_joins_keeps_selection_openness_and_what_is_known() -> None:
    model = TreeModel()
    generation = model.results.begin()
    model.results.add_studies(generation, [study("A", "1.1"), study("A", "1.2")])
    model.results.add_studies(generation, [study("library", "1.3"), study("library", "1.4")])
    selected = QPersistentModelIndex(model.index_of(find(model, "1.3", "library")))
    patient = QPersistentModelIndex(model.index_of(find(model, "1.4", "library").top))
    opened = find(model, "1.4", "library")
    model.results.add_children(
        generation, opened.number, [SeriesMatch(source="library", study_uid="1.4", series_uid="9.1")]
    )
    model.open(opened.number)
    old = find(model, "1.3", "library").top.number
    model.results.add_studies(generation, [study("library", "1.2")])
    assert model.results.patient_count == 1
    row = model.row(selected)
    assert row is not None
    assert row is find(model, "1.3", "library")
    assert model.row(patient) is row.top is model.find(old)
    assert model.visible.is_open(find(model, "1.4", "library"))
    assert [one.uid for one in find(model, "1.4", "library").children] == ["9.1"]


def test_rows_of_a_search_by_patients_are_in_sight_once_they_have_joined() -> None:
    model = TreeModel()
    generation = model.results.begin()
    told = [
        PatientMatch(source="A", patient_id="1", name="Doe^John"),
        PatientMatch(source="library", patient_id="1", name="Doe^John"),
    ]
    one, other = model.results.add_patients(generation, told)
    model.results.add_below_patient(generation, one.number, [study("A", "1.1"), study("A", "1.2")])
    model.results.add_below_patient(generation, other.number, [study("library", "1.1")])
    assert model.find(other.number) is one
    assert model.index_of(one).isValid()


def test_an_index_stays_with_its_study_when_patients_are_divided() -> None:
    model = TreeModel()
    matches = [push("1.1", "CT"), push("1.2", "MR"), push("1.3", "CT"), push("2.1", "CT", patient_id="2")]
    generation = model.results.begin()
    for match in matches:
        model.results.add_studies(generation, [match])
    kept = QPersistentModelIndex(model.index_of(model.results.studies("1.2")[0]))
    model.results.merging.join_pushes(False)
    assert kept.internalId() == model.results.studies("1.2")[0].number
    assert kept.isValid()
