from __future__ import annotations

import pytest

from workstation.dicom import display


def test_what_is_written_from_right_to_left_turns_nothing_around_it() -> None:
    name = "قباني, لنزار"
    assert display.isolated(name) == f"\u2068{name}\u2069"
    assert display.isolated("Müller, Jürgen") == "Müller, Jürgen"
    assert display.isolated("山田 太郎") == "山田 太郎"


def test_dates_and_times() -> None:
    assert display.day("20260103") == "2026-01-03"
    assert display.day("2026.01.03") == "2026-01-03"
    assert display.day("yesterday") == "yesterday"
    assert display.moment("20260103", "0915") == "2026-01-03 09:15"
    assert display.moment("20260103", "09") == "2026-01-03"
    assert display.moment("", "") == ""


def test_an_unknown_count_is_never_zero() -> None:
    assert display.count(None) == "—"
    assert display.count(0) == "0"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (123_456_789, "123 MB"), (999_600, "1.0 MB")],
)
def test_sizes(value: int, shown: str) -> None:
    assert display.size(value) == shown
