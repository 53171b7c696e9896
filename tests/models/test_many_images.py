"""Series of many images: what each batch of them costs does not grow with those that are there already."""

from __future__ import annotations

import random
import sys
from types import FrameType

import pytest
from pytestqt.qtbot import QtBot

from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.models.columns import Column
from workstation.models.rows import Fill, Row
from workstation.models.tree_model import TreeModel

LOT = 50


@pytest.fixture
def model(qapp: object) -> TreeModel:
    """One study with a series of which nothing is known, open."""
    model = TreeModel()
    begin(model)
    return model


def begin(model: TreeModel, count: int = 1) -> None:
    generation = model.results.begin(["A"])
    model.results.add_studies(
        generation,
        [
            StudyMatch(
                source="A", study_uid="1", patient=PatientMatch(source="A", patient_id="ID", name="Doe^Jane")
            )
        ],
    )
    [study] = model.results.studies("1")
    model.open(study.number)
    model.results.add_children(
        generation,
        study.number,
        [
            SeriesMatch(source="A", study_uid="1", series_uid=f"1.{number}", number=number)
            for number in range(count)
        ],
    )
    model.results.filled(generation, study.number, complete=True)
    if count == 1:
        model.open(study.children[0].number)


def series_of(model: TreeModel) -> Row:
    return model.results.studies("1")[0].children[0]


def images(count: int) -> list[ImageMatch]:
    return [
        ImageMatch(source="A", study_uid="1", series_uid="1.0", sop_uid=f"1.0.{number}", number=number)
        for number in range(count)
    ]


def add(model: TreeModel, found: list[ImageMatch]) -> None:
    for first in range(0, len(found), LOT):
        model.results.add_children(
            model.results.generation, series_of(model).number, found[first : first + LOT]
        )


def names(model: TreeModel) -> list[str]:
    return [str(model.index(place, Column.NAME).data()) for place in range(2, model.rowCount())]


def test_the_work_grows_with_the_number_of_images(model: TreeModel) -> None:
    def work(count: int) -> int:
        calls = 0

        def note(frame: FrameType, event: str, arg: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        begin(model)
        found = images(count)
        sys.setprofile(note)
        try:
            add(model, found)
            model.results.filled(model.results.generation, series_of(model).number, complete=True)
        finally:
            sys.setprofile(None)
        return calls

    few = work(6000)
    assert work(24_000) < 5 * few
    assert model.rowCount() == 24_002


def test_they_stand_in_the_order_of_their_numbers_however_they_come(model: TreeModel) -> None:
    found = images(3000)
    random.Random(1).shuffle(found)
    add(model, found)
    model.results.filled(model.results.generation, series_of(model).number, complete=False, error="It broke.")
    assert names(model) == [*(f"Image {number}" for number in range(3000)), "It broke."]
    assert series_of(model).instances == 3000


def test_the_last_of_them_are_shown_though_nothing_more_comes(model: TreeModel, qtbot: QtBot) -> None:
    add(model, images(3010))
    assert model.rowCount() < 3012
    qtbot.waitUntil(lambda: model.rowCount() == 3012)
    assert names(model) == [f"Image {number}" for number in range(3010)]
    model.results.filled(model.results.generation, series_of(model).number, complete=True)
    assert model.rowCount() == 3012


def test_a_new_search_forgets_what_was_not_shown_yet(model: TreeModel, qtbot: QtBot) -> None:
    add(model, images(3010))
    begin(model)
    add(model, images(20))
    qtbot.waitUntil(lambda: not model._late.isActive())
    assert names(model) == [f"Image {number}" for number in range(20)]


def test_an_image_that_another_source_tells_of_is_the_same_row(model: TreeModel) -> None:
    add(model, images(100))
    others = [
        ImageMatch(source="B", study_uid="1", series_uid="1.0", sop_uid=f"1.0.{number}", number=number)
        for number in range(50, 150)
    ]
    add(model, others)
    assert names(model) == [f"Image {number}" for number in range(150)]
    assert series_of(model).children[60].sources == ("A", "B")


def test_many_rows_are_opened_together(model: TreeModel) -> None:
    begin(model, 160)
    wanted: list[int] = []
    moved: list[None] = []
    model.children_wanted.connect(wanted.append)
    model.layoutChanged.connect(lambda: moved.append(None))
    series = model.results.studies("1")[0].children
    model.open(*(row.number for row in series))
    assert len(moved) == 1
    assert wanted == [row.number for row in series]
    assert all(model.visible.is_open(row) for row in series)
    assert {row.fill for row in series} == {Fill.PENDING}
