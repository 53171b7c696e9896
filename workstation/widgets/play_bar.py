"""Cine controls: play, pause, and a slider for the frame."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from workstation.widgets.theme import DARK

_SIZE = 16


class PlayBar(QWidget):
    """The bar below the picture; disabled where there is one frame or none.

    Signals:
        play_toggled: Play or pause was pressed.
        position_chosen: Index in the stack, from 0.
    """

    play_toggled = Signal()
    position_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tools")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.button = QToolButton()
        self.button.setAutoRaise(True)
        self.button.setIconSize(QSize(_SIZE, _SIZE))
        self.button.clicked.connect(self.play_toggled)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(self.tr("Image"))
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.valueChanged.connect(self.position_chosen)
        self.rate = QLabel()
        self.rate.setObjectName("quiet")
        self.rate.setMinimumWidth(self.rate.fontMetrics().horizontalAdvance("000.0 fps"))
        self.place = QLabel()
        self.place.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.place.setMinimumWidth(self.place.fontMetrics().horizontalAdvance("00000 / 00000"))
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 1, 10, 1)
        for widget in (self.button, self.rate, self.slider, self.place):
            row.addWidget(widget)
        self.set_playing(False, 0.0)
        self.set_position(0, 0)

    def set_position(self, index: int, count: int) -> None:
        """Show the index and the count."""
        blocked = self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, count - 1))
        self.slider.setPageStep(max(1, count // 10))
        self.slider.setValue(index)
        self.slider.blockSignals(blocked)
        self.setEnabled(count > 1)
        self.place.setText(f"{index + 1} / {count}" if count > 1 else "")

    def clear(self) -> None:
        """There is nothing to play."""
        self.set_position(0, 0)

    def set_playing(self, playing: bool, rate: float) -> None:
        """Show whether it plays, and the frames per second."""
        words = self.tr("Pause (Space or P)") if playing else self.tr("Play (Space or P)")
        self.button.setIcon(_icon(playing, self.devicePixelRatioF(), DARK.text))
        self.button.setToolTip(words)
        self.button.setAccessibleName(words)
        self.rate.setText(self.tr("{0} fps").format(f"{rate:.3g}") if playing else "")


@cache
def _icon(playing: bool, ratio: float, colour: str) -> QIcon:
    """Two bars or a triangle, drawn once: Qt caches pixmaps of each new icon."""
    picture = QPixmap(round(_SIZE * ratio), round(_SIZE * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        if playing:
            painter.drawRect(QRectF(3, 2, 4, 12))
            painter.drawRect(QRectF(9, 2, 4, 12))
        else:
            painter.drawPolygon(QPolygonF([QPointF(4, 2), QPointF(14, 8), QPointF(4, 14)]))
    finally:
        painter.end()
    return QIcon(picture)
