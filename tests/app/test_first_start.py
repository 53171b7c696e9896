"""The first start: an invitation; a PACS added by keys alone; the demo archive."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Keys, Start, Windows
from tests.archives import data
from tests.rows import child, first_study, patients
from workstation.app.parts import Workstation
from workstation.app.wiring import start_demo
from workstation.dicom.date_periods import Period
from workstation.dicom.matches import LIBRARY
from workstation.dicom.nodes import Node
from workstation.models.transfer import TransferState
from workstation.settings.nodes import load_nodes

DEADLINE = 40_000


def ticked(workstation: Workstation) -> list[str]:
    return workstation.window.criteria.ticked


@pytest.mark.archives
def test_a_pacs_is_added_by_keys_alone(qtbot: QtBot, first_start: Workstation, dcmqrscp: Start) -> None:
    archive = dcmqrscp(ae_title="ARCHIVE")
    window, dialogs = first_start.window, first_start.dialogs
    keys = Keys(qtbot, window)
    assert keys.focus is window.empty_state.add
    keys.press(Qt.Key.Key_Return)
    dialog = dialogs.node_dialog
    assert dialog is not None
    keys = Keys(qtbot, dialog)
    for text in ("Radiology", "ARCHIVE", "localhost", str(archive.port)):
        keys.type(text)
        keys.press(Qt.Key.Key_Tab)
    assert keys.focus is dialog.calling.line
    keys.tab_to(dialog.echo.button)
    keys.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Radiology answers in" in dialog.echo.text.text(), timeout=DEADLINE)
    assert dialog.isVisible()
    keys.tab_to(dialog.ok)
    keys.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialogs.node_dialog is None)
    assert ticked(first_start) == ["Radiology", LIBRARY]
    assert not window.empty_state.isVisible()
    assert window.tree.isVisible()
    node = Node(name="Radiology", ae_title="ARCHIVE", host="localhost", port=archive.port)
    assert first_start.deferred_writes.flush(DEADLINE / 1000)
    assert load_nodes(first_start.folders.nodes) == (node,)


def test_tab_leads_from_the_name_to_the_invitation(qtbot: QtBot, first_start: Workstation) -> None:
    window = first_start.window
    window.criteria.name.setFocus()
    keys = Keys(qtbot, window)
    keys.tab_to(window.empty_state.add)
    keys.tab_to(window.menu)
    keys.tab_to(window.criteria.name)


def test_a_search_in_the_library_takes_the_place_of_the_invitation(
    qtbot: QtBot, first_start: Workstation
) -> None:
    window = first_start.window
    assert window.empty_state.isVisible()
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Return)
    assert not window.empty_state.isVisible()
    assert window.tree.isVisible()


def test_who_has_nodes_is_not_invited(windows: Windows) -> None:
    workstation = windows.open([Node(name="PACS-A", ae_title="PACS", host="127.0.0.1", port=104)])
    assert not workstation.window.empty_state.isVisible()
    assert workstation.window.focusWidget() is workstation.window.criteria.name
    workstation.nodes.set_kept(())
    assert workstation.window.empty_state.isVisible()


def test_the_demo_archive_answers_and_delivers(qtbot: QtBot, first_start: Workstation) -> None:
    window, model = first_start.window, first_start.tree_model
    window.empty_state.demo.click()
    assert not window.empty_state.demo.isEnabled()
    qtbot.waitUntil(lambda: model.results.study_count >= 8, timeout=60_000)
    assert window.criteria.dates.period is Period.ANY, "the form says what was searched for"
    assert "Demo archive" in ticked(first_start)
    assert not first_start.folders.nodes.exists()
    studies = [child(one) for one in patients(model)]
    few = min(studies, key=lambda index: model.row(index).instances or 999)  # type: ignore[union-attr]
    window.tree.setCurrentIndex(few)
    qtbot.keyClick(window.tree, Qt.Key.Key_Return)
    transfers = first_start.transfers_model
    qtbot.waitUntil(lambda: transfers.rowCount() == 1, timeout=DEADLINE)
    number = transfers.index(0, 0).data(Qt.ItemDataRole.UserRole + 3)
    qtbot.waitUntil(lambda: transfers.find(number).state is TransferState.COMPLETE, timeout=60_000)  # type: ignore[union-attr]


def test_closing_while_the_demo_archive_is_being_started(first_start: Workstation) -> None:
    start_demo(first_start)
    assert first_start.nodes.kept == ()


def test_a_second_start_of_the_demo_archive_is_the_first(qtbot: QtBot, first_start: Workstation) -> None:
    with qtbot.waitSignal(first_start.demo.started, timeout=60_000) as first:
        start_demo(first_start)
        start_demo(first_start)
    with qtbot.waitSignal(first_start.demo.started) as second:
        start_demo(first_start)
    assert first.args == second.args
    assert first_start.sources.keys == ["Demo archive", LIBRARY]


@pytest.mark.archives
def test_a_running_transfer_keeps_its_node(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "study", 60, size=256))
    node = archive.node(name="PACS-A")
    workstation = windows.open([node])
    window, model = workstation.window, workstation.tree_model
    qtbot.keyClicks(window.criteria.name, "DOE")
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.results.study_count == 1, timeout=DEADLINE)
    arrived: list[object] = []
    workstation.arrivals.arrived.connect(
        lambda batch: arrived.append(archive.pause() if not arrived else None)
    )
    window.tree.setCurrentIndex(first_study(model))
    qtbot.keyClick(window.tree, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(arrived), timeout=DEADLINE)
    workstation.nodes.set_kept(())
    assert ticked(workstation) == [LIBRARY]
    archive.resume()
    number = workstation.transfers_model.index(0, 0).data(Qt.ItemDataRole.UserRole + 3)
    transfers = workstation.transfers_model
    qtbot.waitUntil(lambda: transfers.find(number).state is TransferState.COMPLETE, timeout=DEADLINE)  # type: ignore[union-attr]
