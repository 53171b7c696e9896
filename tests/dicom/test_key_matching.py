"""The answers of a query against its keys."""

from __future__ import annotations

import pytest
from pydicom import Dataset

from workstation.dicom.key_matching import Difference, differences
from workstation.dicom.lenient_dataset import Element, read
from workstation.dicom.query_keys import add_key, settle_charset
from workstation.network.dimse import encode

EXPLICIT = "1.2.840.10008.1.2.1"


def data_set(*keys: str) -> Dataset:
    made = Dataset()
    for key in keys:
        add_key(made, key)
    settle_charset(made)
    return made


def answered(*keys: str) -> tuple[Element, ...]:
    """An answer with these values, as it comes over the wire."""
    elements, whole = read(encode(data_set(*keys), EXPLICIT), EXPLICIT)
    assert whole
    return elements


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PatientName=HEAD EXP2", "PatientName=HEAD EXP2"),
        ("PatientName=DOE*", "PatientName=Doe^John"),
        ("PatientName=*=王*", "PatientName=Wang^XiaoDong=王^小东"),
        ("PatientName=müller*", "PatientName=MULLER^JURGEN"),
        ("PatientID=A?1", "PatientID=AB1"),
        ("PatientID=A*", "PatientID=A"),
        ("StudyInstanceUID=1.2\\1.3", "StudyInstanceUID=1.3"),
        ("StudyDate=20240101-20241231", "StudyDate=20240102"),
        ("StudyDate=-20241231", "StudyDate=19990102"),
        ("StudyDate=20240101-", "StudyDate=20240101"),
        ("StudyDate=20240102", "StudyDate=2024.01.02"),
        ("StudyTime=1000-1200", "StudyTime=120000.000000"),
        ("StudyTime=1000-1200", "StudyTime=10"),
        ("SeriesNumber=2", "SeriesNumber=002"),
        ("Rows=512", "Rows=512"),
        ("SliceThickness=1", "SliceThickness=1.0"),
        ("ModalitiesInStudy=SR", "ModalitiesInStudy=CT\\SR"),
        ("StudyDescription=*HEAD*", "StudyDescription=ct head"),
        ("PatientName=", "PatientName=ANY^BODY"),
        ("PatientName=*", "PatientID=1"),
        ("PatientID", "PatientName=X"),
        ("ScheduledProcedureStepSequence[0].Modality=CT", "ScheduledProcedureStepSequence[1].Modality=CT"),
    ],
)
def test_what_fits(key: str, value: str) -> None:
    assert differences(data_set(key), answered(value)) == ()


@pytest.mark.parametrize(
    ("key", "value", "differs"),
    [
        ("PatientName=HEAD EXP2", "PatientName=HEAD EXP3", ("PatientName", "HEAD EXP2", "HEAD EXP3")),
        ("PatientName=DOE*", "PatientName=", ("PatientName", "DOE*", None)),
        ("PatientName=DOE*", "PatientID=1", ("PatientName", "DOE*", None)),
        ("PatientID=A1", "PatientID=A10", ("PatientID", "A1", "A10")),
        ("StudyInstanceUID=1.2", "StudyInstanceUID=1.20", ("StudyInstanceUID", "1.2", "1.20")),
        ("StudyDate=20240101-20241231", "StudyDate=20250101", ("StudyDate", "20240101-20241231", "20250101")),
        ("StudyDate=20240102", "StudyDate=20240103", ("StudyDate", "20240102", "20240103")),
        ("StudyTime=1000-1200", "StudyTime=120100", ("StudyTime", "1000-1200", "120100")),
        ("SeriesNumber=2", "SeriesNumber=22", ("SeriesNumber", "2", "22")),
        ("ModalitiesInStudy=SR", "ModalitiesInStudy=CT\\MR", ("ModalitiesInStudy", "SR", "CT\\MR")),
        ("0009,0010=OURS", "0009,0010=THEIRS", ("0009,0010", "OURS", "THEIRS")),
        (
            "ScheduledProcedureStepSequence[0].Modality=CT",
            "ScheduledProcedureStepSequence[0].Modality=MR",
            ("Modality", "CT", "MR"),
        ),
        ("ScheduledProcedureStepSequence[0].Modality=CT", "PatientID=1", ("Modality", "CT", None)),
    ],
)
def test_what_differs(key: str, value: str, differs: tuple[str, str, str | None]) -> None:
    assert differences(data_set(key), answered(value)) == (Difference(*differs),)


def test_what_says_how_to_ask_is_no_key() -> None:
    keys = data_set("PatientName=Müller*")
    keys.QueryRetrieveLevel = "STUDY"
    assert "SpecificCharacterSet" in keys
    assert differences(keys, answered("PatientName=Müller^Jürgen")) == ()
