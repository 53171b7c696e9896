"""The listener against scripted clients: what it takes, whom it keeps out, what it outlives."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import threading
import time
from dataclasses import replace

import pytest

from tests.archives.process import HOST, run
from tests.network.conversations import MemoryIncoming, MemorySink
from tests.network.listening import archives, listening
from tests.network.scripts import ECHO, STORE, echoes
from tests.network.short_limits import IMPATIENT, QUICK, until
from tests.peers import wire
from tests.peers.peer import PATIENCE, Talk, client
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.nodes import Tls
from workstation.errors import ConnectionLost, PortUnavailable
from workstation.network import acceptor, command, storage_scp
from workstation.network.acceptor import Terms, accept, negotiate
from workstation.network.association import Message
from workstation.network.limits import LIMITS
from workstation.network.pdus import ProtocolFault
from workstation.network.receive import Reception
from workstation.network.storage_commitment import Commitment
from workstation.network.storage_scp import StorageScp
from workstation.network.tls import server_context
from workstation.stop import Cancelled, Stop

pytestmark = pytest.mark.usefixtures("open_files")

ROW = wire.image("1.2.3.4")


@pytest.mark.covers("Listener", "scripted")
def test_an_echo():
    with listening() as scp:
        assert echoes(scp.port)


@pytest.mark.covers("Listener", "scripted")
@pytest.mark.parametrize("status", [0x0000, 0xB000, 0xA700, 0x0124])
def test_an_object_and_its_status(status):
    sink = MemorySink(status)
    with listening(sink) as scp, client(scp.port) as talk:
        talk.propose({1: STORE}, calling=b"MODALITY", called=b"ME")
        for number in (1, 2):
            talk.send(wire.store(1, number, f"1.2.{number}", ROW, size=100))
            answer = talk.message(wire.STORE_RQ | wire.RESPONSE)
            assert (answer.number(wire.RESPONDED), answer.number(wire.STATUS)) == (number, status)
            assert (answer.text(wire.CLASS), answer.text(wire.INSTANCE)) == (wire.CT, f"1.2.{number}")
        assert scp.active == 1
        talk.release()
        until(lambda: scp.active == 0)
    assert sink.objects == {"1.2.1": ROW, "1.2.2": ROW}
    (peer, _) = sink.peers
    assert (peer.ae_title, peer.own_ae_title, peer.address, peer.called) == (
        "MODALITY", "ME", "127.0.0.1", True,
    )  # fmt: skip
    assert 0 < scp.last_object <= time.monotonic()


class LateSink(MemorySink):
    """One whose objects have work left for after the answer, which lasts until the test allows its end."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.ended: list[str] = []

    def begin(self, context: Context, sop_class: str, sop_instance: str, peer: Peer) -> MemoryIncoming:
        super().begin(context, sop_class, sop_instance, peer)
        return LateIncoming(self, sop_instance)


class LateIncoming(MemoryIncoming):
    def __init__(self, sink: LateSink, uid: str) -> None:
        super().__init__(sink, uid)
        self._late, self._name = sink, uid

    def answered(self) -> None:
        assert self._late.go_on.wait(PATIENCE)
        self._late.ended.append(self._name)


def test_an_object_is_acknowledged_before_what_can_wait():
    sink = LateSink()
    with listening(sink) as scp, client(scp.port) as talk:
        talk.propose({1: STORE})
        talk.send(wire.store(1, 1, "1.2.1", ROW))
        assert talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS) == 0
        assert sink.ended == []
        sink.go_on.set()
        talk.release()
        until(lambda: scp.active == 0)
    assert sink.ended == ["1.2.1"]


def test_what_can_wait_is_done_also_where_no_answer_could_be_sent():
    sink = LateSink()
    sink.go_on.set()

    class Gone:
        peer = Peer(ae_title="PACS", own_ae_title="ME", address="192.0.2.7")

        def data(self, gap: float) -> list[memoryview]:
            return [memoryview(ROW)]

        def send(self, *_: object) -> None:
            raise ConnectionLost("the archive", "it is gone")

    talk = wire.store(1, 1, "1.2.1", ROW)
    request = Message(Context(1, *STORE), command.decode(talk[12 : talk.index(ROW) - 12]))
    with pytest.raises(ConnectionLost):
        Reception(Gone(), sink, 1.0).serve(request)  # type: ignore[arg-type]
    assert sink.ended == ["1.2.1"]


def test_what_is_negotiated():
    with listening() as scp, client(scp.port) as talk:
        found = talk.propose(
            {
                1: (wire.CT, "1.2.840.10008.1.2.4.70", wire.EXPLICIT),
                3: (wire.CT, "1.2.3"),
                5: (wire.FIND, wire.EXPLICIT),
                7: ECHO,
            }
        )
        assert found.contexts[1] == (0, ["1.2.840.10008.1.2.4.70"])
        assert [found.contexts[number][0] for number in (3, 5, 7)] == [4, 3, 0]
        assert found.max_pdu == 131072
        assert (found.called.strip(), found.calling.strip()) == (b"SCRIPTED", b"WORKSTATION")
        talk.release()


def test_an_asynchronous_window_is_answered_with_one():
    user = wire.user() + b""
    asked = wire.item(0x50, user[4:] + wire.item(0x53, b"\0\x08\0\x08"))
    with listening() as scp, client(scp.port) as talk:
        found = talk.propose({1: ECHO}, user_information=asked)
        assert [content for kind, content in found.user if kind == 0x53] == [b"\0\1\0\1"]
        talk.release()


def test_an_identity_whose_answer_is_wanted_is_answered():
    asked = wire.item(0x50, wire.user()[4:] + wire.item(0x58, b"\1\1\0\1u\0\0"))
    with listening() as scp, client(scp.port) as talk:
        found = talk.propose({1: ECHO}, user_information=asked)
        assert [content for kind, content in found.user if kind == 0x59] == [b"\0\0"]
        talk.release()


@pytest.mark.parametrize("field", [wire.FIND_RQ, wire.GET_RQ, wire.MOVE_RQ, wire.ACTION_RQ, 0x0FF0])
def test_what_is_not_served_gets_0211(field):
    with listening() as scp, client(scp.port) as talk:
        talk.propose({1: ECHO})
        talk.send(wire.message(1, {wire.FIELD: field, wire.ID: 9}, ROW))
        assert talk.message(field | wire.RESPONSE).number(wire.STATUS) == 0x0211
        talk.release()


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (wire.associate(wire.RQ, [], version=2), (1, 2, 2)),
        (wire.associate(wire.RQ, [], application="1.2.3"), (1, 1, 2)),
        (wire.associate(wire.RQ, [], calling=b""), (1, 1, 3)),
        (wire.associate(wire.RQ, [], called=b"\0"), (1, 1, 7)),
    ],
)
def test_a_request_that_is_rejected(request_, answer):
    with listening() as scp, client(scp.port) as talk:
        talk.send(request_)
        assert tuple(talk.expect(wire.RJ).body[1:]) == answer
        assert talk.rest() == b""


def test_version_is_one_bit_of_several():
    with listening() as scp, client(scp.port) as talk:
        talk.propose({1: ECHO}, version=0xFFFF)
        talk.release()


def test_a_stop_while_the_answer_goes_out_is_an_abort(monkeypatch):
    """The client may have read that it was accepted."""
    stop = Stop()
    monkeypatch.setattr(acceptor, "negotiate", lambda *how: stop.request(at_once=True) or negotiate(*how))
    with socket.create_server(("127.0.0.1", 0)) as server, client(server.getsockname()[1]) as talk:
        talk.send(wire.associate(wire.RQ, [wire.proposed(1, *ECHO)]))
        sock, address = server.accept()
        with pytest.raises(Cancelled):
            accept(sock, address, Terms(lambda peer: None), stop)
        talk.expect(wire.AC)
        assert talk.aborted() == (0, 0)


def test_the_sending_half_is_shut_before_the_peers_last_bytes_are_awaited():
    """However long we are ready to drain, the peer sees the end at once, and why."""
    limits = replace(LIMITS, drain=PATIENCE * 4)
    with (
        listening(admit=lambda peer: acceptor.UNKNOWN_CALLING, limits=limits) as scp,
        client(scp.port) as talk,
    ):
        talk.send(wire.associate(wire.RQ, []))
        talk.expect(wire.RJ)
        assert talk.rest() == b""


@pytest.mark.parametrize("answer", [acceptor.UNKNOWN_CALLING, acceptor.UNKNOWN_CALLED])
def test_who_is_not_admitted_is_rejected(answer):
    seen = []
    with listening(admit=lambda peer: seen.append(peer) or answer) as scp, client(scp.port) as talk:
        talk.send(wire.associate(wire.RQ, [wire.proposed(1, *ECHO)], calling=b"STRANGER"))
        assert tuple(talk.expect(wire.RJ).body[1:]) == answer
        assert talk.rest() == b""
    assert [(peer.ae_title, peer.address) for peer in seen] == [("STRANGER", "127.0.0.1")]


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\3\1\2\0\1\0",
        wire.pdu(wire.RQ, b"short"),
        wire.pdu(wire.RQ, b"", length=256 * 1024 + 1),
        wire.pdu(wire.RQ, b"", length=0xFFFFFFFF),
        wire.release(wire.RELEASE_RQ),
        wire.pdu(wire.DATA, b"", length=100),
        wire.associate(wire.RQ, [wire.proposed(2, *ECHO)]),
        wire.associate(wire.RQ, [wire.proposed(1, *ECHO)] * 2),
        wire.associate(wire.RQ, [wire.proposed(1, *ECHO)], user_information=wire.user(7)),
    ],
)
def test_garbage_is_aborted_and_costs_nothing(garbage):
    with listening() as scp:
        with client(scp.port) as talk:
            talk.send(garbage)
            assert talk.aborted() == (2, 1)
        assert echoes(scp.port)


def test_who_cannot_be_told_leaves_nothing_behind():
    """The connection breaks while we abort it: nothing may stay registered."""
    ours, theirs = socket.socketpair()
    stop = Stop()
    theirs.sendall(wire.release(wire.RELEASE_RQ))
    theirs.close()
    with pytest.raises(ProtocolFault, match="A-RELEASE-RQ instead"):
        accept(ours, ("127.0.0.1", 1), Terms(lambda peer: None), stop)
    assert stop._wakers == []


@pytest.mark.parametrize(
    "said",
    [
        wire.message(1, {wire.FIELD: 0x8001, wire.RESPONDED: 1, wire.STATUS: 0}),
        wire.message(3, {wire.FIELD: wire.ECHO_RQ, wire.ID: 1}),
        wire.pdu(wire.DATA, wire.pdv(1, 2, b"data")),
        wire.pdu(wire.DATA, b"", length=16 * 1024**2 + 1),
        wire.pdu(wire.AC, bytes(4)),
    ],
)
def test_a_client_that_breaks_the_protocol_is_aborted(said):
    with listening() as scp:
        with client(scp.port) as talk:
            talk.propose({1: ECHO})
            talk.send(said)
            assert talk.aborted() == (2, 6)
        assert echoes(scp.port)


@pytest.mark.parametrize("how", [Talk.close, Talk.reset])
def test_an_object_that_breaks_off_is_given_up(how):
    sink = MemorySink()
    with listening(sink) as scp:
        with client(scp.port) as talk:
            talk.propose({1: STORE})
            talk.send(wire.store(1, 1, "1.2.3.4", wire.image("1.2.3.4", 50_000))[:20_000])
            sink.wait()
            how(talk)
        until(lambda: sink.aborted)
        assert echoes(scp.port)
    assert sink.aborted == ["1.2.3.4"]
    assert sink.objects == {}


# --- Deadlines and crowds ----------------------------------------------------------------------------


@pytest.mark.parametrize("said", [b"", b"\1", wire.associate(wire.RQ, [wire.proposed(1, *ECHO)])[:-1]])
def test_who_does_not_associate_is_closed(said):
    with listening(limits=QUICK) as scp, client(scp.port) as talk:
        talk.send(said)
        assert talk.rest() == b""


def test_who_falls_silent_is_aborted():
    with listening(limits=replace(QUICK, inbound_idle=0.1)) as scp, client(scp.port) as talk:
        talk.propose({1: ECHO})
        assert talk.aborted() == (0, 0)


def test_a_stalled_object_is_aborted():
    sink = MemorySink()
    with listening(sink, limits=QUICK) as scp, client(scp.port) as talk:
        talk.propose({1: STORE})
        talk.send(wire.store(1, 1, "1.2.3.4", wire.image("1.2.3.4", 5000))[:-1])
        assert talk.aborted() == (0, 0)
    assert sink.aborted == ["1.2.3.4"]


def test_over_the_limit_the_answer_is_busy():
    with listening(limits=replace(LIMITS, inbound=2)) as scp, contextlib.ExitStack() as crowd:
        talks = [crowd.enter_context(client(scp.port)) for _ in range(2)]
        for talk in talks:
            talk.propose({1: ECHO})
        with client(scp.port) as late:
            late.send(wire.associate(wire.RQ, [wire.proposed(1, *ECHO)]))
            assert tuple(late.expect(wire.RJ).body[1:]) == (2, 3, 2)
            assert late.rest() == b""
        assert scp.active == 2
        talks[0].release()
        until(lambda: scp.active == 1)
        assert echoes(scp.port)


def test_sockets_that_do_not_associate_are_few_per_address():
    """Over the limit they wait until the first ones are done."""
    with listening() as scp, contextlib.ExitStack() as crowd:
        idle = [crowd.enter_context(client(scp.port)) for _ in range(LIMITS.unassociated_host)]
        for talk in idle:
            talk.send(b"\1")
        until(lambda: len(scp._callers.served) == len(idle))
        patient = [crowd.enter_context(client(scp.port)) for _ in range(2)]
        for talk in patient:
            talk.send(wire.associate(wire.RQ, [wire.proposed(1, *ECHO)]))
        until(lambda: len(scp._callers.queued) == len(patient))
        assert len(scp._callers.served) == len(idle)
        for talk in patient:
            idle.pop().close()
            talk.expect(wire.AC)
            talk.release()
        assert echoes(scp.port)


def test_of_those_that_say_nothing_the_oldest_is_turned_away():
    with listening(limits=replace(LIMITS, queued=2)) as scp, contextlib.ExitStack() as crowd:
        first, second = (crowd.enter_context(client(scp.port)) for _ in range(2))
        until(lambda: len(scp._callers.silent) == 2)
        third = crowd.enter_context(client(scp.port))
        assert first.rest() == b""
        for talk in (second, third):
            talk.propose({1: ECHO})
            talk.release()


def test_closing_turns_away_who_waits():
    with listening() as scp, contextlib.ExitStack() as crowd:
        many = [crowd.enter_context(client(scp.port)) for _ in range(3 * LIMITS.unassociated_host)]
        for talk in many[: 2 * LIMITS.unassociated_host]:
            talk.send(b"\1")
        until(lambda: len(scp._callers.queued) == len(scp._callers.silent) == LIMITS.unassociated_host)
        scp.close()
        assert [talk.rest() for talk in many] == [b""] * len(many)


def test_sockets_that_do_not_associate_are_few_in_all():
    """Over the limit the oldest goes, after its second."""
    limits = replace(LIMITS, unassociated=3, unassociated_least=0.1)
    with listening(limits=limits) as scp, contextlib.ExitStack() as crowd:
        idle = [crowd.enter_context(client(scp.port)) for _ in range(3)]
        for count, talk in enumerate(idle, 1):
            talk.send(b"\1")
            until(lambda count=count: len(scp._callers.served) == count)
        assert echoes(scp.port)
        assert idle[0].rest() == b""


def test_a_hundred_at_once():
    done = []
    with listening(limits=replace(LIMITS, unassociated_host=200, inbound=200), allowance=archives) as scp:

        def one() -> None:
            done.append(echoes(scp.port))

        threads = [threading.Thread(target=one) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
    assert done == [True] * 100


class Poor(socket.socket):
    """A listening socket of a computer that has no descriptors left, for three times."""

    tries = 0

    def accept(self):
        self.tries += 1
        if self.tries <= 3:
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def test_without_descriptors_it_waits_for_better_times(monkeypatch):
    """accept() fails and the connection stays in the backlog: served as soon as there is room."""
    listen = storage_scp._listen
    poor: list[Poor] = []

    def listen_poorly(*where):
        plain = listen(*where)
        poor.append(Poor(fileno=plain.detach()))
        return poor[0]

    monkeypatch.setattr(storage_scp, "_listen", listen_poorly)
    with listening() as scp:
        assert echoes(scp.port)
    assert poor[0].tries == 4


def test_without_threads_it_waits_for_better_times(monkeypatch):
    refused = threading.Event()
    start = threading.Thread.start

    def scarce(thread: threading.Thread) -> None:
        if thread.name == "workstation-inbound" and not refused.is_set():
            refused.set()
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", scarce)
    with listening() as scp:
        with client(scp.port) as unlucky:
            unlucky.send(b"\1")
            assert unlucky.rest() == b""
        assert refused.is_set()
        until(lambda: not scp._callers.served)
        assert echoes(scp.port)


# --- Opening, closing, TLS ---------------------------------------------------------------------------


def test_a_port_in_use_is_told():
    with listening() as scp:
        other = StorageScp(MemorySink(), Terms(lambda peer: None), port=scp.port, address="127.0.0.1")
        with pytest.raises(PortUnavailable) as caught:
            other.start()
        assert str(scp.port) in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_all_addresses(host):
    with listening(address="") as scp:
        try:
            sock = socket.create_connection((host, scp.port), PATIENCE)
        except OSError:
            assert host == "::1", "IPv4 must be there"
            pytest.skip("no IPv6 here")
        with contextlib.closing(sock):
            talk = Talk(sock)
            talk.propose({1: ECHO})
            talk.release()


def test_closing_ends_what_runs():
    sink = MemorySink()
    with listening(sink) as scp:
        with client(scp.port) as idle, client(scp.port) as busy, client(scp.port) as silent:
            idle.propose({1: ECHO})
            busy.propose({1: STORE})
            busy.send(wire.store(1, 1, "1.2.3.4", wire.image("1.2.3.4", 50_000))[:20_000])
            sink.wait()
            silent.send(b"\1")
            scp.close()
            assert idle.aborted() == (0, 0)
            assert busy.aborted() == (0, 0)
            assert silent.rest() == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", scp.port), 1)
    assert sink.aborted == ["1.2.3.4"]


def test_closing_while_clients_arrive():
    """Each thread that was begun is waited for, however close the end came."""
    for _ in range(20):
        with listening() as scp, contextlib.ExitStack() as crowd:
            for _ in range(3):
                crowd.enter_context(client(scp.port))
            scp.close()
            assert scp.active == 0


def test_closing_a_listener_that_never_started():
    scp = StorageScp(MemorySink(), Terms(lambda peer: None), port=0)
    scp.close()
    assert scp.active == 0


@pytest.fixture
def secured(authority):
    own = authority.issue("listener")
    return Tls("", str(own.certificate), str(own.key))


def trusting(authority, certificate=None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.ca))
    if certificate is not None:
        context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def test_tls(authority, secured):
    with listening(tls=server_context("us", secured)) as scp:
        assert echoes(scp.port, trusting(authority))


def test_tls_with_a_demanded_certificate(authority, stranger, secured):
    demanding = replace(secured, ca=str(authority.ca))
    with listening(tls=server_context("us", demanding)) as scp:
        assert echoes(scp.port, trusting(authority, authority.issue("modality")))
        for wrong in (None, stranger.issue("modality"), authority.issue("modality of old", days=-5)):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                echoes(scp.port, trusting(authority, wrong))
        assert echoes(scp.port, trusting(authority, authority.issue("modality")))


@pytest.mark.parametrize("said", [b"", wire.associate(wire.RQ, []), b"\x16\3\1"])
def test_a_plain_client_on_a_tls_listener(authority, secured, said):
    with listening(tls=server_context("us", secured), limits=QUICK) as scp:
        with client(scp.port) as talk:
            talk.send(said)
            talk.rest()
        assert echoes(scp.port, trusting(authority))


@pytest.mark.parametrize("said", [b"", b"\x16\3\1"])
def test_a_client_that_is_gone_before_the_handshake(authority, secured, said):
    """Wrapping the socket looks for the peer, and raises when it has gone: no bug of ours."""
    limits = replace(LIMITS, unassociated_host=16)
    with listening(tls=server_context("us", secured), limits=limits) as scp:
        for _ in range(10):
            with client(scp.port) as talk:
                talk.send(said)
                talk.reset()
        assert echoes(scp.port, trusting(authority))


def test_silent_tls_clients_do_not_hinder_others(authority, secured):
    with listening(tls=server_context("us", secured)) as scp, contextlib.ExitStack() as crowd:
        for _ in range(3):
            crowd.enter_context(client(scp.port))
        assert echoes(scp.port, trusting(authority))


@pytest.mark.archives
@pytest.mark.covers("Listener", "storescu")
@pytest.mark.parametrize("how", ["plain", "tls", "tls with a client certificate"])
def test_storescu_and_echoscu(study, authority, secured, how):
    files = study(3)
    sink = MemorySink()
    tls, options = None, []
    if how != "plain":
        demanding = how != "tls"
        tls = server_context("us", replace(secured, ca=str(authority.ca)) if demanding else secured)
        options = ["+tla", "+cf", authority.ca]
        if demanding:
            own = authority.issue("storescu")
            options = ["+tls", own.key, own.certificate, "+cf", authority.ca]
    with listening(sink, tls=tls) as scp:
        echoed = run("echoscu", *options, HOST, scp.port)
        assert echoed.status == 0, echoed.output
        sent = run("storescu", *options, "-aet", "MODALITY", HOST, scp.port, *files)
        assert sent.status == 0, sent.output
    assert len(sink.objects) == 3
    assert {peer.ae_title for peer in sink.peers} == {"MODALITY"}


@pytest.mark.archives
@pytest.mark.covers("Listener", "storescu")
def test_storescu_that_aborts(study):
    sink = MemorySink()
    with listening(sink) as scp:
        run("storescu", "--abort", HOST, scp.port, *study(2))
        until(lambda: scp.active == 0)
        assert echoes(scp.port)
    assert len(sink.objects) == 2


# --- Commitment --------------------------------------------------------------------------------------

REPORT = wire.explicit((0x00081195, "UI", b"1.9"))


@pytest.mark.covers("Commitment", "scripted")
@pytest.mark.parametrize(
    ("event", "data", "status"),
    [(1, REPORT, 0x0000), (2, REPORT, 0x0000), (3, REPORT, 0x0110), (1, None, 0x0000)],
)
def test_a_commitment_report(event, data, status):
    found: list[Commitment] = []
    user = wire.user(16384, {wire.COMMITMENT: (0, 1)})
    with listening(on_commitment=found.append) as scp, client(scp.port) as talk:
        answer = talk.propose({1: (wire.COMMITMENT, wire.EXPLICIT)}, user_information=user)
        assert answer.roles == {wire.COMMITMENT: (0, 1)}
        fields = {
            wire.CLASS: wire.COMMITMENT, wire.FIELD: wire.EVENT_RQ, wire.ID: 5, wire.EVENT: event,
            wire.INSTANCE: "1.2.840.10008.1.20.1.1",
        }  # fmt: skip
        talk.send(wire.message(1, fields, data))
        said = talk.message(wire.EVENT_RQ | wire.RESPONSE)
        assert said.number(wire.STATUS) == status
        talk.release()
    if status == 0:
        assert [report.transaction for report in found] == ["1.9" if data else ""]


def test_impatience_is_the_nodes_own():
    """The listener's patience for answers to its own messages is that of its terms."""
    with listening(timeouts=IMPATIENT) as scp:
        assert echoes(scp.port)
