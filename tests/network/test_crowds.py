"""Crowds at the listener: idle, half said, dripping, or simply many. Who behaves is served within 2 s.

Several addresses of the loopback network stand for several hosts.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.network.conversations import MemorySink
from tests.network.leaks import Holdings
from tests.network.listening import archives, listening
from tests.network.scripts import ECHO, SECONDS, STORE, Served, Sides, echoes
from tests.network.short_limits import QUICK, until
from tests.peers import wire
from tests.peers.peer import PATIENCE, Ended, Talk, client
from workstation.network.channel import Channel
from workstation.network.limits import LIMITS, Limits
from workstation.network.receive import Sink

RQ = wire.associate(wire.RQ, [wire.proposed(1, *STORE), wire.proposed(3, *ECHO)])
HELLO = b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"


def crowd(
    stack: contextlib.ExitStack, port: int, count: int, said: bytes, hosts: int, sides: Sides | None = None
) -> list[Talk]:
    """So many connections, from so many addresses, each having said ``said``."""
    talks = []
    for number in range(count):
        with contextlib.suppress(ConnectionError):  # turned away at once
            talk = stack.enter_context(client(port, host=f"127.0.0.{20 + number % hosts}"))
            talk.send(said)
            talks.append(talk)
    return talks


SAID = {
    "nothing": b"",
    "half a header": RQ[:3],
    "half a request": RQ[:100],
    "half a TLS hello": HELLO,
}


@pytest.mark.parametrize("hosts", [1, 3])
@pytest.mark.parametrize("said", SAID.values(), ids=SAID.keys())
def test_a_hundred_that_do_not_associate(
    nothing_left: Holdings, wire_of: Sides, said: bytes, hosts: int
) -> None:
    """At the real limits: few of them are listened to, the others queue, and there is room for more."""
    with (
        listening(tls=wire_of.listener) as scp,
        Served(scp.port, wire_of.client) as served,
        contextlib.ExitStack() as stack,
    ):
        crowd(stack, scp.port, 100, said, hosts)
        served.again(5)
        assert len(scp._callers.served) <= LIMITS.unassociated_host * hosts + 1
    assert served.longest <= SECONDS


def test_a_thousand_that_say_nothing(nothing_left: Holdings) -> None:
    """No thread, no memory and no work for those who are not listened to."""
    with listening() as scp, Served(scp.port) as served, contextlib.ExitStack() as stack:
        worked = time.process_time()
        crowd(stack, scp.port, 1030, b"", 3)
        print(f"{(time.process_time() - worked) / 1030 * 1000:.2f} ms of work for each, both sides together")
        served.again(5)
        threads = sum(thread.name == "workstation-inbound" for thread in threading.enumerate())
        assert threads <= 3 * LIMITS.unassociated_host + 1
        assert len(scp._callers.silent) <= LIMITS.queued
    assert served.longest <= SECONDS
    print(f"memory grew by {nothing_left.growth:.1f} MiB")


@pytest.mark.parametrize(
    ("wire_of", "limits", "pause"),
    [("plain", QUICK, 0.05), ("TLS", QUICK, 0.05), ("plain", LIMITS, 1.0)],
    indirect=["wire_of"],
    ids=["plain", "TLS", "at the real limits"],
)
def test_a_hundred_that_drip(nothing_left: Holdings, wire_of: Sides, limits: Limits, pause: float) -> None:
    """A byte of the handshake now and then, from three addresses, and each that is cut comes back."""
    drops = HELLO + bytes(200) if wire_of.secure else RQ
    with listening(limits=limits, tls=wire_of.listener) as scp, Served(scp.port, wire_of.client) as served:
        over = threading.Event()
        cut = Counter[str]()

        def drip(number: int) -> None:
            host = f"127.0.0.{20 + number % 3}"
            while not over.is_set():
                with contextlib.suppress(OSError), client(scp.port, host=host) as talk:
                    for byte in drops:
                        talk.send(bytes((byte,)))
                        if over.wait(pause):
                            return
                cut[host] += 1

        threads = [threading.Thread(target=drip, args=(number,)) for number in range(100)]
        for thread in threads:
            thread.start()
        until(lambda: len(cut) == 3)
        served.again()
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
    print(f"{cut.total()} were cut")
    assert served.longest <= SECONDS


def test_they_come_from_everywhere(nothing_left: Holdings) -> None:
    """All seats are taken by many hosts: they are free again after the handshake's patience, not later."""
    with listening(limits=QUICK) as scp, contextlib.ExitStack() as stack:
        crowd(stack, scp.port, 100, RQ[:3], 50)
        with Served(scp.port) as served:
            served.again(3)
        until(lambda: not scp._callers.served)
    # 100 in 16 seats of 0.25 s each, and the legitimate one at the end of the queue
    assert served.longest <= 7 * QUICK.control_time + SECONDS


# --- Many that behave --------------------------------------------------------------------------------


class Gauge:
    """How many are inside at the same time, at most."""

    def __init__(self) -> None:
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Gauge:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._now -= 1


BUSY = "rejected (2, 3, 2)"


def stores(
    port: int,
    number: int,
    count: int,
    sides: Sides,
    filler: int = 0,
    host: str = "127.0.0.1",
    gauge: Gauge | None = None,
) -> str:
    """What becomes of a client that sends ``count`` objects."""
    try:
        with client(port, sides.client, host=host) as talk:
            talk.send(RQ)
            first = talk.pdu()
            if first.kind == wire.RJ:
                return f"rejected {tuple(first.body[1:])}"
            assert first.kind == wire.AC
            with gauge or Gauge():
                for each in range(1, count + 1):
                    uid = f"1.2.{number}.{each}"
                    talk.send(wire.store(1, each, uid, wire.image(uid, filler)))
                    assert talk.message().number(wire.STATUS) == 0
            talk.release()
            return "served"
    except (Ended, OSError) as error:
        return f"dropped: {error}"


def all_at_once(count: int, work: Callable[[int], str]) -> Counter[str]:
    """Do it in so many threads that begin together; what became of them."""
    begin = threading.Barrier(count)
    found = Counter[str]()

    def one(number: int) -> None:
        begin.wait(PATIENCE)
        found[work(number)] += 1

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(4 * PATIENCE)
        assert not thread.is_alive()
    return found


@pytest.mark.parametrize("hosts", [1, 10])
def test_a_hundred_associations_at_once(nothing_left: Holdings, wire_of: Sides, hosts: int) -> None:
    """At the real limits: up to 16 strangers, 12 of one host, are served at a time, others hear "busy"."""
    sink, gauge = MemorySink(), Gauge()
    with listening(sink, tls=wire_of.listener) as scp:

        def one(number: int) -> str:
            host = f"127.0.0.{20 + number % hosts}"
            return stores(scp.port, number, 20, wire_of, host=host, gauge=gauge)

        found = all_at_once(100, one)
    print(f"{found}, {gauge.most} at a time")
    assert set(found) <= {"served", BUSY}, found
    most = LIMITS.inbound_unknown - (LIMITS.inbound_host if hosts == 1 else 0)
    assert found["served"] >= most >= gauge.most
    assert len(sink.objects) == 20 * found["served"]


def test_a_hundred_that_come_back_when_it_is_busy(nothing_left: Holdings, wire_of: Sides) -> None:
    """As a modality does: in the end all of them were served."""
    sink, gauge = MemorySink(), Gauge()
    pause = threading.Event()
    with listening(sink, tls=wire_of.listener) as scp:

        def one(number: int) -> str:
            host = f"127.0.0.{20 + number % 10}"
            while (said := stores(scp.port, number, 20, wire_of, host=host, gauge=gauge)) == BUSY:
                pause.wait(0.1)
            return said

        begun = time.monotonic()
        found = all_at_once(100, one)
        print(f"{found} in {time.monotonic() - begun:.1f} s")
    assert found == {"served": 100}
    assert gauge.most <= LIMITS.inbound_unknown
    assert len(sink.objects) == 2000


def test_twenty_send_twenty_each(nothing_left: Holdings, wire_of: Sides) -> None:
    class Forgetful(MemorySink):
        def begin(self, *about):
            slot = super().begin(*about)
            slot.write = lambda data: None
            return slot

    sink = Forgetful()
    with listening(sink, tls=wire_of.listener, allowance=archives) as scp:
        found = all_at_once(20, lambda number: stores(scp.port, number, 20, wire_of, 160_000))
    assert found == {"served": 20}
    assert len(sink.objects) == 400


# --- Idle --------------------------------------------------------------------------------------------


def test_idle_associations_cost_no_work(
    nothing_left: Holdings, wire_of: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is polled: while 25 associations say nothing, no thread of ours wakes up."""
    woken = []
    wait = Channel._wait
    monkeypatch.setattr(Channel, "_wait", lambda *how: woken.append(1) or wait(*how))
    with (
        listening(tls=wire_of.listener, allowance=archives) as scp,
        contextlib.ExitStack() as stack,
    ):
        for _ in range(LIMITS.inbound):
            stack.enter_context(client(scp.port, wire_of.client)).propose({3: ECHO})
        until(lambda: scp.active == LIMITS.inbound)
        before = 0
        while len(woken) > before:  # what the handshakes left to do
            before = len(woken)
            threading.Event().wait(0.3)
        worked = time.process_time()
        threading.Event().wait(1.0)
        assert len(woken) == before
        worked = time.process_time() - worked
    print(f"{worked:.3f} s of work in 1 s")
    assert worked < 0.2


@contextmanager
def many_descriptors() -> Iterator[None]:
    """Use up all numbers below 1,100: select() knows none beyond 1,023."""
    import resource  # not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2000), hard))
    with contextlib.ExitStack() as stack:
        try:
            while stack.enter_context(Path(os.devnull).open("rb")).fileno() < 1100:
                pass
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts sockets, not their numbers")
def test_descriptors_beyond_1024(nothing_left: Holdings, wire_of: Sides) -> None:
    with many_descriptors(), listening(tls=wire_of.listener) as scp:
        assert echoes(scp.port, wire_of.client)
        assert stores(scp.port, 1, 3, wire_of, 100_000) == "served"


def test_a_hundred_that_leave_in_the_middle_of_an_object(
    nothing_left: Holdings, wire_of: Sides, sink: Sink, tmp_path: Path
) -> None:
    """No part file and no descriptor is left of them."""
    data = wire.image("1.2.3", 50_000)

    def leave(number: int) -> str:
        host = f"127.0.0.{20 + number % 25}"
        with client(scp.port, wire_of.client, host=host) as talk:
            talk.propose({1: STORE})
            talk.send(wire.store(1, 1, "1.2.3", data)[:-1000])
            talk.reset()
        return "gone"

    with listening(
        sink, limits=replace(LIMITS, inbound=100), tls=wire_of.listener, allowance=archives
    ) as scp:
        assert all_at_once(100, leave) == {"gone": 100}
        until(lambda: scp.active == 0)
    kept = [path for folder in ("out", "library/incoming") for path in (tmp_path / folder).glob("*")]
    assert kept == list(tmp_path.rglob("*.dcm")) == []
