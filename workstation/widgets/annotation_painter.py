"""Paint text in the corners and at the sides of a picture, outlined to be readable on any background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, floor

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap, QTextOption

from workstation.imaging.orientation import Sides

MARGIN = 10
_SIDE_MARGIN = 3
_OUTLINE = 1
"""Width of the outline, in pixels."""
_AROUND = ((-1, -1), (1, -1), (-1, 1), (1, 1), (0, -1), (0, 1), (-1, 0), (1, 0))
_MOST = 3
_INK, _EDGE, _WARNING = QColor("#eef1f3"), QColor(0, 0, 0, 210), QColor("#ffcf70")
Position = tuple[float, float]
"""Position across and down, 0 to 1."""
CORNERS: tuple[Position, ...] = ((0, 0), (1, 0), (0, 1), (1, 1))
SIDES: tuple[Position, ...] = ((0, 0.5), (1, 0.5), (0.5, 0), (0.5, 1))
_ALIGNED = {
    0: Qt.AlignmentFlag.AlignLeft,
    0.5: Qt.AlignmentFlag.AlignHCenter,
    1: Qt.AlignmentFlag.AlignRight,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of plain text in a corner; a bold line that is too long is wrapped.

    Attributes:
        tip: Tool tip.
        ink: Red, green and blue, 0 to 255; None: the usual colour.
    """

    text: str
    bold: bool = False
    warning: bool = False
    tip: str = ""
    ink: tuple[int, int, int] | None = None


Lines = tuple[Line, ...]


class AnnotationPainter:
    """Paints lines in the four corners and letters at the sides; caches what it painted."""

    def __init__(self) -> None:
        self._blocks: dict[Position, tuple[object, _Block]] = {}
        self._cut: list[tuple[QRect, str]] = []

    def paint(self, painter: QPainter, area: QRect, corners: tuple[Lines, ...], sides: Sides) -> None:
        """Paint ``corners`` (top left, top right, bottom left, bottom right) and the letters of the sides."""
        self._cut = []
        room = area.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        width = max(40, room.width() // 2 - 2 * MARGIN)
        for position, lines in zip(CORNERS, corners, strict=True):
            if lines:
                self._paint(painter, room, position, lines, width)
        room = area.adjusted(_SIDE_MARGIN, _SIDE_MARGIN, -_SIDE_MARGIN, -_SIDE_MARGIN)
        for position, letters in zip(SIDES, (sides.left, sides.right, sides.top, sides.bottom), strict=True):
            if letters:
                self._paint(painter, room, position, (Line(letters, bold=True),), None)

    def tool_tip_at(self, point: QPoint) -> str:
        """The tool tip at a point: the full text if it was cut, and further text; else empty."""
        return next((text for box, text in self._cut if box.contains(point)), "")

    def _paint(
        self, painter: QPainter, room: QRect, position: Position, lines: Lines, width: int | None
    ) -> None:
        """Paint ``lines`` in at most ``width``; None: no limit."""
        font, ratio = painter.font(), painter.device().devicePixelRatioF()
        most = max(1, floor(room.height() / 2 / (QFontMetricsF(font).height() + 1)))
        key = lines, width, most, ratio, font.key()
        kept = self._blocks.get(position)
        if kept is None or kept[0] != key:
            kept = self._blocks[position] = key, _block(font, lines, width, most, position, ratio)
        block = kept[1]
        size = block.picture.deviceIndependentSize()
        left = room.left() + position[0] * (room.width() - size.width())
        top = room.top() + position[1] * (room.height() - size.height())
        left, top = floor(left * ratio) / ratio, floor(top * ratio) / ratio  # on whole pixels of the screen
        painter.drawPixmap(QPointF(left, top), block.picture)
        if block.cut:
            self._cut.append((QRectF(QPointF(left, top), size).toAlignedRect(), block.cut))


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines as an image.

    Attributes:
        cut: Tool tip: the full text if it was cut, and further text; else empty.
    """

    picture: QPixmap
    cut: str


def _block(
    font: QFont, lines: Lines, width: int | None, most: int, position: Position, ratio: float
) -> _Block:
    bold = QFont(font)
    bold.setBold(True)
    faces = _Face(font), _Face(bold)
    if width is None:
        width = ceil(max(faces[line.bold].advance(line.text) for line in lines)) + 2 * _OUTLINE
    space = width - 2 * _OUTLINE
    lines = tuple(part for line in lines for part in _fitted(faces[line.bold], line, space))
    cut = tuple(faces[line.bold].cut(line, space) for line in _kept(lines, most, below=position[1] == 1))
    complete = cut == lines and not any(line.tip for line in lines)
    whole = "" if complete else "\n".join(line.tip or line.text for line in lines)
    return _Block(_outlined(faces, cut, width, position, ratio), whole)


class _Face:
    """A font and its measures."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetricsF(font)
        self.height = self._metrics.height()

    def advance(self, text: str) -> float:
        """Width of ``text``."""
        return self._metrics.horizontalAdvance(text)

    def cut(self, line: Line, width: int) -> Line:
        """``line``, with an ellipsis if it is wider than ``width``."""
        if self.advance(line.text) <= width:
            return line
        return replace(line, text=self._metrics.elidedText(line.text, Qt.TextElideMode.ElideRight, width))


def _fitted(face: _Face, line: Line, width: int) -> Lines:
    """Wrap a bold line at words, into at most :data:`_MOST` lines."""
    if not line.bold or face.advance(line.text) <= width:
        return (line,)
    parts = [""]
    for word in line.text.split(" "):
        longer = f"{parts[-1]} {word}".strip()
        if face.advance(longer) <= width or not parts[-1] or len(parts) == _MOST:
            parts[-1] = longer
        else:
            parts.append(word)
    return tuple(replace(line, text=part) for part in parts)


def _kept(lines: Lines, most: int, *, below: bool) -> Lines:
    """At most so many lines, warnings before others, so that upper and lower corners do not meet."""
    outwards = sorted(range(len(lines)), key=lambda n: (not lines[n].warning, -n if below else n))
    return tuple(lines[n] for n in sorted(outwards[:most]))


def _outlined(
    faces: tuple[_Face, _Face], lines: Lines, width: int, position: Position, ratio: float
) -> QPixmap:
    """Draw ``lines`` outlined: a dark copy shifted to all sides lies below them."""
    spacing = max(faces[line.bold].height for line in lines) + 1
    size = QSizeF(width, spacing * len(lines) + 2 * _OUTLINE)
    option = QTextOption(_ALIGNED[position[0]] | Qt.AlignmentFlag.AlignVCenter)
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    option.setTextDirection(Qt.LayoutDirection.LeftToRight)  # an Arabic name stays in its corner

    def write(painter: QPainter, edge: QColor | None) -> None:
        for number, line in enumerate(lines):
            painter.setFont(faces[line.bold].font)
            ink = QColor(*line.ink) if line.ink is not None else _WARNING if line.warning else _INK
            painter.setPen(edge or ink)
            box = QRectF(_OUTLINE, number * spacing + _OUTLINE, width - 2 * _OUTLINE, spacing)
            painter.drawText(box, line.text, option)

    dark = _painted(size, ratio, lambda painter: write(painter, _EDGE))

    def write_on_edges(painter: QPainter) -> None:
        for right, down in _AROUND:
            painter.drawPixmap(QPointF(right * _OUTLINE, down * _OUTLINE), dark)
        write(painter, None)

    return _painted(size, ratio, write_on_edges)


def _painted(size: QSizeF, ratio: float, paint: Callable[[QPainter], None]) -> QPixmap:
    """Make a transparent pixmap painted by ``paint``."""
    picture = QPixmap((size * ratio).toSize())
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    try:
        paint(painter)
    finally:
        painter.end()
    return picture
