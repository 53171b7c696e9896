"""Undoing what was added to the library: what is new goes, and nothing else."""

from __future__ import annotations

import threading
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
from workstation.dicom.completeness import Completeness
from workstation.dicom.targets import Target
from workstation.jobs.lane import Lane
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


def sent(workstation: Workstation, name: str) -> Stored:
    """A file of the library as an archive has sent it, too."""
    stored = read_instance_file(workstation.library.root / STUDY / name)
    assert isinstance(stored, Stored)
    peer = Peer(ae_title="PACS", own_ae_title="ME", address="127.0.0.1")
    return replace(stored, peer=peer, duplicate=Duplicate.SAME)


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
    qtbot.waitUntil(lambda: added.window.canvas.picture is not None, timeout=DEADLINE)  # of the opened file
    undo(qtbot, added)
    qtbot.waitUntil(lambda: in_library(added) == {kept, *new}, timeout=DEADLINE)


def test_what_an_archive_has_sent_since_stays(qtbot: QtBot, added: Workstation, files: list[Path]) -> None:
    """It was told that it is kept."""
    held, _, again = map(named, files)
    added.arrivals.add(sent(added, again))
    undo(qtbot, added)
    qtbot.waitUntil(lambda: len(in_library(added)) == 2, timeout=DEADLINE)
    assert in_library(added) == {held, again}


def test_what_an_archive_sends_while_the_undo_waits_stays(
    qtbot: QtBot, added: Workstation, files: list[Path]
) -> None:
    held, _, again = map(named, files)
    go_on = threading.Event()
    added.lanes.submit(Lane.LOCAL_FILES, "copy for a long time", lambda run: go_on.wait(DEADLINE / 1000))
    undo(qtbot, added)
    added.arrivals.add(sent(added, again))
    added.arrivals.drain()
    go_on.set()
    qtbot.waitUntil(lambda: len(in_library(added)) == 2, timeout=DEADLINE)
    assert in_library(added) == {held, again}


def test_what_an_archive_sends_during_the_import_stays(
    qtbot: QtBot, windows: Windows, files: list[Path]
) -> None:
    workstation = windows.open()
    open_files(workstation, files[:1])
    qtbot.waitUntil(lambda: workstation.window.tree.currentIndex().isValid(), timeout=DEADLINE)
    add = workstation.arrivals.add

    def sent_again(stored: Stored) -> None:
        add(stored)
        add(sent(workstation, named(files[0])))

    workstation.file_import._arrived = sent_again
    with qtbot.waitSignal(workstation.file_import.added, timeout=DEADLINE):
        workstation.local_copy_actions.import_selected()
    undo(qtbot, workstation)
    notice = workstation.window.notice
    qtbot.waitUntil(lambda: notice.text.startswith("Nothing was taken out"), timeout=DEADLINE)
    assert in_library(workstation) == {named(files[0])}


def test_what_was_added_again_stays(qtbot: QtBot, added: Workstation) -> None:
    before = in_library(added)
    with qtbot.waitSignal(added.file_import.added, timeout=DEADLINE):
        added.local_copy_actions.import_selected()
    undo(qtbot, added)
    notice = added.window.notice
    qtbot.waitUntil(lambda: notice.text.startswith("Nothing was taken out"), timeout=DEADLINE)
    assert in_library(added) == before


def test_what_a_fetch_has_counted_on_stays(qtbot: QtBot, added: Workstation) -> None:
    before = in_library(added)
    added.retrieve.completed.emit(STUDY, [], "PACS", Completeness())
    undo(qtbot, added)
    notice = added.window.notice
    qtbot.waitUntil(lambda: notice.text.startswith("Nothing was taken out"), timeout=DEADLINE)
    assert in_library(added) == before


def test_what_was_put_back_stays(qtbot: QtBot, windows: Windows, files: list[Path]) -> None:
    """An image deleted, added, and put back by the undo of its deletion was there before it was added."""
    workstation = windows.open()
    receive(workstation, files[:1])
    open_files(workstation, files[:1])
    qtbot.waitUntil(lambda: workstation.window.tree.currentIndex().isValid(), timeout=DEADLINE)
    with qtbot.waitSignal(workstation.local_studies.undoable, timeout=DEADLINE) as deleted:
        workstation.local_studies.delete([Target(STUDY)])
    with qtbot.waitSignal(workstation.file_import.added, timeout=DEADLINE):
        workstation.local_copy_actions.import_selected()
    with qtbot.waitSignal(workstation.local_studies.restored, timeout=DEADLINE):
        workstation.local_studies.undo(deleted.args[1])
    undo(qtbot, workstation)
    notice = workstation.window.notice
    qtbot.waitUntil(lambda: notice.text.startswith("Nothing was taken out"), timeout=DEADLINE)
    assert in_library(workstation) == {named(files[0])}


def test_nothing_is_taken_away_while_it_is_fetched(
    qtbot: QtBot, added: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetching = [STUDY]
    monkeypatch.setattr(added.retrieve, "fetching", lambda studies: any(one in fetching for one in studies))
    undo(qtbot, added)
    assert "is being fetched" in added.window.notice.text
    assert not added.lanes.busy
    assert len(in_library(added)) == 3
    fetching.clear()
    undo(qtbot, added)
    qtbot.waitUntil(lambda: len(in_library(added)) == 1, timeout=DEADLINE)


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
