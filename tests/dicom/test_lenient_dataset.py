from __future__ import annotations

import random
import struct

import pytest
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from workstation.dicom.lenient_dataset import Element, read


def answer(undefined: bool) -> Dataset:
    step = Dataset()
    step.Modality = "CT"
    step.ScheduledProcedureStepStartDate = "20240102"
    code = Dataset()
    code.CodeMeaning = "Chest"
    step.ScheduledProtocolCodeSequence = Sequence([code, Dataset()])
    found = Dataset()
    found.SpecificCharacterSet = "ISO_IR 100"
    found.PatientName = "Müller^Jürgen"
    found.ScheduledProcedureStepSequence = Sequence([step])
    found.RequestedProcedureID = "RP1"
    if undefined:
        for sequence in (found["ScheduledProcedureStepSequence"], step["ScheduledProtocolCodeSequence"]):
            sequence.is_undefined_length = True
            for item in sequence.value:
                item.is_undefined_length_sequence_item = True
    return found


def encoded(data_set: Dataset, syntax: str) -> bytes:
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, syntax == ImplicitVRLittleEndian
    write_dataset(out, data_set)
    return out.getvalue()


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("undefined", [False, True])
def test_both_encodings_and_both_kinds_of_length_say_the_same(syntax: str, undefined: bool) -> None:
    elements, whole = read(encoded(answer(undefined), syntax), syntax)
    assert whole
    assert elements == (
        Element(0x00080005, "CS", ("ISO_IR 100",)),
        Element(0x00100010, "PN", ("Müller^Jürgen",)),
        Element(
            0x00400100,
            "SQ",
            (
                (
                    Element(0x00080060, "CS", ("CT",)),
                    Element(0x00400002, "DA", ("20240102",)),
                    Element(0x00400008, "SQ", ((Element(0x00080104, "LO", ("Chest",)),), ())),
                ),
            ),
        ),
        Element(0x00401001, "SH", ("RP1",)),
    )


def flat(elements: tuple[Element, ...]) -> int:
    """Elements at all levels."""
    nested = (item for element in elements if element.vr == "SQ" for item in element.values)
    return len(elements) + sum(flat(item) for item in nested if isinstance(item, tuple))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("undefined", [False, True])
def test_what_breaks_off_is_read_to_there(syntax: str, undefined: bool) -> None:
    data = encoded(answer(undefined), syntax)
    full, _ = read(data, syntax)
    ends = 0
    for length in range(len(data)):
        elements, whole = read(data[:length], syntax)
        ends += whole
        sound = elements[:-1] if elements and not elements[-1].valid else elements
        assert sound == full[: len(sound)]
    assert ends == len(full)  # it is whole where an element ends, the empty one included


def test_whatever_a_peer_sends_nothing_is_raised() -> None:
    chance = random.Random(5)
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian):
        for undefined in (False, True):
            data = encoded(answer(undefined), syntax)
            for _ in range(1000):
                broken = bytearray(data)
                for _ in range(chance.randint(1, 4)):
                    broken[chance.randrange(len(broken))] = chance.choice(
                        (0, 1, 0x7F, 0xFE, 0xFF, chance.randrange(256))
                    )
                elements, _ = read(bytes(broken), syntax)
                assert flat(elements) <= len(data) / 8


def test_endless_nesting_is_bounded() -> None:
    opening = struct.pack("<HH2s2xI", 0x0008, 0x1032, b"SQ", 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    assert read(opening * 10_000, ExplicitVRLittleEndian) == ((), False)


def test_unknown_elements_of_undefined_length_are_implicit_sequences() -> None:
    item = struct.pack("<HHI", 0x0008, 0x0104, 4) + b"Test"
    data = struct.pack("<HH2s2xI", 0x0009, 0x1001, b"UN", 0xFFFFFFFF)
    data += struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    elements, whole = read(data, ExplicitVRLittleEndian)
    assert whole
    assert elements == (Element(0x00091001, "SQ", ((Element(0x00080104, "LO", ("Test",)),),)),)


@pytest.mark.parametrize(("signed", "expected"), [(0, 65535), (1, -1)])
def test_an_implicit_us_or_ss_follows_the_pixel_representation(signed: int, expected: int) -> None:
    data = struct.pack("<HHIH", 0x0028, 0x0103, 2, signed) + struct.pack("<HHIH", 0x0028, 0x0106, 2, 65535)
    [_, smallest], whole = read(data, ImplicitVRLittleEndian)
    assert whole
    assert smallest == (0x00280106, "SS" if signed else "US", (expected,), True)


def test_blanks_before_a_text_are_its_own_before_a_code_are_not() -> None:
    data = struct.pack("<HH2sH", 0x0008, 0x0060, b"CS", 4) + b" CT "
    data += struct.pack("<HH2s2xI", 0x0040, 0x2400, b"UT", 6) + b"  A b "
    elements, _ = read(data, ExplicitVRLittleEndian)
    assert [element.values for element in elements] == [("CT",), ("  A b",)]
