"""Days as people name them, and ages."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from PySide6.QtCore import QDate, QLocale

from workstation.models.dates import age_on, day_and_time, short_day


def dicom(day: date) -> str:
    return day.strftime("%Y%m%d")


@pytest.fixture
def german() -> object:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German, QLocale.Country.Germany))
    short_day.cache_clear()
    yield
    QLocale.setDefault(before)
    short_day.cache_clear()


def test_today_and_yesterday_stand_out_with_their_time() -> None:
    today = date.today()
    assert day_and_time(dicom(today), "064512.5") == "today 06:45"
    assert day_and_time(dicom(today - timedelta(days=1)), "2311") == "yesterday 23:11"
    assert day_and_time(dicom(today), "") == "today"


def test_other_days_are_written_as_the_system_does_with_a_whole_year(german: object) -> None:
    assert day_and_time("20240229", "0645") == "29.02.2024"
    assert QLocale().dateFormat(QLocale.FormatType.ShortFormat) == "dd.MM.yy"
    assert short_day("20240229") == "29.02.2024"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", "06:45"),
        ("2024", "2024 06:45"),
        ("20240230", "2024-02-30 06:45"),
        ("unknown", "unknown 06:45"),
    ],
)
def test_what_is_no_whole_day_is_shown_as_far_as_it_goes(value: str, shown: str) -> None:
    assert not QDate.fromString(value, "yyyyMMdd").isValid()
    assert day_and_time(value, "0645") == shown


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("19610314", "20261201", "65"),
        ("19610314", "20260313", "64"),
        ("19610314", "20260314", "65"),
        ("20241202", "20261201", "23 mo"),
        ("20241201", "20261201", "2"),
        ("20261115", "20261201", "16 d"),
        ("20261201", "20261201", "0 d"),
        ("20261202", "20261201", ""),
        ("1961", "20261201", ""),
        ("", "20261201", ""),
        ("19610314", "", ""),
    ],
)
def test_an_age_is_that_on_the_day_of_the_study(born: str, day: str, age: str) -> None:
    assert age_on(born, day) == age
