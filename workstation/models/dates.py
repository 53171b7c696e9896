"""Write days as people name them, and ages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QDate, QLocale

from workstation.dicom import display
from workstation.dicom.value_readers import read_date
from workstation.models.translation import translate

_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def day_and_time(value: str, time: str) -> str:
    """Write a DA and a TM value: "today 06:45", "yesterday 23:11", else the day alone.

    The day is in the short format of the system, with a year of four digits; what is no whole date is shown
    as far as it goes, or as it came, with the time.
    """
    return _written(value, time, date.today())


@lru_cache(maxsize=4096)
def _written(value: str, time: str, today: date) -> str:
    digits = read_date(value)
    day = QDate(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if digits else QDate()
    if not day.isValid():
        return display.moment(value, time)
    if day in (QDate(today.year, today.month, today.day), _day_before(today)):
        clock = display.moment("", time)
        recent = translate("yesterday") if day == _day_before(today) else translate("today")
        return f"{recent} {clock}".strip()
    return short_day(value)


@lru_cache(maxsize=4096)
def short_day(value: str) -> str:
    """Write a DA value in the short format of the system; empty for what is no whole date."""
    digits = read_date(value)
    day = QDate(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if digits else QDate()
    return QLocale().toString(day, _short_format(QLocale())) if day.isValid() else ""


@lru_cache(maxsize=4096)
def day_in_words(value: str, today: date) -> str:
    """Write a DA value as a heading: "Today, 1 Dec 2026", "Friday, 27 Nov 2026"; else as it came."""
    digits = read_date(value)
    day = QDate(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if digits else QDate()
    if not day.isValid():
        return display.plain(value)
    locale = QLocale()
    name = locale.standaloneDayName(day.dayOfWeek())
    if day == QDate(today.year, today.month, today.day):
        name = translate("Today")
    elif day == _day_before(today):
        name = translate("Yesterday")
    return f"{name}, {locale.toString(day, 'd MMM yyyy')}"


def _day_before(today: date) -> QDate:
    before = today - timedelta(days=1)
    return QDate(before.year, before.month, before.day)


def _short_format(locale: QLocale) -> str:
    """The short format of the system; two digits of a year may be taken for a day.

    Where the system has no language of its own, year-month-day.
    """
    if locale.language() is QLocale.Language.C:
        return "yyyy-MM-dd"
    written = locale.dateFormat(QLocale.FormatType.ShortFormat)
    return written if "yyyy" in written else written.replace("yy", "yyyy")


def moment_words(seconds: float) -> str:
    """Write a moment, in seconds since the epoch: the time of today, else the day and the time."""
    moment = datetime.fromtimestamp(seconds)
    clock = f"{moment:%H:%M}"
    return clock if moment.date() == date.today() else f"{short_day(f'{moment:%Y%m%d}')} {clock}"


def age_on(birth_date: str, day: str) -> str:
    """The age on a day, both DA values: in years, below two in months, below one month in days.

    Empty where either is unknown, or the birth is later.
    """
    born, then = read_date(birth_date), read_date(day)
    if not born or not then or born > then or "00" in (born[4:6], born[6:], then[4:6], then[6:]):
        return ""
    months = 12 * (int(then[:4]) - int(born[:4])) + int(then[4:6]) - int(born[4:6]) - (then[6:] < born[6:])
    if months >= 24:
        return str(months // 12)
    if months:
        return translate("{n} mo", n=months)
    days = int(then[6:]) - int(born[6:])
    return translate("{n} d", n=days if days >= 0 else days + _DAYS[int(born[4:6]) - 1])
