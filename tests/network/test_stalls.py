"""A peer that falls silent or drips, at every PDU boundary and inside each PDU.

Every wait of ours ends at its deadline; a stop, or closing the listener, ends it at once.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.network.conversations import MemorySink, keys
from tests.network.leaks import Holdings
from tests.network.listening import archives, listening
from tests.network.scripts import (
    AC,
    FINDING,
    SECONDS,
    STORING,
    Served,
    Sides,
    Work,
    associated,
    search,
)
from tests.network.short_limits import DEADLINE, HURRIED, LIMITS_20, PATIENT, SLACK, side_by_side
from tests.peers.hostile import Script, dripping, flooding, stall
from tests.peers.peer import PATIENCE, Ended, Server, Talk, client
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Timeouts
from workstation.errors import NetworkError, TimedOut
from workstation.network.echo import echo
from workstation.network.find import Find
from workstation.network.limits import LIMITS
from workstation.stop import Cancelled, Stop


@pytest.mark.usefixtures("nothing_left")
def test_a_server_that_falls_silent(conversation: tuple[Script, Work], wire_of: Sides) -> None:
    script, work = conversation
    turns = iter(script.points())
    ends: list[str] = []

    def silent(talk: Talk) -> None:
        script.play(talk, next(turns), stall)

    with Server(silent, tls=wire_of.peer, backlog=64, hurried=True) as server:

        def one(_: int) -> None:
            sink = MemorySink()
            try:
                with associated(server, wire_of, limits=LIMITS_20, timeouts=HURRIED) as association:
                    work(association, sink)
            except TimedOut as error:
                ends.append(error.waiting_for)
            else:
                ends.append("only the release was left")
            assert set(sink.aborted) | set(sink.objects) == set(sink.contexts)

        slowest = side_by_side(one, range(len(script.points())))
    print(f"{len(ends)} points, the slowest took {slowest:.2f} s")
    assert slowest <= DEADLINE + SLACK
    assert ends.count("only the release was left") <= 3  # before, in the header of, and in its last PDU
    assert len(ends) >= 12


@pytest.mark.usefixtures("nothing_left")
def test_a_stop_at_once_wherever_the_server_fell_silent(
    conversation: tuple[Script, Work], wire_of: Sides
) -> None:
    """Closing the program waits for nobody, however patient the node is."""
    script, work = conversation
    turns = iter(script.points())
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
                associated(server, wire_of, limits=PATIENT, timeouts=patient, stop=stops[-1]) as association,
            ):
                work(association, MemorySink())

        doing = [pool.submit(one) for _ in script.points()]
        for _ in doing:
            assert silent.acquire(timeout=PATIENCE)
        begun = time.monotonic()
        for stop in stops:
            stop.request(at_once=True)
        for each in doing:
            each.result(PATIENCE)
        took = time.monotonic() - begun
    print(f"{len(doing)} conversations ended in {took:.2f} s")
    assert took <= SLACK


def test_a_client_that_falls_silent(nothing_left: Holdings, wire_of: Sides) -> None:
    """From several addresses; who behaves is served all the while."""
    sink = MemorySink()
    limits = replace(LIMITS_20, inbound=100)
    with (
        listening(sink, limits=limits, tls=wire_of.listener, allowance=archives) as scp,
        Served(scp.port, wire_of.client) as served,
    ):

        def one(number: int) -> None:
            at = STORING.points()[number]
            with (
                contextlib.suppress(Ended, OSError),  # on a busy computer the deadline comes before that
                client(scp.port, wire_of.client, host=f"127.0.0.{10 + number % 24}") as talk,
            ):
                STORING.play(talk, at, stall)

        slowest = side_by_side(one, range(len(STORING.points())))
    assert slowest <= DEADLINE + SLACK
    assert served.longest <= SECONDS
    assert set(sink.aborted) | set(sink.objects) == set(sink.contexts)


def test_closing_the_listener_wherever_its_clients_fell_silent(
    nothing_left: Holdings, wire_of: Sides
) -> None:
    silent = threading.Semaphore(0)

    def tell(talk: Talk, rest: bytes) -> None:
        silent.release()
        stall(talk, rest)

    limits = replace(PATIENT, inbound=100, unassociated=100)
    with (
        listening(limits=limits, tls=wire_of.listener, allowance=archives) as scp,
        ThreadPoolExecutor(99) as pool,
    ):

        def one(number: int) -> None:
            with client(scp.port, wire_of.client, host=f"127.0.0.{10 + number}") as talk:
                STORING.play(talk, STORING.points()[number], tell)

        doing = [pool.submit(one, number) for number in range(len(STORING.points()))]
        for _ in doing:
            assert silent.acquire(timeout=PATIENCE)
        begun = time.monotonic()
        scp.close()
        took = time.monotonic() - begun
        for each in doing:
            each.result(PATIENCE)
    print(f"{len(doing)} clients, closed in {took:.2f} s")
    assert took <= SLACK


# --- Drips -------------------------------------------------------------------------------------------


def test_a_server_that_drips(
    nothing_left: Holdings, conversation: tuple[Script, Work], wire_of: Sides
) -> None:
    """A byte now and then is no life inside a PDU."""
    script, work = conversation
    inside = iter(script.inside())

    def drip(talk: Talk) -> None:
        script.play(talk, next(inside), dripping(0.02))

    with Server(drip, tls=wire_of.peer, backlog=64, hurried=True) as server:

        def one(_: int) -> None:
            with (
                contextlib.suppress(NetworkError),
                associated(server, wire_of, limits=LIMITS_20, timeouts=HURRIED) as association,
            ):
                work(association, MemorySink())

        slowest = side_by_side(one, range(len(script.inside())))
    assert slowest <= 2 * DEADLINE + SLACK  # one deadline is for the PDU it completes, one for the next


def test_a_client_that_drips(nothing_left: Holdings, wire_of: Sides) -> None:
    with (
        listening(limits=replace(LIMITS_20, inbound=100), tls=wire_of.listener, allowance=archives) as scp,
        Served(scp.port, wire_of.client) as served,
    ):
        drip = dripping(0.02)
        dripped: list[int] = []

        def one(number: int) -> None:
            def drip_away(talk: Talk, rest: bytes) -> None:
                dripped.append(number)
                drip(talk, rest)

            with (
                contextlib.suppress(Ended, OSError),  # on a busy computer the deadline comes before the drip
                client(scp.port, wire_of.client, host=f"127.0.0.{10 + number % 24}") as talk,
            ):
                STORING.play(talk, STORING.inside()[number], drip_away)

        slowest = side_by_side(one, range(len(STORING.inside())))
    assert dripped
    assert slowest <= 2 * DEADLINE + SLACK
    assert served.longest <= SECONDS


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
        (row, stall, 10, lambda association, sink: echo(association)),
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
                work(association, MemorySink())
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


@pytest.mark.parametrize("then", ["silence", "rows"])
def test_a_cancel_nobody_heeds(nothing_left: Holdings, then: str) -> None:
    """Soon after somebody asked to stop the association is over."""
    stop, limits = Stop(), replace(LIMITS, grace=0.5, cancel=1.0, drain=0.1)
    asked: list[float] = []

    def script(talk: Talk) -> None:
        Script(Talk.request, AC, Talk.message).play(talk)
        asked.append(time.monotonic())
        stop.request()
        row = FINDING.said[FINDING.boundaries[1] : FINDING.boundaries[3]]
        (stall if then == "silence" else flooding(row * 100))(talk, b"")

    with Server(script) as server:
        with (
            pytest.raises(Cancelled),
            associated(server, Sides(None), limits=limits, timeouts=Timeouts(), stop=stop) as association,
        ):
            for _ in Find(association, Model.STUDY, keys()):
                pass
        took = time.monotonic() - asked[0]
    print(f"over after {took:.1f} s")
    assert limits.grace - 0.1 <= took <= limits.cancel + SLACK
