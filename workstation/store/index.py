"""The index over the library's files: what is here, found fast. It can be deleted at any time."""

from __future__ import annotations

import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import LIBRARY, ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.errors import LibraryInUse, NotIndexed, NotWritable, StoreError, Unreadable
from workstation.stop import Stop
from workstation.store.gate import Gate
from workstation.store.index_rows import INSTANCE, PATIENT, STUDY, InstanceRow, instance, patient, study
from workstation.store.index_writer import IndexWriter, remove_everything, remove_paths
from workstation.store.schema import (
    FOREIGN_PATHS,
    INDEX,
    INDEX_UPGRADES,
    connect,
    explain,
    is_damage,
    open_database,
    show_own_paths,
)
from workstation.store.sql_conditions import add_functions, conditions
from workstation.store.store_results import Stored, ignore_result

log = logging.getLogger(__name__)

_STEPS_BETWEEN_LOOKS = 1000
"""Steps of SQLite's machine between two looks at a request to stop: well under a millisecond."""


class ListedFile(NamedTuple):
    """A file as the index names it: below the library with slashes, and its size in bytes."""

    path: str
    size: int
    series_uid: str
    sop_uid: str


class Index:
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
            error: Told, in the writer's thread, when objects could not be indexed.
            gate: Touch no file yet. :meth:`open_file` does, by whoever opens the gate after it; all who
                read or write meanwhile wait there.
            anywhere: The files may lie outside of ``root``. Else rows that name such files are none.

        Raises:
            TooNew, Unreadable, NotWritable: See :meth:`open_file`.
        """
        self.file = path
        self._root = root
        self._error = error
        self._sound = True
        self._damaged = False
        self._idle: deque[sqlite3.Connection] = deque()
        self._writer: IndexWriter | None = None
        self._gate = gate or Gate()
        self._anywhere = anywhere
        if gate is None:
            self.open_file()
            self._gate.open()

    def open_file(self) -> None:
        """Open or make the file and start the writer. Without it there is none: changes raise LibraryInUse.

        Raises:
            TooNew, Unreadable, NotWritable: See :func:`workstation.store.schema.open_database`.
        """
        connection = open_database(self.file, INDEX, INDEX_UPGRADES)
        self._writer = IndexWriter(connection, self._root, self._error)

    def close(self) -> None:
        """Write what is queued and close; no reading may be going on."""
        while self._idle:
            self._idle.pop().close()
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
        """Wait until everything queued so far is committed (or can never be, and was told as trouble).

        Raises:
            NotWritable, DiskFull: Some of it waits until the disk takes it.
            Unreadable: The index was closed meanwhile.
        """
        self._wait(self._writing().settle())

    def remove(self, paths: Iterable[Path]) -> None:
        """Take files out, and wait for it.

        Raises:
            NotWritable, DiskFull, Unreadable: The index could not be written.
        """
        names = [path.relative_to(self._root).as_posix() for path in paths]
        self._change(lambda connection: remove_paths(connection, names))

    def empty(self) -> None:
        """Take everything out, and wait for it.

        Raises:
            NotWritable, DiskFull, Unreadable: The index could not be written.
        """
        self._change(remove_everything)

    def drop_foreign(self) -> None:
        """Take out rows of files outside of the library; whoever opens the gate may do so before.

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
        """Whether no object is indexed; whoever opens the gate may ask before.

        Raises:
            NotWritable, Unreadable: SQLite could not tell.
        """
        try:
            with closing(connect(self.file, read_only=True)) as connection:
                return connection.execute("SELECT 1 FROM instances LIMIT 1").fetchone() is None
        except sqlite3.Error as error:
            raise explain(self.file, error) from error

    def patients(self, criteria: Criteria = Criteria()) -> Iterator[PatientMatch]:  # noqa: B008 - frozen
        """Patients with a study that fits, by name; counts are of all their studies."""
        where, values = conditions(criteria)
        rows = self._rows(
            f"SELECT {PATIENT}, (SELECT count(*) FROM studies t WHERE t.patient=p.id),"
            " (SELECT sum(series) FROM studies t WHERE t.patient=p.id),"
            " (SELECT sum(instances) FROM studies t WHERE t.patient=p.id)"
            " FROM patients p WHERE p.id IN"
            f" (SELECT p.id FROM studies s JOIN patients p ON p.id=s.patient WHERE {where})"
            " ORDER BY p.name_key",
            values,
        )
        for row in rows:
            yield patient(row[:8], row[8:])

    def studies(
        self,
        criteria: Criteria = Criteria(),  # noqa: B008 - frozen
        limit: int = -1,
    ) -> Iterator[StudyMatch]:
        """Studies that fit, newest first, at most ``limit`` of them; -1: all."""
        where, values = conditions(criteria)
        rows = self._rows(
            f"SELECT {PATIENT}, {STUDY} FROM studies s JOIN patients p ON p.id=s.patient WHERE {where}"
            " ORDER BY s.date DESC, s.time DESC LIMIT ?",
            [*values, limit],
        )
        for row in rows:
            yield study(row)

    def patient(self, study_uid: str) -> PatientMatch | None:
        """The patient of a study; None if nothing of it is here."""
        rows = self._rows(
            f"SELECT {PATIENT} FROM studies s JOIN patients p ON p.id=s.patient WHERE s.study_uid=?",
            [study_uid],
        )
        return patient(rows[0]) if rows else None

    def series(self, study_uid: str) -> Iterator[SeriesMatch]:
        """The series of a study, by number."""
        rows = self._rows(
            "SELECT s.study_uid, r.series_uid, r.number, r.modality, r.description, r.date, r.time,"
            " r.body_part, r.instances, r.doubtful FROM series r JOIN studies s ON s.id=r.study"
            " WHERE s.study_uid=? ORDER BY r.number IS NULL, r.number, r.id",
            [study_uid],
        )
        for *told, doubtful in rows:
            yield replace(SeriesMatch(LIBRARY, *told), doubtful=doubtful)

    def images(self, study_uid: str, series_uid: str) -> Iterator[ImageMatch]:
        """The instances of a series, by number; one of each UID."""
        rows = self._rows(
            "SELECT i.sop_uid, i.sop_class, i.number, i.frames FROM instances i"
            " JOIN series r ON r.id=i.series JOIN studies s ON s.id=r.study "
            " WHERE s.study_uid=? AND r.series_uid=? GROUP BY i.sop_uid"
            " HAVING i.id=min(i.id) ORDER BY i.number IS NULL, i.number, i.id",
            [study_uid, series_uid],
        )
        for sop_uid, sop_class, number, frames in rows:
            yield ImageMatch(LIBRARY, study_uid, series_uid, sop_uid, sop_class, number, frames)

    def instances(self, series_uid: str, study_uid: str = "") -> list[InstanceRow]:
        """The files of a series, by number, conflicting ones too."""
        rows = self._rows(
            f"SELECT {INSTANCE} FROM instances i"
            " JOIN series r ON r.id=i.series JOIN studies s ON s.id=r.study"
            " WHERE r.series_uid=?1 AND (?2='' OR s.study_uid=?2)"
            " ORDER BY i.number IS NULL, i.number, i.id",
            [series_uid, study_uid],
        )
        return [instance(self._root, row) for row in rows]

    def sop_uids(self, study_uid: str, series: Iterable[str] | None = None) -> frozenset[str]:
        """SOP Instance UIDs that are here, of the whole study or of these series."""
        rows = self._rows(
            "SELECT r.series_uid, i.sop_uid FROM studies s JOIN series r ON r.study=s.id JOIN instances i"
            " ON i.series=r.id WHERE s.study_uid=?",
            [study_uid],
        )
        wanted = None if series is None else frozenset(series)
        return frozenset(uid for series_uid, uid in rows if wanted is None or series_uid in wanted)

    def path(self, sop_uid: str) -> Path | None:
        """The (first) file of an instance; None if it is not here."""
        rows = self._rows("SELECT path FROM instances WHERE sop_uid=? ORDER BY id LIMIT 1", [sop_uid])
        return self._root / rows[0][0] if rows else None

    def paths(self, study_uid: str, series: str = "", instances: Iterable[str] = ()) -> list[Path]:
        """The files of a study, of one series of it, or of some instances of it."""
        rows = self._rows(
            "SELECT i.path, i.sop_uid FROM studies s JOIN series r ON r.study=s.id JOIN instances i"
            " ON i.series=r.id WHERE s.study_uid=?1 AND (?2='' OR r.series_uid=?2)",
            [study_uid, series],
        )
        wanted = frozenset(instances)
        return [self._root / path for path, uid in rows if not wanted or uid in wanted]

    def counts(self, study_uid: str) -> tuple[int, int]:
        """Series and instances of a study that are here."""
        rows = self._rows("SELECT series, instances FROM studies WHERE study_uid=?", [study_uid])
        return (rows[0][0], rows[0][1]) if rows else (0, 0)

    def doubts(self, study_uid: str) -> dict[str, str]:
        """What is wrong with the doubtful instances of a study, by SOP Instance UID."""
        rows = self._rows(
            "SELECT i.sop_uid, i.doubt FROM studies s JOIN series r ON r.study=s.id AND r.doubtful>0"
            " JOIN instances i ON i.series=r.id AND i.doubt<>'' WHERE s.study_uid=?",
            [study_uid],
        )
        return dict(rows)

    def files(self) -> dict[str, int]:
        """Every indexed file, relative to the library with slashes, and its size in bytes."""
        return dict(self._rows("SELECT path, size FROM instances", []))

    def listed(self, path: str | None = None) -> dict[str, tuple[int, str, str, str]]:
        """By file as in :meth:`files`: its size, Study, Series and SOP Instance UID; all, or of one file."""
        rows = self._rows(
            "SELECT i.path, i.size, s.study_uid, r.series_uid, i.sop_uid FROM instances i"
            " JOIN series r ON r.id=i.series JOIN studies s ON s.id=r.study"
            + ("" if path is None else " WHERE i.path=?"),
            [] if path is None else [path],
        )
        return {row[0]: row[1:] for row in rows}

    def listed_of(self, study_uid: str) -> list[ListedFile]:
        """Every indexed file of a study."""
        rows = self._rows(
            "SELECT i.path, i.size, r.series_uid, i.sop_uid FROM studies s JOIN series r ON r.study=s.id"
            " JOIN instances i ON i.series=r.id WHERE s.study_uid=?",
            [study_uid],
        )
        return [ListedFile(*row) for row in rows]

    def folders(self) -> set[str]:
        """The folders below the library that indexed files lie in."""
        rows = self._rows("SELECT DISTINCT substr(path, 1, instr(path, '/') - 1) FROM instances", [])
        return {row[0] for row in rows}

    def sizes_in(self, folder: str) -> dict[str, int]:
        """The indexed files of a folder, and their sizes in bytes."""
        return dict(self._rows("SELECT path, size FROM instances WHERE path>? AND path<?", _within(folder)))

    def studies_in(self, folder: str) -> set[str]:
        """The studies that indexed files of a folder are of."""
        rows = self._rows(
            "SELECT DISTINCT s.study_uid FROM instances i JOIN series r ON r.id=i.series"
            " JOIN studies s ON s.id=r.study WHERE i.path>? AND i.path<?",
            _within(folder),
        )
        return {row[0] for row in rows}

    def studies_present(self, study_uids: Iterable[str]) -> list[str]:
        """Those of these studies of which something is here."""
        asked = list(study_uids)
        marks = ",".join("?" * len(asked))
        return [
            row[0] for row in self._rows(f"SELECT study_uid FROM studies WHERE study_uid IN ({marks})", asked)
        ]

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

    def _rows(self, query: str, values: list[Any]) -> list[tuple[Any, ...]]:
        with self._reading() as connection:
            return connection.execute(query, values).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection nobody else uses meanwhile.

        Raises:
            Unreadable: SQLite could not do what was asked of it.
        """
        self._gate.pass_through()
        try:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = connect(self.file, read_only=True)
                add_functions(connection)
                if not self._anywhere:
                    show_own_paths(connection)
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)
        except sqlite3.Error as error:
            self._damaged = self._damaged or is_damage(error)
            raise Unreadable(str(self.file), str(error)) from error


def _within(folder: str) -> list[str]:
    """What the paths of a folder lie between: the character behind the slash is the digit 0."""
    return [f"{folder}/", f"{folder}0"]
