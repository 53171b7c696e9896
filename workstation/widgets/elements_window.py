"""The tag list in a window of its own, beside the picture."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget
from typing_extensions import override

from workstation.widgets.elements_view import ElementsView
from workstation.widgets.scrolling import fit

_SIZE = QSize(640, 560)


class ElementsWindow(QDialog):
    """Follows the shown image; Esc closes it, F6 leads back to the image.

    Signals:
        closed: It is no longer visible.
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)  # not a Tool: to that go the keys of the main window, even Esc
        self.setWindowTitle(self.tr("Tags"))
        self.view = ElementsView()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        fit(self, _SIZE)
        QShortcut(QKeySequence("F6"), self, self._go_back)

    def _go_back(self) -> None:
        """Leave the keys to the window that shows the image."""
        if (window := self.parentWidget()) is not None:
            window.activateWindow()

    def move_to(self, window: QWidget) -> None:
        """Belong to another window: a window takes those that belong to it along when it is deleted."""
        shown, place = self.isVisible(), self.geometry()
        with QSignalBlocker(self):  # it is hidden, but not closed
            self.setParent(window, self.windowFlags())
        if shown:
            self.setGeometry(place)
            self.show()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.closed.emit()
