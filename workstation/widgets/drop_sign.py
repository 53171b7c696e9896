"""Shows, while files are dragged over the window, that they can be dropped on it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget


class DropSign(QFrame):
    """A ring around the window with a label in its middle; hidden until :meth:`appear`."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("dropSign")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)  # what is below it gets the drop
        label = QLabel(self.tr("Drop to open"))
        label.setObjectName("dropWords")
        column = QVBoxLayout(self)
        column.addWidget(label, 0, Qt.AlignmentFlag.AlignCenter)
        self.hide()

    def appear(self) -> None:
        """Show it above all of the window."""
        self.setGeometry(self.window().rect())
        self.raise_()
        self.show()
