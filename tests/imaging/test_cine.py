from __future__ import annotations

import pytest

from workstation.imaging.cine import CineClock, Timing, timing


class Time:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("told", "rate"),
    [
        (timing(None, (), ()), 15),
        (timing(40, (), (10.0,)), 25),
        (timing(0, (), (None, 24.0)), 24),
        (timing(-5, (), (0.0, 12.5)), 12.5),
        (timing(40, (0, 100, 100), ()), 10),
        (timing(40, (0, 100, 0), ()), 25),
        (timing(1e-9, (), ()), 240),
        (timing(1e9, (), ()), 0.1),
    ],
)
def test_who_decides_the_rate(told: Timing, rate: float) -> None:
    assert told.rate(3) == pytest.approx(rate)


def test_late_frames_are_skipped_and_time_stays_true() -> None:
    now = Time()
    clock = CineClock(Timing((100,)), 10, now)
    shown = []
    for step in (0.05, 0.1, 0.1, 0.37, 0.1, 0.3, 0.1):
        now.seconds += step
        shown.append(clock.frame)
    assert shown == [0, 1, 2, 6, 7, 0, 1]
    now.seconds += 3600
    assert clock.frame == 1


def test_each_frame_may_last_as_long_as_it_says() -> None:
    now = Time()
    clock = CineClock(timing(None, (0, 100, 300), ()), 3, now)
    seen = []
    for _ in range(6):
        seen.append(clock.frame)
        now.seconds += 0.1001
    assert seen == [0, 1, 1, 1, 2, 2]


def test_it_goes_on_from_where_it_paused() -> None:
    now = Time()
    clock = CineClock(Timing((100,)), 10, now)
    clock.start(7)
    assert clock.frame == 7
    now.seconds += 0.35
    assert clock.frame == 0


def test_sweeping_goes_back_and_forth() -> None:
    now = Time()
    clock = CineClock(Timing((100,), sweep=True), 4, now)
    now.seconds += 0.05
    seen = []
    for _ in range(8):
        seen.append(clock.frame)
        now.seconds += 0.1
    assert seen == [0, 1, 2, 3, 2, 1, 0, 1]


def test_a_vector_that_is_too_short_or_too_long_is_enough() -> None:
    assert CineClock(Timing((50, 60)), 5).frame == 0
    assert len(Timing((50, 60)).durations(5)) == 5
    assert len(Timing((50, 60, 70)).durations(2)) == 2
    assert CineClock(Timing(), 1).frame == 0
