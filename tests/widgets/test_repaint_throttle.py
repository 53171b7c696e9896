from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from typing_extensions import override

from workstation.widgets.repaint_throttle import RepaintThrottle


class Painted(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.count = 0
        self.frames = RepaintThrottle(self)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        self.frames.painted()
        self.count += 1

    def change(self) -> None:
        self.frames.changing()
        self.update()


@pytest.fixture
def widget(qtbot: QtBot) -> Iterator[Painted]:
    window = QWidget()
    widget = Painted(window)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: widget.count > 0)
    yield widget
    window.close()


def test_a_change_alone_is_painted_at_once(widget: Painted) -> None:
    widget.frames.painted()
    widget.change()
    assert widget.updatesEnabled()


def test_the_last_of_many_changes_is_painted(qtbot: QtBot, widget: Painted) -> None:
    widget.change()
    widget.frames.painted()
    for _ in range(10):
        widget.change()
    assert not widget.updatesEnabled()
    before = widget.count
    qtbot.waitUntil(lambda: widget.updatesEnabled() and widget.count > before)
