"""The transfers: running, waiting, ended, and those an earlier run of the program left unfinished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from enum import IntEnum, StrEnum
from itertools import count, islice
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from typing_extensions import override

from workstation.dicom import display
from workstation.models.model_index import ModelIndex

_ROOT = QModelIndex()
KEPT = 200
"""Ended transfers listed at most."""


class TransferState(StrEnum):
    """Where a transfer stands, as its row shows it."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    PAUSED = "paused"
    COMPLETE = "complete"
    RECEIVED = "received"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNFINISHED = "unfinished"
    REFUSED = "refused"

    @property
    def open(self) -> bool:
        """It runs or will run."""
        return self in (TransferState.QUEUED, TransferState.RUNNING, TransferState.CANCELLING)

    @property
    def ended(self) -> bool:
        """It will not go on unless the user says so."""
        return not self.open and self not in (TransferState.PAUSED, TransferState.UNFINISHED)

    @property
    def resumable(self) -> bool:
        """Running it again can bring more."""
        ends = (TransferState.COMPLETE, TransferState.RECEIVED, TransferState.REFUSED)
        return not self.open and self not in ends


@dataclass(slots=True)
class Transfer:
    """One transfer.

    Attributes:
        title: What is handed over: patient and study, as in the tree.
        node: The key of the node it goes to or comes from; empty: none. Never a shown text.
        where: What is shown instead; empty: the key itself.
        waits_for: What a paused one waits for that is no time to be counted down; empty: nothing of the kind.
        done: Instances here; ``expected`` None: unknown.
        rate: Bytes a second.
        message: Why it is not complete.
        pace: Instances a second.
        verb: What it does while it runs.
        resumes_in: Seconds until a paused one is taken up again; None: when there is room on the disk.
    """

    number: int
    title: str
    node: str
    state: TransferState = TransferState.QUEUED
    _: KW_ONLY
    done: int = 0
    expected: int | None = None
    bytes: int = 0
    rate: float = 0.0
    message: str = ""
    pace: float = 0.0
    verb: str = ""
    resumes_in: float | None = None
    where: str = ""
    waits_for: str = ""

    def measure(self, seconds: float) -> None:
        """Rate and pace after ``seconds`` of running; nothing can be said of the first half second."""
        if seconds > 0.5:
            self.rate, self.pace = self.bytes / seconds, self.done / seconds

    @property
    def seconds_left(self) -> float | None:
        """How long it may still take; None while that is unknown."""
        if not self.state.open or self.expected is None or self.pace <= 0:
            return None
        return max(0.0, (self.expected - self.done) / self.pace)


@dataclass(frozen=True, slots=True)
class Details:
    """What "Details" of a transfer shows.

    Attributes:
        message: How it stands.
        status: Codes and comment behind a failure.
        report: Instances that are missing or failed, each with why.
        messages: The talk with the archive.
        command: The equivalent DCMTK command line.
        destination: What the archive's administrator has to enter, one fact a line; empty: nothing.
        fetch: Objects were fetched; False: sent or copied.
        whole: It ended, and nothing is known to be missing.
    """

    title: str
    message: str
    status: str = ""
    _: KW_ONLY
    report: tuple[tuple[str, str], ...] = ()
    messages: tuple[str, ...] = ()
    command: str = ""
    destination: str = ""
    fetch: bool = True
    whole: bool = False


class TransferColumn(IntEnum):
    """The columns."""

    TITLE = 0
    NODE = 1
    PROGRESS = 2
    RATE = 3
    STATE = 4
    GIVE_UP = 5
    ACTION = 6
    DETAILS = 7


_CUT_OFF = (TransferColumn.TITLE, TransferColumn.NODE, TransferColumn.STATE)
"""May be too long for their column: the tool tip holds all of it."""


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
        self._words: dict[TransferState, Callable[[Transfer], str]] = {
            TransferState.QUEUED: lambda one: one.message or self.tr("Waiting"),
            TransferState.RUNNING: lambda one: one.message or one.verb or self.tr("Fetching"),
            TransferState.CANCELLING: lambda one: self.tr("Stopping…"),
            TransferState.PAUSED: self._paused,
            TransferState.COMPLETE: lambda one: one.message or self.tr("Complete"),
            TransferState.RECEIVED: lambda one: one.message or self.tr("Received, not verified"),
            TransferState.PARTIAL: lambda one: one.message or self.tr("Incomplete"),
            TransferState.FAILED: lambda one: one.message or self.tr("Failed"),
            TransferState.REFUSED: lambda one: one.message,
            TransferState.CANCELLED: lambda one: self.tr("Cancelled"),
            TransferState.UNFINISHED: lambda one: one.message or self.tr("Unfinished when the program ended"),
        }

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
            return self._cell(transfer, TransferColumn(index.column()))
        if role == Qt.ItemDataRole.ToolTipRole and index.column() in _CUT_OFF:
            return display.tool_tip(self._cell(transfer, TransferColumn(index.column())))
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
        titles = (
            *(self.tr("Transfer"), self.tr("Archive"), self.tr("Progress"), self.tr("Rate")),
            *(self.tr("State"), "", "", ""),
        )
        return titles[section] if 0 <= section < len(titles) else None

    def _cell(self, transfer: Transfer, column: TransferColumn) -> str:
        if column is TransferColumn.TITLE:
            return transfer.title
        if column is TransferColumn.NODE:
            return display.plain(transfer.where or transfer.node)
        if column is TransferColumn.STATE:
            return self._words[transfer.state](transfer)
        if column is TransferColumn.ACTION:
            return self._action(transfer)
        if column is TransferColumn.GIVE_UP:
            return self._giving_up(transfer.state)
        if column is TransferColumn.DETAILS:
            return self.tr("Details")
        return _rate(transfer) if column is TransferColumn.RATE else self._progress(transfer)

    def _progress(self, transfer: Transfer) -> str:
        if transfer.state in (TransferState.QUEUED, TransferState.UNFINISHED) and not transfer.done:
            return ""
        if transfer.expected is None or transfer.expected < transfer.done:
            return display.counted(transfer.done, self.tr("1 image"), self.tr("{n} images"))
        of = self.tr("{n} of 1 image") if transfer.expected == 1 else self.tr("{n} of {m} images")
        return of.format(n=transfer.done, m=transfer.expected)

    def _paused(self, transfer: Transfer) -> str:
        if transfer.waits_for:
            then = transfer.waits_for
        elif transfer.resumes_in is None:
            then = self.tr("It goes on by itself when there is room.")
        else:
            left = display.duration(transfer.resumes_in)
            then = self.tr("Trying again in {time}.").format(time=left)
        return " ".join(part for part in (then, transfer.message) if part)  # the end may be cut off

    def _action(self, transfer: Transfer) -> str:
        if transfer.state in (TransferState.QUEUED, TransferState.RUNNING):
            return self.tr("Cancel")
        if transfer.state.resumable:
            retry = transfer.state is TransferState.FAILED
            return self.tr("Retry") if retry else self.tr("Resume")
        return "" if transfer.state.open else self.tr("Remove")

    def _giving_up(self, state: TransferState) -> str:
        """The second thing a row offers."""
        if state is TransferState.PAUSED:
            return self.tr("Cancel")
        if state is TransferState.UNFINISHED:
            return self.tr("Forget")
        return self.tr("Remove") if state.resumable else ""


def _rate(transfer: Transfer) -> str:
    if not transfer.state.open:
        return display.size(transfer.bytes) if transfer.bytes else ""
    if not transfer.rate:
        return ""
    left = transfer.seconds_left
    rate = f"{display.size(round(transfer.rate))}/s"
    return rate if left is None else f"{rate}  ·  {display.duration(left)}"
