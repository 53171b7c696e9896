"""Compares the index rows of a study, or of all studies, with the files, and corrects the rows.

A file that is gone, or has another size than the index says, does not count as here. Its row is removed, so
that the next fetch brings it; a file of another size is read again: indexed if it is complete, else moved
to the quarantine.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from workstation.errors import DiskFull, NotWritable
from workstation.stop import Progress, Report, Stop
from workstation.store.files import is_linked
from workstation.store.index import Index
from workstation.store.index_reader import ListedFile
from workstation.store.quarantine import Quarantine
from workstation.store.rebuild import COARSE_CLOCK, index_file, is_object_name, study_folders

SIZES_KEPT: Final = 600.0
"""Seconds until the sizes of the files of a folder that has not changed are looked at again."""

Here = dict[str, frozenset[str]]
"""By Series Instance UID, the SOP Instance UIDs whose file is here."""


class IndexCheck:
    """Confirms studies of one library; safe from any thread."""

    def __init__(self, root: Path, index: Index, quarantine: Quarantine) -> None:
        self._root = root
        self._index = index
        self._quarantine = quarantine
        self._looked: dict[str, tuple[tuple[int, ...], float]] = {}
        self._lock = threading.Lock()

    def confirm(self, study: str, *, mend: bool, anew: bool = True) -> Here:
        """What of a study is here.

        Args:
            study: Study Instance UID.
            mend: Take rows out of the index whose file is not here as it was.
            anew: Look at every file, even if the study's folder has not changed since the last look.

        Raises:
            Unreadable: The index cannot be read.
            NotWritable, DiskFull: The folder cannot be read, or the index not be written.
        """
        if mend:
            with suppress(DiskFull, NotWritable):  # what waits for room is not listed yet
                self._index.settled()
        rows = self._index.listed_of(study)
        folders = {row.path.partition("/")[0] for row in rows}
        times = self._times(folders)
        if not anew and self._unchanged(study, times):
            return _by_series(rows)
        flawed = self._flawed(rows, folders)
        if flawed and mend:
            self._mend([row.path for row in flawed], [row.path for row in flawed])
            rows = self._index.listed_of(study)
            flawed = self._flawed(rows, folders)
            times = ()
        gone = {row.path for row in flawed}
        with self._lock:
            self._looked.pop(study, None)
            if not flawed and times and time.time() - max(times) / 1e9 > COARSE_CLOCK:
                self._looked[study] = (times, time.monotonic())
        return _by_series(row for row in rows if row.path not in gone)

    def compare(self, report: Report, stop: Stop) -> Iterator[str]:
        """Compare every folder of the library with its rows, and make the rows agree with the files.

        Yields the Study Instance UIDs of what did not agree, folder by folder.

        Raises:
            OSError: A folder cannot be read.
            Unreadable, NotWritable, DiskFull: The index cannot be read or written.
            Cancelled: ``stop`` was requested.
        """
        self._index.drop_foreign()
        names = sorted(self._index.folders() | {folder.name for folder in study_folders(self._root)})
        for done, folder in enumerate(names):
            stop.check()
            report(Progress(done, len(names)))
            if self._sizes(folder) == self._index.sizes_in(folder):
                continue
            with suppress(DiskFull, NotWritable):
                self._index.settled()  # what came just now
            known, here = self._index.sizes_in(folder), self._sizes(folder)
            flawed = [path for path, size in known.items() if here.get(path) != size]
            unknown = [path for path, size in here.items() if known.get(path) != size]
            if not flawed and not unknown:
                continue
            studies = self._index.studies_in(folder)
            self._mend(flawed, unknown)
            yield from studies | self._index.studies_in(folder)

    def _sizes(self, folder: str) -> dict[str, int]:
        """The objects in a folder and their sizes; none if it is gone."""
        try:
            found = sizes_in(self._root, folder)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        return {path: size for path, size in found.items() if is_object_name(path.rpartition("/")[2])}

    def _mend(self, flawed: Sequence[str], found: Sequence[str]) -> None:
        """Remove the rows of ``flawed`` paths from the index, and index the files at ``found`` paths."""
        if flawed:
            self._index.remove(self._root / path for path in flawed)
        for path in found:
            if is_object(self._root / path):
                index_file(self._root / path, self._index, self._quarantine)
        self._index.settled()

    def _unchanged(self, study: str, times: tuple[int, ...]) -> bool:
        with self._lock:
            before, looked = self._looked.get(study, ((), 0.0))
        return bool(times) and times == before and time.monotonic() - looked < SIZES_KEPT

    def _times(self, folders: Iterable[str]) -> tuple[int, ...]:
        """When the folders changed, in nanoseconds since 1970; empty if one is gone."""
        try:
            return tuple((self._root / folder).stat().st_mtime_ns for folder in sorted(folders))
        except OSError:
            return ()

    def _flawed(self, rows: Iterable[ListedFile], folders: Iterable[str]) -> list[ListedFile]:
        """The rows whose file is not here with the size they say.

        Raises:
            NotWritable: A folder is there and cannot be read.
        """
        sizes: dict[str, int] = {}
        for folder in folders:
            try:
                sizes.update(sizes_in(self._root, folder))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise NotWritable(str(self._root / folder), error.strerror or str(error)) from error
        return [row for row in rows if sizes.get(row.path) != row.size]


def sizes_in(root: Path, folder: str) -> dict[str, int]:
    """The files in a folder of the library, named as in the index, and their sizes; links aside.

    Raises:
        NotADirectoryError: It is a link to another folder.
        OSError: It cannot be read.
    """
    if is_linked(root / folder):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    with os.scandir(root / folder) as entries:
        return {
            f"{folder}/{entry.name}": entry.stat(follow_symlinks=False).st_size
            for entry in entries
            if entry.is_file(follow_symlinks=False)
        }


def is_object(path: Path) -> bool:
    """Whether there is a file of the library's own, neither a link nor in a linked folder."""
    try:
        return not is_linked(path.parent) and stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _by_series(rows: Iterable[ListedFile]) -> Here:
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.series_uid, set()).add(row.sop_uid)
    return {series: frozenset(uids) for series, uids in found.items()}
