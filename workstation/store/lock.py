"""One writer a library: a lock of the operating system, gone when its process is."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from workstation.errors import LibraryInUse, NotWritable

_HELD = {errno.EAGAIN, errno.EACCES}
"""What the systems say of a lock that another holds; anything else: this file system has no locks."""


class LibraryLock:
    """Held from construction until :meth:`release`."""

    def __init__(self, root: Path) -> None:
        """Take the lock of the library at ``root`` at once or not at all.

        Raises:
            LibraryInUse: Another process, or another part of this one, holds it.
            NotWritable: The lock file cannot be made, or its file system has no locks.
        """
        try:
            self._file = os.open(root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise NotWritable(str(root), error.strerror or str(error)) from error
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(self._file, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            if error.errno in _HELD:
                raise LibraryInUse(str(root)) from error
            raise NotWritable(str(root), error.strerror or str(error)) from error

    def release(self) -> None:
        """Let the next one in."""
        os.close(self._file)
