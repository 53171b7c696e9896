"""One window a person's folders: a second start hands what it was asked for to the first, and ends.

Whoever holds the lock is the first. Its door is a socket of this computer only; the file that names the port
holds a token, and only its owner can read it.
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

PATIENCE: Final = 2.0
"""Seconds a second start waits for the first window's answer."""
_LOCAL: Final = "127.0.0.1"
_RETRY: Final = 0.02
_MOST: Final = 4 * 1024 * 1024
_MOST_VISITORS: Final = 100
_TOKEN_TIME: Final = 0.2
"""Seconds within which a start has said the token: it does so at once."""
_TAKEN: Final = b"taken\n"
_BUSY: Final = b"busy\n"


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """What a start was asked for; nothing: just the window."""

    paths: tuple[str, ...] = ()
    demo: bool = False


Take = Callable[[LaunchRequest], bool]
"""Does what another start wishes; False: nobody could. Called in the door's thread, may wait a second."""


class FirstInstance:
    """The first window's; closed, the next start is the first."""

    def __init__(self, folder: Path) -> None:
        """Take the lock in ``folder`` and listen.

        Raises:
            LibraryInUse: Another window is the first.
            NotWritable: The folder does not let us.
        """
        self._take: Take | None = None
        self._early: list[LaunchRequest] = []
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
        self._thread = threading.Thread(target=self._run, name="workstation-door", daemon=True)
        self._thread.start()

    def serve(self, take: Take) -> list[LaunchRequest]:
        """From now on ask ``take``; returns what was wished before, which counts as taken."""
        with self._guard:
            self._take = take
            early, self._early = self._early, []
        return early

    def close(self) -> None:
        """Listen no more; the lock stays."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._file.unlink()
        with contextlib.suppress(OSError):  # accept() hears of nothing but a connection, on every system
            socket.create_connection((_LOCAL, self._listener.getsockname()[1]), 1).close()
        self._thread.join(PATIENCE)
        self._listener.close()

    def release(self) -> None:
        """Let another start be the first: everything of this one is closed."""
        self._lock.release()

    def _run(self) -> None:
        """Hear whoever comes, side by side: one that says nothing keeps nobody waiting."""
        visitors: list[_Client] = []
        with selectors.DefaultSelector() as selector:

            def turn_away(visitor: _Client) -> None:
                visitors.remove(visitor)
                selector.unregister(visitor.connection)
                visitor.connection.close()

            selector.register(self._listener, selectors.EVENT_READ)
            while not self._closed:
                next_end = min((each.deadline for each in visitors), default=None)
                patience = None if next_end is None else max(0.0, next_end - time.monotonic())
                for key, _ in selector.select(patience):
                    if key.data is None:
                        self._let_in(visitors, selector)
                    elif not self._hear(key.data):
                        turn_away(key.data)
                surplus = visitors[: max(0, len(visitors) - _MOST_VISITORS)]
                late = [each for each in visitors if each.deadline <= time.monotonic()]
                for visitor in dict.fromkeys(surplus + late):
                    turn_away(visitor)
            for visitor in visitors[:]:
                turn_away(visitor)

    def _let_in(self, visitors: list[_Client], selector: selectors.BaseSelector) -> None:
        with contextlib.suppress(OSError):  # it has gone again, or there are no descriptors
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            visitors.append(_Client(connection))
            selector.register(connection, selectors.EVENT_READ, visitors[-1])

    def _hear(self, visitor: _Client) -> bool:
        """Whether more is to come of it."""
        try:
            said = visitor.read(self._token)
            if said is None:
                return True
            self._answer(visitor.connection, said)
        except (OSError, ValueError, RecursionError):
            pass
        except Exception:  # noqa: BLE001 - the outermost frame of a thread, which goes on for others
            _log.exception("bug while another start was heard")
        return False

    def _answer(self, connection: socket.socket, said: bytes) -> None:
        wished = json.loads(said)
        paths = wished.get("paths") if isinstance(wished, dict) else None
        if not isinstance(paths, list):
            return
        wishes = LaunchRequest(tuple(map(str, paths)), wished.get("demo") is True)
        with self._guard:
            take = self._take
            if take is None:
                self._early.append(wishes)
        connection.settimeout(PATIENCE)
        connection.sendall(_TAKEN if take is None or take(wishes) else _BUSY)


class _Client:
    """A start of ours, or a stranger: first the token on a line of its own, then the wishes on another.

    Attributes:
        deadline: Monotonic moment by which it must have shown the token, and then said all.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.deadline = time.monotonic() + _TOKEN_TIME
        self._known = False
        self._read = bytearray()

    def read(self, token: str) -> bytes | None:
        """Take what has come of it; what it wishes, once that is whole.

        Raises:
            ValueError: It does not know the token, says too much, or has gone.
            OSError: The connection broke.
        """
        try:
            part = self.connection.recv(64 * 1024 if self._known else len(token) + 1)
        except BlockingIOError:
            return None
        self._read += part
        if not part or len(self._read) > _MOST:
            raise ValueError
        if not self._known:
            if len(self._read) <= len(token):
                return None
            if not _same(bytes(self._read), token.encode() + b"\n"):
                raise ValueError
            self._known, self.deadline = True, time.monotonic() + PATIENCE
            self._read.clear()
        return bytes(self._read) if self._read.endswith(b"\n") else None


@dataclass(frozen=True, slots=True)
class LaunchResult:
    """How a start went: it is the first and has the ``door``; or the first took its wishes; or neither."""

    door: FirstInstance | None
    handed_over: bool


def claim_or_forward(folder: Path, wishes: LaunchRequest, *, seconds: float = PATIENCE) -> LaunchResult:
    """Be the first window, or hand ``wishes`` to it; wait ``seconds`` for one that only starts or ends.

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
        answer = _forward(folder / "door", wishes)
        if answer in (_TAKEN, _BUSY):
            return LaunchResult(None, handed_over=answer == _TAKEN)
        time.sleep(min(_RETRY, left))  # nothing tells that another process got further


def _forward(file: Path, wishes: LaunchRequest) -> bytes:
    """The first window's answer; empty if there is none: it only starts, or ends."""
    try:
        port, token = file.read_text("ascii").split()
        with socket.create_connection((_LOCAL, int(port)), PATIENCE) as connection:
            connection.sendall(f"{token}\n{json.dumps(asdict(wishes))}\n".encode())
            return connection.recv(len(_TAKEN))
    except (OSError, ValueError):
        return b""


def _same(one: bytes, other: bytes) -> bool:
    from hmac import compare_digest  # late: hardly any start needs it

    return compare_digest(one, other)
