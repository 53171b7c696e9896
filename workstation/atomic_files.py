"""Writes small files atomically, and moves files that another program may hold open (as Windows refuses)."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_LOCKED_SECONDS: Final = 2.0
"""How long a move is tried again: a virus scanner holds a new file, another program reads the old one."""


def atomic_write(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Make the file or replace it, for its owner only: whatever happens, it holds the old content or the new.

    ``durable``: it is on the disk afterwards.

    Raises:
        OSError: The folder or the disk refuses; nothing has changed.
    """
    part = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        with os.fdopen(os.open(part, _NEW, 0o600), "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        retry_while_locked(os.replace, str(part), str(path))
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def retry_while_locked(move: Callable[[str, str], None], source: str, target: str) -> None:
    """Call ``move(source, target)``, again while another program holds one of the files, for 2 s at most.

    Raises:
        OSError: It was still held, or something else is wrong.
    """
    deadline = time.monotonic() + _LOCKED_SECONDS
    pause = 0.01
    while True:
        try:
            move(source, target)
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > deadline:
                raise
            time.sleep(pause)
            pause = min(2 * pause, 0.25)
        else:
            return
