"""Does many small things in the GUI thread without holding it up."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QTimer

SLICE_SECONDS = 0.008


class TimeSlices(QObject):
    """Does acts in their order: the first ones at once, the others a slice at each turn of the event loop."""

    def __init__(self, parent: QObject | None = None, *, at_once: int) -> None:
        super().__init__(parent)
        self._at_once = at_once
        self._acts: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._work)

    def do(self, acts: Iterable[Callable[[], object]]) -> None:
        """Do these after what still waits."""
        waits = bool(self._acts)
        self._acts.extend(acts)
        if not waits:
            self._work(self._at_once)
        if self._acts:
            self._timer.start()

    def finish(self) -> None:
        """Do at once whatever still waits: the program ends."""
        self._work(len(self._acts))

    def _work(self, least: int = 1) -> None:
        end = time.perf_counter() + SLICE_SECONDS
        while self._acts and (least > 0 or time.perf_counter() < end):
            self._acts.popleft()()
            least -= 1
        if not self._acts:
            self._timer.stop()
