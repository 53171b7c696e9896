"""What objects of a series have in common is read once; no object takes a value of another one's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.objects import EXPLICIT, encoded, made
from workstation.dicom.dataset_walker import DatasetWalker
from workstation.dicom.transfer_syntaxes import EXPLICIT_BE
from workstation.store import instance_header
from workstation.store.instance_header import HEADER_TAGS, InstanceHeader, header_of


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    instance_header._shared_fields.cache_clear()
    yield
    instance_header._shared_fields.cache_clear()


def header(**values: object) -> InstanceHeader:
    walk = DatasetWalker(EXPLICIT, HEADER_TAGS)
    walk.feed(encoded(made(**values)))
    assert walk.end() == ""
    return header_of(walk, EXPLICIT)


SERIES = {"PatientID": "P1", "PatientName": "Doe^Jane", "Modality": "MR"}


def test_objects_of_a_series_differ_in_what_is_their_own() -> None:
    numbers = (1, 2, 3)
    found = [
        header(**SERIES, InstanceNumber=number, ImagePositionPatient=[0, 0, number], EchoTime=10 * number)
        for number in numbers
    ]
    assert [(one.number, one.position, one.moment[1]) for one in found] == [
        (number, (0.0, 0.0, float(number)), 10.0 * number) for number in numbers
    ]
    assert {(one.patient_id, one.name, one.modality) for one in found} == {("P1", "Doe^Jane", "MR")}
    assert instance_header._shared_fields.cache_info().misses == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"PatientID": "P2"}, "patient_id"),
        ({"PatientName": "Roe^Jane"}, "name"),
        ({"SeriesNumber": 2}, "series_number"),
        ({"Rows": 3}, "rows"),
        ({"ImageType": ["DERIVED", "SECONDARY"]}, "image_type"),
        ({"ImageOrientationPatient": [0, 1, 0, 0, 0, 1]}, "orientation"),
        ({"NumberOfFrames": 7}, "frames"),
        ({"StudyComments": "urgent"}, "study_comments"),
    ],
)
def test_objects_that_come_in_turns_keep_their_own(values: dict[str, object], field: str) -> None:
    first, second, again = header(**SERIES), header(**SERIES | values), header(**SERIES)
    assert first == again
    assert getattr(first, field) != getattr(second, field)


def test_equal_bytes_of_the_other_byte_order_are_another_number() -> None:
    walks = [DatasetWalker(syntax, HEADER_TAGS) for syntax in (EXPLICIT, EXPLICIT_BE)]
    for walk in walks:
        walk.values[instance_header._ROWS] = b"\1\2"
    assert [header_of(walk, "").rows for walk in walks] == [0x201, 0x102]


def test_long_values_are_read_and_not_remembered() -> None:
    found = header(**SERIES, StudyComments="x" * 5000)
    assert (found.patient_id, len(found.study_comments)) == ("P1", 5000)
    assert instance_header._shared_fields.cache_info().currsize == 0
