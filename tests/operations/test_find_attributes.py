"""The one table of C-FIND attributes fits the matches that it fills, and the dictionary of the standard."""

from __future__ import annotations

import dataclasses

import pytest
from pydicom.datadict import dictionary_VR

from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
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
    "UI": {"uid", "plain"},
    "DA": {"date"},
    "TM": {"time"},
    "IS": {"number", "count"},
    "CS": {"plain", "words"},
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
    given = {one.keyword for one in ATTRIBUTES[level] if one.key is Key.GIVEN}
    assert not given & set(keywords(level, optional=True))
