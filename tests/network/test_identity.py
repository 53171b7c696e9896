"""User identity: what goes over the wire, and where a passcode must never show (PS3.7 D.3.3.7)."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from tests.network.conversations import PROPOSALS
from tests.peers.peer import Server, Talk
from workstation.dicom import nodes
from workstation.dicom.nodes import Identity, Node, Secret, Tls
from workstation.errors import ConnectionLost, PasscodeInClear, PasscodeMissing
from workstation.network.echo import echo
from workstation.network.pdus import UserIdentity
from workstation.network.requestor import associate
from workstation.network.trace import Event
from workstation.stop import Stop

SECRET = "swørdfish"


def said(identity: Identity | None) -> tuple[list[bytes], list[Event]]:
    """The user identity items in our request, and the trace of it."""
    items: list[bytes] = []
    events: list[Event] = []

    def script(talk: Talk) -> None:
        items.extend(content for kind, content in talk.accept().user if kind == 0x58)
        talk.released()

    with Server(script) as server:
        with associate(server.node(identity=identity), PROPOSALS, Stop(), observer=events.append):
            pass
        server.finished()
    return items, events


def test_none():
    assert said(None)[0] == []


def test_a_name():
    raw = "Åsa".encode()
    assert said(Identity("Åsa"))[0] == [b"\1\0" + b"\0\4" + raw + b"\0\0"]


@pytest.mark.parametrize("passcode", [SECRET, ""])
def test_a_name_and_a_passcode(passcode):
    raw = passcode.encode()
    assert said(Identity("user", passcode))[0] == [b"\2\0" + b"\0\4user" + bytes((0, len(raw))) + raw]


def test_the_passcode_is_nowhere_to_be_read(caplog):
    caplog.set_level(logging.DEBUG)
    identity = Identity("user", SECRET)

    def script(talk: Talk) -> None:
        talk.accept()
        talk.message()
        talk.reset()

    events: list[Event] = []
    with Server(script) as server:
        node = server.node(identity=identity)
        with (
            pytest.raises(ConnectionLost) as caught,
            associate(node, PROPOSALS, Stop(), observer=events.append) as association,
        ):
            echo(association)
    error = caught.value
    item = UserIdentity(2, b"user", SECRET.encode())
    texts = [repr(node), repr(identity), repr(item), repr(error), str(error), error.detail, caplog.text]
    texts += [text for event in events for text in (str(event), repr(event))]
    assert events
    assert not [
        text for text in texts if SECRET in text or SECRET.encode().hex() in text or "sw\\xc3" in text
    ]


@pytest.mark.parametrize("secret", [Secret.ASKED, Secret.KEPT])
def test_a_node_is_not_asked_without_the_passcode_that_belongs_to_its_user(secret):
    with Server(lambda talk: pytest.fail("it was asked")) as server:
        node = server.node(identity=Identity("user", None, secret))
        with pytest.raises(PasscodeMissing), associate(node, PROPOSALS, Stop()):
            pass


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_a_passcode_within_this_computer_needs_no_consent(host):
    assert not Node(
        name="N", ae_title="A", host=host, port=104, identity=Identity("user", SECRET)
    ).lacks_consent


def test_a_passcode_goes_out_unencrypted_only_with_consent():
    node = Node(name="N", ae_title="A", host="192.0.2.1", port=104, identity=Identity("user", SECRET))
    with pytest.raises(PasscodeInClear), associate(node, PROPOSALS, Stop()):
        pass
    agreed = node.with_consent()
    assert not agreed.lacks_consent
    for other in ({"host": "192.0.2.2"}, {"port": 105}):
        assert replace(agreed, **other).lacks_consent
    assert not replace(node, tls=Tls()).lacks_consent
    assert not replace(node, identity=Identity("user")).lacks_consent
    assert replace(node, identity=Identity("user", None, Secret.KEPT)).lacks_consent


def test_with_consent_it_goes_out(monkeypatch):
    monkeypatch.setattr(nodes, "_is_loopback", lambda host: False)
    items: list[bytes] = []

    def script(talk: Talk) -> None:
        items.extend(content for kind, content in talk.accept().user if kind == 0x58)
        talk.released()

    with Server(script) as server:
        node = server.node(identity=Identity("user", SECRET))
        with pytest.raises(PasscodeInClear), associate(node, PROPOSALS, Stop()):
            pass
        with associate(node.with_consent(), PROPOSALS, Stop()):
            pass
        server.finished()
    assert len(items) == 1
