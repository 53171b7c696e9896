"""The real window, built and taken down as the program does it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

import workstation as program
from tests.archives.process import Archive, launch
from workstation.app import shell
from workstation.app.assembly import build
from workstation.app.parts import Workstation
from workstation.app.shell import shut_down
from workstation.dicom.date_periods import Period
from workstation.dicom.nodes import Node
from workstation.settings.folders import folders
from workstation.settings.nodes import save_nodes
from workstation.settings.preferences import Preferences
from workstation.widgets.row_menu import RowAction, RowMenu

Open = Callable[..., Workstation]
Start = Callable[..., Archive]


@pytest.fixture(autouse=True)
def _time_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts of the program may take long to end, however busy this computer is; none may be left."""
    monkeypatch.setattr(shell, "SHUTDOWN_SECONDS", 20.0)


class Windows:
    """Opens windows of one profile, one after the other."""

    def __init__(self, qtbot: QtBot, port: int) -> None:
        self._qtbot = qtbot
        self.port = port
        self._open: list[Workstation] = []

    def open(self, nodes: Sequence[Node] = (), preferences: Preferences | None = None) -> Workstation:
        """A shown window over these nodes, in the home of this test, that searches all dates."""
        where = folders(Path(os.environ["WORKSTATION_HOME"]))
        save_nodes(where.nodes, nodes)
        workstation = build(where, preferences or Preferences(port=self.port))
        workstation.window.criteria.dates.choose(Period.ANY)
        self.adopt(workstation)
        workstation.window.resize(1200, 800)
        workstation.window.show()
        self._qtbot.waitExposed(workstation.window)
        return workstation

    def adopt(self, workstation: Workstation) -> None:
        """Close a window, too, that a test built itself; wait until its library is open."""
        self._open.append(workstation)
        with self._qtbot.waitSignal(workstation.library_opening.settled, timeout=40_000):
            pass

    def close(self, workstation: Workstation) -> None:
        """Close it as the program does: everything has to end within its limit, and nothing stays."""
        self._open.remove(workstation)
        workstation.window.close()
        clean = shut_down(workstation)
        left = [*workstation.lanes.busy]
        workstation.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]
        assert clean, f"still running: {left}"
        assert not left
        assert not workstation.lanes._threads

    def close_all(self) -> None:
        for workstation in list(self._open):
            self.close(workstation)


def top_level() -> dict[object, QWidget]:
    """Top-level widgets by address: the ids of what PySide wraps anew each time are no names."""
    return {Shiboken.getCppPointer(widget): widget for widget in QApplication.topLevelWidgets()}


@pytest.fixture
def windows(qtbot: QtBot, free_port: Callable[[], int]) -> Iterator[Windows]:
    before = top_level()
    windows = Windows(qtbot, free_port())
    yield windows
    windows.close_all()
    left = [
        widget for widget in QApplication.topLevelWidgets() if Shiboken.getCppPointer(widget) not in before
    ]
    assert not left, f"windows outlive the test: {left}"


@pytest.fixture(name="demo")
def _demo(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Factory like ``dcmqrscp``: our demo archive, with these files in the place of its own."""
    monkeypatch.setenv("PYTHONPATH", str(Path(program.__file__).parents[1]))
    running: list[Archive] = []

    def start(files: list[Path], destinations: dict[str, int] | None = None) -> Archive:
        folder = tmp_path_factory.mktemp("demo")
        moves = [f"--destination={title}=127.0.0.1:{port}" for title, port in (destinations or {}).items()]
        head = [sys.executable, "-m", "workstation", "--home", folder, "demo-archive"]
        running.append(launch("DEMO", folder, lambda port: [*head, "--port", str(port), *moves, *files]))
        return running[-1]

    yield start
    for archive in running:
        archive.kill()


@pytest.fixture(params=["dcmqrscp", "orthanc", "demo"])
def each_archive(request: pytest.FixtureRequest) -> Start:
    """The factory of each archive in turn."""
    found: Start = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def first_start(qtbot: QtBot, free_port: Callable[[], int]) -> Iterator[Workstation]:
    """The window of a user who never started this program."""
    before = top_level()
    workstation = build(folders(Path(os.environ["WORKSTATION_HOME"])), Preferences(port=free_port()))
    workstation.window.resize(1200, 800)
    workstation.window.show()
    qtbot.waitExposed(workstation.window)
    yield workstation
    workstation.window.close()
    clean = shut_down(workstation)
    workstation.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]
    assert clean
    assert not [
        widget for widget in QApplication.topLevelWidgets() if Shiboken.getCppPointer(widget) not in before
    ]


def choose_action(workstation: Workstation, wanted: RowAction, node: str = "") -> None:
    """Choose from the menu of the selected rows, whose entries are in the order of the enum."""
    tree = workstation.window.tree
    tree.menu_requested.emit(tree.mapToGlobal(tree.rect().center()))
    menu = tree.findChildren(RowMenu)[-1]
    entries = [action for action in menu.actions() if not action.isSeparator()]
    action = dict(zip(RowAction, entries[: len(RowAction)], strict=True))[
        wanted
    ]  # behind them is the filter's
    submenu = action.menu()
    if isinstance(submenu, QMenu):
        action = next(action for action in submenu.actions() if action.text() == node)
    assert action.isEnabled()
    action.trigger()
    menu.close()


class Keys:
    """Presses keys where the focus of a window is."""

    def __init__(self, qtbot: QtBot, window: QWidget) -> None:
        self._qtbot = qtbot
        self._window = window

    def press(self, key: Qt.Key) -> None:
        self._qtbot.keyClick(self.focus, key)

    def type(self, text: str) -> None:
        """Type in the place of what is there: Tab selects it, but only where windows become active."""
        self._qtbot.keyClick(self.focus, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self._qtbot.keyClicks(self.focus, text)

    @property
    def focus(self) -> QWidget:
        return self._window.focusWidget() or self._window

    def tab_to(self, target: QWidget) -> None:
        """Tab until the focus is there; around the whole window it must come by."""
        for _ in range(60):
            if self.focus is target:
                return
            self.press(Qt.Key.Key_Tab)
        pytest.fail(f"no Tab leads to {target}")
