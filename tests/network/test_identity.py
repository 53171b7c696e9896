"""User identity: what goes over the wire, and where a passcode must never show (PS3.7 D.3.3.7)."""

from __future__ import annotations

import logging

import pytest

from tests.network.talking import PROPOSALS
from tests.peers.peer import Server, Talk
from workstation.dicom.nodes import Identity
from workstation.errors import ConnectionLost
from workstation.network.associate import UserIdentity
from workstation.network.echo import echo
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
