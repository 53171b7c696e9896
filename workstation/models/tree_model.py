"""Show a result tree to Qt, as a flat table of the rows in sight."""

from __future__ import annotations

import time
import weakref
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QAbstractTableModel, QModelIndex, QObject, Qt, QTimer, Signal
from typing_extensions import override

from workstation.models.arrangement import Sort
from workstation.models.columns import COLUMNS, Column, title
from workstation.models.local_copy_updates import LocalCopyUpdates
from workstation.models.mismatch_rows import MismatchRows
from workstation.models.model_index import ModelIndex
from workstation.models.new_studies import NewStudies
from workstation.models.result_tree import ResultTree
from workstation.models.rows import Row
from workstation.models.study_groups import GroupRow
from workstation.models.tree_observer import TreeObserver
from workstation.models.tree_roles import alignment, readers
from workstation.models.visible_rows import VisibleRows
from workstation.settings.list_layout import ListLayout

_ROOT = QModelIndex()
_COLUMN_COUNT = len(COLUMNS)
_SLICE_SECONDS = 0.006
"""What a slice of work may take."""
_LATE_MS = 250
"""After so long, rows that have come are shown though they are few of many."""
_HINTED = "QList<QPersistentModelIndex>,QAbstractItemModel::LayoutChangeHint"
_ONLY_ROWS = QAbstractItemModel.LayoutChangeHint.VerticalSortHint
"""Columns stay as they are: a selection then keeps an index for each row, else for each cell."""


class TreeModel(QAbstractTableModel, TreeObserver):
    """A table over plain rows: those in sight, whose depth and openness are roles.

    Rows are identified in Qt's indexes by a running number, so no index outlives what it means, and what is
    asked for each time does not grow with the number of rows.

    Signals:
        children_wanted: The number of a row the user opened whose children were not asked for yet.
        filtered: A study turned out not to be what was asked for, and was set aside.

    Attributes:
        results: The rows; who changes them does so here.
        visible: Which of them are in sight, and in which order.
        mismatches: Answers that do not look like what was asked for.
        local_copies: Puts what becomes of local copies into the rows.
        new_studies: Those that came with a refresh, and were not looked at yet.
        touched: Numbers of the patients of which something came, went or changed when rows moved last; None:
            of all.
    """

    children_wanted = Signal(int)
    filtered = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.results = ResultTree()
        self.visible = VisibleRows(self.results)
        self.mismatches = MismatchRows(self.results, self.visible)
        self.local_copies = LocalCopyUpdates(self.results)
        # The last one: the others are up to date when Qt asks. By a weak reference: a cycle would leave the
        # end of a QObject to garbage collection, in whatever thread that is.
        self.results.changes.add(weakref.proxy(self))
        self.touched: AbstractSet[int] | None = frozenset()
        self._held: list[QModelIndex] = []
        self._layout = ListLayout.TREE  # when rows began to move
        self.new_studies = NewStudies()
        self._readers = readers(self.visible, self.new_studies)
        self._slices = QTimer(self, interval=0)
        self._slices.timeout.connect(self._work)
        self._showing = QTimer(self, interval=0)
        self._showing.timeout.connect(self._show_mismatches)
        self._late = QTimer(self, interval=_LATE_MS, singleShot=True)
        self._late.timeout.connect(self.results.show_late)

    # --- For Qt -----------------------------------------------------------------------------------------

    @override
    def rowCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.visible)

    @override
    def columnCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else _COLUMN_COUNT

    @override
    def index(self, row: int, column: int, parent: ModelIndex = _ROOT) -> QModelIndex:
        if parent.isValid() or not (0 <= row < len(self.visible) and 0 <= column < _COLUMN_COUNT):
            return QModelIndex()
        return self.createIndex(row, column, self.visible.at(row).number)

    @override
    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, reader = self.results.find(index.internalId()), self._readers.get(role)
        return None if row is None or reader is None else reader(row, index.column())

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < _COLUMN_COUNT:
            if role == Qt.ItemDataRole.DisplayRole:
                return title(section)
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return alignment(section)
        return None

    @override
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < _COLUMN_COUNT:
            self.visible.sort(Sort(Column(column), order is Qt.SortOrder.DescendingOrder))

    # --- For the view -----------------------------------------------------------------------------------

    def row(self, index: ModelIndex) -> Row | None:
        """Return the row of an index; None for the invisible root, whose number is 0."""
        return self.results.find(index.internalId())

    def find(self, number: int) -> Row | None:
        """Return the row of a number, unless a new search has removed it."""
        return self.results.find(number)

    def index_of(self, row: Row, column: int = 0) -> QModelIndex:
        """Return the index of a row of this model; none if it is out of sight."""
        position = self.visible.position(row)
        return QModelIndex() if position is None else self.createIndex(position, column, row.number)

    def set_filter(self, typed: str) -> None:
        """Keep only rows in sight that fit what is ``typed``; every patient and group is open then."""
        self.visible.set_filter(typed)

    def open(self, *numbers: int) -> None:
        """Show the rows below rows; they are asked for where they were not yet."""
        rows = [row for number in numbers if (row := self.find(number)) is not None and row.opens]
        for row in rows:
            if self.results.begin_filling(row):
                self.children_wanted.emit(row.number)
        if any(row.is_line for row in rows):
            self.mismatches.show(shown=True)
        for row in rows:
            if isinstance(row, GroupRow) and not self.visible.is_open(row):
                self.visible.fold(row, open_=True)
        below = [row for row in rows if not row.is_line and not row.is_group]
        if below:
            with self.results.changes.moving(row.top for row in below):
                self.visible.open(below)

    def close(self, number: int) -> None:
        """Show the rows below a row no more."""
        row = self.find(number)
        if row is not None and row.is_line:
            self.mismatches.show(shown=False)
        elif isinstance(row, GroupRow):
            self.visible.fold(row, open_=False)
        elif row is not None and self.visible.is_open(row):
            with self.results.changes.moving([row.top]):
                self.visible.close(row)

    def ask_again(self, number: int) -> None:
        """Ask for the children of a row again after a source could not answer."""
        if self.results.forget_errors(number):
            self.open(number)

    # --- Work in slices ---------------------------------------------------------------------------------

    @override
    def work_left(self) -> None:
        if self.visible.working:
            self._slices.start()
        if self.mismatches.working:
            self._showing.start()
        if self.results.has_unshown and not self._late.isActive():
            self._late.start()

    def _work(self) -> None:
        self.visible.work(time.perf_counter() + _SLICE_SECONDS)
        if not self.visible.working:
            self._slices.stop()

    def _show_mismatches(self) -> None:
        self.mismatches.work()
        if not self.mismatches.working:
            self._showing.stop()

    # --- What happens to the rows -----------------------------------------------------------------------

    @override
    def before_reset(self) -> None:
        self.beginResetModel()

    @override
    def after_reset(self) -> None:
        self.endResetModel()

    @override
    def before_move(self) -> None:
        self.layoutAboutToBeChanged[_HINTED].emit([], _ONLY_ROWS)  # type: ignore[index]
        self._held = self.persistentIndexList()
        self._layout = self.visible.layout

    @override
    def after_move(self, patients: Mapping[int, Row] | None) -> None:
        self.touched = None if patients is None else patients.keys() | self.visible.take_recounted()
        before, self._held = self._held, []
        self.changePersistentIndexList(before, [self._moved(old) for old in before])
        self.layoutChanged[_HINTED].emit([], _ONLY_ROWS)  # type: ignore[index]

    def _moved(self, old: QModelIndex) -> QModelIndex:
        row = self.find(old.internalId())
        if row is None:
            return QModelIndex()
        now = self.index_of(row.only_study or row, old.column())
        if now.isValid() or self.visible.layout is self._layout:
            return now
        return self.index_of(self._in_place_of(row), old.column())

    def _in_place_of(self, row: Row) -> Row:
        """What stands for a row that the other way of showing studies has no room for, or a closed patient.

        For a patient that is the first of its studies.
        """
        places = [(place, one) for one in row.children if (place := self.visible.position(one)) is not None]
        return min(places, key=lambda found: found[0])[1] if places else row.top

    @override
    def rows_changed(self, first: Row, last: Row) -> None:
        begin = self.index_of(first.only_study or first)
        end = begin if last is first else self.index_of(last)
        if begin.isValid() and end.isValid():
            self.dataChanged.emit(begin, end.siblingAtColumn(_COLUMN_COUNT - 1))

    @override
    def study_set_aside(self) -> None:
        self.filtered.emit()
