"""Keys beyond the usual criteria: how they are read, what is asked, and which answers fit."""

from __future__ import annotations

import pytest

from workstation.dicom.levels import Level
from workstation.dicom.other_key_matching import fits
from workstation.dicom.other_keys import OtherKey, clock_range, dictionary_entries, other_key
from workstation.errors import BadInput


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("institutionname", "General", OtherKey("InstitutionName", "General")),
        ("0008,0080", " General ", OtherKey("InstitutionName", "General")),
        ("(0008,0080)", "General", OtherKey("InstitutionName", "General")),
        ("00080080", "General", OtherKey("InstitutionName", "General")),
        (
            "RequestAttributesSequence[0].ScheduledProcedureStepID",
            "7",
            OtherKey("RequestAttributesSequence.ScheduledProcedureStepID", "7"),
        ),
        ("0040,0275.0040,0009", "7", OtherKey("RequestAttributesSequence.ScheduledProcedureStepID", "7")),
        ("0009,0010", "ACME", OtherKey("0009,0010", "ACME")),
    ],
)
def test_a_path_is_a_keyword_or_a_tag_and_reaches_into_sequences(
    path: str, value: str, expected: OtherKey
) -> None:
    assert other_key(path, value) == expected


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Institution", "General"),
        ("", "General"),
        ("InstitutionName", ""),
        ("InstitutionName", "a\nb"),
        ("InstitutionName.Modality", "CT"),
        ("RequestAttributesSequence", "7"),
        ("PatientName", "Doe"),
        ("SOPInstanceUID", "1.2.3"),
        ("SpecificCharacterSet", "ISO_IR 100"),
        ("0002,0010", "1.2"),
        ("PixelData", "1"),
        ("StudyInstanceUID", "1..2"),
        ("StudyInstanceUID", "1.2\\"),
        ("PatientBirthDate", "last week"),
        ("PatientBirthDate", "60"),
        ("PatientBirthDate", "1960-13"),
        ("PatientBirthDate", "31.01.1960"),
        ("PatientBirthDate", "2024-02-01..2024-01-01"),
        ("StudyTime", "12-8"),
        ("StudyTime", "25"),
        ("SeriesNumber", "seven"),
        ("Rows", "70000"),
    ],
)
def test_what_cannot_be_searched_by_is_said(path: str, value: str) -> None:
    with pytest.raises(BadInput):
        other_key(path, value)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("8", "080000-085959"),
        ("8-12", "080000-120000"),
        ("8:30-12:15", "083000-121500"),
        ("0830-1215", "083000-121500"),
        ("08:30:15-", "083015-"),
        ("-12", "-120000"),
        ("22-24", "220000-235959"),
        ("8:75", ""),
        ("-", ""),
        ("24", ""),
    ],
)
def test_times(typed: str, expected: str) -> None:
    assert clock_range(typed) == expected


KEYS = {
    "a part of a text": ("InstitutionName", "general", "*general*", "St. Mary GENERAL", "Clinic"),
    "a text with a wild card": ("StationName", "CT*", "CT*", "ct-2", "MR CT"),
    "a code is whole, in capitals": ("BodyPartExamined", "knee", "KNEE", "KNEE", "KNEECAP"),
    "a name": ("ReferringPhysicianName", "house", "house", "House^Gregory", "Cuddy^Lisa"),
    "a day": ("PatientBirthDate", "1960-01-02", "19600102", "1960.01.02", "19600103"),
    "days": ("PatientBirthDate", "1960-01-01..1960-12-31", "19600101-19601231", "19600102", "19610101"),
    "a year": ("PatientBirthDate", "1960", "19600101-19601231", "19600102", "19610101"),
    "a month": ("PatientBirthDate", "1960-02", "19600201-19600229", "1960.02.29", "19600301"),
    "years": ("PatientBirthDate", "1960..1961-03", "19600101-19610331", "19610331", "19610401"),
    "a year without an end": ("PatientBirthDate", "1960..", "19600101-", "19700102", "19591231"),
    "days without an end": ("PatientBirthDate", "1960-01-01..", "19600101-", "19600102", "19591231"),
    "a time": ("StudyTime", "8-12", "080000-120000", "101530.123", "120001"),
    "a UID": ("StudyInstanceUID", "1.2.3", "1.2.3", "1.2.3", "1.2.30"),
    "several UIDs": ("StudyInstanceUID", r"1.2.3\1.2.4", r"1.2.3\1.2.4", "1.2.4", "1.2.30"),
    "a number": ("SeriesNumber", "7", "7", "+7", "70"),
}


@pytest.mark.parametrize(("path", "typed", "wire", "good", "bad"), KEYS.values(), ids=KEYS.keys())
def test_what_is_asked_and_what_fits(path: str, typed: str, wire: str, good: str, bad: str) -> None:
    key = other_key(path, typed)
    assert key.key == wire
    assert fits(key, good)
    assert not fits(key, bad)


def test_each_key_has_its_level() -> None:
    assert other_key("InstitutionName", "x").level is Level.STUDY
    assert other_key("SeriesDescription", "x").level is Level.SERIES
    assert other_key("RequestAttributesSequence.ScheduledProcedureStepID", "x").level is Level.SERIES


def test_what_is_offered_is_every_keyword_with_its_tag() -> None:
    entries = dictionary_entries()
    assert "InstitutionName (0008,0080)" in entries
    assert "ScheduledProcedureStepID (0040,0009)" in entries
    assert list(entries) == sorted(entries)
    assert not any(entry.startswith("TransferSyntaxUID ") for entry in entries)
