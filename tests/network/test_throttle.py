"""Associations of one node keep to its rate limit together, take turns, and are not timed out for it."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.network.conversations import CT_ID, MemorySink, keys, talking
from tests.network.short_limits import QUICK
from tests.peers import wire
from tests.peers.peer import Talk
from workstation.dicom.association_facts import Peer
from workstation.dicom.hours import Hours
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node, Timeouts
from workstation.dicom.rate_limit import RateLimit
from workstation.network.channel import NEVER, Channel
from workstation.network.get import get
from workstation.network.throttle import Throttle, Throttles
from workstation.stop import Cancelled, Stop

MEGABIT = 1e6 / 8
"""Bytes."""


class Clock:
    """Seconds, and minutes of the day, as a test sets them."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.minute = 12 * 60

    def throttle(self, limit: RateLimit | None) -> Throttle:
        return Throttle(limit, clock=lambda: self.now, minute=lambda: self.minute)


def moved(clock: Clock, throttle: Throttle, associations: int, seconds: float) -> list[int]:
    """Bytes that each of several greedy associations moves within ``seconds`` of the clock."""
    end, counts, ready = clock.now + seconds, [0] * associations, [clock.now] * associations
    for _ in itertools.count():
        clock.now = max(clock.now, min(ready))
        if clock.now >= end:
            return counts
        who = ready.index(min(ready))
        piece = throttle.piece() or 64 * 1024
        ready[who] = max(throttle.moved(piece), clock.now + 1e-5)
        counts[who] += piece
    raise AssertionError


@pytest.mark.parametrize("megabits", [0.1, 1, 20, 1000])
@pytest.mark.parametrize("associations", [1, 2, 16])
def test_all_associations_together_keep_to_the_rate_and_share_it(megabits: float, associations: int) -> None:
    clock, seconds = Clock(), 100 if megabits < 1000 else 10
    counts = moved(clock, clock.throttle(RateLimit(megabits)), associations, seconds)
    assert sum(counts) == pytest.approx(seconds * megabits * MEGABIT, rel=0.05)
    assert max(counts) < 1.1 * min(counts) + 64 * 1024


def test_a_pause_is_not_caught_up() -> None:
    clock = Clock()
    throttle = clock.throttle(RateLimit(1))
    moved(clock, throttle, 1, 10)
    clock.now += 3600
    assert sum(moved(clock, throttle, 1, 10)) < 11 * MEGABIT


def test_the_hours_of_a_limit() -> None:
    clock = Clock()
    throttle = clock.throttle(RateLimit(1, Hours(7 * 60, 18 * 60)))
    assert sum(moved(clock, throttle, 1, 10)) < 11 * MEGABIT
    clock.minute = 18 * 60
    clock.now += 2
    assert throttle.piece() == 0
    assert throttle.moved(1_000_000_000) == 0
    clock.minute = 7 * 60
    clock.now += 2
    assert sum(moved(clock, throttle, 1, 10)) < 11 * MEGABIT


def test_a_limit_is_changed_lowered_and_lifted_while_it_holds() -> None:
    clock = Clock()
    throttle = clock.throttle(None)
    assert not throttle.limited
    throttle.set_limit(RateLimit(8))
    assert sum(moved(clock, throttle, 4, 10)) == pytest.approx(10e6, rel=0.05)
    with throttle.lowered(RateLimit(2)), throttle.lowered(None):
        assert sum(moved(clock, throttle, 4, 10)) == pytest.approx(2.5e6, rel=0.1)
    with throttle.lowered(RateLimit(80)):
        assert sum(moved(clock, throttle, 4, 10)) == pytest.approx(10e6, rel=0.05)
    throttle.set_limit(None)
    assert not throttle.limited
    assert throttle.moved(10) == 0


def test_who_calls_us_is_known_by_title_or_address() -> None:
    throttles = Throttles()
    first = Node(name="A", ae_title="PACS-A", host="a.example", port=104, rate_limit=RateLimit(1))
    second = Node(name="B", ae_title="PACS-B", host="b.example", port=104)
    of_first = throttles.connected(first, "192.0.2.1")

    def of(title: str, address: str) -> Throttle | None:
        return throttles.of_peer(Peer(ae_title=title, own_ae_title="ME", address=address, port=1))

    assert of("PACS-A", "192.0.2.9") is of_first
    assert of("SENDER", "192.0.2.1") is of_first
    assert of("SENDER", "192.0.2.2") is None
    of_second = throttles.connected(second, "192.0.2.1")
    assert of("PACS-A", "192.0.2.1") is of_first
    assert of("PACS-B", "192.0.2.1") is of_second
    assert not of_second.limited
    throttles.configure([second])
    assert of_first.limited
    throttles.configure([Node(name="A", ae_title="PACS-A", host="a.example", port=104)])
    assert not of_first.limited


# --- On sockets ------------------------------------------------------------------------------------------


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket, Stop]]:
    ours, theirs = socket.socketpair()
    stop = Stop()
    channel = Channel(ours, "Peer", stop)
    yield channel, theirs, stop
    channel.close()
    theirs.close()


def feed(sock: socket.socket, count: int) -> threading.Thread:
    thread = threading.Thread(target=sock.sendall, args=(bytes(count),))
    thread.start()
    return thread


def test_a_channel_reads_no_faster_and_our_own_pause_is_no_time_out(
    pair: tuple[Channel, socket.socket, Stop],
) -> None:
    channel, theirs, _ = pair
    channel.throttle = Throttle(RateLimit(8))
    thread = feed(theirs, 500_000)
    begun, count, view = time.monotonic(), 0, memoryview(bytearray(1_000_000))
    while count < 500_000:  # each time there is less to wait than what we are held back
        count += channel.receive_into(view, time.monotonic() + 0.02, "data", 0.02)
    assert time.monotonic() - begun > 0.4
    assert channel.held > 0.3
    thread.join()


def test_a_channel_writes_no_faster(pair: tuple[Channel, socket.socket, Stop]) -> None:
    channel, theirs, _ = pair
    channel.throttle = Throttle(RateLimit(8))
    reader = threading.Thread(target=lambda: [theirs.recv(65536) for _ in iter(lambda: channel.closed, True)])
    reader.start()
    begun = time.monotonic()
    channel.send(bytes(500_000), 0.02)
    assert time.monotonic() - begun > 0.4
    assert not channel.torn
    channel.close()
    reader.join()


def test_a_stop_ends_the_pause_at_once(pair: tuple[Channel, socket.socket, Stop]) -> None:
    channel, theirs, stop = pair
    channel.throttle = Throttle(RateLimit(0.1))
    theirs.sendall(bytes(65536))
    view = memoryview(bytearray(65536))
    channel.receive_into(view, NEVER, "data", 60)
    channel._not_before += 3600  # as if a thousand others had their turn before
    threading.Timer(0.05, stop.request).start()
    with pytest.raises(Cancelled):
        channel.receive_into(view, NEVER, "data", 60)


def test_an_object_comes_whole_although_it_takes_longer_than_any_timeout() -> None:
    """The peer sends it at once; what we hold back does not count for its time."""
    image = wire.image("1.2.3.4", 150_000)

    def script(talk: Talk) -> None:
        asked = talk.message(wire.GET_RQ)
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", image))
        talk.message(wire.STORE_RQ | wire.RESPONSE)
        talk.send(wire.response(asked, 0))
        talk.released()

    sink, limit, begun = MemorySink(), RateLimit(1), time.monotonic()
    hurried = Timeouts(association=0.4, retrieve=0.4, release=0.4)
    with talking(script, limits=QUICK, rate_limit=limit, timeouts=hurried) as association:
        assert get(association, Model.STUDY, keys(), sink).status == 0
        throttle = association._channel.throttle
    assert throttle is not None
    throttle.set_limit(None)  # the next server may get the same port
    assert sink.objects["1.2.3.4"] == image
    assert time.monotonic() - begun > 1  # 150 kB at 125 kB/s
