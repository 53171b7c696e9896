"""A mailbox from worker threads to the GUI thread.

Plain Python on purpose: a worker never holds a QObject, so none can be destroyed in a wrong thread. The GUI
thread provides ``ring``, which wakes it: usually the ``emit`` of a signal with a queued connection.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from workstation.stop import Stop

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Keeps values in their order until the GUI thread takes them; safe from any thread.

    It rings once, and again only after it was found empty: a fast worker must not fill the queue of the event
    loop.

    Attributes:
        ring: Wakes the GUI thread; called from any thread, without the lock.
        lock: Guards the values, and what an owner keeps beside them.
    """

    def __init__(self, ring: Callable[[], None] = lambda: None, *, most: int = 0, batch: int = 0) -> None:
        """Make an empty one.

        Args:
            ring: See above.
            most: :meth:`put` waits while so many values are queued; 0: no limit.
            batch: Ring again as soon as so many values are queued; 0: do not.
        """
        self.ring = ring
        self.lock = threading.Lock()
        self._room = threading.Condition(self.lock)
        self._values: deque[T] = deque()
        self._most = most
        self._batch = batch
        self._rung = False

    def __len__(self) -> int:
        return len(self._values)

    # --- called by any thread -----------------------------------------------------------------------------

    def put(self, value: T, stop: Stop | None = None) -> None:
        """Add a value and ring; waits while there is no room, unless a ``stop`` is requested.

        After that request the value is dropped. Who requests it calls :meth:`wake_waiting`.
        """
        with self._room:
            while self._most and len(self._values) >= self._most and not _requested(stop):
                self._room.wait()
            if _requested(stop):
                return
            self._add(value)
            if self._batch and len(self._values) == self._batch:
                self._rung = False
        self.ring_once()

    def ring_once(self) -> None:
        """Ring, unless that was done and the mailbox was not found empty since."""
        with self.lock:
            if self._rung:
                return
            self._rung = True
        self.ring()

    def ring_again(self) -> None:
        """Ring in any case."""
        with self.lock:
            self._rung = True
        self.ring()

    def wake_waiting(self) -> None:
        """Let a waiting :meth:`put` look again."""
        with self._room:
            self._room.notify_all()

    # --- called by the GUI thread -------------------------------------------------------------------------

    def take(self) -> list[T]:
        """All values, the oldest first; the next one rings again."""
        with self.lock:
            self.found_empty()
            return self.pop()

    def pop(self, limit: int | None = None) -> list[T]:
        """At most ``limit`` values. The caller holds the lock, and calls :meth:`found_empty` if it was."""
        number = len(self._values) if limit is None else min(limit, len(self._values))
        values = [self._values.popleft() for _ in range(number)]
        if len(self._values) <= self._most // 2:
            self._room.notify_all()
        return values

    def clear(self) -> None:
        """Drop all values. The caller holds the lock."""
        self._values.clear()

    def found_empty(self) -> None:
        """Ring again for the next value. The caller holds the lock."""
        self._rung = False

    def _add(self, value: T) -> None:
        """Keep a value; to be overridden for values that add up."""
        self._values.append(value)


def _requested(stop: Stop | None) -> bool:
    return stop is not None and stop.requested
