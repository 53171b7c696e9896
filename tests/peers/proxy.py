"""A wire that can be cut without anyone noticing: what a dead router, or a laptop that sleeps, looks like."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading

from tests.peers.peer import PATIENCE


class Proxy:
    """Passes bytes between a client and a server until it falls silent: neither hears of the other then.

    Attributes:
        port: Where the client connects to.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._passed = 0
        self._silent_after: int | None = None
        self._silent = threading.Event()
        self._ends: list[socket.socket] = []
        self._thread = threading.Thread(target=self._pass, name="proxy")

    def silent_after(self, count: int) -> None:
        """Go silent once ``count`` bytes have passed, both ways together."""
        self._silent_after = count

    def silence(self) -> None:
        """Pass nothing from now on."""
        self.silent_after(0)

    def wait(self) -> None:
        """Wait until it is silent."""
        assert self._silent.wait(PATIENCE), "nobody said that much"

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (self._listening, *self._ends):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        for sock in (self._listening, *self._ends):
            sock.close()

    def _pass(self) -> None:
        try:
            near, _ = self._listening.accept()
        except OSError:
            return
        far = socket.create_connection(("127.0.0.1", self._to))
        self._ends += [near, far]
        other = {near: far, far: near}
        with selectors.DefaultSelector() as selector:
            for sock in other:
                selector.register(sock, selectors.EVENT_READ)
            with contextlib.suppress(OSError):
                while True:
                    for key, _ in selector.select():
                        sock = key.fileobj
                        assert isinstance(sock, socket.socket)
                        if not self._carry(sock, other[sock]):
                            return

    def _carry(self, sock: socket.socket, to: socket.socket) -> bool:
        """Pass on what is there; False once nothing is passed any more."""
        size = 65536
        if self._silent_after is not None:
            size = min(size, max(0, self._silent_after - self._passed))
        data = sock.recv(size) if size else b""
        if data:
            to.sendall(data)
        elif size:
            to.shutdown(socket.SHUT_WR)
        self._passed += len(data)
        if self._silent_after is not None and self._passed >= self._silent_after:
            self._silent.set()
            return False
        return bool(data)
