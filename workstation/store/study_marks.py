"""Keeps labels, notes and pins of studies, and which are unread, in ``marks.db``: apart from the index."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from workstation.atomic_files import retry_while_locked
from workstation.dicom.study_mark import MarkChange, StudyMark
from workstation.errors import BadInput, MarksSetAside, OtherPatientsMark, Unreadable
from workstation.store.files import make_private_folder, store_error
from workstation.store.schema import explain, open_database
from workstation.store.study_marks_sql import (
    MARKS,
    MARKS_UPGRADES,
    all_marks,
    change_marks,
    check_tables,
    receive_studies,
    set_unread,
    unread_studies,
)

Change = Callable[[sqlite3.Connection], None]


class MarkedStudies(NamedTuple):
    """What the file holds: marks by Study Instance UID, and the UIDs of unread studies."""

    marks: Mapping[str, StudyMark]
    unread: frozenset[str]


def _ignore(_: object) -> None:
    """Do nothing: the default of a callback."""


class StudyMarks:
    """The file of marks; safe from any thread. Several processes may have it open.

    It is opened at the first use. A damaged file is kept beside it under another name, and a new one begun;
    one of a newer version is left alone.

    What is changed is written by :meth:`write`, in order. What the disk refuses stays to be written, and is
    tried again before everything else.
    """

    def __init__(
        self,
        path: Path,
        *,
        schedule: Callable[[Callable[[], None]], None] = _ignore,
        set_aside: Callable[[MarksSetAside], None] = _ignore,
        new: Callable[[frozenset[str]], None] = _ignore,
    ) -> None:
        """Keep the path; nothing is opened yet.

        Args:
            path: The file.
            schedule: Has :meth:`write` called soon, in another thread.
            set_aside: Called when a damaged file was kept under another name.
            new: Called with the studies that :meth:`receive` made unread, in the thread that writes.
        """
        self.path = path
        self._schedule, self._tell_set_aside, self._tell_new = schedule, set_aside, new
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._pending: deque[Change] = deque()
        self._seen = -1  # SQLite's data version that the caller knows

    # --- Reading ------------------------------------------------------------------------------------------

    def every(self) -> MarkedStudies:
        """All marks, and all unread studies, once what waits is written.

        Raises:
            TooNew: A newer program wrote the file.
            NotWritable, DiskFull, Unreadable: It cannot be opened, written or read.
        """
        with self._using() as connection:
            connection.execute("BEGIN")
            try:
                self._seen = _data_version(connection)
                return MarkedStudies(all_marks(connection), unread_studies(connection))
            finally:
                connection.execute("COMMIT")

    def newer(self) -> MarkedStudies | None:
        """The same, if another process wrote since the last look; None: none did. Raises as :meth:`every`."""
        with self._using() as connection:
            if _data_version(connection) == self._seen:
                return None
            return self.every()

    # --- Changing -----------------------------------------------------------------------------------------

    def change(self, studies: Mapping[str, str], change: MarkChange) -> None:
        """Change the marks of studies, by UID with their Patient ID: of all of them, or of none."""
        self._put(lambda connection: change_marks(connection, dict(studies), change))

    def set_unread(self, studies: Iterable[str], *, unread: bool) -> None:
        """Make studies unread, or read."""
        uids = tuple(studies)
        self._put(lambda connection: set_unread(connection, uids, unread=unread))

    def receive(self, studies: Iterable[str]) -> None:
        """Make those studies unread that never came before."""
        self._put(partial(self._receive, tuple(studies)))

    def _receive(self, studies: Iterable[str], connection: sqlite3.Connection) -> None:
        if new := receive_studies(connection, studies):
            self._tell_new(new)

    def _put(self, change: Change) -> None:
        self._pending.append(change)
        self._schedule(self.write)

    def write(self) -> None:
        """Write what waits.

        Raises:
            OtherPatientsMark: A mark was made for another Patient ID; that change is dropped, the others not.
            BadInput: A mark would have too many labels, or too long a note; likewise.
            TooNew, NotWritable, DiskFull, Unreadable: As :meth:`every`; all stays to be written.
        """
        with self._using():
            pass

    def close(self) -> None:
        """Write what waits, and close the file."""
        with self._lock:
            if self._pending:
                with suppress(Exception):  # reported where it was written first
                    self.write()
            self._close()

    # --- The file -----------------------------------------------------------------------------------------

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._connection or self._begin()
            try:
                self._write_pending(connection)
                yield connection
            except sqlite3.Error as error:
                explained = explain(self.path, error)
                if isinstance(explained, Unreadable):
                    self._close()  # the next use looks what is wrong, and keeps the file apart
                raise explained from error

    def _write_pending(self, connection: sqlite3.Connection) -> None:
        refused: OtherPatientsMark | BadInput | None = None
        while self._pending:
            try:
                with _transaction(connection):
                    self._pending[0](connection)
            except (OtherPatientsMark, BadInput) as error:
                refused = error
            self._pending.popleft()
        if refused is not None:
            raise refused

    def _begin(self) -> sqlite3.Connection:
        make_private_folder(self.path.parent)
        with suppress(Unreadable):  # or another process was making the file at the same time
            self._connection = self._open()
            return self._connection
        try:
            self._connection = self._open()
        except Unreadable:
            kept = self._set_aside()
            self._connection = self._open()
            self._tell_set_aside(MarksSetAside(str(self.path), str(kept)))
        return self._connection

    def _open(self) -> sqlite3.Connection:
        connection = open_database(self.path, MARKS, MARKS_UPGRADES)
        try:
            connection.execute("PRAGMA synchronous=FULL")
            if wrong := check_tables(connection):
                raise Unreadable(str(self.path), wrong)
        except sqlite3.Error as error:
            connection.close()
            raise explain(self.path, error) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_aside(self) -> Path:
        """Rename the file; first what belongs to it, which SQLite would take for that of the new file."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        names = (f"{self.path.stem}-damaged-{stamp}{n or ''}{self.path.suffix}" for n in range(1000))
        kept = next(path for name in names if not (path := self.path.with_name(name)).exists())
        try:
            for ending in ("-wal", "-shm", ""):
                part = self.path.with_name(self.path.name + ending)
                if part.exists():
                    retry_while_locked(os.rename, str(part), f"{kept}{ending}")
        except OSError as error:
            raise store_error(self.path, error) from error
        return kept

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # a full disk may have rolled it back already
            connection.execute("ROLLBACK")
        raise


def _data_version(connection: sqlite3.Connection) -> int:
    """SQLite's count of what other connections wrote."""
    (version,) = connection.execute("PRAGMA data_version").fetchone()
    return int(version)
