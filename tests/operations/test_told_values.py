"""What an answer tells of further keys, by the parse of its match where that is possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from workstation.dicom import lenient_dataset
from workstation.dicom.levels import Level
from workstation.dicom.matches import SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.other_keys import OtherKey
from workstation.network.dimse import encode
from workstation.network.find import FindResponse
from workstation.operations.find_answers import to_match

NODE = Node(name="A", ae_title="A", host="127.0.0.1", port=104)


def answer(syntax: str) -> FindResponse:
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.StudyInstanceUID = data.SeriesInstanceUID = "1.2.3"
    data.StudyTime = "101500"
    data.InstitutionName = "St. Märy"
    data.PatientComments = "  urgent  "
    data.PregnancyStatus = 4
    data.OtherPatientIDs = ["A", "B"]
    data.OperatorsName = ""
    item = Dataset()
    item.ScheduledProcedureStepID = "7"
    data.RequestAttributesSequence = [item, item]
    block = data.private_block(0x0009, "OURS", create=True)
    block.add_new(1, "LO", "secret")
    return FindResponse(0xFF00, encode(data, syntax), syntax)


EXPECTED: dict[str, list[str]] = {
    "StudyTime": ["101500"],
    "InstitutionName": ["St. Märy"],
    "PatientComments": ["urgent"],
    "PregnancyStatus": ["4"],
    "OtherPatientIDs": ["A", "B"],
    "OperatorsName": [],
    "RequestAttributesSequence.ScheduledProcedureStepID": ["7", "7"],
    "StationName": [],
}


def told(level: Level, paths: Sequence[str], syntax: str) -> list[tuple[str, str]]:
    match = to_match(level, NODE, answer(syntax), 1, [OtherKey(path, "x") for path in paths])
    assert isinstance(match, StudyMatch | SeriesMatch)
    return list(match.told)


@pytest.mark.parametrize("level", [Level.STUDY, Level.SERIES])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_every_kind_of_key_is_told(level: Level, syntax: str) -> None:
    for path, values in EXPECTED.items():
        assert told(level, [path], syntax) == [(path, value) for value in values]
    assert told(level, list(EXPECTED), syntax) == [
        (path, value) for path, values in EXPECTED.items() for value in values
    ]


def test_a_private_element_is_read_by_the_vr_that_is_sent() -> None:
    assert told(Level.STUDY, ["0009,1001"], ExplicitVRLittleEndian) == [("0009,1001", "secret")]


def test_the_usual_keys_take_no_second_parse(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[object] = []
    read = lenient_dataset.read

    def counted(*arguments: Any) -> Any:
        reads.append(arguments)
        return read(*arguments)

    monkeypatch.setattr(lenient_dataset, "read", counted)
    assert told(Level.STUDY, ["StudyTime", "InstitutionName", "OtherPatientIDs"], ExplicitVRLittleEndian)
    assert reads == []
    assert told(Level.STUDY, ["RequestAttributesSequence.ScheduledProcedureStepID"], ExplicitVRLittleEndian)
    assert len(reads) == 1
