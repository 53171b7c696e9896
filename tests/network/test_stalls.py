"""A peer that falls silent or drips, at every PDU boundary and inside each PDU.

Every wait of ours ends at its deadline; a stop, or closing the listener, ends it at once.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.network.leaks import Holdings
from tests.network.listening import listening
from tests.network.patience import QUICK, until
from tests.network.scripts import (
    AC,
    ECHO,
    FINDING,
    GETTING,
    SECONDS,
    STORING,
    TAKING,
    Served,
    Sides,
    associated,
    fetch,
    files,
    search,
    send_all,
)
from tests.network.talking import Tray
from tests.peers.hostile import Script, dripping, stall
from tests.peers.peer import PATIENCE, Ended, Server, Talk, client
from tests.peers.proxy import Proxy
from workstation.dicom.nodes import Timeouts
from workstation.errors import NetworkError, TimedOut
from workstation.network.association import Association
from workstation.network.echo import echo
from workstation.network.limits import LIMITS
from workstation.stop import Cancelled, Stop

HURRIED = Timeouts(connect=0.5, association=0.5, echo=0.5, find=0.5, retrieve=0.5, store=0.5, release=0.25)
LIMITS_20 = replace(QUICK, inbound_idle=0.5)
DEADLINE = LIMITS_20.data_time + LIMITS_20.drain
AT_ONCE = 3.0
"""Seconds within which everything ends once the program is closing."""

Work = Callable[[Association, Tray], object]


def points(script: Script) -> list[int]:
    """Every boundary, and inside each PDU: in its header and in its body."""
    return sorted({*script.boundaries[:-1], *script.inside()})


def side_by_side(work: Callable[[int], object], numbers: Iterable[int], width: int = 24) -> float:
    """Do the work for all numbers, ``width`` at a time; how many seconds the slowest took."""

    def timed(number: int) -> float:
        begun = time.monotonic()
        work(number)
        return time.monotonic() - begun

    with ThreadPoolExecutor(width) as pool:
        return max(pool.map(timed, numbers))


def sending(folder: Path) -> Work:
    objects = files(folder)
    return lambda association, tray: send_all(association, objects)


@pytest.fixture(params=["C-FIND", "C-GET", "C-STORE"])
def conversation(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Script, Work]:
    """A server's script, and what we do with it."""
    found: dict[str, tuple[Script, Work]] = {
        "C-FIND": (FINDING, search),
        "C-GET": (GETTING, fetch),
        "C-STORE": (TAKING, sending(tmp_path)),
    }
    return found[request.param]


@pytest.mark.usefixtures("nothing_left")
def test_a_server_that_falls_silent(conversation: tuple[Script, Work], wire_of: Sides) -> None:
    script, work = conversation
    turns = iter(points(script))
    ends: list[str] = []

    def silent(talk: Talk) -> None:
        script.play(talk, next(turns), stall)

    with Server(silent, tls=wire_of.peer, backlog=64) as server:

        def one(_: int) -> None:
            tray = Tray()
            try:
                with associated(server, wire_of, limits=LIMITS_20, timeouts=HURRIED) as association:
                    work(association, tray)
            except TimedOut as error:
                ends.append(error.waiting_for)
            else:
                ends.append("only the release was left")
            assert set(tray.aborted) | set(tray.objects) == set(tray.contexts)

        slowest = side_by_side(one, range(len(points(script))))
    print(f"{len(ends)} points, the slowest took {slowest:.2f} s")
    assert slowest <= DEADLINE + 2
    assert ends.count("only the release was left") == 3  # before, in the header of, and in its last PDU
    assert len(ends) >= 12


@pytest.mark.usefixtures("nothing_left")
def test_a_stop_at_once_wherever_the_server_fell_silent(
    conversation: tuple[Script, Work], wire_of: Sides
) -> None:
    """Closing the program waits for nobody, however patient the node is."""
    script, work = conversation
    turns = iter(points(script))
    patient = Timeouts(
        **dict.fromkeys(("connect", "association", "find", "retrieve", "store", "release"), 60.0)
    )
    stops: list[Stop] = []
    silent = threading.Semaphore(0)

    def fall_silent(talk: Talk) -> None:
        def tell(talk: Talk, rest: bytes) -> None:
            silent.release()
            stall(talk, rest)

        script.play(talk, next(turns), tell)

    with Server(fall_silent, tls=wire_of.peer, backlog=64) as server, ThreadPoolExecutor(99) as pool:

        def one() -> None:
            stops.append(Stop())
            with (
                contextlib.suppress(Cancelled),
                associated(server, wire_of, limits=LIMITS, timeouts=patient, stop=stops[-1]) as association,
            ):
                work(association, Tray())

        doing = [pool.submit(one) for _ in points(script)]
        for _ in doing:
            assert silent.acquire(timeout=PATIENCE)
        begun = time.monotonic()
        for stop in stops:
            stop.request(at_once=True)
        for each in doing:
            each.result(PATIENCE)
        took = time.monotonic() - begun
    print(f"{len(doing)} conversations ended in {took:.2f} s")
    assert took <= AT_ONCE


def test_a_client_that_falls_silent(nothing_left: Holdings, wire_of: Sides) -> None:
    """From several addresses; who behaves is served all the while."""
    tray = Tray()
    limits = replace(LIMITS_20, inbound=100)
    with (
        listening(tray, limits=limits, tls=wire_of.listener) as scp,
        Served(scp.port, wire_of.client) as served,
    ):

        def one(number: int) -> None:
            at = points(STORING)[number]
            with client(scp.port, wire_of.client, host=f"127.0.0.{10 + number % 24}") as talk:
                STORING.play(talk, at, stall)

        slowest = side_by_side(one, range(len(points(STORING))))
    assert slowest <= DEADLINE + 2
    assert served.longest <= SECONDS
    assert set(tray.aborted) | set(tray.objects) == set(tray.contexts)


def test_closing_the_listener_wherever_its_clients_fell_silent(
    nothing_left: Holdings, wire_of: Sides
) -> None:
    silent = threading.Semaphore(0)

    def tell(talk: Talk, rest: bytes) -> None:
        silent.release()
        stall(talk, rest)

    limits = replace(LIMITS, inbound=100, unassociated=100)
    with (
        listening(limits=limits, tls=wire_of.listener) as scp,
        ThreadPoolExecutor(99) as pool,
    ):

        def one(number: int) -> None:
            with client(scp.port, wire_of.client, host=f"127.0.0.{10 + number}") as talk:
                STORING.play(talk, points(STORING)[number], tell)

        doing = [pool.submit(one, number) for number in range(len(points(STORING)))]
        for _ in doing:
            assert silent.acquire(timeout=PATIENCE)
        begun = time.monotonic()
        scp.close()
        took = time.monotonic() - begun
        for each in doing:
            each.result(PATIENCE)
    print(f"{len(doing)} clients, closed in {took:.2f} s")
    assert took <= AT_ONCE


# --- Drips -------------------------------------------------------------------------------------------


def test_a_server_that_drips(
    nothing_left: Holdings, conversation: tuple[Script, Work], wire_of: Sides
) -> None:
    """A byte now and then is no life inside a PDU."""
    script, work = conversation
    inside = iter(script.inside())

    def drip(talk: Talk) -> None:
        script.play(talk, next(inside), dripping(0.02))

    with Server(drip, tls=wire_of.peer, backlog=64) as server:

        def one(_: int) -> None:
            with (
                contextlib.suppress(NetworkError),
                associated(server, wire_of, limits=LIMITS_20, timeouts=HURRIED) as association,
            ):
                work(association, Tray())

        slowest = side_by_side(one, range(len(script.inside())))
    assert slowest <= 2 * DEADLINE + 2  # one deadline is for the PDU it completes, one for the next


def test_a_client_that_drips(nothing_left: Holdings, wire_of: Sides) -> None:
    with (
        listening(limits=replace(LIMITS_20, inbound=100), tls=wire_of.listener) as scp,
        Served(scp.port, wire_of.client) as served,
    ):

        def one(number: int) -> None:
            with client(scp.port, wire_of.client, host=f"127.0.0.{10 + number % 24}") as talk:
                STORING.play(talk, STORING.inside()[number], dripping(0.02))

        slowest = side_by_side(one, range(len(STORING.inside())))
    assert slowest <= 2 * DEADLINE + 2
    assert served.longest <= SECONDS


# --- The connection dies and nobody says so ----------------------------------------------------------


def test_a_wire_that_dies_silently(nothing_left: Holdings, conversation: tuple[Script, Work]) -> None:
    """No reset, no end: a router without power. Both directions, after any number of bytes."""
    script, work = conversation

    def until_the_end(talk: Talk) -> None:
        with contextlib.suppress(Ended, ConnectionError):
            script.play(talk)

    with Server(until_the_end, backlog=64) as server:

        def one(number: int) -> None:
            with Proxy(server.port) as proxy:
                proxy.silent_after(300 + 97 * number)
                with (
                    pytest.raises(TimedOut),
                    associated(
                        server, Sides(None), limits=LIMITS_20, timeouts=HURRIED, port=proxy.port
                    ) as it,
                ):
                    work(it, Tray())
                proxy.wait()

        slowest = side_by_side(one, range(12))
    assert slowest <= DEADLINE + 2


def test_a_wire_that_dies_silently_under_the_listener(nothing_left: Holdings) -> None:
    """After any number of bytes the listener is rid of the association at its deadline."""
    tray = Tray()

    def until_the_end(port: int) -> None:
        with contextlib.suppress(Ended, ConnectionError), client(port) as talk:
            STORING.play(talk)

    with listening(tray, limits=replace(LIMITS_20, unassociated_host=24)) as scp:

        def one(number: int) -> None:
            with ThreadPoolExecutor(1) as pool, Proxy(scp.port) as proxy:
                proxy.silent_after(200 + 97 * number)
                pool.submit(until_the_end, proxy.port)
                proxy.wait()
                begun = time.monotonic()
                until(lambda: scp.active == 0 and scp._waiting.total() == 0)
                assert time.monotonic() - begun <= 2 * DEADLINE + 2

        side_by_side(one, range(12))
    assert set(tray.aborted) | set(tray.objects) == set(tray.contexts)


# --- At the real values ------------------------------------------------------------------------------


def test_real_limits(nothing_left: Holdings) -> None:
    """The longest waits of all, once as they are: 5 s for a handshake or control PDU, 10 s for data."""
    row = FINDING.boundaries[1]
    servers: list[tuple[int, Callable, float, Work]] = [
        (0, stall, 10, search),  # nothing at all: the association's own patience
        (len(AC) // 2, stall, 5, search),
        (len(AC) // 2, dripping(1.0), 5, search),
        (row + 20, stall, 10, search),
        (row + 20, dripping(1.0), 10, search),
        (row, stall, 10, lambda association, tray: echo(association)),
    ]
    clients = [(3, stall, 5), (0, stall, 5), (100, dripping(1.0), 5), (STORING.boundaries[1] + 20, stall, 10)]

    def server(number: int) -> None:
        at, deed, seconds, work = servers[number]
        with Server(lambda talk: FINDING.play(talk, at, deed)) as peer:
            begun = time.monotonic()
            with (
                pytest.raises(TimedOut),
                associated(peer, Sides(None), limits=LIMITS, timeouts=Timeouts()) as association,
            ):
                work(association, Tray())
            assert seconds - 0.1 <= time.monotonic() - begun <= seconds + 2 + LIMITS.drain

    def guest(number: int) -> None:
        at, deed, seconds = clients[number]
        with client(scp.port, host="127.0.0.10") as talk:
            begun = time.monotonic()
            STORING.play(talk, at, deed)
            assert seconds - 0.1 <= time.monotonic() - begun <= seconds + 2 + LIMITS.drain

    with listening(limits=LIMITS) as scp, Served(scp.port) as served, ThreadPoolExecutor(24) as pool:
        doing = [pool.submit(server, number) for number in range(len(servers))]
        doing += [pool.submit(guest, number) for number in range(len(clients))]
        for each in doing:
            each.result(30)
    assert served.longest <= SECONDS


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
        assert 0.4 <= time.monotonic() - begun <= DEADLINE + 2
