"""The columns of the results are as the user left them, whatever columns came or went since."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QPoint, Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QHeaderView, QMenu
from pytestqt.qtbot import QtBot

from workstation.models.columns import COLUMNS, Column
from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.settings.list_layout import ListLayout
from workstation.widgets.main_window import MainWindow
from workstation.widgets.tree_header import TreeHeader, layout_by_number
from workstation.widgets.tree_view import TreeView
from workstation.widgets.window_state import restore_window, window_writer


@pytest.fixture
def header(qtbot: QtBot) -> TreeHeader:
    view = TreeView(TreeModel())
    qtbot.addWidget(view)
    return view.header()


def order(header: TreeHeader) -> list[Column]:
    return [Column(header.logicalIndex(position)) for position in range(header.count())]


def test_at_first_the_columns_are_as_they_are_declared(header: TreeHeader) -> None:
    assert order(header) == list(Column)
    for spec in COLUMNS:
        assert header.isSectionHidden(spec.column) == spec.hidden
        assert spec.hidden or header.sectionSize(spec.column) == spec.width
    assert (header.sortIndicatorSection(), header.sortIndicatorOrder()) == (
        Column.DATE,
        Qt.SortOrder.DescendingOrder,
    )


def test_order_widths_and_sorting_come_back(qtbot: QtBot, header: TreeHeader) -> None:
    header.moveSection(header.visualIndex(Column.SOURCE), 1)
    header.setSectionHidden(Column.SEX, False)
    header.resizeSection(Column.SEX, 55)
    header.resizeSection(Column.MODALITY, 123)
    header.setSectionHidden(Column.MODALITY, True)
    header.setSortIndicator(Column.NAME, Qt.SortOrder.AscendingOrder)
    kept = json.loads(json.dumps(header.layout_by_key))
    view = TreeView(TreeModel())
    qtbot.addWidget(view)
    again = view.header()
    again.restore_layout(kept)
    assert again.layout_by_key == header.layout_by_key
    assert order(again) == order(header)
    assert again.sectionSize(Column.SEX) == 55
    assert again.isSectionHidden(Column.MODALITY)
    again.setSectionHidden(Column.MODALITY, False)
    assert again.sectionSize(Column.MODALITY) == 123
    assert (again.sortIndicatorSection(), again.sortIndicatorOrder()) == (
        Column.NAME,
        Qt.SortOrder.AscendingOrder,
    )


def test_a_column_that_is_not_kept_stands_last_and_one_that_is_gone_is_left_out(header: TreeHeader) -> None:
    kept = header.layout_by_key
    columns = kept["columns"]
    assert isinstance(columns, list)
    columns = [one for one in reversed(columns) if one["column"] != "id"]
    header.restore_layout({**kept, "columns": [{"column": "gone", "width": 99, "hidden": True}, *columns]})
    assert order(header) == [column for column in reversed(Column) if column is not Column.ID] + [Column.ID]
    assert header.isSectionHidden(Column.ID)  # as at first


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"columns": 3, "sorted_by": 4, "descending": "x"},
        {"columns": [3, None, {}, {"column": 1}, {"column": ["x"]}]},
        {"columns": [{"column": "date", "width": -1, "hidden": "yes"}, {"column": "name", "hidden": True}]},
        {"columns": [{"column": "date", "width": 1e9}, {"column": "date", "width": True}]},
        {"columns": [{"column": "date", "width": 10**40}], "sorted_by": "gone"},
    ],
)
def test_what_makes_no_sense_is_left_out(header: TreeHeader, kept: dict[str, object]) -> None:
    header.restore_layout(kept)
    assert sorted(order(header)) == list(Column)
    assert not header.isSectionHidden(Column.NAME)
    assert not header.isSectionHidden(Column.DATE)
    assert header.sectionSize(Column.DATE) == COLUMNS[Column.DATE].width
    assert header.sortIndicatorSection() == Column.DATE


def numbered() -> QByteArray:
    """What earlier versions kept: twelve columns by number."""
    model = QStandardItemModel(0, 12)
    old = QHeaderView(Qt.Orientation.Horizontal)
    old.setModel(model)
    old.setSectionsMovable(True)
    old.moveSection(11, 1)
    old.resizeSection(4, 150)
    old.resizeSection(6, 77)
    old.setSectionHidden(6, True)
    old.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
    return old.saveState()


def test_columns_that_were_kept_by_number_come_back(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    state = base64.b64encode(numbered().data()).decode("ascii")
    path.write_text(json.dumps({"version": 1, "columns-12-fit": state, "names-fit": False}), "utf-8")
    window = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(window)
    restore_window(window, path)
    header = window.tree.header()
    assert order(header)[:3] == [Column.NAME, Column.SOURCE, Column.ID]
    assert header.sectionSize(Column.DATE) == 150
    assert header.isSectionHidden(Column.DESCRIPTION)
    assert header.sortIndicatorSection() == Column.NAME
    assert not header.names_fit
    window_writer(window, path)()
    kept = json.loads(path.read_text("utf-8"))
    assert "columns-12-fit" not in kept
    assert kept["columns"]["columns"][6]["column"] == "modality"


@pytest.mark.parametrize("state", [b"", b"\0", b"nothing of Qt's"])
def test_a_state_that_cannot_be_read_is_none(qapp: object, state: bytes) -> None:
    assert layout_by_number(QByteArray(state)) == {}


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720)])
def test_the_names_have_the_most_room(qtbot: QtBot, size: tuple[int, int]) -> None:
    window = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(window)
    window.resize(*size)
    window.show()
    qtbot.waitExposed(window)
    header = window.tree.header()
    assert header.sectionSize(Column.NAME) >= 0.42 * window.tree.width()
    assert header.length() <= window.tree.viewport().width(), "nothing is to be scrolled sideways"


def test_the_menu_offers_one_row_per_study(header: TreeHeader) -> None:
    header.customContextMenuRequested.emit(QPoint(1, 1))
    menus = header.findChildren(QMenu)
    assert any(header.layouts[ListLayout.FLAT] in menu.actions() for menu in menus)
    menus[0].close()


def test_archives_are_asked_for_columns_while_they_are_shown(qtbot: QtBot, header: TreeHeader) -> None:
    assert header.asked == frozenset()
    menu = QMenu(header)
    header.list_columns(menu)
    actions = {action.text(): action for action in menu.actions()}
    for name, told in (("Station", "Station"), ("Sex", ""), ("Station", "")):
        with qtbot.waitSignal(header.shown_changed) as changed:
            actions[name].trigger()
        assert changed.args == [told]
        assert header.asked == (frozenset({"station"}) if told or name == "Sex" else frozenset())
    actions["Comments"].trigger()
    again = TreeView(TreeModel())
    qtbot.addWidget(again)
    with qtbot.waitSignal(again.header().shown_changed):
        again.header().restore_layout(header.layout_by_key)
    assert again.header().asked == {"comments"}
