from __future__ import annotations

import json
import math
import struct
import warnings

import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_charset_files, get_testdata_file
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from workstation.dicom.json_model import json_model
from workstation.dicom.lenient_dataset import MAX_DEPTH, read


def encoded(data_set: Dataset, *, implicit: bool = False) -> bytes:
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, implicit
    write_dataset(out, data_set)
    return out.getvalue()


def of(data: bytes, *, implicit: bool = False, fallback: str = "") -> dict[str, object]:
    """The model of a whole data set."""
    syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    elements, whole = read(data, syntax, fallback)
    assert whole
    found = json_model(elements)
    json.dumps(found, allow_nan=False)
    return found


def of_file(path: str) -> dict[str, object]:
    """The model of a little endian file."""
    image = dcmread(path, force=True, stop_before_pixels=True)
    implicit = bool(image.is_implicit_VR)
    if not image.is_little_endian:
        raise ValueError(path)
    return of(encoded(dcmread(path, force=True), implicit=implicit), implicit=implicit)


def element(tag: int, vr: str, value: bytes) -> bytes:
    """An explicit element with a short length, right or wrong."""
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value


def model(*elements: bytes, fallback: str = "") -> dict[str, object]:
    return of(b"".join(elements), fallback=fallback)


FILES = (
    "CT_small.dcm",
    "MR_small_implicit.dcm",
    "liver_1frame.dcm",
    "rtplan.dcm",
    "test-SR.dcm",
    "ExplVR_LitEndNoMeta.dcm",
    "nested_priv_SQ.dcm",
    "UN_sequence.dcm",
)
CHARSETS = (
    "chrFren.dcm", "chrGerm.dcm", "chrH31.dcm", "chrH32.dcm", "chrRuss.dcm", "chrX1.dcm", "chrX2.dcm",
    "chrGreek.dcm", "chrArab.dcm", "chrHbrw.dcm", "chrKoreanMulti.dcm",
)  # fmt: skip


def test_it_says_what_pydicom_says_of_its_own_files() -> None:
    for name in FILES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path = get_testdata_file(name, download=False)
            if path is None:
                continue
            image = dcmread(path, force=True)
            oracle = image.to_json_dict()
        ours = of_file(path)
        assert ours.pop("_invalid", []) == [], name
        for tag, expected in oracle.items():
            if int(tag, 16) & 0xFFFF == 0 or int(tag, 16) >> 16 & 1 or tag == "00080005":
                continue
            assert_alike(ours[tag], expected, f"{name} {tag}")


def assert_alike(ours: object, expected: object, where: str) -> None:
    """Equal, apart from how empty values and padding are written."""
    if isinstance(expected, dict) and "vr" in expected:
        assert isinstance(ours, dict)
        assert ours["vr"] == expected["vr"], where
        if "InlineBinary" in expected:
            assert ours.get("InlineBinary", "") == expected["InlineBinary"], where
            return
        for mine, theirs in zip(ours.get("Value", []), expected.get("Value", []), strict=True):
            assert_alike(mine, theirs, where)
    elif isinstance(expected, dict):
        assert isinstance(ours, dict)
        for tag, value in expected.items():
            if len(tag) == 8 and int(tag, 16) >> 16 & 1:
                continue
            if tag in ("Alphabetic", "Ideographic", "Phonetic"):
                assert ours.get(tag, "") == value, where
            else:
                assert_alike(ours[tag], value, f"{where} {tag}")
    elif isinstance(expected, float):
        assert ours == pytest.approx(expected), where
    elif isinstance(expected, str):
        assert str(ours).strip() == expected.strip(), where
    else:
        assert ours == expected, where


@pytest.mark.parametrize("name", CHARSETS)
def test_names_are_decoded_by_the_answers_own_character_set(name: str) -> None:
    [path] = get_charset_files(name)
    expected = dcmread(path).PatientName
    found = of_file(path)["00100010"]
    assert isinstance(found, dict)
    parts = {
        "Alphabetic": expected.alphabetic,
        "Ideographic": expected.ideographic,
        "Phonetic": expected.phonetic,
    }
    assert found["Value"] == [{part: text for part, text in parts.items() if text}]


def test_the_three_groups_of_a_name() -> None:
    name = "Yamada^Tarou=山田^太郎=やまだ^たろう".encode()
    found = model(element(0x00080005, "CS", b"ISO_IR 192"), element(0x00100010, "PN", name))
    assert found == {
        "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
        "00100010": {
            "vr": "PN",
            "Value": [
                {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
            ],
        },
    }


def test_text_of_another_repertoire_becomes_unicode_and_says_so() -> None:
    found = model(
        element(0x00080005, "CS", b"ISO_IR 100"), element(0x00100010, "PN", "Müller".encode("latin-1"))
    )
    assert found["00080005"] == {"vr": "CS", "Value": ["ISO_IR 192"]}
    assert found["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Müller"}]}


def test_an_answer_without_character_set_is_read_by_the_nodes() -> None:
    name = element(0x00100010, "PN", "Žižek ".encode("iso8859-2"))
    assert model(name, fallback="ISO_IR 101")["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Žižek"}]}


def test_items_of_a_sequence_inherit_or_have_their_own_character_set() -> None:
    inner, own = Dataset(), Dataset()
    inner.CodeMeaning = "Müller"
    own.SpecificCharacterSet = "ISO_IR 192"
    own.CodeMeaning = "Žižek"
    outer = Dataset()
    outer.SpecificCharacterSet = "ISO_IR 100"
    outer.ProcedureCodeSequence = Sequence([inner, own])
    for implicit in (False, True):
        found = of(encoded(outer, implicit=implicit), implicit=implicit)["00081032"]
        assert [item["00080104"]["Value"] for item in found["Value"]] == [["Müller"], ["Žižek"]]  # type: ignore[index]


def test_empty_and_partly_empty_values() -> None:
    found = model(
        element(0x00080060, "CS", b""),
        element(0x00080061, "CS", b"CT\\\\MR"),
        element(0x00081030, "LO", b"  "),
        element(0x00280010, "US", b""),
    )
    assert found == {
        "00080060": {"vr": "CS"},
        "00080061": {"vr": "CS", "Value": ["CT", None, "MR"]},
        "00081030": {"vr": "LO"},
        "00280010": {"vr": "US"},
    }


def test_numbers_are_numbers() -> None:
    found = model(
        element(0x00200013, "IS", b" 7"),
        element(0x00280030, "DS", b"0.50\\1e2\\3 "),
        element(0x00280009, "AT", b"\x18\0\x63\x10"),
        element(0x00280010, "US", b"\0\2"),
        element(0x00189087, "FD", struct.pack("<d", 1000.5)),
    )
    assert found == {
        "00189087": {"vr": "FD", "Value": [1000.5]},
        "00200013": {"vr": "IS", "Value": [7]},
        "00280009": {"vr": "AT", "Value": ["00181063"]},
        "00280010": {"vr": "US", "Value": [512]},
        "00280030": {"vr": "DS", "Value": [0.5, 100.0, 3]},
    }


@pytest.mark.parametrize(
    ("tag", "vr", "value"),
    [
        (0x00280010, "US", b"\0"),
        (0x00280009, "AT", b"\x18\0"),
        (0x00189087, "FD", struct.pack("<d", math.nan)),
        (0x00189087, "FD", struct.pack("<d", math.inf)),
        (0x00080060, "CS", b"\xff\xfe"),
        (0x0020000D, "UI", b"1.2.\xe9 "),
        (0x00080061, "ZZ", b"CT"),
    ],
)
def test_what_does_not_fit_its_vr_is_left_out_and_named(tag: int, vr: str, value: bytes) -> None:
    found = model(element(tag, vr, value), element(0x00400275, "LO", b"OK"))
    assert found == {"00400275": {"vr": "LO", "Value": ["OK"]}, "_invalid": [f"{tag:08X}"]}


@pytest.mark.parametrize(
    ("vr", "value", "kept"),
    [
        ("IS", b"seven", ["seven"]),
        ("IS", b"1.5 ", ["1.5"]),
        ("IS", b"1_0", ["1_0"]),
        ("IS", b"1\\x\\3", [1, "x", 3]),
        ("IS", b"1,000", ["1,000"]),
        ("DS", b"nan ", ["nan"]),
        ("DS", b"1e999", ["1e999"]),
        ("DS", b"inf\\1", ["inf", 1]),
    ],
)
def test_what_is_no_number_is_kept_as_the_string_it_is_and_named(
    vr: str, value: bytes, kept: list[object]
) -> None:
    found = model(element(0x00280030, vr, value))
    assert found == {"00280030": {"vr": vr, "Value": kept}, "_invalid": ["00280030"]}


@pytest.mark.parametrize(
    ("vr", "value", "number"),
    [
        ("IS", b"1.0 ", 1),
        ("IS", b"7e0", 7),
        ("IS", b"+007", 7),
        ("IS", b"7\0 ", 7),
        ("IS", b"7,0", 7),
        ("IS", b"999999999999", 999999999999),
        ("IS", b"-3", -3),
        ("DS", b"10.0", 10.0),
        ("DS", b"1,5 ", 1.5),
        ("DS", b"12\0 ", 12),
    ],
)
def test_numbers_are_numbers_however_they_are_written(vr: str, value: bytes, number: float) -> None:
    found = model(element(0x00280030, vr, value))["00280030"]
    assert found == {"vr": vr, "Value": [number]}
    assert type(found["Value"][0]) is type(number)  # type: ignore[index]


def test_an_invalid_element_of_an_item_is_named_in_the_item() -> None:
    item = element(0x00280010, "US", b"\0")
    sequence = struct.pack("<HH2s2xI", 0x0040, 0x0100, b"SQ", 8 + len(item))
    sequence += struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item
    assert model(sequence) == {"00400100": {"vr": "SQ", "Value": [{"_invalid": ["00280010"]}]}}


def test_a_sequence_whose_bytes_are_no_items_is_left_out() -> None:
    broken = struct.pack("<HH2s2xI", 0x0040, 0x0100, b"SQ", 12) + b"not an item!"
    assert model(broken, element(0x00400275, "LO", b"OK"))["_invalid"] == ["00400100"]


def test_sequences_are_followed_to_a_depth_and_no_further() -> None:
    innermost = Dataset()
    innermost.CodeValue = "X"
    for _ in range(MAX_DEPTH + 1):
        outer = Dataset()
        outer.ProcedureCodeSequence = Sequence([innermost])
        innermost = outer
    found: object = of(encoded(innermost, implicit=True), implicit=True)
    for _ in range(MAX_DEPTH):
        assert isinstance(found, dict)
        found = found["00081032"]["Value"][0]
    assert found == {"_invalid": ["00081032"]}


def test_binary_and_unknown_values_are_inline() -> None:
    found = model(element(0x00091001, "UN", b"")[:6] + struct.pack("<HI", 0, 3) + b"\0\1\2")
    assert found == {"00091001": {"vr": "UN", "InlineBinary": "AAEC"}}


def test_a_known_element_sent_as_unknown_is_read_as_what_it_is() -> None:
    data = struct.pack("<HH2s2xI", 0x0010, 0x0020, b"UN", 4) + b"ID1 "
    assert model(data) == {"00100020": {"vr": "LO", "Value": ["ID1"]}}


def test_implicit_answers_take_their_vr_from_the_dictionary() -> None:
    image = Dataset()
    image.SmallestImagePixelValue = 5
    image["SmallestImagePixelValue"].VR = "US"
    image.PatientID = "A"
    found = of(encoded(image, implicit=True), implicit=True)
    assert found == {
        "00100020": {"vr": "LO", "Value": ["A"]},
        "00280106": {"vr": "US", "Value": [5]},
    }


def test_group_lengths_are_passed_over() -> None:
    assert model(element(0x00080000, "UL", b"\x0a\0\0\0"), element(0x00080060, "CS", b"CT")) == {
        "00080060": {"vr": "CS", "Value": ["CT"]}
    }
