"""A line of text across the window that comes and goes, with buttons at its end."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget
from typing_extensions import override


class Banner(QFrame):
    """Hidden at first. Texts may be a peer's: plain text always.

    Signals:
        left: It was hidden while the focus was in it; Qt would give that to any neighbour.
    """

    left = Signal()

    def __init__(self, *buttons: QPushButton, calm: bool = False, parent: QWidget | None = None) -> None:
        """A banner that ends with ``buttons``; ``calm``: it is no trouble."""
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
