"""What sources told of studies is kept beside the plans."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from workstation.dicom.completeness import Accepted, SeriesListing, StudyListing
from workstation.dicom.targets import Target
from workstation.errors import LibraryInUse
from workstation.store.plan import PlanState
from workstation.store.plans import Plans

STUDY, S1, S2 = "1.2", "1.2.1", "1.2.2"
LIST = frozenset({"1.2.1.1", "NOT A UID"})


@pytest.fixture
def plans(tmp_path: Path) -> Iterator[Plans]:
    with closing(Plans(tmp_path / "plans.db")) as opened:
        yield opened


def test_a_list_comes_back_after_a_restart(plans: Plans) -> None:
    plans.expectations.record_series(STUDY, "A", {S1: SeriesListing(LIST, 2), S2: SeriesListing(None, 5)})
    plans.expectations.record_count(STUDY, "B", 7)
    expected = (
        StudyListing("A", {S1: SeriesListing(LIST), S2: SeriesListing(None, 5)}, True),
        StudyListing("B", count=7),
    )
    assert plans.expectations.of(STUDY) == expected
    plans.close()
    with closing(Plans(plans.path)) as again:
        assert again.expectations.of(STUDY) == expected
        assert again.expectations.of("1.3") == ()


def test_a_newer_list_replaces_the_older_one_of_the_same_source(plans: Plans) -> None:
    plans.expectations.record_series(STUDY, "A", {S1: SeriesListing(LIST), S2: SeriesListing(LIST)})
    plans.expectations.record_series(STUDY, "B", {S1: SeriesListing(LIST)})
    plans.expectations.record_series(STUDY, "A", {S1: SeriesListing(frozenset({"1"}))})
    assert plans.expectations.of(STUDY) == (
        StudyListing("A", {S1: SeriesListing(frozenset({"1"}))}, True),
        StudyListing("B", {S1: SeriesListing(LIST)}, True),
    )


def test_a_count_of_series_leaves_their_lists(plans: Plans) -> None:
    plans.expectations.record_series(STUDY, "A", {S1: SeriesListing(LIST, 2)})
    plans.expectations.record_series(STUDY, "A", {S1: SeriesListing(None, 2), S2: SeriesListing(None, 3)})
    [told] = plans.expectations.of(STUDY)
    assert told.series == {S1: SeriesListing(LIST), S2: SeriesListing(None, 3)}


def test_a_count_is_news_only_if_it_differs_from_what_was_told_when_the_list_came(plans: Plans) -> None:
    """Some archives count more than they list: their list counts, until their count changes."""
    plans.expectations.record_count(STUDY, "A", 9)
    plans.expectations.record_series(STUDY, "A", {S1: SeriesListing(LIST, 9)})
    assert plans.expectations.of(STUDY)[0].expected == 2
    plans.expectations.record_count(STUDY, "A", 9)
    assert plans.expectations.of(STUDY)[0].expected == 2
    plans.expectations.record_count(STUDY, "A", 10)
    assert plans.expectations.of(STUDY)[0].expected == 10
    plans.expectations.record_list(STUDY, "A", S1, ["1", "2", "3"])
    assert plans.expectations.of(STUDY)[0].series == {
        S1: SeriesListing(frozenset({"1", "2", "3"}), settled=9)
    }


@pytest.mark.parametrize("count", [-1, 2**31, 10**40])
def test_numbers_that_cannot_be_are_not_kept(plans: Plans, count: int) -> None:
    plans.expectations.record_count(STUDY, "A", count)
    plans.expectations.record_series(STUDY, "A", {S1: SeriesListing(None, count)})
    assert plans.expectations.of(STUDY) == (StudyListing("A", {S1: SeriesListing()}, True),)


def test_an_unfinished_fetch_is_noted_until_it_ended(plans: Plans) -> None:
    assert plans.expectations.begin(STUDY, "A")
    assert not plans.expectations.begin(STUDY, "A")
    assert plans.expectations.of(STUDY)[0].unfinished == 0
    plans.expectations.end(STUDY, "A", 2000)
    assert plans.expectations.of(STUDY)[0].unfinished == 2000
    plans.expectations.end(STUDY, "A", None)
    assert plans.expectations.begin(STUDY, "A")


def test_what_was_accepted_and_told_goes_with_the_local_copy(plans: Plans) -> None:
    plans.expectations.record_count(STUDY, "A", 9)
    plans.expectations.accept(STUDY, Accepted(3, 9))
    assert plans.expectations.accepted(STUDY) == Accepted(3, 9)
    plans.expectations.refuse(STUDY)
    assert plans.expectations.accepted(STUDY) is None
    plans.expectations.accept(STUDY, Accepted(3, None))
    plans.expectations.forget([STUDY])
    assert (plans.expectations.of(STUDY), plans.expectations.accepted(STUDY)) == ((), None)


def test_a_wish_keeps_what_the_row_told(plans: Plans) -> None:
    plans.create_deferred("A", Target(STUDY, (S1,)), counts={"A": 3, "B": 20})
    assert plans.expectations.of(STUDY) == (StudyListing("A", count=3), StudyListing("B", count=20))


def test_it_follows_the_name_of_a_node(plans: Plans) -> None:
    plans.expectations.record_count(STUDY, "A", 9)
    plans.rename_node("A", "B")
    assert plans.expectations.of(STUDY) == (StudyListing("B", count=9),)


def test_another_process_reads_it_and_writes_nothing(plans: Plans) -> None:
    plan = plans.create("A", Target(STUDY))
    plans.update(plan, PlanState.RUNNING)
    plans.expectations.record_count(STUDY, "A", 9)
    with closing(Plans(plans.path, later=True)) as other:
        other.begin_to_read(LibraryInUse("there"))
        assert other.expectations.of(STUDY) == (StudyListing("A", count=9),)
        with pytest.raises(LibraryInUse):
            other.expectations.record_count(STUDY, "A", 10)
        with pytest.raises(LibraryInUse):
            other.create_deferred("A", Target(STUDY))
    assert plans.every()[0].state is PlanState.RUNNING


VERSION_2 = """
CREATE TABLE plans (
    id INTEGER PRIMARY KEY,
    node TEXT NOT NULL, study TEXT NOT NULL, series TEXT NOT NULL, instances TEXT NOT NULL,
    patient_id TEXT NOT NULL, expected_uids TEXT, expected INTEGER,
    state TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, message TEXT NOT NULL,
    patient_name TEXT NOT NULL DEFAULT '', study_description TEXT NOT NULL DEFAULT '',
    study_date TEXT NOT NULL DEFAULT ''
);
INSERT INTO plans VALUES (7, 'A', '1.2', '[]', '[]', 'P1', NULL, 3, 'running', 1.0, 2.0, '', '', '', '');
PRAGMA user_version=2;
"""


def test_plans_of_version_2_are_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "plans.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(VERSION_2)
    with closing(Plans(path)) as plans:
        assert [plan.id for plan in plans.unfinished()] == [7]
        plans.expectations.record_count(STUDY, "A", 9)
        assert plans.expectations.of(STUDY) == (StudyListing("A", count=9),)


def test_what_a_source_counted_last_is_told_with_its_moment(plans: Plans) -> None:
    told = plans.expectations
    told.begin(STUDY, "A")
    assert told.counts_of(STUDY, "A") == {}, "a fetch is no count"
    before = time.time()
    told.record_count(STUDY, "A", 348)
    told.record_count(STUDY, "B", 1)
    told.record_series(STUDY, "A", {S1: SeriesListing(count=300), S2: SeriesListing(count=None)})
    counts = told.counts_of(STUDY, "A")
    assert {series: count for series, (count, _) in counts.items()} == {"": 348, S1: 300}
    assert all(before <= moment <= time.time() for _, moment in counts.values())
