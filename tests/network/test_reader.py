"""PDUs in any slices: what the reader makes of them must not depend on where they are cut."""

from __future__ import annotations

import contextlib
import itertools

import pytest

from tests.network.conversations import CT_ID, MemorySink, keys, talking
from tests.peers import wire
from tests.peers.peer import Talk
from workstation.dicom.levels import Model
from workstation.errors import ConnectionLost
from workstation.network import pdus as pdus
from workstation.network.get import get
from workstation.network.limits import LIMITS, Limits
from workstation.network.pdus import ProtocolFault
from workstation.network.reader import Reader

OBJECT = wire.image("1.2.3.4", 3000)


class Slices:
    """Hands out prepared slices, one a read, as a channel would."""

    node = "Peer"
    held = 0.0

    def __init__(self, *slices: bytes) -> None:
        self._slices = list(slices)

    def receive_into(self, view: memoryview, *_: object) -> int:
        if not self._slices:
            return 0
        data = self._slices.pop(0)
        view[: len(data)] = data
        return len(data)


def everything(*slices: bytes, limits: Limits = LIMITS) -> list[object]:
    """All PDUs, P-DATA as a list of (context, control, bytes)."""
    reader = Reader(Slices(*slices), limits)  # type: ignore[arg-type]
    found: list[object] = []
    with contextlib.suppress(ConnectionLost):
        while True:
            kind, body = reader.next_pdu(1.0, "anything")
            if kind != pdus.P_DATA:
                found.append((kind, body))
                continue
            while reader.pdu_left:
                head = reader.next_pdv()
                parts = []
                while reader.pdv_left:
                    parts.append(bytes(reader.piece()))
                found.append((*head, b"".join(parts)))
    return found


STREAM = (
    wire.pdu(wire.DATA, wire.pdv(1, 3, b"command") + wire.pdv(1, 0, b"") + wire.pdv(1, 2, b"data"))
    + wire.release(wire.RELEASE_RQ)
    + wire.pdu(wire.DATA, wire.pdv(255, 2, b"x"))
    + wire.abort(2, 1)
)
MEANT = [(1, 3, b"command"), (1, 0, b""), (1, 2, b"data"), (5, bytes(4)), (255, 2, b"x"), (7, b"\0\0\2\1")]


def test_a_pdu_without_a_fragment():
    """PS3.8 9.3.5: one or more."""
    with pytest.raises(ProtocolFault, match="a P-DATA PDU of 0 bytes"):
        everything(wire.pdu(wire.DATA, b"") + STREAM)


def test_the_stream_whole():
    assert everything(STREAM) == MEANT


def test_every_single_cut():
    for cut in range(1, len(STREAM)):
        assert everything(STREAM[:cut], STREAM[cut:]) == MEANT, cut


def test_every_pair_of_cuts():
    for first, second in itertools.combinations(range(1, len(STREAM)), 2):
        assert everything(STREAM[:first], STREAM[first:second], STREAM[second:]) == MEANT, (first, second)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 11])
def test_slices_of_one_size(size):
    assert everything(*wire.pieces(STREAM, size)) == MEANT


def test_the_buffer_is_used_over_and_over():
    """More than its 1 MiB, in slices that leave a rest in it each time."""
    part = wire.pdu(wire.DATA, wire.pdv(1, 0, bytes(range(256)) * 255))
    found = everything(*wire.pieces(part * 40, 65521))
    assert found == [(1, 0, bytes(range(256)) * 255)] * 40


def test_a_control_pdu_across_the_end_of_the_buffer():
    long = wire.pdu(wire.AC, b"a" * 200_000)
    found = everything(*wire.pieces(long * 12, 60_000))
    assert found == [(wire.AC, b"a" * 200_000)] * 12


@pytest.mark.parametrize("kind", [0x00, 0x08, 0x48, 0xFF])
def test_an_unknown_type_is_a_fault(kind):
    with pytest.raises(ProtocolFault, match="PDU type"):
        everything(wire.pdu(kind, b""))


@pytest.mark.parametrize(
    ("kind", "bound"), [(wire.RQ, 256 * 1024), (wire.AC, 256 * 1024), (wire.RJ, 1024), (wire.ABORT, 1024)]
)
def test_a_control_pdu_has_a_bound(kind, bound):
    assert everything(*wire.pieces(wire.pdu(kind, bytes(bound)), 60_000)) == [(kind, bytes(bound))]
    with pytest.raises(ProtocolFault, match=f"of {bound + 1} bytes"):
        everything(wire.pdu(kind, b"", length=bound + 1))


def test_a_data_pdu_has_a_bound():
    limits = Limits(pdu=100)
    assert everything(wire.pdu(wire.DATA, wire.pdv(1, 2, bytes(94))), limits=limits)
    with pytest.raises(ProtocolFault, match="of 101 bytes"):
        everything(wire.pdu(wire.DATA, wire.pdv(1, 2, bytes(95))), limits=limits)


@pytest.mark.parametrize(
    "body",
    [
        b"\0",
        b"\0\0\0\2\1",
        wire.pdv(1, 2, b"data", length=1),
        wire.pdv(1, 2, b"data", length=0),
        wire.pdv(1, 2, b"data", length=7),
        wire.pdv(1, 2, b"data", length=0xFFFFFFFF),
        wire.pdv(1, 2, b"data") + b"\0\0\0",
    ],
)
def test_fragments_that_do_not_fit_their_pdu_are_a_fault(body):
    with pytest.raises(ProtocolFault):
        everything(wire.pdu(wire.DATA, body))


# --- The same on a real connection -------------------------------------------------------------------


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("size", [1, 2, 13, 4090, 65536])
def test_an_object_in_fragments_of_any_size(size, empty, together):
    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", OBJECT, size=size, empty=empty, together=together))
        assert talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS) == 0
        talk.send(wire.response(request, 0, size=size, empty=empty, together=together))
        talk.released()

    sink = MemorySink()
    with talking(script) as association:
        assert get(association, Model.STUDY, keys(), sink).status == 0
    assert sink.objects == {"1.2.3.4": OBJECT}


@pytest.mark.parametrize("every", [1, 7, 100])
def test_an_object_in_segments_of_any_size(every):
    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", OBJECT), every=every)
        talk.message()
        talk.send(wire.response(request, 0), every=every)
        talk.released()

    sink = MemorySink()
    with talking(script) as association:
        get(association, Model.STUDY, keys(), sink)
    assert sink.objects == {"1.2.3.4": OBJECT}


def test_a_command_that_shares_its_pdu_with_the_last_one():
    """The end of an object, the next command and its data in one PDU."""
    first = wire.fragments(CT_ID, 1, wire.command({
        wire.CLASS: wire.CT, wire.FIELD: wire.STORE_RQ, wire.ID: 1, wire.TYPE: 1, wire.INSTANCE: "1.1",
    }))  # fmt: skip
    second = wire.fragments(CT_ID, 1, wire.command({
        wire.CLASS: wire.CT, wire.FIELD: wire.STORE_RQ, wire.ID: 2, wire.TYPE: 1, wire.INSTANCE: "1.2",
    }))  # fmt: skip
    data = wire.fragments(CT_ID, 0, OBJECT)

    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        talk.send(wire.pdu(wire.DATA, b"".join([*first, *data, *second, *data])))
        assert [talk.message().number(wire.RESPONDED) for _ in range(2)] == [1, 2]
        talk.send(wire.response(request, 0))
        talk.released()

    sink = MemorySink()
    with talking(script) as association:
        get(association, Model.STUDY, keys(), sink)
    assert sink.objects == {"1.1": OBJECT, "1.2": OBJECT}
