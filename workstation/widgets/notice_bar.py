"""Show one message until it is dismissed or replaced."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton, QWidget

from workstation.widgets.banner import Banner
from workstation.widgets.theme import mark


class NoticeBar(Banner):
    """Hidden while there is no message."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.act, dismiss = QPushButton(), QPushButton()
        super().__init__(self.act, dismiss, parent=parent)
        self._then: Callable[[], None] | None = None
        dismiss.setText(self.tr("Dismiss"))
        for link, act in ((self.act, self._acted), (dismiss, self.hide)):
            link.setObjectName("link")
            link.clicked.connect(act)

    def show_notice(self, text: str, detail: str = "", *, calm: bool = False) -> None:
        """Show ``text``; ``detail`` (codes) follows in parentheses. ``calm``: not an error."""
        mark(self, "calm", calm)
        self.label.setText(f"{text}  ({detail})" if detail else text)
        self.withdraw()
        self.show()

    def offer(self, text: str, verb: str, then: Callable[[], None], *, calm: bool = True) -> None:
        """Show ``text`` and a link ``verb`` that calls ``then``, until :meth:`withdraw`."""
        self.show_notice(text, calm=calm)
        self.act.setText(verb)
        self.act.show()
        self._then = then

    def withdraw(self) -> None:
        """Remove the link; the text stays."""
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
        """The shown text; empty when hidden."""
        return self.label.text() if not self.isHidden() else ""
