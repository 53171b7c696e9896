"""A list is pasted, searched for, and what is one is fetched: in the real window."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.window_steps import DEADLINE, shows_any, slices
from tests.archives import data
from tests.archives.process import Archive
from tests.peers.listed import Kept, Listed, Manners
from tests.peers.peer import Server
from workstation.app.list_wiring import ListWindow
from workstation.app.parts import Workstation
from workstation.dicom.criteria import Criteria
from workstation.dicom.list_results import EntryState
from workstation.dicom.pasted_list import ColumnUse
from workstation.models.list_search_model import ListColumn
from workstation.widgets.list_search_window import ListSearchWindow

Start = Callable[..., Archive]
ONE, SEVERAL, NOT_FOUND = EntryState.ONE, EntryState.SEVERAL, EntryState.NOT_FOUND
FAILED, NOT_ASKED = EntryState.FAILED, EntryState.NOT_ASKED


def opened(workstation: Workstation) -> ListSearchWindow:
    """The window, opened from the menu; searched is in archives only."""
    [entry] = [one for one in workstation.window.menu.entries if one.shortcut().toString() == "Ctrl+Shift+V"]
    for key, box in workstation.window.criteria.sources.items():
        box.box.setChecked(key != "library")
    entry.trigger()
    [opener] = [one for one in workstation.window.children() if isinstance(one, ListWindow)]
    assert opener.window is not None
    return opener.window


def paste(qtbot: QtBot, window: ListSearchWindow, text: str, *uses: ColumnUse) -> None:
    """Paste a list, and say what its columns are."""
    QGuiApplication.clipboard().setText(text)
    window.input.text.selectAll()
    window.input.text.paste()
    qtbot.waitUntil(lambda: len(window.input.columns) == max(len(uses), 1), timeout=DEADLINE)
    for choice, use in zip(window.input.columns, uses, strict=False):
        choice.choose(use)


def search(qtbot: QtBot, window: ListSearchWindow) -> None:
    qtbot.waitUntil(window.input.search.isEnabled, timeout=DEADLINE)
    qtbot.mouseClick(window.input.search, Qt.MouseButton.LeftButton)


def counted(workstation: Workstation, **counts: int) -> Callable[[], bool]:
    wanted = {EntryState[name]: count for name, count in counts.items()}
    return lambda: +workstation.list_search.model.counts == wanted


def kept(count: int) -> list[Kept]:
    return [Kept(f"1.2.{number}", f"P{number}", f"A{number}") for number in range(count)]


def test_nothing_is_guessed_that_is_not_certain(qtbot: QtBot, windows: Windows) -> None:
    window = opened(windows.open())
    paste(qtbot, window, "4711\n4712")
    assert window.input.uses == (None,)
    assert not window.input.search.isEnabled()
    window.input.columns[0].choose(ColumnUse.PATIENT_ID)
    qtbot.waitUntil(window.input.search.isEnabled, timeout=DEADLINE)
    paste(qtbot, window, "1.2.840.113619.1\n1.2.840.113619.2")
    qtbot.waitUntil(lambda: window.input.uses == (ColumnUse.STUDY_UID,), timeout=DEADLINE)
    paste(qtbot, window, "Accession\n1\n2\n\n2\n*", ColumnUse.ACCESSION)
    qtbot.waitUntil(lambda: "3 entries" in window.input.message.text(), timeout=DEADLINE)
    assert "1 repeated" in window.input.message.text()
    assert "1 line without" in window.input.message.text()
    assert "Line 6" in window.input.faults.text()
    assert window.input.header.isChecked()
    window.input.header.click()
    qtbot.waitUntil(lambda: window.input.uses == (None,), timeout=DEADLINE)


def test_two_thousand_accession_numbers(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    archive = Listed([*kept(1990), Kept("1.3.1", "P1", "A1"), Kept("1.3.2", "P2", "A2")])
    with Server(archive.play) as server:
        workstation = windows.open([server.node()])
        window = opened(workstation)
        path = tmp_path / "list.csv"
        path.write_text("".join(f"A{number}\r\n" for number in range(2000)), "utf-16")
        workstation.list_input.load(path)
        qtbot.waitUntil(lambda: bool(window.input.columns), timeout=DEADLINE)
        window.input.columns[0].choose(ColumnUse.ACCESSION)
        search(qtbot, window)
        qtbot.waitUntil(counted(workstation, ONE=1988, SEVERAL=2, NOT_FOUND=10), timeout=DEADLINE)
        qtbot.waitUntil(lambda: not workstation.list_search.running, timeout=DEADLINE)
        assert len(archive.queries) == 2000
        assert archive.associations == 1
        view = window.results.view
        first = view.model().index(1, 0)
        assert view.model().rowCount(first) == 2
        assert view.model().rowCount() == 2000
        assert [view.model().index(row, 0).data() for row in (0, 1999)] == ["A0", "A1999"]
        window.results.filter.choose(SEVERAL)
        assert [view.model().index(row, 0).data() for row in range(view.model().rowCount())] == ["A1", "A2"]
        workstation.list_fetching.export(tmp_path / "out.csv")
        qtbot.waitUntil(lambda: "Exported" in window.results.notice.text, timeout=DEADLINE)
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text("utf-8-sig").splitlines()))
    assert len(rows) == 2002
    assert [row["entry"] for row in rows[:3]] == ["A0", "A1", "A1"]
    assert rows[-1]["state"] == "not found"


@pytest.mark.logs
def test_an_archive_that_dies_pauses_the_search(qtbot: QtBot, windows: Windows) -> None:
    archive = Listed(kept(50), Manners(dies_after=20))
    with Server(archive.play) as server:
        workstation = windows.open([server.node()])
        window = opened(workstation)
        paste(qtbot, window, "\n".join(f"A{number}" for number in range(60)), ColumnUse.ACCESSION)
        search(qtbot, window)
        stopped = lambda: not workstation.list_search.running and "paused" in window.results.states.text()  # noqa: E731
        qtbot.waitUntil(stopped, timeout=DEADLINE)
        assert counted(workstation, ONE=20, NOT_ASKED=40)()
        assert "aborted" in window.results.states.text()
        archive.manners.dies_after = 10**9
        qtbot.mouseClick(window.results.go, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(counted(workstation, ONE=50, NOT_FOUND=10), timeout=DEADLINE)
    assert sorted(archive.queries) == sorted(f"A{number}" for number in range(60))


def test_what_failed_is_asked_again(qtbot: QtBot, windows: Windows) -> None:
    archive = Listed(kept(5), Manners(refuses=["A3"]))
    with Server(archive.play) as server:
        workstation = windows.open([server.node()])
        window = opened(workstation)
        paste(qtbot, window, "A1\nA3\nA4", ColumnUse.ACCESSION)
        search(qtbot, window)
        qtbot.waitUntil(counted(workstation, ONE=2, FAILED=1), timeout=DEADLINE)
        qtbot.waitUntil(lambda: not workstation.list_search.running, timeout=DEADLINE)
        archive.manners.refuses = ()
        qtbot.mouseClick(window.results.go, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(counted(workstation, ONE=3), timeout=DEADLINE)


def test_it_goes_on_without_its_window_and_can_be_paused(qtbot: QtBot, windows: Windows) -> None:
    archive = Listed(kept(400))
    with Server(archive.play) as server:
        workstation = windows.open([server.node()])
        window = opened(workstation)
        paste(qtbot, window, "\n".join(f"A{number}" for number in range(400)), ColumnUse.ACCESSION)
        search(qtbot, window)
        workstation.list_search.pause()
        assert not workstation.list_search.running
        window.close()
        workstation.list_search.resume()
        qtbot.waitUntil(counted(workstation, ONE=400), timeout=DEADLINE)
        qtbot.waitUntil(lambda: "searched for" in workstation.window.notice.text, timeout=DEADLINE)
        opened(workstation)
        assert window.pages.currentWidget() is window.results


def test_other_searches_come_between_on_the_same_association(qtbot: QtBot, windows: Windows) -> None:
    archive = Listed(kept(5))
    with Server(archive.play) as server:
        workstation = windows.open([server.node()])
        window = opened(workstation)
        paste(qtbot, window, "\n".join(f"B{number}" for number in range(20_000)), ColumnUse.ACCESSION)
        search(qtbot, window)
        qtbot.waitUntil(lambda: len(archive.queries) > 1, timeout=DEADLINE)
        workstation.search.search(Criteria(accession="A1"), ["Peer"])
        qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)
        assert workstation.list_search.running
        windows.close(workstation)  # while it runs
    assert archive.asked_on["A1"] == archive.asked_on["B0"]


def test_a_patient_id_in_two_archives_is_not_one_patient(qtbot: QtBot, windows: Windows) -> None:
    here, there = Listed([Kept("1.2.1", "P1")]), Listed([Kept("1.3.1", "P1"), Kept("1.3.2", "P2")])
    with Server(here.play) as one, Server(there.play) as two:
        workstation = windows.open([one.node(name="A"), two.node(name="B")])
        window = opened(workstation)
        paste(qtbot, window, "P1\nP2", ColumnUse.PATIENT_ID)
        window.results.means.choose(True)
        search(qtbot, window)
        qtbot.waitUntil(counted(workstation, ONE=1, SEVERAL=1), timeout=DEADLINE)
    cell = window.results.view.model().index(0, ListColumn.FOUND).data()
    assert "different patients" in cell


def test_an_archive_that_ignores_keys(qtbot: QtBot, windows: Windows) -> None:
    with Server(Listed(kept(5), Manners(ignores=True)).play) as server:
        workstation = windows.open([server.node()])
        window = opened(workstation)
        paste(qtbot, window, "A1\nX1", ColumnUse.ACCESSION)
        search(qtbot, window)
        qtbot.waitUntil(counted(workstation, ONE=1, OTHERS=1), timeout=DEADLINE)


@pytest.mark.archives
def test_only_what_is_one_and_agrees_is_fetched(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    one, other = data.Patient("One^Ann", "P1"), data.Patient("Two^Bob", "P2")
    files = slices(tmp_path, 2, patient=one, key="a")
    archive = dcmqrscp([*files, *data.study(tmp_path, 2, patient=other, key="b")])
    workstation = windows.open([archive.node()])
    window = opened(workstation)
    paste(qtbot, window, "ACCa;One, Ann\nACCb;Other, Bob\nACCx;", ColumnUse.ACCESSION, ColumnUse.NAME)
    search(qtbot, window)
    qtbot.waitUntil(counted(workstation, ONE=2, NOT_FOUND=1), timeout=DEADLINE)
    qtbot.mouseClick(window.results.fetch, Qt.MouseButton.LeftButton)
    question = window.results.question
    qtbot.waitUntil(question.isVisible, timeout=DEADLINE)
    assert "Fetch 1 study, whose images no archive has counted" in question.label.text()
    assert "1 entry differs from the list" in question.label.text()
    qtbot.mouseClick(question.yes, Qt.MouseButton.LeftButton)
    uids = data.uid("P1", "a"), data.uid("P2", "b")
    here = lambda: workstation.library.index.studies_present(uids)  # noqa: E731
    qtbot.waitUntil(lambda: len(workstation.transfers_model.ended) == 1, timeout=DEADLINE)
    assert here() == [uids[0]]


@pytest.mark.archives
def test_a_double_click_fetches_and_shows_in_the_main_window(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = slices(tmp_path, 3)
    workstation = windows.open([dcmqrscp(files).node()])
    window = opened(workstation)
    paste(qtbot, window, str(data.uid("ENG-1", "1")), ColumnUse.STUDY_UID)
    search(qtbot, window)
    qtbot.waitUntil(counted(workstation, ONE=1), timeout=DEADLINE)
    view = window.results.view
    place = view.visualRect(view.model().index(0, 0)).center() + QPoint(1, 1)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: shows_any(workstation, files), timeout=DEADLINE)
    assert workstation.tree_model.results.study_count == 1
    assert not window.isVisible()  # it would lie over the results
    opened(workstation)
    assert window.pages.currentWidget() is window.results
    for key, box in workstation.window.criteria.sources.items():
        box.box.setChecked(key == "library")
    window.show_input()
    search(qtbot, window)
    qtbot.mouseClick(window.input.question.yes, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(counted(workstation, ONE=1), timeout=DEADLINE)
    qtbot.waitUntil(window.results.fetch.isEnabled, timeout=DEADLINE)
    qtbot.mouseClick(window.results.fetch, Qt.MouseButton.LeftButton)
    assert "in no archive that was searched" in window.results.notice.text


def test_files_are_chosen_by_dialogs(
    qtbot: QtBot, windows: Windows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list.txt"
    path.write_text("1.2.840.113619.1\n1.2.840.113619.2\n")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    window = opened(windows.open())
    qtbot.mouseClick(window.input.open, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.input.search.isEnabled, timeout=DEADLINE)
    path.write_bytes(b"\xff\x00\x81")
    qtbot.mouseClick(window.input.open, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "UTF-8" in window.input.message.text(), timeout=DEADLINE)


def test_what_was_said_of_the_columns_stays_while_the_list_is_written(qtbot: QtBot, windows: Windows) -> None:
    window = opened(windows.open())
    page = window.input
    paste(qtbot, window, "ABC\n123\n456", ColumnUse.PATIENT_ID)
    assert page.header.isChecked()
    qtbot.waitUntil(lambda: "2 entries" in page.message.text(), timeout=DEADLINE)
    qtbot.mouseClick(page.header, Qt.MouseButton.LeftButton, pos=QPoint(8, page.header.height() // 2))
    page.columns[0].choose(ColumnUse.PATIENT_ID)
    qtbot.waitUntil(lambda: "3 entries" in page.message.text(), timeout=DEADLINE)
    page.text.appendPlainText("789")
    qtbot.waitUntil(lambda: "4 entries" in page.message.text(), timeout=DEADLINE)
    assert page.uses == (ColumnUse.PATIENT_ID,)
    assert not page.header.isChecked()
    paste(qtbot, window, "Number;Who\n1;Doe\n2;Roe")
    qtbot.waitUntil(lambda: page.uses == (None, None), timeout=DEADLINE)


def test_one_line_of_many_values_is_said(qtbot: QtBot, windows: Windows) -> None:
    window = opened(windows.open())
    paste(qtbot, window, "A1 A2 A3", ColumnUse.ACCESSION)
    qtbot.waitUntil(lambda: "put each on a line" in window.input.message.text(), timeout=DEADLINE)
    paste(qtbot, window, "A1, A2, A3")
    qtbot.waitUntil(lambda: len(window.input.columns) == 3, timeout=DEADLINE)
    qtbot.waitUntil(lambda: "put each on a line" in window.input.message.text(), timeout=DEADLINE)


def test_results_are_replaced_only_where_the_user_agrees(qtbot: QtBot, windows: Windows) -> None:
    with Server(Listed(kept(5)).play) as server:
        workstation = windows.open([server.node()])
        window = opened(workstation)
        paste(qtbot, window, "A1\nA2", ColumnUse.ACCESSION)
        search(qtbot, window)
        qtbot.waitUntil(counted(workstation, ONE=2), timeout=DEADLINE)
        qtbot.mouseClick(window.results.back, Qt.MouseButton.LeftButton)
        paste(qtbot, window, "A3")
        qtbot.waitUntil(lambda: window.input.uses == (None,), timeout=DEADLINE)  # it is another list
        window.input.columns[0].choose(ColumnUse.ACCESSION)
        search(qtbot, window)
        question = window.input.question
        qtbot.waitUntil(question.isVisible, timeout=DEADLINE)
        assert "of 2 entries" in question.label.text()
        qtbot.mouseClick(question.no, Qt.MouseButton.LeftButton)
        assert counted(workstation, ONE=2)()
        assert window.pages.currentWidget() is window.input
        search(qtbot, window)
        qtbot.mouseClick(question.yes, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(counted(workstation, ONE=1), timeout=DEADLINE)


def test_the_focus_goes_from_the_list_over_its_columns_to_the_buttons(qtbot: QtBot, windows: Windows) -> None:
    window = opened(windows.open())
    page = window.input
    uses = ColumnUse.ACCESSION, ColumnUse.IGNORED
    paste(qtbot, window, "Accession;Comment\n1;a\n2;b", *uses)
    qtbot.waitUntil(page.search.isEnabled, timeout=DEADLINE)
    page.text.setFocus()
    visited = []
    while not visited or visited[-1] is not page.text:
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        visited.append(window.focusWidget())
    wanted = [page.separator, page.header, *page.columns, page.open, page.search, page.text]
    assert [one for one in visited if one in wanted] == wanted


def test_an_archive_is_renamed_meanwhile_or_removed(qtbot: QtBot, windows: Windows) -> None:
    with Server(Listed(kept(400)).play) as server:
        node = server.node(name="Old")
        workstation = windows.open([node])
        window = opened(workstation)
        paste(qtbot, window, "\n".join(f"A{number}" for number in range(400)), ColumnUse.ACCESSION)
        search(qtbot, window)
        workstation.list_search.pause()
        workstation.nodes.put(0, replace(node, name="New"))
        workstation.list_search.resume()
        qtbot.waitUntil(counted(workstation, ONE=400), timeout=DEADLINE)
        assert workstation.list_search.model.results[0].studies[0].sources == ("New",)
        workstation.nodes.set_kept(())
        window.show_input()
        search(qtbot, window)
        assert window.pages.currentWidget() is window.input
        assert "No source is ticked" in window.input.sources.text()


def test_a_study_that_archives_tell_of_two_patients_is_not_one(qtbot: QtBot, windows: Windows) -> None:
    one, other = Kept("1.2.3", "P1", "A1", "Doe^Jane"), Kept("1.2.3", "P9", "A1", "Roe^Richard", "19300303")
    with Server(Listed([one]).play) as first, Server(Listed([other]).play) as second:
        workstation = windows.open([first.node(name="A"), second.node(name="B")])
        window = opened(workstation)
        paste(qtbot, window, "1.2.3\n", ColumnUse.STUDY_UID)
        search(qtbot, window)
        qtbot.waitUntil(counted(workstation, SEVERAL=1), timeout=DEADLINE)
        qtbot.waitUntil(lambda: not workstation.list_search.running, timeout=DEADLINE)
        assert not window.results.fetch.isEnabled()


def test_a_study_whose_archives_tell_of_two_patients_beside_another_is_not_fetched(
    qtbot: QtBot, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at alone it is one; the other study of the list says that A has two patients of this ID."""
    other, unclear = (
        Kept("1.2.1", "P1", "A1", birth_date="19800101"),
        Kept("1.2.2", "P1", "A2", birth_date=""),
    )
    with Server(Listed([other, unclear]).play) as a, Server(Listed([Kept("1.2.2", "P1", "A2")]).play) as b:
        workstation = windows.open([a.node(name="A"), b.node(name="B")])
        window, fetched = opened(workstation), list[str]()
        monkeypatch.setattr(workstation.retrieve, "fetch", lambda row: fetched.append(row.uid))
        paste(qtbot, window, "A1\nA2", ColumnUse.ACCESSION)
        search(qtbot, window)
        qtbot.waitUntil(counted(workstation, ONE=2), timeout=DEADLINE)
        qtbot.mouseClick(window.results.fetch, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(window.results.question.isVisible, timeout=DEADLINE)
        with qtbot.waitSignal(workstation.list_fetching.told, timeout=DEADLINE) as told:
            qtbot.mouseClick(window.results.question.yes, Qt.MouseButton.LeftButton)
    assert "its archives tell of two patients (1.2.2)" in told.args[0]
    assert fetched == ["1.2.1"]
