"""Holding back whoever needs a file that is still being opened."""

from __future__ import annotations

import threading

from workstation.stop import Cancelled


class Gate:
    """Shut at first; opens once, or says why it never will. Safe from any thread."""

    def __init__(self) -> None:
        self._decided = threading.Event()
        self._passable = False
        self._trouble: Exception | None = None
        self._lock = threading.Lock()

    @property
    def decided(self) -> bool:
        """Whether it is open, or never will be."""
        return self._decided.is_set()

    def open(self) -> None:
        """Let everybody through from now on; does nothing if it was decided before."""
        self._decide(None)

    def refuse(self, trouble: Exception) -> None:
        """Answer everybody with ``trouble`` from now on; does nothing if it was decided before."""
        self._decide(trouble)

    def shut(self) -> None:
        """Hold everybody back anew after a refusal, for another try; not once it was called off."""
        with self._lock:
            if self._trouble is not None and not isinstance(self._trouble, Cancelled):
                self._trouble = None
                self._decided.clear()

    def pass_through(self) -> None:
        """Wait until it is decided; raises what :meth:`refuse` was given."""
        if self._passable:
            return
        self._decided.wait()
        trouble = self._trouble
        if trouble is not None:
            raise trouble.with_traceback(None)

    def _decide(self, trouble: Exception | None) -> None:
        with self._lock:
            if not self._decided.is_set():
                self._trouble, self._passable = trouble, trouble is None
                self._decided.set()
