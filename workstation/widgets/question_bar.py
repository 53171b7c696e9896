"""Ask a yes-or-no question in the window instead of a message box."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton, QWidget
from typing_extensions import override

from workstation.widgets.banner import Banner

BAR_HEIGHT = 34
"""Of a place for it that keeps its height, in pixels: nothing moves when something is asked."""


class QuestionBar(Banner):
    """Hidden while there is no question; a new question replaces the old one, which counts as declined."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.yes, self.no, self.other = QPushButton(), QPushButton(), QPushButton()
        super().__init__(self.yes, self.no, self.other, parent=parent)
        self._then: Callable[[], None] | None = None
        self._instead: Callable[[], None] | None = None
        self.yes.clicked.connect(self._agreed)
        self.no.clicked.connect(self.dismiss)
        self.other.clicked.connect(self._chose_other)

    def ask(self, text: str, verb: str, then: Callable[[], None]) -> None:
        """Ask ``text``; the button ``verb`` calls ``then``."""
        self.no.setText(self.tr("Cancel"))
        self.other.hide()
        self._ask(text, verb, then, None)
        self.no.setFocus()

    def ask_unbidden(
        self, text: str, verb: str, then: Callable[[], None], other: str, instead: Callable[[], None]
    ) -> None:
        """Ask what the user did not cause, and leave the focus; the button ``other`` calls ``instead``."""
        self.no.setText(self.tr("Not now"))
        self.other.setText(other)
        self.other.show()
        self._ask(text, verb, then, instead)

    def _ask(
        self, text: str, verb: str, then: Callable[[], None], instead: Callable[[], None] | None
    ) -> None:
        self._then, self._instead = then, instead
        self.yes.setText(verb)
        self._tell(text, kind="question")

    @override
    def dismiss(self) -> None:
        """Withdraw the question."""
        self._then = self._instead = None
        super().dismiss()

    def _agreed(self) -> None:
        self._close(self._then)

    def _chose_other(self) -> None:
        self._close(self._instead)

    def _close(self, then: Callable[[], None] | None) -> None:
        self.dismiss()
        if then is not None:
            then()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = {self.yes: self._agreed, self.other: self._chose_other, self.more: self.open_whole}
            focused.get(self.focusWidget(), self.dismiss)()  # type: ignore[call-overload]
        else:
            super().keyPressEvent(event)
