"""Messages have a place of their own in the bottom line: nothing moves, and all of a text can be read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.widgets.banner import WholeText
from workstation.widgets.main_window import MainWindow

LONG = "The archive does not know the AE title “READING-7”. Have its administrator register it. " * 4


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    window = MainWindow(TreeModel(), TransfersModel())
    window.resize(1200, 700)
    window.show()
    qtbot.waitActive(window)
    yield window
    window.close()


def places(window: MainWindow) -> list[QRect]:
    """Where the parts of the window are."""
    parts: tuple[QWidget, ...] = (window.criteria, window.results_bar, window.tree, window.canvas)
    parts += (window.preview, window.transfers, window.transfers.toggle, window.transfers.title)
    QApplication.processEvents()
    return [QRect(part.mapTo(window, QPoint()), part.size()) for part in parts]


def test_neither_message_nor_question_moves_anything(window: MainWindow) -> None:
    before = places(window)
    window.notice.show_notice(LONG, "0xA801")
    assert window.notice.isVisible()
    assert places(window) == before
    window.question.ask(LONG, "Delete", lambda: None)
    assert places(window) == before
    window.question.ask_unbidden("Resume?", "Resume", lambda: None, "Discard", lambda: None)
    assert places(window) == before
    window.question.dismiss()
    window.notice.dismiss()
    assert places(window) == before


def test_a_note_comes_back_after_the_question(window: MainWindow, qtbot: QtBot) -> None:
    window.notice.offer("Deleted.", "Undo", lambda: None)
    window.question.ask("Delete it?", "Delete", lambda: None)
    assert not window.notice.isVisible()
    assert window.question.isVisible()
    assert window.question.no.hasFocus()
    window.notice.show_notice("The archive does not answer.")
    assert not window.notice.isVisible()
    qtbot.keyClick(window.question.no, Qt.Key.Key_Escape)
    assert not window.question.isVisible()
    assert window.notice.isVisible()
    assert window.notice.text == "The archive does not answer."


def test_a_text_that_is_cut_off_is_read_above_the_line(window: MainWindow, qtbot: QtBot) -> None:
    window.notice.show_notice("Short.")
    assert not window.notice.more.isVisible()
    window.notice.show_notice(LONG)
    assert window.notice.more.isVisible()
    assert "READING-7" in window.notice.label.toolTip()
    window.notice.more.setFocus()
    qtbot.keyClick(window.notice.more, Qt.Key.Key_Return)
    [whole] = window.notice.findChildren(WholeText)
    assert whole.label.text() == LONG
    assert whole.geometry().bottom() < window.notice.mapToGlobal(QPoint()).y()
    qtbot.keyClick(whole, Qt.Key.Key_Escape)
    assert not whole.isVisible()
    assert window.notice.isVisible()
    window.question.ask(LONG, "Delete", lambda: pytest.fail("deleted by reading on"))
    window.question.more.setFocus()
    qtbot.keyClick(window.question.more, Qt.Key.Key_Return)
    [whole] = window.question.findChildren(WholeText)
    assert whole.isVisible()
    whole.close()


def test_a_click_on_the_text_opens_it_and_not_the_transfers(window: MainWindow, qtbot: QtBot) -> None:
    window.notice.show_notice(LONG)
    qtbot.mouseClick(window.notice.label, Qt.MouseButton.LeftButton)
    [whole] = window.notice.findChildren(WholeText)
    whole.close()
    qtbot.mouseClick(window.messages, Qt.MouseButton.LeftButton)
    assert not window.transfers.unfolded


def test_f6_comes_by(window: MainWindow, qtbot: QtBot) -> None:
    def reached() -> list[QWidget]:
        window.criteria.name.setFocus()
        found: list[QWidget] = []
        while (focus := window.focusWidget()) not in found:
            found.append(focus)
            qtbot.keyClick(focus, Qt.Key.Key_F6)
        return found

    assert not any(window.messages.isAncestorOf(widget) for widget in reached())
    window.notice.offer("Deleted.", "Undo", lambda: None)
    found = reached()
    assert window.notice.act in found
    assert window.transfers.toggle in found


def test_screen_readers_are_told(window: MainWindow) -> None:
    window.notice.show_notice("The archive does not answer.", "0x0122")
    said = QAccessible.queryAccessibleInterface(window.notice)
    assert said.text(QAccessible.Text.Name) == "The archive does not answer.  (0x0122)"


def test_messages_are_seen_wherever_the_viewer_is(window: MainWindow, qtbot: QtBot) -> None:
    window.transfers.unfold()
    window.preview.tools.filling.trigger()
    window.notice.show_notice("The archive does not answer.")
    assert window.notice.isVisible()
    assert not window.transfers.unfolded
    window.preview.tools.filling.trigger()
    assert window.transfers.unfolded
    window.preview.tools.apart.trigger()
    own = window.placement.window
    assert own is not None
    assert own.line.text() == "The archive does not answer."
    height = window.canvas.height()
    window.notice.dismiss()
    assert own.line.text() == ""
    qtbot.wait(1)
    assert window.canvas.height() == height
