"""The real window, built and taken down as the program does it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workstation.app.building import Workstation, build
from workstation.app.front import take_down
from workstation.dicom.nodes import Node
from workstation.settings.nodes import save_nodes
from workstation.settings.places import places
from workstation.settings.preferences import Preferences

Open = Callable[..., Workstation]


class Desk:
    """Opens windows of one home, one after the other."""

    def __init__(self, qtbot: QtBot, port: int) -> None:
        self._qtbot = qtbot
        self.port = port
        self._open: list[Workstation] = []

    def open(self, nodes: Sequence[Node] = ()) -> Workstation:
        """A shown window over these nodes, in the home of this test."""
        where = places(Path(os.environ["WORKSTATION_HOME"]))
        save_nodes(where.nodes, nodes)
        workstation = build(where, Preferences(port=self.port))
        self.adopt(workstation)
        workstation.window.resize(1200, 800)
        workstation.window.show()
        self._qtbot.waitExposed(workstation.window)
        return workstation

    def adopt(self, workstation: Workstation) -> None:
        """Close a window, too, that a test built itself; wait until its library is open."""
        self._open.append(workstation)
        with self._qtbot.waitSignal(workstation.library_opening.settled, timeout=20_000):
            pass

    def close(self, workstation: Workstation) -> None:
        """Close it as the program does: everything has to end within its limit, and nothing stays."""
        self._open.remove(workstation)
        workstation.window.close()
        clean = take_down(workstation)
        left = [*workstation.lanes.busy]
        workstation.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]
        assert clean, f"still running: {left}"
        assert not left
        assert not workstation.lanes._threads

    def close_all(self) -> None:
        for workstation in list(self._open):
            self.close(workstation)


@pytest.fixture
def desk(qtbot: QtBot, free_port: Callable[[], int]) -> Iterator[Desk]:
    before = set(map(id, QApplication.topLevelWidgets()))
    desk = Desk(qtbot, free_port())
    yield desk
    desk.close_all()
    left = [widget for widget in QApplication.topLevelWidgets() if id(widget) not in before]
    assert not left, f"windows outlive the test: {left}"
