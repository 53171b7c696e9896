"""Peers that do not read: what we write stays where it is, and is given up at its deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET
from typing import Any

import pytest

from tests.network.conversations import MR_ID, MemorySink
from tests.network.leaks import Holdings
from tests.network.listening import listening
from tests.network.scripts import (
    AC,
    ECHO,
    ECHOED,
    SECONDS,
    STORE,
    Served,
    Sides,
    associated,
    fetch,
    object_,
)
from tests.network.short_limits import DEADLINE, HURRIED, LIMITS_20, PATIENT, SLACK, side_by_side
from tests.peers import wire
from tests.peers.hostile import Script, deaf, flooding
from tests.peers.peer import PATIENCE, Server, Talk, client
from workstation.errors import ConnectionLost, TimedOut
from workstation.network import channel
from workstation.network.channel import Channel
from workstation.network.file_to_send import FileToSend
from workstation.network.send import store


def deafened(talk: Talk) -> None:
    talk.sock.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)


TAKEN = (0, 1, 5, 6, 11, 12, 100, 150, 4096, 16_390, 131_072, 1_000_000)
"""Bytes a peer reads of what we write before it goes deaf."""


def test_a_server_that_stops_reading_while_we_store(
    nothing_left: Holdings, wire_of: Sides, tmp_path: Path
) -> None:
    """Our write blocks, wherever it is; it is given up at its deadline."""
    over = threading.Event()
    path = tmp_path / "large"
    path.write_bytes(bytes(40_000_000))
    large = FileToSend(
        path=path,
        sop_class=wire.MR,
        sop_instance="1.2.3.4",
        transfer_syntax=wire.EXPLICIT,
        offset=0,
        length=40_000_000,
    )
    turns = iter(TAKEN)
    limits = replace(LIMITS_20, data_rate=1e9)

    def stop_reading(talk: Talk) -> None:
        Script(Talk.request, AC).play(talk)
        talk.take(next(turns))
        deaf(over)(talk, b"")

    with Server(stop_reading, tls=wire_of.peer, room=4096, backlog=64, hurried=True) as server:

        def one(_: int) -> None:
            with (
                pytest.raises(TimedOut) as caught,
                associated(server, wire_of, limits=limits, timeouts=HURRIED) as association,
            ):
                store(association, association.contexts[MR_ID], large)
            assert caught.value.waiting_for == "room for our data"

        slowest = side_by_side(one, range(len(TAKEN)), 4)  # each has 2 MiB of its file at hand
        over.set()
    print(f"{len(TAKEN)} points, the slowest took {slowest:.2f} s")
    assert slowest <= DEADLINE + SLACK


class Blocked:
    """Our writes that find no room; the system's buffers for them are small meanwhile.

    Attributes:
        seen: Channels on which one ever did.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: set[Channel] = set()
        self._now: set[Channel] = set()
        self._changed = threading.Condition()
        wait = Channel._wait

        def watched(it: Channel, for_writing: bool, *how: Any) -> None:
            if not for_writing:
                wait(it, for_writing, *how)
                return
            self._turn(self._now.add, it)
            self.seen.add(it)
            try:
                wait(it, for_writing, *how)
            finally:
                self._turn(self._now.discard, it)

        monkeypatch.setattr(Channel, "_wait", watched)
        monkeypatch.setattr(channel, "_tune", lambda sock: sock.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096))

    def _turn(self, step: Callable[[Channel], None], it: Channel) -> None:
        with self._changed:
            step(it)
            self._changed.notify_all()

    def wait(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._now) == count, PATIENCE)


ANSWERS = (0, 1, 5, 6, 7, 12, 50, 99, 100, 101, 150, 4096)
"""The same of our answers; one is about 100 bytes."""


class Askers:
    """Clients that read a part of what our listener answers, then only ask, until it hangs up."""

    def __init__(self, port: int, wire_of: Sides) -> None:
        self._to = (port, wire_of.client)
        self._deaf = threading.Semaphore(0)

    def ask(self, number: int) -> None:
        with client(*self._to, host=f"127.0.0.{10 + number}") as talk:
            talk.propose({1: STORE, 3: ECHO})
            deafened(talk)
            talk.send(ECHOED * 60)
            talk.take(ANSWERS[number])
            self._deaf.release()
            flooding((ECHOED * 10 + object_(1, 1, 1000)) * 5)(talk, b"")

    def deaf(self) -> None:
        """Wait until none of them reads any more."""
        for _ in ANSWERS:
            assert self._deaf.acquire(timeout=PATIENCE)


def test_clients_that_stop_reading_our_answers(
    nothing_left: Holdings, wire_of: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = Blocked(monkeypatch)
    with (
        listening(limits=LIMITS_20, tls=wire_of.listener) as scp,
        Served(scp.port, wire_of.client) as served,
    ):
        slowest = side_by_side(Askers(scp.port, wire_of).ask, range(len(ANSWERS)))
    print(f"{len(ANSWERS)} points, the slowest took {slowest:.2f} s")
    assert len(blocked.seen) >= len(ANSWERS)
    assert slowest <= DEADLINE + SLACK
    assert served.longest <= SECONDS


def test_closing_the_listener_while_nobody_reads_its_answers(
    nothing_left: Holdings, wire_of: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = Blocked(monkeypatch)
    with (
        listening(limits=PATIENT, tls=wire_of.listener) as scp,
        ThreadPoolExecutor(len(ANSWERS)) as pool,
    ):
        query_sessions = Askers(scp.port, wire_of)
        doing = [pool.submit(query_sessions.ask, number) for number in range(len(ANSWERS))]
        query_sessions.deaf()
        blocked.wait(len(ANSWERS))
        begun = time.monotonic()
        scp.close()
        took = time.monotonic() - begun
        for each in doing:
            each.result(PATIENCE)
    print(f"{len(ANSWERS)} clients, closed in {took:.2f} s")
    assert took <= SLACK


@pytest.mark.parametrize("what", ["objects", "echoes"])
def test_a_peer_that_talks_and_never_reads(nothing_left: Holdings, wire_of: Sides, what: str) -> None:
    """Our small answers fill the buffers between us, until the write blocks."""
    block = (object_(1, 1, 1000) if what == "objects" else ECHOED) * 50
    with listening(limits=LIMITS_20, tls=wire_of.listener) as scp, Served(scp.port, wire_of.client) as served:
        with client(scp.port, wire_of.client, host="127.0.0.10") as talk:
            talk.propose({1: STORE, 3: ECHO})
            deafened(talk)
            flooding(block)(talk, b"")
        served.again()
    assert served.longest <= SECONDS


def test_a_server_that_sends_objects_and_never_reads_the_answers(
    nothing_left: Holdings, wire_of: Sides
) -> None:
    def talk_on(talk: Talk) -> None:
        Script(Talk.request, AC, Talk.message).play(talk)
        deafened(talk)
        flooding(object_(1, size=1000) * 50)(talk, b"")

    with (
        Server(talk_on, tls=wire_of.peer) as server,
        pytest.raises((TimedOut, ConnectionLost)),
        associated(server, wire_of, limits=LIMITS_20, timeouts=HURRIED) as association,
    ):
        fetch(association, MemorySink())
