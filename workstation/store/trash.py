"""Local copies somebody deleted: out of the library at once, but not yet gone."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workstation.atomic_files import retry_while_locked
from workstation.dicom.targets import Target
from workstation.errors import NotDeleted, NotWritable, StoreError
from workstation.stop import Stop
from workstation.store.duplicates import place_file
from workstation.store.files import is_linked, make_private_folder, refuse_link, store_error
from workstation.store.instance_file import read_instance_file
from workstation.store.store_results import Duplicate, Stored

if TYPE_CHECKING:
    from workstation.store.library import Library

log = logging.getLogger(__name__)

TRASH_NAME: Final = ".deleted-by-workstation"  # nobody else calls a folder so
_FINAL: Final = ".final"  # ends the name of a lot that nobody can want back any more


class Trash:
    """What was deleted from a library while the program runs; safe from any one thread at a time.

    Until it is emptied or closed, everything is put back when the library is opened again: also what was
    moved before a ``stop``.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._batches: set[Path] = set()

    def take(self, targets: Iterable[Target], stop: Stop) -> tuple[Path, int]:
        """Take the files of ``targets`` out of the library.

        Returns:
            What :meth:`put_back` and :meth:`empty` know them by, and how many they are.

        Raises:
            NotDeleted: A file could not be moved; all is put back.
            StoreError: The index could not be read or written; all is put back.
            Cancelled: ``stop`` was requested; the next opening puts all back.
        """
        batch, count = make_private_folder(self._library.root / TRASH_NAME / secrets.token_hex(4)), 0
        try:
            for target in targets:
                for series in target.series or ("",):
                    count += self._library.delete(
                        target.study, series, target.instances, into=batch, stop=stop
                    )
        except StoreError as error:
            with suppress(StoreError):  # the first trouble is what is told; the next opening does the rest
                self.put_back(batch, stop)
            if isinstance(error, NotWritable):
                raise NotDeleted(error.path, error.reason) from error
            raise
        self._batches.add(batch)
        return batch, count

    def put_back(self, batch: Path, stop: Stop) -> int:
        """Put the files of a lot back into the library, as if they arrived again. How many are new there.

        What could not be put back now is when the library is opened again.

        Raises:
            NotWritable, DiskFull: A file could not be moved, or not be indexed yet.
            Unreadable: The index could not be written.
            Cancelled: ``stop`` was requested.
        """
        self._batches.discard(batch)
        count = 0
        try:
            for path, duplicate in _returned(self._library.root, batch, stop):
                found = read_instance_file(path, to_end=True, lenient_uids=True)
                if isinstance(found, Stored):
                    self._library.index.add(found)
                count += duplicate in (Duplicate.NEW, Duplicate.CONFLICT)
        except OSError as error:
            raise store_error(self._library.root, error) from error
        finally:
            self._library.index.settled()
        return count

    def empty(self, batch: Path, stop: Stop) -> None:
        """Delete the files of a lot, after a ``stop`` at the next opening.

        What the disk does not let go is put back then.

        Raises:
            Cancelled: ``stop`` was requested.
        """
        self._batches.discard(batch)
        try:
            final = _given_up(batch)
        except OSError:
            log.warning("What was deleted could not be moved out of the way; it is there again later.")
        else:
            _delete(final, stop)

    def close(self) -> None:
        """Nobody can want anything back any more; the next opening deletes it."""
        for batch in self._batches:
            with suppress(OSError):
                _given_up(batch)
        self._batches.clear()


def _given_up(batch: Path) -> Path:
    """Rename a lot: nobody can want it back any more."""
    final = batch.with_name(batch.name + _FINAL)
    retry_while_locked(os.replace, str(batch), str(final))
    return final


def _own_folders(folder: Path) -> list[Path]:
    """The folders in a folder of the trash; none that is a link: what lies behind it is not the library's."""
    if not folder.is_dir() or is_linked(folder):
        return []
    return [entry for entry in sorted(folder.iterdir()) if entry.is_dir() and not is_linked(entry)]


def _delete(batch: Path, stop: Stop) -> None:
    for folder in _own_folders(batch):
        stop.check()
        shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        batch.rmdir()


def clear_trash(root: Path, stop: Stop) -> bool:
    """Empty the trash of the library at ``root``; what may still be wanted is put back.

    Returns:
        Whether something was put back, of which the index does not know yet.

    Raises:
        Cancelled: ``stop`` was requested.
    """
    found = False
    for batch in _own_folders(root / TRASH_NAME):
        if batch.suffix == _FINAL:
            _delete(batch, stop)
            continue
        try:
            for _ in _returned(root, batch, stop):
                found = True
        except OSError:
            log.warning("What was deleted could not be put back yet; the next start tries again.")
    with suppress(OSError):
        (root / TRASH_NAME).rmdir()
    return found


def _returned(root: Path, batch: Path, stop: Stop) -> Iterator[tuple[Path, Duplicate]]:
    """Move the files of a lot to where they were, then delete the batch.

    Raises:
        OSError: A file could not be moved; it and those after it stay in the batch.
        Cancelled: ``stop`` was requested; those not moved yet stay in the batch.
    """
    for folder in _own_folders(batch):
        (root / folder.name).mkdir(mode=0o700, exist_ok=True)
        refuse_link(root / folder.name)
        for file in sorted(folder.iterdir()):
            stop.check()
            path, duplicate = place_file(str(file), str(root / folder.name), file.stem.partition("~")[0])
            yield Path(path), duplicate
        folder.rmdir()
    batch.rmdir()
