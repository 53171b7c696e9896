"""Measure how fast a transfer is now, and for how long nothing has come."""

from __future__ import annotations

from collections import deque
from typing import Final

WINDOW: Final = 10.0
"""Seconds that are looked back."""

_LEAST: Final = 0.5
"""Seconds of which nothing can be said yet."""


class TransferRate:
    """What came in the last :data:`WINDOW` seconds; the caller has the clock."""

    def __init__(self, now: float, size: int, images: int) -> None:
        """``now``: monotonic seconds; ``size`` and ``images``: what was there before it began."""
        self._samples = deque([(now, size, images)])
        self._came = now

    def note(self, now: float, size: int, images: int) -> None:
        """Note how many bytes and images there are."""
        if (size, images) != self._samples[-1][1:]:
            self._came = now
            self._samples.append((now, size, images))

    def per_second(self, now: float) -> tuple[float, float]:
        """Bytes and images a second; zeros while nothing can be said."""
        while len(self._samples) > 1 and self._samples[1][0] <= now - WINDOW:
            self._samples.popleft()
        begun, size, images = self._samples[0]
        seconds = min(now - begun, WINDOW)
        if seconds <= _LEAST:
            return 0.0, 0.0
        return (self._samples[-1][1] - size) / seconds, (self._samples[-1][2] - images) / seconds

    def silent(self, now: float) -> float:
        """Seconds since the last image came."""
        return now - self._came
