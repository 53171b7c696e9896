"""How a row of the tree looks: weight by level, a mark for what is here, a sign for doubt."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget
from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.models.columns import NUMBERS, Column, cell, differs_in
from workstation.models.mismatch_rows import BETWEEN
from workstation.models.rows import Fill, Local, Row
from workstation.models.transfers_model import TransferRole, TransferState
from workstation.models.tree_model import Role, TreeModel
from workstation.widgets.theme import colours

Index = QModelIndex | QPersistentModelIndex
_COLUMNS = tuple(Column)
_PALE = (Column.LOCAL, Column.SOURCE)
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_SELECTED = QStyle.StateFlag.State_Selected
_ELIDED = 5000
"""Texts kept as they fit their cells."""
_MARK = 9
_GAP = 6
_INDENT = 20


class TreeDelegate(QStyledItemDelegate):
    """The one delegate of the tree: text, indentation, the arrow that opens a row, marks."""

    def __init__(self, model: TreeModel, view: QTableView) -> None:
        super().__init__(view)
        self._model, self._view = model, view
        self._row: Row | None = None
        self._elided: dict[tuple[str, int, bool], str] = {}
        self.begin()

    def begin(self) -> None:
        """Look up what is the same for all cells of one painting: asking Qt takes as long as a text."""
        view = self._view
        self._colours = colours(view.palette())
        self._direction = view.layoutDirection()
        self._current = view.currentIndex().row() if view.hasFocus() else -1
        self._place = -1
        self._font = view.font()
        self._bold = view.font()
        self._bold.setBold(True)
        self._metrics, self._bold_metrics = QFontMetrics(self._font), QFontMetrics(self._bold)

    def _begin_row(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self._place, self._row = index.row(), self._model.row(index)
        self._selected = bool(option.state & _SELECTED)
        painter.setLayoutDirection(self._direction)
        painter.setFont(self._font)

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        found = super().sizeHint(option, index)
        if index.column() == Column.NAME:
            found.setWidth(found.width() + _inset(index.data(Role.DEPTH)) + _MARK + _GAP)
        return found

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        place = index.row()
        if place != self._place:
            self._begin_row(painter, option, index)
        row, column = self._row, _COLUMNS[index.column()]
        if row is None:
            return
        box = option.rect
        if self._selected:
            painter.fillRect(box, _ink(self._colours.selected))
        if place == self._current:
            painter.setPen(_ink(self._colours.accent))
            painter.drawLine(box.topLeft(), box.topRight())
            painter.drawLine(box.bottomLeft(), box.bottomRight())
        text = cell(row, Column.NAME if row.error else column)
        if not text:
            return
        if column is not Column.NAME and not row.error:
            self._write(painter, box.adjusted(_GAP, 0, -_GAP, 0), column, row, text)
            return
        painter.save()
        if row.is_line:
            self._write_line(painter, option, row, text)
        elif row.error:
            self._write_across(painter, option, row, text)
        else:  # the text ends where the mark begins
            inner = box.adjusted(_GAP + _inset(self._model.depth(row)), 0, -_GAP - _MARK - 6, 0)
            self._write(painter, _mirrored(self._direction, box, inner), column, row, text)
            self._draw_signs(painter, option, row)
        painter.restore()

    def _write(self, painter: QPainter, box: QRect, column: Column, row: Row, text: str) -> None:
        chosen = self._colours
        bold = column is Column.NAME and row.level is Level.PATIENT
        if bold:
            painter.setFont(self._bold)
        pale = row.level is Level.IMAGE or (row.level is Level.STUDY and column in _PALE)
        ink = chosen.warning if differs_in(row, column) else chosen.quiet if pale else chosen.text
        painter.setPen(_ink(ink))
        flags = _RIGHT if column in NUMBERS else _LEFT
        painter.drawText(box, flags, self._elide(text, box.width(), bold=bold))

    def _elide(self, text: str, width: int, *, bold: bool) -> str:
        """The text, cut off where it does not fit; found once: the same rows are painted again and again."""
        known = self._elided.get((text, width, bold))
        if known is None:
            if len(self._elided) >= _ELIDED:
                self._elided.clear()
            metrics = self._bold_metrics if bold else self._metrics
            known = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            self._elided[text, width, bold] = known
        return known

    def _across(self, row: Row, option: QStyleOptionViewItem) -> QRect:
        """Where a message stands: it takes the whole line; each cell shows its part of it."""
        box = QRect(option.rect)
        box.setLeft(self._view.columnViewportPosition(Column.NAME) + _inset(self._model.depth(row)) + _GAP)
        box.setRight(self._view.viewport().width() - _GAP)
        return box

    def _write_line(self, painter: QPainter, option: QStyleOptionViewItem, row: Row, text: str) -> None:
        """The line behind which others stand apart, and as a link what Enter does there."""
        chosen, box = self._colours, self._across(row, option)
        message, between, link = text.rpartition(BETWEEN)
        if self._direction is Qt.LayoutDirection.RightToLeft:
            message, between, link = text, "", ""
        painter.setClipRect(option.rect)
        painter.setPen(_ink(chosen.text))
        painter.drawText(box, _LEFT, message + between)
        box.setLeft(box.left() + option.fontMetrics.horizontalAdvance(message + between))
        painter.setPen(_ink(chosen.accent))
        painter.drawText(box, _LEFT, link)
        if option.rect.left() == self._view.columnViewportPosition(Column.NAME):
            self._draw_expander(painter, option, row)

    def _write_across(self, painter: QPainter, option: QStyleOptionViewItem, row: Row, text: str) -> None:
        """Why rows are missing here."""
        box = self._across(row, option)
        font = option.font
        font.setItalic(True)
        painter.setFont(font)
        painter.setClipRect(option.rect)
        painter.setPen(_ink(self._colours.bad))
        text = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, _LEFT, text)

    def _draw_signs(self, painter: QPainter, option: QStyleOptionViewItem, row: Row) -> None:
        chosen, local = self._colours, row.local
        box = QRectF(option.rect)
        x = box.left() + _MARK if self._direction is Qt.LayoutDirection.RightToLeft else box.right() - _MARK
        place = QPointF(x, box.center().y())
        if row.opens:
            self._draw_expander(painter, option, row)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        warned = row.doubtful or bool(row.fault) or bool(row.differs)
        if warned or row.fill is Fill.PENDING:
            painter.setPen(_ink(chosen.warning if warned else chosen.quiet))
            painter.drawText(
                QRectF(place.x() - 6, box.top(), 14, box.height()),
                Qt.AlignmentFlag.AlignCenter,
                _sign(row),
            )
        elif local is not Local.NONE and row.level is not Level.PATIENT:
            partly = local is Local.PARTLY
            verified = not partly and (row.level is Level.IMAGE or row.state.verified)
            ink = _ink(chosen.warning if partly else chosen.good)
            _mark(painter, place, ink, partly=partly, verified=verified)

    def _draw_expander(self, painter: QPainter, option: QStyleOptionViewItem, row: Row) -> None:
        """The arrow that says whether the rows below are shown."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        arrow = expander(option.rect, self._model.depth(row), self._direction)
        ink = _ink(self._colours.quiet)
        _draw_arrow(painter, arrow, ink, self._direction, self._model.is_open(row))


def _sign(row: Row) -> str:
    """What stands in the place of the mark for what is here."""
    if row.doubtful or row.fault:
        return "!"
    return "≠" if row.differs else "…"


@cache
def _ink(colour: str) -> QColor:
    return QColor(colour)


def _inset(depth: int) -> int:
    """Where the text of a row begins."""
    return (depth + 1) * _INDENT


def expander(cell: QRect, depth: int, direction: Qt.LayoutDirection) -> QRect:
    """Where in a cell of the first column a click opens or closes the row."""
    box = QRect(cell.left() + depth * _INDENT, cell.top(), _INDENT, cell.height())
    return _mirrored(direction, cell, box)


def _mirrored(direction: Qt.LayoutDirection, cell: QRect, box: QRect) -> QRect:
    """Where a box of a cell is in a language written from right to left."""
    if direction is Qt.LayoutDirection.LeftToRight:
        return box
    return box.translated(cell.left() + cell.right() - box.left() - box.right(), 0)


def _draw_arrow(
    painter: QPainter, box: QRect, colour: QColor, direction: Qt.LayoutDirection, open_: bool
) -> None:
    """Down for an open row; a closed one points to where its rows would be."""
    painter.save()
    painter.translate(QRectF(box).center() + QPointF(2, 0))
    if open_:
        painter.rotate(90)
    elif direction is Qt.LayoutDirection.RightToLeft:
        painter.rotate(180)
    painter.setPen(QPen(colour, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline([QPointF(-1.75, -3.5), QPointF(1.75, 0), QPointF(-1.75, 3.5)])
    painter.restore()


def _mark(painter: QPainter, place: QPointF, colour: QColor, *, partly: bool, verified: bool) -> None:
    """A disc for what is here and verified, a ring for what is not verified, a half disc for a part."""
    half = _MARK / 2
    box = QRectF(place.x() - half, place.y() - half, _MARK, _MARK)
    painter.setPen(QPen(colour, 1.4))
    painter.setBrush(colour if verified else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(box)
    if partly:
        painter.setBrush(colour)
        painter.drawPie(box, 90 * 16, 180 * 16)


class ProgressDelegate(QStyledItemDelegate):
    """A bar behind the numbers of a transfer."""

    def __init__(self, role: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._role = role

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        share = index.data(self._role)
        if isinstance(share, float) and share > 0:
            box = QRectF(option.rect).adjusted(2, 4, -2, -4)
            chosen = colours(option.palette)
            painter.fillRect(box, QColor(chosen.panel))
            box.setWidth(box.width() * share)
            painter.fillRect(box, QColor(chosen.selected))
        super().paint(painter, option, index)


class ActionDelegate(QStyledItemDelegate):
    """The one thing to do for a transfer, drawn as a link."""

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        palette = option.palette
        palette.setColor(palette.ColorRole.Text, QColor(colours(palette).accent))


class StateDelegate(QStyledItemDelegate):
    """How a transfer stands, in the colour of trouble where there is some."""

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        palette, chosen = option.palette, colours(option.palette)
        inks = {
            TransferState.FAILED: chosen.bad,
            TransferState.PARTIAL: chosen.warning,
            TransferState.REFUSED: chosen.warning,
            TransferState.PAUSED: chosen.warning,
            TransferState.COMPLETE: chosen.good,
        }
        ink = inks.get(TransferState(index.data(TransferRole.STATE)), chosen.text)
        palette.setColor(palette.ColorRole.Text, QColor(ink))
        palette.setColor(palette.ColorRole.HighlightedText, QColor(ink))
