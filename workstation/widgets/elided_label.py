"""A label of one line that is cut off with an ellipsis where there is not room for all of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget
from typing_extensions import override

from workstation.dicom import display


class ElidedLabel(QLabel):
    """Takes less width than its text needs, if need be; the tool tip then has the whole text.

    Signals:
        cut_changed: Whether the text is cut off is another answer now.

    Attributes:
        cut: Whether the text is cut off.
    """

    cut_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cut = False
        self._explanation = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    @override
    def setText(self, text: str) -> None:
        super().setText(text)
        self._measure()

    def explain(self, text: str) -> None:
        """Set what the tool tip says besides the text."""
        self._explanation = text
        self._measure()

    @property
    def _line(self) -> str:
        return self.text().replace("\n", "  ")

    def _measure(self) -> None:
        before = self.cut
        self.cut = self.fontMetrics().horizontalAdvance(self._line) > self.contentsRect().width()
        parts = [self.text() if self.cut else "", self._explanation]
        self.setToolTip(display.tool_tip("\n".join(filter(None, parts))))
        if self.cut != before:
            self.cut_changed.emit(self.cut)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        box = self.contentsRect()
        shown = self.fontMetrics().elidedText(self._line, Qt.TextElideMode.ElideRight, box.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(box, self.alignment(), shown)
        painter.end()
