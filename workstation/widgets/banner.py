"""Base of the bars across the window that show one message, with buttons at the end."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget
from typing_extensions import override


class Banner(QFrame):
    """A bar, hidden at first. Texts may be of a peer: always plain text.

    Signals:
        left: The bar was hidden while it had the focus, which Qt would give to any neighbour.
    """

    left = Signal()

    def __init__(self, *buttons: QPushButton, calm: bool = False, parent: QWidget | None = None) -> None:
        """Add ``buttons`` at the end; ``calm``: the message is not an error."""
        super().__init__(parent)
        self.setObjectName("notice")
        self.setProperty("calm", calm)
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.addWidget(self.label, 1)
        for button in buttons:
            row.addWidget(button)
        self.hide()

    @override
    def hide(self) -> None:
        focus = self.window().focusWidget()
        held = bool(focus) and self.isAncestorOf(focus)
        super().hide()
        if held:
            self.left.emit()
