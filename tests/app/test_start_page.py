"""What the window lists when it has just been opened."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.window_steps import receive
from tests.archives import data
from workstation.app.assembly import build
from workstation.app.wiring import open_files
from workstation.dicom.levels import Level
from workstation.dicom.matches import OPENED
from workstation.dicom.nodes import Node
from workstation.models.columns import Column
from workstation.settings.folders import folders
from workstation.settings.preferences import Preferences

DEADLINE = 40_000
NOWHERE = Node(name="nowhere", ae_title="PACS", host="127.0.0.1", port=1)


@pytest.fixture
def kept(windows: Windows, tmp_path: Path) -> None:
    """Two studies of different years in the library, from an earlier run."""
    before = windows.open()
    for year in (2020, 2024):
        receive(before, data.study(tmp_path / str(year), 2, key=str(year), date=f"{year}0102"))
    windows.close(before)


@pytest.mark.parametrize("nodes", [(), (NOWHERE,)])
def test_the_studies_of_the_library_are_listed_newest_first(
    qtbot: QtBot, windows: Windows, kept: None, nodes: tuple[Node, ...]
) -> None:
    workstation = windows.open(nodes)
    model, window = workstation.tree_model, workstation.window
    qtbot.waitUntil(lambda: model.results.study_count == 2, timeout=DEADLINE)
    rows = model.visible.between(0, model.rowCount() - 1)
    studies = [model.index_of(row, Column.DATE) for row in rows if row.level is Level.STUDY]
    assert [str(index.data())[:4] for index in studies] == ["2024", "2020"]
    assert window.tree.isVisible()
    assert window.focusWidget() is window.criteria.name
    assert not workstation.transfers_model.rowCount()


@pytest.mark.parametrize(("nodes", "invited"), [((), True), ((NOWHERE,), False)])
def test_an_empty_library(windows: Windows, nodes: tuple[Node, ...], invited: bool) -> None:
    window = windows.open(nodes).window
    assert window.empty_state.isVisible() is invited
    if not invited:
        assert "Type a name" in window.tree.words


def test_what_the_user_asks_for_first_is_shown(
    qtbot: QtBot, windows: Windows, kept: None, tmp_path: Path, free_port: Callable[[], int]
) -> None:

    files = data.study(tmp_path / "opened", 1, key="opened")
    workstation = build(folders(Path(os.environ["WORKSTATION_HOME"])), Preferences(port=free_port()))
    open_files(workstation, files)
    windows.adopt(workstation)
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)
    qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)
    [row] = workstation.tree_model.results.studies(str(data.uid(data.DOE.id, "opened")))
    assert row.sources == (OPENED,)
    assert workstation.tree_model.results.study_count == 1
