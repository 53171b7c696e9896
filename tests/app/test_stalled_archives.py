"""Closing the window beside archives that fell silent, wherever in a search each of them did."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.network.scripts import ENDED, ROW, answer
from tests.network.short_limits import PATIENT
from tests.peers import wire
from tests.peers.hostile import Script, stall
from tests.peers.peer import Server, Talk
from workstation.network.association import Association
from workstation.operations import associate_node

DEADLINE = 40_000
CLOSED = 10.0
"""Seconds within which the program is closed, whatever the network does; half of what its parts are given."""

FIND_ID = 3  # the second context a search proposes

SEARCHED = Script(
    Talk.request, wire.associate(wire.AC, [wire.answered(number, 0, wire.EXPLICIT) for number in (1, 3, 5)]),
    Talk.message, answer(FIND_ID, wire.FIND_RQ, 0xFF00, ROW), answer(FIND_ID, wire.FIND_RQ, 0xFF00, ROW),
    answer(FIND_ID, wire.FIND_RQ, 0), *ENDED,
)  # fmt: skip


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that is only cancelled, not ended at once, waits for its archive for a minute."""
    really_open = associate_node.open_association

    def patient(*what: Any) -> Association:
        return really_open(*what[:-1], PATIENT)

    monkeypatch.setattr(associate_node, "open_association", patient)


@pytest.mark.usefixtures("patience")
def test_closing_beside_archives_that_fell_silent(qtbot: QtBot, windows: Windows) -> None:
    """All at once: before and inside each PDU of an answer, the association's and the release's too."""
    points = SEARCHED.points()
    silent = threading.Semaphore(0)

    def tell(talk: Talk, rest: bytes) -> None:
        silent.release()
        stall(talk, rest)

    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(Server(lambda talk, at=at: SEARCHED.play(talk, at, tell))) for at in points
        ]
        nodes = [server.node(name=f"Silent {number}") for number, server in enumerate(servers)]
        workstation = windows.open(nodes)
        qtbot.keyClicks(workstation.window.focusWidget(), '"DOE"')  # unquoted it is asked again
        qtbot.keyClick(workstation.window.focusWidget(), Qt.Key.Key_Return)
        fallen = 0

        def all_fell_silent() -> bool:
            nonlocal fallen
            fallen += silent.acquire(blocking=False)
            return fallen == len(points)

        qtbot.waitUntil(all_fell_silent, timeout=DEADLINE)
        begun = time.monotonic()
        windows.close(workstation)
        took = time.monotonic() - begun
    print(f"{len(points)} archives, closed in {took:.2f} s")
    assert len(points) >= 12
    assert took <= CLOSED
