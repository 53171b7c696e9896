"""Nodes changed while the program runs: files, sources, plans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.controllers.nodes_setup import DEADLINE, A, B, NodesSetup
from workstation.dicom.matches import LIBRARY
from workstation.dicom.nodes import Identity, Node, Secret
from workstation.dicom.targets import Target
from workstation.errors import BadInput


@pytest.fixture
def setup(tmp_path: Path, qtbot: QtBot) -> Iterator[NodesSetup]:
    made = NodesSetup(tmp_path)
    yield made
    made.close()


def test_order_and_deletion_are_kept_and_offered(qtbot: QtBot, setup: NodesSetup) -> None:
    with qtbot.waitSignal(setup.nodes.changed):
        setup.nodes.set_kept((B, A))
    assert setup.written() == (B, A)
    assert setup.sources.keys == ["PACS-B", "PACS-A", LIBRARY]
    setup.nodes.set_kept((B,))
    assert setup.sources.get("PACS-A") is None
    assert setup.written() == (B,)


def test_a_new_node_is_a_source_at_once(qtbot: QtBot, setup: NodesSetup) -> None:
    new = Node(name="Neu 大学", ae_title="N", host="::1", port=105)
    with qtbot.waitSignal(setup.nodes.changed):
        setup.nodes.add(new)
    assert setup.sources.node("Neu 大学") == new
    assert setup.sources.keys == ["PACS-A", "PACS-B", "Neu 大学", LIBRARY]


def test_a_name_taken_changes_nothing(qtbot: QtBot, setup: NodesSetup) -> None:
    with qtbot.assertNotEmitted(setup.nodes.changed), pytest.raises(BadInput):
        setup.nodes.add(replace(B, name="pacs-a"))
    assert setup.nodes.kept == (A, B)
    assert setup.sources.keys == ["PACS-A", "PACS-B", LIBRARY]


def test_a_disk_that_refuses_is_told_and_the_session_goes_on(qtbot: QtBot, setup: NodesSetup) -> None:
    setup.path.unlink()
    setup.path.mkdir()
    moved = replace(A, host="elsewhere")
    with qtbot.waitSignal(setup.notices.posted, timeout=DEADLINE) as told:
        setup.nodes.put(0, moved)
    assert str(setup.path) in told.args[0]
    assert setup.sources.node("PACS-A") == moved


def test_of_many_changes_the_last_is_written(setup: NodesSetup) -> None:
    for port in range(1, 60):
        setup.nodes.put(0, replace(A, port=port))
    assert setup.written() == (replace(A, port=59), B)


def test_a_renamed_node_keeps_its_rows_and_plans(setup: NodesSetup) -> None:
    target = Target("1.2.3")
    setup.plans.create("PACS-A", target)
    renamed = replace(A, name="Radiology", port=105)
    setup.nodes.put(0, renamed)
    assert setup.sources.keys == ["Radiology", "PACS-B", LIBRARY]
    assert setup.sources.node("PACS-A") == renamed
    assert setup.sources.lane_key("PACS-A") == setup.sources.lane_key("Radiology")
    assert [plan.node for plan in setup.plans.every()] == ["Radiology"]
    setup.nodes.put(0, A)
    assert setup.sources.node("Radiology") == A
    assert setup.sources.node("nobody") is None


def test_a_new_node_of_an_old_name_is_itself(setup: NodesSetup) -> None:
    setup.nodes.put(0, replace(A, name="Radiology"))
    other = replace(B, name="PACS-A")
    setup.nodes.add(other)
    assert setup.sources.node("PACS-A") == other


def test_a_node_of_this_session_is_never_written(qtbot: QtBot, setup: NodesSetup) -> None:
    with qtbot.waitSignal(setup.nodes.changed):
        demo = setup.nodes.add_for_session(replace(B, name="pacs-a"))
    assert demo.name == "pacs-a 2"
    assert setup.sources.node("pacs-a 2") == demo
    setup.nodes.set_kept((A,))
    assert setup.written() == (A,)
    assert setup.sources.keys == ["PACS-A", "pacs-a 2", LIBRARY]
    setup.nodes.remove_from_session("pacs-a 2")
    assert setup.sources.keys == ["PACS-A", LIBRARY]


def test_a_passcode_is_used_and_never_written(setup: NodesSetup) -> None:
    setup.nodes.put(0, replace(A, identity=Identity("reader", None, Secret.ASKED)))
    setup.nodes.give_passcode("PACS-A", "hunter2")
    node = setup.sources.node("PACS-A")
    assert node is not None
    assert node.identity == Identity("reader", "hunter2", Secret.ASKED)
    setup.nodes.set_kept(setup.nodes.kept)
    assert "hunter2" not in setup.path.read_text("utf-8")


def test_our_own_title_follows_where_it_was_the_usual_one(setup: NodesSetup) -> None:
    setup.nodes.put(1, replace(B, calling_ae_title="OTHER"))
    setup.nodes.follow_ae_title("WORKSTATION", "READING-3")
    assert [node.calling_ae_title for node in setup.written()] == ["READING-3", "OTHER"]
