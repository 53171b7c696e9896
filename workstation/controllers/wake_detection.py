"""Notices that the computer has slept."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

TICK = 5.0
"""Seconds between two looks at the clocks."""
JUMP = 10.0
"""Seconds by which a look must come late, or the time of day have gone on more than the monotonic clock."""


class WakeDetection(QObject):
    """Compares clocks every few seconds; only some systems' monotonic clock goes on during sleep.

    A clock that is set by hand, or a window that hung, look the same: whoever listens must only try something
    earlier than it would have done anyway.

    Signals:
        woke: The computer has probably slept.
    """

    woke = Signal()

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        tick: float = TICK,
    ) -> None:
        """``monotonic`` and ``wall`` tell seconds; ``tick`` is the time between two looks."""
        super().__init__()
        self._monotonic = monotonic
        self._wall = wall
        self._tick = tick
        self._last = monotonic(), wall()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._timer.setInterval(round(1000 * tick))
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        before, self._last = self._last, (self._monotonic(), self._wall())
        elapsed, by_wall = self._last[0] - before[0], self._last[1] - before[1]
        if elapsed > self._tick + JUMP or by_wall - elapsed > JUMP:
            self.woke.emit()
