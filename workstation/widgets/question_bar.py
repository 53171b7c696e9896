"""Ask a yes-or-no question in the window instead of a message box."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton, QWidget
from typing_extensions import override

from workstation.widgets.banner import Banner


class QuestionBar(Banner):
    """Hidden while there is no question; a new question replaces the old one, which counts as declined."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.yes, self.no = QPushButton(), QPushButton()
        super().__init__(self.yes, self.no, calm=True, parent=parent)
        self._then: Callable[[], None] | None = None
        self.no.setText(self.tr("Cancel"))
        self.yes.clicked.connect(self._agreed)
        self.no.clicked.connect(self.dismiss)

    def ask(self, text: str, verb: str, then: Callable[[], None]) -> None:
        """Ask ``text``; the button ``verb`` calls ``then``."""
        self._then = then
        self.label.setText(text)
        self.yes.setText(verb)
        self.show()
        self.no.setFocus()

    def dismiss(self) -> None:
        """Withdraw the question."""
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
