"""A wire that can be cut without anyone noticing: what a dead router, or a laptop that sleeps, looks like."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
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


class CuttingProxy:
    """Passes bytes of any number of connections, and resets all of them when it is told to.

    Attributes:
        port: Where the client connects to.
        cuts: How often it has reset them.
        open: It takes connections; otherwise it closes each at once.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.cuts = 0
        self.open = True
        self._due = threading.Event()
        self._over = threading.Event()
        self._other: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._pass, name="cutting proxy")

    def cut_soon(self) -> None:
        """Reset all connections with the next bytes that come; from any thread."""
        self._due.set()

    def __enter__(self) -> CuttingProxy:
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            pass  # wakes the thread
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self._cut()
        self._selector.close()
        self._listening.close()

    def _pass(self) -> None:
        while not self._over.is_set():
            for key, _ in self._selector.select():
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                if sock is self._listening:
                    self._accept()
                elif sock in self._other:
                    self._carry(sock)

    def _accept(self) -> None:
        near, _ = self._listening.accept()
        try:
            far = socket.create_connection(("127.0.0.1", self._to)) if self.open else None
        except OSError:
            far = None
        if far is None:
            near.close()
            return
        self._other |= {near: far, far: near}
        self._selector.register(near, selectors.EVENT_READ)
        self._selector.register(far, selectors.EVENT_READ)

    def _carry(self, sock: socket.socket) -> None:
        try:
            data = sock.recv(16 * 1024)
            self._other[sock].sendall(data)
        except OSError:
            data = b""
        if not data:
            self._close(sock, self._other[sock])
        if self._due.is_set():
            self._due.clear()
            self.cuts += 1
            self._cut()

    def _cut(self) -> None:
        for sock in list(self._other):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close(*self._other)

    def _close(self, *socks: socket.socket) -> None:
        for sock in socks:
            self._selector.unregister(sock)
            del self._other[sock]
            sock.close()
