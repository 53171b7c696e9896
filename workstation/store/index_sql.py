"""Adds and removes the rows of objects in the index, by SQL: patients, studies, series, instances.

All functions run inside a transaction of the caller's.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from workstation.dicom.text_folding import text_key
from workstation.store.instance_header import InstanceHeader
from workstation.store.schema import add_name_words
from workstation.store.store_results import Duplicate, Stored

_Row = tuple[Any, ...]
_INSERT: Final = (
    "INSERT OR IGNORE INTO instances (series, sop_uid, sop_class, syntax, path, size, number, frames, rows,"
    " columns, position, orientation, image_type, moment, doubt, conflict)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
_AT_ONCE: Final = 500
"""UIDs in one statement: SQLite may be built to take no more than 999 values."""


def insert_objects(connection: sqlite3.Connection, root: Path, batch: Iterable[Stored]) -> None:
    """Add objects whose files exist; a file that is indexed already changes nothing.

    Objects of a SOP Instance UID that is not indexed yet, nearly all, cost one statement each.

    Raises:
        sqlite3.Error: The index could not be written.
    """
    known = [(one, one.header) for one in batch if one.duplicate is not Duplicate.KEPT_FIRST]
    described = [(stored, header) for stored, header in known if header is not None]
    indexed = _indexed(connection, [header.sop_uid for _, header in described])
    series_ids: dict[tuple[str, str], tuple[int, int]] = {}
    below = f"{root}{os.sep}"
    fresh: list[_Row] = []
    counts: dict[tuple[int, int], list[int]] = {}
    others: list[tuple[int, _Row]] = []
    for stored, header in described:
        try:
            size = os.stat(stored.file).st_size  # noqa: PTH116 - once per object, as in files.delete_part
        except OSError:
            continue  # deleted meanwhile
        key = (header.study_uid, header.series_uid)
        if key not in series_ids:
            study = _study(connection, header)
            series_ids[key] = (study, _series(connection, study, header))
        study, series = series_ids[key]
        row = _row(header, _path_below(stored.file, below), size, series, stored.doubt)
        if header.sop_uid in indexed:
            others.append((study, row))
            continue
        indexed.add(header.sop_uid)
        fresh.append(row)
        count = counts.setdefault((study, series), [0, 0])
        count[0] += 1
        count[1] += bool(stored.doubt)
    whole = _insert_fresh(connection, fresh, counts)
    for study, row in others:
        _instance(connection, study, row)
    if not whole:
        for study in {study for study, _ in counts}:
            _recount(connection, study)


def _indexed(connection: sqlite3.Connection, uids: list[str]) -> set[str]:
    """Which of these SOP Instance UIDs have a row."""
    found: set[str] = set()
    for start in range(0, len(uids), _AT_ONCE):
        some = uids[start : start + _AT_ONCE]
        marks = ",".join("?" * len(some))
        rows = connection.execute(f"SELECT sop_uid FROM instances WHERE sop_uid IN ({marks})", some)
        found.update(uid for (uid,) in rows)
    return found


def _insert_fresh(
    connection: sqlite3.Connection, rows: list[_Row], counts: Mapping[tuple[int, int], list[int]]
) -> bool:
    """Insert rows of UIDs that have none, and add to the counts of their series and studies.

    Returns:
        False: the path of one of them is indexed under another UID, so the counts have to be made anew.
    """
    before = connection.total_changes
    connection.executemany(_INSERT, rows)
    if connection.total_changes - before != len(rows):
        return False
    for (study, series), added in counts.items():
        _add_to_counts(connection, study, series, added)
    return True


def _add_to_counts(connection: sqlite3.Connection, study: int, series: int, added: Iterable[int]) -> None:
    """Add to the instances and the doubtful ones of a series and its study."""
    for table, row in (("series", series), ("studies", study)):
        connection.execute(
            f"UPDATE {table} SET instances=instances+?, doubtful=doubtful+? WHERE id=?", (*added, row)
        )


def _path_below(file: str, below: str) -> str:
    """How the index names a file: with what follows ``below`` if it begins so, else in full."""
    return file.removeprefix(below).replace(os.sep, "/")


def _study(connection: sqlite3.Connection, header: InstanceHeader) -> int:
    row = connection.execute("SELECT id FROM studies WHERE study_uid=?", (header.study_uid,)).fetchone()
    if row:
        return int(row[0])
    apart = header.sender if header.patient_id else header.study_uid
    identity = (header.patient_id, header.issuer, header.name, header.birth_date, apart)
    new = connection.execute(
        "INSERT OR IGNORE INTO patients (patient_id, issuer, name, birth_date, apart, raw_name, charset, sex,"
        " id_key, name_key) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            *identity, header.raw_name, "\\".join(header.charset), header.sex,
            text_key(header.patient_id), text_key(header.name),
        ),
    )  # fmt: skip
    (patient,) = connection.execute(
        "SELECT id FROM patients WHERE patient_id=? AND issuer=? AND name=? AND birth_date=? AND apart=?",
        identity,
    ).fetchone()
    if new.rowcount:
        add_name_words(connection, patient, header.name)
    return _inserted(
        connection,
        "INSERT INTO studies (patient, study_uid, date, time, description, accession, study_id, referring,"
        " comments, accession_key, description_key) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        patient, header.study_uid, header.study_date, header.study_time, header.study_description,
        header.accession, header.study_id, header.referring, header.study_comments,
        text_key(header.accession), text_key(header.study_description),
    )  # fmt: skip


def _series(connection: sqlite3.Connection, study: int, header: InstanceHeader) -> int:
    row = connection.execute(
        "SELECT id FROM series WHERE study=? AND series_uid=?", (study, header.series_uid)
    ).fetchone()
    if row:
        return int(row[0])
    modality = header.modality.upper()
    first = (header.institution, header.station, header.body_part)
    connection.execute(
        "UPDATE studies SET series=series+1, modalities=CASE WHEN instr(modalities, ?) THEN modalities"
        " ELSE modalities || ? END, institution=ifnull(nullif(institution, ''), ?),"
        " station=ifnull(nullif(station, ''), ?), body_part=ifnull(nullif(body_part, ''), ?) WHERE id=?",
        (f"\\{modality}\\", f"{modality}\\" if modality else "", *first, study),
    )
    return _inserted(
        connection,
        "INSERT INTO series (study, series_uid, number, modality, description, date, time, institution,"
        " station, body_part, protocol, slice_thickness) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        study, header.series_uid, header.series_number, modality, header.series_description,
        header.series_date, header.series_time, *first, header.protocol, header.slice_thickness,
    )  # fmt: skip


def _row(header: InstanceHeader, path: str, size: int, series: int, doubt: str) -> _Row:
    """The values of :data:`_INSERT`."""
    return (
        series, header.sop_uid, header.sop_class, header.transfer_syntax, path, size, header.number,
        header.frames, header.rows, header.columns, numbers_text(header.position),
        numbers_text(header.orientation), "\\".join(header.image_type),
        "\\".join(["" if part is None else repr(part) for part in header.moment]), doubt, 0,
    )  # fmt: skip


def _instance(connection: sqlite3.Connection, study: int, row: _Row) -> None:
    """Add a row of a UID that may have others."""
    series, sop_uid, path, doubt = row[0], row[1], row[4], row[14]
    others = connection.execute("SELECT path FROM instances WHERE sop_uid=? LIMIT 2", (sop_uid,)).fetchall()
    conflict = any(other != path for (other,) in others)
    if conflict:  # both rows say so, also when the other lies in another study
        connection.execute("UPDATE instances SET conflict=1 WHERE sop_uid=?", (sop_uid,))
    known = (
        others
        and connection.execute(
            "SELECT 1 FROM instances WHERE series=? AND sop_uid=?", (series, sop_uid)
        ).fetchone()
    )
    doubtful = (
        doubt
        and connection.execute(
            "SELECT 1 FROM instances WHERE series=? AND sop_uid=? AND doubt<>''", (series, sop_uid)
        ).fetchone()
        is None
    )
    done = connection.execute(_INSERT, (*row[:-1], int(conflict)))
    added = (int(not known), int(bool(doubtful)))
    if done.rowcount and any(added):
        _add_to_counts(connection, study, int(series), added)


def remove_paths(connection: sqlite3.Connection, paths: Iterable[object]) -> None:
    """Take the rows of these files out, and what has become empty above them; counts are made anew.

    Raises:
        sqlite3.Error: The index could not be written.
    """
    studies: set[int] = set()
    for path in paths:
        row = connection.execute(
            "SELECT i.id, i.sop_uid, r.study FROM instances i JOIN series r ON r.id=i.series WHERE i.path=?",
            (path,),
        ).fetchone()
        if row is None:
            continue
        identity, sop_uid, study = row
        studies.add(study)
        connection.execute("DELETE FROM instances WHERE id=?", (identity,))
        connection.execute(
            "UPDATE instances SET conflict=0 WHERE sop_uid=?1"
            " AND (SELECT count(*) FROM instances WHERE sop_uid=?1)=1",
            (sop_uid,),
        )
    for study in studies:
        _recount(connection, study)
    connection.execute("DELETE FROM patients WHERE id NOT IN (SELECT patient FROM studies)")


def remove_everything(connection: sqlite3.Connection) -> None:
    """Empty all tables.

    Raises:
        sqlite3.Error: The index could not be written.
    """
    for table in ("instances", "series", "studies", "name_words", "patients"):
        connection.execute(f"DELETE FROM {table}")


def _recount(connection: sqlite3.Connection, study: int) -> None:
    connection.execute(
        "DELETE FROM series WHERE study=? AND NOT EXISTS"
        " (SELECT 1 FROM instances i WHERE i.series=series.id)",
        (study,),
    )
    connection.execute(
        "UPDATE series SET instances="
        "(SELECT count(DISTINCT sop_uid) FROM instances i WHERE i.series=series.id), doubtful="
        "(SELECT count(DISTINCT sop_uid) FROM instances i WHERE i.series=series.id AND i.doubt<>'')"
        " WHERE study=?",
        (study,),
    )
    rows = connection.execute(
        "SELECT modality, instances, doubtful FROM series WHERE study=? ORDER BY id", (study,)
    ).fetchall()
    if not rows:
        connection.execute("DELETE FROM studies WHERE id=?", (study,))
        return
    modalities = "".join(f"{modality}\\" for modality in dict.fromkeys(row[0] for row in rows) if modality)
    connection.execute(
        "UPDATE studies SET series=?, instances=?, doubtful=?, modalities=? WHERE id=?",
        (len(rows), sum(row[1] for row in rows), sum(row[2] for row in rows), f"\\{modalities}", study),
    )


def _inserted(connection: sqlite3.Connection, statement: str, *values: object) -> int:
    row = connection.execute(statement, values).lastrowid
    assert row is not None
    return row


def numbers_text(numbers: tuple[float, ...] | None) -> str | None:
    """Numbers with backslashes between them, exactly."""
    return None if numbers is None else "\\".join(map(repr, numbers))
