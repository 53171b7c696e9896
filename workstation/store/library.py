"""Opens, scans and changes a library: its folder of files, the index, the quarantine, the lock."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workstation.atomic_files import retry_while_locked
from workstation.dicom.uids import path_name
from workstation.errors import DiskFull, NotIndexed, NotWritable, Unreadable
from workstation.stop import Cancelled, Report, Stop
from workstation.store.duplicates import place_file
from workstation.store.files import (
    delete_file,
    is_linked,
    make_private_folder,
    new_part,
    refuse_link,
    store_error,
    sync_all,
)
from workstation.store.gate import Gate
from workstation.store.index import Index
from workstation.store.index_check import Here, IndexCheck
from workstation.store.index_recovery import NOTE_NAME, Scan, note_closing, open_index
from workstation.store.library_folder import LibraryFolder, usual_reserve
from workstation.store.lock import LibraryLock
from workstation.store.quarantine import Quarantine
from workstation.store.rebuild import index_files
from workstation.store.store_results import UNFILED, Duplicate, Stored, ignore_result
from workstation.store.trash_folder import clear_trash
from workstation.store.unfiled import file_under

if TYPE_CHECKING:
    from workstation.dicom.association_facts import Peer

log = logging.getLogger(__name__)

INDEX_NAME: Final = "index.db"


class Library:
    """Files below ``root`` as ``<Study UID>/<SOP Instance UID>.dcm``, their index, what is quarantined.

    For a value that is no UID stands what :func:`workstation.dicom.uids.path_name` makes of it.

    Safe from any thread. Make it by :meth:`open`, or construct it in any thread and call :meth:`begin` in one
    that may block; until then reading the index blocks.

    Attributes:
        root: The folder, absolute.
        folder: Its folders on the disk.
        index: What is here.
        quarantine: What could not be understood.
        scan_needed: What :meth:`scan` would do.
    """

    def __init__(
        self,
        root: Path,
        *,
        reserve: Callable[[int], int] = usual_reserve,
        error: Callable[[NotIndexed], None] = ignore_result,
    ) -> None:
        """Nothing is opened yet, no file is touched.

        Args:
            root: The folder; made if needed.
            reserve: Gives the bytes to keep free from the size of the volume.
            error: Called in the writer's thread when objects could not be indexed.
        """
        self.root = root = root.absolute()
        self._gate = Gate()
        self.index = Index(root / INDEX_NAME, root, error=error, gate=self._gate)
        self.folder = LibraryFolder(root, reserve)
        self.quarantine = Quarantine(root / "quarantine")
        self.scan_needed = Scan.NOTHING
        self._confirming = IndexCheck(root, self.index, self.quarantine)
        self._lock: LibraryLock | None = None

    @classmethod
    def open(
        cls,
        root: Path,
        *,
        reserve: Callable[[int], int] = usual_reserve,
        error: Callable[[NotIndexed], None] = ignore_result,
        scan: bool = True,
        report: Report = ignore_result,
        stop: Stop | None = None,
    ) -> Library:
        """:meth:`begin`, and scan the files where that is needed.

        With ``scan=False`` the caller runs :meth:`scan` later; the library can be used meanwhile.

        Args:
            root: See :class:`Library`, as are ``reserve`` and ``error``.
            reserve: As above.
            error: As above.
            scan: Do what :attr:`scan_needed` says at once.
            report: Progress of the scan.
            stop: Ends the scan; the next opening makes up for it.

        Raises:
            LibraryInUse, NotWritable, TooNew, Cancelled: As :meth:`begin`.
        """
        library = cls(root, reserve=reserve, error=error)
        library.begin(stop)
        if scan:
            try:
                library.scan(report, stop)
            except BaseException:
                library.close()
                raise
        return library

    @classmethod
    def open_to_read(cls, root: Path) -> Library:
        """Open the library for reading only, also while another process writes it.

        Raises:
            Unreadable: There is no index there, or no sound one.
        """
        library = cls(root)
        library.begin_to_read()
        return library

    def begin(self, stop: Stop | None = None) -> None:
        """Take the lock, delete part files, open the index; a damaged one is set aside.

        May be tried again after it failed.

        Raises:
            LibraryInUse: Another process has it.
            NotWritable: The folder cannot be used.
            TooNew: A newer program wrote the index.
            Cancelled: ``stop`` was requested.
        """
        stop = stop or Stop()
        self._gate.shut()
        lock = LibraryLock(make_private_folder(self.root))
        try:
            self.folder.prepare(stop)
            self.scan_needed = open_index(self.index, self.root, stop)
            if clear_trash(self.root, stop) and self.scan_needed is Scan.NOTHING:
                self.scan_needed = Scan.ADOPT
        except BaseException as failure:
            self.index.close()
            lock.release()
            if isinstance(failure, OSError):
                raise store_error(self.root, failure) from failure
            raise
        self._lock = lock
        self._gate.open()

    def begin_to_read(self) -> None:
        """Use the library for reading only, also while another process writes it.

        Raises:
            Unreadable: There is no index there.
        """
        if not self.index.file.is_file():
            raise Unreadable(str(self.root), "there is no library")
        self._gate.open()

    @property
    def writable(self) -> bool:
        """Whether it was opened for writing and is still open."""
        return self._lock is not None

    def refuse(self, error: Exception) -> None:
        """Give up opening it: every call that waits for it, now or later, raises ``error``."""
        self._gate.refuse(error)

    def close(self) -> None:
        """Write what is queued, mark the library clean, release the lock. A second call does nothing."""
        self.refuse(Cancelled())
        lock, self._lock = self._lock, None
        self.index.close()
        if lock is not None:
            try:
                note_closing(self.index, self.root, self.scan_needed)
            except OSError:
                log.warning("The library could not be marked as closed properly; the next start looks at it.")
            finally:
                lock.release()

    def scan(self, report: Report = ignore_result, stop: Stop | None = None) -> None:
        """Make index and files agree, if opening found that they may not.

        Raises:
            NotWritable: The files cannot be read.
            Unreadable: The index cannot be written.
            Cancelled: ``stop`` was requested.
        """
        anew = self.scan_needed is Scan.REBUILD
        if self.scan_needed is Scan.NOTHING or self._take_in(report, stop or Stop(), anew=anew):
            self.scan_needed = Scan.NOTHING

    def rebuild(self, report: Report = ignore_result, stop: Stop | None = None) -> None:
        """Empty the index and make it anew from the files; objects may arrive meanwhile.

        Raises:
            NotWritable, Unreadable, Cancelled: As :meth:`scan`.
        """
        self.scan_needed = Scan.REBUILD
        self.index.empty()
        self.scan(report, stop)

    def _take_in(self, report: Report, stop: Stop, *, anew: bool) -> bool:
        try:
            flag = self.root / NOTE_NAME
            since = None if anew else flag.stat().st_mtime
            started = time.time()
            done = index_files(self.root, self.index, self.quarantine, report, stop, since=since)
            os.utime(flag, (started, started))
        except OSError as error:
            raise store_error(self.root, error) from error
        return done

    def confirm(self, study: str, *, anew: bool = True) -> Here:
        """What of a study is here by its files; see :meth:`workstation.store.index_check.IndexCheck.confirm`.

        Raises:
            Unreadable, NotWritable, DiskFull: As there.
        """
        return self._confirming.confirm(study, mend=self.writable, anew=anew)

    def compare(self, report: Report = ignore_result, stop: Stop | None = None) -> Iterator[str]:
        """Compare all files with the index; see :meth:`workstation.store.index_check.IndexCheck.compare`.

        Raises:
            NotWritable, Unreadable, DiskFull, Cancelled: As there.
        """
        try:
            yield from self._confirming.compare(report, stop or Stop())
        except OSError as error:
            raise store_error(self.root, error) from error

    def unfiled(self) -> list[Path]:
        """The objects that could not be filed; see :data:`workstation.store.store_results.UNFILED`."""
        return sorted((self.root / UNFILED).glob("*.dcm"))

    def file_under(self, file: str, study: str, series: str, peer: Peer) -> Stored | None:
        """File an unfiled object and index it; see :func:`workstation.store.unfiled.file_under`.

        Raises:
            OSError: The disk refused.
        """
        folder = self.folder.study_path(study)

        def settle(part: str, uid: str) -> tuple[str, Duplicate]:
            self.folder.make_study(study)
            refuse_link(folder)
            return place_file(part, folder, path_name(uid))

        stored = file_under(file, study, series, peer, lambda: new_part(self.folder.incoming), settle)
        if stored is not None:
            self.index.add(stored)
        return stored

    def flush(self, files: Iterable[str]) -> None:
        """Flush these files and their names to the disk, as a plan must before it is complete.

        Raises:
            NotWritable, DiskFull: The disk did not take them.
        """
        try:
            sync_all(self.root, files)
        except OSError as error:
            raise store_error(self.root, error) from error

    def delete(
        self,
        study: str,
        series: str = "",
        instances: Iterable[str] = (),
        *,
        into: Path | None = None,
        stop: Stop | None = None,
    ) -> int:
        """Delete the local files of a study, a series of it or instances of that; the number of files.

        Given a folder on the same volume, they are moved ``into`` it, each into a folder of its study.

        Raises:
            NotWritable: A file could not be deleted; what was deleted before it is out of the index.
            DiskFull, Unreadable: The index could not be read or written.
            Cancelled: ``stop`` was requested; what was deleted before it is out of the index.
        """
        self._list_what_waits()
        return self._delete(study, self.index.paths(study, series, instances), into, stop or Stop())

    def delete_files(
        self, study: str, names: Collection[str], *, into: Path | None = None, stop: Stop | None = None
    ) -> int:
        """Delete some files of a study by their names, as :meth:`delete` does; no other version of them."""
        self._list_what_waits()
        paths = [path for path in self.index.paths(study) if path.name in names]
        return self._delete(study, paths, into, stop or Stop())

    def _list_what_waits(self) -> None:
        with suppress(DiskFull, NotWritable):  # what waits for room is not listed, and stays
            self.index.settled()

    def _delete(self, study: str, paths: Collection[Path], into: Path | None, stop: Stop) -> int:
        if not paths:
            return 0  # it may be no UID at all
        gone: list[Path] = []
        linked = {folder for folder in {path.parent for path in paths} if _leads_out(folder)}
        try:
            if into is not None:
                into = make_private_folder(into / path_name(study))
            for path in paths:
                stop.check()
                if path.parent in linked:
                    pass  # only its row goes
                elif into is None:
                    delete_file(path)
                else:
                    _set_apart(path, into)
                gone.append(path)
        except OSError as error:
            raise store_error(self.root, error) from error
        finally:
            self.index.remove(gone)
        if not self.folder.remove_study(study):
            log.warning("An empty study folder could not be removed.")
        return len(gone)


def _leads_out(folder: Path) -> bool:
    """Whether the folder of a study is a link, so that the files in it are not the library's."""
    with suppress(FileNotFoundError):
        return is_linked(folder)
    return False


def _set_apart(path: Path, folder: Path) -> None:
    with suppress(FileNotFoundError):
        retry_while_locked(os.replace, str(path), str(folder / path.name))
