"""Who is let in when there are many: strangers, archives that were asked, and those who only hold a seat.

Several addresses of the loopback network stand for several hosts.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.network.conversations import MemorySink
from tests.network.crowding import crowd
from tests.network.leaks import Holdings
from tests.network.listening import listening
from tests.network.scripts import ECHO, ECHOED, SECONDS, STORE, Served, Sides, echoes
from tests.network.short_limits import QUICK, until
from tests.peers import wire
from tests.peers.peer import Ended, Talk, client
from workstation.dicom.association_facts import Peer
from workstation.network.association_slots import AssociationSlots, PeerAllowance
from workstation.network.limits import LIMITS
from workstation.network.pending_connections import PendingConnection, PendingConnections, host_of
from workstation.stop import Stop

HELLO = b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"
RQ = wire.associate(wire.RQ, [wire.proposed(1, *STORE), wire.proposed(3, *ECHO)])
ARCHIVE = "127.0.0.7"
IMPATIENT = replace(LIMITS, inbound_start=0.2, inbound_pause=0.4)


def archive(peer: Peer) -> PeerAllowance:
    """One host was asked for something."""
    return PeerAllowance(known=peer.address == ARCHIVE)


@pytest.mark.parametrize("half", [False, True], ids=["nothing", "half a request"])
def test_fifty_hosts_with_ten_sockets_each(nothing_left: Holdings, wire_of: Sides, half: bool) -> None:
    """At the real limits; each that is closed comes back."""
    said = (HELLO if wire_of.secure else RQ[:3]) if half else b""
    with (
        listening(tls=wire_of.listener) as scp,
        crowd(scp.port, 50, 10, said),
        Served(scp.port, wire_of.client) as served,
    ):
        until(lambda: len(scp._callers.served if half else scp._callers.silent) >= LIMITS.unassociated)
        served.again(20)
    print(f"the slowest of {served.count} echoes took {served.longest:.2f} s")
    assert served.longest <= SECONDS
    print(f"memory grew by {nothing_left.growth:.1f} MiB")


def test_an_archives_eight_associations_beside_fifty_hosts(nothing_left: Holdings) -> None:
    sink = MemorySink()
    with listening(sink, allowance=archive) as scp, crowd(scp.port, 50, 10):
        until(lambda: len(scp._callers.silent) >= LIMITS.queued)
        begun = time.monotonic()
        with contextlib.ExitStack() as stack:
            talks = [stack.enter_context(client(scp.port, host=ARCHIVE)) for _ in range(8)]
            for talk in talks:
                talk.propose({1: STORE})
            for number in range(40):
                uid = f"1.2.{number}"
                talk = talks[number % 8]
                talk.send(wire.store(1, number // 8 + 1, uid, wire.image(uid)))
                assert talk.message().number(wire.STATUS) == 0
            for talk in talks:
                talk.release()
        print(f"{time.monotonic() - begun:.2f} s")
    assert len(sink.objects) == 40


@contextlib.contextmanager
def idle_associations(port: int, count: int, host: Callable[[int], str]) -> Iterator[list[Talk]]:
    with contextlib.ExitStack() as stack:
        talks = []
        for number in range(count):
            talk = stack.enter_context(client(port, host=host(number)))
            talk.propose({1: STORE, 3: ECHO})
            talks.append(talk)
        yield talks


def refused(port: int, host: str) -> bool:
    with client(port, host=host) as talk:
        talk.send(RQ)
        return talk.pdu().kind == wire.RJ


def test_one_host_cannot_hold_all_slots(nothing_left: Holdings) -> None:
    """By C-ECHO now and then, on as many associations as it gets: another host gets one all the same."""
    with (
        listening(limits=replace(LIMITS, inbound_start=60)) as scp,
        idle_associations(scp.port, 12, lambda _: "127.0.0.66"),
    ):
        assert refused(scp.port, "127.0.0.66")
        with idle_associations(scp.port, 4, lambda _: "127.0.0.67"):
            assert scp.active == LIMITS.inbound_unknown


def test_slots_that_are_held_by_echoes_are_given_up_for_somebody_new(nothing_left: Holdings) -> None:
    with (
        listening(limits=replace(IMPATIENT, inbound_start=1.0)) as scp,
        idle_associations(scp.port, 16, lambda number: f"127.0.0.{60 + number % 4}") as talks,
    ):
        assert refused(scp.port, "127.0.0.9")
        until(lambda: not refused(scp.port, "127.0.0.9"))
        talks[0].send(ECHOED)
        with contextlib.suppress(Ended, AssertionError, OSError):
            talks[0].message()
        assert echoes(scp.port, None, "127.0.0.9")
        assert scp.active <= LIMITS.inbound_unknown


def test_who_sends_keeps_its_slot(nothing_left: Holdings) -> None:
    """What is used is not given up, however many come: they hear "busy"."""
    sink = MemorySink()
    with (
        listening(sink, limits=replace(IMPATIENT, inbound_pause=60)) as scp,
        idle_associations(scp.port, 16, lambda number: f"127.0.0.{60 + number}") as talks,
    ):
        for number, talk in enumerate(talks):
            talk.send(wire.store(1, 1, f"1.2.{number}", wire.image(f"1.2.{number}")))
            assert talk.message().number(wire.STATUS) == 0
        threading.Event().wait(2 * IMPATIENT.inbound_start)
        assert refused(scp.port, "127.0.0.9")
        for number, talk in enumerate(talks):
            talk.send(wire.store(1, 2, f"1.3.{number}", wire.image(f"1.3.{number}")))
            assert talk.message().number(wire.STATUS) == 0
    assert len(sink.objects) == 32


def test_objects_that_are_refused_hold_no_slot(nothing_left: Holdings) -> None:
    with (
        listening(MemorySink(0x0124), limits=replace(IMPATIENT, inbound_pause=60)) as scp,
        idle_associations(scp.port, 16, lambda number: f"127.0.0.{60 + number}") as talks,
    ):
        for number, talk in enumerate(talks):
            talk.send(wire.store(1, 1, f"1.2.{number}", wire.image(f"1.2.{number}")))
            assert talk.message().number(wire.STATUS) == 0x0124
        until(lambda: not refused(scp.port, "127.0.0.9"))


def test_strangers_leave_slots_for_archives(nothing_left: Holdings) -> None:
    with (
        listening(limits=replace(LIMITS, inbound_start=60), allowance=archive) as scp,
        idle_associations(scp.port, 16, lambda number: f"127.0.0.{60 + number}"),
    ):
        assert refused(scp.port, "127.0.0.9")
        kept = LIMITS.inbound - LIMITS.inbound_unknown
        with idle_associations(scp.port, kept, lambda _: ARCHIVE):
            assert scp.active == LIMITS.inbound
            assert refused(scp.port, ARCHIVE)


def test_an_archive_takes_the_place_of_a_stranger_who_does_nothing(nothing_left: Holdings) -> None:
    with (
        listening(limits=IMPATIENT, allowance=archive) as scp,
        idle_associations(scp.port, 16, lambda number: f"127.0.0.{60 + number}"),
        idle_associations(scp.port, 9, lambda _: ARCHIVE),
    ):
        until(lambda: not refused(scp.port, ARCHIVE))


def test_while_c_moves_run_a_host_has_as_many_more(nothing_left: Holdings) -> None:
    """Eight, from an address and under an AE title nobody knows, beside one that holds all it gets."""
    with (
        listening(limits=IMPATIENT, allowance=lambda peer: PeerAllowance(more=8)) as scp,
        idle_associations(scp.port, 12, lambda _: "127.0.0.66"),
    ):
        threading.Event().wait(2 * IMPATIENT.inbound_start)
        with idle_associations(scp.port, 8, lambda _: "127.0.0.8") as talks:
            for talk in talks:
                talk.send(ECHOED)
                assert talk.message().number(wire.STATUS) == 0


# --- Who is one host ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("no address", "no address", True),
    ],
)
def test_an_ipv6_network_is_one_host(one: str, other: str, same: bool) -> None:
    assert (host_of(one) == host_of(other)) is same


def test_who_waits_is_called_in_by_hosts_in_turn() -> None:
    """The lone socket of a host is served before the many of another."""
    callers = PendingConnections(replace(QUICK, unassociated=3, unassociated_least=1.0))
    many = [PendingConnection(None, ("192.0.2.1", number), number / 100) for number in range(6)]
    lone = PendingConnection(None, ("192.0.2.2", 1), 1.0)
    for caller in (*many, lone):
        assert callers.add(caller) is None
        callers.speaks(caller)
    assert [callers.next_served(2.0) for _ in range(3)] == [many[0], lone, many[1]]
    assert callers.next_served(2.5) is None
    assert callers.next_served(3.0) is many[2]
    assert [caller.stop.requested for caller in many[:2]] == [True, False]


def test_who_lost_a_slot_takes_none_from_others() -> None:
    """Or those who come back at once would have every seat that is given up."""
    slots = AssociationSlots(
        replace(LIMITS, inbound_unknown=1, inbound_host=1, inbound_start=0.0, inbound_lost=0.3)
    )
    first, second = (
        Peer(ae_title="ANY", own_ae_title="US", address=f"192.0.2.{number}", port=1, called=True)
        for number in (1, 2)
    )
    assert slots.take(first, Stop())
    taken = slots.take(second, Stop())
    assert taken is not None
    assert slots.take(first, Stop()) is None
    slots.leave(taken)
    taken = slots.take(first, Stop())
    assert taken is not None
    slots.leave(taken)
    assert slots.take(second, Stop())
    until(lambda: slots.take(first, Stop()))


def test_a_slot_of_a_host_with_many_goes_first() -> None:
    slots = AssociationSlots(replace(LIMITS, inbound_unknown=3, inbound_host=1, inbound_start=0.0))
    stops = [Stop() for _ in range(4)]
    for stop, host in zip(stops, ("192.0.2.1", "192.0.2.2", "192.0.2.2", "192.0.2.3"), strict=True):
        assert slots.take(Peer(ae_title="ANY", own_ae_title="US", address=host, port=1, called=True), stop)
    assert [stop.requested for stop in stops] == [False, True, False, False]
    assert len(slots) == 3
