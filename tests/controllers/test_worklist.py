"""Searches of a worklist in a lane: one at a time, told in words, and which nodes are offered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.peers import wire
from tests.peers.peer import Server, Talk
from tests.peers.worklist import ScriptedWorklist, answer, step
from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Then, at_once
from workstation.controllers.sources import Sources
from workstation.controllers.worklist import WorklistSearch
from workstation.dicom.nodes import Node, WorklistOffer
from workstation.dicom.worklist import WorklistCriteria, WorklistStep
from workstation.jobs.lanes import Lanes
from workstation.models.source_state import Phase, SourceState
from workstation.operations.node_quirks import NodeQuirks
from workstation.store.index import Index

DEADLINE = 40_000
NODE = Node(name="A", ae_title="A", host="127.0.0.1", port=104)


class Setup:
    """A search, what it told, and the sources it asks."""

    def __init__(self, lanes: Lanes, root: Path) -> None:
        self.quirks = NodeQuirks()
        self.lanes = lanes
        self.index = Index(root / "index.db", root)
        self.sources = Sources([], self.index, self.quirks)
        self.search = self.searching()
        self.found: list[WorklistStep] = []
        self.states: list[SourceState] = []
        self.search.began.connect(self.found.clear)
        self.search.found.connect(self.found.extend)
        self.search.changed.connect(self.states.append)

    def searching(self, unlock: Callable[[Sequence[str], Then], None] = at_once) -> WorklistSearch:
        return WorklistSearch(self.lanes, self.sources, Notices(), unlock)

    @property
    def phase(self) -> Phase | None:
        return self.states[-1].phase if self.states else None


@pytest.fixture
def setup(qapp: object, tmp_path: Path) -> Iterator[Setup]:
    lanes = Lanes()
    made = Setup(lanes, tmp_path)
    yield made
    assert lanes.shutdown(20)
    lanes.dismiss()
    made.index.close()


def test_how_a_search_ended_in_words(setup: Setup, qtbot: QtBot) -> None:
    rows = [answer(step(b"")), answer(step(), step())]
    with Server(ScriptedWorklist(rows).play) as server:
        setup.sources.set_nodes([server.node(name="RIS")])
        setup.sources.limit_rows(100)
        setup.search.search("RIS", WorklistCriteria(date_from=date(2026, 12, 1)))
        assert setup.phase is Phase.SEARCHING
        qtbot.waitUntil(lambda: setup.phase is Phase.DONE, timeout=DEADLINE)
        assert len(setup.found) == 3
        assert setup.states[-1].message == "not told, so not checked: date (1)"
        setup.search.search("RIS", WorklistCriteria(name="nobody"))
        qtbot.waitUntil(lambda: setup.phase is Phase.DONE, timeout=DEADLINE)
        assert setup.states[-1].message == "asked again without: name"
        assert all(one.differs == ("name",) for one in setup.found)


def test_the_rest_is_loaded_when_it_is_wanted(setup: Setup, qtbot: QtBot) -> None:
    with Server(ScriptedWorklist([answer(step())] * 150).play) as server:
        setup.sources.set_nodes([server.node(name="RIS")])
        setup.sources.limit_rows(100)
        setup.search.search("RIS", WorklistCriteria())
        qtbot.waitUntil(lambda: setup.phase is Phase.INCOMPLETE, timeout=DEADLINE)
        assert len(setup.found) == 100
        assert setup.states[-1].loadable
        setup.search.load_all()
        qtbot.waitUntil(lambda: setup.phase is Phase.DONE, timeout=DEADLINE)
        assert len(setup.found) == 150


def test_a_node_that_stops_early_is_not_asked_for_the_rest(setup: Setup, qtbot: QtBot) -> None:
    with Server(ScriptedWorklist([answer(step())], final=0xFE00).play) as server:
        setup.sources.set_nodes([server.node(name="RIS")])
        setup.search.search("RIS", WorklistCriteria())
        qtbot.waitUntil(lambda: setup.phase is Phase.INCOMPLETE, timeout=DEADLINE)
    assert not setup.states[-1].loadable
    assert "RIS stopped early" in setup.states[-1].message


def test_a_failure_is_told_with_its_reason(setup: Setup, qtbot: QtBot, free_port: Callable[[], int]) -> None:
    setup.sources.set_nodes([replace(NODE, name="RIS", port=free_port())])
    setup.search.search("RIS", WorklistCriteria())
    qtbot.waitUntil(lambda: setup.phase is Phase.FAILED, timeout=DEADLINE)
    assert setup.states[-1].message.startswith("Nothing listens at 127.0.0.1")


def test_a_node_that_is_gone_is_told(setup: Setup) -> None:
    setup.search.search("RIS", WorklistCriteria())
    assert setup.phase is Phase.FAILED
    assert setup.states[-1].message == "RIS is not among the PACS any more."


def test_a_stopped_search_delivers_nothing_more(setup: Setup, qtbot: QtBot) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def silent(talk: Talk) -> None:
        talk.accept()
        request = talk.message(wire.FIND_RQ)
        talk.send(wire.response(request, 0xFF00, answer(step())))
        asked.set()
        assert go_on.wait(40)

    with Server(silent, hurried=True) as server:
        setup.sources.set_nodes([server.node(name="RIS")])
        setup.search.search("RIS", WorklistCriteria())
        qtbot.waitUntil(asked.is_set, timeout=DEADLINE)
        setup.search.stop()
        assert setup.phase is Phase.STOPPED
        told = len(setup.states)
        go_on.set()
        qtbot.waitUntil(lambda: not setup.lanes.busy, timeout=DEADLINE)
        qtbot.wait(0)
        assert len(setup.states) == told
        setup.search.stop()  # nothing runs
        assert len(setup.states) == told


def test_only_the_newest_request_is_asked_once_its_passcode_is_known(setup: Setup, qtbot: QtBot) -> None:
    waiting: list[Callable[[], None]] = []
    search = setup.searching(lambda keys, then: waiting.append(lambda: then(list(keys))))
    script = ScriptedWorklist([answer(step())])
    with Server(script.play) as server:
        setup.sources.set_nodes([server.node(name="RIS")])
        search.search("RIS", WorklistCriteria(accession="FIRST"))
        search.search("RIS", WorklistCriteria(accession="SECOND"))
        with qtbot.waitSignal(search.nodes_found, timeout=DEADLINE):
            for go in waiting:
                go()
    assert [b"SECOND" in question for question in script.asked] == [True]


def test_which_nodes_are_offered(setup: Setup, qtbot: QtBot) -> None:
    names = ("unknown", "has it", "has none", "yes", "no")
    nodes = {name: replace(NODE, name=name, ae_title=name.upper()) for name in names}
    nodes["yes"] = replace(nodes["yes"], worklist=WorklistOffer.YES)
    nodes["no"] = replace(nodes["no"], worklist=WorklistOffer.NO)
    setup.quirks.has_worklist(nodes["has it"], True)
    for name in ("has none", "yes"):  # what the user says counts
        setup.quirks.has_worklist(nodes[name], False)
    setup.sources.set_nodes(list(nodes.values()))
    with qtbot.waitSignal(setup.search.nodes_found, timeout=DEADLINE) as found:
        setup.search.look_for_nodes()
    assert found.args == [[("has it", True), ("yes", True), ("unknown", False)]]
