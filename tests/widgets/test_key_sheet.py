"""The sheet of keys has every key there is, and is read from what takes them."""

from __future__ import annotations

import inspect
import re
from types import ModuleType

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.widgets.pictures import picture
from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.widgets import canvas, criteria_bar, transfers_table, tree_view
from workstation.widgets.key_sheet import KeySheet
from workstation.widgets.main_window import MainWindow


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(window)
    window.resize(1100, 700)
    with qtbot.waitActive(window):
        window.show()
    return window


def listed(window: MainWindow, title: str = "") -> set[str]:
    """The keys of a part of the window, or of all."""
    groups = [group for group in window.keys if title in ("", group.title)]
    texts = [text for group in groups for key in group.keys for text in key.keys.split()]
    return {QKeySequence(text).toString() for text in texts}


def test_it_has_the_key_of_every_action(window: MainWindow) -> None:
    actions = [*window.findChildren(QAction), *window.actions()]
    keys = {each.toString() for action in actions for each in action.shortcuts()}
    keys |= {shortcut.key().toString() for shortcut in window.findChildren(QShortcut)}
    keys.discard(QKeySequence(QKeySequence.StandardKey.Copy).toString())  # as in every program
    assert len(keys) > 25
    assert keys <= listed(window)


def test_it_has_the_mnemonic_of_every_field(window: MainWindow) -> None:
    found = [label for label in window.criteria.findChildren(QLabel) if label.buddy() is not None]
    labels = [label for label in found if label.window() is window]  # those of a popup work only in it
    assert len(labels) >= 7
    assert {QKeySequence.mnemonic(label.text()).toString() for label in labels} <= listed(window, "Search")
    assert len(labels) < len(found)
    assert {"Alt+O", "Ctrl+L"} <= listed(window, "Search")


@pytest.mark.parametrize(
    ("module", "title"),
    [(canvas, "Picture"), (tree_view, "List"), (transfers_table, "Transfers"), (criteria_bar, "Search")],
)
def test_it_has_every_key_that_a_handler_takes(window: MainWindow, module: ModuleType, title: str) -> None:
    taken = set(re.findall(r"Key\.Key_(\w+)", inspect.getsource(module)))
    assert taken
    known = {text.rpartition("+")[2] or "+" for text in listed(window, title)}
    for name in taken:
        text = QKeySequence(getattr(Qt.Key, f"Key_{name}")).toString()
        assert text in known, name


def test_every_key_says_what_it_does_and_is_a_key(window: MainWindow) -> None:
    for group in window.keys:
        assert group.title
        assert group.keys
        for key in group.keys:
            assert key.words.strip()
            assert key.shown.strip()
            assert all(QKeySequence(text).toString() for text in key.keys.split()), key


def test_no_key_has_two_meanings_in_one_place(window: MainWindow) -> None:
    for group in window.keys:
        texts = [text for key in group.keys for text in key.keys.split()]
        assert len(texts) == len(set(texts)), group.title


def test_f1_asks_for_it_and_about_is_in_the_menu_alone(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.menu.keys_requested):
        qtbot.keyClick(window.criteria.name, Qt.Key.Key_F1)
    about = [action for action in window.menu.menu().actions() if "About" in action.text()]
    assert len(about) == 1
    assert not about[0].shortcuts()


def test_f1_asks_for_it_from_the_window_of_the_viewer(window: MainWindow, qtbot: QtBot) -> None:
    window.preview.tools.apart.trigger()
    qtbot.waitUntil(lambda: window.placement.window is not None and window.placement.window.isActiveWindow())
    with qtbot.waitSignal(window.menu.keys_requested):
        qtbot.keyClick(window.canvas, Qt.Key.Key_F1)
    window.preview.tools.apart.trigger()


def test_the_sheet_shows_all_of_them(window: MainWindow, qtbot: QtBot) -> None:
    sheet = KeySheet(window.keys)
    qtbot.addWidget(sheet)
    shown = {label.text() for label in sheet.findChildren(QLabel)}
    for group in window.keys:
        assert group.title in shown
        for key in group.keys:
            assert {key.words, key.shown} <= shown


def test_plus_and_minus_zoom_the_picture(window: MainWindow, qtbot: QtBot) -> None:
    window.canvas.set_content(picture())
    window.canvas.setFocus()
    for keys in ("+", "="):
        before = window.canvas.view.zoom
        qtbot.keyClick(window.canvas, keys)
        assert window.canvas.view.zoom > before
        qtbot.keyClick(window.canvas, "-")
        assert window.canvas.view.zoom == pytest.approx(before)
    window.criteria.name.setFocus()
    qtbot.keyClick(window.criteria.name, "+")
    assert window.canvas.view.zoom == pytest.approx(1)
    assert window.criteria.name.text() == "+"
