"""Paint the rows of the result tree: names first, a mark for what is here, a sign for doubt."""

from __future__ import annotations

from functools import cache

from PySide6 import QtWidgets
from PySide6.QtCore import QAbstractItemModel, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTableView
from typing_extensions import override

from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.models.columns import COLUMNS, Column
from workstation.models.images_column import StateMark
from workstation.models.mark_texts import MarkSign
from workstation.models.mismatch_rows import BETWEEN
from workstation.models.model_index import ModelIndex
from workstation.models.rows import Fill
from workstation.models.study_groups import BETWEEN as GROUP_BETWEEN
from workstation.models.tree_roles import Role
from workstation.widgets.mark_signs import SIGN, paint_sign
from workstation.widgets.state_marks import SLOT, has_room_for_bar, paint_bar, paint_mark, paint_pie
from workstation.widgets.theme import colours

_DISPLAY = Qt.ItemDataRole.DisplayRole
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_ELIDED = 5000
"""Texts kept as they fit their cells."""
_GAP = 6
_SIGN = 15
"""What a sign of doubt takes at the end of the first column."""
_BEHIND = 7
"""Between a name and what stands behind it."""
_LEAST = 20
"""What is narrower than that is left out: it would be an ellipsis alone."""
_INDENT = 20
_PENDING = "…"
_NEW = "◆"
"""Came with a refresh; a dot is what is unread."""


class TreeDelegate(QStyledItemDelegate):
    """Paints each cell of the tree by the roles of its row: text, indentation, arrow, marks.

    It asks the model itself: a call of QModelIndex.data, which goes through C++, takes several times as long.
    """

    def __init__(self, model: QAbstractItemModel, view: QTableView) -> None:
        super().__init__(view)
        self._data, self._view = model.data, view
        self._level, self._message, self._differs, self._heads = Level.PATIENT, False, False, True
        self._elided: dict[tuple[str, int, bool], tuple[str, int]] = {}
        self.begin()

    def begin(self) -> None:
        """Look up what is the same for all cells of one painting: asking Qt takes as long as a text."""
        view = self._view
        self._colours = colours(view.palette())
        self._direction = view.layoutDirection()
        self._current = view.currentIndex().row() if view.hasFocus() else -1
        self._lists_labels = not view.isColumnHidden(Column.LABELS)
        self._position = -1
        self._font = view.font()
        self._bold = view.font()
        self._bold.setBold(True)
        self._metrics, self._bold_metrics = QFontMetrics(self._font), QFontMetrics(self._bold)

    def _begin_row(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        self._position = index.row()
        self._level, self._message = self._data(index, Role.LEVEL), self._data(index, Role.MESSAGE)
        self._differs = self._data(index, Role.DIFFERS)
        self._heads = self._data(index, Role.HEADS)
        # QStyle and its many enumerations are made at the first row, not before the first paint
        self._selected = bool(option.state & QtWidgets.QStyle.StateFlag.State_Selected)
        painter.setLayoutDirection(self._direction)
        painter.setFont(self._font)

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: ModelIndex) -> QSize:
        found = super().sizeHint(option, index)
        if index.column() == Column.NAME:
            found.setWidth(found.width() + _inset(index.data(Role.DEPTH)) + _SIGN)
        return found

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        position, column = index.row(), index.column()
        if position != self._position:
            self._begin_row(painter, option, index)
        box = option.rect
        if self._selected:
            painter.fillRect(box, _ink(self._colours.selected))
        elif self._message and self._data(index, Role.GROUP):
            painter.fillRect(box, _ink(self._colours.hover))
            painter.setPen(_ink(self._colours.line))
            painter.drawLine(box.bottomLeft(), box.bottomRight())
        if position == self._current:
            painter.setPen(_ink(self._colours.accent))
            painter.drawLine(box.topLeft(), box.topRight())
            painter.drawLine(box.bottomLeft(), box.bottomRight())
        if self._message:
            if self._data(index, Role.GROUP):
                self._paint_group(painter, option, index)
            else:
                self._paint_message(painter, option, index)
            return
        text = self._data(index, _DISPLAY)
        if column == Column.IMAGES:
            self._paint_images(painter, box, index, text)
        elif column == Column.NAME:
            self._paint_name(painter, option, index, text)
        elif text:
            self._write(painter, box.adjusted(_GAP, 0, -_GAP, 0), index, text)

    def _paint_name(
        self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex, text: str
    ) -> None:
        """Paint the first column: the arrow, what the row is called, what stands behind, a sign of doubt."""
        painter.save()
        sign, marks, box = self._sign(index), self._marks(index), option.rect
        end = _GAP + (_SIGN if sign else 0) + SIGN * len(marks)
        inner = box.adjusted(_GAP + _inset(self._data(index, Role.DEPTH)), 0, -end - 2 * bool(marks), 0)
        # a name from right to left would turn the comma and the words beside it
        taken = self._write(painter, _mirrored(self._direction, box, inner), index, display.isolated(text))
        detail = self._data(index, Role.DETAIL)
        behind = inner.adjusted(taken + _BEHIND, 0, 0, 0)
        if detail and behind.width() > _LEAST:
            painter.setFont(self._font)
            self._write(painter, _mirrored(self._direction, box, behind), index, detail, behind=True)
        self._draw_expander(painter, option, index)
        if sign:
            self._draw_sign(painter, option, sign)
        for place, mark in enumerate(marks):
            left = box.right() - end + SIGN * place
            slot = QRect(left, box.top(), SIGN, box.height())
            paint_sign(painter, _mirrored(self._direction, box, slot), mark, self._colours)
        painter.restore()

    def _paint_images(self, painter: QPainter, box: QRect, index: ModelIndex, text: str) -> None:
        """Paint how many images there are, how many of them are here, and what is known of that."""
        mark, share = self._data(index, Role.MARK), self._data(index, Role.SHARE)
        if not text and mark == StateMark.NONE:
            return
        slot = QRect(box.right() - SLOT - _GAP, box.top(), SLOT, box.height())
        inner = box.adjusted(_GAP, 0, -_GAP - SLOT - _GAP, 0)  # numbers stand below each other
        writings = self._data(index, Role.WRITINGS) or (text,)
        room_for = (one for one in writings if self._metrics.horizontalAdvance(one) <= inner.width())
        text = next(room_for, writings[-1])
        taken = self._write(painter, _mirrored(self._direction, box, inner), index, text) if text else 0
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = inner.adjusted(0, 0, -taken - _GAP, 0)
        if share is not None and not has_room_for_bar(room.width()):
            paint_pie(painter, _mirrored(self._direction, box, slot), share, self._colours)
        elif share is not None:
            paint_bar(painter, _mirrored(self._direction, box, room), share, self._colours, self._direction)
        else:
            paint_mark(painter, _mirrored(self._direction, box, slot), mark, self._colours)
        painter.restore()

    def _write(
        self, painter: QPainter, box: QRect, index: ModelIndex, text: str, *, behind: bool = False
    ) -> int:
        """Write a text as it fits into a box and return its width; ``behind``: another stands before it."""
        chosen, spec = self._colours, COLUMNS[index.column()]
        bold = spec.column is Column.NAME and self._heads and not behind
        if bold:
            painter.setFont(self._bold)
        pale = behind or self._level == Level.IMAGE or (self._level == Level.STUDY and spec.pale)
        differs = self._differs and self._data(index, Role.DETAIL_DIFFERS if behind else Role.CELL_DIFFERS)
        painter.setPen(_ink(chosen.warning if differs else chosen.quiet if pale else chosen.text))
        flags = _RIGHT if spec.numeric else _LEFT
        fitting, width = self._elide(text, box.width(), bold=bold)
        painter.drawText(box, flags, fitting)
        return width

    def _elide(self, text: str, width: int, *, bold: bool) -> tuple[str, int]:
        """Return the text as it fits and its width; found once, as the same rows are painted often."""
        known = self._elided.get((text, width, bold))
        if known is None:
            if len(self._elided) >= _ELIDED:
                self._elided.clear()
            metrics = self._bold_metrics if bold else self._metrics
            fitting = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            known = fitting, metrics.horizontalAdvance(fitting)
            self._elided[text, width, bold] = known
        return known

    def _marks(self, index: ModelIndex) -> tuple[MarkSign, ...]:
        """The signs of what the user noted; none of labels where their column is shown."""
        marks: tuple[MarkSign, ...] = self._data(index, Role.SIGNS)
        if self._lists_labels and MarkSign.LABELS in marks:
            return tuple(mark for mark in marks if mark != MarkSign.LABELS)
        return marks

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

    def _spanning(self, index: ModelIndex) -> tuple[QRect, QRect]:
        """The room of a row that takes the whole width, and that of its text as if it was left to right."""
        view = self._view
        left, width = view.columnViewportPosition(Column.NAME), view.columnWidth(Column.NAME)
        whole = view.visualRect(index)
        whole.setLeft(left if self._direction is Qt.LayoutDirection.LeftToRight else 0)
        end = view.viewport().width() if self._direction is Qt.LayoutDirection.LeftToRight else left + width
        whole.setRight(end - 1)
        inset = _inset(self._data(index, Role.DEPTH)) + _GAP
        return whole, whole.adjusted(inset, 0, -_GAP, 0)

    def _paint_group(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        """Paint the part of the header of a group that is in this cell: what it is of, and how many."""
        title, _, count = self._data(index.sibling(index.row(), Column.NAME), _DISPLAY).rpartition(
            GROUP_BETWEEN
        )
        whole, box = self._spanning(index)
        painter.save()
        painter.setClipRect(option.rect)
        room = box.width() - _BEHIND - self._metrics.horizontalAdvance(count)
        fitting, width = self._elide(title, max(room, 0), bold=True)
        painter.setFont(self._bold)
        painter.setPen(_ink(self._colours.text))
        painter.drawText(_mirrored(self._direction, whole, box), _LEFT, fitting)
        box.setLeft(box.left() + width + _BEHIND)
        painter.setFont(self._font)
        painter.setPen(_ink(self._colours.quiet))
        painter.drawText(_mirrored(self._direction, whole, box), _LEFT, count)
        if index.column() == Column.NAME:
            self._draw_expander(painter, option, index)
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

    def _draw_sign(self, painter: QPainter, option: QStyleOptionViewItem, sign: str) -> None:
        """Draw at the end of the cell what is to be warned of."""
        box = QRect(option.rect)
        box.setLeft(box.right() - _GAP - _SIGN + 4)
        painter.setFont(self._font)
        inks = {_PENDING: self._colours.quiet, _NEW: self._colours.accent}
        painter.setPen(_ink(inks.get(sign, self._colours.warning)))
        painter.drawText(_mirrored(self._direction, option.rect, box), Qt.AlignmentFlag.AlignCenter, sign)

    def _sign(self, index: ModelIndex) -> str:
        """Return what is drawn at the end of the first column; empty: nothing."""
        if self._data(index, Role.DOUBTFUL) or self._data(index, Role.FAULT):
            return "!"
        if self._differs:
            return "≠"
        if self._data(index, Role.FILL) == Fill.PENDING:
            return _PENDING
        return _NEW if self._data(index, Role.NEW) else ""

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
