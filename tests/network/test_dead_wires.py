"""The connection dies and nobody says so; and the clock of the computer jumps."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.network.conversations import MemorySink
from tests.network.leaks import Holdings
from tests.network.listening import listening
from tests.network.scripts import AC, ECHO, STORING, Sides, Work, associated, search
from tests.network.short_limits import DEADLINE, HURRIED, LIMITS_20, SLACK, side_by_side, until
from tests.peers.hostile import Script, stall
from tests.peers.peer import Ended, Server, Talk, client
from tests.peers.proxy import Proxy
from workstation.dicom.nodes import Timeouts
from workstation.errors import TimedOut
from workstation.network.echo import echo
from workstation.network.limits import LIMITS

DIES_AFTER = [100 + 97 * number for number in range(12)]
"""Bytes, both ways together; within TLS three times as many, for its handshake dies as well."""


def passed(number: int, wire_of: Sides) -> int:
    return DIES_AFTER[number] * (3 if wire_of.secure else 1)


def test_a_wire_that_dies_silently(
    nothing_left: Holdings, conversation: tuple[Script, Work], wire_of: Sides
) -> None:
    """No reset, no end: a router without power. Both directions, after any number of bytes."""
    script, work = conversation

    def until_the_end(talk: Talk) -> None:
        with contextlib.suppress(Ended, OSError):
            if wire_of.peer is not None:
                talk.sock = wire_of.peer.wrap_socket(talk.sock, server_side=True)
            script.play(talk)

    with Server(until_the_end, backlog=64) as server:

        def one(number: int) -> None:
            with Proxy(server.port) as proxy:
                proxy.silent_after(passed(number, wire_of))
                with (
                    pytest.raises(TimedOut),
                    associated(server, wire_of, limits=LIMITS_20, timeouts=HURRIED, port=proxy.port) as it,
                ):
                    work(it, MemorySink())
                proxy.wait()

        slowest = side_by_side(one, range(len(DIES_AFTER)))
    print(f"{len(DIES_AFTER)} connections, the slowest ended after {slowest:.2f} s")
    assert slowest <= DEADLINE + SLACK


def test_a_wire_that_dies_silently_under_the_listener(nothing_left: Holdings, wire_of: Sides) -> None:
    """After any number of bytes the listener is rid of the association at its deadline."""
    sink = MemorySink()

    def until_the_end(port: int) -> None:
        with contextlib.suppress(Ended, OSError), client(port, wire_of.client) as talk:
            STORING.play(talk)

    with listening(sink, limits=replace(LIMITS_20, unassociated_host=24), tls=wire_of.listener) as scp:

        def one(number: int) -> None:
            with ThreadPoolExecutor(1) as pool, Proxy(scp.port) as proxy:
                proxy.silent_after(passed(number, wire_of))
                pool.submit(until_the_end, proxy.port)
                proxy.wait()
                begun = time.monotonic()
                until(lambda: scp.active == 0 and not scp._callers.served)
                assert time.monotonic() - begun <= 2 * DEADLINE + SLACK

        side_by_side(one, range(len(DIES_AFTER)))
    assert set(sink.aborted) | set(sink.objects) == set(sink.contexts)


@pytest.mark.long
@pytest.mark.timeout(200)
def test_a_wire_that_dies_silently_at_the_real_limits(nothing_left: Holdings, wire_of: Sides) -> None:
    """Our listener gives up after its 30 s, an echo after 10 s, a search after 60 s; and 5 s at most."""

    def asking(work: Work, seconds: float) -> None:
        def asked(talk: Talk) -> None:
            Script(Talk.request, AC, Talk.message).play(talk)
            proxy.silence()
            with contextlib.suppress(OSError):
                talk.sock.settimeout(100)
                talk.rest()

        with Server(asked, tls=wire_of.peer) as server, Proxy(server.port) as proxy:
            begun = time.monotonic()
            with (
                pytest.raises(TimedOut),
                associated(server, wire_of, limits=LIMITS, timeouts=Timeouts(), port=proxy.port) as it,
            ):
                work(it, MemorySink())
            took = time.monotonic() - begun
            print(f"given up after {took:.1f} s")
            assert seconds - 0.1 <= took <= seconds + 5

    def asked() -> None:
        with Proxy(scp.port) as proxy, client(proxy.port, wire_of.client) as talk:
            talk.propose({3: ECHO})
            (ours,) = (one for one in threading.enumerate() if one.name == "workstation-inbound")
            proxy.silence()
            begun = time.monotonic()
            ours.join(100)
            took = time.monotonic() - begun
            print(f"rid of it after {took:.1f} s")
            assert LIMITS.inbound_idle - 0.1 <= took <= LIMITS.inbound_idle + 5

    with listening(tls=wire_of.listener) as scp, ThreadPoolExecutor(3) as pool:
        doing = [
            pool.submit(asked),
            pool.submit(asking, lambda it, sink: echo(it), Timeouts().echo),
            pool.submit(asking, search, Timeouts().find),
        ]
        for each in doing:
            each.result(100)


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_the_clock_may_jump(nothing_left: Holdings, monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    """Somebody sets the clock by an hour: no wait ends early, none lasts longer."""
    real = time.time
    asked = threading.Event()

    def script(talk: Talk) -> None:
        Script(Talk.request, AC, Talk.message).play(talk)
        asked.set()
        stall(talk, b"")

    with (
        listening(limits=LIMITS_20) as scp,
        client(scp.port) as talk,
        Server(script) as server,
    ):
        talk.propose({3: ECHO})
        begun = time.monotonic()
        monkeypatch.setattr(time, "time", lambda: real() + jump)
        with (
            pytest.raises(TimedOut),
            associated(server, Sides(None), limits=LIMITS_20, timeouts=HURRIED) as it,
        ):
            search(it)
        assert talk.aborted() == (0, 0)
        assert 0.4 <= time.monotonic() - begun <= DEADLINE + SLACK
