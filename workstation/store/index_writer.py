"""Writes the index: one thread with a queue, which commits in batches."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from workstation.errors import NotIndexed
from workstation.store.index_sql import insert_objects
from workstation.store.schema import is_damage, is_refusal
from workstation.store.store_results import Stored

log = logging.getLogger(__name__)

_BATCH: Final = 2000
_LINGER: Final = 0.05
"""Seconds to let more come: each transaction costs the receiving thread time."""
_LONGEST: Final = 0.2
_MANY: Final = 20
"""Objects in a transaction after which it is worth waiting twice as long for the next."""
_ENOUGH: Final = 500
"""Objects after which no more are waited for: they take memory."""
_MOST_OWED: Final = 10_000  # objects, a few kilobytes each

Task = Callable[[sqlite3.Connection], None]
_Entry = Stored | tuple[Task, "Future[None]"] | None


class IndexWriter:
    """Owns the only writing connection; carries out what is queued, in order.

    Objects the disk refuses are kept and tried again before the next change.

    Attributes:
        failed: Objects that could not be indexed; their files wait for the next scan.
        damaged: SQLite found its file broken.
    """

    def __init__(
        self, connection: sqlite3.Connection, root: Path, error: Callable[[NotIndexed], None]
    ) -> None:
        """Start the thread.

        Args:
            connection: To the index; from now on this thread's.
            root: The library folder, which the paths are below.
            error: Called in the writer's thread when objects could not be indexed; once for those that
                wait for the disk.
        """
        self.failed = 0
        self.damaged = False
        self._connection = connection
        self._root = root
        self._error = error
        self._queue: SimpleQueue[_Entry] = SimpleQueue()
        self._owed: list[Stored] = []
        self._refusal: sqlite3.Error | None = None
        self._closed = False
        self._closing = threading.Lock()
        self._awaited = threading.Event()
        self._thread = threading.Thread(target=self._run, name="workstation-index")
        self._thread.start()

    def add(self, stored: Stored) -> None:
        """Queue an object; it must have its header."""
        with self._closing:
            if self._closed:
                self.failed += 1
                return
            self._queue.put(stored)
        if self._queue.qsize() == _ENOUGH:
            self._awaited.set()

    def run(self, task: Task) -> Future[None]:
        """Queue a change in its own transaction; the future ends with the commit, or its error."""
        future: Future[None] = Future()
        with self._closing:
            if self._closed:
                future.set_exception(sqlite3.ProgrammingError("the index is closed"))
            else:
                self._queue.put((task, future))
                self._awaited.set()
        return future

    def settle(self) -> Future[None]:
        """A future that ends once what is queued so far is written, or with the error that prevents it."""

        def nothing_owed(_: sqlite3.Connection) -> None:
            if self._refusal is not None:
                raise self._refusal

        return self.run(nothing_owed)

    def close(self) -> None:
        """Write what is queued, then end the thread and close the connection."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
                self._awaited.set()
        self._thread.join()

    def _run(self) -> None:
        linger = _LINGER
        while True:
            entry = self._queue.get()
            if isinstance(entry, Stored):
                self._awaited.wait(linger)
            self._awaited.clear()
            batch: list[Stored] = []
            while isinstance(entry, Stored):
                batch.append(entry)
                if len(batch) >= _BATCH:
                    break
                try:
                    entry = self._queue.get_nowait()
                except Empty:
                    break
            if batch:
                self._write(batch)
            linger = next_linger(linger, len(batch))
            if entry is None:
                break
            if not isinstance(entry, Stored):
                self._do(*entry)
        self._write([])
        self.failed += len(self._owed)
        try:  # the last connection does so when it closes, but another process may be reading
            self._connection.execute("PRAGMA wal_checkpoint")
        except sqlite3.Error:
            self.failed += 1
        self._connection.close()

    def _write(self, batch: list[Stored]) -> None:
        try:
            self._insert(batch)
            self._insert(self._owed)
        except sqlite3.Error as error:
            reported, self._refusal = self._refusal is not None, error
            owed = self._owed + batch
            self._owed = owed[:_MOST_OWED]
            self.failed += len(owed) - len(self._owed)
            if not reported:
                self._report(len(owed), error)
        else:
            self._owed, self._refusal = [], None

    def _insert(self, batch: list[Stored]) -> None:
        """Index a batch.

        Raises:
            sqlite3.Error: The disk refused.
        """
        if not batch:
            return
        try:
            with _transaction(self._connection):
                insert_objects(self._connection, self._root, batch)
        except Exception as error:
            if is_refusal(error):
                raise
            general = isinstance(error, sqlite3.OperationalError) or is_damage(error)
            if len(batch) > 1 and not general:
                for stored in batch:  # one bad object costs only itself
                    self._insert([stored])
                return
            self.failed += len(batch)
            self.damaged = self.damaged or is_damage(error)
            self._report(len(batch), error)

    def _report(self, count: int, error: Exception) -> None:
        log.error("%d objects could not be indexed.", count, exc_info=error)
        self._error(NotIndexed(str(self._root), str(error)))

    def _do(self, task: Task, future: Future[None]) -> None:
        try:
            self._write([])
            with _transaction(self._connection):
                task(self._connection)
        except Exception as error:
            log.debug("A change of the index failed.", exc_info=True)
            future.set_exception(error)
        else:
            future.set_result(None)


def next_linger(linger: float, count: int) -> float:
    """Seconds to let more come, after a wait of ``linger`` in which ``count`` objects came."""
    if count >= _BATCH:  # it may have broken off before what somebody waits for
        return 0.0
    return min(_LONGEST, max(_LINGER, 2 * linger)) if count >= _MANY else _LINGER


class _transaction:  # noqa: N801 - reads as a statement
    """BEGIN … COMMIT, or ROLLBACK when something is raised."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._connection.execute("COMMIT")
        elif self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
