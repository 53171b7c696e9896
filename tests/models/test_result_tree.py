"""The plain tree of results: answers, counts and local copies become rows; none of it needs Qt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from typing_extensions import override

from tests.models.patient_answers import study
from workstation.dicom.completeness import Completeness, Extent
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import LIBRARY, ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.mismatch import Mismatch
from workstation.models.arrangement import Sort
from workstation.models.columns import Column
from workstation.models.first_column import heading
from workstation.models.local_copy_updates import LocalCopyUpdates, Remains
from workstation.models.mismatch_rows import MismatchRows
from workstation.models.result_tree import ResultTree
from workstation.models.rows import Below, Fill, Local, Row
from workstation.models.tree_observer import TreeObserver
from workstation.models.visible_rows import VisibleRows

FOREVER = float("inf")


class Heard(TreeObserver):
    """Notes what a tree announces, in short."""

    def __init__(self, tree: ResultTree) -> None:
        self.events: list[str] = []
        self.touched: list[set[str]] = []
        tree.changes.add(self)

    @override
    def before_reset(self) -> None:
        self.events.append("reset")

    @override
    def before_move(self) -> None:
        self.events.append("move")

    @override
    def after_move(self, patients: Mapping[int, Row] | None) -> None:
        self.touched.append({row.uid for row in (patients or {}).values()})

    @override
    def rows_changed(self, first: Row, last: Row) -> None:
        self.events.append(f"{first.level} {first.uid} changed")

    @override
    def work_left(self) -> None:
        self.events.append("work left")


def names(visible: VisibleRows) -> list[str]:
    """What the rows in sight begin with."""
    return [heading(visible.at(position)) for position in range(len(visible))]


def finish(visible: VisibleRows) -> None:
    while visible.working:
        visible.work(FOREVER)


def test_the_rows_are_made_sorted_and_filtered_without_qt() -> None:
    """Nothing of Qt's widgets, and no application, is needed; translating texts needs QtCore alone."""
    script = (
        "import sys; from PySide6 import QtCore;"
        "from tests.models import test_result_tree as tests;"
        "tests.test_a_filter_and_an_order_are_made_in_slices();"
        "assert QtCore.QCoreApplication.instance() is None;"
        "assert 'PySide6.QtGui' not in sys.modules, 'QtGui was loaded'"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])


def test_answers_of_two_sources_are_one_row_and_announced_once() -> None:
    tree = ResultTree()
    heard = Heard(tree)
    generation = tree.begin(["A", LIBRARY])
    tree.add_studies(generation, [study("A", "1.1"), study(LIBRARY, "1.1")])
    assert heard.events == ["reset", "work left", "move"]
    assert heard.touched == [{"1"}]
    [row] = tree.studies("1.1")
    assert row.sources == ("A", LIBRARY)
    assert (tree.patient_count, tree.study_count, tree.answering) == (1, 1, ["A"])


def test_late_answers_of_an_old_search_change_and_announce_nothing() -> None:
    tree = ResultTree()
    old = tree.begin()
    [row] = tree.add_studies(old, [study("A", "1.1")])
    tree.begin()
    heard = Heard(tree)
    assert tree.add_studies(old, [study("A", "1.2")]) == []
    assert tree.add_patients(old, [PatientMatch(source="A", patient_id="1")]) == []
    tree.add_children(old, row.number, [SeriesMatch(source="A", study_uid="1.1", series_uid="1.1.1")])
    tree.filled(old, row.number, complete=True)
    tree.counted(old, row.number, Below(1, 2))
    assert (heard.events, tree.study_count, tree.find(row.number)) == ([], 0, None)


def test_children_are_asked_for_once_and_again_after_an_error() -> None:
    tree = ResultTree()
    generation = tree.begin()
    [row] = tree.add_studies(generation, [study("A", "1.1")])
    assert tree.begin_filling(row)
    assert not tree.begin_filling(row)
    tree.filled(generation, row.number, complete=False, error="A is gone.")
    assert [child.error for child in row.children] == ["A is gone."]
    assert not tree.begin_filling(row)  # its message tells why
    assert tree.forget_errors(row.number)
    assert row.children == []
    assert tree.begin_filling(row)
    tree.add_children(generation, row.number, [SeriesMatch(source="A", study_uid="1.1", series_uid="1.1.1")])
    tree.filled(generation, row.number, complete=True)
    assert row.fill is Fill.FULL
    assert not tree.forget_errors(row.number)


def test_few_of_many_new_images_are_shown_later() -> None:
    tree = ResultTree()
    visible = VisibleRows(tree)
    generation = tree.begin()
    [row] = tree.add_studies(generation, [study("A", "1.1")])
    tree.add_children(generation, row.number, [SeriesMatch(source="A", study_uid="1.1", series_uid="1.1.1")])
    [series] = row.children
    with tree.changes.moving([row.top]):
        visible.open([row, series])
    images = [
        ImageMatch(source="A", study_uid="1.1", series_uid="1.1.1", sop_uid=f"9.{number}", number=number)
        for number in range(2001)
    ]
    tree.add_children(generation, series.number, images[:2000])
    assert (len(visible), tree.has_unshown) == (2002, False)
    tree.add_children(generation, series.number, images[2000:])
    assert (len(visible), tree.has_unshown) == (2002, True)
    tree.show_late()
    assert (len(visible), tree.has_unshown) == (2003, False)


def test_what_arrives_is_judged_and_is_deleted() -> None:
    tree = ResultTree()
    copies = LocalCopyUpdates(tree)
    generation = tree.begin()
    match = StudyMatch(
        source="A", study_uid="1.1", patient=PatientMatch(source="A", patient_id="1"), instances=2
    )
    [row] = tree.add_studies(generation, [match])
    copies.arrived("1.1", "1.1.1", ["9.1"])
    assert row.local is Local.PARTLY
    copies.arrived("1.1", "1.1.1", ["9.2"])
    assert row.local is Local.HERE
    copies.completed("1.1", [], "A", Completeness(Extent.COMPLETE, 2, expected=2))
    assert row.state.extent is Extent.COMPLETE
    copies.removed([Remains("1.1", frozenset(), [])])
    assert row.local is Local.NONE
    assert tree.study_count == 1


def test_a_filter_and_an_order_are_made_in_slices() -> None:
    tree = ResultTree()
    visible = VisibleRows(tree)
    matches = [study("A", f"1.{number}", f"{number:04}", f"N{number:04}^X") for number in range(1000)]
    tree.add_studies(tree.begin(), matches)
    before = names(visible)
    visible.sort(Sort(Column.NAME, descending=False))
    assert visible.arranging
    assert names(visible) == before
    slices = 0
    while visible.arranging:
        visible.work(0)  # the time has come at once
        slices += 1
    assert slices > 10
    assert names(visible) == [f"N{number:04}, X" for number in range(1000)]
    visible.set_filter("n0007")
    finish(visible)
    assert names(visible) == ["N0007, X"]


def test_a_projection_goes_on_with_the_order_when_a_new_search_begins() -> None:
    tree = ResultTree()
    visible = VisibleRows(tree)
    tree.add_studies(tree.begin(), [study("A", "1.1")])
    visible.sort(Sort(Column.NAME, descending=True))
    generation = tree.begin()
    assert len(visible) == 0
    tree.add_studies(generation, [study("A", "1.1", "1", "Abel^X"), study("A", "1.2", "2", "Zoe^X")])
    assert names(visible) == ["Zoe, X", "Abel, X"]
    finish(visible)
    assert not tree.freeing


def test_answers_that_do_not_fit_become_rows_when_their_line_is_opened() -> None:
    tree = ResultTree()
    visible = VisibleRows(tree)
    mismatches = MismatchRows(tree, visible)
    generation = tree.begin(["A"], Criteria(name="Mueller"))
    tree.add_studies(generation, [study("A", "1.1", "1", "Mueller^Hans")])
    unlike = [Mismatch(study("A", f"2.{number}", f"{number}x"), ("name",)) for number in range(100)]
    mismatches.add(generation, unlike)
    assert (len(visible), mismatches.main_count, tree.study_count) == (2, 1, 1)
    mismatches.show(shown=True)
    assert mismatches.working
    while mismatches.working:
        mismatches.work()
    assert (mismatches.main_count, tree.study_count, tree.patient_count) == (1, 1, 1)
    assert len(visible) == 2 + 2 * 100
    mismatches.show(shown=False)
    assert len(visible) == 2
