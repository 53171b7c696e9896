"""The viewer beside the list, over the whole window, and in a window of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.widgets.pictures import picture
from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.widgets.main_window import MainWindow
from workstation.widgets.window_state import restore_window, window_writer


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    window = MainWindow(TreeModel(), TransfersModel())
    window.resize(1000, 700)
    window.show()
    qtbot.waitActive(window)
    window.canvas.set_content(picture())
    yield window
    window.close()


def beside(window: MainWindow) -> bool:
    return window.criteria.isVisible() and window.tree.isVisible() and window.canvas.window() is window


def test_a_double_click_fills_the_window_and_escape_returns(window: MainWindow, qtbot: QtBot) -> None:
    before = window.splitter.sizes()
    qtbot.mouseDClick(window.canvas, Qt.MouseButton.LeftButton)
    assert window.canvas.hasFocus()
    assert not window.criteria.isVisible()
    assert not window.tree.isVisible()
    qtbot.waitUntil(lambda: window.canvas.width() > 0.85 * window.width())
    assert window.preview.tools.filling.isChecked()
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert beside(window)
    qtbot.waitUntil(lambda: window.splitter.sizes() == before)
    assert not window.preview.tools.filling.isChecked()


def test_f11_fills_from_anywhere_and_back(window: MainWindow, qtbot: QtBot) -> None:
    window.criteria.name.setFocus()
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_F11)
    assert window.canvas.hasFocus()
    assert not window.criteria.isVisible()
    qtbot.keyClick(window.canvas, Qt.Key.Key_F11)
    assert beside(window)


def test_f12_gives_the_viewer_a_window_and_takes_it_back(window: MainWindow, qtbot: QtBot) -> None:
    before, content = window.splitter.sizes(), window.canvas.picture
    qtbot.keyClick(window.tree, Qt.Key.Key_F12)
    own = window.placement.window
    assert own is not None
    assert window.canvas.window() is own
    assert window.canvas.picture is content
    assert window.tree.isVisible()
    assert sum(window.splitter.sizes()) == window.splitter.sizes()[0]  # the list has all of it
    assert "John" not in own.windowTitle()
    qtbot.keyClick(window.canvas, Qt.Key.Key_F11)
    assert own.isFullScreen()
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert not own.isFullScreen()
    qtbot.keyClick(window.canvas, Qt.Key.Key_F12)
    assert window.placement.window is None
    assert beside(window)
    assert window.canvas.isVisible()
    qtbot.waitUntil(lambda: window.splitter.sizes() == before)


def test_closing_its_window_brings_it_back(window: MainWindow, qtbot: QtBot) -> None:
    window.preview.tools.apart.trigger()
    own = window.placement.window
    assert own is not None
    own.close()
    assert window.placement.window is None
    assert beside(window)
    assert not window.preview.tools.apart.isChecked()


def test_its_window_goes_with_the_main_window_and_comes_back_where_it_was(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.preview.tools.apart.trigger()
    own = window.placement.window
    assert own is not None
    own.setGeometry(40, 50, 610, 520)
    window.close()
    assert not own.isVisible()
    window_writer(window, tmp_path / "window.json")()
    other = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(other)
    restore_window(other, tmp_path / "window.json")
    assert other.placement.window is None
    other.show()
    other.preview.tools.apart.trigger()
    assert other.placement.window is not None
    assert other.placement.window.geometry().size().toTuple() == (610, 520)
    other.close()


def test_the_list_has_its_width_again_whatever_was_pressed(window: MainWindow, qtbot: QtBot) -> None:
    before = window.splitter.sizes()
    tools = window.preview.tools
    filling, apart = tools.filling, tools.apart
    for way in ((filling, apart, apart), (filling, filling, apart, apart), (apart, filling, apart)):
        for action in way:
            action.trigger()
        qtbot.waitUntil(lambda: window.splitter.sizes() == before)
        filling.trigger()
        qtbot.waitUntil(lambda: window.canvas.width() > 0.8 * window.width())
        filling.trigger()
        apart.trigger()
        qtbot.waitUntil(lambda: window.placement.window is not None)
        apart.trigger()
        qtbot.waitUntil(lambda: window.splitter.sizes() == before)


def test_the_tags_stay_open_when_the_viewer_changes_its_window(window: MainWindow, qtbot: QtBot) -> None:
    tools = window.preview.tools
    tools.apart.trigger()
    tools.tags.trigger()
    elements = window.preview.elements
    assert elements.parentWidget() is window.placement.window
    for _ in range(2):
        tools.apart.trigger()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]
        assert elements.isVisible()
        assert tools.tags.isChecked()
        assert elements.parentWidget() is window.preview.window()
    tools.tags.trigger()
    assert not elements.isVisible()
    tools.apart.trigger()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]
    tools.tags.trigger()
    assert elements.isVisible()


def test_keys_lead_into_the_tags_and_back(window: MainWindow, qtbot: QtBot) -> None:
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_T)
    elements = window.preview.elements
    qtbot.waitUntil(elements.view.sought.hasFocus)
    qtbot.keyClick(elements.view.sought, Qt.Key.Key_F6)
    qtbot.waitUntil(window.canvas.hasFocus)
    assert elements.isVisible()
    elements.activateWindow()
    qtbot.waitUntil(elements.view.sought.hasFocus)
    qtbot.keyClick(elements.view.sought, Qt.Key.Key_Escape)
    assert not elements.isVisible()


@pytest.mark.parametrize("tags", [False, True])
def test_the_keys_stay_with_the_picture_when_its_window_goes(
    tags: bool, window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.keyClick(window.canvas, Qt.Key.Key_F12)
    own = window.placement.window
    assert own is not None
    qtbot.waitUntil(own.isActiveWindow)
    if tags:
        qtbot.keyClick(window.canvas, Qt.Key.Key_T)
        qtbot.waitUntil(window.preview.elements.isActiveWindow)
        qtbot.keyClick(window.preview.elements.view, Qt.Key.Key_F6)
        qtbot.waitUntil(own.isActiveWindow)
    qtbot.keyClick(window.canvas, Qt.Key.Key_F12)
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.waitUntil(window.canvas.hasFocus)
    assert window.preview.elements.isVisible() is tags


def test_its_window_leaves_the_names_of_the_list_in_sight(window: MainWindow) -> None:
    window.preview.tools.apart.trigger()
    own = window.placement.window
    assert own is not None
    room = own.screen().availableGeometry()
    assert room.contains(own.geometry())
    assert room.right() - own.geometry().right() < 40
    assert own.height() > 0.9 * room.height()
