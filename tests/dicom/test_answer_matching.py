"""Whether an answer fits the criteria of a search (PS3.4 C.2.2.2)."""

from __future__ import annotations

from datetime import date, time

import pytest

from workstation.dicom.answer_matching import date_key, patient_fits, study_fits
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.matches import PatientMatch, StudyMatch

FIRST, LAST = date(2024, 1, 2), date(2024, 12, 31)
MOMENTS = Criteria(span=DateSpan(FIRST, LAST, begin=time(10, 30), end=time(8)))


@pytest.mark.parametrize(
    ("first", "last", "key"),
    [
        (None, None, ""),
        (FIRST, FIRST, "20240102"),
        (FIRST, LAST, "20240102-20241231"),
        (FIRST, None, "20240102-"),
        (None, LAST, "-20241231"),
    ],
)
def test_range_keys(first: date | None, last: date | None, key: str) -> None:
    assert date_key(first, last) == key


@pytest.mark.parametrize(
    ("criteria", "study", "fits"),
    [
        (Criteria(), {}, True),
        (Criteria(span=DateSpan(FIRST)), {"date": "20240102"}, True),
        (Criteria(span=DateSpan(FIRST)), {"date": "2024.01.02"}, True),
        (Criteria(span=DateSpan(FIRST)), {"date": "20240101"}, False),
        (Criteria(span=DateSpan(last=LAST)), {"date": "20250101"}, False),
        (Criteria(span=DateSpan(FIRST, LAST)), {"date": "20240630"}, True),
        (Criteria(span=DateSpan(FIRST)), {"date": ""}, True),
        (Criteria(span=DateSpan(FIRST)), {"date": "  "}, True),
        (Criteria(span=DateSpan(FIRST)), {"date": "yesterday"}, False),
        (Criteria(span=DateSpan(FIRST)), {"date": "2024"}, False),
        (MOMENTS, {"date": "20240102", "time": "102959"}, False),
        (MOMENTS, {"date": "20240102", "time": "103000.5"}, True),
        (MOMENTS, {"date": "2024.01.02", "time": "10"}, True),  # as far as it is told
        (MOMENTS, {"date": "20240102", "time": "09"}, False),
        (MOMENTS, {"date": "20240102", "time": ""}, True),
        (MOMENTS, {"date": "20240630", "time": "000000"}, True),
        (MOMENTS, {"date": "20241231", "time": "080000"}, True),
        (MOMENTS, {"date": "20241231", "time": "080001"}, False),
        (MOMENTS, {"date": "20250101", "time": "070000"}, False),
        (Criteria(modalities=("CT", "MR")), {"modalities": ("MR", "SR")}, True),
        (Criteria(modalities=("CT",)), {"modalities": ("US",)}, False),
        (Criteria(modalities=("CT",)), {"modalities": ()}, True),
        (Criteria(accession="A1"), {"accession": "A1"}, True),
        (Criteria(accession="A1"), {"accession": "A12"}, False),
        (Criteria(accession="A*"), {"accession": "A12"}, True),
        (Criteria(description="head"), {"description": "CT HEAD native"}, True),
        (Criteria(description="head"), {"description": "Chest"}, False),
        (Criteria(patient_id="1", accession="A1"), {"accession": "A1"}, True),
        (Criteria(patient_id="2", accession="A1"), {"accession": "A1"}, False),
    ],
)
def test_studies(criteria: Criteria, study: dict[str, object], fits: bool) -> None:
    patient = PatientMatch(source="A", patient_id="1", name="Doe^John")
    answer = StudyMatch(source="A", study_uid="1.2", patient=patient, **study)  # type: ignore[arg-type]
    assert study_fits(criteria, answer) is fits


@pytest.mark.parametrize(
    ("criteria", "patient_id", "name", "fits"),
    [
        (Criteria(), "1", "Doe^John", True),
        (Criteria(name="doe"), "1", "Doe^John", True),
        (Criteria(name="Doe, John"), "1", "DOE^JOHN", True),
        (Criteria(name="Müller"), "1", "MULLER^HANS", True),
        (Criteria(name="Roe"), "1", "Doe^John", False),
        (Criteria(patient_id="1*"), "12", "Doe^John", True),
        (Criteria(patient_id="1"), "12", "Doe^John", False),
        (Criteria(name="doe", patient_id="2"), "1", "Doe^John", False),
    ],
)
def test_patients(criteria: Criteria, patient_id: str, name: str, fits: bool) -> None:
    assert patient_fits(criteria, PatientMatch(source="A", patient_id=patient_id, name=name)) is fits
