"""Programs timed against each other: alternating rounds, start-up taken off, medians and ratios."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Run = Callable[[bool], float]
"""Does the work once, all of it or (False) the least there is; returns what it took, in seconds."""


@dataclass(frozen=True)
class Lap:
    """What one runner's rounds took, in seconds, start-up aside."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the distance between the quartiles, as a share of the median."""
        lower, _, upper = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return (upper - lower) / 2 / self.median


def race(runners: Mapping[str, Run], rounds: int, seldom: tuple[str, ...] = ()) -> dict[str, Lap]:
    """Let each run in every round, in turning order; those in ``seldom`` in the first three.

    A round before the first is not counted: memory that a virtual machine never used before costs it more.
    One of ``seldom`` that breaks down (a RuntimeError; pynetdicom now and then loses its association over
    thousands of objects) misses that round, and says so on standard error.
    """
    taken: dict[str, list[float]] = {name: [] for name in runners}
    for number in range(-1, rounds):
        names = list(runners)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            if 0 <= number < 3 or name not in seldom:
                try:
                    seconds = _net(runners[name])
                except RuntimeError as error:
                    if name not in seldom:
                        raise
                    print(f"{name}: {error}", file=sys.stderr)
                    continue
                if number >= 0:
                    taken[name].append(seconds)
    return {name: Lap(tuple(each)) for name, each in taken.items()}


def _net(run: Run) -> float:
    return run(True) - run(False)


def timed(work: Callable[[], object]) -> float:
    """What it took, in seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


HEAD = (
    "| what | ours, s | peer | peer, s | ratio | spread of the peer | pynetdicom, s | ratio |\n"
    "|---|---|---|---|---|---|---|---|"
)


def line(what: str, laps: Mapping[str, Lap], ours: str, peer: str, reference: str = "") -> str:
    """One line of the table; a ratio is the other's time by ours, the median of the rounds."""
    mine, theirs = laps[ours], laps[peer]
    cells = [what, f"{mine.median:.2f}", peer, f"{theirs.median:.2f}", _ratio(theirs, mine)]
    cells.append(f"± {theirs.spread:.0%}")
    third = laps[reference] if reference else Lap(())
    cells += [f"{third.median:.1f}", _ratio(third, mine)] if third.seconds else ["", ""]
    return f"| {' | '.join(cells)} |"


def _ratio(theirs: Lap, mine: Lap) -> str:
    if len(theirs.seconds) != len(mine.seconds):
        return f"{theirs.median / mine.median:.1f} ×"
    pairs = zip(theirs.seconds, mine.seconds, strict=True)
    return f"{statistics.median(their / own for their, own in pairs):.2f} ×"
