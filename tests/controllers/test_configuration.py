"""What the dialogs of nodes and settings do, without a dialog."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from workstation.controllers.configuration import Configuration, question_before_echo
from workstation.controllers.deferred_writes import DeferredWrites
from workstation.controllers.nodes import Nodes
from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Passcodes, Question
from workstation.controllers.settings import Settings
from workstation.controllers.sources import Sources
from workstation.dicom.nodes import Identity, Node, Secret
from workstation.errors import BadInput, KeptElsewhere
from workstation.jobs.lanes import Lanes
from workstation.operations.node_quirks import NodeQuirks
from workstation.settings.preferences import Preferences
from workstation.store.index import Index

DEADLINE = 40_000
A = Node(name="A", ae_title="A", host="127.0.0.1", port=104)
B = Node(name="B", ae_title="B", host="127.0.0.1", port=105)


class Configured:
    """Two nodes and preferences in a folder, and what was refused or posted."""

    def __init__(self, folder: Path, index: Index, *, read_only: bool = False) -> None:
        self.lanes, self.notices = Lanes(), Notices()
        writes = DeferredWrites(self.lanes)
        sources = Sources([A, B], index, NodeQuirks(folder / "learnt.json"))
        self.nodes = Nodes(folder / "nodes.json", [A, B], sources, writes, read_only=read_only)
        self.settings = Settings(folder / "settings.json", Preferences(), writes, read_only=read_only)
        self.configuration = Configuration(
            lanes=self.lanes,
            nodes=self.nodes,
            passcodes=Passcodes(self.lanes, self.nodes, sources),
            settings=self.settings,
            notices=self.notices,
        )
        self.refused: list[object] = []
        self.posted: list[str] = []
        self.configuration.nodes_refused.connect(self.refused.append)
        self.notices.posted.connect(lambda text, *_: self.posted.append(text))

    def close(self) -> None:
        assert self.lanes.shutdown(20)
        self.lanes.dismiss()


@pytest.fixture(params=[False, True], ids=["first window", "second window"])
def configured(request: pytest.FixtureRequest, qtbot: QtBot, tmp_path: Path) -> Iterator[Configured]:
    made = Configured(tmp_path, None, read_only=request.param)  # type: ignore[arg-type]
    yield made
    made.close()


def test_a_node_is_added_and_replaced_at_its_position(configured: Configured) -> None:
    nodes, configuration = configured.nodes, configured.configuration
    saved = (
        configuration.save_node(replace(A, name="C"), None),
        configuration.save_node(replace(B, port=106), 1),
    )
    if nodes.kept == (A, B):
        assert saved == (False, False)
        assert [type(error) for error in configured.refused] == [KeptElsewhere, KeptElsewhere]
    else:
        assert saved == (True, True)
        assert nodes.kept == (A, replace(B, port=106), replace(A, name="C"))
        assert not configuration.save_node(replace(A, name="b"), 0)
        assert [type(error) for error in configured.refused] == [BadInput]


def test_nodes_that_know_us_follow_our_ae_title(configured: Configured) -> None:
    before = configured.settings.preferences
    configured.configuration.apply_preferences(replace(before, ae_title="READING"))
    if configured.settings.preferences == before:
        assert len(configured.posted) == 1
        assert configured.nodes.kept == (A, B)
    else:
        assert [node.calling_ae_title for node in configured.nodes.kept] == ["READING", "READING"]
        assert configured.posted == []


def test_a_file_is_looked_for_in_a_lane(qtbot: QtBot, configured: Configured, tmp_path: Path) -> None:
    (tmp_path / "key.pem").touch()
    found: dict[str, bool] = {}
    for name in ("key.pem", "none.pem", "\0"):
        path = str(tmp_path / name)
        configured.configuration.look_for_file(path, lambda there, name=name: found.update({name: there}))
    assert found == {}
    qtbot.waitUntil(lambda: len(found) == 3, timeout=DEADLINE)
    assert found == {"key.pem": True, "none.pem": False, "\0": False}
    assert configured.posted == []


@pytest.mark.parametrize(
    ("host", "identity", "question"),
    [
        ("pacs", None, None),
        ("pacs", Identity("reader"), None),
        ("127.0.0.1", Identity("reader", None, Secret.ASKED), Question("A", "reader", True, False)),
        ("127.0.0.1", Identity("reader", "x", Secret.ASKED), None),
        ("127.0.0.1", Identity("reader", None, Secret.KEPT), None),  # the keyring is asked in the lane
        ("pacs", Identity("reader", "x", Secret.ASKED), Question("A", "reader", False, True)),
        ("pacs", Identity("reader", None, Secret.ASKED), Question("A", "reader", True, True)),
        ("pacs", Identity("reader", "x", Secret.ASKED, "pacs:104"), None),
    ],
)
def test_an_echo_is_preceded_by_the_question_a_search_would_ask(
    host: str, identity: Identity | None, question: Question | None
) -> None:
    assert question_before_echo(replace(A, host=host, identity=identity)) == question
