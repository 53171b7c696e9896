"""A span of study dates, of which the first and the last day may begin and end at a time.

It is one span from moment to moment (PS3.4 C.2.2.2.5, combined date-time matching), which an archive can be
asked for where it has agreed to that, or where it is of one day. Hours of each day of a period are another
question: a range of StudyTime, see :data:`workstation.dicom.search_line.WORDS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from workstation.errors import BadInput

_CLOCK = re.compile(r"([01]?[0-9]|2[0-4])(?::([0-5][0-9]))?(?::([0-5][0-9]))?")


@dataclass(frozen=True, slots=True)
class DateSpan:
    """Days from ``first`` to ``last``, both included; None: without an end.

    Attributes:
        first: The first day.
        last: The last day.
        begin: Time on the first day at which it begins; None: at its beginning.
        end: Time on the last day at which it ends, included; None: at its end.
    """

    first: date | None = None
    last: date | None = None
    begin: time | None = None
    end: time | None = None

    @classmethod
    def of(cls, typed: str) -> DateSpan:
        """The span that is written ``2024-01-31``, or ``2024-01-31T18:00..2024-02-01``; an end may be open.

        Raises:
            BadInput: It is none, or ends before it begins.
        """
        low, between, high = typed.partition("..")
        if not between:
            high = low
        try:
            first, begin = _moment(low, begin_clock)
            last, end = _moment(high, clock)
        except ValueError:
            first = last = begin = end = None
        alone = begin is not None and not between
        if alone or (first is None and last is None) or not cls(first, last, begin, end).ordered:
            raise BadInput(
                "date", typed, "write 2024-01-31, or 2024-01-01..2024-01-31, or 2024-01-01T18:00..2024-01-31."
            )
        return cls(first, last, begin, end)

    @property
    def ordered(self) -> bool:
        """Whether it does not end before it begins."""
        if self.first is None or self.last is None:
            return True
        if self.first == self.last and self.begin is not None and self.end is not None:
            return self.begin <= self.end
        return self.first <= self.last

    @property
    def timed(self) -> bool:
        """Whether it begins or ends at a time."""
        return self.begin is not None or self.end is not None

    def __str__(self) -> str:
        """As :meth:`of` reads it; empty: any date."""
        if self.first is None and self.last is None:
            return ""
        if self.first == self.last and not self.timed:
            return str(self.first)
        return f"{_written(self.first, self.begin, 'T')}..{_written(self.last, self.end, 'T')}"

    @property
    def shown(self) -> str:
        """As it is written on the screen; empty: any date."""
        if self.first is None and self.last is None:
            return ""
        if self.first == self.last and not self.timed:
            return str(self.first)
        return f"{_written(self.first, self.begin, ' ')} – {_written(self.last, self.end, ' ')}".strip()


ANY_DATE: Final = DateSpan()
"""The span that every study is in."""


def begin_clock(typed: str) -> time:
    """A time of day at which something begins, as :func:`clock` reads it.

    Raises:
        ValueError: It is none, or the end of the day.
    """
    found = clock(typed)
    if found is None:
        raise ValueError
    return found


def clock(typed: str) -> time | None:
    """A time of day as ``8``, ``18:30`` or ``18:30:15``; None for 24:00, the end of the day.

    Raises:
        ValueError: It is none.
    """
    found = _CLOCK.fullmatch(typed.strip())
    if found is None:
        raise ValueError
    hour, minute, second = (int(part or 0) for part in found.groups())
    if hour == 24:
        if minute or second:
            raise ValueError
        return None
    return time(hour, minute, second)


def clock_text(moment: time | None) -> str:
    """A time of day as it is written; empty for None."""
    return "" if moment is None else f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def _moment(written: str, read: Callable[[str], time | None]) -> tuple[date | None, time | None]:
    if not written:
        return None, None
    day, marked, at = written.upper().partition("T")
    return date.fromisoformat(day), read(at) if marked else None


def _written(day: date | None, at: time | None, between: str) -> str:
    if day is None:
        return ""
    return f"{day}{between}{clock_text(at)}" if at is not None else str(day)
