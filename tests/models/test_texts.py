from __future__ import annotations

import pytest

from workstation.models import texts


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
    ],
)
def test_names(value: str, shown: str) -> None:
    assert texts.person_name(value) == shown


def test_what_is_written_from_right_to_left_turns_nothing_around_it() -> None:
    name = texts.person_name("قباني^لنزار")
    assert texts.isolated(name) == f"\u2068{name}\u2069"
    assert texts.isolated("Müller, Jürgen") == "Müller, Jürgen"
    assert texts.isolated("山田 太郎") == "山田 太郎"


def test_a_very_long_name_is_bounded() -> None:
    assert len(texts.person_name("x" * 100_000)) <= texts.LONGEST


def test_dates_and_times() -> None:
    assert texts.day("20260103") == "2026-01-03"
    assert texts.day("2026.01.03") == "2026-01-03"
    assert texts.day("yesterday") == "yesterday"
    assert texts.moment("20260103", "0915") == "2026-01-03 09:15"
    assert texts.moment("20260103", "09") == "2026-01-03"
    assert texts.moment("", "") == ""


def test_an_unknown_count_is_never_zero() -> None:
    assert texts.count(None) == "—"
    assert texts.count(0) == "0"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (123_456_789, "123 MB"), (999_600, "1.0 MB")],
)
def test_sizes(value: int, shown: str) -> None:
    assert texts.size(value) == shown
