"""Decides which transfer runs next: one at a time of each archive, in the order of the list."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from workstation.controllers.transfer_task import Then, TransferTask
from workstation.models.transfer import Priority, TransferState

Begin = Callable[[], bool]
"""Submits the job of a transfer; False: there is nothing to run."""


class TransferQueue:
    """What waits, and what runs, by :attr:`TransferTask.queue_key`.

    All controllers of transfers share one. What runs is stopped for what is more urgent; its controller
    queues it again, and then both run as their places in the list say.
    """

    def __init__(self, position: Callable[[int], int]) -> None:
        """``position`` is the place of a number in the list."""
        self._position = position
        self._waiting: dict[Hashable, dict[int, tuple[TransferTask, Begin]]] = {}
        self._running: dict[Hashable, TransferTask] = {}
        self._keys: dict[int, Hashable] = {}  # as it was when queued: the node may be edited meanwhile

    def put(self, task: TransferTask, begin: Begin) -> None:
        """Queue a task; ``begin`` is called when it is its turn, at once if nothing else of its key runs."""
        key, number = task.queue_key, task.transfer.number
        if key is None:
            begin()
            return
        self._keys[number] = key
        self._waiting.setdefault(key, {})[number] = task, begin
        task.waiting = True
        running = self._running.get(key)
        if running is None:
            self.begin_next(key)
        elif task.overtakes or running.transfer.priority > task.transfer.priority:
            self.overtake(task)
        task.overtakes = False

    def overtake(self, task: TransferTask) -> None:
        """Have what runs make way for a task that waits, if that can go on later without beginning anew."""
        running = self._running.get(self._keys[task.transfer.number])
        if running is None or running is task or not running.transfer.pauses:
            return
        if running.transfer.state is not TransferState.CANCELLING:
            running.stop(Then.QUEUED)

    def withdraw(self, task: TransferTask) -> None:
        """Take out a task that waits."""
        del self._waiting[self._keys.pop(task.transfer.number)][task.transfer.number]
        task.waiting = False

    def release(self, task: TransferTask) -> Hashable:
        """The job of a task has ended: return the key under which it ran, for :meth:`begin_next`."""
        key = next((key for key, running in self._running.items() if running is task), None)
        self._running.pop(key, None)
        return key

    def begin_next(self, key: Hashable) -> None:
        """Begin what is next of a key, unless something of it runs."""
        waiting = self._waiting.get(key, {})
        while waiting and key not in self._running:
            task, begin = min(waiting.values(), key=self._turn)
            self.withdraw(task)
            self._running[key] = task
            if not begin():
                del self._running[key]
        if not waiting:
            self._waiting.pop(key, None)

    def _turn(self, waiting: tuple[TransferTask, Begin]) -> tuple[bool, int]:
        transfer = waiting[0].transfer
        return transfer.priority is Priority.BACKGROUND, self._position(transfer.number)
