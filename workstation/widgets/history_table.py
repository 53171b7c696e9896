"""The table of a history: its keys, and how its rows are painted."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import QModelIndex, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)
from typing_extensions import override

from workstation.models.dates import day_and_time
from workstation.models.history_model import HistoryColumn, HistoryModel, HistoryRole
from workstation.models.images_column import StateMark
from workstation.models.model_index import ModelIndex
from workstation.widgets.column_fit import ColumnFit
from workstation.widgets.keys import Key
from workstation.widgets.state_marks import SLOT, paint_mark, paint_pie
from workstation.widgets.theme import colours

_LEAST = {
    HistoryColumn.MODALITY: 42,
    HistoryColumn.DESCRIPTION: 90,
    HistoryColumn.IMAGES: 60,
    HistoryColumn.SOURCE: 34,
}
_LEAST_BESIDE_PATIENT = _LEAST | {HistoryColumn.PATIENT: 84, HistoryColumn.DESCRIPTION: 52}
"""In pixels. Whose a study is matters more than all the rest."""
_PADDING = 16
"""Beside the text of a cell, in pixels."""
_TOLD_WHO = (HistoryColumn.PATIENT, HistoryColumn.DESCRIPTION)
_AROUND_TEXT = 10
_GAP = 6
_LOOK_MS = 120


class HistoryTable(QTableView):
    """Shows a :class:`HistoryModel`; one row is chosen at a time, a heading never.

    Signals:
        row_activated: Number of the study the user double-clicked or entered.
        row_chosen: Number of the current row; 0 for none.
        menu_requested: Where on the screen the menu of the current row is to open.
        rows_seen: Numbers of the rows in sight, from the top, some time after they changed.
    """

    row_activated = Signal(int)
    row_chosen = Signal(int)
    menu_requested = Signal(QPoint)
    rows_seen = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: HistoryModel | None = None
        self._heading = -1
        self._look = QTimer(self, singleShot=True, interval=_LOOK_MS)
        self._look.timeout.connect(lambda: self.rows_seen.emit(self.in_sight))
        self.verticalScrollBar().valueChanged.connect(lambda _: self._look.start())
        self.setAccessibleName(self.tr("History"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(1)
        rows.setDefaultSectionSize(self.fontMetrics().height() + _AROUND_TEXT)
        rows.hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        self._fit = ColumnFit(self)
        self.setItemDelegate(_HistoryDelegate(self))

    def show_model(self, model: HistoryModel) -> None:
        """Show the rows of a model, from now on."""
        self._history = model
        self.setModel(model)
        self.show_patients(shown=False)
        model.rearranged.connect(self._span_heading)
        model.rearranged.connect(self._look.start)
        model.modelReset.connect(self._span_heading)

    def show_patients(self, *, shown: bool) -> None:
        """Show whose each study is; not where all are of one patient. That column takes the room then."""
        self.setColumnHidden(HistoryColumn.PATIENT, not shown)
        bold = QFont(self.font())
        bold.setBold(True)  # of the current study
        width, today = QFontMetrics(bold).horizontalAdvance, date.today()
        recent, dates = width(day_and_time(f"{today:%Y%m%d}", "0800")) + _PADDING, HistoryColumn.DATE
        older = width(day_and_time(f"{today - timedelta(1):%Y%m%d}", "2000")) + _PADDING
        several = width("CT DOC") + _PADDING
        told = [HistoryColumn.PATIENT, HistoryColumn.DESCRIPTION][not shown :]
        self._fit.share(
            [(dates, recent), *(_LEAST_BESIDE_PATIENT if shown else _LEAST).items()],
            [
                *((column, 110) for column in told),
                (HistoryColumn.MODALITY, several),
                (HistoryColumn.SOURCE, 70),
                (dates, older),
                (HistoryColumn.SOURCE, 110),
            ],
            told,
        )

    def _span_heading(self) -> None:
        """Let the heading take the whole width."""
        assert self._history is not None
        heading = self._history.heading
        if heading == self._heading:
            return
        if 0 <= self._heading < self._history.rowCount():
            self.setSpan(self._heading, 0, 1, 1)
        if self._heading >= 0 or heading < 0:
            self.clearSpans()
        self._heading = heading
        if heading >= 0:
            self.setSpan(heading, 0, 1, len(HistoryColumn))

    @property
    def in_sight(self) -> list[int]:
        """Numbers of the rows the user can see, from the top."""
        if self._history is None or not self.isVisible():
            return []
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        last = self._history.rowCount() - 1 if last < 0 else last
        return [row.number for row in self._history.between(first, last)]

    @property
    def current_number(self) -> int:
        """The number of the current row; 0: there is none."""
        number = self.currentIndex().data(HistoryRole.NUMBER)
        return number if isinstance(number, int) else 0

    def go_to(self, position: int) -> None:
        """Make the row at a position the current one."""
        if self._history is not None and self._history.row(position) is not None:
            self.setCurrentIndex(self._history.index(position, HistoryColumn.DATE))

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys that :meth:`keyPressEvent` takes."""
        return (
            Key(self.tr("Fetch and show the study"), "Return Enter"),
            Key(self.tr("Menu of the study"), "Shift+F10"),
        )

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._look.start()

    @override
    def currentChanged(self, current: ModelIndex, previous: ModelIndex) -> None:
        super().currentChanged(current, previous)
        self.row_chosen.emit(self.current_number)

    @override
    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Up and down as in a table, Home and End to the first and the last row; pass over the heading."""
        actions, last = QAbstractItemView.CursorAction, self.model().rowCount() - 1
        if action in (actions.MoveHome, actions.MoveEnd):
            return self.model().index(0 if action is actions.MoveHome else last, 0)
        found = super().moveCursor(action, modifiers)
        if self._history is None or not found.data(HistoryRole.HEADING):
            return found
        down = found.row() > self.currentIndex().row()
        beside = found.row() + (1 if down else -1)
        return self._history.index(beside, found.column()) if beside >= 0 else self.currentIndex()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._activate()
            case Qt.Key.Key_F10 if event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
                self.menu_requested.emit(self._below_current())
            case _:
                super().keyPressEvent(event)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        if (
            event.button() is Qt.MouseButton.LeftButton
            and self.indexAt(event.position().toPoint()).row() == self.currentIndex().row()
        ):
            self._activate()

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        self.menu_requested.emit(self._below_current() if by_key else event.globalPos())

    def _below_current(self) -> QPoint:
        return self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())

    def _activate(self) -> None:
        if number := self.current_number:
            self.row_activated.emit(number)


class _HistoryDelegate(QStyledItemDelegate):
    """Paints headings, the current study, what is not sure, and the state of local copies."""

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self._view = view

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        super().initStyleOption(option, index)
        chosen, palette = colours(option.palette), option.palette
        if index.data(HistoryRole.HEADING):
            option.font.setBold(True)
            palette.setColor(palette.ColorRole.Text, QColor(chosen.warning))
        elif index.data(HistoryRole.CURRENT):
            option.font.setBold(True)
        elif index.data(HistoryRole.UNSURE) and index.column() in _TOLD_WHO:
            for role in (palette.ColorRole.Text, palette.ColorRole.HighlightedText):
                palette.setColor(role, QColor(chosen.warning))
        elif index.column() == HistoryColumn.SOURCE:
            palette.setColor(palette.ColorRole.Text, QColor(chosen.quiet))
        if index.column() == HistoryColumn.IMAGES:
            option.displayAlignment = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        if index.column() == HistoryColumn.IMAGES and not index.data(HistoryRole.HEADING):
            self._paint_images(painter, option, index)
        else:
            super().paint(painter, option, index)
        if self._view.hasFocus() and index.row() == self._view.currentIndex().row():
            painter.save()
            painter.setPen(QColor(colours(option.palette).accent))
            painter.drawLine(option.rect.topLeft(), option.rect.topRight())
            painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
            painter.restore()

    def _paint_images(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        """Paint how many images there are, and beside that how many of them are here."""
        self.initStyleOption(option, index)
        chosen, box = colours(option.palette), QRect(option.rect)
        if option.state & option.state.State_Selected:
            painter.fillRect(box, QColor(chosen.selected))
        to_left = option.direction is Qt.LayoutDirection.RightToLeft
        slot = QRect(box.right() - SLOT - _GAP, box.top(), SLOT, box.height())
        text = box.adjusted(_GAP, 0, -2 * _GAP - SLOT, 0)
        if to_left:
            slot.moveLeft(box.left() + _GAP)
            text = box.adjusted(2 * _GAP + SLOT, 0, -_GAP, 0)
        painter.save()
        painter.setFont(option.font)
        painter.setPen(QColor(chosen.text))
        side = Qt.AlignmentFlag.AlignLeft if to_left else Qt.AlignmentFlag.AlignRight
        painter.drawText(
            text, side | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute, option.text
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        share, mark = index.data(HistoryRole.SHARE), index.data(HistoryRole.MARK)
        if isinstance(share, float):
            paint_pie(painter, slot, share, chosen)
        elif mark is not None:
            paint_mark(painter, slot, StateMark(mark), chosen)
        painter.restore()
