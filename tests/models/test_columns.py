"""Sort keys of rows: comparable within a level, what is unknown first."""

from __future__ import annotations

import math

import pytest

from workstation.dicom.levels import Level
from workstation.dicom.matches import Match, PatientMatch, SeriesMatch, StudyMatch
from workstation.models.columns import Column, number_key, sort_key
from workstation.models.rows import Row

DOE = PatientMatch(source="A", patient_id="1", name="Doe^John", birth_date="19700102", sex="M")


def row(match: Match, level: Level, uid: str = "1.2", **facts: object) -> Row:
    return Row(number=1, level=level, uid=uid, parent=None, matches={"A": match}, **facts)  # type: ignore[arg-type]


def study(**facts: object) -> Row:
    return row(StudyMatch(source="A", study_uid="1.2", patient=DOE, **facts), Level.STUDY)  # type: ignore[arg-type]


def series(number: int | None, uid: str = "1.2", **facts: object) -> Row:
    return row(
        SeriesMatch(source="A", study_uid="1", series_uid=uid, number=number), Level.SERIES, uid, **facts
    )


@pytest.mark.parametrize(
    ("column", "lower", "higher"),
    [
        (Column.DATE, {}, {"date": "20240101"}),
        (Column.DATE, {"date": "20240101"}, {"date": "20240102"}),
        (Column.DATE, {"date": "20240101", "time": "0900"}, {"date": "20240101", "time": "1000"}),
        (Column.DATE, {"date": "2024.01.01"}, {"date": "20240102"}),
        (Column.IMAGES, {}, {"instances": 0}),
        (Column.IMAGES, {"instances": 9}, {"instances": 10}),
        (Column.SERIES, {"series": 2}, {"series": 11}),
        (Column.IMAGES, {"instances": 1, "date": "20240101"}, {"instances": 1, "date": "20240102"}),
        (Column.ID, {"date": "20240101"}, {"date": "20240102"}),
    ],
)
def test_studies(column: Column, lower: dict[str, object], higher: dict[str, object]) -> None:
    one, other = sort_key(study(**lower), column), sort_key(study(**higher), column)
    assert one is not None
    assert other is not None
    assert one < other


@pytest.mark.parametrize(
    ("column", "lower", "higher"),
    [
        (Column.NAME, {"name": "adams^x"}, {"name": "Baker^X"}),
        (Column.ID, {"patient_id": "1"}, {"patient_id": "2"}),
        (Column.BORN, {"birth_date": ""}, {"birth_date": "19700101"}),
        (Column.BORN, {"birth_date": "19700101"}, {"birth_date": "19700102"}),
        (Column.SEX, {"sex": "F"}, {"sex": "M"}),
    ],
)
def test_patients(column: Column, lower: dict[str, str], higher: dict[str, str]) -> None:
    about = {"source": "A", "patient_id": "1", "name": "Doe"}
    one, other = (
        sort_key(row(PatientMatch(**(about | facts)), Level.PATIENT), column)  # type: ignore[arg-type]
        for facts in (lower, higher)
    )
    assert one is not None
    assert other is not None
    assert one < other


@pytest.mark.parametrize("column", [Column.DATE, Column.STATE])
def test_a_patient_stands_where_its_first_study_does(column: Column) -> None:
    assert sort_key(row(DOE, Level.PATIENT), column) is None


def test_series_by_number_then_uid_messages_last() -> None:
    rows = [series(None), series(2, "1.3"), series(2, "1.4"), series(10), series(1, error="It failed.")]
    keys = [number_key(each) for each in rows]
    assert keys == sorted(keys)
    assert keys[-1][0] == math.inf
    assert sort_key(rows[1], Column.NAME) == keys[1]
