"""Periods relative to now, as they are written in the line of a search, and those chosen with one click.

They are kept as their words, never as days, so that a saved search of today is one of its own day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from workstation.dicom.date_span import DateSpan, begin_clock, days_of
from workstation.errors import BadInput, UserMessage

_COUNT = re.compile(r"([0-9]{1,4})?(min|hour|h|day|d|week|w|month|m|year|y)s?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR = "(?:19|20)[0-9]{2}"
_YEAR_OR_MONTH = re.compile(rf"{_YEAR}(?:-[0-9]{{2}})?")
_MONTH = re.compile(rf"{_YEAR}-(?:0[1-9]|1[0-2])")
_MONTHS = re.compile(rf"(?=..*[0-9])(?:{_YEAR_OR_MONTH.pattern})?\.\.(?:{_YEAR_OR_MONTH.pattern})?")
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?")
_DAYS = {"d": 1, "w": 7, "m": 31, "y": 366}
_UNIT_APART = re.compile(
    r"\blast\s+([0-9]{1,4})\s+(?=(?:min|hour|h|day|d|week|w|month|m|year|y)s?(?!\S))", re.IGNORECASE
)
_THIS = ("week", "month", "year")
_NAMED = {"tomorrow": -1, "today": 0, "yesterday": 1}

MOST_OWN = 12
"""Periods of the user's own that are kept."""
_EARLY = datetime(2000, 1, 1)
"""What begins before the calendar at this moment is no period to be kept."""


class Period(StrEnum):
    """The choices; CHOSEN is a first and a last day given by hand, THIS_WEEK begins on Monday (ISO 8601)."""

    ANY = "any"
    HOUR = "hour"
    HOURS = "hours"
    TODAY = "today"
    TOMORROW = "tomorrow"
    EVENING = "evening"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this week"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    CHOSEN = "chosen"


WORDS = {
    Period.HOUR: "last hour",
    Period.HOURS: "last 4h",
    Period.TODAY: "today",
    Period.TOMORROW: "tomorrow",
    Period.EVENING: "since yesterday 18:00",
    Period.YESTERDAY: "yesterday",
    Period.THIS_WEEK: "this week",
    Period.WEEK: "last 7d",
    Period.MONTH: "last month",
    Period.YEAR: "last year",
}
"""What each says in the line of a search; the others say nothing of their own."""


def span(period: Period, now: datetime) -> DateSpan:
    """What a period is at this moment. ANY and CHOSEN are open on both sides."""
    return date_span(WORDS[period], now) if period in WORDS else DateSpan()


def period_length(words: Sequence[str]) -> int:
    """How many words at the beginning of ``words`` say a period; 0: none."""
    first, second, third = (word.lower() for word in (*words, "", "", "")[:3])
    if first == "last":
        return 2 if _COUNT.fullmatch(second) else 0
    if first == "this":
        return 2 if second in _THIS else 0
    if first == "since":
        if _DAY.fullmatch(second) or _YEAR_OR_MONTH.fullmatch(second) or second in _NAMED:
            return 3 if _CLOCK.fullmatch(third) else 2
        return 2 if _CLOCK.fullmatch(second) else 0
    dated = _DAY.match(first) or _MONTH.fullmatch(first) or _MONTHS.fullmatch(first)
    return int(first in _NAMED or bool(dated) or (".." in first and bool(_DAY.search(first))))


def joined_units(typed: str) -> str:
    """The same with a number and its unit as one word, as the others here read them: ``last 2w``."""
    return _UNIT_APART.sub(r"last \1", typed)


def own_period(typed: str) -> str:
    """The words of a period to be kept, with single blanks.

    Raises:
        BadInput: They say none, or one that begins before the calendar.
    """
    words = joined_units(typed).split()
    said = " ".join(words)
    try:
        if not words or period_length(words) != len(words):
            DateSpan.of(said)
        date_span(said, _EARLY)
    except BadInput:
        advice = "write it as last 3w, since yesterday 18:00, or 2024-01..2024-03."
        raise BadInput("period", typed, advice) from None
    return said


def check_own_periods(periods: Sequence[str]) -> None:
    """Raise :class:`BadInput` where one says no period, stands there twice, or there are too many."""
    seen: set[str] = set()
    for words in periods:
        if own_period(words) != words or words.casefold() in seen:
            raise BadInput("period", words, "write each once, with single blanks.")
        seen.add(words.casefold())
    if len(seen) > MOST_OWN:
        raise BadInput("number of periods", str(len(seen)), UserMessage("at most {most}.", most=MOST_OWN))


def date_span(words: str, now: datetime) -> DateSpan:
    """What words of the line say at this moment: ``last 4h``, ``since yesterday 18:00``, ``2024-01-31``.

    Raises:
        BadInput: They say no period, or one that begins before the calendar.
    """
    first, *rest = words.split()
    small = first.lower()
    try:
        if small == "last":
            return _last(rest[0].lower(), now)
        if small == "since":
            return _since(rest, now)
    except (OverflowError, ValueError):
        raise BadInput("period", words, "it begins before the calendar, or names no day.") from None
    if small == "this":
        return _this(rest[0].lower(), now.date())
    if small in _NAMED:
        day = _named(small, now)
        return DateSpan(day, day)
    return DateSpan.of(first)


def _last(counted: str, now: datetime) -> DateSpan:
    """Some minutes or hours, up to now; or whole days and those to come."""
    found = _COUNT.fullmatch(counted)
    if found is None:
        raise ValueError
    count, unit = int(found[1] or 1), found[2]
    if unit in ("min", "h", "hour"):
        begin = now - timedelta(minutes=count * (1 if unit == "min" else 60))
        return DateSpan(begin.date(), now.date(), begin.time().replace(second=0, microsecond=0))
    return DateSpan(now.date() - timedelta(days=count * _DAYS[unit[0]]))


def _this(unit: str, today: date) -> DateSpan:
    """The whole week, month or year that a day is in."""
    if unit == "week":
        monday = today - timedelta(days=today.weekday())
        return DateSpan(monday, monday + timedelta(days=6))
    return DateSpan(*days_of(f"{today:%Y-%m}" if unit == "month" else f"{today:%Y}"))


def _since(words: Sequence[str], now: datetime) -> DateSpan:
    """From a moment on; a time alone is one of today."""
    at = begin_clock(words[-1]) if _CLOCK.fullmatch(words[-1]) else None
    begins_with_day = not _CLOCK.fullmatch(words[0])
    day = _named(words[0].lower(), now) if begins_with_day else now.date()
    return DateSpan(day, None if day != now.date() else day, at)


def _named(word: str, now: datetime) -> date:
    if word in _NAMED:
        return now.date() - timedelta(days=_NAMED[word])
    return days_of(word)[0]
