"""The transfers: running, waiting, ended, and those an earlier run of the program left unfinished."""

from __future__ import annotations

from collections import Counter
from enum import IntEnum
from itertools import count
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from typing_extensions import override

from workstation.dicom import display
from workstation.models.model_index import ModelIndex
from workstation.models.transfer import SILENT_SECONDS, Priority, Transfer, TransferState
from workstation.models.transfer_cells import CUT_OFF, TransferColumn, cell, titles

_ROOT = QModelIndex()
KEPT = 200
"""Ended transfers listed at most."""


class TransferRole(IntEnum):
    """What the delegate asks for."""

    SHARE = Qt.ItemDataRole.UserRole + 1
    STATE = Qt.ItemDataRole.UserRole + 2
    NUMBER = Qt.ItemDataRole.UserRole + 3
    SILENT = Qt.ItemDataRole.UserRole + 4


class TransfersModel(QAbstractTableModel):
    """The list of transfers. What waits goes on in its order, from the top.

    A transfer stays where it is whatever becomes of it; only the user moves one.

    Signals:
        dropped: Numbers of transfers that are listed no more.

    Attributes:
        counts: How many transfers are in each state, as it was last announced.
        round: By number, the transfers since nothing last ran or waited; what the overall progress is of.
    """

    dropped = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._transfers: list[Transfer] = []  # from the top
        self._positions: dict[int, int] = {}
        self._states: dict[int, TransferState] = {}
        self._ends: dict[Priority, int] = {}  # by priority: the last to go on that is at least so urgent
        self.counts = Counter[TransferState]()
        self.round: dict[int, Transfer] = {}
        self._numbers = count(1)

    def next_number(self) -> int:
        """A number no other transfer has."""
        return next(self._numbers)

    # --- The order ----------------------------------------------------------------------------------------

    def add(self, *transfers: Transfer) -> None:
        """List transfers; the oldest ended ones beyond :data:`KEPT` go.

        What is to run comes behind all that is to go on and is as urgent, in the order given; what is urgent,
        and all that does not run, comes to the top, the last one first.
        """
        if not transfers:
            return
        priority = max(one.priority for one in transfers)
        behind = priority is not Priority.URGENT and all(one.state.open for one in transfers)
        row = self._end_of(priority) if behind else 0
        self.beginInsertRows(QModelIndex(), row, row + len(transfers) - 1)
        self._transfers[row:row] = transfers if behind else transfers[::-1]
        self._number_from(row)
        for transfer in transfers:
            self._count(transfer)
        if behind:
            self._ends[priority] = transfers[-1].number
        self.endInsertRows()
        surplus = min(len(self._transfers) - KEPT, self.ended_count)
        if surplus > 0:
            self.remove(*sorted(one.number for one in self._transfers if one.state.ended)[:surplus])

    def _end_of(self, priority: Priority) -> int:
        """The row below the last one that is to go on and is at least so urgent."""
        number = self._ends.get(priority)
        if number is not None:
            return self._positions[number] + 1
        for row in range(len(self._transfers) - 1, -1, -1):
            one = self._transfers[row]
            if (one.state.open or one.state.waits) and one.priority <= priority:
                return row + 1
        return 0

    def _number_from(self, row: int) -> None:
        for position in range(row, len(self._transfers)):
            self._positions[self._transfers[position].number] = position

    def remove(self, *numbers: int) -> None:
        """Take transfers off the list."""
        positions = sorted(self._positions.pop(number) for number in numbers if number in self._positions)
        while positions:
            last = first = positions.pop()
            while positions and positions[-1] == first - 1:
                first = positions.pop()
            self.beginRemoveRows(QModelIndex(), first, last)
            for transfer in self._transfers[first : last + 1]:
                self.counts[self._states.pop(transfer.number)] -= 1
            del self._transfers[first : last + 1]
            self._number_from(first)  # before anybody hears of it, and looks one up
            self.endRemoveRows()
        self._ends.clear()
        self.dropped.emit(list(numbers))

    def position(self, number: int) -> int:
        """The row of a transfer of the list."""
        return self._positions[number]

    def move_before(self, number: int, row: int) -> None:
        """Put a transfer that waits above the one that is in ``row`` now, or at the end.

        It becomes as urgent as what it is put before: the user has said so.
        """
        here = self._positions.get(number)
        if here is None or row in (here, here + 1) or not 0 <= row <= len(self._transfers):
            return
        self.beginMoveRows(QModelIndex(), here, here, QModelIndex(), row)
        transfer = self._transfers.pop(here)
        place = row - (row > here)
        self._transfers.insert(place, transfer)
        self._number_from(min(here, place))
        self._ends.clear()
        self.endMoveRows()
        below = next((one for one in self._transfers[place + 1 :] if one.state.waits), transfer)
        transfer.priority = min(transfer.priority, below.priority)

    def step(self, number: int, down: bool) -> None:
        """Exchange a transfer that waits with the next one that waits above or below it."""
        here = self._positions.get(number)
        if here is None or not self._transfers[here].state.waits:
            return
        rows = range(here + 1, len(self._transfers)) if down else range(here - 1, -1, -1)
        other = next((row for row in rows if self._transfers[row].state.waits), None)
        if other is not None:
            self.move_before(number, other + down)

    # --- What is in it ------------------------------------------------------------------------------------

    def find(self, number: int) -> Transfer | None:
        """The transfer of a number."""
        position = self._positions.get(number)
        return None if position is None else self._transfers[position]

    def tell(self, transfer: Transfer) -> None:
        """Some of its fields have changed."""
        row = self._positions.get(transfer.number)
        if row is not None:
            self._count(transfer)
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(TransferColumn) - 1))

    def write_names(self) -> None:
        """Write the titles anew: the user chose another style of names."""
        for transfer in self.all:
            if transfer.renamed is not None:
                transfer.title = transfer.renamed()
                self.tell(transfer)

    def _count(self, transfer: Transfer) -> None:
        before, now = self._states.get(transfer.number), transfer.state
        if before is now:
            return
        if now.open and transfer.number not in self.round:
            if not self.running_count:
                self.round.clear()
            self.round[transfer.number] = transfer
        if before is not None:
            self.counts[before] -= 1
            if not (now.open or now.waits):
                self._ends.clear()
        self.counts[now] += 1
        self._states[transfer.number] = now

    @property
    def all(self) -> list[Transfer]:
        """All of them, from the top."""
        return list(self._transfers)

    @property
    def running(self) -> list[Transfer]:
        """Those that run or wait to, from the top."""
        return [one for one in self._transfers if one.state.open]

    @property
    def ended(self) -> list[Transfer]:
        """Those that will not go on unless the user says so, from the top."""
        return [one for one in self._transfers if one.state.ended]

    @property
    def running_count(self) -> int:
        """How many run or wait."""
        return sum(count for state, count in self.counts.items() if state.open)

    @property
    def ended_count(self) -> int:
        """How many will not go on unless the user says so."""
        return sum(count for state, count in self.counts.items() if state.ended)

    # --- For Qt -------------------------------------------------------------------------------------------

    @override
    def rowCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._transfers)

    @override
    def columnCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(TransferColumn)

    @override
    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._transfers):
            return None
        transfer = self._transfers[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell(transfer, TransferColumn(index.column()))
        if role == Qt.ItemDataRole.ToolTipRole and index.column() in CUT_OFF:
            return display.tool_tip(cell(transfer, TransferColumn(index.column())))
        if role == TransferRole.SHARE:
            return -1.0 if not transfer.expected else min(1.0, transfer.done / transfer.expected)
        if role == TransferRole.STATE:
            return transfer.state.value
        if role == TransferRole.SILENT:
            return transfer.state is TransferState.RUNNING and transfer.silent >= SILENT_SECONDS
        return transfer.number if role == TransferRole.NUMBER else None

    @override
    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not index.isValid():
            return flags | Qt.ItemFlag.ItemIsDropEnabled  # between rows only
        waits = index.row() < len(self._transfers) and self._transfers[index.row()].state.waits
        return flags | Qt.ItemFlag.ItemIsDragEnabled if waits else flags

    @override
    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation is not Qt.Orientation.Horizontal:
            return None
        names = titles()
        return names[section] if 0 <= section < len(names) else None
