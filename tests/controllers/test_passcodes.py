"""Passcodes before a node is asked: from the keyring, from a person, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.controllers.test_nodes import Room
from workstation.controllers.passcodes import Passcodes, Question
from workstation.dicom.nodes import Identity, Node, Secret, Tls
from workstation.jobs.lanes import Lanes
from workstation.settings import passcodes as keyring

ASKED = Node("ASKED", "A", "h", 104, identity=Identity("reader", None, Secret.ASKED), tls=Tls())
KEPT = Node("KEPT", "K", "h", 104, identity=Identity("reader", None, Secret.KEPT), tls=Tls())
CLEAR = Node("CLEAR", "C", "192.0.2.1", 104, identity=Identity("reader", None, Secret.ASKED))
OPEN = Node("OPEN", "O", "h", 104, identity=Identity("reader"))


class Desk:
    def __init__(self, folder: Path) -> None:
        self.room = Room(folder)
        self.room.nodes.set_kept((ASKED, KEPT, OPEN, CLEAR))
        self.lanes = Lanes()
        self.passcodes = Passcodes(self.lanes, self.room.nodes, self.room.sources)
        self.went_on: list[list[str]] = []
        self.wanted: list[tuple[str, str]] = []
        self.questions: list[Question] = []
        self.passcodes.wanted.connect(self.questions.append)
        self.passcodes.wanted.connect(lambda asked: self.wanted.append((asked.node, asked.user)))

    def unlock(self, *keys: str) -> None:
        self.passcodes.unlock(keys, self.went_on.append)

    def passcode(self, name: str) -> str | None:
        node = self.room.sources.node(name)
        assert node is not None
        assert node.identity is not None
        return node.identity.passcode


@pytest.fixture
def drawer(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """What the keyring holds."""
    content: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(keyring, "load_passcode", lambda node, user: content.get((node, user)))
    monkeypatch.setattr(
        keyring, "save_passcode", lambda node, user, code: content.update({(node, user): code}) is None
    )
    monkeypatch.setattr(keyring, "delete_passcode", lambda node, user: content.pop((node, user), None))
    return content


@pytest.fixture
def desk(tmp_path: Path, qtbot: QtBot, drawer: dict[tuple[str, str], str]) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    assert made.lanes.shutdown(5)
    made.lanes.dismiss()
    made.room.close()


def test_who_needs_none_is_asked_at_once(desk: Desk) -> None:
    desk.unlock("OPEN", "library", "gone")
    assert desk.went_on == [["OPEN", "library", "gone"]]
    assert not desk.wanted


def test_a_person_is_asked_once_a_session(desk: Desk) -> None:
    desk.unlock("ASKED", "OPEN")
    assert desk.wanted == [("ASKED", "reader")]
    assert not desk.went_on
    desk.passcodes.answer("ASKED", "hunter2")
    assert desk.went_on == [["ASKED", "OPEN"]]
    assert desk.passcode("ASKED") == "hunter2"
    desk.unlock("ASKED")
    assert len(desk.wanted) == 1
    assert desk.went_on[1:] == [["ASKED"]]


def test_who_does_not_answer_leaves_the_node_out(desk: Desk) -> None:
    desk.unlock("ASKED", "OPEN")
    desk.passcodes.answer("ASKED", None)
    assert desk.went_on == [["OPEN"]]
    desk.unlock("ASKED")
    assert len(desk.wanted) == 2


def test_the_keyring_answers_for_a_person(
    qtbot: QtBot, desk: Desk, drawer: dict[tuple[str, str], str]
) -> None:
    drawer["KEPT", "reader"] = "from the keyring"
    desk.unlock("KEPT", "OPEN")
    qtbot.waitUntil(lambda: desk.went_on == [["KEPT", "OPEN"]])
    assert desk.passcode("KEPT") == "from the keyring"
    assert not desk.wanted


def test_what_the_keyring_does_not_hold_a_person_is_asked(qtbot: QtBot, desk: Desk) -> None:
    desk.unlock("ASKED", "KEPT")
    qtbot.waitUntil(lambda: desk.wanted == [("ASKED", "reader")])
    desk.passcodes.answer("ASKED", "one")
    assert desk.wanted[1:] == [("KEPT", "reader")]
    desk.passcodes.answer("KEPT", "two")
    assert desk.went_on == [["ASKED", "KEPT"]]
    assert (desk.passcode("ASKED"), desk.passcode("KEPT")) == ("one", "two")


def test_several_wait_for_one_answer(desk: Desk) -> None:
    desk.unlock("ASKED")
    desk.unlock("ASKED", "OPEN")
    desk.unlock("OPEN")
    assert desk.went_on == [["OPEN"]]
    assert desk.wanted == [("ASKED", "reader")]
    desk.passcodes.answer("ASKED", "once")
    assert desk.went_on[1:] == [["ASKED"], ["ASKED", "OPEN"]]
    assert desk.wanted == [("ASKED", "reader")]


def test_who_does_not_answer_is_not_asked_for_each_that_waits(desk: Desk) -> None:
    desk.unlock("ASKED")
    desk.unlock("ASKED", "OPEN")
    desk.passcodes.answer("ASKED", None)
    assert desk.went_on == [[], ["OPEN"]]
    assert len(desk.wanted) == 1


def test_a_node_that_was_renamed_is_found_by_the_name_rows_know(desk: Desk) -> None:
    nodes = desk.room.nodes
    nodes.put(0, replace(ASKED, name="NEW"))
    desk.unlock("ASKED", "OPEN")
    assert desk.wanted == [("NEW", "reader")]
    desk.passcodes.answer("NEW", None)
    assert desk.went_on == [["OPEN"]]
    desk.unlock("ASKED")
    desk.passcodes.answer("NEW", "hunter2")
    assert desk.went_on[1:] == [["ASKED"]]
    assert desk.passcode("ASKED") == "hunter2"


def test_consent_to_an_unencrypted_passcode_is_asked_for_once_a_host_and_port(desk: Desk) -> None:
    desk.unlock("CLEAR")
    assert desk.questions == [Question("CLEAR", "reader", passcode=True, in_clear=True)]
    desk.passcodes.answer("CLEAR", "hunter2")
    assert desk.went_on == [["CLEAR"]]
    [agreed] = [node for node in desk.room.written() if node.name == "CLEAR"]
    assert not agreed.lacks_consent
    desk.room.nodes.put(3, agreed)  # the next session: the passcode is asked for, consent is not
    desk.unlock("CLEAR")
    assert desk.questions[1:] == [Question("CLEAR", "reader", passcode=True, in_clear=False)]
    desk.passcodes.answer("CLEAR", "hunter2")
    moved = desk.room.sources.node("CLEAR")
    assert moved is not None
    desk.room.nodes.put(3, replace(moved, port=105))
    desk.unlock("CLEAR")
    assert desk.questions[2:] == [Question("CLEAR", "reader", passcode=False, in_clear=True)]
    desk.passcodes.answer("CLEAR", "")
    assert desk.passcode("CLEAR") == "hunter2"
    assert len(desk.went_on) == 3


def test_without_consent_a_node_is_left_out(desk: Desk) -> None:
    desk.unlock("CLEAR", "OPEN")
    desk.passcodes.answer("CLEAR", None)
    assert desk.went_on == [["OPEN"]]
    assert all(node.lacks_consent for node in desk.room.nodes.kept if node.name == "CLEAR")


def test_the_keyring_follows_a_node(qtbot: QtBot, desk: Desk, drawer: dict[tuple[str, str], str]) -> None:
    def typed(node: Node, code: str | None, **identity: object) -> Node:
        assert node.identity is not None
        return replace(node, identity=replace(node.identity, passcode=code, **identity))  # type: ignore[arg-type]

    first = typed(KEPT, "one")
    desk.passcodes.keep(first)
    qtbot.waitUntil(lambda: drawer == {("KEPT", "reader"): "one"})
    second = replace(first, name="RENAMED")
    desk.passcodes.keep(second, first)
    qtbot.waitUntil(lambda: drawer == {("RENAMED", "reader"): "one"})
    third = replace(typed(second, None), name="AGAIN")
    desk.passcodes.keep(third, typed(second, None))
    qtbot.waitUntil(lambda: drawer == {("AGAIN", "reader"): "one"})
    desk.passcodes.keep(typed(third, None, secret=Secret.ASKED), third)
    qtbot.waitUntil(lambda: drawer == {})
    desk.passcodes.keep(first)
    desk.passcodes.keep(typed(ASKED, "never"))
    qtbot.waitUntil(lambda: drawer == {("KEPT", "reader"): "one"})
    desk.passcodes.forget(first)
    qtbot.waitUntil(lambda: drawer == {})


def test_the_keyring_is_looked_for_once_and_not_by_the_window(
    qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    monkeypatch.setattr(
        keyring, "keyring_available", lambda: threads.append(threading.current_thread()) is None
    )
    with qtbot.waitSignal(desk.passcodes.keyring_found):
        desk.passcodes.look_for_keyring()
        desk.passcodes.look_for_keyring()
    assert desk.passcodes.keyring
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
