"""Keys of C-FIND, C-GET and C-MOVE at each level (PS3.4 C.4, C.6)."""

from __future__ import annotations

from datetime import date

import pytest
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.levels import Level, Model
from workstation.dicom.search_keys import SearchKeys
from workstation.dicom.targets import Target
from workstation.errors import BadInput
from workstation.operations.query_identifiers import (
    expand_values,
    identifier,
    patient_values,
    retrieve_identifier,
    search_values,
)

STUDY, SERIES, IMAGE = Target("1.2"), Target("1.2", ("1.3", "1.4")), Target("1.2", ("1.3",), ("1.5", "1.6"))


def values(data_set: Dataset) -> dict[str, object]:
    """What a data set holds, lists as such."""
    return {element.keyword: list(element.value) if element.VM > 1 else element.value for element in data_set}


@pytest.mark.parametrize(
    ("target", "model", "keys"),
    [
        (STUDY, Model.STUDY, {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2"}),
        (
            SERIES,
            Model.STUDY,
            {
                "QueryRetrieveLevel": "SERIES",
                "StudyInstanceUID": "1.2",
                "SeriesInstanceUID": ["1.3", "1.4"],
            },
        ),
        (
            IMAGE,
            Model.STUDY,
            {
                "QueryRetrieveLevel": "IMAGE",
                "StudyInstanceUID": "1.2",
                "SeriesInstanceUID": "1.3",
                "SOPInstanceUID": ["1.5", "1.6"],
            },
        ),
        (
            Target("1.2", patient_id="P1"),
            Model.PATIENT,
            {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2", "PatientID": "P1"},
        ),
        (
            Target("1.2", patient_id="P1"),
            Model.STUDY,
            {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2"},
        ),
        (
            Target("1.2", patient_id="Ü1"),
            Model.PATIENT,
            {
                "QueryRetrieveLevel": "STUDY",
                "StudyInstanceUID": "1.2",
                "PatientID": "Ü1",
                "SpecificCharacterSet": "ISO_IR 100",
            },
        ),
    ],
)
def test_a_retrieve_names_the_whole_hierarchy(target: Target, model: Model, keys: dict[str, object]) -> None:
    found = values(retrieve_identifier(target, model))
    if "SpecificCharacterSet" in keys:
        assert found.pop("SpecificCharacterSet")
        keys = {keyword: value for keyword, value in keys.items() if keyword != "SpecificCharacterSet"}
    assert found == keys


@pytest.mark.parametrize(
    ("model", "series", "keys"),
    [
        (Model.STUDY, "", {"StudyInstanceUID": "1.2"}),
        (Model.STUDY, "1.3", {"StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.3"}),
        (Model.PATIENT, "", {"PatientID": "P1", "StudyInstanceUID": "1.2"}),
    ],
)
def test_a_level_below_is_asked_for_by_the_unique_keys_above(
    model: Model, series: str, keys: dict[str, str]
) -> None:
    assert expand_values(model, "1.2", series, "P1") == keys


@pytest.mark.parametrize(("study", "series"), [("1.*", ""), ("1.2", "1.?"), ("1.2\\1.3", "")])
def test_a_uid_that_is_a_wildcard_is_never_sent(study: str, series: str) -> None:
    with pytest.raises(BadInput):
        expand_values(Model.STUDY, study, series, "P1")


@pytest.mark.parametrize(
    ("criteria", "keys", "modality", "found"),
    [
        (Criteria(), SearchKeys(), "", {}),
        (Criteria(), SearchKeys(name="DOE*", patient_id="1"), "", {"PatientName": "DOE*", "PatientID": "1"}),
        (Criteria(), SearchKeys(accession="A1"), "CT", {"AccessionNumber": "A1", "ModalitiesInStudy": "CT"}),
        (Criteria(span=DateSpan(date(2024, 1, 2))), SearchKeys(), "", {"StudyDate": "20240102-"}),
        (Criteria(), SearchKeys(description="*HEAD*"), "", {"StudyDescription": "*HEAD*"}),
    ],
)
def test_only_criteria_that_say_something_are_keys(
    criteria: Criteria, keys: SearchKeys, modality: str, found: dict[str, str]
) -> None:
    assert search_values(criteria, keys, modality) == found


def test_a_search_of_patients_has_keys_of_patients_only() -> None:
    keys = SearchKeys(name="DOE*", patient_id="1", accession="A1", description="*")
    assert patient_values(keys) == {"PatientName": "DOE*", "PatientID": "1"}


@pytest.mark.parametrize("level", [Level.PATIENT, Level.STUDY, Level.SERIES, Level.IMAGE])
def test_optional_keys_can_be_left_out(level: Level) -> None:
    full, poor = (set(values(identifier(level, {}, full=full))) for full in (True, False))
    assert level.unique_key in poor
    assert poor < full


def test_bare_is_nothing_but_the_values() -> None:
    found = values(identifier(Level.STUDY, {"PatientID": "1"}, bare=True))
    assert found == {"QueryRetrieveLevel": "STUDY", "PatientID": "1"}


def test_a_character_set_is_named_where_a_value_needs_one() -> None:
    assert identifier(Level.STUDY, {"PatientName": "Müller*"}, charset="ISO_IR 100").SpecificCharacterSet
    assert "SpecificCharacterSet" not in identifier(Level.STUDY, {"PatientName": "DOE*"}, full=False)


def test_an_invalid_uid_is_sent_as_it_was_told() -> None:
    found = retrieve_identifier(Target("1.2.x"), Model.STUDY)
    assert found.StudyInstanceUID == "1.2.x"


def test_further_keys_stand_at_their_places_and_as_their_vr_says() -> None:
    sequence = "ProcedureCodeSequence"
    keys = {f"{sequence}.CodeValue": "K7", f"{sequence}.CodeMeaning": "", "Rows": "512", "0009,0010": "ACME"}
    asked = identifier(Level.STUDY, keys | {"SeriesNumber": "7"})
    [item] = asked.ProcedureCodeSequence
    assert (item.CodeValue, item.CodeMeaning) == ("K7", "")
    assert (asked.Rows, asked.SeriesNumber, asked[0x00090010].value) == (512, 7, "ACME")
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, False
    write_dataset(out, asked)
    assert b"US\x02\x00\x00\x02" in out.getvalue()
