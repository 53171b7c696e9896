"""Selected rows are sent from their archive to a third AE, by real archives and scripted ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows, choose_action
from tests.app.window_steps import DEADLINE, click_action, search, state
from tests.archives import data
from tests.peers import wire
from tests.peers.peer import Server, Talk
from tests.rows import below, unfold
from workstation.app.parts import Workstation
from workstation.dicom.criteria import Criteria
from workstation.dicom.targets import Target
from workstation.models.exchange_texts import name_of
from workstation.models.transfers_model import TransferColumn, TransferState
from workstation.operations.exchange_reading import lines_of
from workstation.widgets.row_menu import RowAction

pytestmark = pytest.mark.archives


def words(workstation: Workstation) -> str:
    return str(workstation.transfers_model.index(0, TransferColumn.STATE).data())


def arrived(folder: Path, count: int) -> Callable[[], bool]:
    return lambda: len(list(folder.iterdir())) == count


def open_study(qtbot: QtBot, study: QModelIndex, series: int) -> list[QModelIndex]:
    unfold(study)
    qtbot.waitUntil(lambda: len(below(study)) == series, timeout=DEADLINE)
    return below(study)


def counters(left: int, sent: int, failed: int, warned: int = 0) -> dict[int, int]:
    return {wire.REMAINING: left, wire.COMPLETED: sent, wire.FAILED: failed, wire.WARNING: warned}


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_a_study_goes_to_the_ae_title_of_a_known_node(
    qtbot: QtBot,
    windows: Windows,
    storescp: Start,
    kind: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    there = storescp(tmp_path / "there", ae_title="THERE")
    start = request.getfixturevalue(kind)
    archive = start(data.study(tmp_path / "one", 3), destinations={"THERE": there.port})
    workstation = windows.open([archive.node(name="PACS"), there.node(name="Reading room")])
    workstation.window.tree.setCurrentIndex(search(qtbot, workstation, "DOE"))
    choose_action(workstation, RowAction.MOVE, "THERE  ·  Reading room")
    qtbot.waitUntil(lambda: state(workstation) is TransferState.RECEIVED, timeout=DEADLINE)
    assert "PACS says" in words(workstation)
    assert "Ask THERE" in words(workstation)
    assert workstation.transfers_model.index(0, TransferColumn.NODE).data() == "to THERE, from PACS"
    qtbot.waitUntil(arrived(tmp_path / "there", 3), timeout=DEADLINE)
    assert not list(workstation.library.root.glob("*/*.dcm"))
    details = workstation.transfer_actions.details(1)
    assert details is not None
    assert "-aem THERE" in details.command
    assert details.exchange is not None
    assert any("C-MOVE" in name_of(line) for line in lines_of(details.exchange))


def test_a_typed_title_is_confirmed_with_patient_and_number(
    qtbot: QtBot, windows: Windows, orthanc: Start, storescp: Start, tmp_path: Path
) -> None:
    there = storescp(tmp_path / "there", ae_title="FOO")
    archive = orthanc(data.study(tmp_path / "one", 4), destinations={"FOO": there.port})
    workstation = windows.open([archive.node(name="PACS")])
    workstation.window.tree.setCurrentIndex(search(qtbot, workstation, "DOE"))
    choose_action(workstation, RowAction.MOVE, "Another AE title…")
    dialog = workstation.dialogs.destination_dialog
    assert dialog is not None
    assert not dialog.ok.isEnabled()
    qtbot.keyClicks(dialog.title.line, "TOO-LONG-FOR-AN-AE-TITLE")
    assert not dialog.ok.isEnabled()
    dialog.title.line.clear()
    qtbot.keyClicks(dialog.title.line, "FOO")
    dialog.ok.click()
    question = workstation.window.question
    assert "Send 4 images of" in question.label.text()
    assert "DOE, JOHN" in question.label.text()
    assert "1960-01-02 to AE “FOO”?" in question.label.text()
    assert workstation.transfers_model.rowCount() == 0
    question.yes.click()
    qtbot.waitUntil(lambda: state(workstation) is TransferState.RECEIVED, timeout=DEADLINE)
    qtbot.waitUntil(arrived(tmp_path / "there", 4), timeout=DEADLINE)


def test_what_is_of_several_patients_is_confirmed(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, storescp: Start, tmp_path: Path
) -> None:
    there = storescp(tmp_path / "there", ae_title="THERE")
    files = data.study(tmp_path / "one", 2) + data.study(tmp_path / "two", 1, patient=data.MUELLER)
    archive = dcmqrscp(files, destinations={"THERE": there.port})
    workstation = windows.open([archive.node(name="PACS"), there.node(name="Room")])
    workstation.search.search(Criteria(), ["PACS"])
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 2, timeout=DEADLINE)
    workstation.window.tree.selectAll()
    choose_action(workstation, RowAction.MOVE, "THERE  ·  Room")
    question = workstation.window.question
    assert "of 2 patients to AE “THERE”?" in question.label.text()
    question.yes.click()
    qtbot.waitUntil(arrived(tmp_path / "there", 3), timeout=DEADLINE)
    qtbot.waitUntil(lambda: not workstation.transfers_model.running, timeout=DEADLINE)
    assert workstation.transfers_model.rowCount() == 2


def test_of_two_holders_the_one_that_is_not_the_destination_sends(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = data.study(tmp_path / "one", 2)
    second = dcmqrscp(files, ae_title="SECOND")
    first = dcmqrscp(files, ae_title="FIRST", destinations={"SECOND": second.port})
    workstation = windows.open([second.node(name="B"), first.node(name="A")])
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)
    workstation.window.tree.setCurrentIndex(study)
    choose_action(workstation, RowAction.MOVE, "SECOND  ·  B")
    qtbot.waitUntil(lambda: state(workstation) is TransferState.RECEIVED, timeout=DEADLINE)
    assert workstation.transfers_model.index(0, TransferColumn.NODE).data() == "to SECOND, from A"


def test_series_and_images_go_alone(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, storescp: Start, tmp_path: Path
) -> None:
    there = storescp(tmp_path / "there", ae_title="THERE")
    archive = dcmqrscp(data.study(tmp_path / "one", 2, series=3), destinations={"THERE": there.port})
    workstation = windows.open([archive.node(name="PACS"), there.node(name="Room")])
    model, tree = workstation.tree_model, workstation.window.tree
    series = open_study(qtbot, search(qtbot, workstation, "DOE"), 3)
    images = open_study(qtbot, series[2], 2)
    rows = [model.row(one) for one in (series[0], series[1], images[0])]
    selected = [row.number for row in rows if row is not None]
    workstation.row_fetching._rows._selected = lambda: selected
    tree.setCurrentIndex(series[0])
    choose_action(workstation, RowAction.MOVE, "THERE  ·  Room")
    qtbot.waitUntil(lambda: state(workstation) is TransferState.RECEIVED, timeout=DEADLINE)
    qtbot.waitUntil(arrived(tmp_path / "there", 5), timeout=DEADLINE)
    assert workstation.transfers_model.rowCount() == 1
    details = workstation.transfer_actions.details(1)
    assert details is not None
    assert details.command.count("movescu") == 3


def test_an_unknown_title_says_who_must_register_what(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "one", 1))
    workstation = windows.open([archive.node(name="PACS")])
    workstation.window.tree.setCurrentIndex(search(qtbot, workstation, "DOE"))
    choose_action(workstation, RowAction.MOVE, "Another AE title…")
    dialog = workstation.dialogs.destination_dialog
    assert dialog is not None
    qtbot.keyClicks(dialog.title.line, "NOBODY")
    dialog.ok.click()
    workstation.window.question.yes.click()
    qtbot.waitUntil(lambda: state(workstation) is TransferState.FAILED, timeout=DEADLINE)
    assert "does not know the destination AE title “NOBODY”" in workstation.window.notice.text
    assert "administrator of PACS register it" in workstation.window.notice.text
    details = workstation.transfer_actions.details(1)
    assert details is not None
    assert "0xA801" in details.status


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_a_destination_that_does_not_run(
    qtbot: QtBot,
    windows: Windows,
    kind: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    free_port: Callable[[], int],
) -> None:
    start, port = request.getfixturevalue(kind), free_port()
    archive = start(data.study(tmp_path / "one", 1), destinations={"GONE": port})
    workstation = windows.open([archive.node(name="PACS")])
    workstation.third_party_moves.move([_study()], "PACS", "GONE", "DOE", images=1)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.FAILED, timeout=DEADLINE)
    assert "“GONE” is running and accepts images from PACS" in workstation.window.notice.text


def test_neither_the_holder_nor_we_are_a_destination(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "one", 1))
    workstation = windows.open([archive.node(name="PACS")])
    workstation.window.tree.setCurrentIndex(search(qtbot, workstation, "DOE"))
    workstation.move_actions.move_selected("DCMQRSCP")
    assert "“DCMQRSCP” has itself" in workstation.window.notice.text
    workstation.move_actions.move_selected("WORKSTATION")
    assert "use “Fetch” instead" in workstation.window.notice.text
    assert workstation.transfers_model.rowCount() == 0


def test_counters_are_told_as_the_word_of_the_archive(qtbot: QtBot, windows: Windows) -> None:
    warned, go_on = threading.Event(), threading.Event()

    def script(talk: Talk) -> None:
        talk.accept()
        wish = talk.message(wire.MOVE_RQ)
        talk.send(wire.response(wish, 0xFF00, fields=counters(0, 340, 8)))
        assert warned.wait(20)
        talk.send(wire.response(wish, 0xFF00, fields=counters(0, 338, 8, 2)))
        assert go_on.wait(20)
        talk.send(wire.response(wish, 0xB000, fields=counters(0, 340, 8)))
        talk.released()

    with Server(script) as server:
        workstation = windows.open([server.node(name="PACS")])
        workstation.third_party_moves.move([_study()], "PACS", "OTHER", "DOE", images=348)
        qtbot.waitUntil(lambda: "says" in words(workstation), timeout=DEADLINE)
        assert words(workstation) == "PACS says: 340 sent, 8 failed"
        assert workstation.transfers_model.index(0, TransferColumn.PROGRESS).data() == "340 of 348 images"
        warned.set()
        qtbot.waitUntil(lambda: "warning" in words(workstation), timeout=DEADLINE)
        assert words(workstation) == "PACS says: 340 sent, 2 of them with a warning, 8 failed"
        go_on.set()
        qtbot.waitUntil(lambda: state(workstation) is TransferState.PARTIAL, timeout=DEADLINE)
        assert "sent 340 of 348 images to OTHER, and that 8 failed" in words(workstation)
        server.finished()


def test_success_with_fewer_than_were_counted_is_incomplete(qtbot: QtBot, windows: Windows) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        wish = talk.message(wire.MOVE_RQ)
        talk.send(wire.response(wish, 0x0000, fields=counters(0, 5, 0)))
        talk.released()

    with Server(script) as server:
        workstation = windows.open([server.node(name="PACS")])
        workstation.third_party_moves.move([_study()], "PACS", "OTHER", "DOE", images=9)
        qtbot.waitUntil(lambda: state(workstation) is TransferState.PARTIAL, timeout=DEADLINE)
        assert "sent 5 images; it had counted 9 before" in words(workstation)
        server.finished()


def test_a_move_is_cancelled_at_the_archive(qtbot: QtBot, windows: Windows) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        wish = talk.message(wire.MOVE_RQ)
        talk.send(wire.response(wish, 0xFF00, fields=counters(7, 3, 0)))
        talk.message(wire.CANCEL_RQ)
        talk.send(wire.response(wish, 0xFE00, fields=counters(7, 3, 0)))
        talk.released()

    with Server(script) as server:
        workstation = windows.open([server.node(name="PACS")])
        workstation.third_party_moves.move([_study()], "PACS", "OTHER", "DOE", images=10)
        progress = workstation.transfers_model
        qtbot.waitUntil(
            lambda: progress.index(0, TransferColumn.PROGRESS).data() == "3 of 10 images", timeout=DEADLINE
        )
        click_action(qtbot, workstation)
        qtbot.waitUntil(lambda: state(workstation) is TransferState.CANCELLED, timeout=DEADLINE)
        assert progress.index(0, TransferColumn.PROGRESS).data() == "3 of 10 images"
        server.finished()


def _study() -> Target:
    return Target(str(data.uid("ENG-1", "1")))
