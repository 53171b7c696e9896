"""Names as they are typed, found in the library."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.name_cases import CASES, STORED, day_of
from tests.store.objects import FORGET_DOUBTS, made, put
from workstation.dicom.criteria import Criteria
from workstation.dicom.name_pattern import name_pattern
from workstation.store.library import INDEX_NAME, Library

_DAMAGED = "M\ufffdller^Ida"


@pytest.fixture
def named(library: Library) -> Library:
    for number, name in enumerate((*STORED, _DAMAGED)):
        person = made(f"1.{number}.1", f"1.{number}", f"1.{number}.0", PatientID=f"N{number}")
        person.SpecificCharacterSet = "ISO_IR 192"
        person.PatientName = name
        person.StudyDate = day_of(name).strftime("%Y%m%d") if name in STORED else ""
        put(library, person)
    return library


def found(library: Library, typed: str) -> set[str]:
    return {study.patient.name for study in library.index.studies(Criteria(name=typed))}


def test_every_name_is_found_as_people_type_it(named: Library) -> None:
    for typed, name, finds in CASES:
        assert (name in found(named, typed)) == finds, (typed, name)


def test_exactly_the_names_that_fit_are_found(named: Library) -> None:
    """The index of words never rules out what the pattern takes."""
    more = [
        "m?ller",
        "*ller",
        "*",
        "",
        "?",
        "i",
        "a b c d e f",
        "王?东",
        "*小",
        '"王^小东"',
        "drop table",
        "ﾔﾏﾀﾞ",
    ]
    for typed in {typed for typed, _, _ in CASES} | set(more):
        fitting = {name for name in (*STORED, _DAMAGED) if name_pattern(typed).fits(name)}
        assert found(named, typed) == fitting, typed
        assert {patient.name for patient in named.index.patients(Criteria(name=typed))} == fitting


def test_a_name_that_is_gone_leaves_no_words(named: Library) -> None:
    for study in list(named.index.studies()):
        named.delete(study.study_uid)
    with closing(sqlite3.connect(named.root / INDEX_NAME)) as connection:
        assert connection.execute("SELECT count(*) FROM name_words").fetchone() == (0,)


def test_names_of_a_version_without_words_are_found(root: Path) -> None:
    library = Library.open(root)
    put(library, made("1.1", "1", "1.0", PatientName="Mueller^Hans", AccessionNumber="Ä  1"))
    library.close()
    with closing(sqlite3.connect(root / INDEX_NAME)) as connection:
        connection.executescript(
            f"{FORGET_DOUBTS} DROP TABLE name_words; UPDATE patients SET name_key='mueller^hans';"
            " UPDATE studies SET accession_key='ä  1';"
            " CREATE INDEX patients_with_groups ON patients (name_key) WHERE name_key GLOB '*=*';"
            " PRAGMA user_version=4;"
        )
    library = Library.open(root)
    assert found(library, "hans müller") == {"Mueller^Hans"}
    assert list(library.index.studies(Criteria(accession="a 1")))
    library.close()
