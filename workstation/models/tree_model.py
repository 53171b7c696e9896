"""The one tree: patients, studies, series, images of all sources, filled as a person opens it."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, Signal
from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.models.arranging import Index
from workstation.models.columns import NUMBERS, Column, cell, remarks, tip
from workstation.models.mismatch_rows import MismatchRows
from workstation.models.rows import Fill, Local, Row
from workstation.models.translation import translated

_ROOT = QModelIndex()
_ALL = tuple(Column)
_COLUMNS = len(_ALL)
_DEPTHS = {Level.PATIENT: 0, Level.STUDY: 1, Level.SERIES: 2, Level.IMAGE: 3}


class Role(IntEnum):
    """What a delegate asks a row for, besides its text.

    DEPTH is 0 for a patient; OPEN is None where nothing is below; FAULT is what is wrong with its answer;
    APART is true where it does not look like what was asked for.
    """

    LEVEL = Qt.ItemDataRole.UserRole + 1
    LOCAL = Qt.ItemDataRole.UserRole + 2
    DOUBTFUL = Qt.ItemDataRole.UserRole + 3
    FILL = Qt.ItemDataRole.UserRole + 4
    TROUBLE = Qt.ItemDataRole.UserRole + 5
    DEPTH = Qt.ItemDataRole.UserRole + 6
    OPEN = Qt.ItemDataRole.UserRole + 7
    FAULT = Qt.ItemDataRole.UserRole + 8
    APART = Qt.ItemDataRole.UserRole + 9


class TreeModel(MismatchRows):
    """The tree over plain rows, as a flat list of those in sight.

    Rows are named in Qt's indexes by a running number and kept here, so no index outlives what it means.

    Signals:
        children_wanted: The number of a row somebody opened whose children nobody has asked for yet.
    """

    children_wanted = Signal(int)

    @override
    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown.pages)

    @override
    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else _COLUMNS

    @override
    def index(self, row: int, column: int, parent: Index = _ROOT) -> QModelIndex:
        if parent.isValid() or not (0 <= row < len(self._shown.pages) and 0 <= column < _COLUMNS):
            return QModelIndex()
        return self.createIndex(row, column, self._shown.pages.at(row).number)

    def depth(self, row: Row) -> int:
        """How many rows stand above it: 0 for a patient, or for the line behind which others stand apart."""
        return _DEPTHS[row.level] + (row.apart and not row.is_line)

    def is_open(self, row: Row) -> bool:
        """Whether the rows below it are shown."""
        return row.opens and self._shown.is_open(row)

    def open(self, *numbers: int) -> None:
        """Show the rows below rows; they are asked for where nobody has yet."""
        rows = [row for number in numbers if (row := self._rows.get(number)) is not None and row.opens]
        for row in rows:
            if not row.is_line and (row.fill is Fill.EMPTY or (row.fill is Fill.FAILED and not row.children)):
                row.fill = Fill.PENDING
                self._tell(row)
                self.children_wanted.emit(row.number)
        if any(row.is_line for row in rows):
            self._show_apart(shown=True)
        below = [row for row in rows if not row.is_line]
        if not below:
            return
        with self._moving(row.top for row in below):
            for arrangement in self._arrangements:
                for row in below:
                    arrangement.open(row)

    def close(self, number: int) -> None:
        """Show the rows below a row no more."""
        row = self._rows.get(number)
        if row is not None and row.is_line:
            self._show_apart(shown=False)
        elif row is not None and self.is_open(row):
            with self._moving([row.top]):
                for arrangement in self._arrangements:
                    arrangement.close(row)

    def ask_again(self, number: int) -> None:
        """Want the children of a row anew after nobody could say them."""
        row = self._rows.get(number)
        if row is None:
            return
        messages = [child for child in row.children if child.error]
        if messages or row.fill is Fill.FAILED:
            with self._moving([row.top]):
                for message in messages:
                    self._drop(message)
                row.fill = Fill.EMPTY
            self.open(number)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None:
            return None
        column = _ALL[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell(row, column)
        if role >= Role.LEVEL:
            return self._named(row, column, role)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.AccessibleDescriptionRole and column is Column.NAME:
            return self._spoken(row)
        return None

    def _named(self, row: Row, column: Column, role: int) -> Any:
        if role == Role.LEVEL:
            return row.level.value
        if role == Role.DEPTH:
            return self.depth(row)
        if role == Role.OPEN:
            return self.is_open(row) if row.opens else None
        if role == Role.LOCAL:
            return row.local.value if column is Column.NAME and not row.error else Local.NONE.value
        if role == Role.TROUBLE:
            return bool(row.error)
        if role == Role.DOUBTFUL:
            return row.doubtful
        if role == Role.FAULT:
            return translated(row.fault)
        if role == Role.APART:
            return row.apart
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
                    *(self.tr("Local"), self.tr("Source")),
                )
                return titles[section]
            if role == Qt.ItemDataRole.TextAlignmentRole and section in NUMBERS:
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    @override
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < _COLUMNS:
            self._sort(Column(column), descending=order is Qt.SortOrder.DescendingOrder)

    def _spoken(self, row: Row) -> str:
        """What a screen reader says of a row besides its text: where it stands, since the list is flat."""
        if row.error and not row.is_line:
            return ""
        words = {
            Level.PATIENT: self.tr("Patient"),
            Level.STUDY: self.tr("Study"),
            Level.SERIES: self.tr("Series"),
            Level.IMAGE: self.tr("Image"),
        }[row.level]
        if row.is_line:
            words = self.tr("Answers set aside")
        if row.opens:
            words = f"{words}, {self.tr('open') if self.is_open(row) else self.tr('closed')}"
        return " ".join([f"{words}." if row.fault or row.differs else words, *remarks(row)])
