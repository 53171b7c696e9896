"""Cine controls: play, pause, and a slider for the frame."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

_SIZE = 16


class PlayBar(QWidget):
    """The bar below a picture with several frames.

    Signals:
        play_toggled: Play or pause was pressed.
        position_chosen: Index in the stack, from 0.
    """

    play_toggled = Signal()
    position_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
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
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 10, 2)
        for widget in (self.button, self.slider, self.rate):
            row.addWidget(widget)
        self.set_playing(False, 0.0)
        self.hide()

    def set_position(self, index: int, count: int) -> None:
        """Show the index and the count; hidden if there is nothing to play."""
        blocked = self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, count - 1))
        self.slider.setPageStep(max(1, count // 10))
        self.slider.setValue(index)
        self.slider.blockSignals(blocked)
        self.setVisible(count > 1)

    def clear(self) -> None:
        """Hide the bar: there is nothing to play."""
        self.set_position(0, 0)

    def set_playing(self, playing: bool, rate: float) -> None:
        """Show whether it plays, and the frames per second."""
        words = self.tr("Pause (Space or P)") if playing else self.tr("Play (Space or P)")
        colour = self.palette().buttonText().color().name()
        self.button.setIcon(_icon(playing, self.devicePixelRatioF(), colour))
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
