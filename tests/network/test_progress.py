"""Only what was asked for is life: a peer that talks without getting on is given up at the gap."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.network.conversations import (
    CT_ID,
    ECHO_ID,
    FIND_ID,
    GET_ID,
    MOVE_ID,
    MemorySink,
    find,
    keys,
    talking,
)
from tests.network.leaks import Holdings
from tests.network.listening import listening
from tests.network.scripts import ECHO, ECHOED, ROW, STORE, echoes
from tests.network.short_limits import QUICK, UNHURRIED, until
from tests.peers import wire
from tests.peers.hostile import Deed, dripping, stall
from tests.peers.peer import Talk, client
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Timeouts
from workstation.errors import ProtocolError, TimedOut
from workstation.network.association import Association
from workstation.network.echo import echo
from workstation.network.get import get
from workstation.network.limits import Limits
from workstation.network.move import move
from workstation.network.storage_commitment import Reports
from workstation.network.suboperations import FirstObjectWait
from workstation.stop import Stop

GAP = 0.4
SHORT = Timeouts(echo=GAP, find=GAP, retrieve=GAP, store=GAP)
BRIEF = replace(QUICK, first_object=0.6)

Work = Callable[[Association], object]


def fetch(association: Association) -> object:
    return get(association, Model.STUDY, keys(), MemorySink())


def have_moved(association: Association) -> object:
    return move(association, Model.STUDY, keys(), "WORKSTATION")


SERVICES: dict[str, tuple[int, int, Work]] = {
    "C-ECHO": (ECHO_ID, wire.ECHO_RQ, echo),
    "C-FIND": (FIND_ID, wire.FIND_RQ, find),
    "C-GET": (GET_ID, wire.GET_RQ, fetch),
    "C-MOVE": (MOVE_ID, wire.MOVE_RQ, have_moved),
}


def pending(context: int, field: int, data: bytes | None = None, **counters: int) -> bytes:
    fields: dict[int, wire.Value] = {
        wire.FIELD: field | wire.RESPONSE, wire.RESPONDED: 1, wire.STATUS: 0xFF00,
    }  # fmt: skip
    names = {"remaining": wire.REMAINING, "completed": wire.COMPLETED}
    return wire.message(context, fields | {names[name]: count for name, count in counters.items()}, data)


def given_up(work: Work, drop: bytes, *, limits: Limits = BRIEF) -> TimedOut:
    """Our side ends although the peer says ``drop`` again and again."""

    def script(talk: Talk) -> None:
        talk.message()
        dripping(0.05, drop)(talk, b"")

    with (
        pytest.raises(TimedOut) as caught,
        talking(script, limits=limits, timeouts=SHORT) as association,
    ):
        work(association)
    return caught.value


FOREIGN = {
    "C-ECHO-RQ": wire.message(1, {wire.CLASS: wire.VERIFICATION, wire.FIELD: wire.ECHO_RQ, wire.ID: 9}),
    "C-CANCEL-RQ": wire.message(1, {wire.FIELD: wire.CANCEL_RQ, wire.RESPONDED: 1}),
    "C-STORE-RQ on a context for none": wire.store(1, 9, "1.2.3.4", wire.image("1.2.3.4")),
}


@pytest.mark.parametrize("drop", FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize("service", SERVICES)
def test_requests_of_the_peers_are_no_answer(nothing_left: Holdings, service: str, drop: bytes) -> None:
    first = BRIEF.first_object if service in ("C-GET", "C-MOVE") else GAP
    assert given_up(SERVICES[service][2], drop).seconds == first


@pytest.mark.parametrize("service", SERVICES)
def test_a_pdu_without_a_fragment_is_a_fault(service: str) -> None:
    def script(talk: Talk) -> None:
        talk.message()
        talk.send(wire.pdu(wire.DATA, b""))
        assert talk.aborted() == (2, 6)

    with pytest.raises(ProtocolError) as caught, talking(script, limits=QUICK) as association:
        SERVICES[service][2](association)
    assert caught.value.fault == "a P-DATA PDU of 0 bytes"


def test_the_listener_takes_no_pdu_without_a_fragment() -> None:
    with listening() as scp:
        with client(scp.port) as talk:
            talk.propose({3: ECHO})
            talk.send(wire.pdu(wire.DATA, b""))
            assert talk.aborted() == (2, 6)
        assert echoes(scp.port)


@pytest.mark.parametrize("data", [None, b""], ids=["without a data set", "with an empty one"])
def test_answers_without_identifier_are_no_progress(data: bytes | None) -> None:
    assert given_up(find, pending(FIND_ID, wire.FIND_RQ, data)).seconds == GAP


def test_a_search_has_a_ceiling() -> None:
    """A row in every gap, without end."""
    given_up(find, pending(FIND_ID, wire.FIND_RQ, ROW), limits=replace(BRIEF, find_gaps=2))


@pytest.mark.parametrize("counters", [{}, {"remaining": 5}, {"remaining": 5, "completed": 0}])
@pytest.mark.parametrize("service", ["C-GET", "C-MOVE"])
def test_pending_without_progress_ends(service: str, counters: dict[str, int]) -> None:
    context, field, work = SERVICES[service]
    given_up(work, pending(context, field, **counters))


@pytest.mark.parametrize("service", ["C-GET", "C-MOVE"])
def test_counters_that_go_up_and_down_are_no_progress(service: str) -> None:
    context, field, work = SERVICES[service]
    both = [pending(context, field, remaining=left, completed=5 - left) for left in (3, 4)]
    given_up(work, b"".join(both))


@pytest.mark.parametrize("field", ["remaining", "completed"])
def test_counters_that_get_on_are_progress(field: str) -> None:
    """An archive that moves to somewhere else tells nothing but these."""
    finished = threading.Event()

    def script(talk: Talk) -> None:
        request = talk.message(wire.MOVE_RQ)
        pause = threading.Event()
        for number in range(8):
            talk.send(
                pending(MOVE_ID, wire.MOVE_RQ, **{field: 8 - number if field == "remaining" else number})
            )
            pause.wait(GAP / 2)
        talk.send(wire.response(request, 0))
        talk.released()
        finished.set()

    with talking(script, limits=replace(UNHURRIED, first_object=0.0), timeouts=SHORT) as association:
        have_moved(association)
    assert finished.is_set()


def test_pending_is_enough_for_a_while_before_the_first_object() -> None:
    """An archive that fetches from tape: more than the gap, nothing but "pending"."""

    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        pause = threading.Event()
        for _ in range(6):
            talk.send(pending(GET_ID, wire.GET_RQ, remaining=1, completed=0))
            pause.wait(GAP / 2)
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", wire.image("1.2.3.4")))
        talk.message(wire.STORE_RQ | wire.RESPONSE)
        talk.send(wire.response(request, 0))
        talk.released()

    sink = MemorySink()
    with talking(script, timeouts=SHORT) as association:
        get(association, Model.STUDY, keys(), sink)
    assert list(sink.objects) == ["1.2.3.4"]


def silent_then_one(talk: Talk) -> None:
    """Nothing at all for longer than the gap, then an object, then nothing any more."""
    talk.message(wire.GET_RQ)
    threading.Event().wait(2 * GAP)
    talk.send(wire.store(CT_ID, 1, "1.2.3.4", wire.image("1.2.3.4")))
    talk.message(wire.STORE_RQ | wire.RESPONSE)
    talk.aborted()


def test_silence_before_the_first_object_is_borne_for_a_while_and_thereafter_for_the_gap() -> None:
    """An archive that fetches from tape need not say anything."""
    sink = MemorySink()
    with pytest.raises(TimedOut) as caught, talking(silent_then_one, timeouts=SHORT) as association:
        get(association, Model.STUDY, keys(), sink)
    assert list(sink.objects) == ["1.2.3.4"]
    assert (caught.value.waiting_for, caught.value.seconds) == ("an answer", GAP)


def test_all_requests_of_a_retrieve_share_one_wait() -> None:
    def script(talk: Talk) -> None:
        talk.send(wire.response(talk.message(wire.GET_RQ), 0xA702))
        talk.message(wire.GET_RQ)
        talk.aborted()

    def twice(association: Association) -> None:
        get(association, Model.STUDY, keys(), MemorySink(), first_object=first)
        until.append(first._until)
        threading.Event().wait(2 * GAP)
        get(association, Model.STUDY, keys(), MemorySink(), first_object=first)

    first, until = FirstObjectWait(3 * GAP), list[float | None]()
    with pytest.raises(TimedOut) as caught, talking(script, timeouts=SHORT) as association:
        twice(association)
    assert until == [first._until]
    assert first._until is not None
    assert time.monotonic() >= first._until
    assert (caught.value.waiting_for, caught.value.seconds) == ("the first image", 3 * GAP)


def test_a_stop_ends_the_wait_for_the_first_object(stop: Stop) -> None:
    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        stop.request()
        talk.message(wire.CANCEL_RQ)
        talk.send(wire.response(request, 0xFE00))
        talk.released()

    with talking(script, stop=stop) as association:
        assert get(association, Model.STUDY, keys(), MemorySink()).status == 0xFE00


def test_a_report_that_never_comes() -> None:
    def script(talk: Talk) -> None:
        talk.message()
        dripping(0.05, FOREIGN["C-ECHO-RQ"])(talk, b"")

    with talking(script, limits=BRIEF, timeouts=SHORT) as association:
        association.send(ECHO_ID, wire.command({wire.FIELD: wire.ECHO_RQ, wire.TYPE: wire.NO_DATA}))
        assert not Reports(association, lambda _: None).wait(GAP)
        association.abort()


# --- Objects that drip -------------------------------------------------------------------------------

BYTES = wire.store(CT_ID, 1, "1.2.3.4", wire.image("1.2.3.4"))[: -len(wire.image("1.2.3.4")) - 12]


def test_an_object_of_a_byte_in_each_pdu_is_given_up() -> None:
    sink = MemorySink()

    def script(talk: Talk) -> None:
        talk.message()
        talk.send(BYTES)
        dripping(0.05, wire.pdu(wire.DATA, wire.pdv(CT_ID, 0, b"x")))(talk, b"")

    with pytest.raises(TimedOut), talking(script, limits=QUICK, timeouts=SHORT) as association:
        get(association, Model.STUDY, keys(), sink)
    assert sink.aborted == ["1.2.3.4"]


def test_the_listener_gives_up_an_object_of_a_byte_in_each_pdu() -> None:
    sink = MemorySink()
    with listening(sink, limits=replace(QUICK, inbound_idle=GAP)) as scp, client(scp.port) as talk:
        talk.propose({CT_ID: STORE})
        talk.send(BYTES)
        dripping(0.05, wire.pdu(wire.DATA, wire.pdv(CT_ID, 0, b"x")))(talk, b"")
        until(lambda: sink.aborted)
    assert sink.aborted == ["1.2.3.4"]


def test_a_slow_wire_is_no_drip() -> None:
    """16 KiB a second, for longer than the gap."""
    sink = MemorySink()
    data = wire.image("1.2.3.4", 24 * 1024)
    with listening(sink, limits=replace(QUICK, inbound_idle=GAP)) as scp, client(scp.port) as talk:
        talk.propose({CT_ID: STORE})
        pause = threading.Event()
        for part in wire.pieces(wire.store(CT_ID, 1, "1.2.3.4", data, size=2000), 1024):
            talk.send(part)
            pause.wait(1024 / 16384)
        assert talk.message().number(wire.STATUS) == 0
        talk.release()
    assert sink.objects == {"1.2.3.4": data}


def test_a_long_pdu_on_a_slow_wire_is_no_drip() -> None:
    """8 KiB a second, all of it in one PDU."""
    sink = MemorySink()
    data = wire.image("1.2.3.4", 8 * 1024)
    limits = replace(QUICK, data_time=0.2, inbound_idle=GAP)
    with listening(sink, limits=limits) as scp, client(scp.port) as talk:
        talk.propose({CT_ID: STORE})
        pause = threading.Event()
        for part in wire.pieces(wire.store(CT_ID, 1, "1.2.3.4", data), 256):
            talk.send(part)
            pause.wait(256 / 8192)
        assert talk.message().number(wire.STATUS) == 0
        talk.release()
    assert sink.objects == {"1.2.3.4": data}


@pytest.mark.parametrize("deed", [dripping(0.05), stall], ids=["dripping", "silent"])
def test_a_long_pdu_that_gets_nowhere_is_given_up(deed: Deed) -> None:
    """As soon as one of several would be: not after the time that its announced length takes."""
    sink = MemorySink()
    limits = replace(QUICK, data_time=2 * GAP, inbound_idle=GAP)
    with listening(sink, limits=limits) as scp, client(scp.port) as talk:
        talk.propose({CT_ID: STORE})
        talk.send(BYTES + wire.pdu(wire.DATA, wire.pdv(CT_ID, 0, b"x", length=2**20), length=2**20 + 4)[:12])
        deed(talk, b"")
        until(lambda: sink.aborted)
    assert sink.aborted == ["1.2.3.4"]


def test_a_sink_that_dawdles_with_each_piece_costs_the_peer_nothing() -> None:
    class Slow(MemorySink):
        def begin(self, *about):
            slot = super().begin(*about)
            write = slot.write

            def dawdle(piece: memoryview) -> None:
                threading.Event().wait(GAP / 2)
                write(piece)

            slot.write = dawdle
            return slot

    sink = Slow()
    with listening(sink, limits=replace(QUICK, inbound_idle=GAP)) as scp, client(scp.port) as talk:
        talk.propose({CT_ID: STORE})
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", wire.image("1.2.3.4", 500), size=100))
        assert talk.message().number(wire.STATUS) == 0
        talk.release()


def test_a_slot_on_which_nothing_useful_happens_ends() -> None:
    with listening(limits=replace(QUICK, inbound_useless=GAP)) as scp, client(scp.port) as talk:
        talk.propose({3: ECHO})
        dripping(0.05, ECHOED)(talk, b"")
        until(lambda: scp.active == 0)
        assert echoes(scp.port)


def test_objects_keep_a_slot() -> None:
    sink = MemorySink()
    with listening(sink, limits=replace(QUICK, inbound_useless=GAP)) as scp, client(scp.port) as talk:
        talk.propose({CT_ID: STORE})
        pause = threading.Event()
        for number in range(8):
            uid = f"1.2.3.{number}"
            talk.send(wire.store(CT_ID, number + 1, uid, wire.image(uid)))
            assert talk.message().number(wire.STATUS) == 0
            pause.wait(GAP / 4)
        talk.release()
    assert len(sink.objects) == 8
