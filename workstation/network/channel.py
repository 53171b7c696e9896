"""One TCP or TLS connection with deadlines, owned by one thread and woken by any.

The owner tries a non-blocking read or write first and waits only when that would block, in ``poll`` on the
socket and a wake socket, up to a deadline of the monotonic clock. Only the owner touches the socket.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable

from workstation.errors import ConnectionLost, TimedOut, TlsFailed
from workstation.network.throttle import Throttle
from workstation.network.tls import tls_error
from workstation.network.waiters import Waiter, ready_with
from workstation.stop import Cancelled, Stop

NEVER = float("inf")
_RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""Linger: on, no seconds; the sizes are the system's."""
_MANY = 64 * 1024
"""Bytes worth waiting for, of those that must still come: 0.5 ms at 1 Gbit/s."""
_A_MOMENT = 0.1
"""Seconds after which fewer are read, too."""
_TLS_RECORD = 16 * 1024
"""Bytes of which the TLS layer may hold a part, so that fewer come (RFC 8446 5.1)."""


class Channel:
    """A connected socket.

    Attributes:
        node: How messages name the other side.
        limit: A moment (monotonic) that ends every wait with :class:`Cancelled`; set when a stop was
            requested and a last answer is still awaited.
        on_stop: Called by the owning thread, between reads, after a stop was requested: raises
            :class:`Cancelled`, or sets ``limit`` and returns to go on for a while.
        stopped: The moment a stop request was first noticed; NEVER before.
        torn: A write was given up in the middle: whatever is sent now would be taken for its rest.
        closed: Nothing can be sent or received any more.
        round_trip: Seconds that TCP took to connect; 0 where we were called.
        throttle: Holds it back to the rate limit of the node; None: nothing does.
        held: Seconds for which it was held back, all in all: they are not the peer's, and no timeout counts
            them.
        tap: Is shown the bytes that went (True: out), after TLS was taken off; None: nobody looks.
    """

    def __init__(self, sock: socket.socket, node: str, stop: Stop) -> None:
        self.node = node
        self.limit = NEVER
        self.on_stop: Callable[[], None] = self._cancelled
        self.stopped = NEVER
        self.torn = False
        self.closed = False
        self.round_trip = 0.0
        self.throttle: Throttle | None = None
        self.held = 0.0
        self.tap: Callable[[bool, memoryview], None] | None = None
        self._not_before = 0.0
        self._sock = sock
        self._stop = stop
        self._seen = (False, False)
        sock.setblocking(False)
        _tune(sock)
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._waiter = Waiter(self._wake_reader)
        self._watching = stop.watching(self.wake)
        self._watching.__enter__()

    def wake(self) -> None:
        """End the wait of the owning thread, if it waits; safe from any thread."""
        with contextlib.suppress(OSError):  # full: it is awake already; closed: nothing waits any more
            self._wake_writer.send(b"\0")

    @staticmethod
    def _cancelled() -> None:
        raise Cancelled

    def check_stop(self) -> None:
        """React to a stop request, once for each step of urgency."""
        seen = (self._stop.requested, self._stop.at_once)
        if seen != self._seen:
            self._seen = seen
            self.stopped = min(self.stopped, time.monotonic())
            self.on_stop()

    def receive_into(
        self, view: memoryview, deadline: float, waiting_for: str, seconds: float, expected: int = 0
    ) -> int:
        """Read what is there, at least one byte, into ``view``; 0 means the peer closed its half.

        Args:
            view: Where to.
            deadline: Monotonic moment to give up at.
            waiting_for: What the message of the time-out names.
            seconds: The timeout behind the deadline, for the message.
            expected: Bytes that must still come, of which it waits for many; 0: an answer may come at once.

        Raises:
            TimedOut: Nothing came.
            Cancelled: A stop was requested and its grace is over.
            ConnectionLost: The connection broke.
        """
        if self.throttle is None or not self.throttle.limited:
            return self._receive_into(view, deadline, waiting_for, seconds, expected)
        if deadline > time.monotonic():  # else it is only looked whether something is here
            deadline += self._hold()
        most = view[: self._most(len(view))]
        count = self._receive_into(most, deadline, waiting_for, seconds, min(expected, 1))
        self._moved(count)
        return count

    def _receive_into(
        self, view: memoryview, deadline: float, waiting_for: str, seconds: float, expected: int
    ) -> int:
        while True:
            if self._stop.requested:
                self.check_stop()
            # A peer that never lets us wait must not outlast the grace.
            if self.limit is not NEVER and time.monotonic() >= self.limit:
                raise Cancelled
            try:
                count = self._sock.recv_into(view)
                if self.tap is not None:
                    self.tap(False, view[:count])
                return count
            except (BlockingIOError, ssl.SSLWantReadError):
                self._await(expected, deadline, waiting_for, seconds)
            except ssl.SSLWantWriteError:
                self._wait(True, deadline, waiting_for, seconds)
            except ssl.SSLEOFError:
                return 0
            except ssl.SSLError as error:
                raise tls_error(self.node, error) from error
            except OSError as error:
                raise self._lost(error) from error

    def send(self, data: bytes | bytearray | memoryview, seconds: float) -> None:
        """Write all of ``data`` within ``seconds``.

        A stop request is not reacted to in the middle of a PDU, only its ``limit`` counts then.

        Raises:
            TimedOut: The peer did not take it.
            Cancelled: The grace of a requested stop is over, or it was to be at once.
            ConnectionLost: The connection broke.
        """
        view = memoryview(data)
        deadline = time.monotonic() + seconds
        waiting_for = "room for our data"
        self.torn = True
        piece = view[:0]  # what is being sent; TLS wants the same one again when it had to wait
        while view:
            if not piece:
                deadline += self._hold()
                piece = view[: self._most(len(view))]
            try:
                count = self._sock.send(piece)
                self._moved(count)
                if self.tap is not None:
                    self.tap(True, view[:count])
                view, piece = view[count:], view[:0]
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._wait(True, deadline, waiting_for, seconds)
            except ssl.SSLWantReadError:
                self._wait(False, deadline, waiting_for, seconds)
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
                raise self._lost(error) from error
            except ssl.SSLError as error:
                raise tls_error(self.node, error) from error
            except OSError as error:
                raise self._lost(error) from error
            if self._stop.requested:
                self.torn = bool(view)
                self.check_stop()
        self.torn = False

    def _most(self, count: int) -> int:
        """How many of ``count`` bytes to move at once."""
        return (self.throttle.piece() if self.throttle is not None else 0) or count

    def _moved(self, count: int) -> None:
        if self.throttle is not None and self.throttle.limited:
            self._not_before = self.throttle.moved(count)

    def _hold(self) -> float:
        """Wait until more may be moved, and return the seconds that took; not once a stop was requested."""
        if not self._not_before:
            return 0.0
        begun = moment = time.monotonic()
        while moment < self._not_before and not self._stop.requested:
            _, woken = self._waiter.wait(None, False, self._not_before - moment)
            if woken:
                with contextlib.suppress(BlockingIOError):
                    self._wake_reader.recv(64)
            moment = time.monotonic()
        self._not_before = 0.0
        self.held += moment - begun
        return moment - begun

    def connect(self, address: tuple[object, ...], seconds: float) -> None:
        """Connect to a resolved address.

        Raises:
            OSError: The system's reason why not, ``TimeoutError`` included.
            Cancelled: A stop was requested.
        """
        begun = time.monotonic()
        code = self._sock.connect_ex(address)
        if code in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            try:
                self._wait(True, time.monotonic() + seconds, "an answer", seconds)
            except TimedOut:
                raise TimeoutError(f"no answer within {seconds:g} s") from None
            code = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise _refusal(code)
        self.round_trip = time.monotonic() - begun

    def secure(self, context: ssl.SSLContext, host: str | None, seconds: float) -> None:
        """Put TLS on the connection; as client towards ``host``, as server when it is None.

        Raises:
            TlsFailed: With the kind of failure.
            TimedOut, Cancelled, ConnectionLost: As :meth:`receive_into`.
        """
        try:
            # wrap_socket looks for the peer, too, but loses the descriptor if it has gone by then.
            self._sock.getpeername()
            self._sock = context.wrap_socket(
                self._sock, server_side=host is None, server_hostname=host, do_handshake_on_connect=False
            )
            self._shake_hands(self._sock, seconds)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError) as error:
            # Who does not speak TLS hangs up on the first bytes of it.
            raise TlsFailed(self.node, "plain", str(error)) from error
        except (ssl.SSLError, ssl.CertificateError) as error:
            raise tls_error(self.node, error) from error
        except OSError as error:
            raise self._lost(error) from error

    def _shake_hands(self, tls: ssl.SSLSocket, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                return tls.do_handshake()
            except ssl.SSLWantReadError:
                self._wait(False, deadline, "its part of the TLS handshake", seconds)
            except ssl.SSLWantWriteError:
                self._wait(True, deadline, "its part of the TLS handshake", seconds)

    def _await(self, expected: int, deadline: float, waiting_for: str, seconds: float) -> None:
        """Wait until something can be read; if much must come for more of it, but no longer than a moment."""
        if expected and isinstance(self._sock, ssl.SSLSocket):
            expected = max(1, expected - _TLS_RECORD)
        begun = time.monotonic()
        moment = NEVER if expected < 2 else begun + min(_A_MOMENT, (deadline - begun) / 2)
        with ready_with(self._sock, min(expected, _MANY)):
            self._wait(False, deadline, waiting_for, seconds, moment, not expected)

    def _wait(
        self,
        for_writing: bool,
        deadline: float,
        waiting_for: str,
        seconds: float,
        moment: float = NEVER,
        look: bool = False,
    ) -> None:
        """Wait until the socket is ready, or until ``moment``."""
        while True:
            now, until = time.monotonic(), min(deadline, self.limit)
            if now >= until:
                if self.limit <= deadline:
                    raise Cancelled
                raise TimedOut(self.node, waiting_for, round(seconds, 1))
            if (left := min(until, moment) - now) <= 0:
                return
            ready, woken = self._waiter.wait(self._sock, for_writing, left, look=look)
            if woken:
                with contextlib.suppress(BlockingIOError):
                    self._wake_reader.recv(64)
                self.check_stop()
            if ready:
                return

    def await_data(self, seconds: float) -> None:
        """Wait until something can be read, :meth:`wake` is called, or ``seconds`` are over."""
        _, woken = self._waiter.wait(self._sock, False, max(0.0, seconds))
        if woken:
            with contextlib.suppress(BlockingIOError):
                self._wake_reader.recv(64)

    def limit_silence(self, seconds: float) -> None:
        """Count as lost when the peer's system acknowledges nothing of what is sent for ``seconds``.

        Only Linux takes the number; elsewhere the system's own holds, which is some 20 seconds.
        """
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                milliseconds = round(1000 * seconds)
                self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)

    def _lost(self, error: OSError) -> ConnectionLost:
        return ConnectionLost(self.node, error.strerror or str(error))

    def finish(self, seconds: float) -> None:
        """Shut the sending half, read away what the peer still sends, at most ``seconds``, and close.

        Without it a peer may see a reset instead of our last PDU (PS3.8 9.1.5 leaves the transport to us).
        """
        deadline = min(time.monotonic() + seconds, self.limit)
        scrap = memoryview(bytearray(64 * 1024))
        with contextlib.suppress(OSError):
            # Never SSLSocket.shutdown(): it drops the TLS layer and would leave clear text to read.
            socket.socket.shutdown(self._sock, socket.SHUT_WR)
            while not self._stop.at_once and (left := deadline - time.monotonic()) > 0:
                ready, woken = self._waiter.wait(self._sock, False, left)
                if woken:
                    self._wake_reader.recv(64)
                if ready and not socket.socket.recv_into(self._sock, scrap):
                    break
            else:
                self.torn = not self._stop.at_once and _unread(self._sock)
        self.close()

    def close(self) -> None:
        """Close at once; more than once is fine."""
        self.closed = True
        self.on_stop = self._cancelled  # lets go of the association, and of its buffer, without a collector
        if self._watching is not None:
            self._watching.__exit__(None, None, None)
            self._watching = None  # type: ignore[assignment]
        if self.torn:
            # The peer does not read: by a reset it learns of the end, and the system need not keep our bytes.
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        for sock in (self._sock, self._wake_reader, self._wake_writer):
            sock.close()


def _unread(sock: socket.socket) -> bool:
    """Whether the peer has still not taken all that was sent; False where the system does not know."""
    if sys.platform != "linux":
        return False
    import fcntl
    import termios

    waiting = fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4))
    return int.from_bytes(waiting, sys.byteorder) > 1  # the end of the stream counts as one


def _refusal(code: int) -> OSError:
    if sys.platform == "win32":  # os.strerror has no texts for the errors of its sockets
        import ctypes

        return ctypes.WinError(code)
    return OSError(code, os.strerror(code))


def _tune(sock: socket.socket) -> None:
    """No delay, and keepalive; the buffers are left to the system, which stops tuning those that are set."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if sys.platform != "darwin":
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 20)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
