"""The worker thread's side of a job: the stop request, and a mailbox to the GUI thread.

Plain Python on purpose: a worker never holds a QObject, so none can be destroyed in a wrong thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from workstation.errors import WorkstationError
from workstation.jobs.mailbox import Mailbox
from workstation.stop import Cancelled, Progress, Stop

_log = logging.getLogger(__name__)

BATCH = 50
"""Values delivered in one turn of the event loop, at most."""
MOST_WAITING = 4 * BATCH
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
        error: The known error, when it failed.
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
    """One execution of some work: written by the worker, emptied by the GUI thread.

    Attributes:
        title: What the work is, for the log.
        stop: The request to end, made by :class:`~workstation.jobs.job.Job`.
    """

    def __init__(self, title: str, work: Callable[[Run], object]) -> None:
        self.title = title
        self.stop = Stop()
        self._work: Callable[[Run], object] | None = work
        self._mailbox = Mailbox[object](most=MOST_WAITING, batch=BATCH)  # a batch need not wait for a tick
        # guarded by the mailbox's lock
        self._started = False
        self._progress: Progress | None = None
        self._ended: Ended | None = None

    def ring_by(self, ring: Callable[[], None]) -> None:
        """Have ``ring`` called, from any thread, when there is something to :meth:`take`."""
        self._mailbox.ring = ring

    # --- called by the worker ---------------------------------------------------------------------------

    def report(self, progress: Progress) -> None:
        """Report how far the work is; of values reported in quick succession only the last may be seen."""
        with self._mailbox.lock:
            self._progress = progress
        self._mailbox.ring_once()

    def deliver(self, value: object) -> None:
        """Deliver a frozen value to the job's signal, in order; after a stop request it is dropped.

        Waits while :data:`MOST_WAITING` are not yet taken.
        """
        self._mailbox.put(value, self.stop)

    def execute(self) -> None:
        """Do the work and post how it ended; no exception leaves this outermost frame."""
        with self._mailbox.lock:
            self._started = True
        self._mailbox.ring_once()
        self.finish(self._end())

    def finish(self, ended: Ended) -> None:
        """Post the end; the first one counts. It rings in any case, so that jobs end in their order."""
        with self._mailbox.lock:
            self._ended = self._ended or ended
        self._mailbox.ring_again()

    @property
    def over(self) -> bool:
        """Whether the end is posted."""
        return self._ended is not None

    @property
    def full(self) -> bool:
        """Whether a whole batch waits."""
        return len(self._mailbox) >= BATCH

    def _end(self) -> Ended:
        try:
            self.stop.check()
            with self.stop.watching(self._mailbox.wake_waiting):
                assert self._work is not None, "a run is executed once"
                return Ended(Ending.DONE, self._work(self))
        except Cancelled:
            return Ended(Ending.CANCELLED)
        except WorkstationError as error:
            if self.stop.requested:  # an aborted association is how cancelling looks from inside
                return Ended(Ending.CANCELLED)
            return Ended(Ending.FAILED, error=error.with_traceback(None))
        except Exception:  # noqa: BLE001 - the one place where known errors and our bugs part
            _log.exception("a bug ended “%s”", self.title)
            return Ended(Ending.CRASHED)

    # --- called by the GUI thread -----------------------------------------------------------------------

    def let_go(self) -> None:
        """Drop the reference to the work, once it is over: it may be the last to hold a QObject."""
        self._work = None

    def take(self, limit: int) -> Post | None:
        """Take at most ``limit`` values and all else; None when there is nothing: it will ring again."""
        with self._mailbox.lock:
            if self.stop.requested:
                self._mailbox.clear()
            values = self._mailbox.pop(limit)
            more = bool(self._mailbox)
            ended = None if more else self._ended
            post = Post(self._started, values, self._progress, ended, more)
            if not values and self._progress is None and ended is None and not self._started:
                self._mailbox.found_empty()
                return None
            self._started, self._progress = False, None
            return post
