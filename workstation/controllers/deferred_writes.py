"""Deferred writing of small files: in their order, and all of them before the program ends."""

from __future__ import annotations

import threading
from collections.abc import Callable

from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Run


class DeferredWrites:
    """Writes in one lane. Of several requests for one file, only the last has to be written.

    The caller goes on at once; that the disk refuses is reported to the user.
    """

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._requested: dict[str, Callable[[], object]] = {}
        self._is_writing = False
        self._changed = threading.Condition()

    def put(self, what: str, write: Callable[[], object]) -> None:
        """Have ``write`` called in the lane; an earlier one of the same ``what`` that waits is dropped.

        ``write`` raises a :class:`~workstation.errors.WorkstationError` where it cannot.
        """
        with self._changed:
            waits = self._requested.pop(what, None) is not None
            self._requested[what] = write
        if not waits:
            self._lanes.submit(Lane.SMALL_FILES, f"write {what}", self._write)

    def flush(self, seconds: float) -> bool:
        """Wait until all is written; False: it was not within ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._requested and not self._is_writing, seconds)

    def _write(self, run: Run) -> None:
        with self._changed:
            if not self._requested:
                return
            write = self._requested.pop(next(iter(self._requested)))
            self._is_writing = True
        try:
            write()
        finally:
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()
