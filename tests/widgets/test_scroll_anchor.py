"""The row under the pointer, else the current one, stays at its height whatever comes and goes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.rows import below, patients
from workstation.dicom.matches import PatientMatch, SeriesMatch, StudyMatch
from workstation.models.columns import Column
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role
from workstation.widgets.delegate import expander
from workstation.widgets.tree_view import TreeView


@pytest.fixture
def view(qtbot: QtBot) -> TreeView:
    """Four patients in a list that has room for more, sorted by name."""
    view = TreeView(TreeModel())
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it would make the first row the current one
    view.show()
    qtbot.waitExposed(view)
    view.sortByColumn(Column.NAME, Qt.SortOrder.AscendingOrder)
    model_of(view).results.begin()
    come(view, "M1", "M2", "M3", "M4")
    return view


def model_of(view: TreeView) -> TreeModel:
    model = view.model()
    assert isinstance(model, TreeModel)
    return model


def come(view: TreeView, *names: str) -> None:
    """Studies of patients of these names arrive."""
    results = model_of(view).results
    found = [
        StudyMatch(
            source="A", study_uid=f"1.{name}", patient=PatientMatch(source="A", patient_id=name, name=name)
        )
        for name in names
    ]
    results.add_studies(results.generation, found)
    view.executeDelayedItemsLayout()


def point(view: TreeView, index: QModelIndex) -> QPoint:
    """Move the pointer onto a row."""
    place = view.visualRect(index).center()
    there, no = QPointF(place), Qt.MouseButton.NoButton
    moved = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        there,
        view.viewport().mapToGlobal(there),
        no,
        no,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(view.viewport(), moved)
    return place


def row_at(view: TreeView, place: QPoint) -> object:
    return view.indexAt(place).internalId()


def named(view: TreeView, name: str) -> QModelIndex:
    return next(index for index in patients(model_of(view)) if index.data().startswith(name))


def test_rows_that_come_above_do_not_move_the_one_under_the_pointer(view: TreeView) -> None:
    assert not view.verticalScrollBar().isVisible()  # the list is short
    place = point(view, named(view, "M2"))
    before = row_at(view, place)
    for name in ("A1", "A2", "Z1", "A3"):
        come(view, name)
        assert row_at(view, place) == before
    assert view.verticalScrollBar().isVisible()  # it tells that there is more above
    for number in range(40):
        come(view, f"B{number}")
    assert row_at(view, place) == before
    view.verticalScrollBar().setValue(0)
    assert view.indexAt(QPoint(1, 1)).row() == 0
    QApplication.processEvents()
    last = view.visualRect(model_of(view).index(model_of(view).rowCount() - 1, 0))
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    assert last.isValid()
    assert view.visualRect(model_of(view).index(model_of(view).rowCount() - 1, 0)).bottom() <= view.height()


def test_once_scrolled_back_a_short_list_has_no_scroll_bar(view: TreeView) -> None:
    point(view, named(view, "M4"))
    come(view, "A1")
    assert view.verticalScrollBar().maximum() > 0
    view.verticalScrollBar().setValue(0)
    assert view.verticalScrollBar().maximum() == 0


def test_nothing_is_held_while_nobody_points(view: TreeView, qtbot: QtBot) -> None:
    come(view, "A1")
    assert view.indexAt(QPoint(1, 1)).row() == 0
    point(view, named(view, "M4"))
    qtbot.keyClick(view, Qt.Key.Key_Shift)
    come(view, "A2")
    assert view.indexAt(QPoint(1, 1)).row() == 0
    point(view, named(view, "M4"))
    view.forget_pointer()
    come(view, "A3")
    assert view.indexAt(QPoint(1, 1)).row() == 0


def test_a_new_search_begins_at_the_top(view: TreeView) -> None:
    point(view, named(view, "M4"))
    come(view, "A1")
    model_of(view).results.begin()
    come(view, "M1")
    come(view, "A1")
    assert view.verticalScrollBar().maximum() == 0
    assert view.indexAt(QPoint(1, 1)).row() == 0


def test_the_current_row_stays_in_a_short_list_too(view: TreeView) -> None:
    view.setCurrentIndex(named(view, "M3"))
    before = view.visualRect(view.currentIndex())
    come(view, "A1", "A2")
    assert view.visualRect(view.currentIndex()) == before


def test_a_row_opened_by_its_arrow_stays_while_another_is_current(view: TreeView, qtbot: QtBot) -> None:
    model = model_of(view)
    [study] = below(named(view, "M2"))
    view.setCurrentIndex(named(view, "M4"))
    number, box = (
        study.internalId(),
        expander(view.visualRect(study), study.data(Role.DEPTH), Qt.LayoutDirection.LeftToRight),
    )
    place = box.center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.is_open(view.indexAt(place))
    series = [SeriesMatch(source="A", study_uid="1.M2", series_uid=f"1.M2.{n}", number=n) for n in range(60)]
    model.results.add_children(model.results.generation, number, series)
    model.results.filled(model.results.generation, number, complete=True)
    view.executeDelayedItemsLayout()
    assert row_at(view, place) == number
    assert view.currentIndex().data().startswith("M4")


def test_a_list_in_another_order_is_in_sight_as_a_whole_where_there_is_room(view: TreeView) -> None:
    view.setCurrentIndex(named(view, "M1"))
    view.sortByColumn(Column.NAME, Qt.SortOrder.DescendingOrder)
    view.executeDelayedItemsLayout()
    assert patients(model_of(view))[-1].data().startswith("M1")
    assert view.verticalScrollBar().maximum() == 0
    view.setCurrentIndex(named(view, "M4"))
    view.sortByColumn(Column.NAME, Qt.SortOrder.AscendingOrder)
    come(view, "A1")  # what comes still moves no row that the user looks at
    assert view.verticalScrollBar().maximum() > 0
