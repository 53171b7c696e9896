"""Saved searches in the real window: saved, run again, run at the start, refreshed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.window_steps import DEADLINE
from tests.peers.limited import Held, Limited
from tests.peers.peer import Server
from workstation.app.assembly import build
from workstation.app.parts import Workstation
from workstation.dicom.date_periods import Period
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY
from workstation.dicom.saved_search import SavedSearch
from workstation.models.tree_roles import Role
from workstation.settings.folders import folders
from workstation.settings.preferences import Preferences, load_preferences
from workstation.settings.searches import load_searches, save_searches

STUDY_DATE = 0x00080020


def searches_file() -> Path:
    return folders(Path(os.environ["WORKSTATION_HOME"])).searches


def idle(qtbot: QtBot, workstation: Workstation) -> None:
    qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)


def notice(workstation: Workstation) -> str:
    return workstation.window.notice.text


def test_a_search_is_saved_and_made_again_in_the_next_window(windows: Windows, qtbot: QtBot) -> None:
    archive = Limited([Held("1.2.3", "20260317", name="Doe^J")])
    with Server(archive.play) as server:
        workstation = windows.open([server.node(name="A")])
        bar, button = workstation.window.criteria, workstation.window.criteria.searches
        bar.name.setText("doe")
        bar.dates.choose(Period.YEAR)
        bar.sources[LIBRARY].box.setChecked(False)
        bar.search()
        idle(qtbot, workstation)
        assert [one.line for one in workstation.saved_searches.recent] == ["name:doe last year"]
        assert not searches_file().exists()  # what was searched for is not kept unless it is saved
        button.save.trigger()
        dialog = workstation.dialogs.save_search_dialog
        assert dialog is not None
        dialog.name.line.setText("Does")
        dialog.with_sources.click()
        dialog.at_start.click()
        dialog.accept()
        saved = SavedSearch(name="Does", line="name:doe last year", sources=("A",), at_start=True)
        assert workstation.saved_searches.kept == (saved,)
        windows.close(workstation)
        assert load_searches(searches_file()) == (saved,)
        archive.queries.clear()
        workstation = windows.open([server.node(name="A"), server.node(name="B")])
        qtbot.waitUntil(lambda: bool(archive.queries), timeout=DEADLINE)
        idle(qtbot, workstation)
        bar = workstation.window.criteria
        assert (bar.name.text(), bar.dates.period, bar.ticked) == ("doe", Period.YEAR, ["A"])
        assert workstation.search.keys == ("A",)
        bar.clear.click()
        assert bar.name.text() == ""
        bar.searches.entries[2].trigger()  # Ctrl+Alt+1
        assert bar.name.text() == "doe"
        idle(qtbot, workstation)


def test_of_sources_that_are_gone_it_is_said_and_never_all_are_asked(windows: Windows, qtbot: QtBot) -> None:
    archive = Limited([])
    with Server(archive.play) as server:
        workstation = windows.open([server.node(name="A"), server.node(name="B")])
        runs = workstation.saved_search_runs
        runs.run(SavedSearch(name="Both", line="name:doe", sources=("A", "Gone")))
        idle(qtbot, workstation)
        assert workstation.search.keys == ("A",)
        assert "Gone" in notice(workstation)
        asked = len(archive.queries)
        runs.run(SavedSearch(name="None", line="name:roe", sources=("Gone",)))
        assert workstation.window.criteria.name.text() == "roe"
        assert workstation.window.criteria.ticked == []
        assert "No archive of this search exists any more" in notice(workstation)
        assert not workstation.search.asking
        assert len(archive.queries) == asked


def test_a_search_in_no_source_is_no_recent_one(windows: Windows) -> None:
    workstation = windows.open()
    bar = workstation.window.criteria
    bar.name.setText("doe")
    bar.sources[LIBRARY].box.setChecked(False)
    bar.search()
    assert workstation.saved_searches.recent == ()
    bar.sources[LIBRARY].box.setChecked(True)
    bar.search()
    assert [one.sources for one in workstation.saved_searches.recent] == [(LIBRARY,)]


def test_a_broken_file_is_kept_aside_and_the_program_goes_on(windows: Windows, qtbot: QtBot) -> None:
    path = searches_file()
    path.write_text("broken")
    workstation = windows.open()
    qtbot.waitUntil(lambda: workstation.saved_searches.writable, timeout=DEADLINE)
    [aside] = path.parent.glob("searches-unreadable-*.json")
    assert aside.read_text() == "broken"
    assert aside.name in notice(workstation)
    workstation.saved_searches.save(SavedSearch(name="A", line="ct"))
    windows.close(workstation)
    assert load_searches(path) == (SavedSearch(name="A", line="ct"),)


def test_a_newer_file_is_left_alone(windows: Windows, qtbot: QtBot) -> None:
    path = searches_file()
    path.write_text('{"version": 9, "searches": []}')
    workstation = windows.open()
    qtbot.waitUntil(lambda: "newer" in notice(workstation), timeout=DEADLINE)
    assert not workstation.saved_searches.writable
    assert not workstation.window.criteria.searches.save.isEnabled()
    windows.close(workstation)
    assert '"version": 9' in path.read_text()


def test_a_renamed_archive_stays_one_of_its_searches(windows: Windows, qtbot: QtBot) -> None:
    workstation = windows.open()
    searches = workstation.saved_searches
    qtbot.waitUntil(lambda: searches.writable, timeout=DEADLINE)
    searches.save(SavedSearch(name="A", line="ct", sources=("Old", LIBRARY)))
    workstation.nodes.renamed.emit("Old", "New")
    assert searches.kept == (SavedSearch(name="A", line="ct", sources=("New", LIBRARY)),)


def test_new_studies_are_marked_where_the_list_is(windows: Windows, qtbot: QtBot) -> None:
    held = [Held("1.2.1", "20260317", name="Doe^J")]
    with Server(Limited(held).play) as server:
        workstation = windows.open([server.node(name="A")])
        window, model = workstation.window, workstation.tree_model
        window.criteria.name.setText("doe")
        window.criteria.search()
        idle(qtbot, workstation)
        window.tree.go_to_first_study()
        current = window.tree.currentIndex().internalId()
        held.append(Held("1.2.2", "20260318", patient="P2", name="Doe^K"))
        workstation.search_refresh.refresh()
        idle(qtbot, workstation)
        assert window.tree.currentIndex().internalId() == current
        assert window.footer.text().startswith("1 new")
        [new] = model.results.studies("1.2.2")
        index = model.index_of(new if new.stands_alone else new.top)
        assert index.data(Role.NEW)
        assert "Came when the list was refreshed" in index.data(Qt.ItemDataRole.ToolTipRole)
        window.tree.make_current(index.internalId(), 0)  # whatever key was pressed last
        assert window.footer.text() == "1 selected"
        assert not index.data(Role.NEW)
        assert "refreshed" not in index.data(Qt.ItemDataRole.ToolTipRole)


def test_a_pause_that_is_chosen_is_kept(windows: Windows) -> None:
    workstation = windows.open()
    workstation.window.criteria.searches.refresh.actions()[3].trigger()
    assert workstation.settings.preferences.refresh_minutes == 5
    windows.close(workstation)
    again = windows.open(preferences=workstation.settings.preferences)
    [ticked] = [one.text() for one in again.window.criteria.searches.refresh.actions() if one.isChecked()]
    assert ticked == "Every 5 min"


@pytest.mark.parametrize("saved", [True, False])
def test_the_start_asks_nothing_unless_it_was_wanted(windows: Windows, qtbot: QtBot, saved: bool) -> None:
    save_searches(searches_file(), [SavedSearch(name="A", line="name:doe", sources=("X",), at_start=saved)])
    workstation = windows.open()
    qtbot.waitUntil(lambda: bool(workstation.saved_searches.kept), timeout=DEADLINE)
    assert ("X" in notice(workstation)) is saved


def test_what_is_typed_at_the_start_is_left_alone(qtbot: QtBot, windows: Windows) -> None:
    save_searches(searches_file(), [SavedSearch(name="A", line="name:doe", sources=("X",), at_start=True)])
    workstation = build(folders(Path(os.environ["WORKSTATION_HOME"])), Preferences(port=windows.port))
    workstation.window.criteria.name.setText("r")
    windows.adopt(workstation)
    qtbot.waitUntil(lambda: bool(workstation.saved_searches.kept), timeout=DEADLINE)
    assert workstation.window.criteria.name.text() == "r"
    assert notice(workstation) == ""


@pytest.mark.parametrize("typed", ["", "r"])
def test_the_line_of_the_start_is_left_alone_if_it_was_typed_into(
    qtbot: QtBot, windows: Windows, typed: str
) -> None:
    save_searches(searches_file(), [SavedSearch(name="A", line="name:doe", at_start=True)])
    workstation = build(folders(Path(os.environ["WORKSTATION_HOME"])), Preferences(port=windows.port))
    bar = workstation.window.criteria
    bar.open_line()
    qtbot.keyClicks(bar.line.line, typed)
    windows.adopt(workstation)
    qtbot.waitUntil(lambda: bool(workstation.saved_searches.kept), timeout=DEADLINE)
    assert bar.line.isVisible() is bool(typed)
    assert bar.name.text() == ("" if typed else "doe")
    bar.line.close()


def test_keys_reach_all_of_it(windows: Windows, qtbot: QtBot) -> None:
    archive = Limited([Held("1.2.3", "20260317", name="Doe^J")])
    with Server(archive.play) as server:
        workstation = windows.open([server.node(name="A")])
        window = workstation.window
        workstation.saved_searches.save(
            SavedSearch(name="Patients", line="name:doe", level=Level.PATIENT, sources=("A",))
        )
        with qtbot.waitActive(window):
            window.activateWindow()
        control = Qt.KeyboardModifier.ControlModifier
        qtbot.keyClick(window, Qt.Key.Key_1, control | Qt.KeyboardModifier.AltModifier)
        assert window.criteria.level is Level.PATIENT
        idle(qtbot, workstation)
        assert workstation.tree_model.results.patient_count == 1
        qtbot.keyClick(window, Qt.Key.Key_S, control)
        dialog = workstation.dialogs.save_search_dialog
        assert dialog is not None
        assert not dialog.period.isEnabled()
        qtbot.keyClicks(dialog.name.line, "Again")
        qtbot.keyClick(dialog.name.line, Qt.Key.Key_Return)
        assert workstation.saved_searches.kept[1] == SavedSearch(
            name="Again", line="name:doe", level=Level.PATIENT
        )


def test_own_periods_are_kept_in_the_preferences(qtbot: QtBot, windows: Windows) -> None:
    workstation = windows.open()
    dates = workstation.window.criteria.dates
    dates.own_popup.line.setText("last 3w")
    dates.own_popup.enter()
    path = workstation.settings._path
    qtbot.waitUntil(lambda: path.exists() and load_preferences(path).own_periods == ("last 3w",))
    windows.close(workstation)
    again = windows.open(preferences=load_preferences(path)).window.criteria.dates
    assert again.own == ("last 3w",)
    again.choose_words("last 3w")
    assert again.periods.currentText() == "last 3w"
    again.own_popup.list.setCurrentRow(0)
    again.own_popup.remove.click()
    qtbot.waitUntil(lambda: load_preferences(path).own_periods == ())
    assert again.words == "last 3w"
