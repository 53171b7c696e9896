"""The index of the library's files: opens, checks, reads and changes it.

The files are the truth: the index can be deleted while the program does not run, and is made anew from them.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import closing, suppress
from pathlib import Path

from typing_extensions import override

from workstation.errors import LibraryInUse, NotIndexed, NotWritable, StoreError
from workstation.stop import Stop
from workstation.store.gate import Gate
from workstation.store.index_reader import IndexReader
from workstation.store.index_sql import remove_everything, remove_paths
from workstation.store.index_writer import IndexWriter
from workstation.store.schema import (
    FOREIGN_PATHS,
    INDEX,
    INDEX_UPGRADES,
    connect,
    explain,
    is_damage,
    open_database,
)
from workstation.store.store_results import Stored, ignore_result

log = logging.getLogger(__name__)

_STEPS_BETWEEN_LOOKS = 1000
"""Steps of SQLite's machine between two looks at a request to stop: well under a millisecond."""


class Index(IndexReader):
    """Reads from any thread, each with a connection of its own; writes through one thread's queue."""

    def __init__(
        self,
        path: Path,
        root: Path,
        *,
        error: Callable[[NotIndexed], None] = ignore_result,
        gate: Gate | None = None,
        anywhere: bool = False,
    ) -> None:
        """Open or make the index file.

        Args:
            path: The file.
            root: The library folder, which stored paths are below.
            error: Called in the writer's thread when objects could not be indexed.
            gate: Touch no file yet: the caller calls :meth:`open_file`, then opens the gate; reading and
                writing wait for that.
            anywhere: The files may lie outside of ``root``. Else rows that name such files are none.

        Raises:
            TooNew, Unreadable, NotWritable: See :meth:`open_file`.
        """
        super().__init__(path, root, gate or Gate(), anywhere=anywhere)
        self._error = error
        self._sound = True
        self._writer: IndexWriter | None = None
        if gate is None:
            self.open_file()
            self._gate.open()

    def open_file(self) -> None:
        """Open or make the file and start the writer; before that, changes raise LibraryInUse.

        Raises:
            TooNew, Unreadable, NotWritable: See :func:`workstation.store.schema.open_database`.
        """
        connection = open_database(self.file, INDEX, INDEX_UPGRADES)
        self._writer = IndexWriter(connection, self._root, self._error)

    @override
    def close(self) -> None:
        """Write what is queued and close; no reading may be going on."""
        super().close()
        if self._writer is not None:
            self._writer.close()  # the last one: only a connection that may write empties the -wal file

    @property
    def trusted(self) -> bool:
        """Whether nothing happened since opening that the next opening would have to look into."""
        return self._sound and not self.damaged and (self._writer is None or not self._writer.failed)

    @property
    def damaged(self) -> bool:
        """Whether the file was found broken since opening: it has to be made anew."""
        return self._damaged or (self._writer is not None and self._writer.damaged)

    def add(self, stored: Stored) -> None:
        """Queue an object that is on the disk; returns at once."""
        self._writing().add(stored)

    def settled(self) -> None:
        """Wait until everything queued so far is committed, or was reported as an error.

        Raises:
            NotWritable, DiskFull: Some of it waits until the disk takes it.
            Unreadable: The index was closed meanwhile.
        """
        self._wait(self._writing().settle())

    def catch_up(self) -> None:
        """Wait until what was queued so far is listed, as far as it can be; see :meth:`settled`."""
        with suppress(StoreError):
            self.settled()

    def remove(self, paths: Iterable[Path]) -> None:
        """Remove the rows of these files, and wait for it.

        Raises:
            NotWritable, DiskFull, Unreadable: The index could not be written.
        """
        names = [path.relative_to(self._root).as_posix() for path in paths]
        self._change(lambda connection: remove_paths(connection, names))

    def empty(self) -> None:
        """Remove all rows, and wait for it.

        Raises:
            NotWritable, DiskFull, Unreadable: The index could not be written.
        """
        self._change(remove_everything)

    def drop_foreign(self) -> None:
        """Remove rows of files outside of the library; may be called before the gate is open.

        Raises:
            NotWritable, DiskFull, Unreadable: The index could not be read or written.
        """
        if self._writer is None:
            raise LibraryInUse(str(self._root))
        found: list[object] = []

        def drop(connection: sqlite3.Connection) -> None:
            found.extend(path for (path,) in connection.execute(FOREIGN_PATHS))
            remove_paths(connection, found)

        self._wait(self._writer.run(drop))
        if found:
            log.warning("The index named %d files outside of the library: they are not listed.", len(found))

    def quick_check(self, stop: Stop | None = None) -> bool:
        """Whether SQLite finds its own structure sound; may read the whole file.

        Raises:
            NotWritable: The disk did not let it be looked at.
            Cancelled: ``stop`` was requested.
        """
        stop = stop or Stop()
        try:
            with closing(connect(self.file, read_only=True)) as connection:
                connection.set_progress_handler(lambda: stop.requested, _STEPS_BETWEEN_LOOKS)
                return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
        except sqlite3.Error as error:
            stop.check()
            if isinstance(explained := explain(self.file, error), NotWritable):
                raise explained from error
            return False

    def is_empty(self) -> bool:
        """Whether no object is indexed; may be called before the gate is open.

        Raises:
            NotWritable, Unreadable: SQLite could not tell.
        """
        try:
            with closing(connect(self.file, read_only=True)) as connection:
                return connection.execute("SELECT 1 FROM instances LIMIT 1").fetchone() is None
        except sqlite3.Error as error:
            raise explain(self.file, error) from error

    def _writing(self) -> IndexWriter:
        self._gate.pass_through()
        if self._writer is None:
            raise LibraryInUse(str(self._root))
        return self._writer

    def _change(self, task: Callable[[sqlite3.Connection], None]) -> None:
        try:
            self._wait(self._writing().run(task))
        except StoreError:
            self._sound = False  # the files may have changed without it
            raise

    def _wait(self, change: Future[None]) -> None:
        try:
            change.result()
        except sqlite3.Error as error:
            self._damaged = self._damaged or is_damage(error)
            raise explain(self.file, error) from error
