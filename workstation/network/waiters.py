"""Wait for a socket and for a wake socket: by ``poll``, or by ``select`` where there is none (Windows)."""

from __future__ import annotations

import contextlib
import select
import socket
import sys
import time
from collections.abc import Iterator

_SOON = 0.0002  # seconds
_SHARE = 32
"""Waited for is at most such a part of the system's buffer: TCP's window is half of it, or less."""


@contextlib.contextmanager
def ready_with(sock: socket.socket, count: int) -> Iterator[None]:
    """Let the socket become ready only once ``count`` bytes can be read, where the system can (Linux).

    A thread that wakes for each packet of a fast network needs more time for waking than for reading. But
    never are more awaited than a small part of the system's buffer: else a peer far away finds TCP's window
    closed, for a tenth of a second or a round trip each time, until the system has enlarged it. At the end of
    the stream the thread is woken nevertheless. Elsewhere (macOS) fewer bytes could not even be read then, or
    there is no such option (Windows).
    """
    if sys.platform != "linux" or count < 2:
        yield
        return
    with contextlib.suppress(OSError):  # it only costs time where it is refused
        room = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // _SHARE
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, min(count, room))
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)


class PollWaiter:
    """Waits for a socket and for the wake socket.

    A peer on a fast network answers within microseconds, and being put to sleep and woken costs as many again
    for every object: who waits for an answer looks a few times before it sleeps, if the last wait was that
    short.
    """

    def __init__(self, wake: socket.socket) -> None:
        self._wake = wake.fileno()
        self._poll = select.poll()
        self._poll.register(self._wake, select.POLLIN)
        self._watched = (-1, 0)
        self._soon = False

    def wait(
        self, sock: socket.socket | None, for_writing: bool, seconds: float, *, look: bool = False
    ) -> tuple[bool, bool]:
        """Whether the socket is ready and whether we were woken; neither after ``seconds``.

        Args:
            sock: None: it is only waited to be woken.
            for_writing: Ready for that.
            seconds: How long.
            look: An answer is awaited, which may come at once.
        """
        if sock is None:
            alone = select.poll()
            alone.register(self._wake, select.POLLIN)
            return False, bool(alone.poll(seconds * 1000 + 1))
        watched = (sock.fileno(), select.POLLOUT if for_writing else select.POLLIN)
        if watched != self._watched:
            self._poll.register(*watched)
            self._watched = watched
        ready = woken = False
        for number, _ in self._look(seconds) if look else self._poll.poll(seconds * 1000 + 1):
            if number == self._wake:
                woken = True
            else:
                ready = True
        return ready, woken

    def _look(self, seconds: float) -> list[tuple[int, int]]:
        begun = time.monotonic()
        found: list[tuple[int, int]] = []
        while self._soon and not found:
            found = self._poll.poll(0)
            self._soon = time.monotonic() - begun < _SOON
        if not found:
            found = self._poll.poll(seconds * 1000 + 1)
            self._soon = time.monotonic() - begun < _SOON
        return found


class SelectWaiter:
    """The same where there is no poll (Windows)."""

    def __init__(self, wake: socket.socket) -> None:
        self._wake = wake

    def wait(
        self, sock: socket.socket | None, for_writing: bool, seconds: float, *, look: bool = False
    ) -> tuple[bool, bool]:
        readers = [self._wake] if for_writing or sock is None else [self._wake, sock]
        writers = [sock] if for_writing and sock is not None else []
        # Windows reports a failed connect only as an exceptional condition.
        read, write, failed = select.select(readers, writers, writers, seconds)
        return sock in read or bool(write) or bool(failed), self._wake in read


Waiter = PollWaiter if hasattr(select, "poll") else SelectWaiter
