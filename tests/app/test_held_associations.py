"""The window asks on one association, opens one ahead where it is told to, and releases all at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.window_steps import DEADLINE, search
from tests.peers import wire
from tests.peers.answering import Answering, series, study
from tests.peers.peer import Server
from tests.rows import first_study
from workstation.app.parts import Workstation
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.network.contexts import GET

STUDY = b"1.2.3"

ARCHIVE = Answering(
    study=[study(STUDY, images=b"4", modality=b"CT")], series=[series(STUDY + b".1", STUDY, images=b"4")]
)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(ARCHIVE.play) as running:
        yield running


def fetching(server: Server) -> int:
    """How many associations were opened to fetch with."""
    classes = set(GET.values())
    proposals = [talk.proposal for talk in server.talks if talk.proposal is not None]
    return sum(any(what in classes for what, _ in found.contexts.values()) for found in proposals)


Prepared = Callable[..., Workstation]


@pytest.fixture
def prepared(qtbot: QtBot, windows: Windows, server: Server) -> Prepared:
    """A window with a study found."""

    def make(**changes: object) -> Workstation:
        node: Node = server.node(**({"retrieve": RetrieveMethod.GET, "idle": 10.0} | changes))
        workstation = windows.open([node])
        search(qtbot, workstation, "Invented")
        qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)
        return workstation

    return make


def expand(qtbot: QtBot, workstation: Workstation) -> None:
    """Open the study, or what answers anew for it."""
    row = first_study(workstation.tree_model)
    number = row.internalId()
    with qtbot.waitSignal(workstation.row_expansion.answered, timeout=DEADLINE):
        workstation.row_expansion.expand(number)


def test_search_and_rows_take_one_association_and_the_end_releases_it(
    qtbot: QtBot, windows: Windows, server: Server, prepared: Prepared
) -> None:
    workstation = prepared()
    for _ in range(5):
        expand(qtbot, workstation)
    assert len(server.talks) == 1
    windows.close(workstation)
    server.finished()
    assert server.talks[0].seen[-1].kind == wire.RELEASE_RQ


def test_nothing_is_opened_ahead_unless_the_node_says_so(
    qtbot: QtBot, windows: Windows, server: Server, prepared: Prepared
) -> None:
    workstation = prepared()
    workstation.window.tree.setCurrentIndex(first_study(workstation.tree_model))
    expand(qtbot, workstation)
    windows.close(workstation)
    assert fetching(server) == 0


def test_a_selected_study_has_its_association_opened_ahead(
    qtbot: QtBot, windows: Windows, server: Server, prepared: Prepared
) -> None:
    workstation = prepared(opens_ahead=True)
    workstation.window.tree.setCurrentIndex(first_study(workstation.tree_model))
    qtbot.waitUntil(lambda: fetching(server) == 1, timeout=DEADLINE)
    assert not workstation.transfers_model.rowCount()
    windows.close(workstation)
    server.finished(len(server.talks))
    assert {talk.seen[-1].kind for talk in server.talks} == {wire.RELEASE_RQ}
