"""What a channel sets on its socket, and what it leaves to the system."""

from __future__ import annotations

import socket

from workstation.network.channel import _tune


def test_the_buffers_are_left_to_the_system() -> None:
    """One that is set is tuned no more: over a wire of 50 ms that cost a factor of nine."""
    with socket.socket() as plain, socket.socket() as tuned:
        _tune(tuned)
        assert tuned.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert tuned.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        for which in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            assert tuned.getsockopt(socket.SOL_SOCKET, which) == plain.getsockopt(socket.SOL_SOCKET, which)
