"""Messages on an association: what is taken, what is refused, what is sent (PS3.7 6.3, PS3.8 9.2)."""

from __future__ import annotations

import contextlib
import gc
import struct
import weakref

import pytest

from tests.network.conversations import (
    COMMIT_ID,
    CT_ID,
    FIND_ID,
    MR_ID,
    PROPOSALS,
    ROW,
    MemorySink,
    file_of,
    find,
    keys,
    talking,
)
from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.dicom.levels import Model
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    NetworkError,
    OperationFailed,
    ProtocolError,
    ServiceRefused,
    Unreadable,
)
from workstation.network.echo import echo
from workstation.network.file_to_send import read_file_to_send
from workstation.network.get import get
from workstation.network.limits import Limits
from workstation.network.pdus import Proposal
from workstation.network.requestor import associate
from workstation.network.send import context_for, store
from workstation.stop import Stop


def breaks(script, fault: str, work=find, limits: Limits | None = None) -> None:
    """The peer's ``script`` makes ``work`` end as a protocol error, and the peer sees one A-ABORT."""

    def whole(talk: Talk) -> None:
        script(talk)
        assert talk.aborted() == (2, 6)

    with pytest.raises(ProtocolError) as caught, talking(whole, limits=limits or Limits()) as association:
        work(association)
    assert fault in caught.value.fault
    assert str(caught.value) == "Peer sent something that is not valid DICOM; the association was ended."


def fetch(association, sink: MemorySink | None = None):
    return get(association, Model.STUDY, keys(), sink or MemorySink())


# --- What is refused ---------------------------------------------------------------------------------


def test_data_before_its_command():
    breaks(
        lambda talk: talk.send(wire.pdu(wire.DATA, wire.pdv(FIND_ID, 2, b"data"))),
        "a data set before its command",
    )


@pytest.mark.parametrize("context", [0, 2, 15, 255])
def test_a_context_that_was_not_accepted(context):
    breaks(
        lambda talk: talk.send(
            wire.message(context, {wire.FIELD: 0x8020, wire.RESPONDED: 1, wire.STATUS: 0})
        ),
        "was not accepted",
    )


def test_a_rejected_context():
    def script(talk: Talk) -> None:
        talk.accept({FIND_ID: 3})
        talk.send(wire.message(FIND_ID, {wire.FIELD: 0x8020, wire.RESPONDED: 1, wire.STATUS: 0}))
        assert talk.aborted() == (2, 6)

    with Server(script) as server:
        with pytest.raises(ProtocolError), associate(server.node(), PROPOSALS, Stop()) as association:
            echo(association)
        server.finished()


def command_parts(context: int, *, size: int = 20) -> list[bytes]:
    return wire.fragments(
        context,
        1,
        wire.command({wire.FIELD: 0x8020, wire.RESPONDED: 1, wire.STATUS: 0xFF00, wire.TYPE: 1}),
        size,
    )


def test_a_command_on_two_contexts():
    first, *_, last = command_parts(FIND_ID)
    other = last[:4] + bytes((CT_ID,)) + last[5:]
    breaks(lambda talk: talk.send(wire.pdu(wire.DATA, first + other)), "a command set on two contexts")


def test_data_on_another_context_than_its_command():
    parts = [*command_parts(FIND_ID), wire.pdv(CT_ID, 2, ROW)]
    breaks(lambda talk: talk.send(wire.pdu(wire.DATA, b"".join(parts))), "a data set on two contexts")


def test_a_command_in_the_middle_of_data():
    parts = [*command_parts(FIND_ID), wire.pdv(FIND_ID, 0, ROW), *command_parts(FIND_ID)]
    breaks(lambda talk: talk.send(wire.pdu(wire.DATA, b"".join(parts))), "in the middle of a data set")


@pytest.mark.parametrize("kind", [wire.RQ, wire.AC, wire.RJ, wire.RELEASE_RP])
def test_a_pdu_that_has_no_place_here(kind):
    breaks(lambda talk: talk.send(wire.pdu(kind, bytes(4))), "in an established association")


def test_an_unknown_pdu():
    breaks(lambda talk: talk.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "PDU type 48H")


def test_a_broken_command_set():
    raw = wire.fragments(FIND_ID, 1, b"\0\0\0\1\xff\xff\xff\xff")
    breaks(lambda talk: talk.send(wire.pdu(wire.DATA, raw[0])), "longer than its command set")


def test_a_message_id_that_answers_cannot_carry():
    big = {wire.CLASS: wire.CT, wire.FIELD: wire.STORE_RQ, wire.ID: struct.pack("<L", 0x10000)}
    breaks(lambda talk: talk.send(wire.message(CT_ID, big, ROW)), "Message ID", fetch)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({wire.RESPONDED: 2}, "message 2"),
        ({wire.RESPONDED: b""}, "message None"),
        ({wire.FIELD: 0x8010}, "C-GET-RSP to message 1"),
        ({wire.FIELD: 0x8030}, "C-ECHO-RSP to message 1"),
        ({wire.FIELD: 0x9234}, "0x9234 to message 1"),
    ],
)
def test_a_response_to_what_was_not_asked(fields, fault):
    usual = {wire.FIELD: 0x8020, wire.RESPONDED: 1, wire.STATUS: 0}
    breaks(lambda talk: talk.send(wire.message(FIND_ID, usual | fields)), fault)


def test_a_pdu_length_beyond_16_mib():
    breaks(
        lambda talk: talk.send(wire.pdu(wire.DATA, b"", length=16 * 1024**2 + 1)),
        "P-DATA PDU of 16777217 bytes",
    )


def test_a_pdu_length_of_4_gib():
    breaks(lambda talk: talk.send(wire.pdu(wire.DATA, b"", length=0xFFFFFFFF)), "of 4294967295 bytes")


def long_command(length: int) -> bytes:
    """A final C-FIND response whose command set has ``length`` bytes."""
    fields = {wire.FIELD: 0x8020, wire.RESPONDED: 1, wire.STATUS: 0}
    short = len(wire.command(fields | {wire.TYPE: wire.NO_DATA, 0x5110: b""}))
    return wire.message(FIND_ID, fields | {0x5110: bytes(length - short)}, size=30_000)


def test_a_command_set_of_64_kib_is_taken():
    def script(talk: Talk) -> None:
        talk.message()
        talk.send(long_command(64 * 1024))
        talk.released()

    with talking(script) as association:
        assert find(association) == []


def test_a_longer_command_set_is_not():
    breaks(lambda talk: talk.send(long_command(64 * 1024 + 2)), "a command set that is too long")


def pending(talk: Talk, data: bytes) -> wire.Message:
    request = talk.message(wire.FIND_RQ)
    talk.send(wire.response(request, 0xFF00, data, size=60_000))
    return request


def test_an_identifier_of_256_kib_is_taken():
    def script(talk: Talk) -> None:
        talk.send(wire.response(pending(talk, bytes(256 * 1024)), 0))
        talk.released()

    with talking(script) as association:
        assert [len(found.data) for found in find(association)] == [256 * 1024]


def test_a_longer_identifier_is_not():
    breaks(lambda talk: pending(talk, bytes(256 * 1024 + 2)), "an identifier of more than 262144 bytes")


# --- What is taken -----------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [131_072 + 1, 1024 * 1024, 16 * 1024**2])
def test_a_pdu_longer_than_announced(length):
    """dcmjs sends 65,536 whatever we say; anything up to 16 MiB goes through as a stream."""
    data = wire.image("1.2.3.4", length - 6 - 500)
    parts = wire.pdu(wire.DATA, wire.pdv(CT_ID, 2, data))

    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        head = {
            wire.CLASS: wire.CT,
            wire.FIELD: wire.STORE_RQ,
            wire.ID: 1,
            wire.TYPE: 1,
            wire.INSTANCE: "1.2.3.4",
        }
        talk.send(wire.pdu(wire.DATA, wire.fragments(CT_ID, 1, wire.command(head))[0]), parts)
        talk.message()
        talk.send(wire.response(request, 0))
        talk.released()

    sink = MemorySink()
    with talking(script) as association:
        assert association.max_pdu == 16384
        fetch(association, sink)
    assert sink.objects["1.2.3.4"] == data


@pytest.mark.parametrize("status", [0xFF00, 0xFF01])
@pytest.mark.parametrize("final", [0x0000, 0xFE00, 0xB000])
def test_any_response_may_carry_a_data_set(status, final):
    def script(talk: Talk) -> None:
        request = talk.message(wire.FIND_RQ)
        talk.send(wire.response(request, status, ROW), wire.response(request, final, ROW, size=3))
        echoed = talk.message(wire.ECHO_RQ)
        talk.send(wire.response(echoed, 0, ROW))
        talk.released()

    with talking(script) as association:
        assert [found.data for found in find(association)] == [ROW]
        assert echo(association).status == 0


def test_a_failure_with_a_data_set_leaves_the_association_usable():
    def script(talk: Talk) -> None:
        talk.send(
            wire.response(talk.message(wire.FIND_RQ), 0xA900, ROW, fields={wire.COMMENT: b"no\x1b[2J "})
        )
        talk.send(wire.response(talk.message(wire.ECHO_RQ), 0))
        talk.released()

    with talking(script) as association:
        with pytest.raises(OperationFailed) as caught:
            find(association)
        assert echo(association).status == 0
    assert caught.value.status == 0xA900
    assert caught.value.comment == "no[2J"
    assert (
        str(caught.value)
        == "Peer could not do the C-FIND: it says that the request does not match its model."
    )


def test_an_object_is_taken_without_the_role():
    def script(talk: Talk) -> None:
        talk.accept(roles={})
        request = talk.message(wire.GET_RQ)
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", ROW))
        assert talk.message().number(wire.STATUS) == 0
        talk.send(wire.response(request, 0))
        talk.released()

    sink = MemorySink()
    with Server(script) as server:
        with associate(server.node(), PROPOSALS, Stop()) as association:
            assert not association.contexts[CT_ID].as_scp
            fetch(association, sink)
        server.finished()
    assert sink.objects == {"1.2.3.4": ROW}


@pytest.mark.parametrize(
    ("context", "field", "data"),
    [
        (FIND_ID, 0x0020, ROW),
        (FIND_ID, 0x0010, ROW),
        (FIND_ID, 0x0021, ROW),
        (FIND_ID, 0x0001, ROW),
        (CT_ID, 0x0001, None),
        (CT_ID, 0x0030, None),
        (FIND_ID, 0x0110, None),
        (COMMIT_ID, 0x0100, ROW),
        (FIND_ID, 0x0042, ROW * 3000),
    ],
)
def test_a_request_we_do_not_serve_gets_0211(context, field, data):
    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        talk.send(wire.message(context, {wire.CLASS: "1.2", wire.FIELD: field, wire.ID: 77}, data))
        answer = talk.message(field | wire.RESPONSE)
        assert (answer.number(wire.RESPONDED), answer.number(wire.STATUS)) == (77, 0x0211)
        assert answer.context == context
        talk.send(wire.response(request, 0))
        talk.released()

    with talking(script) as association:
        assert fetch(association).status == 0


def test_a_cancel_request_has_no_answer():
    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        talk.send(wire.message(request.context, {wire.FIELD: wire.CANCEL_RQ, wire.RESPONDED: 1}))
        talk.send(wire.store(CT_ID, 9, "1.2.3.4", ROW))
        talk.message(wire.STORE_RQ | wire.RESPONSE)
        talk.send(wire.response(request, 0))
        talk.released()

    with talking(script) as association:
        assert fetch(association).status == 0


def test_our_message_ids_and_theirs_are_two_name_spaces():
    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        for number in (request.number(wire.ID), 0, 65535):
            talk.send(wire.store(CT_ID, number, "1.2.3.4", ROW))
            talk.send(wire.response(request, 0xFF00))
            assert talk.message().number(wire.RESPONDED) == number
        talk.send(wire.response(request, 0))
        talk.released()

    with talking(script) as association:
        assert fetch(association).status == 0


@pytest.mark.parametrize("status", [0xFF00, 0xFF01])
def test_a_pending_answer_to_what_has_one_answer(status):
    """C-ECHO has one response, whatever it says (PS3.7 9.1.5); a second one would answer nothing."""

    def script(talk: Talk) -> None:
        request = talk.message(wire.ECHO_RQ)
        talk.send(wire.response(request, status), wire.response(request, 0))
        talk.rest()

    def work(association) -> None:
        assert echo(association).status == status
        echo(association)

    with pytest.raises(ProtocolError), talking(script) as association:
        work(association)


# --- What is sent ------------------------------------------------------------------------------------


@pytest.mark.parametrize("max_pdu", [8, 9, 10, 11, 128, 4096, 16383, 16384, 131072, 0, None, 0xFFFFFFFF])
def test_the_peers_maximum_is_obeyed(max_pdu, tmp_path):
    size = 3000 if max_pdu and max_pdu < 4096 else 3_000_001
    data = wire.image("1.2.3.4", size)
    limit = max_pdu or 128 * 1024

    def script(talk: Talk) -> None:
        request = talk.message(wire.STORE_RQ)
        assert request.data == data
        assert all(length % 2 == 0 for length in request.sizes)
        assert all(len(pdu.body) <= limit for pdu in talk.seen[1:])
        talk.send(wire.response(request, 0))
        talk.released()

    with talking(script, max_pdu=max_pdu) as association:
        file = file_of(tmp_path, data)
        context = context_for(association, file)
        assert context is not None
        assert store(association, context, file).status == 0


@pytest.mark.parametrize("max_pdu", [1, 2, 6, 7])
def test_a_maximum_that_cannot_carry_data_is_refused(max_pdu):
    def script(talk: Talk) -> None:
        talk.accept(max_pdu=max_pdu)
        assert talk.aborted() == (0, 0)

    with Server(script) as server:
        with pytest.raises(ProtocolError) as caught, associate(server.node(), PROPOSALS, Stop()):
            pass
        server.finished()
    assert caught.value.fault == f"a maximum PDU length of {max_pdu}"


def test_a_peer_without_limit_does_not_make_us_allocate_it(tmp_path):
    """Announcing 4 GiB costs the peer nothing; it must not cost us a buffer of that size."""
    import tracemalloc

    def script(talk: Talk) -> None:
        talk.send(wire.response(talk.message(wire.STORE_RQ), 0))
        talk.released()

    with talking(script, max_pdu=0xFFFFFFFF) as association:
        file = file_of(tmp_path, wire.image("1.2.3.4", 1000))
        tracemalloc.start()
        try:
            store(association, association.contexts[MR_ID], file)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 8 * 1024**2


def test_a_file_that_vanished_leaves_the_association_usable(tmp_path):
    def script(talk: Talk) -> None:
        talk.send(wire.response(talk.message(wire.ECHO_RQ), 0))
        talk.released()

    with talking(script) as association:
        file = file_of(tmp_path, b"data")
        file.path.unlink()
        with pytest.raises(Unreadable):
            store(association, association.contexts[MR_ID], file)
        assert echo(association).status == 0


def test_a_file_that_shrank_ends_the_association(tmp_path):
    """Half an object is on the wire: nothing else can be said there."""

    def script(talk: Talk) -> None:
        assert talk.aborted() == (0, 0)

    with talking(script) as association:
        data = bytes(3_000_000)
        file = file_of(tmp_path, data)
        file.path.write_bytes(data[:2_000_000])
        with pytest.raises(Unreadable, match="ended before"):
            store(association, association.contexts[MR_ID], file)
        with pytest.raises(ConnectionLost):
            echo(association)


def test_a_file_that_shrank_before_anything_was_sent_leaves_the_association_usable(tmp_path):
    def script(talk: Talk) -> None:
        talk.send(wire.response(talk.message(wire.ECHO_RQ), 0))
        talk.released()

    with talking(script) as association:
        file = file_of(tmp_path, bytes(1000))
        file.path.write_bytes(bytes(900))
        with pytest.raises(Unreadable, match="ended before"):
            store(association, association.contexts[MR_ID], file)
        assert echo(association).status == 0


def test_message_ids_count_up_and_never_are_zero():
    with talking(Talk.released) as association:
        assert [association.next_message_id() for _ in range(3)] == [1, 2, 3]
        association._message_id = 65534
        assert [association.next_message_id() for _ in range(2)] == [65535, 1]


def test_a_service_that_was_not_accepted():
    def script(talk: Talk) -> None:
        talk.accept(dict.fromkeys((FIND_ID, COMMIT_ID), 3))
        talk.aborted()

    with Server(script) as server:
        with (
            pytest.raises(ServiceRefused) as caught,
            associate(server.node(), PROPOSALS, Stop()) as association,
        ):
            find(association)
        server.finished()
    assert str(caught.value) == "Peer does not offer Study Root C-FIND."


def test_at_most_128_contexts_are_proposed():
    contexts = [Proposal(wire.CT, (wire.EXPLICIT,))] * 129
    with Server(Talk.rest) as server:
        with pytest.raises(ValueError, match="129"), associate(server.node(), contexts, Stop()):
            pass
        server.finished()


def test_128_contexts_are_proposed():
    seen = []

    def script(talk: Talk) -> None:
        seen.extend(talk.accept().contexts)
        talk.released()

    with Server(script) as server:
        with associate(server.node(), [Proposal(wire.CT, (wire.EXPLICIT,))] * 128, Stop()):
            pass
        server.finished()
    assert seen == list(range(1, 256, 2))


# --- How it ends -------------------------------------------------------------------------------------


def ends(script, work=find) -> Exception:
    with pytest.raises((AssociationAborted, ConnectionLost)) as caught, talking(script) as association:
        work(association)
    return caught.value


def test_abort_in_a_find():
    def script(talk: Talk) -> None:
        pending(talk, ROW)
        talk.send(wire.abort(2, 5))
        assert talk.rest() == b""

    error = ends(script)
    assert isinstance(error, AssociationAborted)
    assert (error.source, error.reason) == (2, 5)


def test_abort_in_the_middle_of_an_object():
    sink = MemorySink()

    def script(talk: Talk) -> None:
        talk.message(wire.GET_RQ)
        data = wire.image("1.2.3.4", 100_000)
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", data)[: -12 - len(data) % 16_000])
        talk.send(wire.abort(0, 0))
        talk.rest()

    ends(script, lambda association: fetch(association, sink))
    assert sink.aborted == ["1.2.3.4"]
    assert sink.objects == {}


@pytest.mark.parametrize("cut", [1, 5, 6, 7, 12, 100, 20_000])
@pytest.mark.parametrize("how", [Talk.close, Talk.reset])
def test_a_connection_that_ends_in_the_middle_of_an_object(cut, how):
    sink = MemorySink()

    def script(talk: Talk) -> None:
        talk.message(wire.GET_RQ)
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", wire.image("1.2.3.4", 30_000))[:cut])
        how(talk)

    error = ends(script, lambda association: fetch(association, sink))
    assert isinstance(error, ConnectionLost)
    assert str(error) == "The connection to Peer was lost."
    assert sink.objects == {}
    assert sink.aborted == list(sink.contexts)


def test_abort_while_we_send(tmp_path):
    """The reason stands in bytes that are here already when our write fails."""

    def script(talk: Talk) -> None:
        talk.take(1000)
        talk.send(wire.abort(2, 0))
        talk.close()

    file = file_of(tmp_path, bytes(20_000_000))
    error = ends(script, lambda association: store(association, association.contexts[MR_ID], file))
    assert isinstance(error, AssociationAborted)
    assert (error.source, error.reason) == (2, 0)


def test_release_by_the_peer_in_the_middle():
    def script(talk: Talk) -> None:
        pending(talk, ROW)
        talk.send(wire.release(wire.RELEASE_RQ))
        talk.expect(wire.RELEASE_RP)
        assert talk.rest() == b""

    error = ends(script)
    assert isinstance(error, ConnectionLost)
    assert error.reason == "the peer released the association in the middle"


@pytest.mark.parametrize("end", [wire.abort(), b"", b"garbage", wire.message(FIND_ID, {wire.FIELD: 1})[:-3]])
def test_a_release_that_goes_wrong_costs_nothing(end):
    """The work is done by then."""

    def script(talk: Talk) -> None:
        talk.expect(wire.RELEASE_RQ)
        talk.send(end)
        talk.close()

    with talking(script) as association:
        assert association.node == "Peer"


def test_the_head_of_the_file_is_not_sent(tmp_path):
    """Preamble and file meta stay at home (PS3.10 7.1)."""
    meta = wire.explicit((0x00020002, "UI", wire.MR.encode()), (0x00020003, "UI", b"1.2.3.4"))
    meta += wire.explicit((0x00020010, "UI", wire.EXPLICIT.encode()))
    data = wire.image("1.2.3.4", 100, wire.MR)
    path = tmp_path / "file.dcm"
    path.write_bytes(bytes(128) + b"DICM" + meta + data)

    def script(talk: Talk) -> None:
        request = talk.message(wire.STORE_RQ)
        assert request.data == data
        assert (request.text(wire.CLASS), request.text(wire.INSTANCE)) == (wire.MR, "1.2.3.4")
        talk.send(wire.response(request, 0xB000))
        talk.released()

    with talking(script) as association:
        file = read_file_to_send(path)
        context = context_for(association, file)
        assert context is not None
        assert store(association, context, file).status == 0xB000


@pytest.mark.parametrize("how", ["released", "aborted", "lost", "broken"])
def test_an_association_that_is_over_is_let_go_of(how):
    """Its buffer of 1 MiB goes with it, not with the next run of the garbage collector."""

    def script(talk: Talk) -> None:
        if how == "released":
            talk.released()
        elif how == "aborted":
            talk.message()
            talk.send(wire.abort())
        elif how == "broken":
            talk.message()
            talk.send(b"nonsense")
            talk.aborted()

    def speak() -> list[weakref.ref]:
        found = []
        with contextlib.suppress(NetworkError), talking(script) as association:
            found.append(weakref.ref(association._reader))
            if how != "released":
                echo(association)
        return found

    gc.collect()
    gc.disable()
    try:
        (reader,) = speak()
        assert reader() is None
    finally:
        gc.enable()
