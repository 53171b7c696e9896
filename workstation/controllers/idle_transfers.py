"""Starts transfers of low priority while nothing else goes on, and stops them when something does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer

from workstation.controllers.transfer_task import TransferTask
from workstation.models.transfers_model import TransfersModel

MAX_WAITING: Final = 20


class IdleTransfers(QObject):
    """At most one runs, and none beside another transfer of any node, a search, or a question to an archive.

    One that is stopped to make way brings what is missing when it is started again. It is left to the queue
    as soon as :attr:`TransferTask.when_idle` is no longer true of it: the user wants it.
    """

    def __init__(
        self,
        transfers: TransfersModel,
        start: Callable[[TransferTask], None],
        withdraw: Callable[[TransferTask], None],
    ) -> None:
        """Nothing waits yet.

        Args:
            transfers: The list.
            start: Starts one.
            withdraw: Takes one out of the queue.
        """
        super().__init__()
        self._transfers = transfers
        self._start = start
        self._withdraw = withdraw
        self._own: dict[int, TransferTask] = {}
        self._searching = self._asking = False
        self._calls: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self, interval=0, singleShot=True)
        self._timer.timeout.connect(self._look)
        for signal in (transfers.rowsInserted, transfers.rowsRemoved, transfers.dataChanged):
            signal.connect(lambda *_: self._look_soon())
        transfers.dropped.connect(self._forget)

    @property
    def full(self) -> bool:
        """Whether so many wait that no more are to be listed."""
        return len(self._own) >= MAX_WAITING

    def begin(self, one: TransferTask) -> None:
        """Let a listed transfer wait until nothing else goes on."""
        self._own[one.transfer.number] = one
        one.defer(self._why)
        self._transfers.tell(one.transfer)
        self._look_soon()

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

    def set_asking(self, asking: bool) -> None:
        """Note that an archive is asked for something the user wants to see, or no longer."""
        if asking != self._asking:
            self._asking = asking
            self._look_soon()

    def lists(self, number: int) -> bool:
        """Whether a transfer is one of these, and still runs only while nothing else goes on."""
        return number in self._own and self._own[number].when_idle

    @property
    def _why(self) -> str:
        return self.tr("Waiting: in the background, when nothing else is fetched")

    def _forget(self, numbers: list[int]) -> None:
        for number in numbers:
            self._own.pop(number, None)

    def _look_soon(self) -> None:
        if self._own or self._calls:
            self._timer.start()

    def _look(self) -> None:
        """Stop what runs, or start the next one, as it has to be now."""
        for number, one in list(self._own.items()):
            if not one.when_idle or (one.idle and not one.deferred):  # the user wants it, or it has ended
                del self._own[number]
        begun = [one for one in self._own.values() if not one.idle]
        busy = self._searching or self._asking or self._transfers.running_count > len(begun)
        if busy:
            for one in begun:
                if one.make_way(self._withdraw, self._why):
                    self._transfers.tell(one.transfer)
        if busy or begun:
            return
        while self._calls:
            self._calls.popleft()()
        waiting = [one for one in self._own.values() if one.deferred]
        if waiting:
            self._start(min(waiting, key=lambda one: self._transfers.position(one.transfer.number)))
