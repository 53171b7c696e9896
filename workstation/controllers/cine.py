"""Plays a clip: shows the frame that is due, and skips those that are late."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from workstation.controllers.preview import Preview
from workstation.imaging.cine import CineClock, Timing

_TICK_MS = 8


class Cine(QObject):
    """Plays the clip of the preview: the frames of an instance, or a stack.

    Signals:
        playing_changed: Whether it plays, and how many frames a second.
    """

    playing_changed = Signal(bool, float)

    def __init__(self, preview: Preview, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._preview = preview
        self._now = now
        self._clip: tuple[int, int, Timing] = 0, 0, Timing()
        self._clock = CineClock(Timing(), 1, now)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.tick)
        preview.cleared.connect(self.stop)

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._timer.isActive()

    def toggle(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.stop()
        elif self._preview.clip[1] > 1:
            self._begin()
            self._timer.start()
            self.playing_changed.emit(True, self._clock.timing.rate(self._clock.frames))

    def stop(self) -> None:
        """Pause; nothing if it does not play."""
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False, 0.0)

    def tick(self) -> None:
        """Show the frame that is due."""
        if self._preview.clip != self._clip:  # the stack has grown
            self._begin()
        first, frames, _ = self._clip
        if frames > 1:
            self._preview.go_to(first + self._clock.frame, looping=True)

    def _begin(self) -> None:
        self._clip = first, frames, timing = self._preview.clip
        self._clock = CineClock(timing, max(1, frames), self._now)
        self._clock.start(self._preview.position - first)
