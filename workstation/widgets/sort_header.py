"""A header whose columns sort together: the second where the first is equal, and the third."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QHeaderView, QMenu, QStyleOptionHeader, QTableView
from typing_extensions import override

from workstation.models.arrangement import MOST_SORTS, NEWEST_FIRST, Sort
from workstation.models.columns import Column, title

_DIGITS: Final = "¹²³"


class SortHeader(QHeaderView):
    """Sorts by the column that is clicked, and with Shift by another one besides.

    Qt knows the first of the columns, draws its arrow and sorts by it; the others are drawn alike.

    Signals:
        sorts_changed: The columns that sort, a tuple of :class:`~workstation.models.arrangement.Sort`, where
            they are not one that was clicked.
    """

    sorts_changed = Signal(tuple)

    def __init__(self, view: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, view)
        self._sorts: tuple[Sort, ...] = NEWEST_FIRST
        self._pressed = QPoint()
        self.sortIndicatorChanged.connect(self._sort_by_one)

    @property
    def sorts(self) -> tuple[Sort, ...]:
        """What sorts the rows: the second where the first is equal, and so on."""
        return self._sorts

    def set_sorts(self, sorts: tuple[Sort, ...]) -> None:
        """Sort by these columns; one at least."""
        self._sorts = sorts[:MOST_SORTS]
        orders, first = Qt.SortOrder, self._sorts[0]
        with QSignalBlocker(self):
            descending = first.descending
            self.setSortIndicator(
                first.column, orders.DescendingOrder if descending else orders.AscendingOrder
            )
        self._paint_again()
        self.sorts_changed.emit(self._sorts)

    def _paint_again(self) -> None:
        self.headerDataChanged(Qt.Orientation.Horizontal, 0, self.count() - 1)

    def sort_by(self, column: Column) -> None:
        """Sort by this column alone; the other way round, if that is so already."""
        first = self._sorts[0]
        known = first.column is column
        self.set_sorts((Sort(column, not first.descending if known else column is Column.DATE),))

    def sort_further(self, column: Column) -> None:
        """Sort by this column besides; the other way round, if that is so already.

        Where as many sort as can, it takes the place of the last one.
        """
        if any(sort.column is column for sort in self._sorts):
            self.set_sorts(
                tuple(
                    Sort(sort.column, sort.descending is not (sort.column is column)) for sort in self._sorts
                )
            )
        else:
            kept = self._sorts[: MOST_SORTS - 1]
            self.set_sorts((*kept, Sort(column, column is Column.DATE)))

    def _sort_by_one(self, section: int, order: Qt.SortOrder) -> None:
        sorts = (Sort(Column(section), order is Qt.SortOrder.DescendingOrder),)
        if sorts != self._sorts:
            self._sorts = sorts
            self._paint_again()

    def list_sorts(self, menu: QMenu, *, further: bool) -> None:
        """Fill a menu with the columns that are shown: to sort by one, or ``further`` by one besides."""
        menu.clear()
        shown = sorted((one for one in Column if not self.isSectionHidden(one)), key=self.visualIndex)
        for column in shown:
            action = menu.addAction("\t".join(filter(None, (title(column), self._place(column)))))
            action.setCheckable(True)
            action.setChecked(bool(self._place(column)))
            act = self.sort_further if further else self.sort_by
            action.triggered.connect(lambda _, column=column, act=act: act(column))

    def _place(self, column: int) -> str:
        """Which of the columns that sort it is, and how; empty: none."""
        for number, sort in enumerate(self._sorts, 1):
            if sort.column == column:
                return f"{number} {'↓' if sort.descending else '↑'}"
        return ""

    # --- Mouse and painting -----------------------------------------------------------------------------

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt sorts by one column only: where Shift is held, it is kept from that."""
        shift = event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        point = event.position().toPoint()
        section = self.logicalIndexAt(point)
        still = (point - self._pressed).manhattanLength() < QApplication.startDragDistance()
        resizing = self.cursor().shape() == Qt.CursorShape.SplitHCursor
        if (
            not (shift and still and section >= 0)
            or resizing
            or event.button() is not Qt.MouseButton.LeftButton
        ):
            super().mouseReleaseEvent(event)
            return
        self.setSectionsClickable(False)
        super().mouseReleaseEvent(event)
        self.setSectionsClickable(True)
        self.sort_further(Column(section))

    @override
    def initStyleOptionForIndex(self, option: QStyleOptionHeader, section: int) -> None:
        super().initStyleOptionForIndex(option, section)
        if len(self._sorts) < 2:
            return
        for digit, sort in zip(_DIGITS, self._sorts, strict=False):
            if sort.column == section:
                signs = QStyleOptionHeader.SortIndicator
                option.sortIndicator = signs.SortUp if sort.descending else signs.SortDown
                option.text = f"{digit}{option.text}"
