"""Nodes changed while the program runs: files, sources, plans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from workstation.controllers.deferred_writes import DeferredWrites
from workstation.controllers.nodes import Nodes
from workstation.controllers.notices import Notices
from workstation.controllers.sources import Sources
from workstation.dicom.matches import LIBRARY
from workstation.dicom.nodes import Identity, Node, Secret
from workstation.dicom.targets import Target
from workstation.errors import BadInput
from workstation.jobs.lanes import Lanes
from workstation.operations.node_quirks import NodeQuirks
from workstation.settings.nodes import load_nodes, save_nodes
from workstation.store.library import Library
from workstation.store.plans import Plans

DEADLINE = 20_000
A = Node("PACS-A", "ARCHIVE", "10.0.0.5", 104)
B = Node("PACS-B", "B", "b.example", 2762)


class Room:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "nodes.json"
        save_nodes(self.path, [A, B])
        self.library = Library.open(folder / "library")
        self.plans = Plans(folder / "plans.db")
        self.sources = Sources([A, B], self.library.index, NodeQuirks())
        self.lanes, self.notices = Lanes(), Notices()
        self.lanes.failed.connect(self.notices.report)
        self.writing = DeferredWrites(self.lanes)
        self.nodes = Nodes(self.path, [A, B], self.sources, self.writing)
        self.nodes.renamed.connect(self.plans.rename_node)

    def written(self) -> tuple[Node, ...]:
        """What the file holds once everything is written."""
        assert self.writing.flush(DEADLINE / 1000)
        return load_nodes(self.path)

    def close(self) -> None:
        assert self.lanes.shutdown(DEADLINE / 1000)
        self.lanes.dismiss()
        self.plans.close()
        self.library.close()


@pytest.fixture
def room(tmp_path: Path, qtbot: QtBot) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.close()


def test_order_and_deletion_are_kept_and_offered(qtbot: QtBot, room: Room) -> None:
    with qtbot.waitSignal(room.nodes.changed):
        room.nodes.set_kept((B, A))
    assert room.written() == (B, A)
    assert room.sources.keys == ["PACS-B", "PACS-A", LIBRARY]
    room.nodes.set_kept((B,))
    assert room.sources.get("PACS-A") is None
    assert room.written() == (B,)


def test_a_new_node_is_a_source_at_once(qtbot: QtBot, room: Room) -> None:
    new = Node("Neu 大学", "N", "::1", 105)
    with qtbot.waitSignal(room.nodes.changed):
        room.nodes.add(new)
    assert room.sources.node("Neu 大学") == new
    assert room.sources.keys == ["PACS-A", "PACS-B", "Neu 大学", LIBRARY]


def test_a_name_taken_changes_nothing(qtbot: QtBot, room: Room) -> None:
    with qtbot.assertNotEmitted(room.nodes.changed), pytest.raises(BadInput):
        room.nodes.add(replace(B, name="pacs-a"))
    assert room.nodes.kept == (A, B)
    assert room.sources.keys == ["PACS-A", "PACS-B", LIBRARY]


def test_a_disk_that_refuses_is_told_and_the_session_goes_on(qtbot: QtBot, room: Room) -> None:
    room.path.unlink()
    room.path.mkdir()
    moved = replace(A, host="elsewhere")
    with qtbot.waitSignal(room.notices.posted, timeout=DEADLINE) as told:
        room.nodes.put(0, moved)
    assert str(room.path) in told.args[0]
    assert room.sources.node("PACS-A") == moved


def test_of_many_changes_the_last_is_written(room: Room) -> None:
    for port in range(1, 60):
        room.nodes.put(0, replace(A, port=port))
    assert room.written() == (replace(A, port=59), B)


def test_a_renamed_node_keeps_its_rows_and_plans(room: Room) -> None:
    target = Target("1.2.3")
    room.plans.create("PACS-A", target)
    renamed = replace(A, name="Radiology", port=105)
    room.nodes.put(0, renamed)
    assert room.sources.keys == ["Radiology", "PACS-B", LIBRARY]
    assert room.sources.node("PACS-A") == renamed
    assert room.sources.lane_key("PACS-A") == room.sources.lane_key("Radiology")
    assert [plan.node for plan in room.plans.every()] == ["Radiology"]
    room.nodes.put(0, A)
    assert room.sources.node("Radiology") == A
    assert room.sources.node("nobody") is None


def test_a_new_node_of_an_old_name_is_itself(room: Room) -> None:
    room.nodes.put(0, replace(A, name="Radiology"))
    other = replace(B, name="PACS-A")
    room.nodes.add(other)
    assert room.sources.node("PACS-A") == other


def test_a_node_of_this_session_is_never_written(qtbot: QtBot, room: Room) -> None:
    with qtbot.waitSignal(room.nodes.changed):
        demo = room.nodes.add_for_session(replace(B, name="pacs-a"))
    assert demo.name == "pacs-a 2"
    assert room.sources.node("pacs-a 2") == demo
    room.nodes.set_kept((A,))
    assert room.written() == (A,)
    assert room.sources.keys == ["PACS-A", "pacs-a 2", LIBRARY]
    room.nodes.remove_from_session("pacs-a 2")
    assert room.sources.keys == ["PACS-A", LIBRARY]


def test_a_passcode_is_used_and_never_written(room: Room) -> None:
    room.nodes.put(0, replace(A, identity=Identity("reader", None, Secret.ASKED)))
    room.nodes.give_passcode("PACS-A", "hunter2")
    node = room.sources.node("PACS-A")
    assert node is not None
    assert node.identity == Identity("reader", "hunter2", Secret.ASKED)
    room.nodes.set_kept(room.nodes.kept)
    assert "hunter2" not in room.path.read_text("utf-8")


def test_our_own_title_follows_where_it_was_the_usual_one(room: Room) -> None:
    room.nodes.put(1, replace(B, calling_ae_title="OTHER"))
    room.nodes.follow_ae_title("WORKSTATION", "READING-3")
    assert [node.calling_ae_title for node in room.written()] == ["READING-3", "OTHER"]
