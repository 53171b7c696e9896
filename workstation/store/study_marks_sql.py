"""Reads and writes marks of studies as rows of ``marks.db``."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping
from typing import Final

from workstation.dicom.study_mark import MarkChange, StudyMark, changed, in_order
from workstation.store.schema import Upgrade

MARKS_UPGRADES: Final[tuple[Upgrade, ...]] = ()
MARKS: Final = """
CREATE TABLE marks (
    study TEXT PRIMARY KEY,   -- Study Instance UID
    patient_id TEXT NOT NULL,   -- with which it was made
    note TEXT NOT NULL, pinned INTEGER NOT NULL,
    changed REAL NOT NULL   -- seconds since 1970
);
CREATE TABLE labels (
    study TEXT NOT NULL REFERENCES marks ON DELETE CASCADE, label TEXT NOT NULL,
    PRIMARY KEY (study, label)
) WITHOUT ROWID;
CREATE TABLE received (   -- studies that came since there is this file, and those the user marked
    study TEXT PRIMARY KEY, unread INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX unread_studies ON received (study) WHERE unread;
"""


def check_tables(connection: sqlite3.Connection) -> str:
    """Return what is wrong with the file; empty: it is sound, and ours.

    Raises:
        sqlite3.Error: It cannot be read.
    """
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    for table in (
        "study, patient_id, note, pinned, changed FROM marks",
        "study, label FROM labels",
        "study, unread FROM received",
    ):
        connection.execute(f"SELECT {table} LIMIT 0")
    return "" if verdict == "ok" else str(verdict)


def all_marks(connection: sqlite3.Connection) -> dict[str, StudyMark]:
    """The marks of all studies that have any, by Study Instance UID."""
    labels: dict[str, list[str]] = {}
    for study, label in connection.execute("SELECT study, label FROM labels"):
        labels.setdefault(study, []).append(str(label))
    rows = connection.execute("SELECT study, patient_id, note, pinned FROM marks")
    return {row[0]: _mark(row[1:], labels.get(row[0], ())) for row in rows}


def mark_of(connection: sqlite3.Connection, study: str) -> StudyMark | None:
    """The mark of one study; None: nothing is noted of it."""
    row = connection.execute("SELECT patient_id, note, pinned FROM marks WHERE study=?", (study,)).fetchone()
    if row is None:
        return None
    labels = connection.execute("SELECT label FROM labels WHERE study=?", (study,)).fetchall()
    return _mark(row, [str(label) for (label,) in labels])


def _mark(row: tuple[object, ...], labels: Iterable[str]) -> StudyMark:
    patient_id, note, pinned = row
    return StudyMark(patient_id=str(patient_id), labels=in_order(labels), note=str(note), pinned=bool(pinned))


def change_marks(connection: sqlite3.Connection, studies: Mapping[str, str], change: MarkChange) -> None:
    """Change the marks of studies, each with its Patient ID.

    Raises:
        OtherPatientsMark: One was made for another Patient ID.
        sqlite3.Error: The file could not be written.
    """
    for study, patient_id in studies.items():
        mark = changed(mark_of(connection, study), patient_id, change)
        if mark.empty:
            connection.execute("DELETE FROM marks WHERE study=?", (study,))
            continue
        connection.execute(
            "INSERT INTO marks (study, patient_id, note, pinned, changed) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (study) DO UPDATE SET patient_id=excluded.patient_id, note=excluded.note,"
            " pinned=excluded.pinned, changed=excluded.changed",
            (study, mark.patient_id, mark.note, mark.pinned, time.time()),
        )
        connection.execute("DELETE FROM labels WHERE study=?", (study,))
        connection.executemany(
            "INSERT INTO labels (study, label) VALUES (?, ?)", [(study, label) for label in mark.labels]
        )


def unread_studies(connection: sqlite3.Connection) -> frozenset[str]:
    """The Study Instance UIDs of unread studies."""
    rows = connection.execute("SELECT study FROM received WHERE unread")
    return frozenset(str(study) for (study,) in rows)


def receive_studies(connection: sqlite3.Connection, studies: Iterable[str]) -> frozenset[str]:
    """Make those studies unread that never came before; returns which."""
    return frozenset(
        study
        for study in studies
        if connection.execute(
            "INSERT OR IGNORE INTO received (study, unread) VALUES (?, 1)", (study,)
        ).rowcount
    )


def set_unread(connection: sqlite3.Connection, studies: Iterable[str], *, unread: bool) -> None:
    """Make studies unread, or read."""
    connection.executemany(
        "INSERT INTO received (study, unread) VALUES (?, ?)"
        " ON CONFLICT (study) DO UPDATE SET unread=excluded.unread",
        [(study, unread) for study in studies],
    )
