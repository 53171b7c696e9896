"""The one table of C-FIND attributes fits the matches that it fills, and the dictionary of the standard."""

from __future__ import annotations

import dataclasses
import struct

import pytest
from pydicom.datadict import dictionary_VR
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.network.find import FindResponse
from workstation.operations.find_attributes import (
    ATTRIBUTES,
    IMAGE_ATTRIBUTES,
    PATIENT_ATTRIBUTES,
    PATIENT_OF_STUDY_ATTRIBUTES,
    SERIES_ATTRIBUTES,
    STUDY_ATTRIBUTES,
    FindAttribute,
    IdentifierValues,
    Key,
    extra_fields,
    keywords,
)

FILLED = {
    "a patient": (PatientMatch, PATIENT_ATTRIBUTES),
    "a patient of a study": (PatientMatch, PATIENT_OF_STUDY_ATTRIBUTES),
    "a study": (StudyMatch, STUDY_ATTRIBUTES),
    "a series": (SeriesMatch, SERIES_ATTRIBUTES),
    "an image": (ImageMatch, IMAGE_ATTRIBUTES),
}
READERS = {
    "UI": {"uid", "plain", "codes"},
    "DA": {"date"},
    "TM": {"time"},
    "IS": {"number", "count"},
    "DS": {"decimal", "decimals"},
    "US": {"unsigned"},
    "CS": {"plain", "words", "codes", "yes_or_no"},
}


@pytest.mark.parametrize(("match", "attributes"), FILLED.values(), ids=FILLED.keys())
def test_each_attribute_fills_a_field_of_its_own(match: type, attributes: tuple[FindAttribute, ...]) -> None:
    named = [one.field for one in attributes]
    assert len(set(named)) == len(named)
    assert set(named) <= {field.name for field in dataclasses.fields(match)}


@pytest.mark.parametrize("level", Level)
def test_each_attribute_is_read_as_its_vr_asks(level: Level) -> None:
    for one in ATTRIBUTES[level]:
        readers = READERS.get(dictionary_VR(one.keyword), {"text", "shared_text"})
        assert one.read in {getattr(IdentifierValues, name) for name in readers}, one.keyword


@pytest.mark.parametrize("level", Level)
def test_the_unique_key_is_asked_for_in_any_case(level: Level) -> None:
    assert level.unique_key in keywords(level, optional=False)
    not_asked = {one.keyword for one in ATTRIBUTES[level] if one.key in (Key.GIVEN, Key.EXTRA)}
    assert not not_asked & set(keywords(level, optional=True))


@pytest.mark.parametrize("level", Level)
def test_an_extra_key_is_asked_for_where_its_field_is_wanted(level: Level) -> None:
    extra = extra_fields(level)
    usual, all_of_them = keywords(level, optional=True), keywords(level, optional=True, extra=extra)
    assert len(all_of_them) == len(usual) + len(extra)
    assert ("InstitutionName" in keywords(level, optional=True, extra={"institution"})) == (
        level in (Level.STUDY, Level.SERIES)
    )


def test_numbers_of_images_are_read_whatever_they_are_sent_as() -> None:
    values = read(rows=b"\0\2", columns=b"640 ", position=b"1\\-2.5\\3", location=b"")
    assert (values.unsigned("Rows"), values.unsigned("Columns")) == (512, 640)
    assert values.decimals("ImagePositionPatient") == (1.0, -2.5, 3.0)
    assert values.decimal("SliceLocation") is None
    assert values.decimals("ImageOrientationPatient") is None
    assert read(big_endian=True, rows=b"\2\0").unsigned("Rows") == 512


def read(
    *,
    big_endian: bool = False,
    rows: bytes,
    columns: bytes = b"",
    position: bytes = b"",
    location: bytes = b"",
) -> IdentifierValues:
    """What is read of an identifier with these elements."""
    elements = (
        (0x0020, 0x0032, b"DS", position),
        (0x0020, 0x1041, b"DS", location),
        (0x0028, 0x0010, b"US", rows),
        (0x0028, 0x0011, b"US", columns),
    )
    form = ">HH2sH" if big_endian else "<HH2sH"
    data = b"".join(
        struct.pack(form, group, element, vr, len(value)) + value for group, element, vr, value in elements
    )
    syntax = ExplicitVRBigEndian if big_endian else ExplicitVRLittleEndian
    return IdentifierValues(FindResponse(0xFF00, data, syntax), "")
