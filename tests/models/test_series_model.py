from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester

from workstation.models.series_model import SeriesEntry, SeriesModel, SeriesRole


@pytest.fixture
def model(qtmodeltester: ModelTester) -> SeriesModel:
    model = SeriesModel()
    qtmodeltester.check(model)
    return model


def uids(model: SeriesModel) -> list[str]:
    return [model.uid(model.index(row)) for row in range(model.rowCount())]


def test_series_stand_by_number_and_absent_ones_last(model: SeriesModel) -> None:
    for uid, number in (("c", 10), ("d", None), ("a", 2), ("b", 2)):
        model.put(SeriesEntry(uid=uid, number=number))
    assert uids(model) == ["a", "b", "c", "d"]
    model.clear()
    assert uids(model) == []


def test_a_series_grows_and_keeps_its_thumbnail(model: SeriesModel) -> None:
    model.put(SeriesEntry(uid="a", number=1, modality="CT", description="Thorax", pictures=3))
    pixels = np.zeros((4, 4), np.uint32)
    model.set_thumbnail("a", pixels)
    model.set_thumbnail("absent", pixels)
    model.put(SeriesEntry(uid="a", number=1, modality="CT", description="Thorax", pictures=9))
    index = model.index(0)
    assert index.data(SeriesRole.COUNT) == "9"
    assert index.data(SeriesRole.THUMBNAIL) is pixels
    assert index.data(SeriesRole.HEAD) == "1 CT"
    assert index.data() == "Thorax"


def test_one_series_is_current(model: SeriesModel) -> None:
    for uid in "abc":
        model.put(SeriesEntry(uid=uid, number=ord(uid)))
    told: list[int] = []
    model.dataChanged.connect(lambda first, last: told.append(first.row()))
    model.set_current("b")
    model.set_current("c")
    assert [model.index(row).data(SeriesRole.CURRENT) for row in range(3)] == [False, False, True]
    assert sorted(told) == [1, 1, 2]
    assert model.current == "c"


def test_a_tool_tip_is_never_html(model: SeriesModel) -> None:
    model.put(SeriesEntry(uid="a", number=1, modality="CT", description="<img src=x> & more", pictures=2))
    tip = model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;img src=x&gt; &amp; more" in tip
    assert "<img" not in tip


def test_what_is_not_fetched_says_so_and_the_thumbnail_of_a_sample_goes(model: SeriesModel) -> None:
    sample = SeriesEntry(uid="a", number=1, pictures=1, note="not fetched", explanation="Preview", total=348)
    model.put(sample)
    thumbnail = np.zeros((4, 4), np.uint32)
    model.set_thumbnail("a", thumbnail)
    index = model.index(0)
    assert index.data(SeriesRole.COUNT) == "1 of 348"
    assert index.data(SeriesRole.NOTE) == "not fetched"
    assert "Preview" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    model.put(replace(sample, pictures=0))
    assert index.data(SeriesRole.COUNT) == "348"
    assert index.data(SeriesRole.THUMBNAIL) is thumbnail
    model.put(replace(sample, total=None))
    assert index.data(SeriesRole.COUNT) == ""
    model.put(SeriesEntry(uid="a", number=1, pictures=2))
    assert index.data(SeriesRole.COUNT) == "2"
    assert index.data(SeriesRole.NOTE) == ""
    assert index.data(SeriesRole.THUMBNAIL) is None
