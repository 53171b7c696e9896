"""Decoding texts, numbers and file heads; pydicom is the oracle where it has an answer."""

from __future__ import annotations

import warnings
from pathlib import Path

import pydicom
import pytest

from tests.store.objects import PEER, encoded, made
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.dataset_walker import DatasetWalker
from workstation.dicom.part10 import meta_prefix, read_meta
from workstation.dicom.text import decode
from workstation.store.instance_header import HEADER_TAGS, header_of, walk_file

CHARSETS = sorted((Path(pydicom.__file__).parent / "data" / "charset_files").glob("chr[!S]*.dcm"))


@pytest.mark.parametrize("path", CHARSETS, ids=lambda path: path.name)
def test_names_are_decoded_as_pydicom_does(path: Path) -> None:
    with path.open("rb") as file:
        read = walk_file(file.fileno(), HEADER_TAGS, to_end=False)
    assert not isinstance(read, str)
    header = header_of(read[1], read[0].transfer_syntax)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        name = pydicom.dcmread(path).PatientName
        name.decode()
        assert header.name.rstrip("=^") == str(name).rstrip("=^")
    assert header.raw_name


@pytest.mark.parametrize(
    ("value", "charset", "text"),
    [
        (b"Doe^Jane \0", (), "Doe^Jane"),
        (b" Doe", ("ISO_IR 100",), "Doe"),
        (b"M\xfcller", ("ISO_IR 100",), "Müller"),
        (b"M\xfcller", (), "Müller"),
        ("Müller".encode(), (), "Müller"),
        ("Müller".encode(), ("ISO_IR 192",), "Müller"),
        (b"M\xfcller", ("ISO_IR 192",), "M\ufffdller"),
        (b"\xc3\xbc", ("NO SUCH",), "ü"),
        (b"\xbb\xe1", ("GB18030",), "会"),
        (b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", ("", "ISO 2022 IR 87"), "Yamada^Tarou=山田^太郎"),
        (b"Hong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce", ("", "ISO 2022 IR 149"), "Hong=洪^吉"),
        (b"a\x1b", ("ISO_IR 100",), "a"),
        (b"a\x1b[2J", ("ISO_IR 100",), "a[2J"),
        (b"\x1b$B\xff\xff", ("", "ISO 2022 IR 87"), "\ufffd\ufffd"),
        (b"", ("",), ""),
    ],
)
def test_decoding_never_fails(value: bytes, charset: tuple[str, ...], text: str) -> None:
    assert decode(value, charset) == text


@pytest.mark.parametrize(
    ("values", "field", "expected"),
    [
        ({"InstanceNumber": b"12 "}, "number", 12),
        ({"InstanceNumber": b"-3"}, "number", -3),
        ({"InstanceNumber": b""}, "number", None),
        ({"InstanceNumber": b"1.5 "}, "number", None),
        ({"InstanceNumber": b"9" * 12}, "number", None),
        ({"InstanceNumber": b"4\\5 "}, "number", 4),
        ({"ImagePositionPatient": b"1\\2\\3 "}, "position", (1.0, 2.0, 3.0)),
        ({"ImagePositionPatient": b"1\\2"}, "position", None),
        ({"ImagePositionPatient": b"1\\2\\nan"}, "position", None),
        ({"ImagePositionPatient": b"1\\2\\1e99"}, "position", None),
        ({"ImagePositionPatient": b"a\\b\\c "}, "position", None),
        ({"NumberOfFrames": b"0 "}, "frames", 1),
        ({"NumberOfFrames": b"-5"}, "frames", 1),
        ({"NumberOfFrames": b"30"}, "frames", 30),
    ],
)
def test_numbers_that_are_none_are_none(values: dict[str, bytes], field: str, expected: object) -> None:
    dataset = made()
    [(keyword, value)] = values.items()
    setattr(dataset, keyword, None)
    data = encoded(dataset)
    tag = dataset[keyword].tag
    vr = dataset[keyword].VR.encode()
    empty = tag.group.to_bytes(2, "little") + tag.element.to_bytes(2, "little") + vr + b"\0\0"
    assert empty in data
    data = data.replace(empty, empty[:6] + len(value).to_bytes(2, "little") + value)
    walk = DatasetWalker("1.2.840.10008.1.2.1", HEADER_TAGS)
    walk.feed(data)
    assert walk.end() == ""
    assert getattr(header_of(walk, ""), field) == expected


HEAD = meta_prefix(Context(1, "1.2.3", "1.2.840.10008.1.2.1"), "1.2.3", "1.2.4", PEER)


def test_head_reads_back() -> None:
    meta = read_meta(HEAD + b"rest")
    assert not isinstance(meta, str)
    assert (meta.sop_class, meta.sop_instance, meta.transfer_syntax) == (
        "1.2.3",
        "1.2.4",
        "1.2.840.10008.1.2.1",
    )
    assert meta.offset == len(HEAD)


@pytest.mark.parametrize("cut", range(0, len(HEAD), 3))
def test_cut_head_is_told_or_lacks_only_what_follows(cut: int) -> None:
    meta = read_meta(HEAD[:cut])
    assert isinstance(meta, str) or meta.offset <= cut


@pytest.mark.parametrize(
    "tail",
    [b"\x02\x00\x02\x00OB\0\0\xff\xff\xff\xff", b"\x02\x00\x03\x00UI\xff\xff", b"", b"\x08\0\x05\0CS\0\0"],
)
def test_head_that_makes_no_sense_is_told(tail: bytes) -> None:
    assert isinstance(read_meta(bytes(128) + b"DICM" + tail), str)


def test_hostile_ae_titles_are_cleaned() -> None:
    peer = Peer(ae_title="A\0B\\C\r\n" + "x" * 40, own_ae_title=" \t", address="192.0.2.1")
    head = meta_prefix(Context(1, "1.2.3", "1.2.840.10008.1.2"), "1.2.3", "1.2.4", peer)
    assert b"ABC" + b"x" * 13 in head
    assert b"ABC" + b"x" * 14 not in head
    assert b"\x02\x00\x18\x00AE" not in head  # nothing usable: left out
