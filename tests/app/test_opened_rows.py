"""What can be done with rows of files that were opened: all but fetching."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows, choose_action
from tests.app.window_steps import double_click, receive, slices, state, transfers
from tests.archives import data
from workstation.app.parts import Workstation
from workstation.app.wiring import open_files
from workstation.dicom.matches import LIBRARY, OPENED
from workstation.dicom.nodes import Node
from workstation.models.rows import Local
from workstation.models.transfer import TransferState
from workstation.widgets.row_menu import RowAction, RowMenu

DEADLINE = 40_000
STUDY = str(data.uid(data.DOE.id, "1"))
NOWHERE = Node(name="nowhere", ae_title="PACS", host="127.0.0.1", port=1)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return slices(tmp_path / "study", 3)


@pytest.fixture
def opened(qtbot: QtBot, windows: Windows, files: list[Path]) -> Workstation:
    """A window that lists a study of opened files."""
    return open_study(qtbot, windows.open([NOWHERE]), files)


def open_study(qtbot: QtBot, workstation: Workstation, files: list[Path]) -> Workstation:
    open_files(workstation, files)
    qtbot.waitUntil(lambda: workstation.window.tree.currentIndex().isValid(), timeout=DEADLINE)
    qtbot.waitUntil(lambda: workstation.window.canvas.picture is not None, timeout=DEADLINE)
    return workstation


def listed(workstation: Workstation) -> dict[str, bool]:
    """The entries of the menu of the selected rows, and whether they can be chosen."""
    tree = workstation.window.tree
    tree.menu_requested.emit(tree.mapToGlobal(tree.rect().center()))
    menu = tree.findChildren(RowMenu)[-1]
    entries = [action for action in menu.actions() if action.isVisible() and not action.isSeparator()]
    of_filter = ("Show only", "Hide")  # of what any row says
    found = {
        action.text(): action.isEnabled() for action in entries if not action.text().startswith(of_filter)
    }
    menu.close()
    return found


def test_the_menu_has_no_dead_entries(opened: Workstation) -> None:
    assert listed(opened) == {
        "Show": True,
        "Show in folder": True,
        "Copy files to…": True,
        "Copy UIDs": True,
        "All studies of this patient": True,
        "Studies with the same accession number": True,
        "Studies of the same referring physician, today": True,
        "Send to": True,
        "Add to the library": True,
        "Labels…": True,
        "Note…": True,
        "Pin": True,
        "Mark as unread": True,
    }
    assert not opened.window.results_bar.fetch.isEnabled()


def test_a_double_click_shows_the_pictures(qtbot: QtBot, opened: Workstation) -> None:
    double_click(qtbot, opened, opened.window.tree.currentIndex())
    assert opened.window.focusWidget() is opened.window.canvas
    assert not opened.window.notice.isVisible()
    assert not transfers(opened)


def test_they_are_added_to_the_library(qtbot: QtBot, opened: Workstation, files: list[Path]) -> None:
    before = [path.read_bytes() for path in files]
    choose_action(opened, RowAction.IMPORT)
    qtbot.waitUntil(lambda: state(opened) is TransferState.COMPLETE, timeout=DEADLINE)
    opened.library.index.settled()
    assert len(opened.library.index.paths(STUDY)) == 3
    assert [path.read_bytes() for path in files] == before
    [row] = opened.tree_model.results.studies(STUDY)
    qtbot.waitUntil(lambda: row.local is Local.HERE and row.held == 3, timeout=DEADLINE)
    assert "Add to the library" not in listed(opened)
    assert opened.window.canvas.picture is not None
    opened.window.criteria.name.setText("doe")
    opened.window.criteria.search()
    qtbot.waitUntil(lambda: not opened.search.asking, timeout=DEADLINE)
    [row] = opened.tree_model.results.studies(STUDY)
    assert set(row.sources) == {LIBRARY, OPENED}


def test_they_can_be_added_where_the_library_has_as_many_others(
    qtbot: QtBot, windows: Windows, tmp_path: Path
) -> None:
    workstation = windows.open()
    [first, second] = data.study(tmp_path / "study", 2)
    receive(workstation, [first])
    open_study(qtbot, workstation, [second])
    [row] = workstation.tree_model.results.studies(STUDY)
    workstation.window.criteria.name.setText("doe")
    workstation.window.criteria.search()
    qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)
    [row] = workstation.tree_model.results.studies(STUDY)
    assert set(row.sources) == {LIBRARY, OPENED}
    workstation.window.tree.setCurrentIndex(workstation.tree_model.index_of(row))
    assert row.local is Local.HERE
    assert "Add to the library" in listed(workstation)
    choose_action(workstation, RowAction.IMPORT)
    qtbot.waitUntil(lambda: row.held == 2, timeout=DEADLINE)
    assert "Add to the library" not in listed(workstation)


def test_they_are_copied(qtbot: QtBot, opened: Workstation, files: list[Path], tmp_path: Path) -> None:
    target = tmp_path / "copies"
    target.mkdir()
    opened.local_copy_actions.folder_needed.disconnect()
    opened.local_copy_actions.folder_needed.connect(lambda then: then(target))
    choose_action(opened, RowAction.COPY)
    qtbot.waitUntil(lambda: state(opened) is TransferState.COMPLETE, timeout=DEADLINE)
    assert sorted(path.name for path in target.iterdir()) == sorted(path.name for path in files)


def test_their_folder_is_shown(qtbot: QtBot, opened: Workstation, files: list[Path]) -> None:
    shown: list[str] = []
    opened.local_copy_actions.folder_opened.disconnect()
    opened.local_copy_actions.folder_opened.connect(shown.append)
    choose_action(opened, RowAction.FOLDER)
    qtbot.waitUntil(lambda: shown == [str(files[0].parent)], timeout=DEADLINE)


@pytest.mark.archives
def test_they_are_sent(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, files: list[Path], tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "other", 1, patient=data.MUELLER))
    workstation = open_study(qtbot, windows.open([archive.node(name="PACS")]), files)
    choose_action(workstation, RowAction.SEND, "PACS")
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)


@pytest.mark.parametrize("keys", [("Ctrl+O", "getOpenFileNames"), ("Ctrl+Shift+O", "getExistingDirectory")])
def test_they_are_chosen_from_the_menu(
    qtbot: QtBot,
    windows: Windows,
    files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    keys: tuple[str, str],
) -> None:
    shortcut, dialog = keys
    answer: Callable[..., object] = {
        "getOpenFileNames": lambda *about: ([str(path) for path in files], ""),
        "getExistingDirectory": lambda *about: str(files[0].parent),
    }[dialog]
    monkeypatch.setattr(QFileDialog, dialog, answer)
    workstation = windows.open()
    [entry] = [one for one in workstation.window.menu.entries if one.shortcut().toString() == shortcut]
    assert isinstance(entry, QAction)
    entry.trigger()
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)
