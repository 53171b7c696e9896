"""Computes which frame of a clip is due (PS3.3 C.7.6.5, C.7.6.6)."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

DEFAULT_RATE = 15.0
"""Frames a second where the object does not say."""
_SHORTEST_MS, _LONGEST_MS = 1000 / 240, 10_000.0


@dataclass(frozen=True, slots=True)
class Timing:
    """How long frames are shown.

    Attributes:
        frame_ms: Milliseconds of a frame; empty: :data:`DEFAULT_RATE`; one: of all frames; more: one each.
        sweep: Back and forth, Preferred Playback Sequencing (0018,1244); else in a loop.
    """

    frame_ms: tuple[float, ...] = ()
    sweep: bool = False

    def durations(self, frames: int) -> list[float]:
        """Milliseconds of each of ``frames``, within what can be shown and waited for."""
        declared = self.frame_ms or (1000 / DEFAULT_RATE,)
        each = list(declared[:frames]) + [declared[-1]] * (frames - len(declared))
        return [min(max(one, _SHORTEST_MS), _LONGEST_MS) for one in each]

    def rate(self, frames: int) -> float:
        """Frames a second, on average."""
        each = self.durations(max(1, frames))
        return 1000 * len(each) / sum(each)


def timing(
    frame_time: float | None, vector: Sequence[float], rates: Sequence[float | None], *, sweep: bool = False
) -> Timing:
    """Read the timing from values of a header.

    Args:
        frame_time: Frame Time (0018,1063), milliseconds.
        vector: Frame Time Vector (0018,1065): increments, that of the first frame is 0.
        rates: Recommended Display Frame Rate, Cine Rate: the first usable one counts.
        sweep: Back and forth.
    """
    increments = [part for part in vector[1:] if part > 0]
    if increments and len(increments) == len(vector) - 1:
        return Timing((*increments, sum(increments) / len(increments)), sweep)
    if frame_time is not None and frame_time > 0:
        return Timing((frame_time,), sweep)
    rate = next((rate for rate in rates if rate is not None and rate > 0), None)
    return Timing(() if rate is None else (1000 / rate,), sweep)


class CineClock:
    """Computes the frame from the elapsed time: late frames are skipped, so the clip keeps its speed.

    Args:
        timing: How long each frame is shown.
        frames: How many there are, at least 1.
        now: A monotonic clock, in seconds.
    """

    def __init__(self, timing: Timing, frames: int, now: Callable[[], float] = time.monotonic) -> None:
        self.timing, self.frames = timing, frames
        self._now = now
        order = list(range(frames))
        if timing.sweep and frames > 2:
            order += order[-2:0:-1]
        each = timing.durations(frames)
        self._order = order
        self._ends = list(accumulate(each[frame] for frame in order))
        self._starts = [0.0, *self._ends[:-1]]
        self._origin = 0.0
        self.start(0)

    def start(self, frame: int) -> None:
        """Go on from ``frame``."""
        self._origin = self._now() - self._starts[min(max(frame, 0), self.frames - 1)] / 1000

    @property
    def frame(self) -> int:
        """The frame that is due now, counted from 0."""
        elapsed = 1000 * (self._now() - self._origin) % self._ends[-1]
        return self._order[min(bisect_right(self._ends, elapsed), len(self._order) - 1)]
