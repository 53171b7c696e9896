"""Starts transfers nobody waits for while nothing else goes on, and holds them when something does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from workstation.controllers.transfer_task import Then, TransferTask
from workstation.models.transfer import TransferState
from workstation.models.transfers_model import TransfersModel

MAX_WAITING = 20


class IdleTransfers(QObject):
    """A queue of transfers; at most one runs, and none beside another transfer of any node, or a search.

    One that is held is cancelled, and brings what is missing when it is started again.
    """

    def __init__(self, transfers: TransfersModel, start: Callable[[TransferTask], None]) -> None:
        """``start`` starts a transfer that is listed."""
        super().__init__()
        self._transfers = transfers
        self._start = start
        self._waiting: deque[TransferTask] = deque()
        self._running: TransferTask | None = None
        self._held = False
        self._wanted: TransferTask | None = None  # the user asked for it while it was being held
        self._searching = False
        self._calls: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self, interval=0, singleShot=True)
        self._timer.timeout.connect(self._look)
        for signal in (transfers.rowsInserted, transfers.rowsRemoved, transfers.dataChanged):
            signal.connect(lambda *_: self._look_soon())
        transfers.dropped.connect(self._forget)

    def add(self, one: TransferTask) -> bool:
        """Queue a transfer that is listed; False if too many wait."""
        if len(self._waiting) >= MAX_WAITING:
            return False
        self._wait(one, first=False)
        return True

    def when_idle(self, call: Callable[[], object]) -> None:
        """Make a call once nothing else goes on; of too many the oldest are dropped."""
        self._calls.append(call)
        if len(self._calls) > MAX_WAITING:
            self._calls.popleft()
        self._look_soon()

    def set_searching(self, searching: bool) -> None:
        """Note that the user searches, or no longer."""
        self._searching = searching
        self._look_soon()

    def lists(self, number: int) -> bool:
        """Whether a transfer is one of these."""
        return any(one.transfer.number == number for one in self._own)

    def withdraw(self, one: TransferTask) -> bool:
        """Leave a transfer to the caller, if it is one of these; it may be running."""
        if one is self._running:
            self._wanted = one if self._held else None
            self._running, self._held = None, False
            return True
        if one not in self._waiting:
            return False
        self._waiting.remove(one)
        one.transfer.message = ""
        return True

    def ended(self, one: TransferTask) -> bool:
        """Note that a transfer has ended; whether it was only held, and waits or runs again."""
        if one is self._wanted:
            self._wanted = None
            self._start(one)
            return True
        if one is not self._running:
            return False
        held, self._running, self._held = self._held, None, False
        if held and one.transfer.state is TransferState.CANCELLED:
            self._wait(one, first=True)
            return True
        if one.transfer.state is TransferState.PAUSED:  # it would go on beside what the user asked for
            one.transfer.state = TransferState.FAILED
            self._transfers.tell(one.transfer)
        self._look_soon()
        return False

    @property
    def _own(self) -> list[TransferTask]:
        return [*self._waiting, *([self._running] if self._running is not None else [])]

    def _wait(self, one: TransferTask, *, first: bool) -> None:
        one.transfer.state = TransferState.QUEUED
        one.transfer.message = self.tr("Waiting: in the background, when nothing else is fetched")
        (self._waiting.appendleft if first else self._waiting.append)(one)
        self._transfers.tell(one.transfer)
        self._look_soon()

    def _forget(self, numbers: list[int]) -> None:
        gone = set(numbers)
        self._waiting = deque(one for one in self._waiting if one.transfer.number not in gone)

    def _look_soon(self) -> None:
        if self._own or self._calls:
            self._timer.start()

    def _look(self) -> None:
        own = sum(one.transfer.state.open for one in self._own)
        busy = self._searching or self._transfers.running_count > own
        if self._running is not None:
            job = self._running.job
            if busy and not self._held and job is not None:
                self._held = True
                self._running.stop(Then.CANCELLED)
            return
        if busy:
            return
        while self._calls:
            self._calls.popleft()()
        if self._waiting:
            one = self._running = self._waiting.popleft()
            if (
                one.idle and one.transfer.state is TransferState.QUEUED
            ):  # else the user cancelled or paused it
                self._start(one)
            if one.idle:  # its node is gone
                self._running = None
                self._look_soon()
