"""The working thread's end of a job: the stop request, and a mailbox to the GUI thread.

Plain Python on purpose: a worker never holds a QObject, so none can be destroyed in a wrong thread.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from workstation.errors import WorkstationError
from workstation.stop import Cancelled, Progress, Stop

_log = logging.getLogger(__name__)

LOT = 50
"""Values handed over in one turn of the event loop, at most."""
MOST_WAITING = 4 * LOT
"""Values that may lie in the mailbox. What comes faster than it can be shown waits for the GUI thread: a
worker that ran on would take the interpreter's lock from it again and again while it paints."""


class Ending(StrEnum):
    """How a job came to its end."""

    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a job.

    Attributes:
        ending: How.
        result: What the work returned, when it is done.
        error: The known trouble, when it failed.
    """

    ending: Ending
    result: object = None
    error: WorkstationError | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """What lay in the mailbox; ``ended`` comes with the last one only."""

    started: bool
    values: list[object]
    progress: Progress | None
    ended: Ended | None
    more: bool


class Run:
    """One running of some work, written by the worker, emptied by the GUI thread.

    Attributes:
        stop: The request to end, of which :class:`~workstation.jobs.job.Job` is the asker.
    """

    def __init__(self, title: str, work: Callable[[Run], object]) -> None:
        self.title = title
        self.stop = Stop()
        self.ring: Callable[[], None] = lambda: None
        self._work: Callable[[Run], object] | None = work
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._rung = False
        self._started = False
        self._values: deque[object] = deque()
        self._progress: Progress | None = None
        self._ended: Ended | None = None

    # --- called by the worker ---------------------------------------------------------------------------

    def report(self, progress: Progress) -> None:
        """Tell how far the work is; of values reported in quick succession only the last may be seen."""
        with self._lock:
            self._progress = progress
        self._wake()

    def deliver(self, value: object) -> None:
        """Hand a frozen value to whoever listens; none is lost, order is kept, until a stop is asked.

        Waits while :data:`MOST_WAITING` are not yet taken.
        """
        with self._room:
            while len(self._values) >= MOST_WAITING and not self.stop.requested:
                self._room.wait()
            if self.stop.requested:
                return
            self._values.append(value)
            if len(self._values) == LOT:
                self._rung = False  # a lot need not wait for a tick
        self._wake()

    def execute(self) -> None:
        """Do the work and sort how it ended; nothing leaves this outermost frame."""
        with self._lock:
            self._started = True
        self._wake()
        self.finish(self._sorted())

    def finish(self, ended: Ended) -> None:
        """Post the end; the first one counts. It rings again, so that ends are heard in their order."""
        with self._lock:
            self._ended = self._ended or ended
            self._rung = True
        self.ring()

    @property
    def over(self) -> bool:
        """Whether the end is posted."""
        return self._ended is not None

    @property
    def full(self) -> bool:
        """Whether a whole batch waits."""
        return len(self._values) >= LOT

    def _sorted(self) -> Ended:
        try:
            self.stop.check()
            with self.stop.watching(self._make_room):
                assert self._work is not None, "a run is executed once"
                return Ended(Ending.DONE, self._work(self))
        except Cancelled:
            return Ended(Ending.CANCELLED)
        except WorkstationError as error:
            if self.stop.requested:  # an aborted association is how cancelling looks from inside
                return Ended(Ending.CANCELLED)
            return Ended(Ending.FAILED, error=error.with_traceback(None))
        except Exception:  # noqa: BLE001 - the one place where known trouble and our bugs part
            _log.exception("a bug ended “%s”", self.title)
            return Ended(Ending.CRASHED)

    def _make_room(self) -> None:
        with self._room:
            self._room.notify_all()

    def _wake(self) -> None:
        with self._lock:
            if self._rung:
                return
            self._rung = True
        self.ring()

    # --- called by the GUI thread -----------------------------------------------------------------------

    def let_go(self) -> None:
        """Hold the work no more, once it is over: it may be the last to hold a QObject."""
        self._work = None

    def take(self, limit: int) -> Post | None:
        """Take at most ``limit`` values and all else; None, with the bell armed anew, when it is empty."""
        with self._lock:
            if self.stop.requested:
                self._values.clear()
            values = [self._values.popleft() for _ in range(min(limit, len(self._values)))]
            more = bool(self._values)
            if len(self._values) <= MOST_WAITING // 2:
                self._room.notify_all()
            ended = None if more else self._ended
            post = Post(self._started, values, self._progress, ended, more)
            if not values and self._progress is None and ended is None and not self._started:
                self._rung = False
                return None
            self._started, self._progress = False, None
            return post
