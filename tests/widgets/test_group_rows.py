"""Groups in the view: by key, by mouse, in the menus; several columns that sort; the filter's field."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCompleter, QMenu, QWidget
from pytestqt.qtbot import QtBot

from tests.matches import study
from workstation.models.arrangement import NEWEST_FIRST, Sort
from workstation.models.columns import Column, title
from workstation.models.rows import Row
from workstation.models.study_groups import GroupRow
from workstation.models.tree_model import TreeModel
from workstation.settings.list_layout import ListLayout
from workstation.widgets.filter_box import FilterBox
from workstation.widgets.group_menu import GroupMenu
from workstation.widgets.list_footer import ListFooter
from workstation.widgets.results_bar import ResultsBar
from workstation.widgets.theme import apply_theme, colours
from workstation.widgets.tree_view import TreeView
from workstation.widgets.value_filter_menu import add_value_filters

KEYS = Qt.Key
DEADLINE = 40_000


@pytest.fixture
def view(qtbot: QtBot) -> TreeView:
    """Two groups of two studies each."""
    model = TreeModel()
    view = TreeView(model)
    qtbot.addWidget(view)
    view.resize(900, 400)
    view.show()
    qtbot.waitExposed(view)
    model.visible.lay_out(ListLayout.DAY)
    answers = [
        study("1.1", "1", date="20260101", modalities=("CT",), description="Thorax"),
        study("1.2", "1", date="20240101", modalities=("MR",), description="Head"),
        study("2.1", "2", date="20260101", modalities=("MR",), name="Roe^Jane"),
        study("2.2", "2", date="20240101", modalities=("CT",), name="Roe^Jane"),
    ]
    model.results.add_studies(model.results.begin(), answers)
    return view


def model_of(view: TreeView) -> TreeModel:
    model = view.model()
    assert isinstance(model, TreeModel)
    return model


def current(view: TreeView) -> Row:
    row = model_of(view).row(view.currentIndex())
    assert row is not None
    return row


def first_group(view: TreeView) -> GroupRow:
    row = model_of(view).visible.at(0)
    assert isinstance(row, GroupRow)
    return row


def press(qtbot: QtBot, view: TreeView, *keys: Qt.Key) -> Row:
    for key in keys:
        qtbot.keyClick(view, key)
    return current(view)


def test_keys_go_through_groups_and_fold_them(view: TreeView, qtbot: QtBot) -> None:
    group = press(qtbot, view, KEYS.Key_Home)
    assert group.is_group
    study_row = press(qtbot, view, KEYS.Key_Right)
    assert study_row.uid == "1.1"
    assert press(qtbot, view, KEYS.Key_Left) is group, "a study goes up to its group"
    press(qtbot, view, KEYS.Key_Left)
    assert model_of(view).rowCount() == 4
    assert press(qtbot, view, KEYS.Key_Down).is_group
    press(qtbot, view, KEYS.Key_Up, KEYS.Key_Return)
    assert model_of(view).rowCount() == 6, "Enter opens it"
    press(qtbot, view, KEYS.Key_Minus)
    assert model_of(view).rowCount() == 4
    press(qtbot, view, KEYS.Key_Plus)
    assert press(qtbot, view, KEYS.Key_End).uid == "2.2"


def test_a_click_on_the_arrow_and_a_double_click_fold(view: TreeView, qtbot: QtBot) -> None:
    model = model_of(view)
    box = view.visualRect(model.index(0, 0))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=box.topLeft() + QPoint(8, 8))
    assert model.rowCount() == 4
    where = box.center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert model.rowCount() == 4, "a click chooses it"
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert model.rowCount() == 6


def test_a_header_is_nothing_that_could_be_fetched(view: TreeView, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(view.row_activated):
        press(qtbot, view, KEYS.Key_Home, KEYS.Key_Return, KEYS.Key_Return)
    assert view.selection.numbers == []
    assert not view.selection.may_be_fetched
    assert view.selection.only is None
    view.selectAll()
    assert len(view.selection.numbers) == 4
    assert view.selection.count == 4


def test_the_footer_counts_studies_and_no_headers(view: TreeView, qtbot: QtBot) -> None:
    footer = ListFooter(model_of(view), view)
    qtbot.addWidget(footer)
    view.selectAll()
    assert "4 selected" in footer.text()


def test_closing_the_group_of_the_current_row_makes_the_header_current(view: TreeView) -> None:
    model, group = model_of(view), first_group(view)
    view.setCurrentIndex(model.index(2, 1))
    view.groups.fold(group, open_=False)
    assert current(view) is group
    assert view.currentIndex().column() == 1
    view.groups.fold(group, open_=True)
    view.setCurrentIndex(model.index(5, 0))
    view.groups.fold_all(open_=False)
    assert current(view).is_group
    assert model.rowCount() == 2
    view.groups.fold_all(open_=True)
    assert model.rowCount() == 6


def test_the_menu_of_a_group_folds_it_and_selects_its_studies(view: TreeView, qtbot: QtBot) -> None:
    model, group = model_of(view), first_group(view)
    menu = GroupMenu(view.groups, group, view)
    entries = {action.text(): action for action in menu.actions() if not action.isSeparator()}
    assert list(entries) == [
        "Close this group",
        "Close all groups",
        "Open all groups",
        "Select its 2 studies",
    ]
    entries["Select its 2 studies"].trigger()
    assert [model.find(number).uid for number in view.selection.numbers] == ["1.1", "2.1"]  # type: ignore[union-attr]
    entries["Close this group"].trigger()
    assert model.rowCount() == 4
    again = GroupMenu(view.groups, group, view)
    texts = [action.text() for action in again.actions()]
    assert texts[0] == "Open this group"
    assert not again.actions()[-1].isEnabled(), "rows out of sight are not selected"
    last = model.visible.at(1)
    assert isinstance(last, GroupRow)
    view.groups.select(last)
    assert [model.find(number).uid for number in view.selection.numbers] == ["1.2", "2.2"]  # type: ignore[union-attr]


@pytest.mark.usefixtures("theme_kept")
@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_a_header_is_painted_over_the_whole_width(
    view: TreeView, qapp: object, dark: bool, direction: Qt.LayoutDirection
) -> None:
    apply_theme(qapp, dark)  # type: ignore[arg-type]
    view.setLayoutDirection(direction)
    image: QImage = view.viewport().grab().toImage()
    ground = colours(view.palette()).hover
    for column in Column:
        if not view.isColumnHidden(column):
            box = view.visualRect(model_of(view).index(0, column))
            inside = box.topRight() + QPoint(-2, 2)
            assert image.pixelColor(inside * image.devicePixelRatio()).name() == ground, column


def test_what_is_typed_finds_a_patient_in_a_group(view: TreeView, qtbot: QtBot) -> None:
    press(qtbot, view, KEYS.Key_Home)
    QTest.keyClicks(view, "roe")
    qtbot.waitUntil(lambda: current(view).uid == "2.1", timeout=DEADLINE)


def test_a_value_is_wanted_by_alt_click_and_by_key(view: TreeView, qtbot: QtBot) -> None:
    model, alt = model_of(view), Qt.KeyboardModifier.AltModifier
    cell = model.index(1, Column.MODALITY)
    with qtbot.waitSignal(view.value_wanted) as told:
        where = view.visualRect(cell).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, alt, where)
    assert told.args == ["mod:=CT"]
    view.setCurrentIndex(model.index(2, Column.NAME))
    with qtbot.waitSignal(view.value_wanted) as told:
        qtbot.keyClick(view, KEYS.Key_Return, alt)
    assert told.args == ['name:="Roe, Jane"']
    view.setCurrentIndex(model.index(0, Column.NAME))
    with qtbot.assertNotEmitted(view.value_wanted):
        qtbot.keyClick(view, KEYS.Key_Return, alt)


def test_the_menu_of_a_row_writes_values_into_the_filter(view: TreeView, qtbot: QtBot) -> None:
    menu, box = QMenu(view), FilterBox(view)
    row = model_of(view).visible.at(1)
    add_value_filters(menu, row, Column.MODALITY, view.header().shown, box.add_term)
    actions = {action.text(): action for action in menu.actions()}
    actions["Show only “CT”"].trigger()
    assert box.text() == "mod:=CT"
    actions["Hide “CT”"].trigger()
    assert box.text() == "mod:=CT -mod:=CT"
    below = actions["Hide"].menu()
    assert isinstance(below, QMenu)
    entries = {action.text(): action for action in below.actions()}
    assert len(entries) == len(view.header().shown)
    box.clear()
    entries[f"{title(Column.NAME)}: Doe, John"].trigger()
    assert box.text() == '-name:="Doe, John"'
    empty = QMenu(view)
    add_value_filters(empty, first_group(view), Column.NAME, view.header().shown, box.add_term)
    assert empty.actions() == []


# --- Several columns sort -------------------------------------------------------------------------------


def click(view: TreeView, column: Column, *, shift: bool) -> None:
    header = view.header()
    where = QPoint(header.sectionViewportPosition(column) + header.sectionSize(column) // 2, 8)
    modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, modifier, where)


def test_shift_click_sorts_by_another_column_besides(view: TreeView) -> None:
    header, visible = view.header(), model_of(view).visible
    click(view, Column.MODALITY, shift=False)
    first = header.sorts[0]
    assert header.sorts == (Sort(Column.MODALITY, first.descending),)
    click(view, Column.DATE, shift=True)
    assert header.sorts == (first, Sort(Column.DATE, descending=True))
    click(view, Column.DATE, shift=True)
    assert header.sorts == (first, Sort(Column.DATE, descending=False))
    click(view, Column.NAME, shift=True)
    click(view, Column.IMAGES, shift=True)
    assert [sort.column for sort in header.sorts] == [Column.MODALITY, Column.DATE, Column.IMAGES]
    assert visible.sorts == header.sorts
    click(view, Column.MODALITY, shift=True)
    assert header.sorts[0] == Sort(Column.MODALITY, not first.descending)
    assert len(header.sorts) == 3
    click(view, Column.NAME, shift=False)
    assert [sort.column for sort in header.sorts] == [Column.NAME], "a click alone sorts by one"
    assert visible.sorts == header.sorts


def test_the_menus_sort_and_say_which_columns_do(view: TreeView) -> None:
    header = view.header()
    by, then = QMenu(view), QMenu(view)
    header.list_sorts(by, further=False)
    next(one for one in by.actions() if one.text() == title(Column.MODALITY)).trigger()
    header.list_sorts(then, further=True)
    next(one for one in then.actions() if one.text() == title(Column.DATE)).trigger()
    assert header.sorts == (Sort(Column.MODALITY, descending=False), Sort(Column.DATE, descending=True))
    header.list_sorts(then, further=True)
    texts = [action.text() for action in then.actions() if action.isChecked()]
    assert texts == [f"{title(Column.DATE)}\t2 ↓", f"{title(Column.MODALITY)}\t1 ↑"]


def test_what_sorts_is_kept(view: TreeView, qtbot: QtBot) -> None:
    sorts = (Sort(Column.MODALITY, descending=False), *NEWEST_FIRST, Sort(Column.NAME, descending=True))
    view.header().set_sorts(sorts)
    again = TreeView(TreeModel())
    qtbot.addWidget(again)
    again.header().restore_layout(view.header().layout_by_key)
    assert again.header().sorts == sorts
    assert model_of(again).visible.sorts == sorts
    broken = {**view.header().layout_by_key, "then_by": [{"column": "modality"}, 7, {"column": "none"}]}
    again.header().restore_layout(broken)
    assert [sort.column for sort in again.header().sorts] == [Column.MODALITY]


def test_the_order_of_the_columns_that_sort_is_painted(view: TreeView) -> None:
    header = view.header()
    before = header.grab().toImage()
    header.set_sorts((*NEWEST_FIRST, Sort(Column.NAME, descending=False)))
    assert header.grab().toImage() != before


# --- The field ------------------------------------------------------------------------------------------


def test_escape_clears_the_filter_and_then_is_the_windows(qtbot: QtBot) -> None:
    window = QWidget()
    box = FilterBox(window)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    box.setFocus()
    QTest.keyClicks(box, "mod:ct")
    with qtbot.waitSignal(box.filter_changed, timeout=DEADLINE) as told:
        pass
    assert told.args == ["mod:ct"]
    qtbot.keyClick(box, KEYS.Key_Escape)
    assert box.text() == ""
    with qtbot.waitSignal(box.filter_changed, timeout=DEADLINE) as told:
        pass
    assert told.args == [""]


def test_a_word_that_is_no_column_is_told(qtbot: QtBot) -> None:
    box = FilterBox()
    qtbot.addWidget(box)
    usual = box.toolTip()
    for typed, said in (("colour:grey", "colour:"), ("mod:ct", "")):
        with qtbot.waitSignal(box.filter_changed, timeout=DEADLINE):
            box.setText(typed)
        assert said in box.accessibleDescription()
        assert (box.toolTip() == usual) is (not said)


def test_a_term_is_added_behind_what_is_there(qtbot: QtBot) -> None:
    box = FilterBox()
    qtbot.addWidget(box)
    box.setText('thorax "open ')
    box.add_term("mod:=CT")
    assert box.text() == 'thorax "open" mod:=CT'
    for term in ("mod:=CT", 'name:="Doe, John"', 'name:="Doe, John"'):
        box.add_term(term)
    assert box.text() == 'thorax "open" mod:=CT name:="Doe, John"'


def test_the_menu_of_the_list_groups_and_sorts(view: TreeView, qtbot: QtBot) -> None:
    bar = ResultsBar(view.header())
    qtbot.addWidget(bar)
    menus = {menu.title(): menu for menu in bar.more.menu().findChildren(QMenu)}
    with qtbot.waitSignal(view.header().layout_chosen) as told:
        menus["Group studies by"].actions()[2].trigger()
    assert told.args == [ListLayout.MODALITY]
    menus["Sort by"].aboutToShow.emit()
    assert len(menus["Sort by"].actions()) == len(view.header().shown)


def test_columns_are_offered_for_the_word_at_the_cursor(qtbot: QtBot) -> None:
    window = QWidget()
    box = FilterBox(window)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    box.setFocus()
    [completer] = box.findChildren(QCompleter)
    QTest.keyClicks(box, "thorax -ref")
    assert completer.popup().isVisible()
    qtbot.keyClick(completer.popup(), KEYS.Key_Down)
    qtbot.keyClick(completer.popup(), KEYS.Key_Return)
    assert box.text() == "thorax -referring:"
    assert not completer.popup().isVisible()
    QTest.keyClicks(box, 'mo "mo')
    assert not completer.popup().isVisible(), "within quotation marks there is no column"
    assert box.text() == 'thorax -referring:mo "mo'
