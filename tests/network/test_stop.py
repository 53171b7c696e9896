"""Stopping from another thread: in time, politely once, and nothing is left behind."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from tests.network.short_limits import IMPATIENT, PATIENT, QUICK
from tests.peers import wire
from tests.peers.hostile import flooding
from tests.peers.peer import PATIENCE, Server, Talk, full_backlog
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Tls
from workstation.errors import ConnectionLost
from workstation.network import resolve
from workstation.network.association import Association
from workstation.network.channel import NEVER, Channel
from workstation.network.echo import echo
from workstation.network.find import Find
from workstation.network.get import get
from workstation.network.requestor import associate
from workstation.network.send import store
from workstation.stop import Cancelled, Stop

pytestmark = pytest.mark.usefixtures("open_files")

LIMITS = replace(QUICK, grace=0.3, cancel=0.6)


@contextmanager
def stopped_when(event: threading.Event, stop: Stop, *, at_once: bool = False) -> Iterator[None]:
    """Another thread requests ``stop`` as soon as ``event`` is set."""

    def wait() -> None:
        if event.wait(PATIENCE):
            stop.request(at_once=at_once)

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield
    finally:
        event.set()
        thread.join()


def cancels(talk: Talk, then: Callable[[], object] = lambda: None) -> list[wire.Message]:
    """Read to the end; every C-CANCEL our side sent, ``then`` called at the first one."""
    found: list[wire.Message] = []
    while True:
        pdu = talk.pdu()
        if pdu.kind != wire.DATA:
            return found
        ((context, control, raw),) = pdu.fragments
        if control & 1:
            message = wire.Message(context, wire.elements(raw))
            if message.field == wire.CANCEL_RQ:
                found.append(message)
                then()


# --- Before the association --------------------------------------------------------------------------


def test_a_stop_that_came_before():
    stop = Stop()
    stop.request()
    with Server(Talk.rest) as server, pytest.raises(Cancelled), associate(server.node(), PROPOSALS, stop):
        pass


@pytest.mark.parametrize("at_once", [False, True])
def test_stop_while_the_name_is_resolved(monkeypatch, stop, at_once):
    asked, let_go = threading.Event(), threading.Event()

    def slow(*_: object, **__: object) -> list:
        asked.set()
        let_go.wait(PATIENCE)
        return []

    monkeypatch.setattr(resolve.socket, "getaddrinfo", slow)
    try:
        with (
            stopped_when(asked, stop, at_once=at_once),
            pytest.raises(Cancelled),
            associate(node_at("slow.example", 104), PROPOSALS, stop),
        ):
            pass
    finally:
        let_go.set()


wait = Channel._wait


def test_stop_while_connecting(stop, monkeypatch):
    """A full backlog leaves the connection in the air."""
    with full_backlog() as port:
        node = node_at("127.0.0.1", port)
        waiting = threading.Event()
        monkeypatch.setattr(Channel, "_wait", lambda *how: waiting.set() or wait(*how))
        with stopped_when(waiting, stop), pytest.raises(Cancelled), associate(node, PROPOSALS, stop):
            pass


def test_stop_in_the_tls_handshake(stop, authority):
    shaking = threading.Event()

    def silent(talk: Talk) -> None:
        talk.take(1)
        shaking.set()
        talk.rest()

    with Server(silent) as server:
        node = server.node(tls=Tls(str(authority.ca)))
        with stopped_when(shaking, stop), pytest.raises(Cancelled), associate(node, PROPOSALS, stop):
            pass
        server.finished()


@pytest.mark.parametrize("at_once", [False, True])
def test_stop_while_the_association_is_awaited(stop, at_once):
    asked = threading.Event()

    def script(talk: Talk) -> None:
        talk.request()
        asked.set()
        assert talk.aborted() == (0, 0)

    with Server(script) as server:
        with (
            stopped_when(asked, stop, at_once=at_once),
            pytest.raises(Cancelled),
            associate(server.node(), PROPOSALS, stop),
        ):
            pass
        server.finished()


def test_stop_in_the_pause_after_a_transient_rejection(stop):
    rejected = threading.Event()

    def script(talk: Talk) -> None:
        talk.request()
        talk.send(wire.reject(2, 3, 2))
        talk.rest()
        rejected.set()

    with Server(script) as server:
        with (
            stopped_when(rejected, stop),
            pytest.raises(Cancelled),
            associate(server.node(), PROPOSALS, stop, limits=replace(LIMITS, retry=PATIENCE * 4)),
        ):
            pass
        server.finished()


# --- In an operation ---------------------------------------------------------------------------------


def test_a_find_is_cancelled_once_and_drained(stop):
    """The rows on the way still come; the final FE00 ends it, and the association is released."""
    some = threading.Event()

    def script(talk: Talk) -> None:
        request = talk.message(wire.FIND_RQ)
        talk.send(*[wire.response(request, 0xFF00, ROW)] * 3)
        some.set()
        cancel = talk.message(wire.CANCEL_RQ)
        assert (cancel.context, cancel.number(wire.RESPONDED)) == (FIND_ID, request.number(wire.ID))
        assert wire.ID not in cancel.command
        assert cancel.number(wire.TYPE) == wire.NO_DATA
        talk.send(*[wire.response(request, 0xFF00, ROW)] * 2, wire.response(request, 0xFE00))
        talk.released()

    with stopped_when(some, stop), talking(script, stop=stop) as association:
        query = Find(association, Model.STUDY, keys())
        assert len(list(query)) == 5
        assert query.incomplete
        assert query.response is not None
        assert query.response.status == 0xFE00


def twice(association: Association) -> None:
    find(association)
    find(association)


def test_after_a_stop_nothing_more_is_asked(stop):
    some = threading.Event()

    def script(talk: Talk) -> None:
        request = talk.message(wire.FIND_RQ)
        some.set()
        talk.message(wire.CANCEL_RQ)
        talk.send(wire.response(request, 0xFE00))
        assert talk.aborted() == (0, 0)

    with (
        stopped_when(some, stop),
        pytest.raises(Cancelled),
        talking(script, stop=stop) as association,
    ):
        twice(association)


@pytest.mark.parametrize("then", ["silence", "rows"])
def test_a_peer_that_ignores_the_cancel_is_left(stop, then):
    """One C-CANCEL, the grace, A-ABORT; also when the peer never lets us wait."""
    asked, over = threading.Event(), threading.Event()
    seen: list[wire.Message] = []

    def script(talk: Talk) -> None:
        request = talk.message(wire.FIND_RQ)
        asked.set()
        if then == "silence":
            seen.extend(cancels(talk))
        else:
            flooding(wire.response(request, 0xFF00, ROW * 1000))(talk, b"")
        over.set()

    with stopped_when(asked, stop), pytest.raises(Cancelled), talking(script, stop=stop, limits=LIMITS) as it:
        for _ in Find(it, Model.STUDY, keys()):
            pass
    assert over.is_set()
    assert len(seen) == (then == "silence")


@pytest.mark.parametrize("requests", [2, 5])
def test_more_requests_to_stop_make_no_more_cancels(stop, requests):
    asked = threading.Event()
    seen: list[wire.Message] = []

    def script(talk: Talk) -> None:
        talk.message(wire.FIND_RQ)
        asked.set()
        seen.extend(cancels(talk, then=lambda: [stop.request() for _ in range(requests)]))

    with stopped_when(asked, stop), pytest.raises(Cancelled), talking(script, stop=stop, limits=LIMITS) as it:
        find(it)
    assert len(seen) == 1


@pytest.mark.parametrize("work", [find, lambda a: get(a, Model.STUDY, keys(), MemorySink())])
def test_at_once_skips_the_grace_and_the_cancel(stop, work):
    asked = threading.Event()
    seen: list[wire.Message] = []

    def script(talk: Talk) -> None:
        talk.message()
        asked.set()
        seen.extend(cancels(talk))

    patient = replace(LIMITS, grace=PATIENCE * 4, cancel=PATIENCE * 4)
    with (
        stopped_when(asked, stop, at_once=True),
        pytest.raises(Cancelled),
        talking(script, stop=stop, limits=patient) as it,
    ):
        work(it)
    assert seen == []


def test_at_once_ends_a_grace_that_runs(stop):
    asked = threading.Event()
    seen: list[wire.Message] = []

    def script(talk: Talk) -> None:
        talk.message()
        asked.set()
        seen.extend(cancels(talk, then=lambda: stop.request(at_once=True)))

    patient = replace(LIMITS, grace=PATIENCE * 4, cancel=PATIENCE * 4)
    with (
        stopped_when(asked, stop),
        pytest.raises(Cancelled),
        talking(script, stop=stop, limits=patient) as it,
    ):
        find(it)
    assert len(seen) == 1


def test_objects_on_the_way_are_kept_and_answered_during_the_grace(stop):
    asked = threading.Event()

    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        asked.set()
        talk.message(wire.CANCEL_RQ)
        for number in (1, 2):
            talk.send(wire.store(CT_ID, number, f"1.2.{number}", ROW))
            assert talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS) == 0
        talk.send(wire.response(request, 0xFE00, fields={wire.REMAINING: 5}))
        talk.released()

    sink = MemorySink()
    with stopped_when(asked, stop), talking(script, stop=stop) as association:
        response = get(association, Model.STUDY, keys(), sink)
    assert (response.status, response.remaining) == (0xFE00, 5)
    assert set(sink.objects) == {"1.2.1", "1.2.2"}


@pytest.mark.parametrize("at_once", [False, True])
def test_stop_in_the_middle_of_an_object(stop, at_once):
    sink = MemorySink()
    seen: list[wire.Message] = []

    def script(talk: Talk) -> None:
        talk.message(wire.GET_RQ)
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", wire.image("1.2.3.4", 5000), size=1000)[:-500])
        seen.extend(cancels(talk))

    with (
        stopped_when(sink.arrived, stop, at_once=at_once),
        pytest.raises(Cancelled),
        talking(script, stop=stop, limits=LIMITS) as association,
    ):
        get(association, Model.STUDY, keys(), sink)
    assert sink.aborted == ["1.2.3.4"]
    assert len(seen) == (not at_once)


def test_an_object_without_end_does_not_outlast_the_grace(stop):
    sink = MemorySink()

    def script(talk: Talk) -> None:
        talk.message(wire.GET_RQ)
        data = wire.image("1.2.3.4", 50_000)
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", data)[: -12 - len(data) % 16_000])
        flooding(wire.pdu(wire.DATA, wire.pdv(CT_ID, 0, bytes(100_000))))(talk, b"")

    with (
        stopped_when(sink.arrived, stop),
        pytest.raises(Cancelled),
        talking(script, stop=stop, limits=LIMITS) as association,
    ):
        get(association, Model.STUDY, keys(), Measured(sink))
    assert sink.aborted == ["1.2.3.4"]


class Measured:
    """A sink that forgets what it was given: the object has no end."""

    def __init__(self, sink: MemorySink) -> None:
        self._sink = sink

    def begin(self, *about):
        slot = self._sink.begin(*about)
        slot.write = lambda data: None
        return slot


@pytest.mark.parametrize("at_once", [False, True])
def test_stop_while_our_write_is_blocked(stop, tmp_path, at_once):
    begun = threading.Event()
    over = threading.Event()

    def script(talk: Talk) -> None:
        talk.take(100)
        begun.set()
        assert over.wait(PATIENCE)

    file = file_of(tmp_path, bytes(20_000_000))
    with (
        stopped_when(begun, stop, at_once=at_once),
        pytest.raises(Cancelled),
        talking(script, stop=stop, room=4096, limits=LIMITS) as association,
    ):
        storing(association, file, over)


def storing(association: Association, file, over: threading.Event) -> None:
    try:
        store(association, association.contexts[MR_ID], file)
    finally:
        association.abort()
        over.set()


def getting(association: Association, wish, over: threading.Event) -> None:
    try:
        get(association, Model.STUDY, wish, MemorySink())
    finally:
        association.abort()
        over.set()


def test_stop_while_a_request_is_blocked(stop):
    """The request is written to its end before C-CANCEL, or given up with the grace."""
    begun, over = threading.Event(), threading.Event()

    def script(talk: Talk) -> None:
        talk.take(100)
        begun.set()
        assert over.wait(PATIENCE)

    wish = keys(EncapsulatedDocument=bytes(20_000_000))
    with (
        stopped_when(begun, stop),
        pytest.raises(Cancelled),
        talking(script, stop=stop, room=4096, limits=LIMITS) as association,
    ):
        getting(association, wish, over)


def test_a_request_that_is_stopped_while_it_is_written_is_whole_before_the_cancel(stop):
    begun = threading.Event()

    def script(talk: Talk) -> None:
        talk.fragments = talk.pdu().fragments
        begun.set()
        request = talk.message(wire.GET_RQ)
        assert request.data is not None
        assert len(request.data) > 8_000_000
        assert talk.message(wire.CANCEL_RQ).number(wire.RESPONDED) == request.number(wire.ID)
        talk.send(wire.response(request, 0xFE00))
        talk.released()

    wish = keys(EncapsulatedDocument=bytes(10_000_000))
    with (
        stopped_when(begun, stop),
        talking(script, stop=stop, limits=PATIENT, room=4096) as association,
    ):
        assert get(association, Model.STUDY, wish, MemorySink()).status == 0xFE00


def test_stop_in_an_echo(stop):
    """There is no C-CANCEL for it (PS3.7 9.3.2.3): A-ABORT."""
    asked = threading.Event()

    def script(talk: Talk) -> None:
        talk.message(wire.ECHO_RQ)
        asked.set()
        assert talk.aborted() == (0, 0)

    with stopped_when(asked, stop), pytest.raises(Cancelled), talking(script, stop=stop) as association:
        echo(association)


@pytest.mark.parametrize("grace", [False, True])
def test_stop_in_the_release(stop, grace):
    """All in all no longer than the bound for a cancel, however patient the node is."""
    asked = threading.Event()
    node = replace(IMPATIENT, release=PATIENCE * 4)

    def script(talk: Talk) -> None:
        if grace:
            request = talk.message(wire.FIND_RQ)
            asked.set()
            talk.message(wire.CANCEL_RQ)
            talk.send(wire.response(request, 0xFE00))
        talk.expect(wire.RELEASE_RQ)
        asked.set()
        talk.rest()

    at_once = not grace
    with (
        stopped_when(asked, stop, at_once=at_once),
        talking(script, stop=stop, limits=LIMITS, timeouts=node) as association,
    ):
        if grace:
            find(association)


def test_find_can_be_cancelled_by_its_owner():
    """Enough rows: no stop, the association goes on."""

    def script(talk: Talk) -> None:
        request = talk.message(wire.FIND_RQ)
        talk.send(*[wire.response(request, 0xFF00, ROW)] * 2)
        talk.message(wire.CANCEL_RQ)
        talk.send(wire.response(request, 0xFF00, ROW), wire.response(request, 0xFE00))
        talk.send(wire.response(talk.message(wire.ECHO_RQ), 0))
        talk.released()

    with talking(script) as association:
        query = Find(association, Model.STUDY, keys())
        rows = 0
        for _ in query:
            rows += 1
            if rows <= 2:
                query.cancel(grace=PATIENCE)
        assert rows == 3
        assert query.incomplete
        assert echo(association).status == 0


def test_a_cancel_whose_grace_is_over_ends_the_find():
    def script(talk: Talk) -> None:
        request = talk.message(wire.FIND_RQ)
        talk.send(wire.response(request, 0xFF00, ROW))
        assert len(cancels(talk)) == 1

    def work(association: Association) -> None:
        query = Find(association, Model.STUDY, keys())
        for _ in query:
            query.cancel(grace=0.05)

    with pytest.raises(Cancelled), talking(script) as association:
        work(association)


def test_a_peer_that_is_gone_when_cancelled(stop):
    asked = threading.Event()

    def script(talk: Talk) -> None:
        talk.message(wire.FIND_RQ)
        talk.reset()
        asked.set()

    with (
        pytest.raises((Cancelled, ConnectionLost)),
        stopped_when(asked, stop),
        talking(script, stop=stop) as it,
    ):
        find(it)


def test_an_error_of_the_caller_aborts(stop):

    def script(talk: Talk) -> None:
        talk.message(wire.FIND_RQ)
        assert talk.aborted() == (0, 0)

    with pytest.raises(KeyError), talking(script, stop=stop) as association:
        fails(association)


def fails(association: Association) -> None:
    association.send(FIND_ID, wire.command({wire.FIELD: wire.FIND_RQ, wire.ID: 1, wire.TYPE: wire.NO_DATA}))
    raise KeyError("the caller's bug")


def test_a_grace_that_is_over_counts_although_bytes_are_there(stop):
    """A peer that never lets us wait must not outlast it."""
    ours, theirs = socket.socketpair()
    with contextlib.closing(theirs), contextlib.closing(Channel(ours, "Peer", stop)) as channel:
        theirs.sendall(b"bytes")
        buffer = memoryview(bytearray(5))
        assert channel.receive_into(buffer[:1], NEVER, "anything", 1) == 1
        channel.limit = 0.0
        with pytest.raises(Cancelled):
            channel.receive_into(buffer, NEVER, "anything", 1)
