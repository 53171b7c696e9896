"""A small time line of an exchange: bytes over time, and behind them what was waited for."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from workstation.dicom import display
from workstation.models.exchange_timeline import Timeline
from workstation.widgets.theme import Colours, colours

_HEIGHT = 56
_WAIT_OPACITY = 60


class TimelineView(QWidget):
    """Paints a :class:`Timeline`; its words are in the tool tip and the accessible description, too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._timeline: Timeline | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Time line"))

    def show_timeline(self, timeline: Timeline | None) -> None:
        """Show another one; None: nothing."""
        if timeline != self._timeline:
            self._timeline = timeline
            self.setToolTip(self._words())
            self.setAccessibleDescription(self._words())
            self.update()

    def _words(self) -> str:
        found = self._timeline
        if found is None:
            return ""
        waited = sum(end - begin for begin, end in found.waits) * found.seconds
        text = self.tr("{seconds} s, at most {rate}/s; waited for the other side for {waited} s")
        rate = display.size(int(found.rate))
        return text.format(seconds=f"{found.seconds:.3f}", rate=rate, waited=f"{waited:.3f}")

    @override
    def sizeHint(self) -> QSize:
        return QSize(400, _HEIGHT)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        found = self._timeline
        painter = QPainter(self)
        chosen = colours(self.palette())
        text_height = painter.fontMetrics().height()
        area = QRectF(0, 0, self.width(), max(1, self.height() - text_height - 2))
        painter.fillRect(area, QColor(chosen.field))
        if found is not None:
            _paint(painter, area, found, chosen)
            painter.setPen(QColor(chosen.quiet))
            room = self.width() - 8
            words = painter.fontMetrics().elidedText(self._words(), Qt.TextElideMode.ElideRight, room)
            painter.drawText(4, self.height() - painter.fontMetrics().descent() - 1, words)
        painter.end()


def _paint(painter: QPainter, area: QRectF, found: Timeline, chosen: Colours) -> None:
    waiting = QColor(chosen.warning)
    waiting.setAlpha(_WAIT_OPACITY)
    for begin, end in found.waits:
        left = begin * area.width()
        painter.fillRect(QRectF(left, 0, max(1.0, (end - begin) * area.width()), area.height()), waiting)
    most = max(found.amounts, default=0)
    width = area.width() / max(1, len(found.amounts))
    for place, amount in enumerate(found.amounts):
        if amount:
            height = max(2.0, amount / most * (area.height() - 4))
            bar = QRectF(place * width, area.height() - height, max(1.0, width), height)
            painter.fillRect(bar, QColor(chosen.accent))
    for share in found.decisions:
        painter.fillRect(QRectF(share * area.width(), 0, 2, area.height()), QColor(chosen.bad))
