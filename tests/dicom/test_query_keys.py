from __future__ import annotations

from io import BytesIO

import pytest
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from workstation.dicom.query_keys import MAX_BYTES, add_key, settle_charset
from workstation.errors import BadInput


def query(*keys: str, charset: str = "") -> Dataset:
    """The keys as they come out at the other end."""
    asked = Dataset()
    for key in keys:
        add_key(asked, key)
    settle_charset(asked, charset)
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, False
    write_dataset(out, asked)
    return read_dataset(BytesIO(out.getvalue()), False, True)


@pytest.mark.parametrize(
    "key",
    [
        "PatientID=A1",
        "0010,0020=A1",
        "(0010,0020)=A1",
        "0x0010,0x0020=A1",
        "0x0010,0020=A1",
        " 0010,0020=A1",
    ],
)
def test_every_notation_names_the_same_element(key: str) -> None:
    assert query(key)["PatientID"].value == "A1"


def test_a_key_without_value_is_asked_to_be_returned() -> None:
    found = query("PatientName", "0020,1208", "StudyDate=", "Rows", "InstanceNumber", "FrameIncrementPointer")
    assert len(found) == 6
    assert all(element.VM == 0 for element in found)


def test_everything_after_the_first_equals_sign_is_the_value() -> None:
    assert query("PatientName=Wang^Li=王^丽")["PatientName"].value.ideographic == "王^丽"
    assert query("StudyDescription=a=b")["StudyDescription"].value == "a=b"
    assert query("PatientName=HEAD EXP2")["PatientName"].value == "HEAD EXP2"


def test_a_path_makes_the_items_it_needs() -> None:
    found = query(
        "ScheduledProcedureStepSequence[0].Modality=CT",
        "(0040,0100)[0].0040,0002=20240101-20240131",
        "0040,0100[1].ScheduledProtocolCodeSequence[0].CodeValue=X",
        "ReferencedStudySequence",
        "RequestedProcedureCodeSequence[0]",
    )
    first, second = found.ScheduledProcedureStepSequence
    assert (first.Modality, first.ScheduledProcedureStepStartDate) == ("CT", "20240101-20240131")
    assert second.ScheduledProtocolCodeSequence[0].CodeValue == "X"
    assert len(found.ReferencedStudySequence) == 0
    assert [len(item) for item in found.RequestedProcedureCodeSequence] == [0]


def test_a_later_key_replaces_an_earlier_one() -> None:
    assert query("Modality=CT", "0008,0060=MR").Modality == "MR"


def test_values_take_the_type_of_their_vr() -> None:
    found = query(
        "Rows=512", "InstanceNumber=7", "PixelSpacing=0.5\\0.5", "FrameIncrementPointer=0018,1063",
        "StudyInstanceUID=1.2.3\\1.2.4", "ReferencePixelX0=-3", "DiffusionBValue=1.5",
        "0009,0010=ACME", "0009,1001=odd",
    )  # fmt: skip
    assert (found.Rows, found.InstanceNumber, found.ReferencePixelX0) == (512, 7, -3)
    assert found.PixelSpacing == [0.5, 0.5]
    assert found.FrameIncrementPointer == 0x00181063
    assert found.StudyInstanceUID == ["1.2.3", "1.2.4"]
    assert found.DiffusionBValue == 1.5
    assert found[0x00090010].value == "ACME"
    assert bytes(found[0x00091001].value) == b"odd "


@pytest.mark.parametrize(
    "date", ["20240101", "20240101-", "-20240131", "20240101-20240131", "20240101\\20240102", ""]
)
def test_dates_and_ranges_go_as_they_are(date: str) -> None:
    found = query(f"StudyDate={date}")["StudyDate"]
    assert "\\".join([found.value] if isinstance(found.value, str) else found.value) == date


@pytest.mark.parametrize(
    "key",
    [
        "",
        "=x",
        "NoSuchThing=1",
        "0010=1",
        "0010,00=1",
        "0010,0020]=1",
        "PatientName.",
        ".PatientName",
        "PatientName[0]=x",
        "PatientName[0].Modality=x",
        "ScheduledProcedureStepSequence.Modality=CT",
        "ScheduledProcedureStepSequence=CT",
        "ScheduledProcedureStepSequence[0]=CT",
        "ScheduledProcedureStepSequence[-1].Modality",
        "ScheduledProcedureStepSequence[100].Modality",
        "ScheduledProcedureStepSequence[99999].Modality",
        "ScheduledProcedureStepSequence[0]Modality",
        "0002,0010=1.2.840.10008.1.2",
        "0000,0002=1.2",
        "0008,0000=4",
        "FFFE,E000",
        "StudyInstanceUID=1..2",
        "StudyInstanceUID=abc",
        "StudyInstanceUID=" + "1" * 65,
        "StudyDate=2024-01-02",
        "StudyDate=today",
        "Rows=70000",
        "Rows=-1",
        "Rows=x",
        "Rows=1_0",
        "InstanceNumber=nan",
        "InstanceNumber=1.5",
        "PixelSpacing=wide",
        "DiffusionBValue=1e999",
        "RecommendedDisplayFrameRateInFloat=1e300",
        "FrameIncrementPointer=12",
        "PatientName=A\x1bB",
        "PatientName=A\nB",
        "PatientName=" + "A" * (MAX_BYTES + 1),
        ".".join(["ScheduledProcedureStepSequence[0]"] * 18) + ".Modality=CT",
    ],
)
def test_what_is_no_key_is_refused_with_advice(key: str) -> None:
    asked = Dataset()
    with pytest.raises(BadInput) as refused:
        add_key(asked, key)
    assert refused.value.what == "key"
    assert key[:40] in str(refused.value) or len(key) > 1000
    assert refused.value.advice.endswith(".")


def test_a_huge_value_is_not_repeated_in_its_message() -> None:
    with pytest.raises(BadInput) as refused:
        add_key(Dataset(), "PatientName=" + "A" * 1_000_000)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("keys", "preferred", "expected"),
    [
        (["PatientName=DOE*"], "ISO_IR 100", None),
        (["PatientName=Müller*"], "", "ISO_IR 192"),
        (["PatientName=Müller*"], "ISO_IR 100", "ISO_IR 100"),
        (["PatientName=王*"], "ISO_IR 100", "ISO_IR 192"),
        (["PatientName=王*"], "GB18030", "GB18030"),
        (["SpecificCharacterSet=ISO_IR 100", "PatientName=Müller"], "GB18030", "ISO_IR 100"),
        (["SpecificCharacterSet=\\ISO 2022 IR 87", "PatientName=山田"], "", ["", "ISO 2022 IR 87"]),
        (["SpecificCharacterSet"], "", ""),
        (["ScheduledProcedureStepSequence[0].ScheduledPerformingPhysicianName=Žižek"], "", "ISO_IR 192"),
    ],
)
def test_a_character_set_is_named_where_texts_need_one(
    keys: list[str], preferred: str, expected: str | list[str] | None
) -> None:
    found = query(*keys, charset=preferred)
    named = found.get("SpecificCharacterSet")
    assert (list(named) if isinstance(expected, list) else named) == (expected if expected != "" else named)
    assert (named is None) == (expected is None)
    wanted = keys[-1].partition("=")[2]
    assert wanted in str(found)


@pytest.mark.parametrize(
    "keys",
    [
        ["SpecificCharacterSet=ISO_IR 100", "PatientName=王"],
        ["SpecificCharacterSet", "PatientName=Müller"],
        ["SpecificCharacterSet=KLINGON", "PatientName=DOE"],
    ],
)
def test_a_character_set_that_cannot_say_it_is_refused(keys: list[str]) -> None:
    with pytest.raises(BadInput):
        query(*keys)
