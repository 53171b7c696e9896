"""An archive that takes its time before the first image: its row says so, and can be ended."""

from __future__ import annotations

import threading

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.matches import study
from tests.operations.scripted_archive import STUDY
from tests.operations.two_ways import TwoWays
from tests.peers.peer import Ended, Server, Talk
from tests.rows import first_study
from workstation.models.transfer_cells import TransferColumn

DEADLINE = 40_000


class Slow(TwoWays):
    """Sends when it is told to, or never."""

    def __init__(self, sends: bool) -> None:
        super().__init__(2)
        self.go = threading.Event()
        self._sends = sends

    def send_objects(self, talk: Talk, context: int, sending: list[str]) -> None:
        if not self._sends:
            talk.rest()
            raise Ended
        self.go.wait(DEADLINE / 1000)
        super().send_objects(talk, context, sending)


@pytest.mark.parametrize("patient", [True, False])
def test_a_fetch_that_waits_for_its_first_image(qtbot: QtBot, windows: Windows, patient: bool) -> None:
    archive = Slow(patient)
    with Server(archive.play) as server:
        workstation = windows.open([server.node()])
        model, transfers = workstation.tree_model, workstation.transfers_model
        model.results.add_studies(model.results.begin(), [study(STUDY, source="Peer")])
        row = model.row(first_study(model))
        assert row is not None
        assert workstation.retrieve.fetch(row)

        def state() -> str:
            return str(transfers.index(0, TransferColumn.STATE).data())

        qtbot.waitUntil(lambda: state() == "Accepted, waiting for the first image", timeout=DEADLINE)
        if not patient:
            workstation.retrieve.act(transfers.all[0].number)
            qtbot.waitUntil(lambda: state() == "Cancelled", timeout=DEADLINE)
        archive.go.set()
        qtbot.waitUntil(lambda: not transfers.running, timeout=DEADLINE)
        assert state() == ("Complete" if patient else "Cancelled")
