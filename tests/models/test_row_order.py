"""Many rows, put in order a slice at a time: compared with what a plain sort of everything gives."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from pytestqt.qtbot import QtBot

from tests.matches import study
from tests.rows import unfold
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, SeriesMatch, StudyMatch
from workstation.models.arrangement import NEWEST_FIRST, Sort
from workstation.models.columns import Column, cell
from workstation.models.rows import Row
from workstation.models.study_groups import GroupKey, GroupRow, group_key
from workstation.models.tree_model import TreeModel
from workstation.settings.list_layout import ListLayout

pytestmark = pytest.mark.usefixtures("qapp")  # the model works on in the event loop
DEADLINE = 40_000
FAMILIES = ("Adams", "Baker", "Clark", "Davis", "Évora", "", "Frank")
LETTERS = "αβγδ"
SORTED_BY = (Column.NAME, Column.DATE, Column.IMAGES, Column.MODALITY)
LAYOUTS = (ListLayout.TREE, ListLayout.FLAT, ListLayout.DAY, ListLayout.MODALITY)


def some(chance: random.Random, count: int, first: int = 0) -> list[StudyMatch]:
    """Studies of fewer patients; many dates, names and counts are the same."""
    return [
        study(
            f"1.{number}",
            str(chance.randrange(1, 1 + first + count * 2 // 3)),
            name=f"{chance.choice(FAMILIES)}^X",
            birth_date="",
            date=chance.choice(("", "20240101", "20250101", "20260101")),
            description=f"{LETTERS[number % len(LETTERS)]}{number}",
            instances=chance.choice((None, 1, 2)),
            modalities=chance.choice(((), ("CT",), ("CT", "SR"), ("MR",))),
        )
        for number in range(first, first + count)
    ]


def shown(model: TreeModel) -> list[Row]:
    found = [model.row(model.index(place, 0)) for place in range(model.rowCount())]
    return [row for row in found if row is not None]


def by_number(model: TreeModel) -> list[Row]:
    return sorted(model.results.store.patients.values(), key=lambda row: row.number)


class Plain:
    """What ought to be in sight: everything sorted at once, by one column after the other."""

    def __init__(self, model: TreeModel) -> None:
        self.model = model
        self.sorts, self.word = NEWEST_FIRST, ""
        self.closed: set[int] = set()
        self.closed_groups: set[GroupKey] = set()
        self.layout = ListLayout.TREE

    def sort(self, *sorts: Sort) -> None:
        self.sorts = sorts
        self.model.visible.sort(*sorts)

    def filter(self, word: str) -> None:
        if word != self.word:
            self.word, self.closed, self.closed_groups = word, set(), set()
        self.model.set_filter(word)

    def lay_out(self, layout: ListLayout) -> None:
        if layout is not self.layout:
            self.layout, self.closed_groups = layout, set()
        self.model.visible.lay_out(layout)

    def key(self, row: Row, sort: Sort) -> tuple[object, ...]:
        """By what one column sorts; behind another one by the value alone."""
        last, column = sort is self.sorts[-1], sort.column
        if row.level is Level.PATIENT and column is Column.NAME:
            return (cell(row, Column.NAME).casefold(), row.uid)
        if row.level is Level.PATIENT and column is Column.IMAGES:
            return (-1 if row.instances is None else row.instances,)
        if row.level is Level.PATIENT:
            keys = [self.key(below, sort) for below in row.children]
            return max(keys) if sort.descending else min(keys)
        match = row.best
        assert isinstance(match, StudyMatch)
        then = (match.date, match.time) if last else ()
        if column is Column.NAME:
            return (match.description.casefold(), *then)
        if column is Column.IMAGES:
            return (-1 if match.instances is None else match.instances, *then)
        if column is Column.MODALITY:
            return (" ".join(match.modalities).casefold(), *then)
        return then or (match.date,)

    def sorted(self, rows: Iterable[Row]) -> list[Row]:
        found = sorted(rows, key=lambda row: row.number)
        for sort in reversed(self.sorts):
            found.sort(key=lambda row, sort=sort: self.key(row, sort), reverse=sort.descending)
        return found

    @property
    def rows(self) -> list[Row]:
        if self.layout is not ListLayout.TREE:
            return self.alone if self.layout is ListLayout.FLAT else list(self.grouped())
        found: list[Row] = []
        for patient in self.sorted(row for row in by_number(self.model) if self.studies(row)):
            alone = len(patient.children) == 1  # then the study stands for both
            found += [] if alone else [patient]
            if alone or patient.number not in self.closed:
                found += self.sorted(self.studies(patient))
        return found

    @property
    def alone(self) -> list[Row]:
        found = [study for patient in by_number(self.model) for study in self.studies(patient)]
        found.sort(key=lambda row: row.number)
        for sort in reversed(self.sorts):
            if sort.column is Column.NAME:  # of one patient the newest first, whichever way names are
                if sort is self.sorts[-1]:
                    found.sort(key=self.date, reverse=True)
                found.sort(key=lambda row, sort=sort: self.key(row.top, sort), reverse=sort.descending)
            else:
                found.sort(key=lambda row, sort=sort: self.key(row, sort), reverse=sort.descending)
        return found

    def grouped(self) -> Iterator[Row]:
        groups: dict[GroupKey, list[Row]] = {}
        for row in self.alone:
            groups.setdefault(group_key(row, self.layout), []).append(row)
        column = Column.DATE if self.layout is ListLayout.DAY else Column.MODALITY
        usual = self.layout is ListLayout.DAY
        falling = next((sort.descending for sort in self.sorts if sort.column is column), usual)
        for key in [*sorted(filter(None, groups), reverse=falling), *([()] if () in groups else [])]:
            [header] = [one for one in self.headers if (one.by, one.key) == (self.layout, key)]
            assert header.count == len(groups[key])
            yield header
            yield from () if key in self.closed_groups else groups[key]

    @property
    def headers(self) -> list[GroupRow]:
        return [row for row in self.model.results.store.rows.values() if isinstance(row, GroupRow)]

    def fold(self, chance: random.Random) -> None:
        """Open or close a patient or a group."""
        if self.layout.grouped:
            header = chance.choice([row for row in self.headers if row.by is self.layout] or [None])
            if header is not None and not self.model.visible.arranging:
                is_open = self.model.visible.is_open(header)
                (self.closed_groups.add if is_open else self.closed_groups.discard)(header.key)
                (self.model.close if is_open else self.model.open)(header.number)
            return
        patient = chance.choice(by_number(self.model))
        if patient.number in self.closed:
            self.model.open(patient.number)
            self.closed.discard(patient.number)
        else:
            self.model.close(patient.number)
            self.closed.add(patient.number)

    def date(self, row: Row) -> str:
        assert isinstance(row.best, StudyMatch)
        return row.best.date

    def studies(self, patient: Row) -> list[Row]:
        return [row for row in patient.children if self.word in getattr(row.best, "description", "").lower()]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_order_is_that_of_a_plain_sort(qtbot: QtBot, seed: int) -> None:
    chance, model = random.Random(seed), TreeModel()
    plain, count = Plain(model), 900
    generation = model.results.begin()
    model.results.add_studies(generation, some(chance, count))
    assert shown(model) == plain.rows
    for _ in range(25):
        held = [QPersistentModelIndex(model.index(chance.randrange(model.rowCount()), 3)) for _ in range(20)]
        numbers, layout = [index.internalId() for index in held], plain.layout
        for _ in range(chance.randrange(1, 3)):  # the second before the first has come to its end
            act = chance.choice(("sort", "filter", "add", "fold", "lay out"))
            if act == "sort":
                chosen = chance.sample(SORTED_BY, chance.randrange(1, 4))
                plain.sort(*(Sort(column, chance.random() < 0.5) for column in chosen))
            elif act == "filter":
                plain.filter(chance.choice(("", *LETTERS[:2])))
            elif act == "lay out":
                plain.lay_out(chance.choice(LAYOUTS))
            elif act == "add":
                model.results.add_studies(generation, some(chance, 40, count))
                count += 40
            else:
                plain.fold(chance)
        qtbot.waitUntil(lambda: not model.visible.arranging, timeout=DEADLINE)
        rows = plain.rows
        assert shown(model) == rows
        assert [model.index_of(row).row() for row in rows[::37]] == list(range(len(rows)))[::37]
        assert [row.number for row in model.visible.between(5, 500)] == [row.number for row in rows[5:501]]
        places = {row.number: place for place, row in enumerate(rows)}
        for index, before in zip(held, numbers, strict=True):
            if index.isValid():
                assert index.row() == places[index.internalId()]
                assert stands_for(model, index, before, exactly=plain.layout is layout)


def stands_for(model: TreeModel, index: QPersistentModelIndex, before: int, *, exactly: bool) -> bool:
    """Whether an index is at the row it was at before, or another one of its patient."""
    row, found = model.find(before), model.find(index.internalId())
    if row is None or found is None:
        return False
    return found is (row.only_study or row) if exactly else found.top is row.top


def test_until_another_order_is_ready_the_old_one_stands(qtbot: QtBot) -> None:
    model = TreeModel()
    generation = model.results.begin()
    model.results.add_studies(generation, some(random.Random(1), 2000))
    before = shown(model)
    model.sort(Column.NAME, Qt.SortOrder.AscendingOrder)
    assert model.visible.arranging
    assert shown(model) == before
    model.results.add_studies(generation, [study("9.9", "new", name="Aaa^X")])
    assert len(shown(model)) == len(before) + 1
    qtbot.waitUntil(lambda: not model.visible.arranging, timeout=DEADLINE)
    names = [cell(row.top, Column.NAME).casefold() for row in shown(model)]
    assert names == sorted(names)
    assert len(shown(model)) == len(before) + 1


def test_a_new_search_ends_the_sorting_of_the_old_one(qtbot: QtBot) -> None:
    model = TreeModel()
    model.results.add_studies(model.results.begin(), some(random.Random(1), 2000))
    model.sort(Column.NAME, Qt.SortOrder.AscendingOrder)
    generation = model.results.begin()
    assert not model.visible.arranging
    model.results.add_studies(generation, [study("1", "1", name="B^X"), study("2", "2", name="A^X")])
    assert [model.index(place, 0).data() for place in (0, 1)] == ["A, X", "B, X"]
    qtbot.waitUntil(lambda: not model._slices.isActive(), timeout=DEADLINE)
    assert model.rowCount() == 2


def test_open_rows_stay_open_when_they_are_sorted_and_filtered() -> None:
    model = TreeModel()
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1", "1"), study("1.2", "2", name="Roe^Jane")])
    index = model.index(0, 0)
    unfold(index)
    model.results.add_children(
        generation,
        index.internalId(),
        [SeriesMatch(source="A", study_uid="1.1", series_uid="1.1.1", number=1)],
    )
    series = model.index(1, 0)
    unfold(series)
    images = [
        ImageMatch(source="A", study_uid="1.1", series_uid="1.1.1", sop_uid=f"1.1.1.{n}", number=n)
        for n in (2, 1)
    ]
    model.results.add_children(generation, series.internalId(), images)
    assert model.rowCount() == 5
    model.sort(Column.NAME, Qt.SortOrder.DescendingOrder)
    assert [model.index(place, 0).data() for place in (3, 4)] == ["Image 1", "Image 2"]
    model.set_filter("roe")
    assert model.rowCount() == 1
    model.set_filter("")
    assert model.rowCount() == 5
