"""What is said of a local copy, from what sources told and what is here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workstation.dicom.completeness import Accepted, Extent, SeriesListing, StudyListing, completeness
from workstation.dicom.targets import Target

S1, S2 = "1.2.1", "1.2.2"


def uids(*numbers: int) -> frozenset[str]:
    return frozenset(f"1.2.1.{number}" for number in numbers)


def listed(
    source: str, *numbers: int, count: int | None = None, unfinished: int | None = None
) -> StudyListing:
    return StudyListing(source, {S1: SeriesListing(uids(*numbers))}, True, count, unfinished)


COUNTED_20 = StudyListing("A", count=20)
SILENT = StudyListing("A")

CASES = {
    "a list, all here": ([listed("A", 1, 2)], uids(1, 2), Extent.COMPLETE, 2, 2),
    "a list, one missing": ([listed("A", 1, 2)], uids(1), Extent.PARTIAL, 2, 2),
    "a list, and more is here": ([listed("A", 1)], uids(1, 2), Extent.COMPLETE, 1, 2),
    "a list, one missing, another more": ([listed("A", 1, 2)], uids(1, 3), Extent.PARTIAL, 2, 3),
    "two lists that differ": ([listed("A", 1, 2), listed("B", 2, 3)], uids(1, 2), Extent.PARTIAL, 3, 3),
    "two lists that differ, all here": (
        [listed("A", 1, 2), listed("B", 2, 3)],
        uids(1, 2, 3),
        Extent.COMPLETE,
        3,
        3,
    ),
    "a list, and another counts more": (
        [listed("A", 1, 2), StudyListing("B", count=20)],
        uids(1, 2),
        Extent.PARTIAL,
        20,
        20,
    ),
    "a list, and another counts as many": (
        [listed("A", 1, 2), StudyListing("B", count=2)],
        uids(1, 2),
        Extent.COMPLETE,
        2,
        2,
    ),
    "the list is old: it counts more now": ([listed("A", 1, 2, count=3)], uids(1, 2), Extent.PARTIAL, 3, 3),
    "a UID that breaks the grammar": (
        [StudyListing("A", {S1: SeriesListing(frozenset({"1.2.1.1", "LOCALIZER 1"}))}, True)],
        uids(1),
        Extent.PARTIAL,
        2,
        2,
    ),
    "a count, as many": ([StudyListing("A", count=2)], uids(1, 2), Extent.COUNTED, 2, 2),
    "a count, fewer": ([COUNTED_20], uids(1, 2), Extent.PARTIAL, 20, 20),
    "a count, more": ([StudyListing("A", count=1)], uids(1, 2), Extent.RECEIVED, 1, 2),
    "the largest count": (
        [StudyListing("A", count=2), StudyListing("B", count=3)],
        uids(1, 2),
        Extent.PARTIAL,
        3,
        3,
    ),
    "counts of series": (
        [StudyListing("A", {S1: SeriesListing(count=1), S2: SeriesListing(count=2)}, True)],
        uids(1),
        Extent.PARTIAL,
        3,
        3,
    ),
    "another series, nobody told how much": (
        [StudyListing("A", {S1: SeriesListing(uids(1)), S2: SeriesListing()}, True)],
        uids(1),
        Extent.PARTIAL,
        None,
        None,
    ),
    "nothing told": ([], uids(1, 2), Extent.RECEIVED, None, None),
    "asked, and nothing told": ([SILENT], uids(1, 2), Extent.RECEIVED, None, None),
    "nothing told, and it did not end": (
        [StudyListing("A", unfinished=0)],
        uids(1),
        Extent.PARTIAL,
        None,
        None,
    ),
    "it did not end, 20 announced": ([StudyListing("A", unfinished=20)], uids(1), Extent.PARTIAL, 20, 20),
    "it did not end, but all of the list is here": (
        [listed("A", 1, unfinished=20)],
        uids(1),
        Extent.COMPLETE,
        1,
        1,
    ),
    "nothing here": ([listed("A", 1)], uids(), Extent.NOTHING, 1, 1),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_said(case: str) -> None:
    told, here, extent, expected, total = CASES[case]
    found = completeness(told, {S1: here} if here else {})
    assert (found.extent, found.expected, found.total, found.here) == (extent, expected, total, len(here))
    assert found.verified == (extent is Extent.COMPLETE)
    assert extent.enough == (extent not in (Extent.NOTHING, Extent.PARTIAL))


def test_the_missing_are_named() -> None:
    assert completeness([listed("A", 1, 2), listed("B", 3)], {S1: uids(2)}).missing == uids(1, 3)


def test_a_part_of_a_study_is_judged_by_what_was_told_of_it() -> None:
    told = StudyListing("A", {S1: SeriesListing(uids(1, 2)), S2: SeriesListing(count=5)}, True, count=7)
    here = {S1: uids(1, 2)}
    assert completeness([told], here).extent is Extent.PARTIAL
    assert completeness([told.within(Target("1.2", (S1,)))], here).extent is Extent.COMPLETE
    assert completeness([told.within(Target("1.2", (S2,)))], {}).expected == 5
    one = told.within(Target("1.2", (S1,), ("1.2.1.2",)))
    assert completeness([one], {S1: uids(2)}).extent is Extent.COMPLETE
    assert completeness([one], {S1: frozenset()}).missing == uids(2)


@pytest.mark.parametrize(
    ("accepted", "here", "told", "extent"),
    [
        (Accepted(2, 20), uids(1, 2), [COUNTED_20], Extent.ACCEPTED),
        (Accepted(2, 20), uids(1, 2, 3), [COUNTED_20], Extent.ACCEPTED),
        (Accepted(2, 20), uids(1), [COUNTED_20], Extent.PARTIAL),
        (Accepted(2, 20), uids(1, 2), [StudyListing("A", count=21)], Extent.PARTIAL),
        (Accepted(2, None), uids(1, 2), [COUNTED_20], Extent.PARTIAL),
        (Accepted(2, None), uids(1, 2), [StudyListing("A", unfinished=0)], Extent.ACCEPTED),
        (Accepted(2, 20), uids(1, 2), [listed("A", 1, 2)], Extent.COMPLETE),
    ],
    ids=["as then", "more is here", "one is gone", "more was told", "now told", "untold", "not needed"],
)
def test_what_a_user_accepted_holds_until_more_is_told_or_less_is_here(
    accepted: Accepted, here: frozenset[str], told: list[StudyListing], extent: Extent
) -> None:
    assert completeness(told, {S1: here}, accepted=accepted).extent is extent


def test_more_counted_than_listed_is_not_complete() -> None:
    """The list goes before the count that came with it, but what is counted beyond it is unknown."""
    listed = StudyListing("A", {"1": SeriesListing(frozenset("abcd"))}, every_series=True, settled=9)
    in_series = StudyListing("A", {"1": SeriesListing(frozenset("abcd"), settled=9)}, every_series=True)
    summed_later = replace(in_series, count=9)  # of the same series, for a row without a count
    for told in (listed, in_series, summed_later):
        found = completeness([told], {"1": frozenset("abcd")})
        assert (found.extent, found.here, found.expected, found.missing) == (Extent.LISTED, 4, 9, frozenset())
        assert not found.verified
        assert found.extent.enough
        assert completeness([told], {"1": frozenset("abc")}).extent is Extent.PARTIAL
    assert completeness([listed], {"1": frozenset("abcdefghi")}).extent is Extent.COMPLETE
    one_series = completeness([listed.of_series(["1"])], {"1": frozenset("abcd")})
    assert one_series.extent is Extent.COMPLETE
    grown = completeness([replace(in_series, count=7)], {"1": frozenset("abcd")})
    assert (grown.extent, grown.expected) == (Extent.PARTIAL, 7)
