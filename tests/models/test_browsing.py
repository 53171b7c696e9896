"""What a person does with rows that are there: filter, sort, read names anew; counts and local copies."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from tests.matches import series, study
from tests.rows import above, below, child, first_study, patient, patients, row_of, shape, unfold
from workstation.dicom.completeness import SeriesListing, StudyListing, completeness
from workstation.dicom.matches import ImageMatch, PatientMatch, StudyMatch
from workstation.models.columns import Column, cell
from workstation.models.local_copy_updates import Remains
from workstation.models.rows import Below, Local
from workstation.models.tool_tips import tip
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role
from workstation.operations.local_copy import LocalCopy

pytestmark = pytest.mark.usefixtures("qapp")  # the model works on in the event loop


@pytest.fixture
def model(qtmodeltester: ModelTester) -> TreeModel:
    """A model under Qt's own tester all the while."""
    model = TreeModel()
    qtmodeltester.check(model)
    return model


def fill(model: TreeModel) -> int:
    generation = model.results.begin()
    model.results.add_studies(
        generation,
        [
            study("1.1", "1", description="Thorax", date="20260101", accession="A9"),
            study("1.2", "1", description="Head", date="20250101", accession="A2"),
            study("1.3", "2", name="Roe^Jane", description="Thorax low", date="20240101", accession="A5"),
        ],
    )
    return generation


def test_the_filter_keeps_rows_that_hold_every_word(model: TreeModel) -> None:
    fill(model)
    model.set_filter("thorax")
    assert shape(model) == [("Doe, John", ["Thorax"]), ("Roe, Jane", ["Thorax low"])]
    model.set_filter("THORAX  roe")
    assert shape(model) == [("Roe, Jane", ["Thorax low"])]
    assert model.results.study_count == 3
    assert model.results.patient_count == 2
    model.set_filter("nobody")
    assert shape(model) == []
    model.set_filter("")
    assert shape(model) == [("Doe, John", ["Thorax", "Head"]), ("Roe, Jane", ["Thorax low"])]


def test_rows_that_arrive_are_filtered_too(model: TreeModel) -> None:
    generation = fill(model)
    model.set_filter("head")
    model.results.add_studies(
        generation, [study("1.4", "3", name="Poe^Ed", description="Head"), study("1.5", "3", name="Poe^Ed")]
    )
    assert shape(model) == [("Doe, John", ["Head"]), ("Poe, Ed", ["Head"])]
    model.set_filter("")
    assert len(patients(model)) == 3


def test_rows_out_of_sight_go_on_learning(model: TreeModel) -> None:
    generation = fill(model)
    index = first_study(model)
    number = row_of(model, index).number
    unfold(index)
    held = QPersistentModelIndex(index)
    model.set_filter("roe")
    assert not held.isValid()
    model.results.add_children(generation, number, [series("1.1.1", instances=2)])
    model.results.filled(generation, number, complete=True)
    model.local_copies.arrived("1.1", "1.1.1", ["9.1", "9.2"])
    model.results.add_children(
        generation, number, [series("1.1.1", source="B"), series("1.1.2", instances=5)]
    )
    model.set_filter("")
    index = first_study(model)
    assert len(below(index)) == 2
    assert index.data(Role.LOCAL) == Local.PARTLY


def test_the_filter_keeps_the_selection_in_sight(model: TreeModel) -> None:
    fill(model)
    roe = QPersistentModelIndex(patient(model, 1))
    model.set_filter("roe")
    assert roe.isValid()
    assert roe.row() == 0


@pytest.mark.parametrize("column", list(Column))
@pytest.mark.parametrize("order", [Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder])
def test_every_header_sorts(model: TreeModel, column: Column, order: Qt.SortOrder) -> None:
    generation = fill(model)
    model.results.add_studies(generation, [study("1.6", "", name="", date="", modalities=("CT",), series=1)])
    model.sort(column, order)
    assert len(patients(model)) == 3
    assert sum(len(below(patient(model, place))) for place in range(3)) == 4


def test_patients_stand_where_their_first_study_does(model: TreeModel) -> None:
    fill(model)
    model.sort(Column.ACCESSION, Qt.SortOrder.AscendingOrder)
    assert shape(model) == [("Doe, John", ["Head", "Thorax"]), ("Roe, Jane", ["Thorax low"])]
    model.sort(Column.ACCESSION, Qt.SortOrder.DescendingOrder)
    assert shape(model) == [("Doe, John", ["Thorax", "Head"]), ("Roe, Jane", ["Thorax low"])]
    model.sort(Column.NAME, Qt.SortOrder.DescendingOrder)
    assert shape(model)[0] == ("Roe, Jane", ["Thorax low"])


@pytest.mark.parametrize("order", [Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder])
def test_patients_searched_for_stand_by_name_and_stay_when_they_are_opened(
    model: TreeModel, order: Qt.SortOrder
) -> None:
    model.sort(Column.DATE, order)
    generation = model.results.begin()
    names = ["Clark^C", "adams^A", "Baker^B", "Adams^A"]
    model.results.add_patients(
        generation, [PatientMatch(source="A", patient_id=str(n), name=name) for n, name in enumerate(names)]
    )
    wanted = ["adams, A", "Adams, A", "Baker, B", "Clark, C"]
    assert [one.data() for one in patients(model)] == wanted
    number = patient(model, 2).internalId()
    model.open(number)
    model.results.add_below_patient(generation, number, [study("1.1", "2", name="Baker^B")])
    model.results.filled(generation, number, complete=True)
    assert [one.data() for one in patients(model)] == wanted
    assert len(below(patient(model, 2))) == 1


def test_a_changed_fact_sorts_anew(model: TreeModel) -> None:
    generation = fill(model)
    model.sort(Column.IMAGES, Qt.SortOrder.DescendingOrder)
    model.results.add_studies(
        generation, [study("1.3", "2", name="Roe^Jane", description="Thorax low", instances=7)]
    )
    assert shape(model)[0] == ("Roe, Jane", ["Thorax low"])


def test_names_are_read_anew_from_their_bytes(model: TreeModel) -> None:
    raw = "Ελλη^Άννα".encode("iso8859_7")
    wrong = PatientMatch(source="A", patient_id="1", name=raw.decode("latin_1"), raw_name=raw)
    generation = model.results.begin()
    model.results.add_studies(
        generation, [StudyMatch(source="A", study_uid="1.1", patient=wrong), study("1.2", "2", source="B")]
    )
    model.results.show_names("A", "ISO_IR 126")
    names = {one.data() for one in patients(model)}
    assert names == {"Ελλη, Άννα", "Doe, John"}
    assert model.results.charset_of("A") == "ISO_IR 126"
    later = PatientMatch(source="A", patient_id="3", name="?", raw_name=raw)
    model.results.add_studies(generation, [StudyMatch(source="A", study_uid="1.3", patient=later)])
    assert {one.data() for one in patients(model)} == names
    model.results.show_names("A", "")
    assert raw.decode("latin_1").replace("^", ", ") in {one.data() for one in patients(model)}
    assert set(model.results.answering) == {"A", "B"}


def test_a_message_stands_where_rows_are_missing() -> None:
    model = TreeModel()  # without the tester, which opens whatever appears
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1")])
    index = first_study(model)
    number = row_of(model, index).number
    wishes: list[int] = []
    model.children_wanted.connect(wishes.append)
    unfold(index)
    model.results.add_children(generation, number, [series("1.1.2", number=2)])
    model.results.filled(generation, number, complete=True, error="B is <b>gone</b>.")
    model.results.add_children(generation, number, [series("1.1.1", number=1)])
    assert shape(model)[0][1][0][1] == ["1  (no description)", "2  (no description)", "B is <b>gone</b>."]  # type: ignore[index]
    message = child(index, 2)
    assert message.data(Role.MESSAGE)
    assert message.data(Role.OPEN) is None
    assert [child(index, 2, column).data() for column in list(Column)[1:]] == [""] * (len(Column) - 1)
    model.ask_again(number)
    assert wishes == [number, number]
    assert len(below(index)) == 2


def test_counts_from_below_fill_what_nobody_told(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1"), study("1.2", "2", name="Roe", source="library")])
    row = row_of(model, first_study(model))
    assert row.uncounted
    model.results.counted(generation, row.number, Below(3, 120))
    assert not row.uncounted
    index = model.index_of(row)
    assert [index.siblingAtColumn(column).data() for column in (Column.SERIES, Column.IMAGES)] == ["3", "120"]
    assert above(index).siblingAtColumn(Column.IMAGES).data() == "120"
    assert not any(row_of(model, child(patient(model, 1))).uncounted for _ in "x")
    model.results.counted(generation - 1, row.number, Below(9, 9))
    assert row.instances == 120


def copy_of(uids: list[str], listed: int) -> LocalCopy:
    """The local copy of study 1.1 with one series: these of so many instances."""
    here = {"1.1.1": frozenset(uids)}
    names = frozenset([*uids, *(f"1.1.1.{n}" for n in range(100, 100 + listed - len(uids)))])
    told = [StudyListing("A", {"1.1.1": SeriesListing(names)}, every_series=True)]
    indexed = (series("1.1.1", source="library", instances=len(uids)),) if uids else ()
    found = completeness(told, here)
    return LocalCopy("1.1", found, {"1.1.1": found}, frozenset(uids), indexed, frozenset("A"))


def test_doubtful_files_are_named_in_the_state_of_study_and_series(model: TreeModel) -> None:
    """However the study came into the list: the library need not have answered."""
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", instances=2)])
    row = row_of(model, first_study(model))
    model.results.add_children(generation, row.number, [series("1.1.1", instances=2)])
    found = copy_of(["9.8", "9.9"], listed=2)
    for doubtful, words in ((0, "Complete"), (1, "1 doubtful, Complete"), (2, "2 doubtful, Complete")):
        state = replace(found.whole, doubtful=doubtful)
        model.local_copies.judged(replace(found, whole=state, series={"1.1.1": state}))
        for one in (row, row.children[0]):
            assert cell(one, Column.STATE) == words
            assert ("as it came" in tip(one, Column.STATE)) is (doubtful == 1)
            assert ("as they came" in tip(one, Column.STATE)) is (doubtful == 2)
    model.local_copies.removed([Remains("1.1", frozenset(), [])])
    assert cell(row, Column.STATE) == ""


def test_doubtful_files_of_a_study_the_library_tells_of(model: TreeModel) -> None:
    model.results.add_studies(
        model.results.begin(), [replace(study("1.1", source="library", instances=2), doubtful=2)]
    )
    assert cell(row_of(model, first_study(model)), Column.STATE) == "2 doubtful, 2 received"


def test_deleting_the_local_copy_leaves_what_archives_have(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(
        generation, [study("1.1", instances=2), study("1.1", source="library", instances=2)]
    )
    index = first_study(model)
    row = row_of(model, index)
    model.results.add_children(generation, row.number, [series("1.1.1", instances=2)])
    model.results.add_children(generation, row.number, [series("1.1.1", source="library", instances=2)])
    below = row.children[0]
    model.results.add_children(
        generation,
        below.number,
        [
            ImageMatch(source=source, study_uid="1.1", series_uid="1.1.1", sop_uid="1.1.1.1")
            for source in ("A", "library")
        ],
    )
    model.local_copies.judged(copy_of(["9.8", "9.9"], listed=2))
    assert row.local is Local.HERE
    model.local_copies.removed([Remains("1.1", frozenset({"9.9"}), [])])
    assert row.local is Local.PARTLY
    model.local_copies.removed([Remains("1.1", frozenset(), [])])
    assert [one.local for one in (row, below, below.children[0])] == [Local.NONE] * 3
    assert row.sources == ("A",)
    model.local_copies.judged(copy_of(["1.1.1.1"], listed=2))  # it was put back
    assert [one.local for one in (row, below, below.children[0])] == [Local.PARTLY, Local.PARTLY, Local.HERE]


def test_deleting_what_only_the_library_had_takes_the_rows_away(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(
        generation, [study("1.1", source="library", instances=1), study("1.2", source="library")]
    )
    row = row_of(model, first_study(model))
    model.results.add_children(generation, row.number, [series("1.1.1", row.uid, source="library")])
    model.local_copies.removed([Remains(row.uid, frozenset(), [])])
    assert len(below(patient(model))) == 1
    assert model.results.study_count == 1
    assert model.find(row.number) is None


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ({"patient_id": ""}, {"patient_id": ""}, True),
        ({"source": "A"}, {"source": "B"}, True),
        ({"issuer": "H", "source": "A"}, {"issuer": "H", "source": "B"}, False),
        ({"name": "Doe^John"}, {"name": "Doe^J"}, False),
        ({"name": "Doe^John"}, {"name": "Roe^John"}, True),
        ({"name": "Doe^John"}, {"name": ""}, False),
        ({"birth_date": "19700101"}, {"birth_date": "19710101"}, True),
    ],
)
def test_patients_searched_for_are_not_mixed(
    model: TreeModel, one: dict[str, str], other: dict[str, str], apart: bool
) -> None:
    def patient(facts: dict[str, str]) -> PatientMatch:
        return PatientMatch(**({"source": "A", "patient_id": "1", "name": "Doe^John"} | facts))  # type: ignore[arg-type]

    generation = model.results.begin()
    model.results.add_patients(generation, [patient(one), patient(other)])
    assert len(patients(model)) == (2 if apart else 1)
    doubtful = apart and one.get("patient_id") is None and "source" not in one
    assert [index.data(Role.DOUBTFUL) for index in patients(model)] == [doubtful] * (2 if apart else 1)


def test_studies_of_another_patient_are_not_put_below_one(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_patients(generation, [PatientMatch(source="A", patient_id="1", name="Doe^John")])
    patient = patients(model)[0]
    number = row_of(model, patient).number
    model.results.add_below_patient(
        generation, number, [study("1.1"), study("1.2", "12"), study("1.3", name="Roe^Jane"), study("1.1")]
    )
    assert len(below(patient)) == 1
    assert QModelIndex(child(patient)).isValid()
