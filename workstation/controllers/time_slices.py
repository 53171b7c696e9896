"""Makes many small calls in the GUI thread in time slices."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QTimer

SLICE_SECONDS = 0.008


class TimeSlices(QObject):
    """Makes calls in their order: the first ones at once, then a slice at each turn of the event loop."""

    def __init__(self, parent: QObject | None = None, *, at_once: int) -> None:
        super().__init__(parent)
        self._at_once = at_once
        self._calls: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._work)

    def do(self, calls: Iterable[Callable[[], object]]) -> None:
        """Make these calls after those that still wait."""
        waits = bool(self._calls)
        self._calls.extend(calls)
        if not waits:
            self._work(self._at_once)
        if self._calls:
            self._timer.start()

    def finish(self) -> None:
        """Make at once all calls that still wait: the program ends."""
        self._work(len(self._calls))

    def _work(self, least: int = 1) -> None:
        end = time.perf_counter() + SLICE_SECONDS
        while self._calls and (least > 0 or time.perf_counter() < end):
            self._calls.popleft()()
            least -= 1
        if not self._calls:
            self._timer.stop()
