"""The one table of C-FIND attributes fits the matches that it fills, and the dictionary of the standard."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Callable
from typing import Any

import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.text import decode
from workstation.dicom.value_readers import (
    kept_date,
    kept_time,
    read_count,
    read_decimal,
    read_integer,
    read_plain,
    read_uid,
)
from workstation.network.find import FindResponse
from workstation.operations.find_attributes import (
    ATTRIBUTES,
    IMAGE_ATTRIBUTES,
    PATIENT_ATTRIBUTES,
    PATIENT_OF_STUDY_ATTRIBUTES,
    SERIES_ATTRIBUTES,
    STUDY_ATTRIBUTES,
    FindAttribute,
    Key,
    codes,
    decimals,
    extra_fields,
    keywords,
    shared_text,
    unsigned,
    words,
    yes_or_no,
)
from workstation.operations.identifier_values import TABLES, AnswerTable, IdentifierValues

FILLED = {
    "a patient": (PatientMatch, PATIENT_ATTRIBUTES),
    "a patient of a study": (PatientMatch, PATIENT_OF_STUDY_ATTRIBUTES),
    "a study": (StudyMatch, STUDY_ATTRIBUTES),
    "a series": (SeriesMatch, SERIES_ATTRIBUTES),
    "an image": (ImageMatch, IMAGE_ATTRIBUTES),
}
READERS: dict[str, set[Callable[..., object]]] = {
    "UI": {read_uid, read_plain, codes},
    "DA": {kept_date},
    "TM": {kept_time},
    "IS": {read_integer, read_count},
    "DS": {read_decimal, decimals},
    "US": {unsigned},
    "CS": {read_plain, words, codes, yes_or_no},
}


@pytest.mark.parametrize(("match", "attributes"), FILLED.values(), ids=FILLED.keys())
def test_each_attribute_fills_a_field_of_its_own(match: type, attributes: tuple[FindAttribute, ...]) -> None:
    named = [one.field for one in attributes]
    assert len(set(named)) == len(named)
    assert set(named) <= {field.name for field in dataclasses.fields(match)}


@pytest.mark.parametrize("level", Level)
def test_each_attribute_is_read_as_its_vr_asks(level: Level) -> None:
    for one in ATTRIBUTES[level]:
        assert one.tag == tag_for_keyword(one.keyword)
        assert one.read in READERS.get(dictionary_VR(one.tag), {decode, shared_text}), one.keyword


@pytest.mark.parametrize(("match", "attributes"), FILLED.values(), ids=FILLED.keys())
def test_what_is_absent_is_what_a_match_has_without_it(
    match: type, attributes: tuple[FindAttribute, ...]
) -> None:
    table = AnswerTable(attributes)
    absent = table.fields({}, (), "")
    assert absent == table.fields(dict.fromkeys(table.tags, b""), (), "")
    assert absent == {
        field.name: "" if field.default is dataclasses.MISSING else field.default
        for field in dataclasses.fields(match)
        if field.name in absent
    }


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
    assert (values["rows"], values["columns"]) == (512, 640)
    assert values["position"] == (1.0, -2.5, 3.0)
    assert values["location"] is None
    assert values["orientation"] is None
    assert read(big_endian=True, rows=b"\2\0", columns=b"64")["rows"] == 512
    assert read(big_endian=True, rows=b"", columns=b"640 ")["columns"] == 640


def read(
    *,
    big_endian: bool = False,
    rows: bytes,
    columns: bytes = b"",
    position: bytes = b"",
    location: bytes = b"",
) -> dict[str, Any]:
    """The fields of an image by an identifier with these elements."""
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
    values = IdentifierValues(FindResponse(0xFF00, data, syntax), "")
    return TABLES[Level.IMAGE].fields(values.values, values.charset, values.fallback)
