from __future__ import annotations

import pytest

from workstation.dicom import display


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Doe^John", "Doe, John"),
        ("Doe^John^Q^Dr^Jr", "Doe, John Q Dr Jr"),
        ("Doe", "Doe"),
        ("^John", "John"),
        ("", ""),
        ("^^^^", ""),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田 太郎 (Yamada, Tarou)"),
        ("=王^小东", "王 小东"),
        ("Yamada^Tarou= =", "Yamada, Tarou"),
        ("Wang^XiaoDong==", "Wang, XiaoDong"),
        ("Wang^XiaoDong=王^小东", "王 小东 (Wang, XiaoDong)"),
        ("قباني^لنزار", "قباني, لنزار"),
        ("<img src=x>", "<img src=x>"),
        ("A\nB^C\x1b[31m\u202e", "A B, C[31m"),
        ("A\u2028B\x85C", "A B C"),
    ],
)
def test_names(value: str, shown: str) -> None:
    assert display.person_name(value) == shown


def test_what_is_written_from_right_to_left_turns_nothing_around_it() -> None:
    name = display.person_name("قباني^لنزار")
    assert display.isolated(name) == f"\u2068{name}\u2069"
    assert display.isolated("Müller, Jürgen") == "Müller, Jürgen"
    assert display.isolated("山田 太郎") == "山田 太郎"


def test_a_very_long_name_is_bounded() -> None:
    assert len(display.person_name("x" * 100_000)) <= display.LONGEST


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
