"""Hours of the day between which something is to happen."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from workstation.errors import BadInput

MINUTES_A_DAY = 24 * 60
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of each day, in local time; over midnight where it ends before it begins.

    Attributes:
        begin: Minutes after midnight, the first of it.
        end: Minutes after midnight, the first that is no longer of it.
    """

    begin: int
    end: int

    def __post_init__(self) -> None:
        inside = 0 <= self.begin < MINUTES_A_DAY and 0 <= self.end < MINUTES_A_DAY
        if not inside or self.begin == self.end:
            raise BadInput("hours", str(self), "two different times of the day, for example 20:00-06:00.")

    def __str__(self) -> str:
        return f"{clock_time(self.begin)}-{clock_time(self.end)}"

    def include(self, minute: int) -> bool:
        """Whether a minute of the day is between them."""
        if self.begin < self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


def clock_time(minute: int) -> str:
    """A minute of the day as ``HH:MM``."""
    return f"{minute // 60:02}:{minute % 60:02}"


def minute_of_day() -> int:
    """Minutes since midnight now, in local time."""
    now = time.localtime()
    return 60 * now.tm_hour + now.tm_min


def parse_hours(text: str) -> Hours:
    """The hours written as ``20:00-06:00``.

    Raises:
        BadInput: It is something else, or both times are the same.
    """
    times = [_CLOCK.fullmatch(part.strip()) for part in text.split("-")]
    if len(times) != 2 or times[0] is None or times[1] is None:
        raise BadInput("hours", text, "two times of the day, for example 20:00-06:00.")
    begin, end = (60 * int(found[1]) + int(found[2]) for found in times if found is not None)
    return Hours(begin, end)
