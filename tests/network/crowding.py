"""Sockets of many hosts that hold places at our listener.

Addresses of the loopback network stand for hosts.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from tests.peers.peer import PATIENCE, Talk


@contextlib.contextmanager
def crowd(port: int, hosts: int, each: int, said: bytes = b"") -> Iterator[None]:
    """So many sockets from so many hosts, all the time: one that is closed comes back."""
    over = threading.Event()

    def come_back() -> None:
        talks: dict[int, Talk] = {}
        while not over.wait(0.05):
            for number in range(hosts * each):
                if number in talks and not ended(talks[number]):
                    continue
                with contextlib.suppress(OSError):
                    sock = socket.create_connection(
                        ("127.0.0.1", port), source_address=(f"127.0.1.{1 + number % hosts}", 0)
                    )
                    talks[number] = Talk(sock)
                    talks[number].send(said)
        for talk in talks.values():
            talk.close()

    thread = threading.Thread(target=come_back)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE)


def ended(talk: Talk) -> bool:
    """Whether the listener has closed a socket on which nothing is to come; it is closed, too, then."""
    try:
        talk.sock.setblocking(False)
        talk.sock.recv(100)
    except BlockingIOError:
        return False
    except OSError:
        pass
    talk.close()
    return True
