"""Holding back whoever needs a file that is still being opened."""

from __future__ import annotations

import threading

from workstation.stop import Cancelled


class Gate:
    """Shut at first; opens once, or says why it never will. Safe from any thread."""

    def __init__(self) -> None:
        self._decided = threading.Event()
        self._passable = False
        self._error: Exception | None = None
        self._lock = threading.Lock()

    @property
    def decided(self) -> bool:
        """Whether it is open, or never will be."""
        return self._decided.is_set()

    def open(self) -> None:
        """Let everybody through from now on; does nothing if it was decided before."""
        self._decide(None)

    def refuse(self, error: Exception) -> None:
        """Answer everybody with ``error`` from now on; does nothing if it was decided before."""
        self._decide(error)

    def shut(self) -> None:
        """Hold everybody back anew after a refusal, for another try; not once it was called off."""
        with self._lock:
            if self._error is not None and not isinstance(self._error, Cancelled):
                self._error = None
                self._decided.clear()

    def pass_through(self) -> None:
        """Wait until it is decided; raises what :meth:`refuse` was given."""
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
