"""The thread of the window never waits: it opens no file or socket, and asks no database."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.window_steps import slices
from tests.matches import study
from tests.rows import first_study
from workstation.app.assembly import build
from workstation.app.parts import Workstation
from workstation.app.wiring import open_files
from workstation.dicom.nodes import Node, Tls
from workstation.models.model_index import ModelIndex
from workstation.models.transfers_model import TransferRole
from workstation.settings.folders import folders
from workstation.settings.nodes import load_nodes, save_nodes
from workstation.settings.preferences import Preferences, load_preferences
from workstation.store.library import Library
from workstation.widgets.window_state import window_writer

DEADLINE = 40_000
WATCHED = ("open", "os.listdir", "os.scandir", "socket.connect", "socket.bind", "socket.getaddrinfo")
WATCHED += ("sqlite3.connect", "os.remove", "os.rename", "os.mkdir", "shutil.rmtree", "subprocess.Popen")
ALLOWED = (".svg", ".py", ".pyc", ".so")
"""Icons, a few hundred bytes each of the program's own, are drawn when first seen; so is code loaded late."""

_watching: list[list[str]] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching or event not in WATCHED or threading.current_thread() is not threading.main_thread():
        return
    what = str(arguments[0]) if arguments else ""
    if event == "open" and (what.endswith(ALLOWED) or Path(sys.prefix) in Path(what).parents):
        return
    _watching[-1].append(f"{event} {what}")


def _statement(text: str) -> None:
    if _watching and threading.current_thread() is threading.main_thread():
        _watching[-1].append(f"sql {text}")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the window's thread opens while the test runs, from the moment it asks for it."""
    if not getattr(sys, "_watched", False):
        sys.addaudithook(_hook)
        sys._watched = True  # type: ignore[attr-defined]
    found: list[str] = []
    connect = sqlite3.connect

    def traced(*arguments: Any, **more: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **more)
        connection.set_trace_callback(_statement)  # called in the thread that asks
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    yield found
    _watching.clear()


def test_the_watch_bites(opened: list[str], tmp_path: Path) -> None:
    _watching.append(opened)
    (tmp_path / "file").write_text("x")
    thread = threading.Thread(target=lambda: (tmp_path / "file").read_text())
    thread.start()
    thread.join()
    assert opened == [f"open {tmp_path / 'file'}"]


def test_the_watch_sees_statements_of_an_open_database(opened: list[str], tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "database")) as connection:
        _watching.append(opened)
        connection.execute("SELECT 1")
        _watching.clear()
    assert opened == ["sql SELECT 1"]


def test_looking_searching_and_opening_touch_no_file_in_it(
    qtbot: QtBot, windows: Windows, opened: list[str], tmp_path: Path
) -> None:
    slices(tmp_path / "study", 2)
    workstation = windows.open([Node(name="nowhere", ae_title="PACS", host="127.0.0.1", port=1)])
    window = workstation.window
    _watching.append(opened)
    open_files(workstation, [tmp_path / "study"])
    qtbot.waitUntil(lambda: not window.canvas.image.isNull(), timeout=DEADLINE)
    window.preview.tools.tags.setChecked(True)
    qtbot.waitUntil(lambda: workstation.elements.model.rowCount() > 0, timeout=DEADLINE)
    qtbot.keyClicks(window.criteria.name, "doe")
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not workstation.search._queries, timeout=DEADLINE)
    workstation.dialogs.open_nodes()
    workstation.dialogs.add_node()
    workstation.dialogs.open_about()
    _watching.clear()
    assert opened == []


def test_what_is_changed_and_fetched_is_written_elsewhere(
    qtbot: QtBot, windows: Windows, opened: list[str]
) -> None:
    workstation = windows.open([Node(name="nowhere", ae_title="PACS", host="127.0.0.1", port=1)])
    retrieve, transfers = workstation.retrieve, workstation.transfers_model
    model = workstation.tree_model
    model.results.add_studies(model.results.begin(), [study("1.2", source="nowhere")])
    row = model.row(first_study(model))
    assert row is not None
    _watching.append(opened)
    assert retrieve.fetch(row)
    qtbot.waitUntil(lambda: not transfers.running, timeout=DEADLINE)
    retrieve.remove(transfers.index(0, 0).data(TransferRole.NUMBER))
    workstation.settings.change(replace(workstation.settings.preferences, ae_title="READING-3"))
    workstation.nodes.add(Node(name="another", ae_title="PACS", host="127.0.0.1", port=2))
    workstation.deferred_writes.put("window", window_writer(workstation.window, workstation.folders.window))
    assert workstation.deferred_writes.flush(DEADLINE / 1000)
    _watching.clear()
    assert opened == []
    assert load_preferences(workstation.folders.settings).ae_title == "READING-3"
    assert [node.name for node in load_nodes(workstation.folders.nodes)] == ["nowhere", "another"]
    assert workstation.folders.window.exists()
    assert [plan.target.study for plan in workstation.plans.every()] == ["1.2"]


def test_building_what_is_behind_the_window_touches_no_file_in_it(
    qtbot: QtBot, opened: list[str], free_port: Callable[[], int], windows: Windows
) -> None:
    where = folders(Path(os.environ["WORKSTATION_HOME"]))
    before = build(where, Preferences(port=windows.port))  # what is imported late is imported now
    windows.adopt(before)
    windows.close(before)
    from workstation.app.assembly import complete
    from workstation.app.shell import show_shell

    front = show_shell(where, Preferences(port=free_port()))
    front.window.show()
    _watching.append(opened)
    workstation: Workstation = complete(front)
    windows.adopt(workstation)
    _watching.clear()
    assert opened == []


def test_a_fetch_does_not_wait_for_a_library_that_is_being_checked(
    qtbot: QtBot, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    begin = Library.begin
    monkeypatch.setattr(Library, "begin", lambda library, stop=None: go.wait(20) and begin(library, stop))
    where = folders(Path(os.environ["WORKSTATION_HOME"]))
    save_nodes(where.nodes, [Node(name="PACS", ae_title="PACS", host="127.0.0.1", port=1)])
    workstation = build(where, Preferences(port=windows.port))
    model = workstation.tree_model
    model.results.add_studies(model.results.begin(), [study("1.2", source="PACS")])
    shown: ModelIndex = first_study(model)
    row = model.row(shown)
    assert row is not None
    fetched = workstation.retrieve.fetch(row)
    said = workstation.window.notice.text
    go.set()
    windows.adopt(workstation)
    assert not fetched
    assert "being checked" in said


def test_tls_files_are_looked_for_elsewhere(
    qtbot: QtBot, windows: Windows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[threading.Thread] = []
    is_file = Path.is_file

    def slow(path: Path) -> bool:
        if path.name.endswith(".pem"):
            asked.append(threading.current_thread())
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", slow)
    workstation = windows.open(
        [Node(name="A", ae_title="PACS", host="127.0.0.1", port=1, tls=Tls(str(tmp_path / "none.pem")))]
    )
    workstation.dialogs.open_nodes()
    workstation.dialogs.nodes_dialog.edit_requested.emit(0)  # type: ignore[union-attr]
    dialog = workstation.dialogs.node_dialog
    assert dialog is not None
    dialog.security.files.ca.line.left.emit()
    qtbot.waitUntil(lambda: "no such file" in dialog.security.files.ca.note.text(), timeout=DEADLINE)
    assert asked
    assert threading.main_thread() not in asked
