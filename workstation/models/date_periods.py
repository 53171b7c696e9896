"""Define the periods of study dates that the user chooses with one click."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum


class Period(StrEnum):
    """The choices; CHOSEN is a first and a last day given by hand, THIS_WEEK begins on Monday (ISO 8601)."""

    ANY = "any"
    TODAY = "today"
    TOMORROW = "tomorrow"
    YESTERDAY = "yesterday"
    WEEK = "week"
    THIS_WEEK = "this week"
    MONTH = "month"
    YEAR = "year"
    CHOSEN = "chosen"


_DAYS = {Period.WEEK: 7, Period.MONTH: 31, Period.YEAR: 366}


def span(period: Period, today: date) -> tuple[date | None, date | None]:
    """First and last day, inclusive; None is open. CHOSEN is open on both sides."""
    if period is Period.TODAY:
        return today, today
    if period is Period.YESTERDAY:
        return today - timedelta(days=1), today - timedelta(days=1)
    if period is Period.TOMORROW:
        return today + timedelta(days=1), today + timedelta(days=1)
    if period is Period.THIS_WEEK:
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=6)
    if period in _DAYS:
        return today - timedelta(days=_DAYS[period]), None
    return None, None
