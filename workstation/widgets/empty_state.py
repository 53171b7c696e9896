"""Shown instead of the results while no archive is configured."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from workstation.widgets.icons import icon
from workstation.widgets.theme import colours, mark


class EmptyState(QWidget):
    """A headline, a message, and buttons for a PACS or the demo archive.

    Signals:
        add_requested: A PACS is to be added.
        demo_requested: The demo archive is to be started.
    """

    add_requested = Signal()
    demo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("empty")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._picture = QLabel()
        headline = QLabel(self.tr("Connect to your PACS"))
        headline.setObjectName("headline")
        message = QLabel(self.tr("Add a PACS and search it. A double-click fetches what you found."))
        message.setObjectName("quiet")
        message.setWordWrap(True)
        self.add = QPushButton(self.tr("Add a PACS"))
        mark(self.add, "primary", True)
        self.demo = QPushButton(self.tr("Try the demo archive"))
        self.demo.setToolTip(self.tr("Invented patients, on this computer only"))
        self.add.clicked.connect(self.add_requested)
        self.demo.clicked.connect(self.demo_requested)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        buttons.addWidget(self.add)
        buttons.addWidget(self.demo)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        column.addStretch(2)
        for label in (self._picture, headline, message):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addSpacing(8)
        column.addLayout(buttons)
        column.addStretch(3)

    def set_starting(self, starting: bool) -> None:
        """Show that the demo archive is starting."""
        if starting and self.demo.hasFocus():
            self.add.setFocus()  # else Qt gives it to any neighbour
        self.demo.setEnabled(not starting)
        self.demo.setText(self.tr("Starting…") if starting else self.tr("Try the demo archive"))

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tint()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self.isVisible():
            self._tint()

    def _tint(self) -> None:
        chosen = colours(self.palette())
        self._picture.setPixmap(icon("search-archive", self.palette(), chosen.accent).pixmap(56, 56))
