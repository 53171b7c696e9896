"""Copying rows and exporting the list: in slices, in a lane, and told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.matches import study
from workstation.controllers import time_slices
from workstation.controllers.list_export import ListExport
from workstation.controllers.notices import Notices
from workstation.jobs.lanes import Lanes
from workstation.models.columns import Column
from workstation.models.list_texts import ListFormat
from workstation.models.tree_model import TreeModel

DEADLINE = 40_000


class Setup:
    def __init__(self) -> None:
        self.model, self.lanes, self.notices = TreeModel(), Lanes(), Notices()
        self.export = ListExport(lanes=self.lanes, model=self.model, notices=self.notices)
        self.copied: list[str] = []
        self.told: list[str] = []
        self.export.copied.connect(self.copied.append)
        self.notices.posted.connect(lambda text, detail, calm: self.told.append(text))
        self.lanes.failed.connect(self.notices.report)

    def fill(self, count: int) -> list[int]:
        matches = [study(f"1.{n}", str(n), name=f"N{n:04}^X") for n in range(count)]
        rows = self.model.results.add_studies(self.model.results.begin(), matches)
        return [row.number for row in rows]


@pytest.fixture
def setup(qapp: object) -> Iterator[Setup]:
    made = Setup()
    yield made
    assert made.lanes.shutdown(10)


def test_one_row_is_one_line_and_several_stand_below_their_titles(setup: Setup, qtbot: QtBot) -> None:
    numbers = setup.fill(2)
    setup.export.copy_rows(numbers[:1], [Column.ID])
    setup.export.copy_rows(numbers, [Column.ID])
    setup.export.copy_uids(numbers)
    qtbot.waitUntil(lambda: len(setup.copied) == 3, timeout=DEADLINE)
    assert setup.copied == ["0", "Patient ID\n0\n1", "1.0\n1.1"]


def test_many_rows_take_many_turns_of_the_event_loop(
    setup: Setup, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_slices, "SLICE_SECONDS", 0.0)  # however fast this computer is
    numbers = setup.fill(4000)
    setup.export.copy_uids(numbers)
    assert setup.copied == []
    qtbot.waitUntil(lambda: bool(setup.copied), timeout=DEADLINE)
    assert len(setup.copied[0].splitlines()) == 4000


@pytest.mark.parametrize("kind", list(ListFormat))
def test_what_the_filter_shows_is_exported(
    setup: Setup, qtbot: QtBot, tmp_path: Path, kind: ListFormat
) -> None:
    setup.fill(30)
    setup.model.set_filter("N001")
    path = tmp_path / "list"
    path.write_text("old", "utf-8")
    setup.export.export(path, kind)
    qtbot.waitUntil(lambda: bool(setup.told), timeout=DEADLINE)
    assert setup.told == [f"Exported 10 rows to “{path}”."]
    content = path.read_text("utf-8-sig")
    if kind is ListFormat.JSON:
        assert len(json.loads(content)) == 10
    else:
        assert len(content.splitlines()) == 11


def test_a_folder_that_is_not_there_is_told(setup: Setup, qtbot: QtBot, tmp_path: Path) -> None:
    setup.fill(1)
    setup.export.export(tmp_path / "gone" / "list.csv", ListFormat.CSV)
    qtbot.waitUntil(lambda: bool(setup.told), timeout=DEADLINE)
    assert "Nothing can be written" in setup.told[0]
