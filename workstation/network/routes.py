"""Which of this computer's addresses an archive sees: what its administrator has to enter."""

from __future__ import annotations

import socket


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
