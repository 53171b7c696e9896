"""Sleep shows in the clocks: by a look that comes late, or by the time of day."""

from __future__ import annotations

import pytest

from workstation.controllers.wake_detection import JUMP, TICK, WakeDetection


@pytest.mark.parametrize(
    ("monotonic", "wall", "slept"),
    [
        (TICK, TICK, False),
        (TICK + JUMP - 1, TICK + JUMP - 1, False),  # the window was busy for a while
        (TICK, TICK + 3600, True),  # Linux: the monotonic clock stands still meanwhile
        (TICK + 3600, TICK + 3600, True),  # Windows: it goes on
        (TICK, TICK - 3600, False),  # the clock was set back
    ],
)
def test_what_counts_as_sleep(qapp: object, monotonic: float, wall: float, slept: bool) -> None:
    now = [100.0, 1e9]
    detection, woke = WakeDetection(monotonic=lambda: now[0], wall=lambda: now[1]), list[bool]()
    detection.woke.connect(lambda: woke.append(True))
    now[:] = [now[0] + monotonic, now[1] + wall]
    detection._look()
    assert bool(woke) is slept
    now[:] = [now[0] + TICK, now[1] + TICK]
    detection._look()
    assert len(woke) == slept
