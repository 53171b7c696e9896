"""Small files written behind the window: in order, and all of them before the program ends."""

from __future__ import annotations

import threading
from collections.abc import Callable

from workstation.controllers.notices import Notices
from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Ended, Ending, Run


class DeferredWrites:
    """Writes in one lane. Of several wishes for one thing, only the last has to be written.

    Who asks goes on at once with what it asked for; that a disk refuses is told in words.
    """

    def __init__(self, lanes: Lanes, notices: Notices) -> None:
        self._lanes = lanes
        self._notices = notices
        self._wanted: dict[str, Callable[[], object]] = {}
        self._writing = False
        self._changed = threading.Condition()

    def put(self, what: str, write: Callable[[], object]) -> None:
        """Have ``write`` called in the lane; one for the same thing that still waits is dropped.

        ``write`` raises a :class:`~workstation.errors.WorkstationError` where it cannot.
        """
        with self._changed:
            waits = self._wanted.pop(what, None) is not None
            self._wanted[what] = write
        if waits:
            return
        job = self._lanes.submit("files", Purpose.TRANSFER, f"write {what}", self._write)
        job.ended.connect(self._ended)

    def flush(self, seconds: float) -> bool:
        """Wait until all is written; False: it was not within ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._wanted and not self._writing, seconds)

    def _write(self, run: Run) -> None:
        with self._changed:
            if not self._wanted:
                return
            write = self._wanted.pop(next(iter(self._wanted)))
            self._writing = True
        try:
            write()
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()

    def _ended(self, ended: Ended) -> None:
        if ended.error is not None:
            self._notices.tell(ended.error)
        elif ended.ending is Ending.CRASHED:
            self._notices.bug()
