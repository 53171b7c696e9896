"""What is recorded of exchanges: everything in order, within bounds, and nothing while nobody keeps it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.network.conversations import CT_ID, PROPOSALS, ROW, MemorySink, find, keys, talking
from tests.peers import wire
from tests.peers.peer import Script, Server, Talk
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Identity
from workstation.errors import AssociationRejected, OperationFailed
from workstation.network import command, exchange, pdus
from workstation.network.association import Association
from workstation.network.exchange import Exchange, Kind, State, TracedMessage
from workstation.network.exchanges import Exchanges, recorded
from workstation.network.get import get
from workstation.network.requestor import associate
from workstation.network.trace import Event, Observer
from workstation.stop import Cancelled, Stop


@pytest.fixture
def kept() -> Exchanges:
    return Exchanges()


def script(talk: Talk) -> None:
    request = talk.message(wire.FIND_RQ)
    talk.send(wire.response(request, 0xFF00, ROW))
    talk.send(wire.response(request, 0))
    request = talk.message(wire.GET_RQ)
    talk.send(wire.store(CT_ID, 7, "1.2.3.4", wire.image("1.2.3.4")))
    talk.message()
    talk.send(wire.response(request, 0))
    talk.released()


@contextlib.contextmanager
def asking(
    kept: Exchanges, play: Script, listener: Observer | None = None, **node: Any
) -> Iterator[Association]:
    with (
        recorded(Kind.QUERY, listener, "A", kept=kept) as observer,
        talking(play, observer=observer, **node) as association,
    ):
        yield association


def ask(association: Association) -> None:
    find(association, PatientName="DOE^JOHN")
    get(association, Model.STUDY, keys(), MemorySink())


def named(found: Exchange) -> Iterator[str]:
    for talk in found.talks:
        for message in talk.kept():
            if isinstance(message, TracedMessage):
                yield command.decode(message.command).name
            else:
                yield str(message.what)


def test_everything_is_recorded_in_order(kept):
    with asking(kept, script) as association:
        ask(association)
    (found,) = kept.recent()
    assert list(named(found)) == [
        "C-FIND-RQ", "C-FIND-RSP", "C-FIND-RSP", "C-GET-RQ", "C-STORE-RQ", "C-STORE-RSP", "C-GET-RSP",
        "A-RELEASE-RQ", "A-RELEASE-RP",
    ]  # fmt: skip
    (talk,) = found.talks
    messages = [message for message in talk.messages if isinstance(message, TracedMessage)]
    assert b"DOE^JOHN" in (messages[0].data or b"")
    assert messages[1].data == ROW
    assert messages[4].size == len(wire.image("1.2.3.4"))
    assert messages[4].data is None, "objects are not kept"
    assert messages[4].until >= messages[4].moment
    assert [message.moment for message in messages] == sorted(message.moment for message in messages)
    assert (found.state, found.number, found.label) == (State.DONE, 1, "A")
    assert found.ended >= found.begun


def test_what_was_agreed_is_recorded_without_the_passcode(kept):
    with asking(kept, Talk.released, identity=Identity("me", "secret")):
        pass
    (talk,) = kept.recent()[0].talks
    assert talk.request is not None
    assert talk.answer is not None
    assert len(talk.request.contexts) == len(PROPOSALS) == len(talk.answer.contexts)
    assert talk.request.identity is not None
    assert b"secret" not in talk.request.identity.secondary
    assert not talk.reused


def test_a_listener_is_told_as_without_a_record(kept):
    events: list[Event] = []
    with asking(kept, script, events.append) as association:
        ask(association)
    alone: list[Event] = []
    with talking(script, observer=alone.append) as association:
        ask(association)
    assert [str(event) for event in events] == [str(event) for event in alone]


def test_errors_end_it(kept):
    def refuse(talk: Talk) -> None:
        talk.request()
        talk.send(wire.reject(1, 1, 7))
        talk.rest()

    def associated(server: Server) -> None:
        with (
            recorded(Kind.ECHO, None, "A", kept=kept) as observer,
            associate(server.node(), PROPOSALS, Stop(), observer=observer),
        ):
            pass

    with Server(refuse) as server, pytest.raises(AssociationRejected):
        associated(server)
    with pytest.raises(OperationFailed), recorded(Kind.QUERY, None, "A", kept=kept):
        raise OperationFailed("A", "C-FIND", 0xA700, "no room")
    with pytest.raises(Cancelled), recorded(Kind.QUERY, None, "A", kept=kept):
        raise Cancelled
    rejected, failed, cancelled = kept.recent()
    assert (rejected.state, rejected.error) == (State.FAILED, "AssociationRejected")
    assert list(named(rejected)) == ["A-ASSOCIATE-RJ"]
    assert rejected.answered
    assert (failed.status, failed.detail) == (0xA700, "status 0xA700, “no room”")
    assert cancelled.state is State.CANCELLED


def test_what_is_part_of_an_operation_belongs_to_it(kept):
    with recorded(Kind.RETRIEVE, None, "A", kept=kept) as outer:
        with recorded(Kind.SEARCH, outer, "A", kept=kept) as inner:
            assert inner is outer
        assert isinstance(outer, Exchange)
        assert outer.running
    assert [one.kind for one in kept.recent()] == [Kind.RETRIEVE]


def test_only_the_last_are_kept():
    kept = Exchanges(most=3)
    with recorded(Kind.QUERY, None, "running", kept=kept):
        for number in range(5):
            with recorded(Kind.QUERY, None, str(number), kept=kept):
                pass
    assert [one.label for one in kept.recent()] == ["running", "3", "4"]


def test_what_others_begin_does_not_push_out_the_rest(kept):
    with recorded(Kind.QUERY, None, "ours", kept=kept):
        pass
    for number in range(300):
        with recorded(Kind.INBOUND, None, str(number), kept=kept):
            pass
    found = kept.recent()
    assert found[0].label == "ours"
    assert (len(found), found[-1].label) == (51, "299")


def test_of_many_messages_the_first_and_the_last_are_kept(kept, monkeypatch):
    monkeypatch.setattr(exchange, "MOST_MESSAGES", 3)
    monkeypatch.setattr(exchange, "LAST_MESSAGES", 2)
    monkeypatch.setattr(exchange, "_STEP", 1)

    def many(talk: Talk) -> None:
        request = talk.message(wire.FIND_RQ)
        for _ in range(10):
            talk.send(wire.response(request, 0xFF00, ROW))
        talk.send(wire.response(request, 0))
        talk.released()

    with asking(kept, many) as association:
        assert len(find(association)) == 10
    (talk,) = kept.recent()[0].talks
    assert len(talk.messages) == 3
    assert [str(event.what) for event in talk.last if isinstance(event, Event)] == [
        "A-RELEASE-RQ",
        "A-RELEASE-RP",
    ]
    assert talk.left_out == 1 + 10 + 1 + 2 - 3 - 2
    kept_data = [isinstance(one, TracedMessage) and bool(one.data) for one in talk.kept()]
    assert kept_data == [True, True, True, False, False]
    assert talk.identifiers_left_out == 1 + 10 - 3


def test_a_long_identifier_of_the_last_messages_is_not_kept(kept, monkeypatch):
    monkeypatch.setattr(exchange, "MOST_MESSAGES", 1)
    monkeypatch.setattr(exchange, "_STEP", 1)
    with recorded(Kind.QUERY, None, "A", kept=kept) as observer:
        assert isinstance(observer, Exchange)
        talk = observer.talk()
        for size in (exchange.MOST_OF_LAST + 1, exchange.MOST_OF_LAST, exchange.MOST_OF_LAST + 1):
            talk.received(1, b"", True)
            talk.data_read(size, bytes(size))
    sizes = [(one.size, bool(one.data)) for one in talk.kept() if isinstance(one, TracedMessage)]
    most = exchange.MOST_OF_LAST
    assert sizes == [(most + 1, True), (most, True), (most + 1, False)]
    assert talk.identifiers_left_out == 1


def test_many_bytes_of_the_first_messages_are_enough(kept, monkeypatch):
    monkeypatch.setattr(exchange, "MOST_BYTES", 1000)
    monkeypatch.setattr(exchange, "_STEP", 1)
    with recorded(Kind.QUERY, None, "A", kept=kept) as observer:
        assert isinstance(observer, Exchange)
        talk = observer.talk()
        for _ in range(5):
            talk.sent(1, b"", 300, bytes(300))
    assert (len(talk.messages), len(talk.last), talk.full) == (2, 3, True)


def test_a_message_is_known_before_its_data_set_is_here(kept):
    with recorded(Kind.RETRIEVE, None, "A", kept=kept) as observer:
        assert isinstance(observer, Exchange)
        talk = observer.talk()
        before = observer.changes
        talk.received(3, b"command", True)
        assert observer.answered
        assert observer.changes > before
        [arriving] = talk.kept()
        assert isinstance(arriving, TracedMessage)
        assert (arriving.command, arriving.size, arriving.until) == (b"command", 0, 0.0)
        before = observer.changes
        talk.data_read(7)
        assert observer.changes > before
        [whole] = talk.kept()
    assert isinstance(whole, TracedMessage)
    assert (whole.moment, whole.size, whole.data) == (arriving.moment, 7, None)
    assert whole.until >= whole.moment


def test_a_request_is_encoded_once_unless_its_passcode_must_not_be_recorded(kept, monkeypatch):
    encoded: list[pdus.Associate] = []
    encode = pdus.encode

    def counted(kind: int, content: pdus.Associate) -> bytes:
        encoded.append(content)
        return encode(kind, content)

    monkeypatch.setattr(pdus, "encode", counted)
    for recording, identity, times in (
        (False, Identity("me", "secret"), 1),
        (True, None, 1),
        (True, Identity("me", "secret"), 2),
    ):
        encoded.clear()
        kept.record(recording)
        with asking(kept, Talk.released, identity=identity):
            pass
        assert len(encoded) == times


def test_the_oldest_lose_their_messages_when_all_are_too_much(monkeypatch):
    monkeypatch.setattr(exchange, "_STEP", 1)
    kept = Exchanges(most_bytes=2000)

    for _ in range(2):
        with asking(kept, script) as association:
            ask(association)
    older, newer = kept.recent()
    assert not older.talks[0].messages
    assert older.talks[0].left_out
    assert newer.talks[0].messages


def test_bytes_are_kept_only_while_they_are_recorded(kept):
    def bytes_of_one() -> bytes:
        with asking(kept, script, identity=Identity("me", "secret")) as association:
            ask(association)
        return b"".join(piece.data for piece in kept.recent()[-1].talks[0].recorded)

    assert bytes_of_one() == b""
    kept.record(True)
    found = bytes_of_one()
    assert b"DOE^JOHN" in found
    assert ROW in found
    assert found.startswith(b"\x01\x00")
    assert b"secret" not in found
    kept.record(False)
    assert bytes_of_one() == b""
    kept.forget_recorded()
    assert not any(talk.recorded for one in kept.recent() for talk in one.talks)


def test_recorded_bytes_are_bounded(kept, monkeypatch):
    monkeypatch.setattr("workstation.network.exchanges.MOST_RECORDED", 10)
    kept.record(True)
    assert kept.may_record(6)
    assert not kept.may_record(6)
    assert (kept.recorded, kept.not_recorded) == (6, 6)


def test_recorded_bytes_of_exchanges_that_went_make_room_for_others():
    kept = Exchanges(most=2)
    kept.record(True)
    for _ in range(5):
        with asking(kept, script) as association:
            ask(association)
    here = sum(len(piece.data) for one in kept.recent() for talk in one.talks for piece in talk.recorded)
    assert kept.recorded == here > 0


def test_nothing_is_kept_if_nobody_wants_it(kept):
    kept.keeps = False
    with recorded(Kind.QUERY, None, "A", kept=kept) as observer:
        assert observer is None
    assert kept.recent() == []
