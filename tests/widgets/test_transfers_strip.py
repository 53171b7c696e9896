"""One line of transfers that unfolds into the list, worked by pointer and by keys alone."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from workstation.models.transfer import Transfer, TransferState
from workstation.models.transfers_model import TransferRole, TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.widgets.main_window import MainWindow
from workstation.widgets.transfer_menu import OF_ALL, TransferAction, TransferMenu, possible
from workstation.widgets.transfers_strip import TransfersStrip
from workstation.widgets.window_state import restore_window, window_writer

QUEUED, RUNNING = TransferState.QUEUED, TransferState.RUNNING
ALT = Qt.KeyboardModifier.AltModifier


class Pointer(NamedTuple):
    """Where the pointer is said to be."""

    where: QPoint

    def pos(self) -> QPoint:
        return self.where


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(window)
    window.resize(1200, 800)
    window.show()
    qtbot.waitExposed(window)
    return window


def fill(window: MainWindow, *states: TransferState) -> TransfersModel:
    model = window.transfers.view.model()
    assert isinstance(model, TransfersModel)
    for number, state in enumerate(states, 1):
        model.add(Transfer(number, f"Study {number}", "A", QUEUED, pauses=True))
        transfer = model.find(number)
        assert transfer is not None
        transfer.state = state
        model.tell(transfer)
    window.transfers.sum_up()
    return model


def moves(strip: TransfersStrip, model: TransfersModel) -> None:
    """Do what is asked for by keys and by dropping, as the program does."""

    def act(action: TransferAction, number: int) -> None:
        if action in (TransferAction.UP, TransferAction.DOWN):
            model.step(number, action is TransferAction.DOWN)

    strip.chosen.connect(act)
    strip.moved.connect(model.move_before)


def order(model: TransfersModel) -> list[int]:
    return [model.index(row, 0).data(TransferRole.NUMBER) for row in range(model.rowCount())]


def test_it_is_one_line_until_the_user_unfolds_it(window: MainWindow, qtbot: QtBot) -> None:
    strip = window.transfers
    assert not strip.view.isVisible()
    height = strip.height()
    assert height < 40
    fill(window, RUNNING, QUEUED)
    qtbot.waitUntil(lambda: strip.title.text().startswith("1 running, 1 waiting"))
    assert strip.height() == height, "nothing unfolds by itself"
    qtbot.mouseClick(strip.toggle, Qt.MouseButton.LeftButton)
    assert strip.view.isVisible()
    qtbot.waitUntil(lambda: strip.height() > 150)
    qtbot.mouseClick(strip.title, Qt.MouseButton.LeftButton)  # the line itself does the same
    qtbot.waitUntil(lambda: strip.height() == height)


def test_a_key_opens_the_list_and_goes_there_and_back(window: MainWindow, qtbot: QtBot) -> None:
    fill(window, RUNNING)
    window.tree.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert window.focusWidget() is window.transfers.view
    qtbot.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert not window.transfers.unfolded
    assert window.focusWidget() is window.tree


def test_what_the_user_chose_is_remembered(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.transfers.unfold()
    window.transfers_splitter.setSizes([400, 260])
    height = window.transfers.height()
    window_writer(window, tmp_path / "open.json")()
    window.transfers.unfold(False)
    window_writer(window, tmp_path / "folded.json")()
    for name, unfolded in (("open.json", True), ("folded.json", False)):
        other = MainWindow(TreeModel(), TransfersModel())
        qtbot.addWidget(other)
        restore_window(other, tmp_path / name)
        other.show()
        qtbot.waitExposed(other)
        assert other.transfers.unfolded is unfolded
        other.transfers.unfold()
        qtbot.waitUntil(lambda other=other: abs(other.transfers.height() - height) < 5)  # type: ignore[misc]


def test_folded_it_leaves_its_room_to_what_is_above(window: MainWindow) -> None:
    before = window.splitter.height()
    window.transfers.unfold()
    QApplication.processEvents()
    assert window.splitter.height() < before
    window.transfers.unfold(False)
    QApplication.processEvents()
    assert window.splitter.height() == before


def test_what_needs_the_user_is_said_in_the_line(window: MainWindow) -> None:
    strip = window.transfers
    assert not strip.failed.isVisible()
    assert not strip.needs_user.isVisible()
    fill(window, TransferState.FAILED, TransferState.PARTIAL)
    assert strip.failed.text() == "1 failed"
    assert strip.failed.isVisible()
    assert strip.needs_user.text() == "1 incomplete"
    assert strip.needs_user.isVisible()


def test_waiting_transfers_move_by_keys(window: MainWindow, qtbot: QtBot) -> None:
    strip, model = window.transfers, fill(window, RUNNING, QUEUED, QUEUED, QUEUED)
    moves(strip, model)
    strip.unfold()
    strip.view.setFocus()
    strip.view.setCurrentIndex(model.index(3, 0))
    qtbot.keyClick(strip.view, Qt.Key.Key_Up, ALT)
    qtbot.keyClick(strip.view, Qt.Key.Key_Up, ALT)
    qtbot.keyClick(strip.view, Qt.Key.Key_Up, ALT)
    assert order(model) == [1, 4, 2, 3]
    assert strip.view.currentIndex().data(TransferRole.NUMBER) == 4, "the focus goes along"
    qtbot.keyClick(strip.view, Qt.Key.Key_Down, ALT)
    assert order(model) == [1, 2, 4, 3]


def drop(strip: TransfersStrip, place: QPoint) -> None:
    view = strip.view
    event = QDropEvent(
        QPointF(place),
        Qt.DropAction.MoveAction,
        QMimeData(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    view.dropEvent(event)


def test_waiting_transfers_move_by_the_pointer(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    strip, model = window.transfers, fill(window, RUNNING, QUEUED, QUEUED, QUEUED)
    moves(strip, model)
    strip.unfold()
    view = strip.view
    view.executeDelayedItemsLayout()
    monkeypatch.setattr(QDropEvent, "source", lambda event: view)  # only a real drag has one
    assert not model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsDragEnabled
    assert model.flags(model.index(3, 0)) & Qt.ItemFlag.ItemIsDragEnabled
    view.setCurrentIndex(model.index(3, 0))
    drop(strip, view.visualRect(model.index(1, 0)).topLeft() + QPoint(5, 2))
    assert order(model) == [1, 4, 2, 3]
    view.setCurrentIndex(model.index(1, 0))
    drop(strip, QPoint(5, view.viewport().height() - 2))
    assert order(model) == [1, 2, 3, 4]
    assert model.rowCount() == 4


@pytest.mark.parametrize(
    ("state", "key", "action"),
    [
        (RUNNING, Qt.Key.Key_Space, TransferAction.PAUSE),
        (QUEUED, Qt.Key.Key_Space, TransferAction.PAUSE),
        (TransferState.ON_HOLD, Qt.Key.Key_Space, TransferAction.RESUME),
        (TransferState.FAILED, Qt.Key.Key_Space, TransferAction.RESUME),
        (TransferState.COMPLETE, Qt.Key.Key_Delete, TransferAction.REMOVE),
    ],
)
def test_keys_act_on_the_current_row(
    window: MainWindow, qtbot: QtBot, state: TransferState, key: Qt.Key, action: TransferAction
) -> None:
    strip, model = window.transfers, fill(window, state)
    strip.unfold()
    strip.view.setCurrentIndex(model.index(0, 0))
    with qtbot.waitSignal(strip.chosen) as chosen:
        qtbot.keyClick(strip.view, key)
    assert chosen.args == [action, 1]


def test_the_menu_offers_what_is_possible_and_opens_by_key(window: MainWindow, qtbot: QtBot) -> None:
    strip, model = window.transfers, fill(window, RUNNING, QUEUED, TransferState.COMPLETE)
    strip.unfold()
    strip.view.setFocus()
    strip.view.setCurrentIndex(model.index(1, 0))
    strip.view.customContextMenuRequested.emit(QPoint(-1, -1))  # as for the menu key
    [menu] = strip.findChildren(TransferMenu)
    entries = {action.text().partition("\t")[0]: action for action in menu.actions() if action.text()}
    enabled = [title for title, action in entries.items() if action.isEnabled()]
    assert enabled == [
        *("Start now", "Pause", "Cancel", "Move up", "Move down", "Details"),
        *("Pause all", "Cancel all", "Clear finished"),
    ]
    with qtbot.waitSignal(strip.chosen) as chosen:
        entries["Start now"].trigger()
    assert chosen.args == [TransferAction.HURRY, 2]
    menu.close()


def test_every_state_offers_its_details_and_a_way_out() -> None:
    for state in TransferState:
        can = possible(Transfer(1, "x", "A", state))
        assert TransferAction.DETAILS in can
        ways = {TransferAction.CANCEL, TransferAction.REMOVE}
        assert can & ways or state is TransferState.CANCELLING


def test_all_of_it_is_reached_by_tab(window: MainWindow, qtbot: QtBot) -> None:
    fill(window, RUNNING, TransferState.ON_HOLD, TransferState.FAILED)
    strip = window.transfers
    strip.unfold()
    strip.toggle.setFocus()
    reached: list[QWidget | None] = []
    for _ in range(8):
        reached.append(window.focusWidget())
        QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_Tab)
    assert {strip.toggle, strip.view, *strip.links.values()} <= set(reached)
    assert set(strip.links) == set(OF_ALL)
    for widget in (strip.toggle, strip.view, strip.bar):
        assert widget.accessibleName()


def test_the_row_under_the_user_stays_where_it_is(window: MainWindow, qtbot: QtBot) -> None:
    strip, model = window.transfers, fill(window, *[TransferState.COMPLETE] * 40)
    strip.unfold()
    view = strip.view
    view.setFocus()
    QApplication.processEvents()
    view.scrollToBottom()
    current = model.index(35, 0)
    view.setCurrentIndex(current)
    view.executeDelayedItemsLayout()
    number, height = current.data(TransferRole.NUMBER), view.visualRect(current).y()
    model.add(Transfer(100, "new", "A"))
    assert view.visualRect(model.index(model.position(number), 0)).y() == height
    model.remove(40, 39, 38)
    assert view.visualRect(model.index(model.position(number), 0)).y() == height


def test_a_pointer_that_has_left_the_list_keeps_nothing_in_place(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is told late that the pointer is elsewhere; what was under it there is no row in sight."""
    strip, model = window.transfers, fill(window, *[TransferState.COMPLETE] * 40)
    strip.unfold()
    view = strip.view
    view.setFocus()
    QApplication.processEvents()
    current = model.index(20, 0)
    view.setCurrentIndex(current)
    view.scrollTo(current, view.ScrollHint.PositionAtTop)
    number, height = current.data(TransferRole.NUMBER), view.visualRect(current).y()
    monkeypatch.setattr(view, "underMouse", lambda: True)
    for gone in (40, 39, 38):
        above = view.visualRect(model.index(model.position(gone), 0)).center()
        monkeypatch.setattr(view, "cursor", lambda above=above: Pointer(view.viewport().mapToGlobal(above)))
        model.remove(gone)
        assert view.visualRect(model.index(model.position(number), 0)).y() == height


def test_the_title_of_the_window_tells_how_far_it_is(window: MainWindow) -> None:
    window.set_progress(0.387)
    assert window.windowTitle() == "(38 %) Workstation"
    window.set_progress(None)
    assert window.windowTitle() == "Workstation"
