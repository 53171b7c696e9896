"""Paint how much of a study is here: a bar for a part, a check for what is proved, a ring for what is not."""

from __future__ import annotations

from functools import cache
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from workstation.models.images_column import StateMark
from workstation.widgets.theme import Colours

SLOT: Final = 12
"""Pixels that a mark takes."""
_BAR: Final = 40
_SHORTEST: Final = 16
"""Where less room is left there is a pie in place of the bar."""
_THICK: Final = 4
_TOP, _ROUND = 90 * 16, 360 * 16
"""Angles of QPainter."""
_SLIVER: Final = 0.08
"""The least share that is seen in a pie."""


@cache
def _ink(colour: str) -> QColor:
    return QColor(colour)


def paint_mark(painter: QPainter, slot: QRect, mark: StateMark, colours: Colours) -> None:
    """Paint the mark of a local copy into its slot; NONE and PARTIAL have none."""
    centre = QRectF(slot).center()
    if mark == StateMark.VERIFIED:
        painter.setPen(
            QPen(
                _ink(colours.good),
                1.8,
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
        )
        steps = (QPointF(-4, 0.5), QPointF(-1.2, 3.5), QPointF(4.5, -3.5))
        painter.drawPolyline([centre + step for step in steps])
    elif mark == StateMark.KNOWN:
        painter.setPen(QPen(_ink(colours.quiet), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, 4.0, 4.0)
    elif mark == StateMark.DOUBTFUL:
        painter.setPen(_ink(colours.warning))
        painter.drawText(slot, Qt.AlignmentFlag.AlignCenter, "!")


def has_room_for_bar(width: int) -> bool:
    """Whether a bar is seen in so many pixels."""
    return width >= _SHORTEST


def paint_pie(painter: QPainter, slot: QRect, share: float, colours: Colours) -> None:
    """Paint which share is here, from 0 to 1, into the slot of a mark: clockwise from the top."""
    box = QRectF(0, 0, 9, 9)
    box.moveCenter(QRectF(slot).center())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_ink(colours.line))
    painter.drawEllipse(box)
    painter.setBrush(_ink(colours.warning))
    painter.drawPie(box, _TOP, -round(max(_SLIVER, share) * _ROUND))


def paint_bar(
    painter: QPainter, room: QRect, share: float, colours: Colours, direction: Qt.LayoutDirection
) -> None:
    """Paint which share is here, from 0 to 1, at the end of the room beside the number."""
    width = min(_BAR, room.width())
    to_left = direction is Qt.LayoutDirection.RightToLeft
    left = room.left() if to_left else room.right() + 1 - width
    bar = QRectF(left, QRectF(room).center().y() - _THICK / 2, width, _THICK)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_ink(colours.line))
    painter.drawRoundedRect(bar, _THICK / 2, _THICK / 2)
    done = QRectF(bar)
    done.setWidth(max(_THICK, share * width))
    if to_left:
        done.moveRight(bar.right())
    painter.setBrush(_ink(colours.warning))
    painter.drawRoundedRect(done, _THICK / 2, _THICK / 2)
