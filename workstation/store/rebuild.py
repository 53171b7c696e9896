"""Scans the files of a library and makes the index agree with them."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Final

from workstation.dicom.uids import is_path_name
from workstation.errors import UserMessage
from workstation.stop import Progress, Report, Stop
from workstation.store.files import is_linked
from workstation.store.index import Index
from workstation.store.instance_file import read_instance_file
from workstation.store.quarantine import Quarantine
from workstation.store.store_results import Stored

log = logging.getLogger(__name__)

_FILE_NAME = re.compile(r"([0-9.]{1,64}|x[0-9a-f]{40})(?:~[0-9]{1,4})?\.dcm")
_READING: Final = UserMessage("Reading the files of the library")
_REPORT_EVERY: Final = 100
_DROP_AT_ONCE: Final = 10_000
COARSE_CLOCK: Final = 3.0
"""Seconds; some file systems keep times that coarsely."""


def study_folders(root: Path) -> Iterator[Path]:
    """The folders of studies in a library, links aside.

    Raises:
        OSError: The library cannot be read.
    """
    with os.scandir(root) as entries:
        for entry in entries:
            if is_path_name(entry.name) and entry.is_dir(follow_symlinks=False):
                yield Path(entry.path)


def is_object_name(name: str) -> bool:
    """Whether a file is called as the library calls its objects."""
    return _FILE_NAME.fullmatch(name) is not None


def index_files(
    root: Path, index: Index, quarantine: Quarantine, report: Report, stop: Stop, *, since: float | None
) -> bool:
    """Index the files that are not, drop the rows whose file is gone or has another size than it had.

    A file that cannot be parsed to its end is quarantined.

    Args:
        root: The library folder.
        index: Its index, perhaps empty.
        quarantine: Where broken files go.
        report: Progress.
        stop: A request to end.
        since: Files written after this time, in seconds since 1970, may be damaged and are read again.
            None: the index is new.

    Returns:
        Whether nothing is left to do: every file could be read, or moved to the quarantine.

    Raises:
        OSError: A folder cannot be read.
        Unreadable: The index cannot be written.
        Cancelled: ``stop`` was requested.
    """
    index.settled()
    suspect = inf if since is None else since - COARSE_CLOCK
    total = count_objects(root, stop)
    done = left = 0
    for folder in folders_of(root, index):
        here, unknown = _compare(root, folder, index, suspect, stop)
        done += here - len(unknown)
        anonymous: list[Stored] = []
        for name in unknown:
            stop.check()
            if done % _REPORT_EVERY == 0:
                report(Progress(done, max(done, total), message=_READING))
            left += not index_file(root / name, index, quarantine, anonymous)
            done += 1
        for stored in anonymous:
            index.add(stored)
    report(Progress(done, done, message=_READING))
    index.settled()
    return not left


def _compare(root: Path, folder: str, index: Index, suspect: float, stop: Stop) -> tuple[int, list[str]]:
    """Remove the rows of a folder whose file is missing or changed.

    Returns:
        How many objects are there, and the names of those that are not indexed.
    """
    known = index.sizes_in(folder)
    here, unknown, changed = 0, [], []
    for name, found in objects_in(root, folder):
        stop.check()
        here += 1
        size = known.pop(name, None)
        if size == found.st_size and found.st_mtime < suspect:
            continue
        unknown.append(name)
        if size is not None:
            changed.append(name)
    changed += known
    for start in range(0, len(changed), _DROP_AT_ONCE):
        stop.check()
        index.remove(root / name for name in changed[start : start + _DROP_AT_ONCE])
    return here, sorted(unknown)


def folders_of(root: Path, index: Index) -> list[str]:
    """The names of the folders that hold objects, or should by the index; sorted.

    Raises:
        OSError: The library cannot be read.
        Unreadable: The index cannot be read.
    """
    return sorted(index.folders() | {folder.name for folder in study_folders(root)})


def count_objects(root: Path, stop: Stop) -> int:
    """How many objects a library holds, by their names alone.

    Raises:
        OSError: A folder cannot be read.
        Cancelled: ``stop`` was requested.
    """
    count = 0
    for folder in study_folders(root):
        stop.check()
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                stop.check()
                count += is_object_name(entry.name)
    return count


def objects_in(root: Path, folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """The objects in a folder of a library, by name below the library with slashes; none in a link, or gone.

    Raises:
        OSError: It cannot be read.
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        if is_linked(root / folder):
            return
        with os.scandir(root / folder) as entries:
            for entry in entries:
                if is_object_name(entry.name) and entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):  # deleted just now
                        yield f"{folder}/{entry.name}", entry.stat(follow_symlinks=False)


def index_file(
    path: Path, index: Index, quarantine: Quarantine, anonymous: list[Stored] | None = None
) -> bool:
    """Index or quarantine a file; False if neither could be done. One that is gone by now needs neither.

    Doubtful files without a patient are only added to ``anonymous``, to be indexed last: the first instance
    of a study decides its patient.
    """
    try:
        found = read_instance_file(path, to_end=True, lenient_uids=True)
    except FileNotFoundError:
        return True
    except OSError:
        log.warning("A file of the library could not be read; it is not indexed.")
        return False
    if isinstance(found, Stored):
        header = found.header
        if anonymous is not None and found.doubt and header and not (header.patient_id or header.name):
            anonymous.append(found)
        else:
            index.add(found)
        return True
    log.warning("A file of the library is not whole: it is quarantined.")
    try:
        quarantine.add_library_file(path, found.reason)
    except FileNotFoundError:
        return True  # it was read for another reason, too, and is quarantined
    except OSError:
        log.warning("A broken file could not be moved to the quarantine.")
        return False
    return True
