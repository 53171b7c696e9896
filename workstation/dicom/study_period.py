"""A period of Study Dates, or of times on one day, that a search is split into."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from workstation.dicom.answer_matching import date_key
from workstation.dicom.value_readers import read_date, read_time

_RANGE = re.compile(r"([0-9]{8})?(-?)([0-9]{8})?")
_DAY = timedelta(days=1)
_LAST_SECOND = 24 * 3600 - 1
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)
"""Beyond these a period without an end is not halved any more."""


@dataclass(frozen=True, slots=True)
class StudyPeriod:
    """Days from ``first`` to ``last``, both included; None: without an end. One day may be of some hours.

    Attributes:
        first: The first day.
        last: The last day.
        begin: Seconds of the one day at which it begins.
        end: Seconds at which it ends; that second is included, with all its fractions.
    """

    first: date | None = None
    last: date | None = None
    begin: int = 0
    end: int = _LAST_SECOND

    @classmethod
    def of_key(cls, text: str) -> StudyPeriod | None:
        """The period that a matching key for Study Date means; None: that is none."""
        found = _RANGE.fullmatch(text)
        low, dash, high = found.groups() if found is not None else ("", "", "")
        if found is None or (low and high and not dash):
            return None
        try:
            first, last = (date.fromisoformat(part) if part else None for part in (low, high))
        except ValueError:
            return None
        return cls(first, last if dash else first)

    @property
    def keys(self) -> dict[str, str]:
        """The matching keys (PS3.4 C.2.2.2.5); Study Time only where it is not a whole day."""
        keys = {"StudyDate": date_key(self.first, self.last)}
        if not self.all_day:  # the last second of a day has fractions beyond 235959
            begin = _clock(self.begin) if self.begin else ""
            keys["StudyTime"] = f"{begin}-{_clock(self.end) if self.end < _LAST_SECOND else ''}"
        return {keyword: value for keyword, value in keys.items() if value}

    @property
    def all_day(self) -> bool:
        """Whether it is of whole days."""
        return (self.begin, self.end) == (0, _LAST_SECOND)

    @property
    def day(self) -> date | None:
        """The only day of it; None: there are several."""
        return self.first if self.first == self.last else None

    def holds(self, study_date: str, study_time: str) -> bool | None:
        """Whether a study of this date and time is in it; None: it has none, or tells it in no usual way."""
        digits = read_date(study_date)
        if not digits or digits[4:6] == "00" or digits[6:] == "00":
            return None
        if (self.first and digits < f"{self.first:%Y%m%d}") or (self.last and digits > f"{self.last:%Y%m%d}"):
            return False
        if self.all_day:
            return True
        clock = read_time(study_time)[:6]
        return None if len(clock) < 6 else _clock(self.begin) <= clock <= _clock(self.end)

    def halves(self, today: date) -> tuple[StudyPeriod, StudyPeriod] | None:
        """Its earlier and its later half; None: it cannot be halved.

        Halves of days have no day in common. Halves of hours share the second between them: a time may have
        fractions of a second, and not every archive understands them in a range.

        Args:
            today: Most studies are of the days before it; a period without an end is cut there.
        """
        if self.day is not None:
            if self.end - self.begin < 2:
                return None
            middle = (self.begin + self.end + 1) // 2
            return replace(self, end=middle), replace(self, begin=middle)
        cut = self._cut(today)
        if cut is None:
            return None
        return StudyPeriod(self.first, cut), StudyPeriod(cut + _DAY, self.last)

    def _cut(self, today: date) -> date | None:
        """The last day of the earlier half."""
        if self.first is None and self.last is None:
            return today - 365 * _DAY
        if self.last is None:
            assert self.first is not None
            if self.first <= today:
                return today
            return None if self.first >= _LATEST else self.first + (self.first - today) + 365 * _DAY
        if self.first is None and self.last <= _EARLIEST:
            return None
        first = self.first or _EARLIEST
        return first + (self.last - first) // 2

    def __str__(self) -> str:
        """As it is written on the screen, in the notation of dates there."""
        if not self.all_day:
            return f"{self.first} {_clock(self.begin, ':')}-{_clock(self.end, ':')}"
        if self.day is not None:
            return str(self.day)
        return f"{self.first or '…'} – {self.last or '…'}"


def _clock(second: int, between: str = "") -> str:
    return between.join(f"{part:02}" for part in (second // 3600, second // 60 % 60, second % 60))
