"""One sentence about what happened, until it is dismissed or another takes its place."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget


class NoticeBar(QFrame):
    """Hidden while there is nothing to say. Texts may be a peer's: plain text always."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.act = QPushButton()
        self.act.setObjectName("link")
        self.act.clicked.connect(self._acted)
        self._then: Callable[[], None] | None = None
        dismiss = QPushButton(self.tr("Dismiss"))
        dismiss.setObjectName("link")
        dismiss.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.addWidget(self._text, 1)
        row.addWidget(self.act)
        row.addWidget(dismiss)
        self.hide()

    def show_notice(self, text: str, detail: str = "", *, calm: bool = False) -> None:
        """Say ``text``; ``detail`` (codes) follows in parentheses. ``calm``: it is no trouble."""
        self.setProperty("calm", calm)
        self.style().polish(self)
        self._text.setText(f"{text}  ({detail})" if detail else text)
        self.withdraw()
        self.show()

    def offer(self, text: str, verb: str, then: Callable[[], None], *, calm: bool = True) -> None:
        """Say ``text``; ``verb`` on a link does ``then`` until :meth:`withdraw`."""
        self.show_notice(text, calm=calm)
        self.act.setText(verb)
        self.act.show()
        self._then = then

    def withdraw(self) -> None:
        """Offer nothing any more; what is said stays."""
        self._then = None
        self.act.hide()

    def _acted(self) -> None:
        then = self._then
        self.withdraw()
        self.hide()
        if then is not None:
            then()

    @property
    def text(self) -> str:
        """What is said now; empty when hidden."""
        return self._text.text() if not self.isHidden() else ""
