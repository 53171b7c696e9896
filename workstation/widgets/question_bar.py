"""A question in the page, in place of a box on top of it: one sentence, yes or no."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget
from typing_extensions import override


class QuestionBar(QFrame):
    """Hidden while nothing is asked; a new question takes the place of the old one, which means no."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setProperty("calm", True)
        self._then: Callable[[], None] | None = None
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.yes = QPushButton()
        self.yes.setAutoDefault(True)
        self.no = QPushButton(self.tr("Cancel"))
        self.yes.clicked.connect(self._agreed)
        self.no.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.addWidget(self.text, 1)
        row.addWidget(self.yes)
        row.addWidget(self.no)
        self.hide()

    def ask(self, text: str, verb: str, then: Callable[[], None]) -> None:
        """Ask ``text``; ``verb`` on the button does ``then``."""
        self._then = then
        self.text.setText(text)
        self.yes.setText(verb)
        self.show()
        self.no.setFocus()

    def dismiss(self) -> None:
        """Take the question back."""
        self._then = None
        self.hide()

    def _agreed(self) -> None:
        then = self._then
        self.dismiss()
        if then is not None:
            then()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            (self._agreed if self.yes.hasFocus() else self.dismiss)()
        else:
            super().keyPressEvent(event)
