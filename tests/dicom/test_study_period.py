"""Periods of Study Dates, and their halves."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from workstation.dicom.study_period import StudyPeriod

TODAY = date(2026, 12, 1)
DAY = date(2024, 2, 29)


def parts(period: StudyPeriod) -> list[StudyPeriod]:
    """What a period is halved into in the end, in its order."""
    halves = period.halves(TODAY)
    return [period] if halves is None else [part for half in halves for part in parts(half)]


def test_days_are_halved_without_gap_and_without_overlap() -> None:
    first, last = date(2023, 12, 30), date(2024, 3, 2)
    waiting, days = [StudyPeriod(first, last)], list[date]()
    while waiting:
        part = waiting.pop()
        if part.day is not None:
            days.append(part.day)
        else:
            waiting += part.halves(TODAY) or ()
    assert days[::-1] == [first + timedelta(days=number) for number in range((last - first).days + 1)]


@pytest.mark.parametrize(
    "period",
    [StudyPeriod(), StudyPeriod(first=DAY), StudyPeriod(last=DAY), StudyPeriod(first=date(2150, 1, 1))],
)
def test_a_period_without_end_stays_so_and_is_not_halved_for_ever(period: StudyPeriod) -> None:
    earliest = latest = period
    for _ in range(20):
        below, above = earliest.halves(TODAY), latest.halves(TODAY)
        if below is not None:
            assert below[0].first == period.first
            assert below[1].first is not None
            earliest = below[0] if period.first is None else earliest
        if above is not None:
            assert above[1].last == period.last
            latest = above[1] if period.last is None else latest
        if (below is None or period.first is not None) and (above is None or period.last is not None):
            return
    raise AssertionError("halved again and again")


def test_the_hours_of_a_day_are_halved_down_to_a_second() -> None:
    hour = StudyPeriod(DAY, DAY, 3600, 7200)
    seconds = parts(hour)
    assert [(part.begin, part.end) for part in seconds] == [
        (number, number + 1) for number in range(3600, 7200)
    ]
    assert hour.keys == {"StudyDate": "20240229", "StudyTime": "010000-020000"}


def test_the_first_and_the_last_hours_of_a_day_are_open() -> None:
    halves = StudyPeriod(DAY, DAY).halves(TODAY)
    assert halves is not None
    morning, afternoon = halves
    assert morning.keys == {"StudyDate": "20240229", "StudyTime": "-120000"}
    assert afternoon.keys == {"StudyDate": "20240229", "StudyTime": "120000-"}  # 235959.5 too


@pytest.mark.parametrize(
    ("key", "period"),
    [
        ("", StudyPeriod()),
        ("-", StudyPeriod()),
        ("20240229", StudyPeriod(DAY, DAY)),
        ("20240229-", StudyPeriod(DAY)),
        ("-20240229", StudyPeriod(None, DAY)),
        ("20240101-20240229", StudyPeriod(date(2024, 1, 1), DAY)),
        ("20230229", None),
        ("2024.02.29", None),
        ("2024022920240301", None),
        ("today", None),
    ],
)
def test_the_period_of_a_key(key: str, period: StudyPeriod | None) -> None:
    assert StudyPeriod.of_key(key) == period


@pytest.mark.parametrize(
    ("study_date", "study_time", "holds"),
    [
        ("20240229", "080000", True),
        ("2024.02.29", "08:30:00", True),
        ("20240229", "090000.5", True),
        ("20240229", "090001", False),
        ("20240229", "", None),
        ("20240229", "08", None),
        ("20240301", "083000", False),
        ("", "083000", None),
        ("20240200", "083000", None),
        ("unknown", "083000", None),
    ],
)
def test_what_a_period_holds(study_date: str, study_time: str, holds: bool | None) -> None:
    assert StudyPeriod(DAY, DAY, 8 * 3600, 9 * 3600).holds(study_date, study_time) is holds
