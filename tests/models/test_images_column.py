"""How many images there are and are here: the number, its mark, and the words for both."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from tests.matches import study
from tests.rows import first_study, patient, row_of
from workstation.dicom.completeness import Completeness, Extent
from workstation.dicom.matches import LIBRARY, OPENED, StudyMatch
from workstation.models.columns import Column, cell
from workstation.models.images_column import StateMark, images, images_tip, share_here, state_mark
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role

pytestmark = pytest.mark.usefixtures("qapp")


def row(state: Completeness, *, instances: int | None = 20) -> Row:
    model = TreeModel()
    model.results.add_studies(model.results.begin(["A"]), [study("1.1", instances=instances)])
    found = row_of(model, first_study(model))
    found.known, found.asked = state, frozenset("A")
    return found


@pytest.mark.parametrize(
    ("state", "text", "mark", "share"),
    [
        (Completeness(), "20", StateMark.NONE, None),
        (Completeness(Extent.COMPLETE, 20, 20), "20", StateMark.VERIFIED, None),
        (Completeness(Extent.COUNTED, 20, 20), "20", StateMark.KNOWN, None),
        (Completeness(Extent.RECEIVED, 23), "23", StateMark.KNOWN, None),
        (Completeness(Extent.PARTIAL, 5, 20), "5 / 20", StateMark.PARTIAL, 0.25),
        (Completeness(Extent.PARTIAL, 5), "5 / —", StateMark.PARTIAL, 0.0),
        (Completeness(Extent.ACCEPTED, 5, 20), "5 / 20", StateMark.KNOWN, None),
        (Completeness(Extent.LISTED, 18, 20), "18 / 20", StateMark.KNOWN, None),
        (Completeness(Extent.COMPLETE, 20, 20, doubtful=1), "20", StateMark.DOUBTFUL, None),
    ],
)
def test_a_check_is_only_for_what_is_proved(
    state: Completeness, text: str, mark: StateMark, share: float | None
) -> None:
    found = row(state)
    assert (images(found), state_mark(found), share_here(found)) == (text, mark, share)


def test_what_an_archive_that_was_not_asked_may_have_takes_the_check_away() -> None:
    found = row(Completeness(Extent.COMPLETE, 20, 20))
    found.asked = frozenset()
    assert state_mark(found) is StateMark.KNOWN


def test_the_words_are_in_the_tool_tip_and_spoken() -> None:
    model = TreeModel()
    model.results.add_studies(
        model.results.begin(), [study("1.1", instances=20), study("1.1", source="library", instances=5)]
    )
    index = first_study(model).siblingAtColumn(Column.IMAGES)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "5 / 20. 5 of 20"
    tip = index.data(Qt.ItemDataRole.ToolTipRole)
    assert "5 of 20" in tip
    assert "Not all images are here" in tip
    assert index.data(Role.MARK) == StateMark.PARTIAL
    nothing = replace(study("1.2"), instances=3)
    model.results.add_studies(model.results.begin(), [nothing])
    assert images_tip(row_of(model, first_study(model))) == ""
    assert patient(model, column=Column.IMAGES).data() == "3"


@pytest.mark.parametrize("archive", [[], [study("1.1", source="A", instances=1)]])
def test_no_check_where_more_images_were_opened_than_are_here(archive: list[StudyMatch]) -> None:
    model = TreeModel()
    answers = [study("1.1", source=OPENED, instances=3), study("1.1", source=LIBRARY, instances=1), *archive]
    model.results.add_studies(model.results.begin(), answers)
    found = row_of(model, first_study(model))
    found.known = Completeness(Extent.COMPLETE, 1, 1) if archive else None
    found.asked = frozenset("A")
    assert (images(found), state_mark(found)) == ("1 / 3", StateMark.PARTIAL)
    assert share_here(found) == pytest.approx(1 / 3)
    assert cell(found, Column.STATE) == "1 of 3 opened"
    assert images_tip(found) == "1 of 3 opened\nMore images were opened than the library has."
