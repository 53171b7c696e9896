"""Too much of anything: PDUs, objects, contexts, nesting, inflation, values, rows. Memory stays as it was."""

from __future__ import annotations

import contextlib
import select
import struct
import threading
from dataclasses import replace
from typing import Any

import pytest

from tests.network.conversations import FIND_ID, GET_ID, MemorySink, find
from tests.network.leaks import Holdings
from tests.network.listening import listening
from tests.network.scripts import AC, ECHO, SECONDS, STORE, Served, Sides, associated, echoes
from tests.network.short_limits import QUICK
from tests.peers import excess, wire
from tests.peers.hostile import Script, dripping, flooding
from tests.peers.peer import Ended, Server, Talk, client
from tests.peers.wire import Pdu
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.criteria import Criteria
from workstation.dicom.nodes import Timeouts
from workstation.dicom.uids import is_uid
from workstation.errors import ProtocolError, TimedOut
from workstation.network.limits import LIMITS
from workstation.network.receive import Sink
from workstation.operations.query_session import ROW_LIMIT
from workstation.operations.sources import Archive
from workstation.stop import Stop

MIB = 1024 * 1024
BRIEF = replace(LIMITS, drain=0.1)
"""The real limits; who floods would only make the tests last longer."""


class Counter:
    """A sink that counts what it drops."""

    def __init__(self) -> None:
        self.bytes = 0

    def begin(self, context: Context, sop_class: str, sop_instance: str, peer: Peer) -> Counter:
        return self

    def write(self, data: memoryview) -> None:
        self.bytes += len(data)

    def finish(self) -> int:
        return 0

    def answered(self) -> None:
        pass

    def abort(self) -> None:
        pass


# --- PDUs and objects --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [wire.RQ, wire.DATA, wire.ABORT])
@pytest.mark.parametrize("associated_", [False, True])
def test_a_pdu_of_4_gib_is_refused_at_its_header(
    nothing_left: Holdings, wire_of: Sides, kind: int, associated_: bool
) -> None:
    with listening(limits=BRIEF, tls=wire_of.listener) as scp, Served(scp.port, wire_of.client) as served:
        with client(scp.port, wire_of.client, host="127.0.0.10") as talk:
            if associated_:
                talk.propose({1: STORE})
            talk.send(wire.pdu(kind, b"", length=0xFFFFFFFF))
            flooding(bytes(MIB))(talk, b"")
        served.again()
    assert served.longest <= SECONDS
    print(f"memory grew by {nothing_left.growth:.1f} MiB")


def test_a_pdu_of_64_mib_is_refused(nothing_left: Holdings, wire_of: Sides) -> None:
    """Four times what is tolerated; 128 KiB were announced."""
    counted = Counter()
    with listening(counted, limits=BRIEF, tls=wire_of.listener) as scp:
        with client(scp.port, wire_of.client) as talk:
            talk.propose({1: STORE})
            request = wire.store(1, 1, "1.2.3", b"", fields={wire.TYPE: 1})
            talk.send(
                request[:-12], wire.pdu(wire.DATA, wire.pdv(1, 2, b"", 64 * MIB + 2), length=64 * MIB + 6)
            )
            flooding(bytes(MIB))(talk, b"")
        assert echoes(scp.port, wire_of.client)
    assert counted.bytes == 0


def test_an_object_of_300_mib(nothing_left: Holdings, wire_of: Sides) -> None:
    counted = Counter()
    with listening(counted, tls=wire_of.listener) as scp, client(scp.port, wire_of.client) as talk:
        talk.propose({1: STORE})
        for part in excess.long_object(1, "1.2.3.4", 300 * MIB):
            talk.send(part)
        assert talk.message().number(wire.STATUS) == 0
        talk.release()
    assert counted.bytes == 300 * MIB + len(wire.image("1.2.3.4")) + 12
    print(f"memory grew by {nothing_left.growth:.1f} MiB")


# --- Proposals ---------------------------------------------------------------------------------------

CONTEXTS = {
    "128 contexts": (128, 1, True),
    "128 contexts of 30 syntaxes": (128, 30, True),
    "128 contexts of 1,000 syntaxes": (128, 1000, False),
    "129 contexts": (129, 1, False),
    "5,000 contexts": (5000, 1, False),
}


@pytest.mark.parametrize(("count", "syntaxes", "fine"), CONTEXTS.values(), ids=CONTEXTS.keys())
def test_a_proposal_of_many(
    nothing_left: Holdings, wire_of: Sides, count: int, syntaxes: int, fine: bool
) -> None:
    offered = [wire.EXPLICIT, *(f"1.2.840.10008.1.2.9.{number}" for number in range(1, syntaxes))]
    items = [wire.proposed((2 * number + 1) % 256, wire.CT, *offered) for number in range(count)]
    with listening(tls=wire_of.listener) as scp, Served(scp.port, wire_of.client) as served:
        with client(scp.port, wire_of.client, host="127.0.0.10") as talk:
            with contextlib.suppress(OSError):
                talk.send(wire.associate(wire.RQ, items))
            if fine:
                assert len(wire.proposal(talk.expect(wire.AC).body).contexts) == count
                talk.release()
            else:
                assert wire.AC not in talk.rest()[:1]
        served.again()
    assert served.longest <= SECONDS


# --- Data sets ---------------------------------------------------------------------------------------


def pushed(sink: Sink, instance: str, data: bytes, syntax: str = wire.EXPLICIT) -> int:
    """The status our listener answers an object with; an echo on the same association goes well after it."""
    with listening(sink) as scp, client(scp.port) as talk:
        talk.propose({1: (wire.CT, syntax), 3: ECHO})
        talk.send(wire.store(1, 1, instance, data))
        status = talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS)
        talk.send(wire.message(3, {wire.CLASS: wire.VERIFICATION, wire.FIELD: wire.ECHO_RQ, wire.ID: 2}))
        assert talk.message(wire.ECHO_RQ | wire.RESPONSE).number(wire.STATUS) == 0
        talk.release()
    return status


DEPTHS = (50, 64, 65, 150, 200, 250, 1000, 20_000)


@pytest.mark.parametrize("defined", [False, True], ids=["delimited", "with lengths"])
@pytest.mark.parametrize("depth", DEPTHS)
def test_nested_sequences_in_an_object(nothing_left: Holdings, sink: Sink, depth: int, defined: bool) -> None:
    data = wire.image("1.2.3.4") + excess.nested(depth, defined=defined)
    status = pushed(sink, "1.2.3.4", data)
    if depth <= 64:
        assert status == 0x0000
    elif not defined:
        assert status == 0xC000
    else:  # with lengths it may be stepped over without looking into it
        assert status in (0x0000, 0xC000)


def test_an_object_of_too_many_elements(nothing_left: Holdings, sink: Sink) -> None:
    data = wire.image("1.2.3.4") + excess.crowded(500_001)
    assert pushed(sink, "1.2.3.4", data) == 0xC000


def test_a_deflated_object_that_explodes(nothing_left: Holdings, sink: Sink) -> None:
    """300 KB on the wire would be 300 MiB."""
    data = excess.deflated(wire.image("1.2.3.4"), 300 * MIB)
    assert len(data) < MIB
    assert pushed(sink, "1.2.3.4", data, excess.DEFLATED) == 0xC000
    print(f"memory grew by {nothing_left.growth:.1f} MiB")


# --- Sinks that fail or dawdle -----------------------------------------------------------------------


class Buggy(Counter):
    """Breaks off in one of its steps."""

    def __init__(self, step: str, error: type[BaseException]) -> None:
        super().__init__()
        self._step, self._error = step, error

    def _at(self, step: str) -> None:
        if step == self._step:
            raise self._error

    def begin(self, *about: Any) -> Counter:
        self._at("begin")
        return super().begin(*about)

    def write(self, data: memoryview) -> None:
        self._at("write")

    def finish(self) -> int:
        self._at("finish")
        return 0


class Nonsense(Counter):
    """Ends with what is no status."""

    def __init__(self, status: Any) -> None:
        super().__init__()
        self._status = status

    def finish(self) -> int:
        return self._status  # type: ignore[no-any-return]


BUGS = pytest.mark.logs("bug while serving an inbound association")
LEAVING = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
STEPS = ("begin", "write", "finish")


@pytest.mark.parametrize(
    "buggy",
    [
        *(pytest.param(Buggy(step, ZeroDivisionError), marks=BUGS) for step in STEPS),
        *(pytest.param(Buggy(step, SystemExit), marks=LEAVING) for step in STEPS),
        *(pytest.param(Nonsense(status), marks=BUGS) for status in (None, -1, 0x10000, 0.5)),
    ],
    ids=lambda buggy: "-".join(str(getattr(part, "__name__", part)) for part in vars(buggy).values()),
)
def test_a_bug_in_a_sink_costs_its_association_only(nothing_left: Holdings, buggy: Sink) -> None:
    with listening(buggy) as scp:
        with client(scp.port) as talk:
            talk.propose({1: STORE})
            talk.send(wire.store(1, 1, "1.2.3.4", wire.image("1.2.3.4")))
            assert talk.aborted() == (0, 0)
        assert echoes(scp.port)


def test_a_sink_may_take_longer_than_a_peer_may_be_silent(nothing_left: Holdings) -> None:
    limits = replace(QUICK, inbound_idle=0.5)

    class Slow(Counter):
        def finish(self) -> int:
            threading.Event().wait(2 * limits.inbound_idle)
            return 0

    with listening(Slow(), limits=limits) as scp, client(scp.port) as talk:
        talk.propose({1: STORE})
        talk.send(wire.store(1, 1, "1.2.3.4", wire.image("1.2.3.4")))
        assert talk.message().number(wire.STATUS) == 0
        talk.release()


# --- Rows --------------------------------------------------------------------------------------------


def row(uid: str, *more: tuple[int, str, bytes], tail: bytes = b"") -> bytes:
    elements = sorted([(0x0020000D, "UI", uid.encode()), (0x00100020, "LO", b"P1"), *more])
    return wire.explicit(*elements) + tail


def rows_of(*answers: bytes) -> list:
    """What a search makes of these answers; the association ends well."""

    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message(wire.FIND_RQ)
        talk.send(*[wire.response(request, 0xFF00, data) for data in answers], wire.response(request, 0))
        talk.released()

    with Server(script) as server:
        found = Archive(server.node()).search(Criteria(), Stop())
        rows = list(found)
        server.finished()
    assert len(rows) == len(answers)  # whatever is wrong with one
    return rows


LONG = {
    "a name of 65,534 bytes": (0x00100010, "PN", b"X" * 65_534),
    "a name of 10,000 components": (0x00100010, "PN", b"^" * 10_000),
    "UIDs of 16,000 characters": (0x00080062, "UI", b"\\".join([b"1.2.840.10008.5.1.4.1.1.2"] * 640)),
    "10,000 values": (0x00080061, "CS", b"\\".join([b"CT", b"MR"] * 5000)),
    "a count of 4,000 digits": (0x00201208, "IS", b"9" * 4000),
    "a count below zero": (0x00201208, "IS", b"-5"),
    "16,000 character sets": (0x00080005, "CS", b"\\".join([b"ISO_IR 100"] * 5000)),
    "no text at all": (0x00081030, "LO", bytes(range(256)) * 10),
}


@pytest.mark.parametrize("element", LONG.values(), ids=LONG.keys())
def test_a_row_with_a_value_beyond_measure(nothing_left: Holdings, element: tuple[int, str, bytes]) -> None:
    (found,) = rows_of(row("1.2.3", element))
    assert found.study_uid == "1.2.3"
    assert found.patient.patient_id == "P1"


@pytest.mark.parametrize("defined", [False, True], ids=["delimited", "with lengths"])
@pytest.mark.parametrize("depth", [50, 500, 5_000])
def test_a_row_with_nested_sequences(nothing_left: Holdings, depth: int, defined: bool) -> None:
    """One answer is one row, readable or marked as broken off; the next is not touched by it."""
    found = rows_of(row("1.2.3", tail=excess.nested(depth, defined=defined)), row("1.2.4"))
    assert [each.study_uid for each in found][-1] == "1.2.4"


@pytest.mark.parametrize(
    "data",
    [b"\xff" * 100, row("1.2.3")[:-3], row("../../etc"), row(""), struct.pack("<HH2sH", 8, 5, b"ZZ", 9)],
)
def test_a_garbled_row_is_a_row_that_says_so(nothing_left: Holdings, data: bytes) -> None:
    garbled, sound = rows_of(data, row("1.2.4"))
    assert garbled.fault
    assert not is_uid(garbled.study_uid)
    assert (sound.study_uid, sound.fault) == ("1.2.4", "")


def test_an_identifier_of_16000_uids_in_a_failed_list(nothing_left: Holdings) -> None:
    """A C-GET's list of what failed may be long; it is read within its bound."""
    uids = b"\\".join(f"1.2.3.{number}".encode() for number in range(16_000))
    uids += b"\0" * (len(uids) % 2)
    data = struct.pack("<HH2s2xL", 0x0008, 0x0058, b"UN", len(uids)) + uids

    def script(talk: Talk) -> None:
        Script(Talk.request, AC).play(talk)
        talk.send(wire.response(talk.message(wire.GET_RQ), 0xB000, data))
        talk.released()

    from tests.network.conversations import keys
    from workstation.dicom.levels import Model
    from workstation.network.get import get

    with Server(script) as server:
        with associated(server, Sides(None)) as association:
            assert len(get(association, Model.STUDY, keys(), MemorySink()).failed_uids) == 16_000
        server.finished()


def test_answers_without_end(nothing_left: Holdings, wire_of: Sides) -> None:
    """5,000 rows, then one C-CANCEL, then A-ABORT; what came is kept and called incomplete."""
    heard: list[Pdu] = []
    sent = 0

    def without_end(talk: Talk) -> None:
        """Answers a C-FIND for ever and does not mind a C-CANCEL."""
        nonlocal sent
        talk.accept()
        request = talk.message(wire.FIND_RQ)
        with contextlib.suppress(OSError, Ended):
            while True:
                rows = (row(f"1.2.{number}") for number in range(sent, sent + 100))
                talk.send(*(wire.response(request, 0xFF00, data) for data in rows))
                sent += 100
                while select.select([talk.sock], [], [], 0)[0]:
                    heard.append(talk.pdu())

    with Server(without_end, tls=wire_of.peer) as server:
        answers = Archive(server.node(tls=wire_of.node)).search(Criteria(), Stop())
        found = [each.study_uid for each in answers]
        server.finished()
    assert found == [f"1.2.{number}" for number in range(ROW_LIMIT)]
    assert answers.incomplete
    cancel, abort = heard
    ((_, control, command),) = cancel.fragments
    assert control == 3
    assert wire.Message(1, wire.elements(command)).field == wire.CANCEL_RQ
    assert abort.kind == wire.ABORT
    print(f"{sent} answers were sent; memory grew by {nothing_left.growth:.1f} MiB")


def test_an_identifier_without_end(nothing_left: Holdings, wire_of: Sides) -> None:
    def script(talk: Talk) -> None:
        Script(Talk.request, AC).play(talk)
        request = talk.message(wire.FIND_RQ)
        answer = wire.response(request, 0xFF00, b"")
        talk.send(answer[:-12])
        flooding(wire.pdu(wire.DATA, wire.pdv(FIND_ID, 0, bytes(16_000))))(talk, b"")

    with (
        Server(script, tls=wire_of.peer) as server,
        pytest.raises(ProtocolError) as caught,
        associated(server, wire_of) as association,
    ):
        find(association)
    assert "identifier of more than 262144 bytes" in caught.value.fault


EMPTY = {"of a command": (GET_ID, 1), "of an identifier": (FIND_ID, 0)}


@pytest.mark.parametrize("pause", [0.0, 0.1], ids=["flood", "drip"])
@pytest.mark.parametrize(("context", "control"), EMPTY.values(), ids=EMPTY.keys())
def test_empty_fragments_without_end(
    nothing_left: Holdings, wire_of: Sides, context: int, control: int, pause: float
) -> None:
    """They carry nothing, and no bound on bytes ends them: a message has its time, not each of its PDUs."""

    def script(talk: Talk) -> None:
        Script(Talk.request, AC).play(talk)
        request = talk.message(wire.FIND_RQ)
        if control == 0:
            talk.send(wire.response(request, 0xFF00, b"")[:-12])
        empty = wire.pdu(wire.DATA, wire.pdv(context, control, b""))
        if pause:
            dripping(pause, empty)(talk, b"")
        else:
            flooding(empty * 1000)(talk, b"")

    with (
        Server(script, tls=wire_of.peer) as server,
        pytest.raises(TimedOut) as caught,
        associated(server, wire_of, timeouts=Timeouts(find=0.5)) as association,
    ):
        find(association)
    assert caught.value.seconds == 0.5
