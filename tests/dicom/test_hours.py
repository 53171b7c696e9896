"""Hours of the day, as they are written and what they include."""

from __future__ import annotations

import pytest

from workstation.dicom.hours import Hours, parse_hours
from workstation.errors import BadInput


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("07:00-18:00", (420, 421, 1079), (0, 419, 1080, 1439)),
        ("20:00-06:00", (1200, 1439, 0, 359), (360, 720, 1199)),
        (" 7:05 - 7:06 ", (425,), (424, 426)),
        ("00:00-23:59", (0, 1438), (1439,)),
    ],
)
def test_what_they_include(text: str, inside: tuple[int, ...], outside: tuple[int, ...]) -> None:
    hours = parse_hours(text)
    assert all(hours.include(minute) for minute in inside)
    assert not any(hours.include(minute) for minute in outside)
    assert parse_hours(str(hours)) == hours


@pytest.mark.parametrize(
    "text", ["", "20:00", "24:00-06:00", "20:60-06:00", "8-9", "20:00-20:00", "a-b", "1:00-2:00-3:00"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(BadInput):
        parse_hours(text)


def test_a_minute_that_no_day_has() -> None:
    with pytest.raises(BadInput):
        Hours(0, 1440)
