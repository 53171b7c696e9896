"""The tag list in a window of its own, beside the picture."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget
from typing_extensions import override

from workstation.widgets.elements_view import ElementsView
from workstation.widgets.scrolling import fit

_SIZE = QSize(640, 560)


class ElementsWindow(QDialog):
    """Follows the shown image; Esc closes it.

    Signals:
        closed: It is no longer visible.
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setWindowTitle(self.tr("Tags"))
        self.view = ElementsView()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        fit(self, _SIZE)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.closed.emit()
