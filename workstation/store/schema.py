"""Opens SQLite files: shared settings, schema versions, upgrades on a copy."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path, PurePath

from workstation.atomic_files import retry_while_locked
from workstation.dicom.name_pattern import index_words
from workstation.dicom.text_folding import text_key
from workstation.errors import DiskFull, NotWritable, StoreError, TooNew, Unreadable
from workstation.store.files import free_space, store_error

BUSY_MS = 5000
_LITTLE = 1024 * 1024
_REFUSALS = frozenset(  # of the disk, or of who else uses the file; everything else is about its content
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    )
)
Upgrade = Callable[[sqlite3.Connection], None]


def _add_moment(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE instances ADD COLUMN moment TEXT")


def _index_groups(connection: sqlite3.Connection) -> None:
    """An index that :func:`_find_by_words` has no use for any more."""


def _know_senders(connection: sqlite3.Connection) -> None:
    """Only the files tell who sent them."""
    connection.execute("ALTER TABLE patients RENAME COLUMN alone TO apart")
    _read_again(connection)


def _read_again(connection: sqlite3.Connection) -> None:
    """Have all files read again: earlier versions kept dates as they were written and knew no number 7.0."""
    for table in ("instances", "series", "studies", "patients"):
        connection.execute(f"DELETE FROM {table}")


def _find_by_words(connection: sqlite3.Connection) -> None:
    """Earlier versions casefolded texts, and found a name by how it begins."""
    for index in ("patients_with_groups", "patients_by_name"):
        connection.execute(f"DROP INDEX IF EXISTS {index}")
    connection.execute("DROP TABLE IF EXISTS name_words")
    for statement in _NAME_WORDS.split(";"):
        connection.execute(statement)
    connection.create_function("text_key", 1, text_key)
    connection.execute("UPDATE patients SET id_key=text_key(patient_id), name_key=text_key(name)")
    connection.execute(
        "UPDATE studies SET accession_key=text_key(accession), description_key=text_key(description)"
    )
    for patient, name in connection.execute("SELECT id, name FROM patients").fetchall():
        add_name_words(connection, patient, name)


def _know_doubts(connection: sqlite3.Connection) -> None:
    """Only the files tell which of them are doubtful."""
    connection.execute("ALTER TABLE instances ADD COLUMN doubt TEXT NOT NULL DEFAULT ''")
    for table in ("series", "studies"):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0")
    _read_again(connection)


_PLACES = ("institution", "station")


def _know_places(connection: sqlite3.Connection) -> None:
    """Only the files tell where and by which station they were made, and what was noted."""
    added = {"series": _PLACES, "studies": (*_PLACES, "body_part", "comments")}
    for table, columns in added.items():
        for column in columns:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
    _read_again(connection)


def _know_series_details(connection: sqlite3.Connection) -> None:
    """Only the files tell by which protocol they were made, and how thick their slices are."""
    connection.execute("ALTER TABLE series ADD COLUMN protocol TEXT NOT NULL DEFAULT ''")
    connection.execute("ALTER TABLE series ADD COLUMN slice_thickness REAL")
    _read_again(connection)


def add_name_words(connection: sqlite3.Connection, patient: int, name: str) -> None:
    """Index the words of a patient's name.

    Raises:
        sqlite3.Error: The index could not be written.
    """
    rows = ((word, patient) for word in index_words(name))
    connection.executemany("INSERT OR IGNORE INTO name_words (word, patient) VALUES (?, ?)", rows)


_NAME_WORDS = """
CREATE INDEX patients_by_name ON patients (name_key);
CREATE TABLE name_words (
    word TEXT NOT NULL, patient INTEGER NOT NULL REFERENCES patients ON DELETE CASCADE,
    PRIMARY KEY (word, patient)
) WITHOUT ROWID;
CREATE INDEX name_words_of_patient ON name_words (patient)
"""
INDEX_UPGRADES: tuple[Upgrade, ...] = (
    _add_moment,
    _index_groups,
    _know_senders,
    _read_again,
    _find_by_words,
    _know_doubts,
    _know_places,
    _know_series_details,
)
INDEX = f"""
CREATE TABLE patients (
    id INTEGER PRIMARY KEY,
    patient_id TEXT NOT NULL, issuer TEXT NOT NULL, name TEXT NOT NULL, raw_name BLOB NOT NULL,
    charset TEXT NOT NULL, birth_date TEXT NOT NULL, sex TEXT NOT NULL,
    apart TEXT NOT NULL,   -- who sent it, where alone the ID means something; without ID the Study UID
    id_key TEXT NOT NULL, name_key TEXT NOT NULL,   -- folded, for matching and order
    UNIQUE (patient_id, issuer, name, birth_date, apart)
);
CREATE INDEX patients_by_id ON patients (id_key);
{_NAME_WORDS};
CREATE TABLE studies (
    id INTEGER PRIMARY KEY,
    patient INTEGER NOT NULL REFERENCES patients,
    study_uid TEXT NOT NULL UNIQUE,
    date TEXT NOT NULL, time TEXT NOT NULL, description TEXT NOT NULL, accession TEXT NOT NULL,
    study_id TEXT NOT NULL, referring TEXT NOT NULL,
    accession_key TEXT NOT NULL, description_key TEXT NOT NULL,
    modalities TEXT NOT NULL DEFAULT '\\',   -- each between backslashes
    series INTEGER NOT NULL DEFAULT 0, instances INTEGER NOT NULL DEFAULT 0,
    doubtful INTEGER NOT NULL DEFAULT 0,   -- of the instances, as in the table of series
    institution TEXT NOT NULL DEFAULT '', station TEXT NOT NULL DEFAULT '',   -- the first that a series tells
    body_part TEXT NOT NULL DEFAULT '', comments TEXT NOT NULL DEFAULT ''   -- of the series, as above
);
CREATE INDEX studies_of_patient ON studies (patient);
CREATE INDEX studies_by_date ON studies (date);
CREATE INDEX studies_by_accession ON studies (accession_key);
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE,
    series_uid TEXT NOT NULL,
    number INTEGER, modality TEXT NOT NULL, description TEXT NOT NULL, date TEXT NOT NULL,
    time TEXT NOT NULL, body_part TEXT NOT NULL, instances INTEGER NOT NULL DEFAULT 0,
    doubtful INTEGER NOT NULL DEFAULT 0,
    institution TEXT NOT NULL DEFAULT '', station TEXT NOT NULL DEFAULT '',
    protocol TEXT NOT NULL DEFAULT '', slice_thickness REAL,   -- mm; of the first file, as the other texts
    UNIQUE (study, series_uid)
);
CREATE INDEX series_by_uid ON series (series_uid);
CREATE TABLE instances (
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
    sop_uid TEXT NOT NULL, sop_class TEXT NOT NULL, syntax TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE,   -- relative to the library, with slashes
    size INTEGER NOT NULL,   -- of the file
    number INTEGER, frames INTEGER NOT NULL, rows INTEGER, columns INTEGER,
    position TEXT, orientation TEXT, image_type TEXT NOT NULL,
    conflict INTEGER NOT NULL DEFAULT 0, doubt TEXT NOT NULL DEFAULT '',   -- see InstanceRow
    moment TEXT   -- numbers that part images of one position, as in InstanceHeader; empty where unknown
);
CREATE INDEX instances_of_series ON instances (series, sop_uid);
CREATE INDEX instances_by_uid ON instances (sop_uid);
"""


_OWN = (  # <UID>/<UID>[~n].dcm, or with the names that stand for what is no UID
    "typeof(path)='text' AND instr(path, char(0))=0 AND path GLOB '?*/?*.dcm' AND path NOT GLOB '*/*/*'"
    " AND path NOT GLOB '.*' AND path NOT GLOB '*[^0-9a-fx.~/dcm]*'"
)
FOREIGN_PATHS = f"SELECT path FROM instances WHERE NOT ({_OWN})"
"""Rows whose path may lead out of the library: another program wrote them."""


def show_own_paths(connection: sqlite3.Connection) -> None:
    """Hide from a reading connection all rows but those of files in the library.

    Raises:
        sqlite3.Error: The index cannot be read.
    """
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute(f"CREATE TEMP VIEW instances AS SELECT * FROM main.instances WHERE {_OWN}")


def _add_study_texts(connection: sqlite3.Connection) -> None:
    """Version 1 of the plans knew a study by its UID only."""
    for column in ("patient_name", "study_description", "study_date"):
        connection.execute(f"ALTER TABLE plans ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")


_TOLD = """
CREATE TABLE told (   -- what a source last told of a study, and of each series of it
    study TEXT NOT NULL, source TEXT NOT NULL, series TEXT NOT NULL,   -- '': of the study itself
    uids TEXT,   -- SOP Instance UIDs, as JSON; NULL: no list
    count INTEGER, settled INTEGER,   -- and what it was when the list came
    every_series INTEGER NOT NULL DEFAULT 0,   -- the series of this table are all of the study
    unfinished INTEGER,   -- a fetch did not end: how many its responses announced
    moment REAL NOT NULL,
    PRIMARY KEY (study, source, series)
)
"""
_ACCEPTED = """
CREATE TABLE accepted (   -- "What is here is all there is"
    study TEXT PRIMARY KEY, here INTEGER NOT NULL, total INTEGER, moment REAL NOT NULL
)
"""


def _keep_expectations(connection: sqlite3.Connection) -> None:
    """Version 2 knew no more of a study than its last plan did."""
    connection.execute(_TOLD)
    connection.execute(_ACCEPTED)


def _add_background(connection: sqlite3.Connection) -> None:
    """In version 3 every plan was fetched at once."""
    connection.execute("ALTER TABLE plans ADD COLUMN background INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE plans ADD COLUMN hours TEXT NOT NULL DEFAULT ''")
    connection.execute("ALTER TABLE plans ADD COLUMN megabits REAL")


PLANS_UPGRADES: tuple[Upgrade, ...] = (_add_study_texts, _keep_expectations, _add_background)
PLANS = f"""
CREATE TABLE plans (
    id INTEGER PRIMARY KEY,
    node TEXT NOT NULL, study TEXT NOT NULL, series TEXT NOT NULL, instances TEXT NOT NULL,
    patient_id TEXT NOT NULL, expected_uids TEXT, expected INTEGER,
    state TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, sentence TEXT NOT NULL,
    patient_name TEXT NOT NULL DEFAULT '', study_description TEXT NOT NULL DEFAULT '',
    study_date TEXT NOT NULL DEFAULT '',
    background INTEGER NOT NULL DEFAULT 0,   -- fetched when nothing else is
    hours TEXT NOT NULL DEFAULT '', megabits REAL   -- then: only in these hours, not faster; none: no limit
);
CREATE INDEX plans_by_study ON plans (study);
CREATE INDEX plans_by_state ON plans (state);
{_TOLD};
{_ACCEPTED};
"""


def open_database(path: Path, schema: str, upgrades: Sequence[Upgrade]) -> sqlite3.Connection:
    """Open a file of ours for writing, making or upgrading it where needed.

    An upgrade works on a copy, which takes the file's place when it is done. Version 1 is the first; each
    entry of ``upgrades`` leads to the next, and ``schema`` is the newest.

    Raises:
        TooNew: A newer program wrote it; it is untouched.
        Unreadable: It is no sound SQLite file.
        NotWritable, DiskFull: It cannot be made or opened.
    """
    newest = 1 + len(upgrades)
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = connect(path)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > newest:
                raise TooNew(str(path), version, newest)
            if version == 0:
                connection.executescript(f"BEGIN;{schema}PRAGMA user_version={newest};COMMIT")
            elif version < newest:
                _upgrade(path, connection, version, upgrades)
                connection.close()
                connection = connect(path)
            connection.execute("PRAGMA journal_mode=WAL")
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except OSError as error:
        raise store_error(path, error) from error
    return connection


def explain(path: Path, error: sqlite3.Error) -> StoreError:
    """Convert an error of SQLite: DiskFull, NotWritable: the disk refused; Unreadable: the file is broken."""
    if _code(error) == sqlite3.SQLITE_FULL or (is_refusal(error) and _is_full(path.parent)):
        return DiskFull(str(path.parent), 0, 1)
    return (NotWritable if is_refusal(error) else Unreadable)(str(path), str(error))


def is_refusal(error: Exception) -> bool:
    """Whether the disk, or another user of the file, refused: a later try may succeed."""
    return _code(error) in _REFUSALS


def is_damage(error: Exception) -> bool:
    """Whether SQLite says that the file itself is broken."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _is_full(folder: Path) -> bool:
    """SQLite says "full" only of some of its files."""
    try:
        return free_space(folder)[0] < _LITTLE
    except OSError:
        return False


def _code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from any one thread at a time.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    name = f"{address(path.absolute())}?mode={'ro' if read_only else 'rw'}"
    connection = sqlite3.connect(name, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def address(path: PurePath) -> str:
    """The URI of a file; SQLite takes none with a host: a Windows share becomes a path."""
    uri = path.as_uri()
    return uri if uri.startswith("file:///") else uri.replace("file://", "file:////", 1)


def _upgrade(path: Path, old: sqlite3.Connection, version: int, upgrades: Sequence[Upgrade]) -> None:
    copy = path.with_name(f"{path.name}.upgrade")
    copy.unlink(missing_ok=True)
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(connect(copy)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")
        for number, upgrade in enumerate(upgrades[version - 1 :], version + 1):
            new.execute("BEGIN")
            upgrade(new)
            new.execute(f"PRAGMA user_version={number}")
            new.execute("COMMIT")
    old.execute("PRAGMA journal_mode=DELETE")  # nothing of it may wait in a -wal file
    old.close()
    retry_while_locked(os.replace, str(copy), str(path))
