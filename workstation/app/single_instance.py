"""Keeps a single instance for each user's folders: a later start forwards its request to the first, and ends.

Whoever holds the lock is the first. It listens on a socket of this computer only; the file that names the
port holds a token, and only its owner can read it. Not a QLocalServer: the later start does not load Qt.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from workstation.atomic_files import atomic_write
from workstation.errors import LibraryInUse, NotWritable
from workstation.store.lock import LibraryLock

_log = logging.getLogger(__name__)

TIMEOUT: Final = 2.0
"""Seconds a later start waits for the answer of the first instance."""
_LOCAL: Final = "127.0.0.1"
_RETRY: Final = 0.02
_MAX_BYTES: Final = 4 * 1024 * 1024
_MAX_CLIENTS: Final = 100
_TOKEN_TIMEOUT: Final = 0.2
"""Seconds within which a client has to send the token: a start of ours sends it at once."""
_TAKEN: Final = b"taken\n"
_BUSY: Final = b"busy\n"


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """What a start was asked for; if nothing, just the window."""

    paths: tuple[str, ...] = ()
    demo: bool = False


Take = Callable[[LaunchRequest], bool]
"""Takes the request of another start; False: not in time. May wait a second, in the listening thread."""


class FirstInstance:
    """Holds the lock and listens; once it is closed and released, the next start is the first."""

    def __init__(self, folder: Path) -> None:
        """Take the lock in ``folder`` and listen.

        Raises:
            LibraryInUse: Another window is the first.
            NotWritable: The folder does not let us.
        """
        self._take: Take | None = None
        self._queued: list[LaunchRequest] = []
        self._guard = threading.Lock()
        self._closed = False
        self._file = folder / "door"
        self._token = os.urandom(16).hex()
        self._lock = LibraryLock(folder)
        try:
            self._listener = socket.create_server((_LOCAL, 0), backlog=128)
        except OSError as error:
            self._lock.release()
            raise NotWritable(str(folder), error.strerror or str(error)) from error
        try:
            atomic_write(self._file, f"{self._listener.getsockname()[1]} {self._token}".encode())
        except OSError as error:
            self._listener.close()
            self._lock.release()
            raise NotWritable(str(folder), error.strerror or str(error)) from error
        self._thread = threading.Thread(target=self._run, name="workstation-launch", daemon=True)
        self._thread.start()

    def serve(self, take: Take) -> list[LaunchRequest]:
        """Call ``take`` from now on; returns the requests that came before, which count as taken."""
        with self._guard:
            self._take = take
            queued, self._queued = self._queued, []
        return queued

    def close(self) -> None:
        """Stop listening; the lock is kept."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._file.unlink()
        with contextlib.suppress(OSError):  # only a connection ends accept() on every system
            socket.create_connection((_LOCAL, self._listener.getsockname()[1]), 1).close()
        self._thread.join(TIMEOUT)
        self._listener.close()

    def release(self) -> None:
        """Release the lock: everything of this instance is closed."""
        self._lock.release()

    def _run(self) -> None:
        """Serve all clients at once: one that sends nothing does not delay the others."""
        clients: list[_Client] = []
        with selectors.DefaultSelector() as selector:

            def drop(client: _Client) -> None:
                clients.remove(client)
                selector.unregister(client.connection)
                client.connection.close()

            selector.register(self._listener, selectors.EVENT_READ)
            while not self._closed:
                next_end = min((each.deadline for each in clients), default=None)
                timeout = None if next_end is None else max(0.0, next_end - time.monotonic())
                for key, _ in selector.select(timeout):
                    if key.data is None:
                        self._accept(clients, selector)
                    elif not self._read(key.data):
                        drop(key.data)
                surplus = clients[: max(0, len(clients) - _MAX_CLIENTS)]
                late = [each for each in clients if each.deadline <= time.monotonic()]
                for client in dict.fromkeys(surplus + late):
                    drop(client)
            for client in clients[:]:
                drop(client)

    def _accept(self, clients: list[_Client], selector: selectors.BaseSelector) -> None:
        with contextlib.suppress(OSError):  # it has gone again, or there are no descriptors
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            clients.append(_Client(connection))
            selector.register(connection, selectors.EVENT_READ, clients[-1])

    def _read(self, client: _Client) -> bool:
        """Read what has come and answer a complete request; whether more is to come."""
        try:
            request = client.read(self._token)
            if request is None:
                return True
            self._answer(client.connection, request)
        except (OSError, ValueError, RecursionError):
            pass
        except Exception:  # noqa: BLE001 - the outermost frame of a thread, which goes on for others
            _log.exception("bug while serving another start")
        return False

    def _answer(self, connection: socket.socket, message: bytes) -> None:
        fields = json.loads(message)
        paths = fields.get("paths") if isinstance(fields, dict) else None
        if not isinstance(paths, list):
            return
        request = LaunchRequest(tuple(map(str, paths)), fields.get("demo") is True)
        with self._guard:
            take = self._take
            if take is None:
                self._queued.append(request)
        connection.settimeout(TIMEOUT)
        connection.sendall(_TAKEN if take is None or take(request) else _BUSY)


class _Client:
    """A connection: a start of ours, or anything else on this computer.

    It sends the token on a line of its own, then the request on another.

    Attributes:
        deadline: Monotonic time by which it must have sent the token, and then the request.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.deadline = time.monotonic() + _TOKEN_TIMEOUT
        self._has_token = False
        self._buffer = bytearray()

    def read(self, token: str) -> bytes | None:
        """Read what has come; returns the request once that is complete.

        Raises:
            ValueError: The token is wrong, the request too long, or the connection closed.
            OSError: The connection broke.
        """
        try:
            part = self.connection.recv(64 * 1024 if self._has_token else len(token) + 1)
        except BlockingIOError:
            return None
        self._buffer += part
        if not part or len(self._buffer) > _MAX_BYTES:
            raise ValueError
        if not self._has_token:
            if len(self._buffer) <= len(token):
                return None
            if not _same(bytes(self._buffer), token.encode() + b"\n"):
                raise ValueError
            self._has_token, self.deadline = True, time.monotonic() + TIMEOUT
            self._buffer.clear()
        return bytes(self._buffer) if self._buffer.endswith(b"\n") else None


@dataclass(frozen=True, slots=True)
class LaunchResult:
    """How a start went: it is the :class:`FirstInstance`; or that one took its request; or neither."""

    first_instance: FirstInstance | None
    handed_over: bool


def claim_or_forward(folder: Path, request: LaunchRequest, *, seconds: float = TIMEOUT) -> LaunchResult:
    """Become the first instance, or forward ``request`` to it.

    Waits at most ``seconds`` for one that is just starting or ending.

    Raises:
        NotWritable: The folder does not let us.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return LaunchResult(FirstInstance(folder), handed_over=False)
        except LibraryInUse:
            left = deadline - time.monotonic()
        if left <= 0:
            return LaunchResult(None, handed_over=False)
        answer = _forward(folder / "door", request)
        if answer in (_TAKEN, _BUSY):
            return LaunchResult(None, handed_over=answer == _TAKEN)
        time.sleep(min(_RETRY, left))  # nothing signals the progress of another process


def _forward(file: Path, request: LaunchRequest) -> bytes:
    """Forward a request; returns the answer, empty if there is none: the first one is starting or ending."""
    try:
        port, token = file.read_text("ascii").split()
        with socket.create_connection((_LOCAL, int(port)), TIMEOUT) as connection:
            connection.sendall(f"{token}\n{json.dumps(asdict(request))}\n".encode())
            return connection.recv(len(_TAKEN))
    except (OSError, ValueError):
        return b""


def _same(one: bytes, other: bytes) -> bool:
    from hmac import compare_digest  # late: hardly any start needs it

    return compare_digest(one, other)
