"""Small files that are whole or not there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from workstation.patience import patiently

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def write_whole(path: Path, content: bytes, *, durable: bool = False) -> None:
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
        patiently(os.replace, str(part), str(path))
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
