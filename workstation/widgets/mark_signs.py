"""Paint the signs of what the user noted of a study: a pin, a label, a note, a dot for what is unread."""

from __future__ import annotations

from functools import cache
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from workstation.models.mark_texts import MarkSign
from workstation.widgets.theme import Colours

SIGN: Final = 15
"""Pixels that a sign takes, with the gap beside it."""
_PIN: Final = ((-2.0, -4.5), (2.0, -4.5), (1.5, -1.0), (3.5, 1.0), (-3.5, 1.0), (-1.5, -1.0))
_LABEL: Final = ((-4.5, -3.0), (1.0, -3.0), (4.5, 0.0), (1.0, 3.0), (-4.5, 3.0))
_PAGE: Final = ((-3.5, -4.0), (3.5, -4.0), (3.5, 4.0), (-3.5, 4.0))
_LINES: Final = ((-1.5, 1.5), (0.5, 1.5), (2.5, 0.0))
"""Of the page: how far a line is below the middle, and where it ends."""


@cache
def _pen(colour: str, width: float = 1.2) -> QPen:
    ink = QColor(colour)
    return QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def paint_sign(painter: QPainter, slot: QRect, sign: MarkSign, colours: Colours) -> None:
    """Paint a sign into the middle of its slot."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    centre = QRectF(slot).center()
    painter.setPen(_pen(colours.quiet))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if sign == MarkSign.PINNED:
        painter.setPen(_pen(colours.text))
        painter.setBrush(QColor(colours.text))
        painter.drawPolygon([centre + QPointF(*point) for point in _PIN])
        painter.drawLine(centre + QPointF(0, 1.0), centre + QPointF(0, 5.0))
    elif sign == MarkSign.LABELS:
        painter.drawPolygon([centre + QPointF(*point) for point in _LABEL])
        painter.drawPoint(centre + QPointF(1.0, 0))
    elif sign == MarkSign.NOTE:
        painter.drawPolygon([centre + QPointF(*point) for point in _PAGE])
        for height, end in _LINES:
            painter.drawLine(centre + QPointF(-1.5, height), centre + QPointF(end, height))
    elif sign == MarkSign.OF_ANOTHER:
        painter.setPen(_pen(colours.warning))
        painter.drawPolygon([centre + QPointF(*point) for point in _PAGE])
        painter.drawLine(centre + QPointF(0, -2.0), centre + QPointF(0, 0.5))
        painter.drawPoint(centre + QPointF(0, 2.5))
    elif sign == MarkSign.UNREAD:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(centre, 3.5, 3.5)
    painter.restore()
