"""The line behind which answers stand that do not look like what was asked for."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from tests.matches import series, study
from tests.rows import below, child, patients, row_of, shape, unfold
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import LIBRARY, PatientMatch, StudyMatch
from workstation.dicom.mismatch import Mismatch
from workstation.dicom.mismatches import mismatch
from workstation.models.columns import Column
from workstation.models.local_copy_updates import Remains
from workstation.models.rows import Below, Fill
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role

pytestmark = pytest.mark.usefixtures("qapp")
TYPED = Criteria(name="Mueller")


@pytest.fixture
def model(qtmodeltester: ModelTester) -> TreeModel:
    """A model under Qt's own tester all the while."""
    model = TreeModel()
    qtmodeltester.check(model)
    return model


def unlike(match: StudyMatch | PatientMatch, criteria: Criteria = TYPED) -> Mismatch:
    found = mismatch(criteria, match)
    assert found is not None
    return found


def searched(model: TreeModel, *mismatches: Mismatch, criteria: Criteria = TYPED) -> int:
    """One that fits, and these that do not."""
    generation = model.results.begin(["A", "B"], criteria)
    model.results.add_studies(generation, [study("1.1", "1", name="Mueller^Hans", description="Chest")])
    model.mismatches.add(generation, mismatches)
    return generation


def line(model: TreeModel) -> QModelIndex:
    assert model.mismatches.line is not None
    return model.index_of(model.mismatches.line)


def test_one_line_stands_last_and_counts_nothing(model: TreeModel) -> None:
    searched(model, unlike(study("2.1", "2")), unlike(study("2.2", "2")), unlike(study("3.1", "3")))
    assert shape(model) == [("Mueller, Hans", ["Chest"]), "3 answers do not look like “Mueller”  ·  Show"]
    assert (model.results.study_count, model.results.patient_count, model.mismatches.main_count) == (1, 1, 1)
    assert model.mismatches.summary == "3 answers do not look like “Mueller”"


def test_opened_they_stand_apart_each_with_what_differs(model: TreeModel) -> None:
    searched(
        model, unlike(study("2.1", "2", description="Knee")), unlike(study("2.2", "2", description="Hip"))
    )
    unfold(line(model))
    assert line(model).data().endswith("·  Hide")
    [who] = below(line(model))
    assert who.data() == "Doe, John"
    assert sorted(index.data() for index in below(who)) == ["Hip", "Knee"]
    assert (who.data(Role.DEPTH), row_of(model, who).apart) == (1, True)
    for index in (who, *below(who)):
        assert "The name does not look like “Mueller”." in index.data(Qt.ItemDataRole.ToolTipRole)
        spoken = index.data(Qt.ItemDataRole.AccessibleDescriptionRole)
        assert spoken.endswith("The name does not look like “Mueller”.")
    assert (model.results.study_count, model.results.patient_count, model.mismatches.main_count) == (1, 1, 1)


def test_it_is_closed_again(model: TreeModel) -> None:
    searched(model, unlike(study("2.1", "2")))
    before = shape(model)
    unfold(line(model))
    assert len(shape(model)) == 2
    model.close(line(model).internalId())
    assert shape(model) == before
    unfold(line(model))
    assert len(below(line(model))) == 1


@pytest.mark.parametrize("column", [Column.NAME, Column.DATE, Column.IMAGES, Column.STATE])
@pytest.mark.parametrize("order", list(Qt.SortOrder))
def test_it_stays_last_however_rows_are_sorted(model: TreeModel, column: Column, order: Qt.SortOrder) -> None:
    generation = searched(
        model, unlike(study("2.1", "2", name="Aaa", date="19000101")), unlike(study("2.2", "3", name="Zzz"))
    )
    model.results.add_studies(
        generation, [study(f"4.{n}", str(n), name=f"Mueller{n}") for n in range(10, 300)]
    )
    unfold(line(model))
    model.sort(column, order)
    top = patients(model)
    assert top[-1].data() == "2 answers do not look like “Mueller”  ·  Hide"
    assert [index.data(Role.LINE) for index in top] == [False] * 291 + [True]
    assert len(below(line(model))) == 2
    model.set_filter("zzz")
    assert [index.data() for index in below(line(model))] == ["Zzz"]
    assert line(model).row() == 0


def test_rows_above_do_not_move_when_it_comes_opens_and_closes(model: TreeModel) -> None:
    generation = model.results.begin(["A"], TYPED)
    model.results.add_studies(generation, [study(f"1.{n}", str(n), name=f"Mueller{n}") for n in range(20)])
    before = [model.index(place, 0).internalId() for place in range(model.rowCount())]
    kept = QPersistentModelIndex(model.index(7, 0))

    def above() -> list[int]:
        return [model.index(place, 0).internalId() for place in range(len(before))]

    model.mismatches.add(generation, [unlike(study("2.1", "99"))])
    assert above() == before
    unfold(line(model))
    assert above() == before
    model.mismatches.add(generation, [unlike(study("2.2", "98"))])
    assert above() == before
    assert len(below(line(model))) == 2
    model.close(line(model).internalId())
    assert above() == before
    assert kept.row() == 7


def test_they_never_join_a_patient_that_fits(model: TreeModel) -> None:
    """The same Patient ID, issuer and study, told with another name: two rows, and no doubt said of one."""
    same = StudyMatch(
        source="B",
        study_uid="1.1",
        patient=PatientMatch(source="B", patient_id="1", issuer="I", name="Mueller^Hans"),
        description="Chest",
    )
    other = StudyMatch(
        source="A",
        study_uid="1.1",
        patient=PatientMatch(source="A", patient_id="1", issuer="I", name="Miller^Hans"),
        description="Chest",
    )
    generation = model.results.begin(["A", "B"], TYPED)
    model.mismatches.add(generation, [unlike(other)])
    unfold(line(model))
    model.results.add_studies(generation, [same])
    assert shape(model)[0] == ("Mueller, Hans", ["Chest"])
    [apart] = below(line(model))
    assert apart.data() == "Miller, Hans"
    assert child(apart, column=Column.SOURCE).data() == "A"
    assert patients(model)[0].siblingAtColumn(Column.SOURCE).data() == "B"
    assert not row_of(model, apart).doubtful


def test_two_patients_behind_the_line_stay_two(model: TreeModel) -> None:
    one, two = study("2.1", "7", birth_date="19500101"), study("2.2", "7", birth_date="20200101")
    searched(model, unlike(one), unlike(two))
    unfold(line(model))
    assert len(below(line(model))) == 2


def test_patients_that_were_searched_for_open_apart(model: TreeModel) -> None:
    generation = model.results.begin(["A"], TYPED)
    wanted: list[int] = []
    model.children_wanted.connect(wanted.append)
    model.mismatches.add(generation, [unlike(PatientMatch(source="A", patient_id="2", name="Doe^John"))])
    unfold(line(model))
    [who] = below(line(model))
    unfold(who)
    assert wanted == [who.internalId()]
    model.results.add_below_patient(generation, wanted[0], [study("2.1", "2", description="Knee")])
    model.results.filled(generation, wanted[0], complete=True)
    [who] = below(line(model))
    assert [index.data() for index in below(who)] == ["Knee"]
    assert (model.results.study_count, model.results.patient_count) == (0, 0)


def test_rows_apart_are_not_counted_by_queries_and_know_their_local_copy(model: TreeModel) -> None:
    generation = searched(model, unlike(study("2.1", "2")))
    unfold(line(model))
    [index] = below(below(line(model))[0])
    assert not row_of(model, index).uncounted
    model.results.add_children(generation, index.internalId(), [series("2.1.1", "2.1")])
    model.results.filled(generation, index.internalId(), complete=True)
    model.local_copies.arrived("2.1", "2.1.1", ["2.1.1.1"])
    assert row_of(model, index).held == 1


def test_asking_again_repeats_nothing(model: TreeModel) -> None:
    found = [unlike(study("2.1", "2")), unlike(study("2.1", "2", source="B"))]
    generation = searched(model, *found)
    model.mismatches.add(generation, found)
    unfold(line(model))
    model.mismatches.add(generation, found)
    assert model.mismatches.summary == "2 answers do not look like “Mueller”"
    [who] = below(line(model))
    assert [one.siblingAtColumn(Column.SOURCE).data() for one in below(who)] == ["A, B"]


def test_a_new_search_takes_them_away_and_late_ones_are_dropped(model: TreeModel) -> None:
    generation = searched(model, unlike(study("2.1", "2")))
    unfold(line(model))
    model.results.begin(["A"], TYPED)
    assert (
        model.rowCount(),
        model.mismatches.line,
        model.mismatches.summary,
        model.results.patient_count,
    ) == (0, None, "", 0)
    model.mismatches.add(generation, [unlike(study("2.2", "2"))])
    assert model.mismatches.line is None


OF_SEVERAL = "1 answer does not look like what was asked for"
WORDS = {
    "one": (Criteria(name="Mueller"), {}, "1 answer does not look like “Mueller”"),
    "an ID": (Criteria(patient_id="123"), {}, "1 answer does not look like “123”"),
    "a modality": (Criteria(modalities=("MR",)), {"modalities": ("CT",)}, OF_SEVERAL),
    "name and ID": (Criteria(name="Mueller", patient_id="123"), {}, OF_SEVERAL),
    "a name only, of both": (
        Criteria(name="Mueller", patient_id="2"), {}, "1 answer does not look like “Mueller”",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("criteria", "told", "words"), WORDS.values(), ids=WORDS.keys())
def test_what_it_says(model: TreeModel, criteria: Criteria, told: dict[str, object], words: str) -> None:
    generation = model.results.begin(["A"], criteria)
    model.mismatches.add(generation, [unlike(study("2.1", "2", **told), criteria)])
    assert model.mismatches.summary == words


def test_a_cell_that_differs_says_how(model: TreeModel) -> None:
    criteria = Criteria(patient_id="1", modalities=("MR",))
    generation = model.results.begin(["A"], criteria)
    model.mismatches.add(generation, [unlike(study("2.1", "2", modalities=("CT",)), criteria)])
    unfold(line(model))
    [who] = below(line(model))
    [index] = below(who)
    tip = Qt.ItemDataRole.ToolTipRole
    assert "The modality is none of those asked for (MR)." in index.siblingAtColumn(Column.MODALITY).data(tip)
    assert "The patient ID does not look like “1”." in who.siblingAtColumn(Column.ID).data(tip)
    assert row_of(model, who).differs.keys() == {"patient_id"}
    assert row_of(model, index).differs.keys() == {"patient_id", "modalities"}


def test_a_local_copy_that_goes_takes_its_row_along(model: TreeModel) -> None:
    generation = model.results.begin(["A"], TYPED)
    model.mismatches.add(generation, [unlike(study("2.1", "2", source=LIBRARY))])
    unfold(line(model))
    model.local_copies.removed([Remains("2.1", frozenset(), [])])
    assert model.results.study_count == 0
    assert row_of(model, line(model)).fill is Fill.FULL


# --- what turns out later ----------------------------------------------------------------------------

MR = Criteria(modalities=("MR",))


def two_studies(model: TreeModel) -> tuple[int, dict[str, int]]:
    """Two of one patient and one of another, of unknown modality; their numbers by UID."""
    generation = model.results.begin(["A"], MR)
    model.results.add_studies(
        generation, [study("1.1", "1"), study("1.2", "1"), study("2.1", "2", name="Roe^Jane")]
    )
    numbers = {
        row_of(model, index).uid: index.internalId() for who in patients(model) for index in below(who)
    }
    return generation, numbers


def test_a_study_that_turns_out_to_be_of_another_modality_is_set_aside(model: TreeModel) -> None:
    generation, numbers = two_studies(model)
    told: list[None] = []
    model.filtered.connect(lambda: told.append(None))
    model.results.counted(generation, numbers["1.1"], Below(1, 4, ("CT",), every_series=True))
    model.results.counted(generation, numbers["1.2"], Below(2, 5, ("CT", "MR"), every_series=True))
    model.results.counted(generation, numbers["2.1"], Below(1, 6, ("CR",), every_series=True))
    assert model.mismatches.summary == "2 answers do not look like what was asked for"
    assert (model.results.patient_count, model.results.study_count, len(told)) == (1, 1, 2)
    assert next(index.data() for index in patients(model)) == "Doe, John"
    unfold(line(model))
    assert sorted(index.data() for index in below(line(model))) == ["Doe, John", "Roe, Jane"]
    [index] = below(next(who for who in below(line(model)) if who.data() == "Roe, Jane"))
    assert index.siblingAtColumn(Column.MODALITY).data() == "CR"
    assert index.siblingAtColumn(Column.IMAGES).data() == "6"
    assert model.find(numbers["2.1"]) is None


@pytest.mark.parametrize(
    "below_it",
    [Below(modalities=("CT",)), Below(1, 4, ("CT",), every_series=False), Below(1, 4, (), every_series=True)],
)
def test_what_is_not_known_for_certain_moves_nothing(model: TreeModel, below_it: Below) -> None:
    generation, numbers = two_studies(model)
    model.results.counted(generation, numbers["1.1"], below_it)
    assert (model.results.study_count, model.mismatches.line) == (3, None)


def test_a_row_that_is_looked_at_stays_and_is_marked(model: TreeModel) -> None:
    generation, numbers = two_studies(model)
    model.mismatches.keep(numbers["1.1"])
    model.open(numbers["2.1"])
    model.results.add_children(generation, numbers["2.1"], [series("2.1.1", "2.1", modality="CT")])
    model.results.filled(generation, numbers["2.1"], complete=True)
    model.results.counted(generation, numbers["1.1"], Below(1, 4, ("CT",), every_series=True))
    assert (model.results.study_count, model.mismatches.line) == (3, None)
    for uid in ("1.1", "2.1"):
        row = model.find(numbers[uid])
        assert row is not None
        assert row.differs.keys() == {"modalities"}


def test_studies_of_a_patient_searched_for_stay(model: TreeModel) -> None:
    generation = model.results.begin(["A"], MR)
    model.results.add_patients(generation, [PatientMatch(source="A", patient_id="1", name="Doe^John")])
    number = patients(model)[0].internalId()
    model.open(number)
    model.results.add_below_patient(generation, number, [study("1.1", "1")])
    [index] = below(patients(model)[0])
    model.results.counted(generation, index.internalId(), Below(1, 4, ("CT",), every_series=True))
    assert model.mismatches.line is None


def test_thousands_are_shown_a_part_at_a_time(qtbot: QtBot) -> None:
    model = TreeModel()  # Qt's tester would look at every row again and again
    generation = model.results.begin(["A"], TYPED)
    model.mismatches.add(generation, [unlike(study(f"2.{n}", str(n))) for n in range(500)])
    unfold(line(model))
    assert 0 < len(below(line(model))) < 500
    qtbot.waitUntil(lambda: len(below(line(model))) == 500)
    model.close(line(model).internalId())
    assert below(line(model)) == []
    unfold(line(model))
    model.mismatches.add(generation, [unlike(study("3.1", "x"))])
    qtbot.waitUntil(lambda: len(below(line(model))) == 501)
    unfold(line(model))
    model.results.begin(["A"], TYPED)
    assert model.rowCount() == 0
