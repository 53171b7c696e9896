"""An index of any size, without files: rows as they would be, put in by SQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from workstation.dicom.name_pattern import index_words
from workstation.dicom.text_folding import text_key
from workstation.store.library import INDEX_NAME
from workstation.store.schema import INDEX, INDEX_UPGRADES, open_database

IMAGES = 10
"""In each series; each study has two."""

_FAMILIES = (
    "Adler Baum Cohen Dupont Eriksen Fischer Garcia Huber Ivanova Jansen Kowalski Lopez Müller Nagy Özdemir"
)
_GIVEN = (
    "Anna Bela Chloé Dmitri Elif Farid Grace Hans Ingrid José Karl Lena Maria Noor Olga Peter Rosa Sven Tariq"
)


def name_of(patient: int) -> str:
    families, given = _FAMILIES.split(), _GIVEN.split()
    number = patient // (len(families) * len(given))
    return f"{families[patient % len(families)]}{number}^{given[patient // len(families) % len(given)]}"


def study_uid(study: int) -> str:
    return f"1.2.{study}"


def instance_uid(study: int, number: int) -> str:
    return f"1.2.{study}.{number // IMAGES}.{number % IMAGES}"


def fill(root: Path, studies: int) -> None:
    """Make the index of a library with so many studies, two for each patient, twenty instances in each."""
    root.mkdir(parents=True, exist_ok=True)
    with closing(open_database(root / INDEX_NAME, INDEX, INDEX_UPGRADES)) as connection:
        connection.execute("BEGIN")
        _many(
            connection,
            "patients",
            "id, patient_id, issuer, name, raw_name, charset, birth_date, sex, apart, id_key, name_key",
            (
                (n, f"ID{n}", "", name_of(n), name_of(n).encode(), "ISO_IR 192", "19700101", "O", "",
                 text_key(f"ID{n}"), text_key(name_of(n)))
                for n in range((studies + 1) // 2)
            ),
        )  # fmt: skip
        _many(
            connection,
            "name_words",
            "word, patient",
            ((word, n) for n in range((studies + 1) // 2) for word in index_words(name_of(n))),
        )
        _many(
            connection,
            "studies",
            "id, patient, study_uid, date, time, description, accession, study_id, referring, accession_key,"
            " description_key, modalities, series, instances",
            (
                (n, n // 2, study_uid(n), f"20{n % 26:02}{n % 12 + 1:02}{n % 28 + 1:02}", "120000",
                 f"CT part {n % 40}", f"A{n}", f"{n}", "", f"a{n}", f"ct part {n % 40}", "\\CT\\", 2,
                 2 * IMAGES)
                for n in range(studies)
            ),
        )  # fmt: skip
        _many(
            connection,
            "series",
            "id, study, series_uid, number, modality, description, date, time, body_part, instances",
            (
                (
                    n,
                    n // 2,
                    f"1.2.{n // 2}.{n % 2}",
                    n % 2,
                    "CT",
                    "axial",
                    "20260101",
                    "120000",
                    "CHEST",
                    IMAGES,
                )
                for n in range(2 * studies)
            ),
        )
        _many(
            connection,
            "instances",
            "series, sop_uid, sop_class, syntax, path, size, number, frames, rows, columns, position,"
            " orientation, image_type",
            (
                (n // IMAGES, uid := instance_uid(n // (2 * IMAGES), n % (2 * IMAGES)),
                 "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1",
                 f"{study_uid(n // (2 * IMAGES))}/{uid}.dcm", 525_000, n % IMAGES, 1, 512, 512,
                 "-100.0\\-100.0\\3.5", "1.0\\0.0\\0.0\\0.0\\1.0\\0.0", "ORIGINAL\\PRIMARY\\AXIAL")
                for n in range(2 * IMAGES * studies)
            ),
        )  # fmt: skip
        connection.execute("COMMIT")


def _many(connection: sqlite3.Connection, table: str, columns: str, rows: object) -> None:
    marks = ",".join("?" * (columns.count(",") + 1))
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # type: ignore[arg-type]
