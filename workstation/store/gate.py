"""Blocks the users of a file until it is open, or has failed to open."""

from __future__ import annotations

import threading

from workstation.stop import Cancelled


class Gate:
    """Closed at first; then opened once, or refused with an error. Safe from any thread."""

    def __init__(self) -> None:
        self._decided = threading.Event()
        self._passable = False
        self._error: Exception | None = None
        self._lock = threading.Lock()

    @property
    def decided(self) -> bool:
        """Whether it is open or refused."""
        return self._decided.is_set()

    def open(self) -> None:
        """Let every thread pass from now on; does nothing if it was decided before."""
        self._decide(None)

    def refuse(self, error: Exception) -> None:
        """Raise ``error`` in every thread that passes from now on; does nothing if it was decided before."""
        self._decide(error)

    def shut(self) -> None:
        """Close it again after a refusal, for another try; does nothing once it was cancelled."""
        with self._lock:
            if self._error is not None and not isinstance(self._error, Cancelled):
                self._error = None
                self._decided.clear()

    def pass_through(self) -> None:
        """Wait until it is decided; raise what :meth:`refuse` was given."""
        if self._passable:
            return
        self._decided.wait()
        error = self._error
        if error is not None:
            raise error.with_traceback(None)

    def _decide(self, error: Exception | None) -> None:
        with self._lock:
            if not self._decided.is_set():
                self._error, self._passable = error, error is None
                self._decided.set()
