"""Both sides speak at once: releases, aborts, cancels and objects that cross (PS3.8 9.2.3, PS3.4 C.4)."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.network.conversations import CT_ID, MR_ID, PROPOSALS, MemorySink, file_of, find, keys
from tests.network.listening import listening
from tests.network.scripts import AC, ECHO, ECHOED, ROW, STORE, Sides, associated, echoes, fetch
from tests.network.short_limits import QUICK
from tests.peers import wire
from tests.peers.hostile import Script
from tests.peers.peer import PATIENCE, Server, Talk, client
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Timeouts
from workstation.errors import AssociationAborted, ConnectionLost, NetworkError, OperationFailed
from workstation.network.acceptor import Terms, accept
from workstation.network.association import Association
from workstation.network.echo import echo
from workstation.network.get import get
from workstation.network.limits import LIMITS
from workstation.network.move import move
from workstation.network.requestor import associate
from workstation.network.send import store
from workstation.network.trace import Event
from workstation.stop import Stop

pytestmark = pytest.mark.usefixtures("nothing_left")

Work = Callable[[Association], object]


def meets(wire_of: Sides, script: Callable[[Talk], object], work: Work, **how: Any) -> None:
    """Do ``work`` on an association with a peer that accepts and then plays ``script``."""

    def whole(talk: Talk) -> None:
        talk.request()
        talk.send(AC)
        script(talk)

    with Server(whole, tls=wire_of.peer) as server:
        with associated(server, wire_of, limits=LIMITS, timeouts=Timeouts(), **how) as association:
            work(association)
        server.finished()


def nothing(association: Association) -> None:
    pass


# --- Releases ----------------------------------------------------------------------------------------


def test_two_releases_as_requestor(wire_of: Sides) -> None:
    """Sta9 to Sta11: we answer first, then the peer does."""

    def script(talk: Talk) -> None:
        talk.send(wire.release(wire.RELEASE_RQ))
        talk.expect(wire.RELEASE_RQ)
        talk.expect(wire.RELEASE_RP)
        talk.send(wire.release(wire.RELEASE_RP))
        assert talk.rest() == b""

    meets(wire_of, script, nothing)


def test_two_releases_as_acceptor(wire_of: Sides) -> None:
    """Sta10 to Sta12: the peer answers first, then we do."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over: list[Association | None] = []

        def ours() -> None:
            sock, address = server.accept()
            association = accept(sock, address, Terms(lambda peer: None, tls=wire_of.listener), Stop())
            assert association is not None
            association.release()
            over.append(association)

        thread = threading.Thread(target=ours)
        thread.start()
        with client(server.getsockname()[1], wire_of.client) as talk:
            talk.propose({1: ECHO})
            talk.expect(wire.RELEASE_RQ)
            talk.send(wire.release(wire.RELEASE_RQ), wire.release(wire.RELEASE_RP))
            talk.expect(wire.RELEASE_RP)
            assert talk.rest() == b""
        thread.join(PATIENCE)
    assert over


def test_an_abort_instead_of_the_answer_to_our_release(wire_of: Sides) -> None:
    """The work is done: nothing is raised."""

    def script(talk: Talk) -> None:
        talk.expect(wire.RELEASE_RQ)
        talk.send(wire.abort(2, 0))
        assert talk.rest() == b""

    meets(wire_of, script, nothing)


def test_an_abort_in_the_middle_of_a_collision(wire_of: Sides) -> None:
    def script(talk: Talk) -> None:
        talk.send(wire.release(wire.RELEASE_RQ))
        talk.expect(wire.RELEASE_RQ)
        talk.expect(wire.RELEASE_RP)
        talk.send(wire.abort(0, 0))
        assert talk.rest() == b""

    meets(wire_of, script, nothing)


def test_our_release_while_the_peer_sends(wire_of: Sides) -> None:
    """An object that begins after our work was done is passed over until the answer comes."""

    def script(talk: Talk) -> None:
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", wire.image("1.2.3.4", 100_000)))
        talk.expect(wire.RELEASE_RQ)
        talk.send(wire.store(CT_ID, 2, "1.2.3.5", wire.image("1.2.3.5", 100_000), size=700))
        talk.send(wire.release(wire.RELEASE_RP))
        assert talk.rest() == b""

    meets(wire_of, script, nothing)


@pytest.mark.parametrize("part", [0, 1, 20], ids=["instead of rows", "after a row", "inside an object"])
def test_the_peers_release_in_our_operation(wire_of: Sides, part: int) -> None:
    """It is answered, and the operation ends as a lost connection; what was incomplete is given up."""
    sink = MemorySink()

    def script(talk: Talk) -> None:
        request = talk.message()
        if part == 1:
            talk.send(wire.response(request, 0xFF00))
        elif part:
            whole = wire.store(CT_ID, 1, "1.2.3.4", wire.image("1.2.3.4", 50_000), size=1000)
            talk.send(whole[: Script(whole).boundaries[part]])
        talk.send(wire.release(wire.RELEASE_RQ))
        while talk.pdu().kind != wire.RELEASE_RP:
            pass
        assert talk.rest() == b""

    with pytest.raises(NetworkError):
        meets(wire_of, script, lambda association: fetch(association, sink))
    assert sink.objects == {}
    assert sink.aborted == list(sink.contexts)


def test_the_peers_release_while_we_store(wire_of: Sides, tmp_path: Path) -> None:
    """We finish our message, hear that it wants to go, and answer."""

    def script(talk: Talk) -> None:
        talk.send(wire.release(wire.RELEASE_RQ))
        talk.message(wire.STORE_RQ)
        talk.expect(wire.RELEASE_RP)
        assert talk.rest() == b""

    file = file_of(tmp_path, wire.image("1.2.3.4", 2_000_000))
    with pytest.raises(ConnectionLost) as caught:
        meets(wire_of, script, lambda association: store(association, association.contexts[MR_ID], file))
    assert caught.value.detail == "the peer released the association in the middle"


# --- Aborts ------------------------------------------------------------------------------------------


def fails(association: Association) -> None:
    raise KeyError("the caller's error")


def test_two_aborts(wire_of: Sides) -> None:
    def script(talk: Talk) -> None:
        talk.send(wire.abort(0, 0))
        talk.expect(wire.ABORT)
        assert talk.rest() == b""

    with pytest.raises(KeyError):
        meets(wire_of, script, fails)


def test_an_abort_while_we_write(wire_of: Sides, tmp_path: Path) -> None:
    def script(talk: Talk) -> None:
        talk.take(100_000)
        talk.send(wire.abort(2, 1))
        talk.close()

    file = file_of(tmp_path, bytes(20_000_000))
    with pytest.raises((AssociationAborted, ConnectionLost)):
        meets(wire_of, script, lambda association: store(association, association.contexts[MR_ID], file))


def test_an_abort_of_ours_while_the_peer_writes(wire_of: Sides) -> None:
    """It is read away for a while, so that our reason is not overtaken by a reset."""

    def script(talk: Talk) -> None:
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", wire.image("1.2.3.4", 3_000_000)))
        assert talk.expect(wire.ABORT).body[2:] == bytes((0, 0))

    with pytest.raises(KeyError):
        meets(wire_of, script, fails)


@pytest.mark.parametrize("said", [b"", ECHOED, ECHOED[:7], wire.release(wire.RELEASE_RQ)])
def test_a_clients_abort(wire_of: Sides, said: bytes) -> None:
    with listening(limits=QUICK, tls=wire_of.listener) as scp:
        with client(scp.port, wire_of.client) as talk:
            talk.propose({1: STORE, 3: ECHO})
            talk.send(said, wire.abort(0, 0))
            talk.rest()
        assert echoes(scp.port, wire_of.client)


# --- Cancels -----------------------------------------------------------------------------------------


class Crossing:
    """A stop requested in the middle of an operation, and a way to wait until our C-CANCEL is on its way."""

    def __init__(self) -> None:
        self.stop = Stop()
        self.sent = threading.Event()

    def observe(self, event: Event) -> None:
        if event.sent and event.what.startswith("C-CANCEL"):
            self.sent.set()

    def request(self) -> None:
        self.stop.request()
        assert self.sent.wait(PATIENCE)

    def meets(self, wire_of: Sides, script: Callable[[Talk], object], work: Work) -> None:
        def whole(talk: Talk) -> None:
            talk.request()
            talk.send(AC)
            script(talk)

        with Server(whole, tls=wire_of.peer) as server:
            node = server.node(tls=wire_of.node)
            with associate(node, PROPOSALS, self.stop, observer=self.observe) as association:
                work(association)
            server.finished()


ASKING: dict[str, Work] = {
    "C-FIND": find,
    "C-GET": lambda it: get(it, Model.STUDY, keys(), MemorySink()),
    "C-MOVE": lambda it: move(it, Model.STUDY, keys(), "WORKSTATION"),
}


@pytest.mark.parametrize("status", [0x0000, 0xFE00, 0xA700])
@pytest.mark.parametrize("service", ASKING)
def test_a_cancel_that_crosses_the_final_answer(wire_of: Sides, service: str, status: int) -> None:
    """The peer reads it when all is said: it has no answer, and the association ends in order."""
    crossing = Crossing()

    def script(talk: Talk) -> None:
        request = talk.message()
        crossing.request()
        talk.send(wire.response(request, status))
        talk.message(wire.CANCEL_RQ)
        talk.released()

    def work(association: Association) -> None:
        with contextlib.suppress(OperationFailed):
            ASKING[service](association)

    crossing.meets(wire_of, script, work)


def test_objects_that_arrive_after_the_cancel(wire_of: Sides) -> None:
    """They are kept and answered; the peer may have begun with them before."""
    crossing, sink = Crossing(), MemorySink()

    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        first = wire.store(CT_ID, 1, "1.2.1", wire.image("1.2.1", 50_000), size=1000)
        talk.send(first[:20_000])
        crossing.request()
        talk.send(first[20_000:])
        talk.message(wire.CANCEL_RQ)
        assert talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS) == 0
        talk.send(wire.store(CT_ID, 2, "1.2.2", ROW))
        assert talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS) == 0
        talk.send(wire.response(request, 0xFE00))
        talk.released()

    crossing.meets(wire_of, script, lambda it: fetch(it, sink))
    assert set(sink.objects) == {"1.2.1", "1.2.2"}


@pytest.mark.parametrize(
    "answer", [wire.abort(0, 0), wire.release(wire.RELEASE_RQ), b""], ids=["aborts", "releases", "hangs up"]
)
def test_a_peer_that_ends_it_all_because_of_the_cancel(wire_of: Sides, answer: bytes) -> None:
    """Some archives do: what came is kept, and nothing hangs."""
    crossing = Crossing()

    def script(talk: Talk) -> None:
        request = talk.message(wire.FIND_RQ)
        talk.send(wire.response(request, 0xFF00, ROW))
        crossing.request()
        talk.message(wire.CANCEL_RQ)
        talk.send(answer)
        with contextlib.suppress(OSError):
            socket.socket.shutdown(talk.sock, socket.SHUT_WR)
            talk.rest()

    with pytest.raises(NetworkError):
        crossing.meets(wire_of, script, find)


def test_a_cancel_between_two_operations_is_none(wire_of: Sides) -> None:
    """A stop that comes when nothing is asked sends no C-CANCEL; the release goes on."""
    stop = Stop()

    def script(talk: Talk) -> None:
        talk.send(wire.response(talk.message(wire.ECHO_RQ), 0))
        talk.expect(wire.RELEASE_RQ)
        talk.send(wire.release(wire.RELEASE_RP))
        assert talk.rest() == b""

    def work(association: Association) -> None:
        assert echo(association).status == 0
        stop.request()

    meets(wire_of, script, work, stop=stop)
