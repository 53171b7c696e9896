"""Saving a search, the list of saved ones, the menu beside Search, and what was typed before."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from workstation.dicom.criteria import Criteria
from workstation.dicom.saved_search import SavedSearch, search_of
from workstation.widgets.criteria_bar import CriteriaBar
from workstation.widgets.save_search_dialog import SaveSearchDialog
from workstation.widgets.searches_button import SearchesButton
from workstation.widgets.searches_dialog import SearchesDialog

CT = SavedSearch(name="Chest CT", line="mod:CT last 7d")
DOE = SavedSearch(name="Doe & Sons", line="name:doe", sources=("A",), at_start=True)
ROE = SavedSearch(name="Roe", line="name:roe")


def save_dialog(qtbot: QtBot, search: SavedSearch, *saved: SavedSearch) -> SaveSearchDialog:
    dialog = SaveSearchDialog(search, ["A", "library"], saved)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_a_search_is_named_and_saved_with_its_sources_or_not(qtbot: QtBot) -> None:
    search = search_of(Criteria(name="doe", modalities=("CT",)), "last 7d")
    dialog = save_dialog(qtbot, search, CT)
    assert not dialog.ok.isEnabled()
    assert dialog.period.currentText() == "Last 7 days"
    qtbot.keyClicks(dialog.name.line, "My CT")
    assert (dialog.ok.isEnabled(), dialog.ok.text(), dialog.key.text()) == (True, "Save", "Ctrl+Alt+2")
    assert dialog.search == SavedSearch(name="My CT", line="name:doe mod:CT last 7d")
    dialog.with_sources.click()
    dialog.at_start.click()
    dialog.period.setCurrentIndex(dialog.period.findText("Today"))
    assert dialog.search == SavedSearch(
        name="My CT", line="name:doe mod:CT today", sources=("A", "library"), at_start=True
    )
    dialog.name.line.setText("chest ct")
    assert (dialog.ok.text(), dialog.key.text()) == ("Replace", "Ctrl+Alt+1")
    dialog.name.line.setText("x" * 65)
    assert not dialog.ok.isEnabled()


def test_a_period_of_fixed_days_stays_what_it_is(qtbot: QtBot) -> None:
    dialog = save_dialog(qtbot, search_of(Criteria(name="doe"), "2024-01-05..2024-01-06"))
    dialog.name.line.setText("January")
    assert dialog.period.currentText() == "2024-01-05..2024-01-06"
    assert dialog.search.line == "name:doe 2024-01-05..2024-01-06"


@pytest.fixture
def dialog(qtbot: QtBot) -> SearchesDialog:
    dialog = SearchesDialog([CT, DOE, ROE])
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def texts(dialog: SearchesDialog, column: int) -> list[str]:
    tree = dialog.list
    return [tree.topLevelItem(row).text(column) for row in range(tree.topLevelItemCount())]


def test_searches_are_ordered_renamed_and_deleted_with_undo(dialog: SearchesDialog, qtbot: QtBot) -> None:
    changes: list[tuple[SavedSearch, ...]] = []
    dialog.searches_changed.connect(changes.append)
    assert texts(dialog, 1) == ["Ctrl+Alt+1", "Ctrl+Alt+2", "Ctrl+Alt+3"]
    dialog.list.setFocus()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert changes[-1] == (DOE, CT, ROE)
    assert dialog.index == 1
    dialog.delete.click()
    assert changes[-1] == (DOE, ROE)
    assert dialog.said.text()
    dialog.undo.click()
    assert changes[-1] == (DOE, CT, ROE)
    assert not dialog.undo.isEnabled()
    dialog.list.setCurrentItem(dialog.list.topLevelItem(1))
    dialog.rename.click()
    editor = dialog.list.findChild(QLineEdit)
    assert editor is not None
    editor.setText("roe")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: "a name of its own" in dialog.said.text())
    assert texts(dialog, 0) == ["Doe & Sons", "Chest CT", "Roe"]
    dialog.list.currentItem().setText(0, "CT")
    assert [one.name for one in changes[-1]] == ["Doe & Sons", "CT", "Roe"]


def test_one_search_runs_at_the_start(dialog: SearchesDialog) -> None:
    changes: list[tuple[SavedSearch, ...]] = []
    dialog.searches_changed.connect(changes.append)
    dialog.at_start.click()
    assert [one.at_start for one in changes[-1]] == [True, False, False]
    dialog.at_start.click()
    assert not any(one.at_start for one in changes[-1])


def test_enter_makes_the_search(dialog: SearchesDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.run_requested) as run:
        qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert run.args == [CT]
    assert not dialog.isVisible()


def test_the_menu_offers_saved_and_recent_ones(qtbot: QtBot) -> None:
    button = SearchesButton()
    qtbot.addWidget(button)
    chosen: list[SavedSearch] = []
    button.chosen.connect(chosen.append)
    button.set_searches([CT, DOE], [SavedSearch(line="name:roe today")], writable=True)
    names = {action.text().partition("\t")[0]: action for action in button.menu().actions()}
    assert "Chest CT" in names
    names["Doe && Sons"].trigger()
    [recent] = button.recent.actions()
    assert recent.text() == "Name: roe, Date: Today"
    recent.trigger()
    assert chosen == [DOE, SavedSearch(line="name:roe today")]
    button.set_searches([], [], writable=False)
    assert not button.save.isEnabled()
    assert not button.recent.isEnabled()


def test_pauses_of_the_refresh_are_chosen_in_the_menu(qtbot: QtBot) -> None:
    button = SearchesButton()
    qtbot.addWidget(button)
    with qtbot.waitSignal(button.refresh_chosen) as chosen:
        button.refresh.actions()[1].trigger()
    assert chosen.args == [1]
    button.set_refresh(15)
    [ticked] = [action.text() for action in button.refresh.actions() if action.isChecked()]
    assert ticked == "Every 15 min"
    assert "15" in button.refresh.title()
    button.set_refresh(7)  # written into the file by hand
    assert not any(action.isChecked() for action in button.refresh.actions())
    assert "7" in button.refresh.title()
    button.set_refresh(0)
    assert button.refresh.actions()[0].isChecked()


def test_what_was_typed_before_is_offered_and_enter_searches_all_the_same(qtbot: QtBot) -> None:
    bar = CriteriaBar()
    qtbot.addWidget(bar)
    with qtbot.waitActive(bar):
        bar.show()
    searched: list[Criteria] = []
    bar.search_requested.connect(searched.append)
    for name in ("doe john", "roe", "doe john"):
        bar.name.setText(name)
        bar.search()
    assert bar.typed[0].values == ["doe john", "roe"]
    assert bar.typed[1].values == []
    bar.name.clear()
    bar.name.setFocus()
    QTest.keyClicks(bar.name, "do")
    popup = bar.name.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert [criteria.name for criteria in searched[3:]] == ["do"]
    assert not popup.isVisible()
    QTest.keyClick(bar.name, Qt.Key.Key_Return)
    assert len(searched) == 5
    QTest.keyClicks(bar.name, "e")
    qtbot.waitUntil(popup.isVisible)
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert bar.name.text() == "doe john"
