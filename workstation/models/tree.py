"""The one tree: patients, studies, series, images of all sources, filled as a person opens it."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, overload

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal
from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.models.arranging import Index
from workstation.models.columns import NUMBERS, Column, cell, tip
from workstation.models.filling import FilledRows
from workstation.models.rows import Fill, Local, Row

_ROOT = QModelIndex()
_COLUMNS = len(Column)


class Role(IntEnum):
    """What a delegate asks a row for, besides its text."""

    LEVEL = Qt.ItemDataRole.UserRole + 1
    LOCAL = Qt.ItemDataRole.UserRole + 2
    DOUBTFUL = Qt.ItemDataRole.UserRole + 3
    FILL = Qt.ItemDataRole.UserRole + 4
    TROUBLE = Qt.ItemDataRole.UserRole + 5


class TreeModel(FilledRows):
    """The tree over plain rows.

    Rows are named in Qt's indexes by a running number and kept here, so no index outlives what it means.

    Signals:
        children_wanted: The number of a row somebody opened whose children nobody has asked for yet.
    """

    children_wanted = Signal(int)

    @override
    def rowCount(self, parent: Index = _ROOT) -> int:
        return len(self._below(parent))

    @override
    def columnCount(self, parent: Index = _ROOT) -> int:
        return _COLUMNS

    @override
    def index(self, row: int, column: int, parent: Index = _ROOT) -> QModelIndex:
        number = parent.internalId()  # a view asks for tens of thousands: no detour
        if number:
            above = self._rows.get(number)
            below = above.children if above is not None and parent.column() == 0 else ()
        else:
            below = self._top
        if 0 <= row < len(below) and 0 <= column < _COLUMNS:
            return self.createIndex(row, column, below[row].number)
        return QModelIndex()

    @overload
    def parent(self) -> QObject | None: ...
    @overload
    def parent(self, child: Index) -> QModelIndex: ...
    @override
    def parent(self, child: Index | None = None) -> QObject | QModelIndex | None:
        if child is None:
            return super().parent()
        row = self.row(child)
        return QModelIndex() if row is None or row.parent is None else self.index_of(row.parent)

    @override
    def hasChildren(self, parent: Index = _ROOT) -> bool:
        row = self._rows.get(parent.internalId())
        if row is None:
            return bool(self._top) if not parent.isValid() else False
        if row.level is Level.IMAGE or row.trouble or parent.column() > 0:
            return False
        return bool(row.children) or row.fill is not Fill.FULL

    @override
    def canFetchMore(self, parent: Index) -> bool:
        row = self.row(parent)
        return row is not None and row.fill is Fill.EMPTY and parent.column() == 0

    @override
    def fetchMore(self, parent: Index) -> None:
        row = self.row(parent)
        if row is not None and self.canFetchMore(parent):  # Qt's model tester calls this unguarded
            row.fill = Fill.PENDING
            self._tell(row)
            self.children_wanted.emit(row.number)

    def ask_again(self, number: int) -> None:
        """Want the children of a row anew after nobody could say them."""
        row = self._rows.get(number)
        if row is None or not self._shown(row):
            return
        sentences = [child for child in row.children if child.trouble]
        for sentence in sentences:
            place = self._places[sentence.number]
            self.beginRemoveRows(self.index_of(row), place, place)
            self._take(row, sentence)
            self.endRemoveRows()
        if sentences or row.fill is Fill.FAILED:
            row.fill = Fill.EMPTY
            self.fetchMore(self.index_of(row))

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None:
            return None
        column = Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return cell(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(row)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Role.LEVEL:
            return row.level.value
        if role == Role.LOCAL:
            return row.local.value if column is Column.NAME and not row.trouble else Local.NONE.value
        if role == Role.TROUBLE:
            return bool(row.trouble)
        if role == Role.DOUBTFUL:
            return row.doubtful
        return row.fill.value if role == Role.FILL else None

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(Column):
            if role == Qt.ItemDataRole.DisplayRole:
                titles = (
                    *(self.tr("Patient / Study"), self.tr("Patient ID"), self.tr("Born"), self.tr("Sex")),
                    *(self.tr("Date"), self.tr("Modality"), self.tr("Description")),
                    *(self.tr("Accession"), self.tr("Series"), self.tr("Images")),
                    *(self.tr("Local copy"), self.tr("Source")),
                )
                return titles[section]
            if role == Qt.ItemDataRole.TextAlignmentRole and section in NUMBERS:
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    @override
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < len(Column):
            self._column, self._order = Column(column), order
            self._keys.clear()
            self._arrange()

    def _below(self, parent: Index) -> list[Row]:
        if parent.column() > 0:
            return []
        row = self.row(parent)
        if row is not None:
            return row.children
        return [] if parent.isValid() else self._top
