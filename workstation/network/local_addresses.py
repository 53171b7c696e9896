"""Find the addresses of this computer that an archive sees: what its administrator has to enter."""

from __future__ import annotations

import socket
from typing import Final

_UNROUTED: Final = "192.0.2.1"
"""RFC 5737, for documentation: nothing is ever sent there."""


def addresses_towards(host: str, port: int) -> tuple[str, ...]:
    """Our addresses on the routes to ``host``; empty if there are none.

    Looks the name up, so it may wait for the resolver: not for the GUI thread. Nothing is sent.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return ()
    own: dict[str, None] = {}
    for family, kind, protocol, _, address in found:
        try:
            with socket.socket(family, kind, protocol) as sock:
                sock.connect(address)  # a datagram socket only chooses its route
                own[str(sock.getsockname()[0])] = None
        except OSError:
            continue
    return tuple(own)


def own_address() -> str:
    """Our address on the route to the rest of the network; empty when there is none. Never waits."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect((_UNROUTED, 9))  # a datagram socket only chooses its route
        except OSError:
            return ""
        return str(sock.getsockname()[0])
