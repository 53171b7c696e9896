"""Adds and removes the rows of objects in the index, by SQL: patients, studies, series, instances.

All functions run inside a transaction of the caller's.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from workstation.dicom.text_folding import text_key
from workstation.store.instance_header import InstanceHeader
from workstation.store.schema import add_name_words
from workstation.store.store_results import Duplicate, Stored


def insert_objects(connection: sqlite3.Connection, root: Path, batch: Iterable[Stored]) -> None:
    """Add objects whose files exist; a file that is indexed already changes nothing.

    Raises:
        sqlite3.Error: The index could not be written.
    """
    series_ids: dict[tuple[str, str], tuple[int, int]] = {}
    below = f"{root}{os.sep}"
    for stored in batch:
        header = stored.header
        if header is None or stored.duplicate is Duplicate.KEPT_FIRST:  # its file has another header
            continue
        try:
            size = os.stat(stored.file).st_size  # noqa: PTH116 - once per object, as in files.delete_part
        except OSError:
            continue  # deleted meanwhile
        key = (header.study_uid, header.series_uid)
        if key not in series_ids:
            study = _study(connection, header)
            series_ids[key] = (study, _series(connection, study, header))
        study, series = series_ids[key]
        _instance(connection, header, _path_below(stored.file, below), size, study, series, stored.doubt)


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
        " accession_key, description_key) VALUES (?,?,?,?,?,?,?,?,?,?)",
        patient, header.study_uid, header.study_date, header.study_time, header.study_description,
        header.accession, header.study_id, header.referring, text_key(header.accession),
        text_key(header.study_description),
    )  # fmt: skip


def _series(connection: sqlite3.Connection, study: int, header: InstanceHeader) -> int:
    row = connection.execute(
        "SELECT id FROM series WHERE study=? AND series_uid=?", (study, header.series_uid)
    ).fetchone()
    if row:
        return int(row[0])
    modality = header.modality.upper()
    connection.execute(
        "UPDATE studies SET series=series+1, modalities=CASE WHEN instr(modalities, ?) THEN modalities"
        " ELSE modalities || ? END WHERE id=?",
        (f"\\{modality}\\", f"{modality}\\" if modality else "", study),
    )
    return _inserted(
        connection,
        "INSERT INTO series (study, series_uid, number, modality, description, date, time, body_part)"
        " VALUES (?,?,?,?,?,?,?,?)",
        study, header.series_uid, header.series_number, modality, header.series_description,
        header.series_date, header.series_time, header.body_part,
    )  # fmt: skip


def _instance(
    connection: sqlite3.Connection,
    header: InstanceHeader,
    path: str,
    size: int,
    study: int,
    series: int,
    doubt: str,
) -> None:
    others = connection.execute(
        "SELECT path FROM instances WHERE sop_uid=? LIMIT 2", (header.sop_uid,)
    ).fetchall()
    conflict = any(other != path for (other,) in others)
    if conflict:  # both rows say so, also when the other lies in another study
        connection.execute("UPDATE instances SET conflict=1 WHERE sop_uid=?", (header.sop_uid,))
    known = (
        others
        and connection.execute(
            "SELECT 1 FROM instances WHERE series=? AND sop_uid=?", (series, header.sop_uid)
        ).fetchone()
    )
    doubtful = (
        doubt
        and connection.execute(
            "SELECT 1 FROM instances WHERE series=? AND sop_uid=? AND doubt<>''", (series, header.sop_uid)
        ).fetchone()
        is None
    )
    done = connection.execute(
        "INSERT OR IGNORE INTO instances (series, sop_uid, sop_class, syntax, path, size, number, frames,"
        " rows, columns, position, orientation, image_type, conflict, moment, doubt)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            series, header.sop_uid, header.sop_class, header.transfer_syntax, path, size, header.number,
            header.frames, header.rows, header.columns, numbers_text(header.position),
            numbers_text(header.orientation), "\\".join(header.image_type), int(conflict),
            "\\".join("" if part is None else repr(part) for part in header.moment), doubt,
        ),
    )  # fmt: skip
    added = (int(not known), int(bool(doubtful)))
    if done.rowcount and any(added):
        for table, row in (("series", series), ("studies", study)):
            connection.execute(
                f"UPDATE {table} SET instances=instances+?, doubtful=doubtful+? WHERE id=?", (*added, row)
            )


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
