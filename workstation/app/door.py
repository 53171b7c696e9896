"""One window a person's folders: a second start hands what it was asked for to the first, and ends.

Whoever holds the lock is the first. Its door is a socket of this computer only; the file that names the port
holds a token, and only its owner can read it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from workstation.errors import LibraryInUse, NotWritable
from workstation.store.lock import LibraryLock
from workstation.whole import write_whole

_log = logging.getLogger(__name__)

PATIENCE: Final = 2.0
"""Seconds a second start waits for the first window's answer."""
_LOCAL: Final = "127.0.0.1"
_RETRY: Final = 0.02
_MOST: Final = 4 * 1024 * 1024
_TAKEN: Final = b"taken\n"
_BUSY: Final = b"busy\n"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a start was asked for; nothing: just the window."""

    paths: tuple[str, ...] = ()
    demo: bool = False


Take = Callable[[Wishes], bool]
"""Does what another start wishes; False: nobody could. Called in the door's thread, may wait a second."""


class Door:
    """The first window's; closed, the next start is the first."""

    def __init__(self, folder: Path) -> None:
        """Take the lock in ``folder`` and listen.

        Raises:
            LibraryInUse: Another window is the first.
            NotWritable: The folder does not let us.
        """
        self._take: Take | None = None
        self._early: list[Wishes] = []
        self._guard = threading.Lock()
        self._closed = False
        self._file = folder / "door"
        self._token = os.urandom(16).hex()
        self._lock = LibraryLock(folder)
        try:
            self._listener = socket.create_server((_LOCAL, 0), backlog=128)
        except OSError as trouble:
            self._lock.release()
            raise NotWritable(str(folder), trouble.strerror or str(trouble)) from trouble
        try:
            write_whole(self._file, f"{self._listener.getsockname()[1]} {self._token}".encode())
        except OSError as trouble:
            self._listener.close()
            self._lock.release()
            raise NotWritable(str(folder), trouble.strerror or str(trouble)) from trouble
        self._thread = threading.Thread(target=self._run, name="workstation-door", daemon=True)
        self._thread.start()

    def serve(self, take: Take) -> list[Wishes]:
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
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, ValueError):
                connection.settimeout(PATIENCE)
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        wished = _line(connection)
        paths = wished.get("paths")
        if not isinstance(paths, list) or not _same(wished.get("token"), self._token):
            return
        wishes = Wishes(tuple(map(str, paths)), wished.get("demo") is True)
        with self._guard:
            take = self._take
            if take is None:
                self._early.append(wishes)
        connection.sendall(_TAKEN if take is None or take(wishes) else _BUSY)


@dataclass(frozen=True, slots=True)
class Entered:
    """How a start went: it is the first and has the ``door``; or the first took its wishes; or neither."""

    door: Door | None
    handed_over: bool


def enter(folder: Path, wishes: Wishes, *, seconds: float = PATIENCE) -> Entered:
    """Be the first window, or hand ``wishes`` to it; wait ``seconds`` for one that only starts or ends.

    Raises:
        NotWritable: The folder does not let us.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return Entered(Door(folder), handed_over=False)
        except LibraryInUse:
            left = deadline - time.monotonic()
        if left <= 0:
            return Entered(None, handed_over=False)
        answer = _hand_over(folder / "door", wishes)
        if answer in (_TAKEN, _BUSY):
            return Entered(None, handed_over=answer == _TAKEN)
        time.sleep(min(_RETRY, left))  # nothing tells that another process got further


def _hand_over(file: Path, wishes: Wishes) -> bytes:
    """The first window's answer; empty if there is none: it only starts, or ends."""
    try:
        port, token = file.read_text("ascii").split()
        with socket.create_connection((_LOCAL, int(port)), PATIENCE) as connection:
            connection.sendall(json.dumps({"token": token, **asdict(wishes)}).encode() + b"\n")
            return connection.recv(len(_TAKEN))
    except (OSError, ValueError):
        return b""


def _line(connection: socket.socket) -> dict[str, object]:
    """One JSON object.

    Raises:
        ValueError: It is none.
        OSError: The other side went away, or says nothing.
    """
    deadline = time.monotonic() + PATIENCE
    read = bytearray()
    while not read.endswith(b"\n"):
        part = connection.recv(65536)
        read += part
        if not part or len(read) > _MOST or time.monotonic() > deadline:
            raise ValueError
    found = json.loads(read)
    if not isinstance(found, dict):
        raise ValueError
    return found


def _same(one: object, other: str) -> bool:
    from hmac import compare_digest  # late: hardly any start needs it

    return isinstance(one, str) and compare_digest(one.encode("utf-8", "replace"), other.encode())
