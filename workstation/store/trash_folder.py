"""Moves files into and out of the trash folder of a library, and deletes what is in it.

The trash is a folder of batches, each with a folder for each study. A batch whose name ends with ``.final``
is deleted at the next opening; every other one is put back then.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from workstation.atomic_files import retry_while_locked
from workstation.stop import Stop
from workstation.store.duplicates import place_file
from workstation.store.files import is_linked, refuse_link
from workstation.store.store_results import Duplicate

log = logging.getLogger(__name__)

TRASH_NAME: Final = ".deleted-by-workstation"
_FINAL: Final = ".final"


def mark_final(batch: Path) -> Path:
    """Rename a batch: it cannot be restored any more, and the next opening deletes it.

    Raises:
        OSError: It cannot be renamed.
    """
    final = batch.with_name(batch.name + _FINAL)
    retry_while_locked(os.replace, str(batch), str(final))
    return final


def own_folders(folder: Path) -> list[Path]:
    """The folders in a folder of the trash, links aside: what they lead to is not the library's."""
    if not folder.is_dir() or is_linked(folder):
        return []
    return [entry for entry in sorted(folder.iterdir()) if entry.is_dir() and not is_linked(entry)]


def delete_batch(batch: Path, stop: Stop) -> None:
    """Delete a batch; what the disk does not release stays for the next opening.

    Raises:
        Cancelled: ``stop`` was requested.
    """
    for folder in own_folders(batch):
        stop.check()
        shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        batch.rmdir()


def clear_trash(root: Path, stop: Stop) -> bool:
    """Empty the trash of the library at ``root``: delete what is final, put the rest back.

    Returns:
        Whether something was put back that the index does not list yet.

    Raises:
        Cancelled: ``stop`` was requested.
    """
    found = False
    for batch in own_folders(root / TRASH_NAME):
        if batch.suffix == _FINAL:
            delete_batch(batch, stop)
            continue
        try:
            for _ in move_back(root, batch, stop):
                found = True
        except OSError:
            log.warning("What was deleted could not be put back yet; the next start tries again.")
    with suppress(OSError):
        (root / TRASH_NAME).rmdir()
    return found


def move_back(root: Path, batch: Path, stop: Stop) -> Iterator[tuple[Path, Duplicate]]:
    """Move the files of a batch to where they were, then delete the batch.

    Raises:
        OSError: A file could not be moved; it and those after it stay in the batch.
        Cancelled: ``stop`` was requested; those not moved yet stay in the batch.
    """
    for folder in own_folders(batch):
        (root / folder.name).mkdir(mode=0o700, exist_ok=True)
        refuse_link(root / folder.name)
        for file in sorted(folder.iterdir()):
            stop.check()
            path, duplicate = place_file(str(file), str(root / folder.name), file.stem.partition("~")[0])
            yield Path(path), duplicate
        folder.rmdir()
    batch.rmdir()
