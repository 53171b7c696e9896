"""The window with an archive that answers 500 studies at most."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.window_steps import DEADLINE, type_name
from tests.peers.limited import Limited, Limits, daily
from tests.peers.peer import Server
from workstation.models.source_state import Phase


@pytest.mark.parametrize("final", [0xFE00, 0xA700])
def test_all_of_them_are_found_by_date(qtbot: QtBot, windows: Windows, final: int) -> None:
    with Server(Limited(daily(1300, per_day=4), Limits(500, final)).play) as server:
        workstation = windows.open([server.node(name="PACS")])
        window, model = workstation.window, workstation.tree_model
        source = window.criteria.sources["PACS"]

        def stands(phase: Phase) -> bool:
            return source.state is not None and source.state.phase is phase

        type_name(qtbot, workstation, "*")
        qtbot.waitUntil(lambda: stands(Phase.INCOMPLETE), timeout=DEADLINE)
        assert window.status.text() == "500 studies  ·  not all: PACS stopped after 500"
        assert source.link.text() == "Split by date"
        source.link.click()
        qtbot.waitUntil(lambda: stands(Phase.DONE), timeout=2 * DEADLINE)
        assert model.results.study_count == 1300
        assert window.status.text() == "1300 studies  ·  PACS: Whole, except studies without a date."


def test_a_search_by_date_can_be_stopped(qtbot: QtBot, windows: Windows) -> None:
    with Server(Limited(daily(1300), Limits(100)).play) as server:
        workstation = windows.open([server.node(name="PACS")])
        search, states = workstation.search, workstation.window.criteria.sources["PACS"]
        type_name(qtbot, workstation, "*")
        qtbot.waitUntil(lambda: not search.asking, timeout=DEADLINE)
        with qtbot.waitSignal(search.answering, timeout=DEADLINE):
            search.split_by_date("PACS")
        search.stop()
        assert states.state is not None
        assert states.state.phase is Phase.STOPPED
        assert workstation.tree_model.results.study_count >= 100
