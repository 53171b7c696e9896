"""Show one message until it is dismissed or replaced."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton, QWidget

from workstation.widgets.banner import Banner


class NoticeBar(Banner):
    """Hidden while there is no message."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.act, dismiss = QPushButton(), QPushButton()
        super().__init__(self.act, dismiss, parent=parent)
        self._then: Callable[[], None] | None = None
        dismiss.setText(self.tr("Dismiss"))
        for link, act in ((self.act, self._acted), (dismiss, self.dismiss)):
            link.setObjectName("link")
            link.clicked.connect(act)
        self.act.hide()

    def show_notice(self, text: str, detail: str = "", *, calm: bool = False) -> None:
        """Show ``text``; ``detail`` (codes) follows in parentheses. ``calm``: not an error."""
        self.withdraw()
        self._tell(f"{text}  ({detail})" if detail else text, kind="note" if calm else "error")

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
        self.dismiss()
        if then is not None:
            then()

    @property
    def text(self) -> str:
        """The text, be it covered by a question or not; empty: there is none."""
        return self.label.text() if self.told else ""
