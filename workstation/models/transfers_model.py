"""The transfers: running, waiting, ended, and those an earlier run of the program left unfinished."""

from __future__ import annotations

from collections import Counter
from enum import IntEnum
from itertools import count, islice
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from typing_extensions import override

from workstation.dicom import display
from workstation.models.model_index import ModelIndex
from workstation.models.transfer import Transfer, TransferState
from workstation.models.transfer_cells import CUT_OFF, TransferColumn, cell, titles

_ROOT = QModelIndex()
KEPT = 200
"""Ended transfers listed at most."""


class TransferRole(IntEnum):
    """What the delegate asks for."""

    SHARE = Qt.ItemDataRole.UserRole + 1
    STATE = Qt.ItemDataRole.UserRole + 2
    NUMBER = Qt.ItemDataRole.UserRole + 3


class TransfersModel(QAbstractTableModel):
    """The newest transfer first.

    Signals:
        dropped: Numbers of transfers that are listed no more.

    Attributes:
        counts: How many transfers are in each state, as it was last announced.
    """

    dropped = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._transfers: list[Transfer] = []  # the oldest first: one more moves no other
        self._positions: dict[int, int] = {}
        self._states: dict[int, TransferState] = {}
        self.counts = Counter[TransferState]()
        self._numbers = count(1)

    def next_number(self) -> int:
        """A number no other transfer has."""
        return next(self._numbers)

    def add(self, *transfers: Transfer) -> None:
        """List transfers, the last one at the top; the oldest ended ones beyond :data:`KEPT` go."""
        if not transfers:
            return
        self.beginInsertRows(QModelIndex(), 0, len(transfers) - 1)
        for transfer in transfers:
            self._positions[transfer.number] = len(self._transfers)
            self._transfers.append(transfer)
            self._count(transfer)
        self.endInsertRows()
        surplus = min(len(self._transfers) - KEPT, self.ended_count)
        if surplus > 0:
            ended = (one.number for one in self._transfers if one.state.ended)
            self.remove(*islice(ended, surplus))

    def remove(self, *numbers: int) -> None:
        """Take transfers off the list."""
        positions = sorted(self._positions.pop(number) for number in numbers if number in self._positions)
        while positions:
            last = first = positions.pop()
            while positions and positions[-1] == first - 1:
                first = positions.pop()
            newest = len(self._transfers) - 1
            self.beginRemoveRows(QModelIndex(), newest - last, newest - first)
            for transfer in self._transfers[first : last + 1]:
                self.counts[self._states.pop(transfer.number)] -= 1
            del self._transfers[first : last + 1]
            self.endRemoveRows()
        self._positions = {one.number: position for position, one in enumerate(self._transfers)}
        self.dropped.emit(list(numbers))

    def find(self, number: int) -> Transfer | None:
        """The transfer of a number."""
        position = self._positions.get(number)
        return None if position is None else self._transfers[position]

    def tell(self, transfer: Transfer) -> None:
        """Some of its fields have changed."""
        position = self._positions.get(transfer.number)
        if position is not None:
            self._count(transfer)
            row = len(self._transfers) - 1 - position
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(TransferColumn) - 1))

    def _count(self, transfer: Transfer) -> None:
        before = self._states.get(transfer.number)
        if before is not transfer.state:
            if before is not None:
                self.counts[before] -= 1
            self.counts[transfer.state] += 1
            self._states[transfer.number] = transfer.state

    @property
    def running(self) -> list[Transfer]:
        """Those that run or wait, the newest first."""
        return [one for one in reversed(self._transfers) if one.state.open]

    @property
    def ended(self) -> list[Transfer]:
        """Those that will not go on unless the user says so, the newest first."""
        return [one for one in reversed(self._transfers) if one.state.ended]

    @property
    def running_count(self) -> int:
        """How many run or wait."""
        return sum(count for state, count in self.counts.items() if state.open)

    @property
    def ended_count(self) -> int:
        """How many will not go on unless the user says so."""
        return sum(count for state, count in self.counts.items() if state.ended)

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
        transfer = self._transfers[len(self._transfers) - 1 - index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell(transfer, TransferColumn(index.column()))
        if role == Qt.ItemDataRole.ToolTipRole and index.column() in CUT_OFF:
            return display.tool_tip(cell(transfer, TransferColumn(index.column())))
        if role == TransferRole.SHARE:
            return -1.0 if not transfer.expected else min(1.0, transfer.done / transfer.expected)
        if role == TransferRole.STATE:
            return transfer.state.value
        return transfer.number if role == TransferRole.NUMBER else None

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation is not Qt.Orientation.Horizontal:
            return None
        names = titles()
        return names[section] if 0 <= section < len(names) else None
