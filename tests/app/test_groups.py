"""Groups of studies in the whole window: kept, fetched, searched again, and filtered by a value."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import DEADLINE, search, two_of_doe
from workstation.app.parts import Workstation
from workstation.models.columns import Column
from workstation.models.study_groups import GroupRow
from workstation.settings.list_layout import ListLayout
from workstation.settings.preferences import load_preferences
from workstation.widgets.group_menu import GroupMenu
from workstation.widgets.row_menu import RowMenu

pytestmark = pytest.mark.archives


def grouped(qtbot: QtBot, windows: Windows, start: Start, files: Path) -> Workstation:
    """Three studies of three days."""
    workstation = windows.open([start(two_of_doe(files)).node(name="PACS")])
    workstation.window.tree.header().layouts[ListLayout.DAY].trigger()
    search(qtbot, workstation, "*", studies=3)
    return workstation


def counts(workstation: Workstation) -> list[int]:
    return [group.count for group in workstation.tree_model.visible.groups]


def test_the_layout_is_remembered(qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path) -> None:
    workstation = grouped(qtbot, windows, dcmqrscp, tmp_path / "files")
    assert counts(workstation) == [1, 1, 1]
    path = workstation.settings._path
    qtbot.waitUntil(path.exists, timeout=DEADLINE)
    windows.close(workstation)
    again = windows.open([], load_preferences(path))
    assert again.window.tree.header().layouts[ListLayout.DAY].isChecked()
    assert again.tree_model.visible.layout is ListLayout.DAY


def test_closed_groups_stay_closed_when_the_same_is_searched_again_and_are_fetched(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation = grouped(qtbot, windows, dcmqrscp, tmp_path / "files")
    model, view = workstation.tree_model, workstation.window.tree
    view.groups.fold_all(open_=False)
    assert model.rowCount() == 3
    header = model.visible.groups[1]
    view.setCurrentIndex(model.index_of(header))
    workstation.window.criteria.search()
    qtbot.waitUntil(
        lambda: not workstation.search.asking and counts(workstation) == [1, 1, 1], timeout=DEADLINE
    )
    assert model.rowCount() == 3
    current = model.row(view.currentIndex())
    assert isinstance(current, GroupRow)
    assert (current.key, current is header) == (header.key, False)
    assert view.selection.numbers == []
    with qtbot.waitSignal(workstation.shown_fetching.question_asked, timeout=DEADLINE) as asked:
        workstation.shown_fetching.fetch_all()
    assert asked.args is not None
    assert "3 studies" in asked.args[0]
    workstation.window.question.dismiss()
    workstation.window.criteria.name.setText("Doe")
    workstation.window.criteria.search()
    qtbot.waitUntil(lambda: model.results.study_count == 2, timeout=DEADLINE)
    assert model.rowCount() == 4, "another search has its groups open"


def test_a_menu_opens_for_a_header_and_a_value_filters(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation = grouped(qtbot, windows, dcmqrscp, tmp_path / "files")
    model, view, box = workstation.tree_model, workstation.window.tree, workstation.window.results_bar.filter
    view.setCurrentIndex(model.index(0, 0))
    assert isinstance(model.visible.at(0), GroupRow)
    assert not workstation.window.results_bar.fetch.isEnabled()
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Delete, Qt.Key.Key_Asterisk):
        qtbot.keyClick(view, key)
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert workstation.window.question.told is False, "nothing is asked: nothing is chosen"
    view.menu_requested.emit(view.mapToGlobal(view.rect().center()))
    [menu] = view.findChildren(GroupMenu)
    menu.close()
    view.setCurrentIndex(model.index(1, Column.DATE))
    view.menu_requested.emit(view.mapToGlobal(view.rect().center()))
    row_menu: QMenu = view.findChildren(RowMenu)[-1]
    next(one for one in row_menu.actions() if one.text() == "Show only “2024-01-01”").trigger()
    row_menu.close()
    assert box.text() == "date:2024-01-01"
    qtbot.waitUntil(lambda: model.visible.filtered_count == 1, timeout=DEADLINE)
    assert "1 of 3 shown" in workstation.window.footer.text()
    next(one for one in workstation.window.actions() if one.text() == "Clear the filter").trigger()
    assert box.text() == ""
    qtbot.waitUntil(lambda: model.visible.filtered_count is None, timeout=DEADLINE)
    assert model.rowCount() == 6
