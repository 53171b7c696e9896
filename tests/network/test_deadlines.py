"""Every wait ends at a deadline: connect, association, PDU, write, gap, release."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.network.conversations import (
    CT_ID,
    FIND_ID,
    MR_ID,
    PROPOSALS,
    ROW,
    MemorySink,
    file_of,
    find,
    keys,
    node_at,
    talking,
)
from tests.network.short_limits import IMPATIENT, QUICK
from tests.peers import wire
from tests.peers.hostile import dripping, flooding
from tests.peers.peer import PATIENCE, Server, Talk, full_backlog
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Timeouts
from workstation.errors import HostUnknown, NetworkError, ProtocolError, TimedOut, Unreachable
from workstation.network import requestor, resolve
from workstation.network.echo import echo
from workstation.network.get import get
from workstation.network.move import move
from workstation.network.requestor import associate
from workstation.network.send import store
from workstation.network.suboperations import FirstObjectWait
from workstation.stop import Stop

pytestmark = pytest.mark.usefixtures("open_files")


def times_out(script: Callable[[Talk], object], work=find, *, timeouts: Timeouts = IMPATIENT) -> TimedOut:
    """An association on which ``work`` waits in vain; the peer sees our A-ABORT."""

    def whole(talk: Talk) -> None:
        script(talk)
        assert talk.aborted() == (0, 0)

    with (
        pytest.raises(TimedOut) as caught,
        talking(whole, limits=QUICK, timeouts=timeouts) as association,
    ):
        work(association)
    return caught.value


SHORT = Timeouts(echo=0.1, find=0.1, retrieve=0.1, store=0.1)


@pytest.mark.parametrize("work", [find, echo])
def test_silence_after_a_request(work):
    error = times_out(Talk.message, work, timeouts=SHORT)
    assert str(error) == "Peer did not send an answer within 0.1 seconds."


def test_silence_in_a_get():
    def work(association):
        get(association, Model.STUDY, keys(), MemorySink(), first_object=FirstObjectWait(0.2))

    error = times_out(Talk.message, work, timeouts=SHORT)
    assert (error.waiting_for, error.seconds) == ("the first image", 0.2)


def test_silence_after_an_object_was_sent(tmp_path):
    error = times_out(
        Talk.message, lambda a: store(a, a.contexts[MR_ID], file_of(tmp_path, ROW)), timeouts=SHORT
    )
    assert error.seconds == 0.1


def test_the_gap_starts_again_with_each_message():
    """More than the gap in all, never a whole one between two messages."""
    said = []

    def script(talk: Talk) -> None:
        request = talk.message(wire.FIND_RQ)
        pause = threading.Event()
        for _ in range(8):
            pause.wait(0.15)
            talk.send(wire.response(request, 0xFF00, ROW))
            said.append(1)
        talk.send(wire.response(request, 0))
        talk.released()

    with talking(script, timeouts=Timeouts(find=1.0)) as association:
        assert len(find(association)) == len(said) == 8


@pytest.mark.parametrize("cut", [1, 5, 6, 9, 12, 30])
def test_a_pdu_that_stalls(cut):
    response = wire.message(FIND_ID, {wire.FIELD: 0x8020, wire.RESPONDED: 1, wire.STATUS: 0})

    def script(talk: Talk) -> None:
        talk.message()
        talk.send(response[:cut])

    error = times_out(script)
    assert str(error) == f"Peer did not send the rest of a PDU within {0.2 if cut < 6 else 0.5} seconds."


def test_an_object_that_stalls_between_its_pdus():
    sink = MemorySink()

    def script(talk: Talk) -> None:
        talk.message()
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", wire.image("1.2.3.4", 1000), size=512)[:-100])

    times_out(script, lambda a: get(a, Model.STUDY, keys(), sink), timeouts=replace(IMPATIENT, retrieve=1.0))
    assert sink.aborted == ["1.2.3.4"]


def test_a_drip_is_cut():
    """One byte now and then is life between PDUs, never within one."""

    def script(talk: Talk) -> None:
        talk.message()
        data = wire.pdu(wire.DATA, wire.pdv(FIND_ID, 3, bytes(1000)))
        dripping(0.02)(talk, data)

    with pytest.raises(TimedOut) as caught, talking(script, limits=QUICK) as association:
        find(association)
    assert caught.value.waiting_for == "the rest of a PDU"


def test_a_drip_of_the_answer_to_the_association_is_cut():
    def script(talk: Talk) -> None:
        talk.request()
        dripping(0.02)(talk, wire.associate(wire.AC, [wire.answered(1, 0, wire.EXPLICIT)]))

    with Server(script) as server:
        with pytest.raises(TimedOut) as caught, associate(server.node(), PROPOSALS, Stop(), limits=QUICK):
            pass
        server.finished()
    assert caught.value.waiting_for == "the rest of a PDU"


@pytest.mark.parametrize("tls", [None])
def test_a_peer_that_never_answers_the_association(tls):
    with Server(Talk.rest) as server:
        node = server.node(timeouts=Timeouts(association=0.1))
        with pytest.raises(TimedOut) as caught, associate(node, PROPOSALS, Stop(), limits=QUICK):
            pass
    assert str(caught.value) == "Peer did not send an answer to the association request within 0.1 seconds."


def test_a_peer_that_does_not_read(tmp_path):
    """Our write blocks; the torn PDU is not followed by an A-ABORT, which would pass for its rest."""
    data = wire.image("1.2.3.4", 20_000_000)
    told = threading.Event()
    got = []

    def script(talk: Talk) -> None:
        assert told.wait(PATIENCE)
        got.append(talk.rest())

    file = file_of(tmp_path, data)
    with talking(script, limits=replace(QUICK, data_rate=1e9), room=4096) as association:
        with pytest.raises(TimedOut) as caught:
            store(association, association.contexts[MR_ID], file)
        association.abort()
        told.set()
    assert caught.value.waiting_for == "room for our data"
    (sent,) = got
    assert 0 < len(sent) < len(data)
    assert wire.abort() not in sent


def test_a_peer_that_never_answers_the_release():
    def script(talk: Talk) -> None:
        talk.expect(wire.RELEASE_RQ)
        assert talk.rest() == b""

    with talking(script, limits=QUICK, timeouts=IMPATIENT):
        pass


def test_a_peer_that_floods_instead_of_answering_the_release():
    """It never lets us wait, so no wait can run out."""

    def script(talk: Talk) -> None:
        talk.expect(wire.RELEASE_RQ)
        part = wire.pdu(wire.DATA, wire.pdv(CT_ID, 0, bytes(100_000)))
        flooding(part)(talk, b"")

    with talking(script, limits=QUICK, timeouts=IMPATIENT):
        pass


def test_life_elsewhere_grants_another_gap():
    """A C-MOVE may be silent while its objects arrive at the listener."""
    moments = iter([1, 1, 1, 0, 0, 0])
    asked = []

    def alive() -> float:
        asked.append(1)
        return time.monotonic() if next(moments, 0) else 0.0

    first = FirstObjectWait(0.2)
    with pytest.raises(TimedOut), talking(Talk.aborted, timeouts=SHORT, limits=QUICK) as association:
        move(association, Model.STUDY, keys(), "WORKSTATION", last=alive, first_object=first)
    assert len(asked) >= 4


def test_nothing_listens(free_port):
    with (
        pytest.raises(Unreachable) as caught,
        associate(node_at("127.0.0.1", free_port()), PROPOSALS, Stop()),
    ):
        pass
    assert caught.value.refused
    assert str(caught.value).startswith("Nothing listens at 127.0.0.1:")


def test_a_host_that_does_not_answer():
    with (
        full_backlog() as port,
        pytest.raises(Unreachable) as caught,
        associate(node_at("127.0.0.1", port), PROPOSALS, Stop()),
    ):
        pass
    assert not caught.value.refused
    assert caught.value.detail == "no answer within 0.25 s"
    assert "does not answer at 127.0.0.1" in str(caught.value)


def test_a_host_without_address():
    with (
        pytest.raises(HostUnknown) as caught,
        associate(node_at("no.such.host.invalid", 104), PROPOSALS, Stop()),
    ):
        pass
    assert "“no.such.host.invalid”" in str(caught.value)


def test_a_host_name_that_is_none():
    with pytest.raises(HostUnknown), associate(node_at("." * 200, 104), PROPOSALS, Stop()):
        pass


def test_a_resolver_that_never_answers(monkeypatch):
    let_go = threading.Event()
    monkeypatch.setattr(resolve.socket, "getaddrinfo", lambda *_, **__: let_go.wait(PATIENCE) and [])
    try:
        with pytest.raises(HostUnknown), associate(node_at("slow.example", 104), PROPOSALS, Stop()):
            pass
    finally:
        let_go.set()


def test_an_address_family_this_computer_lacks_is_passed_over(monkeypatch):
    """The name service knows an IPv6 address, the computer has no IPv6."""

    def script(talk: Talk) -> None:
        talk.accept()
        talk.released()

    with Server(script) as server:
        there = (socket.AF_INET, ("127.0.0.1", server.port))
        none = (socket.AddressFamily.AF_APPLETALK, ("127.0.0.1", 1))
        monkeypatch.setattr(requestor, "resolve", lambda *_: [none, there])
        with associate(server.node(), PROPOSALS, Stop()):
            pass
        server.finished()
        monkeypatch.setattr(requestor, "resolve", lambda *_: [none])
        with pytest.raises(Unreachable), associate(server.node(), PROPOSALS, Stop()):
            pass


def test_the_next_address_is_tried(monkeypatch, free_port):
    def script(talk: Talk) -> None:
        talk.accept()
        talk.released()

    with Server(script) as server:
        found = [(socket.AF_INET, ("127.0.0.1", port)) for port in (free_port(), server.port)]
        monkeypatch.setattr(requestor, "resolve", lambda *_: found)
        with associate(server.node(), PROPOSALS, Stop()) as association:
            assert association.peer.address == "127.0.0.1"
        server.finished()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        wire.release(wire.RELEASE_RQ),
        wire.pdu(wire.DATA, wire.pdv(1, 3, b"")),
        wire.pdu(wire.AC, b"short"),
        wire.pdu(wire.AC, b"", length=256 * 1024 + 1),
        wire.pdu(wire.RJ, b""),
        wire.pdu(wire.ABORT, b""),
        wire.associate(wire.AC, [wire.answered(2, 0, wire.EXPLICIT)]),
        wire.associate(wire.AC, [wire.answered(99, 0, wire.EXPLICIT)]),
        wire.associate(wire.AC, [wire.answered(1, 0, "1.2.840.10008.1.2.4.50")]),
        wire.associate(wire.AC, [wire.answered(1, 0, wire.EXPLICIT)] * 2),
    ],
)
def test_an_answer_that_is_none(answer):
    def script(talk: Talk) -> None:
        talk.request()
        talk.send(answer)
        assert talk.aborted() == (0, 0)

    with Server(script) as server:
        with pytest.raises(ProtocolError), associate(server.node(), PROPOSALS, Stop(), limits=QUICK):
            pass
        server.finished()


@pytest.mark.parametrize("how", [Talk.close, Talk.reset])
def test_a_peer_that_hangs_up_on_the_association(how):
    def script(talk: Talk) -> None:
        talk.request()
        how(talk)

    with Server(script) as server:
        with pytest.raises(NetworkError) as caught, associate(server.node(), PROPOSALS, Stop(), limits=QUICK):
            pass
        server.finished()
    assert str(caught.value) == "The connection to Peer was lost."


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what was not taken")
def test_what_the_peer_never_takes_is_dropped_with_the_connection():
    """Else the system would keep megabytes for minutes, for every peer that stops reading."""
    over = threading.Event()

    def script(talk: Talk) -> None:
        assert over.wait(PATIENCE)
        with pytest.raises(ConnectionResetError):
            talk.take(4_000_000)

    with talking(script, limits=QUICK, room=4096) as association:
        association.send(FIND_ID, bytes(30_000))  # fits into the buffer of the system, not of the peer
        association.abort()
        over.set()
