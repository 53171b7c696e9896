"""Texts on a picture: in its corners and at its sides, readable whatever lies below them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap, QTextOption

from workstation.imaging.orientation import Sides

MARGIN = 10
_OUTLINE = 1.0
_MOST = 3
_INK, _EDGE, _WARNING = QColor("#eef1f3"), QColor(0, 0, 0, 210), QColor("#ffcf70")
_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
_TOP, _BOTTOM = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
CORNERS = (_LEFT | _TOP, _RIGHT | _TOP, _LEFT | _BOTTOM, _RIGHT | _BOTTOM)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of plain text in a corner; a bold one that is too long goes on below."""

    text: str
    bold: bool = False
    warning: bool = False


Lines = tuple[Line, ...]


class Corners:
    """Paints lines in the four corners; what does not change is painted once."""

    def __init__(self) -> None:
        self._painted: dict[int, tuple[object, QPixmap]] = {}
        self._cut: list[tuple[QRect, str]] = []

    def paint(self, painter: QPainter, area: QRect, corners: tuple[Lines, ...], sides: Sides) -> None:
        """Paint ``corners`` (top left, top right, bottom left, bottom right) and the letters of the sides."""
        self._cut = []
        room = area.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        width = max(40, room.width() // 2 - 2 * MARGIN)
        for number, (where, lines) in enumerate(zip(CORNERS, corners, strict=True)):
            if not lines:
                continue
            lines = tuple(part for line in lines for part in _fitted(painter.font(), line, width))
            picture = self._picture(painter, number, lines, width, where)
            size = picture.deviceIndependentSize()
            left = room.left() if where & _LEFT else room.right() + 1 - size.width()
            top = room.top() if where & _TOP else room.bottom() + 1 - size.height()
            painter.drawPixmap(QPointF(left, top), picture)
            self._remember_cut(painter.font(), lines, QRectF(QPointF(left, top), size), width)
        self._paint_sides(painter, area, sides)

    def whole_text(self, place: QPoint) -> str:
        """All of the text at ``place``, if some of it did not fit; else empty."""
        return next((text for box, text in self._cut if box.contains(place)), "")

    def _picture(
        self, painter: QPainter, number: int, lines: Lines, width: int, where: Qt.AlignmentFlag
    ) -> QPixmap:
        ratio = painter.device().devicePixelRatioF()
        key = lines, width, ratio, painter.font().key()
        kept = self._painted.get(number)
        if kept is None or kept[0] != key:
            kept = self._painted[number] = key, _paint_lines(painter.font(), lines, width, where, ratio)
        return kept[1]

    def _remember_cut(self, font: QFont, lines: Lines, box: QRectF, width: int) -> None:
        if any(_metrics(font, line).horizontalAdvance(line.text) > width for line in lines):
            self._cut.append((box.toAlignedRect(), "\n".join(line.text for line in lines)))

    def _paint_sides(self, painter: QPainter, area: QRect, sides: Sides) -> None:
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        room = QRectF(area.adjusted(4, 4, -4, -4))
        middle_down, middle_across = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignHCenter
        for text, where in (
            (sides.left, _LEFT | middle_down),
            (sides.right, _RIGHT | middle_down),
            (sides.top, _TOP | middle_across),
            (sides.bottom, _BOTTOM | middle_across),
        ):
            if text:
                outlined(painter, room, text, QTextOption(where), _INK)


def _metrics(font: QFont, line: Line) -> QFontMetricsF:
    font = QFont(font)
    font.setBold(line.bold)
    return QFontMetricsF(font)


def _fitted(font: QFont, line: Line, width: int) -> Lines:
    """A bold line in as many lines as it needs, at most :data:`_MOST`; words are not broken."""
    metrics = _metrics(font, line)
    if not line.bold or metrics.horizontalAdvance(line.text) <= width:
        return (line,)
    parts = [""]
    for word in line.text.split(" "):
        longer = f"{parts[-1]} {word}".strip()
        if metrics.horizontalAdvance(longer) <= width or not parts[-1] or len(parts) == _MOST:
            parts[-1] = longer
        else:
            parts.append(word)
    return tuple(replace(line, text=part) for part in parts)


def _paint_lines(font: QFont, lines: Lines, width: int, where: Qt.AlignmentFlag, ratio: float) -> QPixmap:
    spacing = max(_metrics(font, line).height() for line in lines) + 1
    size = QSizeF(width, spacing * len(lines) + 2)
    picture = QPixmap((size * ratio).toSize())
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    option = QTextOption(where & Qt.AlignmentFlag.AlignHorizontal_Mask | Qt.AlignmentFlag.AlignVCenter)
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    option.setTextDirection(Qt.LayoutDirection.LeftToRight)  # an Arabic name stays in its corner
    painter = QPainter(picture)
    try:
        for number, line in enumerate(lines):
            metrics = _metrics(font, line)
            chosen = QFont(font)
            chosen.setBold(line.bold)
            painter.setFont(chosen)
            text = metrics.elidedText(line.text, Qt.TextElideMode.ElideRight, width - 2 * _OUTLINE)
            box = QRectF(_OUTLINE, number * spacing + _OUTLINE, width - 2 * _OUTLINE, spacing)
            outlined(painter, box, text, option, _WARNING if line.warning else _INK)
    finally:
        painter.end()
    return picture


def outlined(painter: QPainter, box: QRectF, text: str, option: QTextOption, ink: QColor) -> None:
    """Draw ``text`` with a dark edge around each letter."""
    painter.setPen(_EDGE)
    for right, down in ((-1, -1), (1, -1), (-1, 1), (1, 1), (0, -1), (0, 1), (-1, 0), (1, 0)):
        painter.drawText(box.translated(right * _OUTLINE, down * _OUTLINE), text, option)
    painter.setPen(ink)
    painter.drawText(box, text, option)
