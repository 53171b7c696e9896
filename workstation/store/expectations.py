"""Keeps what each source told of a study: its list of SOP Instance UIDs, or its count.

They are stored in ``plans.db``, so they survive the loss of the index, and are deleted with the local copy
(:meth:`Expectations.forget`).
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Final

from workstation.dicom.completeness import Accepted, SeriesListing, StudyListing

Statement = tuple[str, tuple[object, ...]]
_Connected = Callable[[], AbstractContextManager[sqlite3.Connection]]

STUDY: Final = ""
"""Stands for the Series Instance UID in the row of the study itself."""

_MOST: Final = 2**31  # the largest number an IS can hold, PS3.5 6.2

_COUNT: Final = (
    "INSERT INTO told (study, source, series, count, moment) VALUES (?,?,?,?,?)"
    " ON CONFLICT DO UPDATE SET count=excluded.count, moment=excluded.moment"
)
_LIST: Final = (  # a count told until now is settled by it
    "INSERT INTO told (study, source, series, uids, moment) VALUES (?,?,?,?,?)"
    " ON CONFLICT DO UPDATE SET uids=excluded.uids, settled=count, moment=excluded.moment"
)
_SERIES: Final = (
    "INSERT INTO told (study, source, series, every_series, moment) VALUES (?,?,?,1,?)"
    " ON CONFLICT DO UPDATE SET every_series=1, moment=excluded.moment"
)
_UNFINISHED: Final = (
    "INSERT INTO told (study, source, series, unfinished, moment) VALUES (?,?,?,?,?)"
    " ON CONFLICT DO UPDATE SET unfinished=excluded.unfinished, moment=excluded.moment"
)


class Expectations:
    """The counts and lists that sources gave for studies; safe from any thread."""

    def __init__(self, writing: _Connected, reading: _Connected) -> None:
        """Use these connections of the file; what they raise is raised here, too."""
        self._writing = writing
        self._reading = reading

    def record_count(self, study: str, source: str, count: int) -> None:
        """Record the Number of Study Related Instances that a source returned."""
        with self._transaction() as connection:
            connection.execute(*count_statement(study, source, count))

    def record_series(self, study: str, source: str, series: Mapping[str, SeriesListing]) -> None:
        """Record the series of a study, from a SERIES-level query that ended with success: these are all.

        Replaces what the source returned before. A series without a new list keeps its older one.
        """
        now = time.time()
        with self._transaction() as connection:
            known = connection.execute(
                "SELECT series FROM told WHERE study=? AND source=? AND series<>?", (study, source, STUDY)
            ).fetchall()
            gone = [uid for (uid,) in known if uid not in series]
            connection.executemany(
                "DELETE FROM told WHERE study=? AND source=? AND series=?",
                [(study, source, uid) for uid in gone],
            )
            connection.execute(_SERIES, (study, source, STUDY, now))
            for uid, told in series.items():
                connection.execute(_COUNT, (study, source, uid, _usable(told.count), now))
                if told.uids is not None:
                    connection.execute(_LIST, (study, source, uid, json.dumps(sorted(told.uids)), now))
            if series and all(told.uids is not None for told in series.values()):
                connection.execute(
                    "UPDATE told SET settled=count WHERE study=? AND source=? AND series=?",
                    (study, source, STUDY),
                )

    def record_list(self, study: str, source: str, series: str, uids: Iterable[str]) -> None:
        """Record the instances of a series, from an IMAGE-level query that ended with success."""
        with self._transaction() as connection:
            connection.execute(_LIST, (study, source, series, json.dumps(sorted(uids)), time.time()))

    def begin(self, study: str, source: str) -> bool:
        """Note that a fetch begins; returns whether none was unfinished before."""
        with self._transaction() as connection:
            (found,) = connection.execute(
                "SELECT count(unfinished) FROM told WHERE study=? AND source=? AND series=?",
                (study, source, STUDY),
            ).fetchone()
            if not found:
                connection.execute(_UNFINISHED, (study, source, STUDY, 0, time.time()))
        return not found

    def end(self, study: str, source: str, unfinished: int | None) -> None:
        """Note that a fetch ended; ``unfinished`` as :attr:`StudyListing.unfinished`."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE told SET unfinished=? WHERE study=? AND source=? AND series=?",
                (unfinished, study, source, STUDY),
            )

    def of(self, study: str) -> tuple[StudyListing, ...]:
        """What each source returned about a study."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT source, series, uids, count, settled, every_series, unfinished FROM told"
                " WHERE study=? ORDER BY source",
                (study,),
            ).fetchall()
        by_source: dict[str, dict[str, tuple[object, ...]]] = {}
        for source, series, *values in rows:
            by_source.setdefault(source, {})[series] = tuple(values)
        return tuple(_expectation(source, rows_of) for source, rows_of in by_source.items())

    def counts_of(self, study: str, source: str) -> dict[str, tuple[int, float]]:
        """The counts that a source last returned, each with its moment in seconds since the epoch.

        By Series Instance UID; that of the study itself by :data:`STUDY`.
        """
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT series, count, moment FROM told WHERE study=? AND source=? AND count IS NOT NULL",
                (study, source),
            ).fetchall()
        return {series: (int(count), float(moment)) for series, count, moment in rows}

    def accept(self, study: str, accepted: Accepted) -> None:
        """Record that the user accepts what is here as complete."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO accepted (study, here, total, moment) VALUES (?,?,?,?)",
                (study, accepted.here, accepted.total, time.time()),
            )

    def refuse(self, study: str) -> None:
        """Withdraw :meth:`accept`."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM accepted WHERE study=?", (study,))

    def accepted(self, study: str) -> Accepted | None:
        """What the user accepted of a study."""
        with self._reading() as connection:
            row = connection.execute("SELECT here, total FROM accepted WHERE study=?", (study,)).fetchone()
        return Accepted(*row) if row else None

    def forget(self, studies: Iterable[str]) -> None:
        """Delete what is kept of these studies: their local copies are deleted for good."""
        gone = [(study,) for study in studies]
        with self._transaction() as connection:
            for table in ("told", "accepted"):
                connection.executemany(f"DELETE FROM {table} WHERE study=?", gone)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")


def count_statement(study: str, source: str, count: int) -> Statement:
    """The statement that writes the count a source returned for a study."""
    return _COUNT, (study, source, STUDY, _usable(count), time.time())


def _usable(count: int | None) -> int | None:
    """The number of a peer, if it can be a number of instances."""
    return count if count is not None and 0 <= count < _MOST else None


def _expectation(source: str, rows: dict[str, tuple[object, ...]]) -> StudyListing:
    _, count, settled, every_series, unfinished = rows.pop(STUDY, (None, None, None, 0, None))
    series = {uid: _series(row) for uid, row in rows.items()}
    told = StudyListing(source, series, bool(every_series), _number(count), _number(unfinished))
    if not told.listed or count != settled:
        return told
    listed = sum(len(one.uids or ()) for one in told.series.values())
    return replace(told, count=None, settled=_beyond(count, listed))


def _series(row: tuple[object, ...]) -> SeriesListing:
    uids, count, settled, *_ = row
    if uids is None:
        return SeriesListing(None, _number(count))
    listed = frozenset(map(str, json.loads(str(uids))))
    if count != settled:
        return SeriesListing(listed, _number(count))
    return SeriesListing(listed, None, _beyond(count, len(listed)))


def _beyond(count: object, listed: int) -> int | None:
    """A count that was settled by a list, if it is larger than the list."""
    number = _number(count)
    return number if number is not None and number > listed else None


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))
