"""Passcodes before a node is asked: from the keyring, from a person, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.controllers.nodes_setup import NodesSetup
from workstation.controllers.passcodes import Passcodes, Question
from workstation.dicom.nodes import Identity, Node, Secret, Tls
from workstation.jobs.lanes import Lanes
from workstation.settings import passcodes as keyring

ASKED = Node(
    name="ASKED", ae_title="A", host="h", port=104, identity=Identity("reader", None, Secret.ASKED), tls=Tls()
)
KEPT = Node(
    name="KEPT", ae_title="K", host="h", port=104, identity=Identity("reader", None, Secret.KEPT), tls=Tls()
)
CLEAR = Node(
    name="CLEAR", ae_title="C", host="192.0.2.1", port=104, identity=Identity("reader", None, Secret.ASKED)
)
OPEN = Node(name="OPEN", ae_title="O", host="h", port=104, identity=Identity("reader"))


class PasscodesSetup:
    def __init__(self, folder: Path) -> None:
        self.base = NodesSetup(folder)
        self.base.nodes.set_kept((ASKED, KEPT, OPEN, CLEAR))
        self.lanes = Lanes()
        self.passcodes = Passcodes(self.lanes, self.base.nodes, self.base.sources)
        self.went_on: list[list[str]] = []
        self.wanted: list[tuple[str, str]] = []
        self.questions: list[Question] = []
        self.passcodes.wanted.connect(self.questions.append)
        self.passcodes.wanted.connect(lambda asked: self.wanted.append((asked.node, asked.user)))

    def unlock(self, *keys: str) -> None:
        self.passcodes.unlock(keys, self.went_on.append)

    def passcode(self, name: str) -> str | None:
        node = self.base.sources.node(name)
        assert node is not None
        assert node.identity is not None
        return node.identity.passcode


@pytest.fixture
def stored_passcodes(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """What the keyring holds."""
    content: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(keyring, "load_passcode", lambda node, user: content.get((node, user)))
    monkeypatch.setattr(
        keyring, "save_passcode", lambda node, user, code: content.update({(node, user): code}) is None
    )
    monkeypatch.setattr(keyring, "delete_passcode", lambda node, user: content.pop((node, user), None))
    return content


@pytest.fixture
def setup(
    tmp_path: Path, qtbot: QtBot, stored_passcodes: dict[tuple[str, str], str]
) -> Iterator[PasscodesSetup]:
    made = PasscodesSetup(tmp_path)
    yield made
    assert made.lanes.shutdown(20)
    made.lanes.dismiss()
    made.base.close()


def test_who_needs_none_is_asked_at_once(setup: PasscodesSetup) -> None:
    setup.unlock("OPEN", "library", "gone")
    assert setup.went_on == [["OPEN", "library", "gone"]]
    assert not setup.wanted


def test_a_person_is_asked_once_a_session(setup: PasscodesSetup) -> None:
    setup.unlock("ASKED", "OPEN")
    assert setup.wanted == [("ASKED", "reader")]
    assert not setup.went_on
    setup.passcodes.answer("ASKED", "hunter2")
    assert setup.went_on == [["ASKED", "OPEN"]]
    assert setup.passcode("ASKED") == "hunter2"
    setup.unlock("ASKED")
    assert len(setup.wanted) == 1
    assert setup.went_on[1:] == [["ASKED"]]


def test_who_does_not_answer_leaves_the_node_out(setup: PasscodesSetup) -> None:
    setup.unlock("ASKED", "OPEN")
    setup.passcodes.answer("ASKED", None)
    assert setup.went_on == [["OPEN"]]
    setup.unlock("ASKED")
    assert len(setup.wanted) == 2


def test_the_keyring_answers_for_a_person(
    qtbot: QtBot, setup: PasscodesSetup, stored_passcodes: dict[tuple[str, str], str]
) -> None:
    stored_passcodes["KEPT", "reader"] = "from the keyring"
    setup.unlock("KEPT", "OPEN")
    qtbot.waitUntil(lambda: setup.went_on == [["KEPT", "OPEN"]])
    assert setup.passcode("KEPT") == "from the keyring"
    assert not setup.wanted


def test_what_the_keyring_does_not_hold_a_person_is_asked(qtbot: QtBot, setup: PasscodesSetup) -> None:
    setup.unlock("ASKED", "KEPT")
    qtbot.waitUntil(lambda: setup.wanted == [("ASKED", "reader")])
    setup.passcodes.answer("ASKED", "one")
    assert setup.wanted[1:] == [("KEPT", "reader")]
    setup.passcodes.answer("KEPT", "two")
    assert setup.went_on == [["ASKED", "KEPT"]]
    assert (setup.passcode("ASKED"), setup.passcode("KEPT")) == ("one", "two")


def test_several_wait_for_one_answer(setup: PasscodesSetup) -> None:
    setup.unlock("ASKED")
    setup.unlock("ASKED", "OPEN")
    setup.unlock("OPEN")
    assert setup.went_on == [["OPEN"]]
    assert setup.wanted == [("ASKED", "reader")]
    setup.passcodes.answer("ASKED", "once")
    assert setup.went_on[1:] == [["ASKED"], ["ASKED", "OPEN"]]
    assert setup.wanted == [("ASKED", "reader")]


def test_who_does_not_answer_is_not_asked_for_each_that_waits(setup: PasscodesSetup) -> None:
    setup.unlock("ASKED")
    setup.unlock("ASKED", "OPEN")
    setup.passcodes.answer("ASKED", None)
    assert setup.went_on == [[], ["OPEN"]]
    assert len(setup.wanted) == 1


def test_a_node_that_was_renamed_is_found_by_the_name_rows_know(setup: PasscodesSetup) -> None:
    nodes = setup.base.nodes
    nodes.put(0, replace(ASKED, name="NEW"))
    setup.unlock("ASKED", "OPEN")
    assert setup.wanted == [("NEW", "reader")]
    setup.passcodes.answer("NEW", None)
    assert setup.went_on == [["OPEN"]]
    setup.unlock("ASKED")
    setup.passcodes.answer("NEW", "hunter2")
    assert setup.went_on[1:] == [["ASKED"]]
    assert setup.passcode("ASKED") == "hunter2"


def test_consent_to_an_unencrypted_passcode_is_asked_for_once_a_host_and_port(setup: PasscodesSetup) -> None:
    setup.unlock("CLEAR")
    assert setup.questions == [Question("CLEAR", "reader", passcode=True, in_clear=True)]
    setup.passcodes.answer("CLEAR", "hunter2")
    assert setup.went_on == [["CLEAR"]]
    [agreed] = [node for node in setup.base.written() if node.name == "CLEAR"]
    assert not agreed.lacks_consent
    setup.base.nodes.put(3, agreed)  # the next session: the passcode is asked for, consent is not
    setup.unlock("CLEAR")
    assert setup.questions[1:] == [Question("CLEAR", "reader", passcode=True, in_clear=False)]
    setup.passcodes.answer("CLEAR", "hunter2")
    moved = setup.base.sources.node("CLEAR")
    assert moved is not None
    setup.base.nodes.put(3, replace(moved, port=105))
    setup.unlock("CLEAR")
    assert setup.questions[2:] == [Question("CLEAR", "reader", passcode=False, in_clear=True)]
    setup.passcodes.answer("CLEAR", "")
    assert setup.passcode("CLEAR") == "hunter2"
    assert len(setup.went_on) == 3


def test_without_consent_a_node_is_left_out(setup: PasscodesSetup) -> None:
    setup.unlock("CLEAR", "OPEN")
    setup.passcodes.answer("CLEAR", None)
    assert setup.went_on == [["OPEN"]]
    assert all(node.lacks_consent for node in setup.base.nodes.kept if node.name == "CLEAR")


def test_the_keyring_follows_a_node(
    qtbot: QtBot, setup: PasscodesSetup, stored_passcodes: dict[tuple[str, str], str]
) -> None:
    def typed(node: Node, code: str | None, **identity: object) -> Node:
        assert node.identity is not None
        return replace(node, identity=replace(node.identity, passcode=code, **identity))  # type: ignore[arg-type]

    first = typed(KEPT, "one")
    setup.passcodes.keep(first)
    qtbot.waitUntil(lambda: stored_passcodes == {("KEPT", "reader"): "one"})
    second = replace(first, name="RENAMED")
    setup.passcodes.keep(second, first)
    qtbot.waitUntil(lambda: stored_passcodes == {("RENAMED", "reader"): "one"})
    third = replace(typed(second, None), name="AGAIN")
    setup.passcodes.keep(third, typed(second, None))
    qtbot.waitUntil(lambda: stored_passcodes == {("AGAIN", "reader"): "one"})
    setup.passcodes.keep(typed(third, None, secret=Secret.ASKED), third)
    qtbot.waitUntil(lambda: stored_passcodes == {})
    setup.passcodes.keep(first)
    setup.passcodes.keep(typed(ASKED, "never"))
    qtbot.waitUntil(lambda: stored_passcodes == {("KEPT", "reader"): "one"})
    setup.passcodes.forget(first)
    qtbot.waitUntil(lambda: stored_passcodes == {})


def test_the_keyring_is_looked_for_once_and_not_by_the_window(
    qtbot: QtBot, setup: PasscodesSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    monkeypatch.setattr(
        keyring, "keyring_available", lambda: threads.append(threading.current_thread()) is None
    )
    with qtbot.waitSignal(setup.passcodes.keyring_found):
        setup.passcodes.look_for_keyring()
        setup.passcodes.look_for_keyring()
    assert setup.passcodes.keyring
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
