"""The place of messages: in the bottom line, always as large, with or without a message."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from workstation.widgets.banner import Banner
from workstation.widgets.notice_bar import NoticeBar
from workstation.widgets.question_bar import QuestionBar


class MessageLine(QWidget):
    """Shows the question if there is one, else the note; the note comes back after the question.

    Signals:
        left: What had the focus has gone.
        said: The text that is shown now; empty: none.
    """

    left = Signal()
    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice, self.question = NoticeBar(), QuestionBar()
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)  # to what it stands in
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(1)  # whatever is said, the line is divided in the same way
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for banner in (self.notice, self.question):
            row.addWidget(banner)
            banner.left.connect(self.left)
            banner.told_changed.connect(self._update)

    @property
    def shown(self) -> Banner | None:
        """What is shown; None: nothing."""
        return next((one for one in (self.question, self.notice) if one.told), None)

    def _update(self) -> None:
        self.notice.cover(self.question.told)
        self.said.emit(self.shown.label.text() if self.shown is not None else "")
