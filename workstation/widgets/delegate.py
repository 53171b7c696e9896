"""Paint the rows of the result tree: weight by level, a mark for what is here, a sign for doubt."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QAbstractItemModel, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView
from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.models.columns import COLUMNS, Column
from workstation.models.mismatch_rows import BETWEEN
from workstation.models.model_index import ModelIndex
from workstation.models.rows import Fill, Local
from workstation.models.tree_roles import Role
from workstation.widgets.theme import colours

_DISPLAY = Qt.ItemDataRole.DisplayRole
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_SELECTED = QStyle.StateFlag.State_Selected
_ELIDED = 5000
"""Texts kept as they fit their cells."""
_MARK = 9
_GAP = 6
_INDENT = 20
_PENDING = "…"


class TreeDelegate(QStyledItemDelegate):
    """Paints each cell of the tree by the roles of its row: text, indentation, arrow, marks.

    It asks the model itself: a call of QModelIndex.data, which goes through C++, takes several times as long.
    """

    def __init__(self, model: QAbstractItemModel, view: QTableView) -> None:
        super().__init__(view)
        self._data, self._view = model.data, view
        self._level, self._message, self._differs = Level.PATIENT, False, False
        self._elided: dict[tuple[str, int, bool], str] = {}
        self.begin()

    def begin(self) -> None:
        """Look up what is the same for all cells of one painting: asking Qt takes as long as a text."""
        view = self._view
        self._colours = colours(view.palette())
        self._direction = view.layoutDirection()
        self._current = view.currentIndex().row() if view.hasFocus() else -1
        self._position = -1
        self._font = view.font()
        self._bold = view.font()
        self._bold.setBold(True)
        self._metrics, self._bold_metrics = QFontMetrics(self._font), QFontMetrics(self._bold)

    def _begin_row(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        self._position = index.row()
        self._level, self._message = self._data(index, Role.LEVEL), self._data(index, Role.MESSAGE)
        self._differs = self._data(index, Role.DIFFERS)
        self._selected = bool(option.state & _SELECTED)
        painter.setLayoutDirection(self._direction)
        painter.setFont(self._font)

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: ModelIndex) -> QSize:
        found = super().sizeHint(option, index)
        if index.column() == Column.NAME:
            found.setWidth(found.width() + _inset(index.data(Role.DEPTH)) + _MARK + _GAP)
        return found

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        position, column = index.row(), index.column()
        if position != self._position:
            self._begin_row(painter, option, index)
        box = option.rect
        if self._selected:
            painter.fillRect(box, _ink(self._colours.selected))
        if position == self._current:
            painter.setPen(_ink(self._colours.accent))
            painter.drawLine(box.topLeft(), box.topRight())
            painter.drawLine(box.bottomLeft(), box.bottomRight())
        if self._message:
            self._paint_message(painter, option, index)
            return
        text = self._data(index, _DISPLAY)
        if not text:
            return
        if column != Column.NAME:
            self._write(painter, box.adjusted(_GAP, 0, -_GAP, 0), index, text)
            return
        painter.save()
        depth = self._data(index, Role.DEPTH)
        inner = box.adjusted(_GAP + _inset(depth), 0, -_GAP - _MARK - 6, 0)  # it ends where the mark begins
        self._write(painter, _mirrored(self._direction, box, inner), index, text)
        self._draw_expander(painter, option, index)
        self._draw_mark(painter, option, index)
        painter.restore()

    def _write(self, painter: QPainter, box: QRect, index: ModelIndex, text: str) -> None:
        chosen, spec = self._colours, COLUMNS[index.column()]
        bold = spec.column is Column.NAME and self._level == Level.PATIENT
        if bold:
            painter.setFont(self._bold)
        pale = self._level == Level.IMAGE or (self._level == Level.STUDY and spec.pale)
        differs = self._differs and self._data(index, Role.CELL_DIFFERS)
        painter.setPen(_ink(chosen.warning if differs else chosen.quiet if pale else chosen.text))
        flags = _RIGHT if spec.numeric else _LEFT
        painter.drawText(box, flags, self._elide(text, box.width(), bold=bold))

    def _elide(self, text: str, width: int, *, bold: bool) -> str:
        """Return the text as it fits; found once, since the same rows are painted again and again."""
        known = self._elided.get((text, width, bold))
        if known is None:
            if len(self._elided) >= _ELIDED:
                self._elided.clear()
            metrics = self._bold_metrics if bold else self._metrics
            known = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            self._elided[text, width, bold] = known
        return known

    # --- Messages ---------------------------------------------------------------------------------------

    def _paint_message(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        """Paint the part of a message that is in this cell: the message takes the whole width."""
        text = self._data(index.sibling(index.row(), Column.NAME), _DISPLAY)
        box = QRect(option.rect)
        left = self._view.columnViewportPosition(Column.NAME)
        box.setLeft(left + _inset(self._data(index, Role.DEPTH)) + _GAP)
        box.setRight(self._view.viewport().width() - _GAP)
        painter.save()
        painter.setClipRect(option.rect)
        if self._data(index, Role.LINE):
            self._write_line(painter, option, box, text)
            if option.rect.left() == left:
                self._draw_expander(painter, option, index)
        else:
            font = option.font
            font.setItalic(True)
            painter.setFont(font)
            painter.setPen(_ink(self._colours.bad))
            text = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, _LEFT, text)
        painter.restore()

    def _write_line(self, painter: QPainter, option: QStyleOptionViewItem, box: QRect, text: str) -> None:
        """Write the line behind which others stand apart, and as a link what Enter does there."""
        message, between, link = text.rpartition(BETWEEN)
        if self._direction is Qt.LayoutDirection.RightToLeft:
            message, between, link = text, "", ""
        painter.setPen(_ink(self._colours.text))
        painter.drawText(box, _LEFT, message + between)
        box.setLeft(box.left() + option.fontMetrics.horizontalAdvance(message + between))
        painter.setPen(_ink(self._colours.accent))
        painter.drawText(box, _LEFT, link)

    # --- Marks ------------------------------------------------------------------------------------------

    def _draw_mark(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        """Draw at the end of the cell what is to be warned of, or else how complete the local copy is."""
        chosen, box = self._colours, QRectF(option.rect)
        x = box.left() + _MARK if self._direction is Qt.LayoutDirection.RightToLeft else box.right() - _MARK
        centre = QPointF(x, box.center().y())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        sign = self._sign(index)
        if sign:
            painter.setPen(_ink(chosen.quiet if sign == _PENDING else chosen.warning))
            around = QRectF(centre.x() - 6, box.top(), 14, box.height())
            painter.drawText(around, Qt.AlignmentFlag.AlignCenter, sign)
        elif self._level != Level.PATIENT and (local := self._data(index, Role.LOCAL)) != Local.NONE:
            partly = local == Local.PARTLY
            verified = not partly and self._data(index, Role.VERIFIED)
            ink = _ink(chosen.warning if partly else chosen.good)
            _draw_disc(painter, centre, ink, partly=partly, verified=verified)

    def _sign(self, index: ModelIndex) -> str:
        """Return what is drawn instead of the mark for what is here; empty: nothing."""
        if self._data(index, Role.DOUBTFUL) or self._data(index, Role.FAULT):
            return "!"
        if self._differs:
            return "≠"
        return _PENDING if self._data(index, Role.FILL) == Fill.PENDING else ""

    def _draw_expander(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        """Draw the arrow that says whether the rows below are shown, where there are any."""
        is_open = self._data(index, Role.OPEN)
        if is_open is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        arrow = expander(option.rect, self._data(index, Role.DEPTH), self._direction)
        _draw_arrow(painter, arrow, _ink(self._colours.quiet), self._direction, is_open)


@cache
def _ink(colour: str) -> QColor:
    return QColor(colour)


def _inset(depth: int) -> int:
    """Return where the text of a row begins."""
    return (depth + 1) * _INDENT


def expander(cell: QRect, depth: int, direction: Qt.LayoutDirection) -> QRect:
    """Return where in a cell of the first column a click opens or closes the row."""
    box = QRect(cell.left() + depth * _INDENT, cell.top(), _INDENT, cell.height())
    return _mirrored(direction, cell, box)


def _mirrored(direction: Qt.LayoutDirection, cell: QRect, box: QRect) -> QRect:
    """Return where a box of a cell is in a language written from right to left."""
    if direction is Qt.LayoutDirection.LeftToRight:
        return box
    return box.translated(cell.left() + cell.right() - box.left() - box.right(), 0)


def _draw_arrow(
    painter: QPainter, box: QRect, colour: QColor, direction: Qt.LayoutDirection, open_: bool
) -> None:
    """Draw an arrow: down for an open row; for a closed one to where its rows would be."""
    painter.save()
    painter.translate(QRectF(box).center() + QPointF(2, 0))
    if open_:
        painter.rotate(90)
    elif direction is Qt.LayoutDirection.RightToLeft:
        painter.rotate(180)
    painter.setPen(QPen(colour, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline([QPointF(-1.75, -3.5), QPointF(1.75, 0), QPointF(-1.75, 3.5)])
    painter.restore()


def _draw_disc(painter: QPainter, centre: QPointF, colour: QColor, *, partly: bool, verified: bool) -> None:
    """Draw a disc for what is here and verified, a ring for what is not verified, a half disc for a part."""
    half = _MARK / 2
    box = QRectF(centre.x() - half, centre.y() - half, _MARK, _MARK)
    painter.setPen(QPen(colour, 1.4))
    painter.setBrush(colour if verified else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(box)
    if partly:
        painter.setBrush(colour)
        painter.drawPie(box, 90 * 16, 180 * 16)
