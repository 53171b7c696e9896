"""A full disk under the window: a message says so, nothing is lost, and it goes on once there is room."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import DEADLINE, double_click, search, slices, state
from tests.crash.peers import image
from tests.peers import wire
from tests.peers.peer import client
from tests.store.failing import FULL, failing
from tests.store.objects import encoded, made, send
from workstation.app.assembly import build
from workstation.app.parts import Workstation
from workstation.dicom.nodes import Node
from workstation.models.transfer import TransferState
from workstation.settings.folders import folders
from workstation.settings.preferences import Preferences
from workstation.store.library import INDEX_NAME
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.plan import PlanState

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the failing disk is Linux's")


def says(workstation: Workstation, part: str) -> bool:
    return part in workstation.window.notice.text


@pytest.mark.archives
@pytest.mark.logs("could not be indexed")
def test_the_index_cannot_be_written(qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path) -> None:
    """What came is safe, the transfer waits for room, and takes nothing up again that is here."""
    opened = windows.open([dcmqrscp(slices(tmp_path / "study", 5)).node()])
    study = search(qtbot, opened, "DOE")
    root = opened.library.root
    assert send(LibrarySink(opened.library, lambda header, peer: Admission.PLAN), encoded(made())) == 0
    opened.library.index.settled()  # what SQLite writes to is there already
    with failing(root / INDEX_NAME, 1, FULL, for_good=True):
        double_click(qtbot, opened, study)
        qtbot.waitUntil(lambda: state(opened) is TransferState.PAUSED, timeout=DEADLINE)
        qtbot.waitUntil(lambda: says(opened, "is safe in"), timeout=DEADLINE)
        assert str(root) in opened.window.notice.text
        assert len(list(root.glob("*/*.dcm"))) == 6
    opened.retrieve.resume(1)
    qtbot.waitUntil(lambda: state(opened) is TransferState.COMPLETE, timeout=DEADLINE)
    assert sorted(study.instances or 0 for study in opened.library.index.studies()) == [1, 5]
    assert [plan.state for plan in opened.plans.every()] == [PlanState.COMPLETE]


@pytest.mark.archives
def test_the_plans_cannot_be_written(qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path) -> None:
    opened = windows.open([dcmqrscp(slices(tmp_path / "study", 5)).node()])
    study = search(qtbot, opened, "DOE")
    with failing(opened.folders.plans, 1, FULL, for_good=True):
        double_click(qtbot, opened, study)
        qtbot.waitUntil(lambda: state(opened) is TransferState.PAUSED, timeout=DEADLINE)
        qtbot.waitUntil(lambda: says(opened, "not enough free space"), timeout=DEADLINE)
    opened.retrieve.resume(1)
    qtbot.waitUntil(lambda: state(opened) is TransferState.COMPLETE, timeout=DEADLINE)
    assert [plan.state for plan in opened.plans.every()] == [PlanState.COMPLETE]
    [found] = opened.library.index.studies()
    assert found.instances == 5


@pytest.mark.archives
def test_a_deletion_that_cannot_be_written_is_none(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    opened = windows.open([dcmqrscp(slices(tmp_path / "study", 3)).node()])
    double_click(qtbot, opened, search(qtbot, opened, "DOE"))
    qtbot.waitUntil(lambda: state(opened) is TransferState.COMPLETE, timeout=DEADLINE)
    root, local_studies = opened.library.root, opened.local_studies
    before = opened.library.index.files()
    [fetch] = opened.plans.every()
    with failing(root / INDEX_NAME, 1, FULL, for_good=True):
        local_studies.delete([fetch.target])
        qtbot.waitUntil(lambda: says(opened, "not enough free space"), timeout=DEADLINE)
    assert opened.library.index.files() == before
    assert {str(path.relative_to(root)) for path in root.glob("*/*.dcm")} == set(before)


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def pushed(port: int, number: int) -> int:
    """Send an object nobody asked for; the status."""
    uid = f"1.2.3.{number}"
    with client(port) as talk, suppress(OSError):
        talk.propose({1: (wire.CT, wire.EXPLICIT)}, calling=b"MODALITY", called=b"WORKSTATION")
        talk.send(wire.store(1, 1, uid, image(uid)))
        status = talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS)
        talk.release()
    return status


def test_what_is_pushed_cannot_be_kept(qtbot: QtBot, windows: Windows) -> None:
    """The sender keeps it; the person here is told, once, and again after it went well."""
    where = folders(Path(os.environ["WORKSTATION_HOME"]))
    wanted = Preferences(port=windows.port, listen_always=True, accept_from=("MODALITY",))
    opened = build(where, wanted)
    windows.adopt(opened)
    opened.window.show()
    qtbot.waitUntil(lambda: listens(windows.port), timeout=DEADLINE)
    notices: list[str] = []
    opened.notices.posted.connect(lambda text, detail, calm: notices.append(text))
    incoming = Path(opened.library.folder.incoming)
    for number in range(2):
        with failing(incoming, 1, FULL, for_good=True):
            assert [pushed(windows.port, 0), pushed(windows.port, 1)] == [0xA700, 0xA700]
            qtbot.waitUntil(lambda number=number: len(notices) == number + 1, timeout=DEADLINE)
        assert notices[-1].startswith("MODALITY sends images that cannot be kept: it could not be written")
        assert pushed(windows.port, 2 + number) == 0
    assert len(notices) == 2


def test_settings_and_nodes_cannot_be_written(qtbot: QtBot, windows: Windows) -> None:
    opened = windows.open([Node(name="PACS-A", ae_title="A", host="127.0.0.1", port=104)])
    before = opened.folders.nodes.read_bytes()
    with failing(opened.folders.config, 1, FULL, for_good=True):
        opened.nodes.add(Node(name="PACS-B", ae_title="B", host="127.0.0.1", port=105))
        qtbot.waitUntil(lambda: says(opened, "Nothing can be written to"), timeout=DEADLINE)
    assert opened.folders.nodes.read_bytes() == before
    assert opened.sources.node("PACS-B") is not None  # this session goes on with it
