"""Searches that can be made again: what their line says at another day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import ANY_DATE, DateSpan
from workstation.dicom.levels import Level
from workstation.dicom.other_keys import OtherKey, other_key
from workstation.dicom.saved_search import MOST, SavedSearch, check_saved, find_saved, search_of
from workstation.errors import BadInput

NOW = datetime(2031, 5, 2, 0, 30)
CRITERIA = Criteria(
    name="doe, j", modalities=("CT", "MR"), description="chest pa", others=(OtherKey("StudyTime", "8-12"),)
)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("", ANY_DATE),
        ("today", DateSpan(date(2031, 5, 2), date(2031, 5, 2))),
        ("last 7d", DateSpan(date(2031, 4, 25))),
        ("last 4h", DateSpan(date(2031, 5, 1), date(2031, 5, 2), begin=time(20, 30))),
        ("since yesterday 18:00", DateSpan(date(2031, 5, 1), begin=time(18))),
        ("2024-01-05..2024-01-06", DateSpan(date(2024, 1, 5), date(2024, 1, 6))),
    ],
)
def test_a_period_relative_to_now_is_one_of_the_day_it_is_run(period: str, expected: DateSpan) -> None:
    saved = search_of(CRITERIA, period)
    found = saved.criteria(NOW)
    assert found.span == expected
    assert replace(found, span=CRITERIA.span) == CRITERIA
    assert saved.period == period
    assert saved.with_period("last month").period == "last month"
    assert saved.with_period("").criteria(NOW) == CRITERIA


def test_what_no_line_says_is_refused_and_never_changed() -> None:
    with pytest.raises(BadInput, match="no line says"):
        search_of(Criteria(patient_id=" 1"), "")
    for exact in (Criteria(name='"Doe^J"'), Criteria(name='"Doe" J'), Criteria(patient_id='"12*"')):
        assert search_of(exact, "").criteria(NOW) == exact


@pytest.mark.parametrize("name", ["山田\u3000太郎", "می\u200cشود", "van\xa0der Berg"])
def test_blanks_and_marks_of_any_script_can_be_saved(name: str) -> None:
    criteria = Criteria(name=name, others=(other_key("ReferringPhysicianName", name),))
    assert replace(search_of(criteria, "today"), name=name).criteria(NOW).name == name


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a\nb"},
        {"name": "n" * 65},
        {"line": "x" * 20_000},
        {"level": Level.SERIES},
    ],
)
def test_what_cannot_be_one_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        SavedSearch(**wrong)  # type: ignore[arg-type]


def test_a_number_alone_is_not_guessed() -> None:
    with pytest.raises(BadInput, match="acc:"):
        SavedSearch(name="A", line="4711").criteria(NOW)


def test_names_are_given_once() -> None:
    one = SavedSearch(name="Chest CT", line="ct")
    check_saved([one, SavedSearch(name="Other")])
    assert find_saved([one], " chest ct ") is one
    assert find_saved([one], "chest") is None
    for wrong in ([one, SavedSearch(name="chest CT")], [SavedSearch(name=" ")]):
        with pytest.raises(BadInput, match="a name of its own"):
            check_saved(wrong)
    with pytest.raises(BadInput, match="at most"):
        check_saved([SavedSearch(name=str(number)) for number in range(MOST + 1)])


def test_sources_that_are_gone_are_told_apart() -> None:
    saved = SavedSearch(sources=("A", "B", "C"))
    assert saved.divided(["C", "A", "D"]) == (["A", "C"], ["B"])
    assert SavedSearch().divided(["A"]) == ([], [])
