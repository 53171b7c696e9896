"""One row per study: chosen in the menu, kept in settings.json, shown at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import DEADLINE, search, two_of_doe
from workstation.app.parts import Workstation
from workstation.dicom.levels import Level
from workstation.models.columns import Column, cell, title
from workstation.models.rows import Row
from workstation.settings.list_layout import ListLayout
from workstation.settings.preferences import load_preferences

pytestmark = pytest.mark.archives


def levels(workstation: Workstation) -> list[Level]:
    return [row.level for row in rows(workstation)]


def rows(workstation: Workstation) -> list[Row]:
    visible = workstation.tree_model.visible
    return list(visible.between(0, len(visible) - 1))  # none while a search has not answered yet


def institutions(workstation: Workstation) -> list[str]:
    return [cell(row, Column.INSTITUTION) for row in rows(workstation) if row.level is Level.STUDY]


def test_it_is_switched_live_and_remembered(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    node = dcmqrscp(two_of_doe(tmp_path / "files")).node(name="PACS")
    workstation = windows.open([node])
    search(qtbot, workstation, "*", studies=3)
    assert levels(workstation) == [Level.PATIENT, *[Level.STUDY] * 3]
    view = workstation.window.tree
    older = rows(workstation)[2]
    view.setCurrentIndex(workstation.tree_model.index_of(older))
    view.header().layouts[ListLayout.FLAT].trigger()
    assert levels(workstation) == [Level.STUDY] * 3
    assert [row.patient.patient_id for row in rows(workstation)] == ["ENG-1", "CHN-1", "ENG-1"]
    assert view.selection.numbers == [older.number]
    path = workstation.settings._path
    qtbot.waitUntil(path.exists, timeout=DEADLINE)
    assert load_preferences(path).list_layout is ListLayout.FLAT
    windows.close(workstation)
    again = windows.open([node], load_preferences(path))
    assert again.window.tree.header().layouts[ListLayout.FLAT].isChecked()
    search(qtbot, again, "*", studies=3)
    assert levels(again) == [Level.STUDY] * 3
    again.window.tree.header().layouts[ListLayout.TREE].trigger()
    assert levels(again) == [Level.PATIENT, *[Level.STUDY] * 3]


def test_everything_shown_is_each_study_once(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation = windows.open([dcmqrscp(two_of_doe(tmp_path / "files")).node(name="PACS")])
    search(qtbot, workstation, "*", studies=3)
    workstation.window.tree.header().layouts[ListLayout.FLAT].trigger()
    with qtbot.waitSignal(workstation.shown_fetching.question_asked, timeout=DEADLINE) as asked:
        workstation.shown_fetching.fetch_all()
    assert asked.args is not None
    assert "3 studies" in asked.args[0]


def test_a_column_is_asked_for_while_it_is_shown(
    qtbot: QtBot, windows: Windows, orthanc: Start, tmp_path: Path
) -> None:
    workstation = windows.open([orthanc(two_of_doe(tmp_path / "files")).node(name="PACS")])
    search(qtbot, workstation, "*", studies=3)
    assert institutions(workstation) == [""] * 3
    menu = workstation.window.results_bar.columns
    menu.aboutToShow.emit()
    [action] = [one for one in menu.actions() if one.text() == title(Column.INSTITUTION)]
    action.trigger()
    assert "“Institution”" in workstation.window.notice.text
    workstation.window.criteria.search()
    qtbot.waitUntil(lambda: institutions(workstation) == ["St Mary"] * 3, timeout=DEADLINE)


def test_the_menu_of_the_list_offers_it(windows: Windows) -> None:
    workstation = windows.open()
    layouts = workstation.window.tree.header().layouts
    menus = workstation.window.results_bar.more.menu().findChildren(QMenu)
    [menu] = [one for one in menus if layouts[ListLayout.FLAT] in one.actions()]
    assert menu.actions() == list(layouts.values())
    assert all(action.isCheckable() for action in menu.actions())
