"""The list of exchanges, and the list of what happened in one; both read what is kept, and copy nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from typing_extensions import override

from workstation.dicom import display
from workstation.models import exchange_texts
from workstation.models.model_index import ModelIndex
from workstation.network.exchange import Exchange, State
from workstation.operations.exchange_reading import Line, lines_of

_ROOT = QModelIndex()
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
FAILED_ROLE = Qt.ItemDataRole.UserRole + 1
"""Whether the row is of something that failed."""


class ExchangeColumn(IntEnum):
    """Columns of the list of exchanges."""

    TIME = 0
    WHAT = 1
    NODE = 2
    TOOK = 3
    STATE = 4


class ExchangesModel(QAbstractTableModel):
    """The exchanges that are kept, the newest at the top."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Exchange] = []
        self._unsettled: set[int] = set()  # those that ran when they were looked at

    def show(self, exchanges: Sequence[Exchange]) -> None:
        """Show these, given the oldest first."""
        rows = list(reversed(exchanges))
        changed = [row for row, exchange in enumerate(self._rows) if exchange.number in self._unsettled]
        self._unsettled = {exchange.number for exchange in rows if exchange.running}
        for row in changed:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(ExchangeColumn) - 1))
        if rows == self._rows:
            return
        while self._rows and (not rows or self._rows[-1] is not rows[-1]) and self._rows[-1] not in rows:
            last = len(self._rows) - 1
            self.beginRemoveRows(_ROOT, last, last)
            self._rows.pop()
            self.endRemoveRows()
        added = len(rows) - len(self._rows)
        if added > 0 and rows[added:] == self._rows:
            self.beginInsertRows(_ROOT, 0, added - 1)
            self._rows = rows
            self.endInsertRows()
        else:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def at(self, row: int) -> Exchange | None:
        """The exchange of a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def row_of(self, exchange: Exchange | None) -> int:
        """The row of an exchange; -1: it is not kept."""
        return next((row for row, other in enumerate(self._rows) if other is exchange), -1)

    @override
    def rowCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(ExchangeColumn)

    @override
    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        exchange = self.at(index.row())
        if exchange is None:
            return None
        if role == FAILED_ROLE:
            return exchange.state is State.FAILED
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == ExchangeColumn.TOOK:
            return _RIGHT
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        cells = (
            exchange_texts.clock(exchange.began),
            exchange_texts.kind_text(exchange),
            display.plain(exchange.label),
            exchange_texts.took(exchange, time.monotonic()),
            exchange_texts.state_text(exchange),
        )
        text = cells[index.column()]
        return text if role == Qt.ItemDataRole.DisplayRole else display.tool_tip(text)

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            titles = self.tr("Time"), self.tr("What"), self.tr("Node"), self.tr("Took"), self.tr("Result")
            return titles[section] if 0 <= section < len(titles) else None
        return None


class LineColumn(IntEnum):
    """Columns of what happened in an exchange."""

    TIME = 0
    ASSOCIATION = 1
    DIRECTION = 2
    WHAT = 3
    STATUS = 4
    SIZE = 5


class LinesModel(QAbstractTableModel):
    """What happened in one exchange, in the order of time; texts are made for the rows in sight only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.exchange: Exchange | None = None
        self.lines: list[Line] = []
        self._changes = -1

    def show(self, exchange: Exchange | None) -> None:
        """Show another exchange."""
        self.beginResetModel()
        self.exchange, self._changes = exchange, -1
        self.lines = []
        if exchange is not None:
            self._changes = exchange.changes
            self.lines = lines_of(exchange)
        self.endResetModel()

    def refresh(self) -> bool:
        """Show what has happened since; whether anything has."""
        exchange = self.exchange
        if exchange is None or exchange.changes == self._changes:
            return False
        self._changes = exchange.changes
        lines, before = lines_of(exchange), len(self.lines)
        if before > len(lines) or (before and lines[before - 1][:2] != self.lines[-1][:2]):
            self.beginResetModel()  # of what was kept, some is not any more
            self.lines = lines
            self.endResetModel()
            return True
        if len(lines) > before:
            self.beginInsertRows(_ROOT, before, len(lines) - 1)
            self.lines = lines
            self.endInsertRows()
        self.lines = lines
        if before:  # the data sets of some were still on their way
            self.dataChanged.emit(self.index(0, LineColumn.SIZE), self.index(before - 1, LineColumn.SIZE))
        return True

    @override
    def rowCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.lines)

    @override
    def columnCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(LineColumn)

    @override
    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < len(self.lines) or self.exchange is None:
            return None
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (LineColumn.TIME, LineColumn.SIZE):
            return _RIGHT
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        column = index.column()
        if column == LineColumn.TIME:
            return f"{line.moment - self.exchange.begun:.3f}"
        if column == LineColumn.ASSOCIATION:
            return "" if line.talk is None else str(line.talk.number)
        if column == LineColumn.DIRECTION:
            return _direction(line)
        texts = {
            LineColumn.WHAT: exchange_texts.name_of,
            LineColumn.STATUS: exchange_texts.status_of,
            LineColumn.SIZE: exchange_texts.size_of,
        }
        return display.plain(texts[LineColumn(column)](line))

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            titles = self.tr("s"), "#", "", self.tr("Message"), self.tr("Status"), self.tr("Data")
            return titles[section] if 0 <= section < len(titles) else None
        return None


def _direction(line: Line) -> str:
    sent = getattr(line.what, "sent", None)
    return "" if sent is None else "→" if sent else "←"
