"""How much the filter shows, and how many rows are selected."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.matches import study
from workstation.models.tree_model import TreeModel
from workstation.widgets.list_footer import ListFooter
from workstation.widgets.tree_view import TreeView


@pytest.fixture
def view(qtbot: QtBot) -> TreeView:
    view = TreeView(TreeModel())
    qtbot.addWidget(view)
    return view


def test_it_follows_filter_selection_and_what_comes(view: TreeView, qtbot: QtBot) -> None:
    model = view.model()
    assert isinstance(model, TreeModel)
    footer = ListFooter(model, view)
    qtbot.addWidget(footer)
    generation = model.results.begin()
    studies = [study(f"1.{n}", str(n // 2), name=f"N{n // 2}", description=f"D{n}") for n in range(6)]
    model.results.add_studies(generation, studies)
    assert footer.text() == ""
    model.set_filter("d1")
    assert footer.text() == "1 of 6 shown"
    model.results.add_studies(generation, [study("2.1", "9", name="N9", description="D1")])
    assert footer.text() == "2 of 7 shown"
    view.selectAll()
    assert footer.text() == "2 of 7 shown · 3 selected"
    model.set_filter("")
    view.clearSelection()
    assert footer.text() == ""
    model.results.begin()
    assert footer.text() == ""


def test_the_key_for_copying_asks_for_the_columns_that_are_shown(view: TreeView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.copy_requested):
        qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    shown = view.header().shown
    view.header().moveSection(view.header().visualIndex(shown[-1]), 1)
    assert view.header().shown == [shown[0], shown[-1], *shown[1:-1]]


def test_it_takes_no_more_room_while_rows_are_selected_and_more_while_there_is_a_filter(
    view: TreeView, qtbot: QtBot
) -> None:
    model = view.model()
    assert isinstance(model, TreeModel)
    footer = ListFooter(model, view)
    qtbot.addWidget(footer)
    width = footer.sizeHint().width()
    model.results.add_studies(model.results.begin(), [study(f"1.{n}", str(n)) for n in range(30)])
    view.selectAll()
    assert footer.text() == "30 selected"
    assert footer.fontMetrics().horizontalAdvance(footer.text()) <= footer.sizeHint().width() == width
    model.set_filter("1")
    assert footer.fontMetrics().horizontalAdvance(footer.text()) <= footer.sizeHint().width()
    assert footer.sizeHint().width() > width
