from __future__ import annotations

import gc
import weakref
from itertools import count

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from tests.matches import series, study
from tests.rows import above, below, child, first_study, patient, patients, row_of, shape, unfold
from workstation.dicom.completeness import Completeness, Extent
from workstation.dicom.matches import ImageMatch, PatientMatch, StudyMatch
from workstation.models.columns import Column
from workstation.models.rows import Fill, Local
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role
from workstation.operations.local_copy import LocalCopy

pytestmark = pytest.mark.usefixtures("qapp")  # the model works on in the event loop
NEXT = count(1)


@pytest.fixture
def model(qtmodeltester: ModelTester) -> TreeModel:
    """A model under Qt's own tester all the while."""
    model = TreeModel()
    qtmodeltester.check(model)
    return model


def test_studies_stand_under_their_patients_newest_first(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(
        generation,
        [
            study("1.1", "1", date="20200101", description="old"),
            study("1.2", "2", name="Roe^Jane", date="20240101", description="other"),
            study("1.3", "1", date="20260101", description="new"),
        ],
    )
    assert shape(model) == [("Doe, John", ["new", "old"]), ("Roe, Jane", ["other"])]


def test_batches_and_sources_join_by_study_uid(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", instances=10)])
    model.results.add_studies(
        generation, [study("1.1", source="library", instances=4), study("1.1", instances=10)]
    )
    assert len(patients(model)) == 1
    patient = patients(model)[0]
    assert len(below(patient)) == 1
    assert child(patient, 0, Column.SOURCE).data() == "A, Library"
    assert child(patient).data(Role.LOCAL) == Local.PARTLY


def test_a_second_study_of_a_joined_patient_stays_with_it(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", source="library")])
    model.results.add_studies(generation, [study("1.1"), study("1.2")])
    assert len(patients(model)) == 1
    assert len(below(patient(model))) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"birth_date": "19900101"},
        {"name": "Roe^Jane"},
        {"source": "B"},
        {"issuer": "HOSPITAL"},
    ],
)
def test_patients_are_not_mixed(model: TreeModel, other: dict[str, object]) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", birth_date="19700101")])
    model.results.add_studies(generation, [study("1.2", **({"birth_date": "19700101"} | other))])  # type: ignore[arg-type]
    assert len(patients(model)) == 2
    doubtful = "birth_date" in other or "name" in other
    assert [patient(model, place).data(Role.DOUBTFUL) for place in (0, 1)] == [doubtful, doubtful]


def test_patients_of_two_sources_join_by_their_issuer(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", issuer="H"), study("1.2", source="B", issuer="H")])
    assert len(patients(model)) == 1


def test_studies_without_patient_id_stay_apart(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", ""), study("1.2", "")])
    assert len(patients(model)) == 2


def test_the_same_study_uid_of_another_person_stays_apart(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1"), study("1.1", "9", source="B", name="Roe^Jane")])
    assert len(patients(model)) == 2


def test_opening_a_study_announces_the_wish_once() -> None:
    model = TreeModel()  # without the tester, which opens whatever appears
    wishes: list[int] = []
    model.children_wanted.connect(wishes.append)
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1")])
    index = first_study(model)
    assert index.data(Role.OPEN) is False
    unfold(index)
    unfold(index)
    number = row_of(model, index).number
    assert wishes == [number]
    model.results.add_children(generation, number, [series("1.1.2", number=2), series("1.1.1", number=1)])
    model.results.add_children(generation, number, [series("1.1.1", source="library", number=1)])
    model.results.filled(generation, number, complete=True)
    assert [name.split()[0] for name in shape(model)[0][1][0][1]] == ["1", "2"]  # type: ignore[index]
    assert row_of(model, index).fill is Fill.FULL


def test_a_study_nobody_could_open_can_be_asked_again(model: TreeModel) -> None:
    wishes: list[int] = []
    model.children_wanted.connect(wishes.append)
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1")])
    index = first_study(model)
    unfold(index)
    number = row_of(model, index).number
    model.results.filled(generation, number, complete=False)
    assert index.data(Role.FILL) == Fill.FAILED
    model.ask_again(number)
    assert wishes == [number, number]


def test_an_empty_study_has_no_arrow(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1")])
    index = first_study(model)
    unfold(index)
    model.results.filled(generation, row_of(model, index).number, complete=True)
    assert index.data(Role.OPEN) is None


def test_late_answers_of_an_old_search_are_dropped(model: TreeModel) -> None:
    old = model.results.begin()
    model.results.add_studies(old, [study("1.1")])
    number = row_of(model, first_study(model)).number
    new = model.results.begin()
    assert len(patients(model)) == 0
    model.results.add_studies(old, [study("1.2")])
    model.results.add_children(old, number, [series("1.1.1")])
    model.results.filled(old, number, complete=True)
    assert len(patients(model)) == 0
    model.results.add_studies(new, [study("1.3")])
    assert len(patients(model)) == 1
    assert model.find(number) is None


def test_sorting_keeps_what_is_selected(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(
        generation,
        [study(f"1.{n}", str(n), name=f"{chr(64 + n)}^x", date=f"2020010{n}") for n in range(1, 6)],
    )
    held = [QPersistentModelIndex(patient(model, place, Column.DATE)) for place in range(5)]
    inner = QPersistentModelIndex(first_study(model))
    numbers = [index.internalId() for index in held]
    name = above(inner).data()
    model.sort(Column.NAME, Qt.SortOrder.AscendingOrder)
    assert [str(one[0]) for one in shape(model)] == ["A, x", "B, x", "C, x", "D, x", "E, x"]  # type: ignore[index]
    assert [index.internalId() for index in held] == numbers
    assert [QModelIndex(index).row() for index in held] == [4, 3, 2, 1, 0]
    assert above(inner).data() == name
    model.sort(Column.IMAGES, Qt.SortOrder.DescendingOrder)
    model.sort(Column.SERIES, Qt.SortOrder.AscendingOrder)


def test_an_unknown_count_shows_a_dash_and_hides_no_row(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", instances=None), study("1.2", instances=0)])
    shown = {child(patient(model), place, Column.IMAGES).data() for place in (0, 1)}
    assert shown == {"—", "0"}


def test_arriving_instances_move_the_local_state(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", instances=2)])
    index = first_study(model)
    number = row_of(model, index).number
    unfold(index)
    model.results.add_children(generation, number, [series("1.1.1", instances=2)])
    model.results.filled(generation, number, complete=True)
    assert index.data(Role.LOCAL) == Local.NONE
    model.local_copies.arrived("1.1", "1.1.1", ["1.1.1.1"])
    model.local_copies.arrived("1.1", "1.1.1", ["1.1.1.1"])
    assert index.data(Role.LOCAL) == Local.PARTLY
    model.local_copies.arrived("1.1", "1.1.1", ["1.1.1.2"])
    assert index.data(Role.LOCAL) == Local.HERE
    assert child(index).data(Role.LOCAL) == Local.HERE
    assert patient(model).data(Role.LOCAL) == Local.HERE
    model.local_copies.arrived("9.9", "9.9.9", ["9"])


def test_what_we_hold_does_not_tell_what_there_is(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1"), study("1.1", source="library", instances=5)])
    index = first_study(model)
    assert index.data(Role.LOCAL) == Local.PARTLY
    assert index.siblingAtColumn(Column.IMAGES).data() == "5 / —"
    received = Completeness(Extent.RECEIVED, 5)
    here = frozenset("12345")
    model.local_copies.judged(LocalCopy("1.1", received, {"1.1.1": received}, here, (), frozenset()))
    assert index.data(Role.LOCAL) == Local.PARTLY  # A was not asked yet
    model.local_copies.judged(LocalCopy("1.1", received, {"1.1.1": received}, here, (), frozenset("A")))
    assert index.data(Role.LOCAL) == Local.HERE
    cell = index.siblingAtColumn(Column.STATE)
    assert "No archive told how many" in cell.data(Qt.ItemDataRole.ToolTipRole)
    more = Completeness(Extent.RECEIVED, 5, expected=2)
    model.local_copies.judged(LocalCopy("1.1", more, {"1.1.1": more}, here, (), frozenset("A")))
    assert cell.data() == "5 received"
    assert "More images are here than any archive counts" in cell.data(Qt.ItemDataRole.ToolTipRole)


def test_a_study_only_the_library_knows_is_here(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", source="library", instances=5)])
    assert first_study(model).data(Role.LOCAL) == Local.HERE


def test_images_below_series(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1")])
    index = first_study(model)
    model.results.add_children(generation, row_of(model, index).number, [series("1.1.1")])
    unfold(index)
    one = child(index)
    images = [
        ImageMatch(source="A", study_uid="1.1", series_uid="1.1.1", sop_uid=f"1.1.1.{n}", number=n, frames=n)
        for n in (3, 1, 2)
    ]
    model.results.add_children(generation, row_of(model, one).number, images)
    unfold(one)
    names = [child(one, place).data() for place in range(3)]
    assert names == ["Image 1", "Image 2  (2 frames)", "Image 3  (3 frames)"]
    assert child(one).data(Role.OPEN) is None


def test_a_peer_cannot_bring_markup_or_line_feeds(model: TreeModel) -> None:
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", name="<img src=x>\n^b", description="<b>x</b>\r\ny")])
    assert shape(model) == [("<img src=x>, b", ["<b>x</b>  y"])]


def test_a_tool_tip_shows_a_name_as_it_is(model: TreeModel) -> None:
    generation = model.results.begin()
    patient = PatientMatch(source="A", patient_id="1", name="<img src=x>")
    model.results.add_studies(generation, [StudyMatch(source="A", study_uid="1.1", patient=patient)])
    tip = model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;img src=x&gt;" in tip
    assert "<img" not in tip


def test_sources_stand_in_the_order_of_the_question_not_of_the_answers(model: TreeModel) -> None:
    generation = model.results.begin(["near", "far"])
    model.results.add_studies(generation, [study("1.1", source="far", description="of far", issuer="H")])
    model.results.add_studies(generation, [study("1.1", source="near", description="of near", issuer="H")])
    model.results.add_studies(generation, [study("1.1", source="elsewhere", description="else", issuer="H")])
    found = first_study(model)
    assert row_of(model, found).sources == ("near", "far", "elsewhere")
    assert found.data(Role.DETAIL) == "of near"
    assert above(found).siblingAtColumn(Column.SOURCE).data() == "near, far, elsewhere"


def test_a_model_ends_with_its_last_reference_and_needs_no_garbage_collection() -> None:
    """A QObject that garbage collection ends may be ended in another thread."""
    gc.collect()
    gc.disable()
    try:
        model = TreeModel()
        model.results.add_studies(model.results.begin(), [study("1.1")])
        gone = weakref.ref(model)
        del model
        assert gone() is None
    finally:
        gc.enable()
