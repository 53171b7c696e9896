"""Reads the index: patients, studies, series, instances, and the files that hold them."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import LIBRARY, ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.errors import Unreadable
from workstation.store.gate import Gate
from workstation.store.index_rows import (
    INSTANCE,
    PATIENT,
    STUDY,
    InstanceRow,
    instance,
    numbers,
    patient,
    study,
)
from workstation.store.schema import connect, is_damage, show_own_paths
from workstation.store.sql_conditions import add_functions, conditions


class ListedFile(NamedTuple):
    """A file as the index names it: below the library with slashes, and its size in bytes."""

    path: str
    size: int
    series_uid: str
    sop_uid: str


class IndexReader:
    """Queries of the index; safe from any thread, each with a connection of its own.

    All raise :class:`~workstation.errors.Unreadable` where SQLite cannot do what is asked, and what the gate
    was refused with.

    Attributes:
        file: The database file.
    """

    def __init__(self, path: Path, root: Path, gate: Gate, *, anywhere: bool = False) -> None:
        """Touch no file yet.

        Args:
            path: The database file.
            root: The library folder, which stored paths are below.
            gate: Every query waits until it is opened.
            anywhere: Files may lie outside of ``root``; otherwise rows that name such files are not seen.
        """
        self.file = path
        self._root = root
        self._gate = gate
        self._anywhere = anywhere
        self._damaged = False
        self._idle: deque[sqlite3.Connection] = deque()

    def close(self) -> None:
        """Close the connections; no query may be running."""
        while self._idle:
            self._idle.pop().close()

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
            "SELECT r.series_uid, r.number, r.modality, r.description, r.date, r.time,"
            " r.body_part, r.institution, r.station, r.protocol, r.slice_thickness, r.instances, r.doubtful,"
            " (SELECT group_concat(DISTINCT i.syntax) FROM instances i WHERE i.series=r.id)"
            " FROM series r JOIN studies s ON s.id=r.study"
            " WHERE s.study_uid=? ORDER BY r.number IS NULL, r.number, r.id",
            [study_uid],
        )
        for uid, number, modality, description, date, time, *facts, instances, doubtful, syntaxes in rows:
            body_part, institution, station, protocol, slice_thickness = facts
            yield SeriesMatch(
                source=LIBRARY,
                study_uid=study_uid,
                series_uid=uid,
                number=number,
                modality=modality,
                description=description,
                date=date,
                time=time,
                body_part=body_part,
                institution=institution,
                station=station,
                protocol=protocol,
                slice_thickness=slice_thickness,
                instances=instances,
                doubtful=doubtful,
                syntaxes=_shared_syntaxes(syntaxes),
            )

    def images(self, study_uid: str, series_uid: str) -> Iterator[ImageMatch]:
        """The instances of a series, by number; one of each UID."""
        rows = self._rows(
            "SELECT i.sop_uid, i.sop_class, i.number, i.frames, i.rows, i.columns, i.position,"
            " i.orientation, i.syntax FROM instances i"
            " JOIN series r ON r.id=i.series JOIN studies s ON s.id=r.study "
            " WHERE s.study_uid=? AND r.series_uid=? GROUP BY i.sop_uid"
            " HAVING i.id=min(i.id) ORDER BY i.number IS NULL, i.number, i.id",
            [study_uid, series_uid],
        )
        for sop_uid, sop_class, number, frames, height, width, position, orientation, syntax in rows:
            where = numbers(position) or ()
            yield ImageMatch(
                source=LIBRARY,
                study_uid=study_uid,
                series_uid=series_uid,
                sop_uid=sop_uid,
                sop_class=sop_class,
                number=number,
                frames=frames,
                rows=height,
                columns=width,
                position=where if len(where) == 3 else None,
                orientation=_shared_numbers(orientation),
                location=where[0] if len(where) == 1 else None,
                syntaxes=_shared_syntaxes(syntax),
            )

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

    def paths(self, study_uid: str, series: str = "", instances: Iterable[str] = ()) -> list[Path]:
        """The files of a study, of one series of it, or of some instances of it."""
        rows = self._rows(
            "SELECT i.path, i.sop_uid FROM studies s JOIN series r ON r.study=s.id JOIN instances i"
            " ON i.series=r.id WHERE s.study_uid=?1 AND (?2='' OR r.series_uid=?2)",
            [study_uid, series],
        )
        wanted = frozenset(instances)
        return [self._root / path for path, uid in rows if not wanted or uid in wanted]

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

    def _rows(self, query: str, values: list[Any]) -> list[tuple[Any, ...]]:
        with self._reading() as connection:
            return connection.execute(query, values).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to one thread.

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


@lru_cache(maxsize=64)
def _shared_numbers(text: str | None) -> tuple[float, ...] | None:
    """One object for the images of a series."""
    return numbers(text)


@lru_cache(maxsize=64)
def _shared_syntaxes(text: str | None) -> tuple[str, ...]:
    """One object for the images of a series."""
    return tuple(sorted(filter(None, (text or "").split(","))))


def _within(folder: str) -> list[str]:
    """The bounds of the paths of a folder: the character after the slash is the digit 0."""
    return [f"{folder}/", f"{folder}0"]
