"""Whatever talks to a node has the passcode of its user first, in any language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows, choose_action
from tests.app.window_steps import DEADLINE, click_action, double_click, fetch_first_study, search, state
from tests.archives import data
from tests.peers.peer import Server, Talk
from tests.rows import unfold
from tests.translation import translated_otherwise
from workstation.app.parts import Workstation
from workstation.dicom import nodes
from workstation.dicom.date_periods import Period
from workstation.dicom.nodes import Identity, Secret
from workstation.models.transfer import TransferState
from workstation.widgets.passcode_dialog import PasscodeDialog
from workstation.widgets.row_menu import RowAction


@pytest.fixture(params=["English", "another language"])
def language(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.param == "English":
        yield
    else:
        with translated_otherwise():
            yield


def dialog(workstation: Workstation) -> PasscodeDialog:
    found = workstation.dialogs.passcode_dialog
    assert found is not None
    return found


def give(workstation: Workstation, passcode: str) -> None:
    asked = dialog(workstation)
    asked.line.setText(passcode)
    asked.accept()


def lock(workstation: Workstation, name: str) -> None:
    """Give a node a user whose passcode is asked for, as its dialog would."""
    [place] = [place for place, node in enumerate(workstation.nodes.kept) if node.name == name]
    node = workstation.nodes.kept[place]
    workstation.nodes.put(place, replace(node, identity=Identity("reader", None, Secret.ASKED)))


def passcode(workstation: Workstation, name: str) -> str | None:
    node = workstation.sources.node(name)
    assert node is not None
    assert node.identity is not None
    return node.identity.passcode


@pytest.mark.usefixtures("language")
def test_send_to_asks_for_the_passcode_and_so_does_a_second_try(
    qtbot: QtBot, windows: Windows, demo: Start, tmp_path: Path
) -> None:
    identities: list[bytes] = []

    def script(talk: Talk) -> None:
        identities.extend(content for kind, content in talk.accept().user if kind == 0x58)
        talk.reset()

    with Server(script, script) as server:
        user = Identity("reader", None, Secret.ASKED)
        workstation = windows.open(
            [demo(data.study(tmp_path / "study", 2)).node(name="A"), server.node(name="to B", identity=user)]
        )
        workstation.window.criteria.sources["to B"].box.setChecked(False)
        fetch_first_study(qtbot, workstation)
        choose_action(workstation, RowAction.SEND, "to B")
        assert state(workstation) is TransferState.QUEUED
        dialog(workstation).reject()
        assert state(workstation) is TransferState.FAILED
        assert not identities
        click_action(qtbot, workstation)
        give(workstation, "hunter2")
        qtbot.waitUntil(lambda: state(workstation) is TransferState.FAILED, timeout=DEADLINE)
        given = b"\2\0\0\6reader\0\7hunter2"
        assert set(identities) == {given}  # an association for the second image, too
        identities.clear()
        click_action(qtbot, workstation)
        assert workstation.dialogs.passcode_dialog is None
        qtbot.waitUntil(lambda: given in identities, timeout=DEADLINE)
        qtbot.waitUntil(lambda: state(workstation) is TransferState.FAILED, timeout=DEADLINE)


def test_one_that_waits_for_its_passcode_can_be_cancelled(
    qtbot: QtBot, windows: Windows, demo: Start, tmp_path: Path
) -> None:
    workstation = windows.open([demo(data.study(tmp_path / "study", 2)).node(name="A")])
    study = search(qtbot, workstation, "DOE")
    lock(workstation, "A")
    double_click(qtbot, workstation, study)
    double_click(qtbot, workstation, study)
    assert workstation.transfers_model.rowCount() == 1
    assert state(workstation) is TransferState.QUEUED
    click_action(qtbot, workstation)
    assert state(workstation) is TransferState.CANCELLED
    give(workstation, "hunter2")
    assert state(workstation) is TransferState.CANCELLED
    qtbot.waitUntil(lambda: not workstation.plans.unfinished(), timeout=DEADLINE)


def test_a_fetch_and_a_row_that_is_opened_ask_for_the_passcode(
    qtbot: QtBot, windows: Windows, demo: Start, tmp_path: Path
) -> None:
    workstation = windows.open([demo(data.study(tmp_path / "study", 2)).node(name="A")])
    study = search(qtbot, workstation, "DOE")
    lock(workstation, "A")
    unfold(study)
    dialog(workstation).reject()
    row = workstation.tree_model.row(study)
    assert row is not None
    assert "passcode" in row.children[0].error
    double_click(qtbot, workstation, study)
    give(workstation, "hunter2")
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    assert passcode(workstation, "A") == "hunter2"
    workstation.tree_model.ask_again(row.number)
    qtbot.waitUntil(lambda: bool(row.entities), timeout=DEADLINE)
    assert workstation.dialogs.passcode_dialog is None


def test_all_dates_asks_for_the_passcode(qtbot: QtBot, windows: Windows, tmp_path: Path, demo: Start) -> None:
    workstation = windows.open([demo(data.study(tmp_path / "study", 2)).node(name="A")])
    window = workstation.window
    window.criteria.name.setText("doe")
    window.criteria.dates.choose(Period.TODAY)
    window.criteria.search()
    qtbot.waitUntil(lambda: window.all_dates.isVisible() and not workstation.search.asking, timeout=DEADLINE)
    assert workstation.tree_model.results.study_count == 0
    lock(workstation, "A")
    window.all_dates.click()
    assert not workstation.search.asking
    give(workstation, "hunter2")
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)


def test_what_goes_on_behind_asks_nobody_and_sends_nothing(
    qtbot: QtBot, windows: Windows, tmp_path: Path, demo: Start
) -> None:
    """Counting rows in sight and asking a second archive for more are not what the user waits for."""
    archives = [demo(data.study(tmp_path / name, 2)).node(name=name) for name in "AB"]
    workstation = windows.open(archives)
    study = search(qtbot, workstation, "DOE")
    qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)
    lock(workstation, "B")
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)
    assert workstation.dialogs.passcode_dialog is None
    assert workstation.transfers_model.rowCount() == 1


@pytest.mark.usefixtures("language")
def test_an_echo_asks_for_passcode_and_consent_and_the_form_keeps_both(
    qtbot: QtBot, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "_is_loopback", lambda host: False)
    identities: list[bytes] = []

    def script(talk: Talk) -> None:
        identities.extend(content for kind, content in talk.accept().user if kind == 0x58)
        talk.reset()

    with Server(script, script) as server:
        node = server.node(name="A", identity=Identity("reader", None, Secret.ASKED))
        workstation = windows.open([node])
        workstation.dialogs.open_nodes()
        workstation.dialogs.nodes_dialog.edit_requested.emit(0)  # type: ignore[union-attr]
        form = workstation.dialogs.node_dialog
        assert form is not None
        form.echo.button.click()
        asked = dialog(workstation)
        assert asked.warning.isVisible()
        asked.reject()
        assert not identities
        form.echo.button.click()
        give(workstation, "hunter2")
        qtbot.waitUntil(lambda: identities == [b"\2\0\0\6reader\0\7hunter2"], timeout=DEADLINE)
        form.accept()
        kept = workstation.nodes.kept[0]
        assert not kept.lacks_passcode
        assert not kept.lacks_consent
        assert replace(kept, port=kept.port + 1).lacks_consent
        assert workstation.deferred_writes.flush(DEADLINE / 1000)
        assert "hunter2" not in workstation.folders.nodes.read_text("utf-8")
