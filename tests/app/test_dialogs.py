"""The dialogs over the real window: what they change takes effect at once and is kept."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QDialogButtonBox
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from tests.app.conftest import Windows
from tests.benchmarks.canned import serving
from workstation.app.parts import Workstation
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import LIBRARY
from workstation.dicom.nodes import Identity, Node, Secret
from workstation.settings.nodes import load_nodes
from workstation.settings.preferences import Theme, load_preferences
from workstation.stop import Stop
from workstation.widgets.node_dialog import NodeDialog
from workstation.widgets.nodes_dialog import NodesDialog
from workstation.widgets.settings_dialog import SettingsDialog
from workstation.widgets.theme import DARK, LIGHT, apply_theme, colours

DEADLINE = 40_000
Kept = TypeVar("Kept")
A = Node(name="PACS-A", ae_title="A", host="127.0.0.1", port=104)
B = Node(name="PACS-B", ae_title="B", host="127.0.0.1", port=105)


def written(workstation: Workstation, load: Callable[[Path], Kept], path: Path) -> Kept:
    """What a file holds once everything is written."""
    assert workstation.deferred_writes.flush(DEADLINE / 1000)
    return load(path)


def names(workstation: Workstation) -> list[str]:
    return list(workstation.window.criteria.sources)


def nodes_dialog(workstation: Workstation) -> NodesDialog:
    workstation.window.menu.entries[0].trigger()
    assert workstation.dialogs.nodes_dialog is not None
    return workstation.dialogs.nodes_dialog


def node_dialog(workstation: Workstation) -> NodeDialog:
    assert workstation.dialogs.node_dialog is not None
    return workstation.dialogs.node_dialog


def settings_dialog(workstation: Workstation) -> SettingsDialog:
    workstation.window.menu.entries[1].trigger()
    assert workstation.dialogs.settings_dialog is not None
    return workstation.dialogs.settings_dialog


def end(dialog: NodeDialog | SettingsDialog) -> None:
    dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).click()


def test_editing_duplicating_ordering_deleting(windows: Windows) -> None:
    workstation = windows.open([A, B])
    bar = workstation.window.criteria
    bar.sources["PACS-B"].box.setChecked(False)
    dialog = nodes_dialog(workstation)
    dialog.edit.click()
    form = node_dialog(workstation)
    form.name.line.setText("Radiology")
    end(form)
    assert names(workstation) == ["Radiology", "PACS-B", LIBRARY]
    assert bar.ticked == ["Radiology", LIBRARY]
    dialog.duplicate.click()
    assert node_dialog(workstation).name.text == "Radiology 2"
    end(node_dialog(workstation))
    assert dialog.index == 2
    dialog.up.click()
    assert names(workstation) == ["Radiology", "Radiology 2", "PACS-B", LIBRARY]
    dialog.delete.click()
    dialog.question.yes.click()
    assert names(workstation) == ["Radiology", "PACS-B", LIBRARY]
    assert written(workstation, load_nodes, workstation.folders.nodes) == (replace(A, name="Radiology"), B)


def test_a_name_taken_cannot_be_given(windows: Windows) -> None:
    workstation = windows.open([A, B])
    nodes_dialog(workstation).edit.click()
    form = node_dialog(workstation)
    form.name.line.setText("pacs-b")
    assert form.name.note.text() == "Another source has this name already."
    form.name.line.setText("PACS-A")
    end(form)
    assert workstation.dialogs.node_dialog is None


def test_a_disk_that_refuses_is_said_in_words(qtbot: QtBot, windows: Windows) -> None:
    workstation = windows.open([A, B])
    dialog = nodes_dialog(workstation)
    workstation.folders.nodes.unlink()
    workstation.folders.nodes.mkdir()
    dialog.down.click()
    path, notice = workstation.folders.nodes, workstation.window.notice
    qtbot.waitUntil(lambda: str(path) in notice.text, timeout=DEADLINE)
    assert names(workstation) == ["PACS-B", "PACS-A", LIBRARY]
    path.rmdir()


def test_closing_the_dialog_ends_its_echo(qtbot: QtBot, windows: Windows) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(5)
        workstation = windows.open([replace(A, port=silent.getsockname()[1])])
        nodes_dialog(workstation).edit.click()
        node_dialog(workstation).echo.button.click()
        peer, _ = silent.accept()
        with peer:
            peer.settimeout(5)
            node_dialog(workstation).reject()
            while peer.recv(65536):
                pass
        qtbot.waitUntil(lambda: not workstation.lanes.busy)


def test_closing_the_window_under_open_dialogs(windows: Windows) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        workstation = windows.open([replace(A, port=silent.getsockname()[1])])
        nodes_dialog(workstation).edit.click()
        node_dialog(workstation).echo.button.click()
        windows.close(workstation)


def test_dialogs_open_once_and_again(qtbot: QtBot, windows: Windows) -> None:
    workstation = windows.open([A])
    nodes, settings, keys, about, *_ = workstation.window.menu.entries  # the others open none of these
    names = ("nodes_dialog", "settings_dialog", "key_sheet", "about_dialog")
    for entry, name in zip((nodes, settings, keys, about), names, strict=True):
        entry.trigger()
        first = getattr(workstation.dialogs, name)
        entry.trigger()
        assert getattr(workstation.dialogs, name) is first
        qtbot.keyClick(first, Qt.Key.Key_Escape)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]
        assert not isValid(first)
        assert getattr(workstation.dialogs, name) is None


def test_the_menu_has_keys(windows: Windows) -> None:
    workstation = windows.open()
    keys = [entry.shortcut().toString() for entry in workstation.window.menu.entries]
    assert keys == [
        "Ctrl+Shift+P",
        "Ctrl+,",
        "F1",
        "",
        "Ctrl+Shift+W",
        "Ctrl+Shift+C",
        "Ctrl+Shift+N",
        "Ctrl+Shift+V",
        "Ctrl+O",
        "Ctrl+Shift+O",
    ]
    actions = workstation.window.actions()
    every = [action.shortcut().toString() for action in actions if action.shortcuts()]
    assert len(every) == len(set(every)), "two actions share a key"
    assert set(filter(None, keys)) <= set(every)


# --- Settings ----------------------------------------------------------------------------------------


def test_settings_are_kept_and_followed(qtbot: QtBot, windows: Windows, free_port: Callable[[], int]) -> None:
    workstation = windows.open([A, replace(B, calling_ae_title="OTHER")])
    dialog, port = settings_dialog(workstation), free_port()
    dialog.ae_title.line.setText("READING-3")
    dialog.port.line.setText(str(port))
    dialog.address.line.setText("127.0.0.1")
    dialog.always.setChecked(True)
    dialog.accept_from.line.setText("CT 1")
    dialog.kept_frames.line.setText("7")
    dialog.one_of_each.setChecked(True)
    dialog.search_limit.line.setText("123")
    end(dialog)
    kept = written(workstation, load_preferences, workstation.folders.settings)
    assert (kept.ae_title, kept.port, kept.accept_from) == ("READING-3", port, ("CT 1",))
    assert [
        node.calling_ae_title for node in written(workstation, load_nodes, workstation.folders.nodes)
    ] == [
        "READING-3",
        "OTHER",
    ]

    def listens() -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", port)) == 0

    assert kept.kept_frames == 7
    assert workstation.preview.pool is not None
    assert workstation.preview.pool.kept == 7 * 1024 * 1024
    assert workstation.retrieve.one_of_each
    with serving(150) as busy:
        many = replace(A, host="127.0.0.1", port=busy)
        workstation.sources.set_nodes([many])
        source = workstation.sources.get(many.name)
        assert source is not None
        answers = source.search(Criteria(name="*"), Stop())
        assert len(list(answers)) == 123
        assert answers.incomplete
    qtbot.waitUntil(listens)
    assert workstation.router.welcome == {"CT 1"}
    title = workstation.window.transfers.title
    qtbot.waitUntil(lambda: title.text() == f"Transfers  ·  Listening on port {port} as READING-3")
    dialog = settings_dialog(workstation)
    dialog.always.setChecked(False)
    end(dialog)
    qtbot.waitUntil(lambda: not listens())
    assert workstation.router.welcome == set()
    qtbot.waitUntil(lambda: title.text() == "Transfers")


def test_a_port_that_is_taken_is_said(qtbot: QtBot, windows: Windows) -> None:
    workstation = windows.open()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        dialog = settings_dialog(workstation)
        dialog.port.line.setText(str(port))
        dialog.address.line.setText("127.0.0.1")
        dialog.always.setChecked(True)
        end(dialog)
        notice = workstation.window.notice
        qtbot.waitUntil(lambda: f"Port {port} cannot be opened" in notice.text)
        assert "Listening" not in workstation.window.transfers.title.text()


@pytest.fixture
def _colours_as_before(qapp: QApplication) -> object:
    palette, sheet, style = qapp.palette(), qapp.styleSheet(), qapp.style().objectName()
    yield
    qapp.setStyle(style)
    qapp.setPalette(palette)
    qapp.setStyleSheet(sheet)


@pytest.mark.usefixtures("_colours_as_before")
def test_colours_change_at_once(windows: Windows, qapp: QApplication) -> None:
    apply_theme(qapp, True)
    workstation = windows.open()
    menu = workstation.window.menu

    def ink() -> set[str]:
        image = menu.icon().pixmap(48, 48).toImage()
        pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
        return {pixel.name() for pixel in pixels if pixel.alpha() == 255}

    for theme, chosen in ((Theme.LIGHT, LIGHT), (Theme.DARK, DARK)):
        dialog = settings_dialog(workstation)
        dialog.theme.choose(theme)
        end(dialog)
        assert colours(qapp.palette()) is chosen
        assert workstation.window.palette().color(QPalette.ColorRole.Window).name() == chosen.window
        assert ink() == {chosen.text}
        assert written(workstation, load_preferences, workstation.folders.settings).theme is theme


# --- Passcodes ---------------------------------------------------------------------------------------


def test_a_passcode_is_asked_for_before_the_search(qtbot: QtBot, windows: Windows) -> None:
    locked = replace(A, identity=Identity("<b>reader</b>", None, Secret.ASKED))
    workstation = windows.open([locked])
    window = workstation.window
    qtbot.keyClicks(window.criteria.name, "doe")
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Return)
    dialog = workstation.dialogs.passcode_dialog
    assert dialog is not None
    assert not workstation.search._queries
    qtbot.keyClicks(dialog.line, "hunter2")
    qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
    node = workstation.sources.node("PACS-A")
    assert node is not None
    assert node.identity == Identity("<b>reader</b>", "hunter2", Secret.ASKED)
    qtbot.waitUntil(lambda: "PACS-A" in window.notice.text or bool(window.status.text()))
    assert "hunter2" not in workstation.folders.nodes.read_text("utf-8")


def test_without_the_passcode_the_others_are_searched(qtbot: QtBot, windows: Windows) -> None:
    workstation = windows.open([replace(A, identity=Identity("reader", None, Secret.ASKED))])
    window = workstation.window
    qtbot.keyClicks(window.criteria.name, "doe")
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Return)
    dialog = workstation.dialogs.passcode_dialog
    assert dialog is not None
    dialog.reject()
    qtbot.waitUntil(lambda: "0 studies" in window.status.text() and not workstation.lanes.busy)
    assert not window.notice.text
