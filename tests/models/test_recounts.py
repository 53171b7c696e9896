"""What an archive counts more, or fewer, than before is marked until the user has looked at it."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from PySide6.QtCore import Qt

from tests.matches import series, study
from tests.rows import first_study, row_of
from workstation.dicom.completeness import Completeness, Extent
from workstation.dicom.matches import LIBRARY
from workstation.models.columns import Column, cell
from workstation.models.count_history import Counted, CountHistory, Recount
from workstation.models.images_column import grown, images, images_tip, images_writings
from workstation.models.list_texts import copied
from workstation.models.rows import Below, Row
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role

pytestmark = pytest.mark.usefixtures("qapp")
STUDY = Counted("A", "1", "1.1")


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_count_is_compared_with_the_one_that_was_looked_at() -> None:
    clock = Clock()
    history = CountHistory(clock)
    assert history.note(STUDY, 348) is None, "one count proves nothing"
    clock.now = 1100
    assert history.note(STUDY, 348) == Recount(348, 1000, 348, 1100)
    clock.now = 1200
    assert history.note(STUDY, 372) == Recount(348, 1100, 372, 1200)
    clock.now = 1300
    assert history.note(STUDY, 380) == Recount(348, 1100, 380, 1300), "not looked at: it grows on"
    looked = history.look(STUDY)
    assert looked is not None
    assert looked.growth == 0
    clock.now = 1400
    again = history.note(STUDY, 370)
    assert again is not None
    assert (again.growth, again.before, again.since) == (-10, 380, 1300)


def test_sources_patients_and_series_are_not_mixed() -> None:
    history = CountHistory()
    history.note(STUDY, 5)
    for other in (
        STUDY._replace(source="B"),
        STUDY._replace(patient_id="2"),
        STUDY._replace(series="1.1.1"),
    ):
        assert history.note(other, 9) is None


def test_a_record_of_an_earlier_session_goes_before_the_first_count_of_this_one() -> None:
    clock = Clock()
    history = CountHistory(clock)
    assert history.remember(STUDY, 348, 10) is None, "nothing is counted now"
    history.note(STUDY, 372)
    assert history.remember(STUDY, 372, 10) is None
    assert history.remember(STUDY, 348, 1000) is None, "that is the record of this very count"
    assert history.remember(STUDY, 348, 10) == Recount(348, 10, 372, 1000)
    history.look(STUDY)
    assert history.remember(STUDY, 348, 10) is None, "it was looked at"


def searched(model: TreeModel, *counts: int | None, source: str = "A") -> Row:
    """The row of the study after searches that counted so many."""
    for count in counts:
        model.results.add_studies(model.results.begin(["A"]), [study("1.1", source=source, instances=count)])
    return row_of(model, first_study(model))


@pytest.mark.parametrize(
    ("counts", "text", "growth"),
    [
        ((348,), "348", 0),
        ((348, 348), "348", 0),
        ((348, 372), "372 +24", 24),
        ((348, 372, 380), "380 +32", 32),
        ((372, 348), "348", 0),
        ((None, 372), "372", 0),
        ((348, None), "—", 0),
    ],
)
def test_only_a_count_that_went_up_is_growth(counts: tuple[int | None, ...], text: str, growth: int) -> None:
    row = searched(TreeModel(), *counts)
    assert (images(row), grown(row)) == (text, growth)


def test_the_tip_says_what_it_was_and_when() -> None:
    now = f"{datetime.fromtimestamp(time.time()):%H:}"
    for counts, words in (
        ((348, 372), "A counted 24 more at"),
        ((372, 348), "A counted fewer at"),
        ((348, 348), "A counted again at"),
    ):
        tip = images_tip(searched(TreeModel(), *counts))
        assert tip.startswith(words)
        assert now in tip
    assert images_tip(searched(TreeModel(), 348)) == ""
    assert "it was 372" in images_tip(searched(TreeModel(), 372, 348))


def test_what_is_here_stands_before_it() -> None:
    model = TreeModel()
    row = searched(model, 348, 372)
    row.known, row.asked = Completeness(Extent.PARTIAL, 348, 372), frozenset("A")
    assert images(row) == "348 / 372 +24"
    wide, usual, narrow, bare = images_writings(row)
    assert wide.startswith("348 / 372  +24 since ")
    assert (usual, narrow, bare) == ("348 / 372 +24", "348 / 372+", "348 / 372")
    index = first_study(model).siblingAtColumn(Column.IMAGES)
    assert index.data(Role.WRITINGS) == (wide, usual, narrow, bare)
    assert copied(row, [Column.IMAGES]) == "348 / 372", "a number goes into a spreadsheet"
    assert "24 more than before" in index.data(Qt.ItemDataRole.AccessibleTextRole)


def test_the_mark_goes_once_the_row_was_current_and_another_is() -> None:
    model = TreeModel()
    counts = model.results.counts
    row = searched(model, 348)
    counts.make_current(row)
    row = searched(model, 372)
    counts.make_current(row)
    assert images(row) == "372 +24", "the search was made again, and the row stayed current"
    counts.make_current(row.parent)
    assert images(row) == "372"
    assert images(searched(model, 380)) == "380 +8"


def test_counts_of_the_level_below_are_compared_too() -> None:
    model = TreeModel()
    for count in (10, 12):
        row = searched(model, None)
        model.results.counted(model.results.generation, row.number, Below(1, count), "A")
    assert images(row) == "12 +2"


def test_series_that_grew_are_marked_when_the_study_is_opened_again() -> None:
    model = TreeModel()
    for count in (10, 12):
        row = searched(model, None)
        model.results.add_children(
            model.results.generation, row.number, [series("1.1.1", instances=count), series("1.1.2")]
        )
    assert [cell(one, Column.IMAGES) for one in row.children] == ["12 +2", "—"]


def test_what_the_library_has_is_no_count_of_an_archive() -> None:
    assert images(searched(TreeModel(), 3, 5, source=LIBRARY)) == "5"


def test_the_record_of_an_earlier_session_marks_a_row() -> None:
    model = TreeModel()
    row = searched(model, 372)
    model.results.counts.remember(row, "A", 348, 0)
    assert images(row) == "372 +24"
    model.results.counts.remember(row, "B", 300, 0)
    assert images(row) == "372 +24", "B did not answer"
