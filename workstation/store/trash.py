"""Deletes local copies in two steps: moved to the trash at once, deleted for good once undo has expired."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from workstation.dicom.targets import Target
from workstation.errors import NotDeleted, NotWritable, StoreError
from workstation.stop import Stop
from workstation.store.files import make_private_folder, store_error
from workstation.store.instance_file import read_instance_file
from workstation.store.library import Library
from workstation.store.store_results import Stored
from workstation.store.trash_folder import TRASH_NAME, delete_batch, mark_final, move_back

log = logging.getLogger(__name__)


class _Move(Protocol):
    def __call__(self, *, into: Path) -> int: ...


class Trash:
    """What was deleted from a library while the program runs; to be used by one thread at a time.

    What is in it is put back at the next opening of the library unless it was emptied or closed: also what
    was moved before a ``stop``.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._batches: set[Path] = set()

    def take(self, targets: Iterable[Target], stop: Stop) -> tuple[Path, int]:
        """Move the files of ``targets`` out of the library.

        Returns:
            The batch for :meth:`put_back` and :meth:`empty`, and the number of files.

        Raises:
            NotDeleted: A file could not be moved; all is put back.
            StoreError: The index could not be read or written; all is put back.
            Cancelled: ``stop`` was requested; the next opening puts all back.
        """
        return self._fill(
            (
                partial(self._library.delete, target.study, series, target.instances, stop=stop)
                for target in targets
                for series in target.series or ("",)
            ),
            stop,
        )

    def take_files(self, files: Mapping[str, Collection[str]], stop: Stop) -> tuple[Path, int]:
        """Move some files of the library into the trash, named by their Study UIDs; as :meth:`take`."""
        return self._fill(
            (partial(self._library.delete_files, study, names, stop=stop) for study, names in files.items()),
            stop,
        )

    def _fill(self, moves: Iterable[_Move], stop: Stop) -> tuple[Path, int]:
        batch, count = make_private_folder(self._library.root / TRASH_NAME / secrets.token_hex(4)), 0
        try:
            for move in moves:
                count += move(into=batch)
        except StoreError as error:
            with suppress(StoreError):  # the first error is the one to report; the next opening does the rest
                self.put_back(batch, stop)
            if isinstance(error, NotWritable):
                raise NotDeleted(error.path, error.reason) from error
            raise
        self._batches.add(batch)
        return batch, count

    def put_back(self, batch: Path, stop: Stop) -> int:
        """Put the files of a batch back into the library; returns how many are new there.

        Files that cannot be put back now are put back at the next opening.

        Raises:
            NotWritable, DiskFull: A file could not be moved, or not be indexed yet.
            Unreadable: The index could not be written.
            Cancelled: ``stop`` was requested.
        """
        self._batches.discard(batch)
        count = 0
        try:
            for path, duplicate in move_back(self._library.root, batch, stop):
                found = read_instance_file(path, to_end=True, lenient_uids=True)
                if isinstance(found, Stored):
                    self._library.index.add(found)
                count += duplicate.makes_file
        except OSError as error:
            raise store_error(self._library.root, error) from error
        finally:
            self._library.index.settled()
        return count

    def empty(self, batch: Path, stop: Stop) -> None:
        """Delete the files of a batch; what is left after a ``stop`` is deleted at the next opening.

        If the disk refuses to mark the batch as final, the next opening puts it back into the library.

        Raises:
            Cancelled: ``stop`` was requested.
        """
        self._batches.discard(batch)
        try:
            final = mark_final(batch)
        except OSError:
            log.warning("What was deleted could not be moved out of the way; it is there again later.")
        else:
            delete_batch(final, stop)

    def close(self) -> None:
        """Mark all batches as final: the next opening deletes them."""
        for batch in self._batches:
            with suppress(OSError):
                mark_final(batch)
        self._batches.clear()
