"""What others push to the listener is seen: among the transfers, in the log, and if it could not be filed."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import DEADLINE, double_click, search, state
from tests.archives import data
from tests.archives.tls import Authority
from tests.crash.peers import image
from tests.peers import wire
from tests.peers.peer import client
from tests.store.broken_data_sets import LOST
from workstation.app.assembly import build
from workstation.app.parts import Workstation
from workstation.dicom.nodes import RetrieveMethod, Tls
from workstation.models.transfer import TransferState
from workstation.models.transfer_cells import TransferColumn
from workstation.settings.folders import folders
from workstation.settings.preferences import Preferences


def push(
    port: int, *objects: bytes, sender: bytes = b"CT1", first: int = 0, tls: ssl.SSLContext | None = None
) -> list[int]:
    """Send objects nobody asked for over one association; their statuses."""
    statuses = []
    with client(port, tls) as talk, suppress(OSError):
        talk.propose({1: (wire.CT, wire.EXPLICIT)}, calling=sender, called=b"WORKSTATION")
        for number, content in enumerate(objects, first):
            talk.send(wire.store(1, number, f"1.2.3.{number}", content))
            statuses.append(talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS))
        talk.release()
    return statuses


def images(count: int) -> list[bytes]:
    return [image(f"1.2.3.{number}") for number in range(count)]


def listening(qtbot: QtBot, windows: Windows, **preferences: object) -> Workstation:
    """A window that keeps what CT1 pushes."""
    chosen: dict[str, object] = {"port": windows.port, "listen_always": True, "accept_from": ("CT1",)}
    opened = build(folders(Path(os.environ["WORKSTATION_HOME"])), Preferences(**(chosen | preferences)))  # type: ignore[arg-type]
    windows.adopt(opened)
    opened.window.show()
    qtbot.waitUntil(lambda: opened.on_demand_listener._scp is not None, timeout=DEADLINE)
    return opened


def lines(opened: Workstation) -> list[tuple[str, str, str]]:
    """What is listed: title, progress and state."""
    model = opened.transfers_model
    columns = (TransferColumn.TITLE, TransferColumn.PROGRESS, TransferColumn.STATE)
    return [
        tuple(model.index(place, column).data() for column in columns) for place in range(model.rowCount())
    ]


def test_kept_and_refused_pushes_are_a_line_each(
    qtbot: QtBot, windows: Windows, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "workstation")
    opened = listening(qtbot, windows)
    assert push(windows.port, *images(3)) == [0, 0, 0]
    assert push(windows.port, *images(2), sender=b"STRANGER") == [0x124, 0x124]
    assert push(windows.port, *images(2), sender=b"STRANGER") == [0x124, 0x124]
    refused = "Refused: nobody asked for it. Settings, Listener says whose images are kept."
    expected = [
        ("Pushed by STRANGER (127.0.0.1)", "4 images", refused),
        ("Pushed by CT1 (127.0.0.1)", "3 images", "Kept in the library"),
    ]
    qtbot.waitUntil(lambda: lines(opened) == expected, timeout=DEADLINE)
    strip, model = opened.window.transfers, opened.transfers_model
    details = opened.pushes.details(model.data(model.index(0, 0), Qt.ItemDataRole.UserRole + 3))
    assert details is not None
    assert details.status == "0124H"
    for place in (0, 0):
        assert model.index(place, TransferColumn.ACTION).data() == "Remove"
        strip.view.clicked.emit(model.index(place, TransferColumn.ACTION))
    assert not lines(opened)
    push(windows.port, *images(1))
    qtbot.waitUntil(lambda: [line[1] for line in lines(opened)] == ["1 image"], timeout=DEADLINE)
    opened.pushes.write_log()
    logged = [record.message for record in caplog.records if "pushed by" in record.message]
    assert sum(int(line.split()[0]) for line in logged if "CT1 (127.0.0.1) were kept" in line) == 4
    why = "were refused with 0124H: nobody asked for it"
    assert sum(int(line.split()[0]) for line in logged if line.endswith(why)) == 4
    assert not [line for line in logged if "DOE" in line.upper() or "1.2.3" in line]


def test_what_could_not_be_filed_is_told(qtbot: QtBot, windows: Windows) -> None:
    opened = listening(qtbot, windows)
    assert push(windows.port, LOST, first=1) + push(windows.port, LOST, first=1) == [0, 0]
    notice = opened.window.notice
    qtbot.waitUntil(lambda: "In the folder “unfiled” of the library" in notice.text, timeout=DEADLINE)
    assert "CT1" in notice.text
    qtbot.waitUntil(lambda: [line[1] for line in lines(opened)] == ["2 images"], timeout=DEADLINE)


def test_what_a_fetch_asked_for_is_no_push(
    qtbot: QtBot, windows: Windows, demo: Start, tmp_path: Path
) -> None:
    archive = demo(data.study(tmp_path / "study", 2), destinations={"WORKSTATION": windows.port})
    opened = windows.open([archive.node(name="A", retrieve=RetrieveMethod.MOVE)])
    double_click(qtbot, opened, search(qtbot, opened, "DOE"))
    qtbot.waitUntil(lambda: state(opened) is TransferState.COMPLETE, timeout=DEADLINE)
    opened.pushes.drain()
    assert len(lines(opened)) == 1


# --- TLS -------------------------------------------------------------------------------------------------


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority(folder)


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.ca))


def test_the_listener_speaks_tls(qtbot: QtBot, windows: Windows, authority: Authority) -> None:
    own = authority.issue("workstation")
    tls = Tls("", str(own.certificate), str(own.key))
    opened = listening(qtbot, windows, listener_tls=tls)
    assert push(windows.port, *images(1), tls=trusting(authority)) == [0]
    with suppress(Exception):  # however it ends
        assert push(windows.port, *images(2)) == []
    qtbot.waitUntil(lambda: [line[1] for line in lines(opened)] == ["1 image"], timeout=DEADLINE)


def test_it_changes_to_tls_and_back_at_once(qtbot: QtBot, windows: Windows, authority: Authority) -> None:
    own = authority.issue("workstation")
    opened = listening(qtbot, windows)
    first = opened.on_demand_listener._scp
    opened.dialogs.open_settings()
    dialog = opened.dialogs.settings_dialog
    assert dialog is not None
    dialog.files.encrypted.setChecked(True)
    dialog.files.certificate.line.setText(str(own.certificate))
    dialog.files.key.line.setText(str(own.key))
    dialog.accept()
    qtbot.waitUntil(lambda: opened.on_demand_listener._scp not in (None, first), timeout=DEADLINE)
    assert push(windows.port, *images(1), tls=trusting(authority)) == [0]


def test_tls_files_that_cannot_be_used_are_said_and_nothing_listens_in_clear(
    qtbot: QtBot, windows: Windows, authority: Authority
) -> None:
    opened = listening(qtbot, windows)
    opened.dialogs.open_settings()
    dialog = opened.dialogs.settings_dialog
    assert dialog is not None
    dialog.files.encrypted.setChecked(True)
    dialog.files.certificate.line.setText(str(authority.ca))  # its key is missing
    dialog.accept()
    notice = opened.window.notice
    qtbot.waitUntil(lambda: "TLS files for this workstation cannot be used" in notice.text, timeout=DEADLINE)
    assert opened.on_demand_listener._scp is None


@pytest.mark.archives
def test_an_archive_with_tls_moves_images_here_over_tls(
    qtbot: QtBot, windows: Windows, orthanc: Callable[..., object], authority: Authority, tmp_path: Path
) -> None:
    us = {"AET": "WORKSTATION", "Host": "localhost", "Port": windows.port, "UseDicomTls": True}
    archive = orthanc(
        data.study(tmp_path / "study", 2), tls=True, demand_certificate=True, DicomModalities={"US": us}
    )
    node = archive.node(name="A", retrieve=RetrieveMethod.MOVE)  # type: ignore[attr-defined]
    opened = windows.open([node])
    assert node.tls is not None
    opened.listener.follow(Preferences(port=windows.port, listener_tls=node.tls))
    qtbot.waitUntil(lambda: opened.on_demand_listener.tls == node.tls, timeout=DEADLINE)
    double_click(qtbot, opened, search(qtbot, opened, "DOE"))
    qtbot.waitUntil(lambda: state(opened) is TransferState.COMPLETE, timeout=DEADLINE)


@pytest.mark.parametrize(
    ("senders", "refuses"), [((), "; what is sent unasked is refused"), (("CT1",), "")], ids=["none", "one"]
)
def test_the_line_of_the_transfers_says_that_it_listens(
    qtbot: QtBot, windows: Windows, senders: tuple[str, ...], refuses: str
) -> None:
    title = listening(qtbot, windows, accept_from=senders).window.transfers.title
    expected = f"Listening on port {windows.port} as WORKSTATION{refuses}"
    qtbot.waitUntil(lambda: title.text().endswith(expected), timeout=DEADLINE)
