"""Remember what archives counted of studies and series, so that what has grown since can be told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

_LIMIT: Final = 20_000
"""Studies and series that are remembered; the oldest are forgotten first."""


class Counted(NamedTuple):
    """What a source counted: a study, or a series of it.

    Studies of one UID that are told of two patients are two; ``series`` is empty for a study.
    """

    source: str
    patient_id: str
    study: str
    series: str = ""


@dataclass(frozen=True, slots=True)
class Recount:
    """How many instances a source counted before, and counts now.

    Attributes:
        before: What it said when that was last looked at.
        since: When it said that last, in seconds since the epoch.
        now: What it says.
        told: When it said so.
        looked: The user has looked at it since it is known.
    """

    before: int
    since: float
    now: int
    told: float
    looked: bool = False

    @property
    def growth(self) -> int:
        """How many more there are than before; below zero: fewer."""
        return self.now - self.before


class CountHistory:
    """The counts of this session, which go on when a search is made again."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """``clock`` tells the time in seconds since the epoch."""
        self._clock = clock
        self._known: dict[Counted, Recount] = {}

    def note(self, counted: Counted, count: int) -> Recount | None:
        """Note a count that a source gives now; None if nothing was known of it before."""
        now, known = self._clock(), self._known.get(counted)
        if known is None:
            if len(self._known) >= _LIMIT:
                del self._known[next(iter(self._known))]
            self._known[counted] = Recount(count, now, count, now)
            return None
        since = known.told if known.now == known.before else known.since
        found = Recount(known.before, since, count, now, known.looked and count == known.now)
        self._known[counted] = found
        return found

    def remember(self, counted: Counted, count: int, moment: float) -> Recount | None:
        """Take what a source counted before this session began; None if that says nothing new."""
        known = self._known.get(counted)
        if known is None or known.looked or known.growth or count == known.now or moment >= known.since:
            return None
        found = self._known[counted] = replace(known, before=count, since=moment)
        return found

    def look(self, counted: Counted) -> Recount | None:
        """The user has looked at a count: what comes is compared with this one; None if none is known."""
        known = self._known.get(counted)
        if known is None:
            return None
        found = self._known[counted] = Recount(known.now, known.told, known.now, known.told, looked=True)
        return found
