"""A popup with fields of the search form, which Enter and Esc close."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget
from typing_extensions import override


class Popover(QFrame):
    """Lies over the window until it is closed.

    Signals:
        entered: Enter was pressed, and nothing is wrong.
    """

    entered = Signal()

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popover")
        self.setAccessibleName(name)

    @property
    def error(self) -> str:
        """What is wrong with the fields, in words; empty: nothing."""
        return ""

    def enter(self) -> None:
        """Do what Enter does: close it and say so, unless something is wrong."""
        if not self.error:
            self.close()
            self.entered.emit()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.enter()
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)
