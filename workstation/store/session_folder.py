"""A folder that lasts as long as one run of the program, in a private parent that several runs share."""

from __future__ import annotations

import shutil
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from workstation.errors import LibraryInUse, WorkstationError
from workstation.store.files import make_private_folder, store_error
from workstation.store.lock import LibraryLock


class SessionFolder:
    """Made when it is first needed, mode 0700, and deleted with all that is in it at the end of the run.

    Each run has one of its own, with a lock that ends with the process: what a run left that was killed is
    deleted by the next, what another run still uses is not.
    """

    def __init__(self, parent: Path) -> None:
        """Nothing is made yet."""
        self._parent = parent
        self._guard = threading.Lock()
        self._made: tuple[Path, LibraryLock] | None = None

    def make(self) -> Path:
        """The folder; made now, if it was not yet.

        Raises:
            NotWritable, DiskFull: It cannot be made.
        """
        with self._guard:
            if self._made is None:
                parent = make_private_folder(self._parent)
                self._remove_left_over()
                try:
                    folder = Path(tempfile.mkdtemp(dir=parent))
                except OSError as error:
                    raise store_error(parent, error) from error
                self._made = folder, LibraryLock(folder)
            return self._made[0]

    def remove_left_over(self) -> None:
        """Delete what runs left that could not end properly: it may name patients.

        What still runs holds its lock.
        """
        with self._guard:
            self._remove_left_over()

    def _remove_left_over(self) -> None:
        try:
            folders = list(self._parent.iterdir())
        except OSError:
            return  # nothing was ever made
        for folder in folders:
            with suppress(LibraryInUse, WorkstationError, OSError):
                if not any(folder.iterdir()):
                    continue  # made just now, and not yet locked
                LibraryLock(folder).release()
                shutil.rmtree(folder, ignore_errors=True)

    def delete(self) -> None:
        """Delete the folder and what is in it; nothing may be in use there."""
        with self._guard:
            made, self._made = self._made, None
        if made is not None:
            folder, lock = made
            lock.release()
            shutil.rmtree(folder, ignore_errors=True)
