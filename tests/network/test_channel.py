"""What a channel sets on its socket, and what it leaves to the system."""

from __future__ import annotations

import socket
import sys
import threading
import time

import pytest

from tests.peers.peer import PATIENCE
from workstation.network.channel import Channel, _tune
from workstation.stop import Stop


def test_the_buffers_are_left_to_the_system() -> None:
    """One that is set is tuned no more: over a wire of 50 ms that cost a factor of nine."""
    with socket.socket() as plain, socket.socket() as tuned:
        _tune(tuned)
        assert tuned.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert tuned.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        for which in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            assert tuned.getsockopt(socket.SOL_SOCKET, which) == plain.getsockopt(socket.SOL_SOCKET, which)


def test_a_wait_for_data_ends_when_it_is_woken_and_when_something_comes() -> None:
    near, far = socket.socketpair()
    with far:
        channel = Channel(near, "peer", Stop())
        threading.Timer(0.05, channel.wake).start()
        begun = time.monotonic()
        channel.await_data(PATIENCE)
        far.send(b"x")
        channel.await_data(PATIENCE)
        assert time.monotonic() - begun < PATIENCE
        channel.close()
        channel.wake()  # nothing waits any more


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes the number")
def test_a_peer_that_acknowledges_nothing_counts_as_lost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        channel = Channel(near, "peer", Stop())
        channel.limit_silence(2.5)
        assert near.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 2500
        channel.close()
