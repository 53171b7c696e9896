"""Peers that do not read: what we write stays where it is, and is given up at its deadline."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

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
from tests.network.talking import MR_ID, Tray
from tests.network.test_stalls import DEADLINE, HURRIED, LIMITS_20, side_by_side
from tests.peers import wire
from tests.peers.hostile import Script, deaf, flooding
from tests.peers.peer import Server, Talk, client
from workstation.errors import ConnectionLost, TimedOut
from workstation.network.send import Stored, store


def deafened(talk: Talk) -> None:
    talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


def test_a_server_that_stops_reading_while_we_store(
    nothing_left: Holdings, wire_of: Sides, tmp_path: Path
) -> None:
    """Our write blocks, wherever it is; it is given up at its deadline."""
    over = threading.Event()
    path = tmp_path / "large"
    path.write_bytes(bytes(20_000_000))
    large = Stored(path, wire.MR, "1.2.3.4", wire.EXPLICIT, 0, 20_000_000)
    taken = (0, 1, 5, 6, 11, 12, 100, 150, 4096, 16_390, 131_072, 1_000_000)
    turns = iter(taken)
    limits = replace(LIMITS_20, data_rate=1e9)

    def stop_reading(talk: Talk) -> None:
        Script(Talk.request, AC).play(talk)
        talk.take(next(turns))
        deaf(over)(talk, b"")

    with Server(stop_reading, tls=wire_of.peer, room=4096, backlog=64) as server:

        def one(_: int) -> None:
            with (
                pytest.raises(TimedOut) as caught,
                associated(server, wire_of, limits=limits, timeouts=HURRIED) as association,
            ):
                store(association, association.contexts[MR_ID], large)
            assert caught.value.waiting_for == "room for our data"

        slowest = side_by_side(one, range(len(taken)), 4)  # each has 2 MiB of its file at hand
        over.set()
    assert slowest <= DEADLINE + 2


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
        fetch(association, Tray())
