"""Studies in groups: each in one, below a header that counts them, whatever comes, goes and is filtered."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import QPersistentModelIndex
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from tests.matches import study
from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY, PatientMatch, StudyMatch
from workstation.dicom.mismatches import mismatch
from workstation.models import list_texts
from workstation.models.arrangement import Sort
from workstation.models.columns import Column
from workstation.models.row_filter import begins
from workstation.models.rows import Below, Row
from workstation.models.study_groups import GroupRow, group_title
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role
from workstation.settings.list_layout import ListLayout

pytestmark = pytest.mark.usefixtures("qapp")
DEADLINE = 40_000
ROE = {"name": "Roe^Jane", "birth_date": "19800102"}


@pytest.fixture
def model(qtmodeltester: ModelTester) -> TreeModel:
    """A list in groups under Qt's own tester all the while."""
    model = TreeModel()
    qtmodeltester.check(model)
    return model


def answers() -> list[StudyMatch]:
    return [
        study("1.1", "1", date="20260101", modalities=("CT", "SR"), description="Thorax"),
        study("1.2", "1", date="20240101", modalities=("MR",), description="Head"),
        study("1.3", "1", date="", modalities=(), description="Knee"),
        study("2.1", "2", date="20240101", modalities=("SR", "CT"), description="Hip", **ROE),
    ]


def filled(model: TreeModel, layout: ListLayout) -> int:
    generation = model.results.begin(["A", "B"])
    model.visible.lay_out(layout)
    model.results.add_studies(generation, answers())
    return generation


def rows(model: TreeModel) -> list[Row]:
    return list(model.visible.between(0, model.rowCount() - 1)) if model.rowCount() else []


def listed(model: TreeModel) -> list[str]:
    """UIDs of the rows in sight; of headers what they are of, and how many studies they count."""
    return [
        f"{' '.join(row.key) or '?'}: {row.count}" if isinstance(row, GroupRow) else row.uid
        for row in rows(model)
    ]


def header(model: TreeModel, *key: str) -> GroupRow:
    [found] = [row for row in model.visible.groups if row.key == key]
    return found


def test_by_day_the_newest_is_first_and_what_is_not_told_last(model: TreeModel) -> None:
    filled(model, ListLayout.DAY)
    by_day = ["20260101: 1", "1.1", "20240101: 2", "1.2", "2.1", "?: 1", "1.3"]
    assert listed(model) == by_day
    model.visible.sort(Sort(Column.NAME, descending=True))
    assert listed(model) == ["20260101: 1", "1.1", "20240101: 2", "2.1", "1.2", "?: 1", "1.3"]
    model.visible.sort(Sort(Column.NAME, descending=False), Sort(Column.DATE, descending=False))
    assert listed(model) == ["20240101: 2", "1.2", "2.1", "20260101: 1", "1.1", "?: 1", "1.3"]


def test_by_modality_a_study_is_in_the_group_of_all_of_its_modalities(model: TreeModel) -> None:
    filled(model, ListLayout.MODALITY)
    assert listed(model) == ["CT SR: 2", "1.1", "2.1", "MR: 1", "1.2", "?: 1", "1.3"]
    model.visible.sort(Sort(Column.MODALITY, descending=True))
    assert listed(model) == ["MR: 1", "1.2", "CT SR: 2", "2.1", "1.1", "?: 1", "1.3"]


def test_by_source_a_study_is_in_the_group_of_all_that_told_of_it(model: TreeModel) -> None:
    generation = filled(model, ListLayout.SOURCE)
    assert listed(model) == ["A: 4", "1.1", "1.2", "2.1", "1.3"]
    more = [study("1.2", "1", source="B", date="20240101"), study("2.1", "2", source=LIBRARY, **ROE)]
    model.results.add_studies(generation, more)
    assert listed(model) == ["A: 2", "1.1", "1.3", "A B: 1", "1.2", f"A {LIBRARY}: 1", "2.1"]
    titles = [row.title for row in model.visible.groups]
    assert sorted(titles) == ["A", "A, B", "A, Library"]


def test_a_header_says_what_it_is_of_and_how_many_studies_there_are(model: TreeModel) -> None:
    filled(model, ListLayout.MODALITY)
    index = model.index(0, 0)
    assert "CT, SR" in index.data()
    assert "2 studies" in index.data()
    assert index.siblingAtColumn(Column.DATE).data() == ""
    assert [index.data(role) for role in (Role.GROUP, Role.OPEN, Role.DEPTH)] == [True, True, 0]
    assert model.index(1, 0).data(Role.DEPTH) == 1
    assert "1 study" in model.index(3, 0).data()
    assert header(model).title == "No modality told"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("20261201", "Today, 1 Dec 2026"),
        ("20261130", "Yesterday, 30 Nov 2026"),
        ("20261124", "Tuesday, 24 Nov 2026"),
        ("20261202", "Wednesday, 2 Dec 2026"),
    ],
)
def test_days_are_in_words(day: str, words: str) -> None:
    assert group_title(ListLayout.DAY, (day,), date(2026, 12, 1)) == words


def test_a_group_closes_and_opens_and_counts_what_comes_meanwhile(model: TreeModel) -> None:
    generation = filled(model, ListLayout.DAY)
    group = header(model, "20240101")
    model.close(group.number)
    assert listed(model) == ["20260101: 1", "1.1", "20240101: 2", "?: 1", "1.3"]
    model.results.add_studies(generation, [study("3.1", "3", date="20240101", name="Poe^Ann")])
    assert listed(model) == ["20260101: 1", "1.1", "20240101: 3", "?: 1", "1.3"]
    assert model.touched is not None
    assert group.number in model.touched, "its count is painted anew"
    model.open(group.number)
    assert listed(model) == ["20260101: 1", "1.1", "20240101: 3", "1.2", "2.1", "3.1", "?: 1", "1.3"]


def test_a_filter_counts_what_it_lets_through_and_opens_groups(model: TreeModel) -> None:
    filled(model, ListLayout.DAY)
    model.close(header(model, "20240101").number)
    model.set_filter("h")
    model.set_filter("-mod:mr")
    assert listed(model) == ["20260101: 1", "1.1", "20240101: 1", "2.1", "?: 1", "1.3"]
    assert model.visible.filtered_count == 3
    model.set_filter("nobody")
    assert listed(model) == []
    assert model.visible.groups == []


def test_a_study_changes_its_group_once_its_modality_is_known(model: TreeModel) -> None:
    generation = filled(model, ListLayout.MODALITY)
    [row] = model.results.studies("1.3")
    group = header(model)
    model.results.counted(generation, row.number, Below(1, 5, ("MR",), every_series=True))
    assert listed(model) == ["CT SR: 2", "1.1", "2.1", "MR: 2", "1.2", "1.3"]
    assert not model.index_of(group).isValid()


def test_patients_that_were_searched_for_and_what_stands_apart_are_in_no_group(model: TreeModel) -> None:
    generation = model.results.begin(["A"], Criteria(name="Roe"))
    model.visible.lay_out(ListLayout.DAY)
    model.results.add_patients(generation, [PatientMatch(source="A", patient_id="9", name="Roe^Ann")])
    model.results.add_studies(generation, [study("2.1", "2", date="20240101", **ROE)])
    wrong = study("7.1", "7", date="20240101", name="Other^One")
    differs = mismatch(Criteria(name="Roe"), wrong)
    assert differs is not None
    model.mismatches.add(generation, [differs])
    line = model.mismatches.line
    assert line is not None
    assert [row.uid for row in rows(model)[1:]] == ["2.1", "9", ""]
    model.open(line.number)
    assert [row.level for row in rows(model)] == [
        Level.PATIENT,
        Level.STUDY,
        *[Level.PATIENT] * 2,
        Level.STUDY,
    ]
    assert header(model, "20240101").count == 1, "what stands apart is not counted"
    assert [model.index(place, 0).data(Role.DEPTH) for place in range(5)] == [0, 1, 0, 0, 1]


def test_a_header_is_exported_and_copied_nowhere(model: TreeModel) -> None:
    filled(model, ListLayout.DAY)
    assert [row.uid for row in rows(model) if list_texts.is_exported(row)] == ["1.1", "1.2", "2.1", "1.3"]
    assert list_texts.uids(header(model, "20240101")) == []


def test_what_is_typed_finds_the_patients_of_open_groups(model: TreeModel) -> None:
    filled(model, ListLayout.DAY)
    assert [row.uid for row in rows(model) if begins(row, "roe")] == ["2.1"]


def test_groups_of_many_studies_close_and_open_in_slices(qtbot: QtBot) -> None:
    model = TreeModel()
    generation = model.results.begin()
    model.visible.lay_out(ListLayout.DAY)
    many = [study(f"1.{n}", str(n), date="20240101", name=f"N{n}^X") for n in range(700)]
    model.results.add_studies(generation, [*many, study("2", "x", date="20250101")])
    group = header(model, "20240101")
    kept = QPersistentModelIndex(model.index(3, 0))
    model.close(group.number)
    assert model.visible.arranging
    assert model.rowCount() == 703, "the old rows stand until the others are ready"
    qtbot.waitUntil(lambda: not model.visible.arranging, timeout=DEADLINE)
    assert listed(model) == ["20250101: 1", "2", "20240101: 700"]
    assert not kept.isValid()
    model.open(group.number)
    qtbot.waitUntil(lambda: not model.visible.arranging, timeout=DEADLINE)
    assert model.rowCount() == 703


def test_patients_of_closed_groups_are_known(model: TreeModel) -> None:
    filled(model, ListLayout.MODALITY)
    assert model.visible.in_closed_groups == []
    model.close(header(model, "MR").number)
    assert {row.uid for row in model.visible.in_closed_groups} == {"1", "2"}


def test_another_search_opens_all_groups(model: TreeModel) -> None:
    filled(model, ListLayout.DAY)
    model.close(header(model, "20240101").number)
    filled(model, ListLayout.DAY)
    assert len(listed(model)) == 7
    assert model.visible.closed_groups == set()


def test_a_row_stays_the_current_one_from_layout_to_layout(model: TreeModel) -> None:
    filled(model, ListLayout.TREE)
    [row] = model.results.studies("1.2")
    held = QPersistentModelIndex(model.index_of(row))
    for layout in (*ListLayout, ListLayout.TREE):
        model.visible.lay_out(layout)
        assert model.find(held.internalId()) is row
        assert rows(model)[held.row()] is row


def test_headers_are_counted_down_to_each_row(model: TreeModel) -> None:
    for layout, order in ((ListLayout.DAY, True), (ListLayout.MODALITY, False), (ListLayout.SOURCE, True)):
        filled(model, layout)
        model.visible.sort(Sort(Column.NAME, descending=order))
        headers = [row.is_group for row in rows(model)]
        assert [model.visible.headers_to(place) for place in range(len(headers))] == [
            sum(headers[: place + 1]) for place in range(len(headers))
        ]
        assert [row for row in rows(model) if row.is_group] == model.visible.groups


def test_a_study_that_turns_out_to_be_of_another_patient_is_counted_once_or_not(model: TreeModel) -> None:
    generation = model.results.begin()
    model.visible.lay_out(ListLayout.DAY)
    model.set_filter("doe")
    fits_both = study("1.3", "1", name="", birth_date="")
    model.results.add_studies(generation, [fits_both, study("1.1", "1", birth_date="19300101")])
    assert listed(model) == ["?: 2", "1.3", "1.1"]
    model.results.add_studies(generation, [study("1.2", "1", birth_date="19900101")])
    assert listed(model) == ["?: 2", "1.1", "1.2"], "the other is of nobody called Doe"
    model.set_filter("")
    assert header(model).count == 3


def test_behind_a_fact_of_the_patient_another_column_sorts(model: TreeModel) -> None:
    model.visible.lay_out(ListLayout.FLAT)
    facts = {"name": "Doe^John", "sex": "F"}
    answers = [
        study(f"{patient}.{year}", patient, date=f"{year}0101", birth_date=f"19{patient}00101", **facts)
        for patient in "34"
        for year in ("2024", "2026", "2025", "2023")[int(patient) % 2 :: 2]
    ]
    model.results.add_studies(model.results.begin(), answers)
    newest = Sort(Column.DATE, descending=True)
    model.visible.sort(Sort(Column.SEX, descending=False), newest)
    years = [row.uid[2:] for row in rows(model)]
    assert years == ["2026", "2025", "2024", "2023"]
    model.visible.sort(Sort(Column.NAME, descending=False), newest)
    assert [row.uid[0] for row in rows(model)] in (list("3344"), list("4433")), "each patient stays together"
