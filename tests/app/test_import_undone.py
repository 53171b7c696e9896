"""Undoing what was added to the library: what is new goes, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows, choose_action
from tests.app.window_steps import DEADLINE, receive, slices, state
from tests.archives import data
from workstation.app.parts import Workstation
from workstation.app.wiring import open_files
from workstation.controllers.added_files import AddedFiles
from workstation.dicom.association_facts import Peer
from workstation.models.transfer import TransferState
from workstation.store.instance_file import read_instance_file
from workstation.store.store_results import Duplicate, Stored
from workstation.widgets.row_menu import RowAction

STUDY = str(data.uid(data.DOE.id, "1"))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return slices(tmp_path / "study", 3)


@pytest.fixture
def added(qtbot: QtBot, windows: Windows, files: list[Path]) -> Workstation:
    """A window that has added two opened files to a library that had the third."""
    workstation = windows.open()
    receive(workstation, files[:1])
    open_files(workstation, files)
    qtbot.waitUntil(lambda: workstation.window.tree.currentIndex().isValid(), timeout=DEADLINE)
    qtbot.waitUntil(lambda: workstation.window.canvas.picture is not None, timeout=DEADLINE)
    choose_action(workstation, RowAction.IMPORT)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: workstation.window.notice.isVisible(), timeout=DEADLINE)
    workstation.library.index.settled()
    assert len(workstation.library.index.paths(STUDY)) == 3
    return workstation


def undo(qtbot: QtBot, workstation: Workstation) -> None:
    act = workstation.window.notice.act
    assert act.text() == "Undo"
    qtbot.mouseClick(act, Qt.MouseButton.LeftButton)


def named(path: Path) -> str:
    """What the file of an object is called in the library."""
    return f"{pydicom.dcmread(path).SOPInstanceUID}.dcm"


def in_library(workstation: Workstation) -> set[str]:
    return {path.name for path in workstation.library.index.paths(STUDY)}


def test_only_what_was_new_is_taken_away(qtbot: QtBot, added: Workstation, files: list[Path]) -> None:
    notice, before = added.window.notice, [path.read_bytes() for path in files]
    [kept, *new] = [named(path) for path in files]
    assert notice.text == "2 images were added to the library. 1 was there before."
    undo(qtbot, added)
    qtbot.waitUntil(lambda: in_library(added) == {kept}, timeout=DEADLINE)
    assert [path.read_bytes() for path in files] == before
    qtbot.waitUntil(lambda: notice.text.startswith("2 images were taken out of"), timeout=DEADLINE)
    [row] = added.tree_model.results.studies(STUDY)
    qtbot.waitUntil(lambda: row.held == 1, timeout=DEADLINE)
    offers = added.row_actions.offers
    assert offers is not None
    assert offers.addable
    assert added.window.canvas.picture is not None
    undo(qtbot, added)
    qtbot.waitUntil(lambda: in_library(added) == {kept, *new}, timeout=DEADLINE)


def test_what_an_archive_has_sent_since_stays(qtbot: QtBot, added: Workstation, files: list[Path]) -> None:
    """It was told that it is kept."""
    held, _, again = map(named, files)
    stored = read_instance_file(added.library.root / STUDY / again)
    assert isinstance(stored, Stored)
    peer = Peer(ae_title="PACS", own_ae_title="ME", address="127.0.0.1")
    added.arrivals.add(replace(stored, peer=peer, duplicate=Duplicate.SAME))
    undo(qtbot, added)
    qtbot.waitUntil(lambda: len(in_library(added)) == 2, timeout=DEADLINE)
    assert in_library(added) == {held, again}


def test_nothing_is_taken_away_while_it_is_fetched(
    qtbot: QtBot, added: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(added.retrieve, "fetching", lambda studies: STUDY in studies)
    undo(qtbot, added)
    assert "is being fetched" in added.window.notice.text
    assert not added.lanes.busy
    assert len(in_library(added)) == 3


def test_there_is_a_time_for_it(
    qtbot: QtBot, windows: Windows, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AddedFiles, "undo_seconds", 0.0)
    workstation = windows.open()
    with qtbot.waitSignal(workstation.added_files.expired, timeout=DEADLINE):
        open_files(workstation, files)
        qtbot.waitUntil(lambda: workstation.window.tree.currentIndex().isValid(), timeout=DEADLINE)
        choose_action(workstation, RowAction.IMPORT)
    assert workstation.window.notice.text == "3 images were added to the library."
    assert not workstation.window.notice.act.isVisible()


def test_nothing_is_offered_where_nothing_was_added(
    qtbot: QtBot, windows: Windows, files: list[Path]
) -> None:
    workstation = windows.open()
    open_files(workstation, files)
    qtbot.waitUntil(lambda: workstation.window.tree.currentIndex().isValid(), timeout=DEADLINE)
    receive(workstation, files)
    workstation.local_copy_actions.import_selected()
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    assert not workstation.window.notice.isVisible()
