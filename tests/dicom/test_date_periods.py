"""Periods of the user's own: which words are one, and how many are kept."""

from __future__ import annotations

import pytest

from workstation.dicom.date_periods import MOST_OWN, check_own_periods, own_period
from workstation.errors import BadInput


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("last 3w", "last 3w"),
        (" last  3 weeks ", "last 3weeks"),
        ("since  yesterday 18:00", "since yesterday 18:00"),
        ("2024-01..2024-03", "2024-01..2024-03"),
        ("2024", "2024"),
        ("this month", "this month"),
        ("2024-01-05T18:00..2024-01-06", "2024-01-05T18:00..2024-01-06"),
    ],
)
def test_words_of_the_line_are_a_period(typed: str, expected: str) -> None:
    assert own_period(typed) == expected


@pytest.mark.parametrize(
    "typed", ["", "soon", "doe last 3w", "last 3w doe", "last 5", "last 9999y", "2024-13", "since 2024-02-30"]
)
def test_what_is_none_is_said(typed: str) -> None:
    with pytest.raises(BadInput) as bad:
        own_period(typed)
    assert "last 3w" in bad.value.advice


@pytest.mark.parametrize(
    "periods",
    [("last 3w", "LAST 3W"), ("last  3w",), ("Doe",), tuple(f"last {n}d" for n in range(1, MOST_OWN + 2))],
)
def test_what_is_kept_is_checked(periods: tuple[str, ...]) -> None:
    with pytest.raises(BadInput):
        check_own_periods(periods)
    check_own_periods(tuple(f"last {n}d" for n in range(1, MOST_OWN + 1)))
