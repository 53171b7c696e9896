"""Data sets that begin with group 0002: the rest is kept bit for bit, named by what its bytes are."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pydicom
import pytest
from pydicom.encaps import encapsulate

from tests.store.broken_data_sets import DEFLATED, deflated, meta, packed
from tests.store.either_sink import EitherSink, data_set_of
from tests.store.objects import EXPLICIT, GOOD, IMPLICIT, encoded, made, send
from workstation.dicom import stray_file_meta
from workstation.dicom.part10 import read_meta
from workstation.dicom.stray_file_meta import UNDECIDED, StrayFileMeta
from workstation.store.instance_file import read_instance_file
from workstation.store.store_results import Status, Stored

JPEG, JPEG_LS = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.80"
BIG = "1.2.840.10008.1.2.2"


def compressed() -> bytes:
    dataset = made()
    dataset.PixelData = encapsulate([b"\xff\xd8\xff\xd9"])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return encoded(dataset)


def big() -> bytes:
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    file = DicomBytesIO()
    file.is_little_endian, file.is_implicit_VR = False, False
    write_dataset(file, made())
    return file.getvalue()


PLAIN, HIDDEN, PACKED, TURNED = encoded(made(), IMPLICIT), compressed(), deflated(), big()

# agreed, told, the data set, what the file names
CASES = {
    "the same": (EXPLICIT, EXPLICIT, GOOD, EXPLICIT),
    "the same, implicit": (IMPLICIT, IMPLICIT, PLAIN, IMPLICIT),
    "none told": (EXPLICIT, "", GOOD, EXPLICIT),
    "no UID told": (EXPLICIT, "../x", GOOD, EXPLICIT),
    "the truth, compressed": (EXPLICIT, JPEG, HIDDEN, JPEG),
    "the truth, compressed on an implicit context": (IMPLICIT, JPEG, HIDDEN, JPEG),
    "the truth, explicit": (IMPLICIT, EXPLICIT, GOOD, EXPLICIT),
    "the truth, implicit": (EXPLICIT, IMPLICIT, PLAIN, IMPLICIT),
    "the truth, deflated": (EXPLICIT, DEFLATED, PACKED, DEFLATED),
    "the truth, big endian": (EXPLICIT, BIG, TURNED, BIG),
    "left over: it was decompressed": (EXPLICIT, JPEG, GOOD, EXPLICIT),
    "left over: it was decompressed and made implicit": (IMPLICIT, JPEG, PLAIN, IMPLICIT),
    "left over: it was compressed": (JPEG, EXPLICIT, HIDDEN, JPEG),
    "left over: it was made implicit": (IMPLICIT, EXPLICIT, PLAIN, IMPLICIT),
    "left over: it was made explicit": (EXPLICIT, IMPLICIT, GOOD, EXPLICIT),
    "left over: it was inflated": (EXPLICIT, DEFLATED, GOOD, EXPLICIT),
    "neither is right": (BIG, JPEG, PLAIN, IMPLICIT),
    "both compressed, and it is not": (JPEG_LS, JPEG, GOOD, EXPLICIT),
}


@pytest.mark.parametrize("step", [1, 7, 100, 100_000])
@pytest.mark.parametrize(("agreed", "told", "data", "named"), CASES.values(), ids=CASES.keys())
def test_the_rest_is_kept_and_named_as_its_bytes_are(
    either: EitherSink, agreed: str, told: str, data: bytes, named: str, step: int
) -> None:
    before = meta(told, implicit=agreed == IMPLICIT, order=">" if agreed == BIG else "<")
    assert send(either.sink, before + data, syntax=agreed, step=step) == 0
    [path] = either.objects()
    assert data_set_of(path) == data
    found = read_meta(path.read_bytes())
    assert not isinstance(found, str)
    assert (found.transfer_syntax, found.mark) == (named, "")
    [told_of] = either.stored
    assert (told_of.transfer_syntax, told_of.size) == (named, len(data))
    assert told_of.header is None or told_of.header.transfer_syntax == named
    assert pydicom.dcmread(path).SOPInstanceUID == "1.2.3.1"
    assert isinstance(read_instance_file(path, to_end=True), Stored)
    assert either.leftovers() == []


def test_what_the_bytes_do_not_tell_is_marked(either: EitherSink) -> None:
    assert send(either.sink, meta(JPEG) + HIDDEN, syntax=JPEG_LS) == 0
    [path] = either.objects()
    assert data_set_of(path) == HIDDEN
    found = read_meta(path.read_bytes())
    assert not isinstance(found, str)
    assert (found.transfer_syntax, found.mark) == (JPEG, UNDECIDED)
    assert pydicom.dcmread(path).file_meta.PrivateInformation.decode().strip() == UNDECIDED
    assert either.leftovers() == []


@pytest.mark.parametrize("step", [1, 100, 100_000])
@pytest.mark.parametrize("told", [DEFLATED, EXPLICIT, JPEG])
def test_deflated_with_the_data_set_they_are_passed_over(either: EitherSink, told: str, step: int) -> None:
    assert send(either.sink, packed(meta(told) + GOOD), syntax=DEFLATED, step=step) == 0
    [path] = either.objects()
    assert zlib.decompress(data_set_of(path), -zlib.MAX_WBITS) == GOOD
    [stored] = either.stored
    assert stored.size == len(data_set_of(path))
    found = read_instance_file(path, to_end=True)
    assert isinstance(found, Stored)
    assert (found.transfer_syntax, found.doubt, found.study_uid) == (DEFLATED, "", "1.2.4")
    dataset = pydicom.dcmread(path)
    assert dataset.SOPInstanceUID == "1.2.3.1"
    assert not [element for element in dataset if element.tag.group == 2]
    assert either.leftovers() == []


def test_deflated_ones_that_do_not_end_are_refused_and_nothing_is_inflated_for_ever(
    either: EitherSink,
) -> None:
    padding = struct.pack("<HH2s2xI", 2, 0x0102, b"OB", 0xFFFFFF00) + bytes(1_000_000)
    data = packed(meta(EXPLICIT) + padding)
    assert send(either.sink, data, syntax=DEFLATED) == Status.NOT_UNDERSTOOD
    assert either.objects() == []


@pytest.mark.parametrize("size", [30_000, 65_000])
def test_up_to_64_kib_are_passed_over(either: EitherSink, size: int) -> None:
    padding = struct.pack("<HH2s2xI", 2, 0x0102, b"OB", size) + bytes(size)
    assert send(either.sink, meta(EXPLICIT) + padding + GOOD) == 0
    [path] = either.objects()
    assert data_set_of(path) == GOOD


@pytest.mark.parametrize("length", [70_000, 0xFFFFFFFF])
def test_those_that_do_not_end_are_refused(either: EitherSink, length: int) -> None:
    padding = struct.pack("<HH2s2xI", 2, 0x0102, b"OB", length) + bytes(100_000)
    assert send(either.sink, meta(EXPLICIT) + padding + GOOD, step=1000) == Status.NOT_UNDERSTOOD
    assert send(either.sink, meta(EXPLICIT), step=10) == Status.NOT_UNDERSTOOD
    assert (either.objects(), either.leftovers()) == ([], [])


def test_the_same_twice_is_one_file(either: EitherSink, tmp_path: Path) -> None:
    for data in (GOOD, meta(EXPLICIT) + GOOD, meta(JPEG) + GOOD):
        assert send(either.sink, data) == 0
    assert len(either.objects()) == 1


def test_in_pieces_of_one_byte_they_are_not_read_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """64 KiB of them once cost a minute."""
    calls = []
    read = stray_file_meta.meta_at
    monkeypatch.setattr(stray_file_meta, "meta_at", lambda *given: (calls.append(1), read(*given))[1])
    found, data = StrayFileMeta(EXPLICIT), struct.pack("<HH2sH", 2, 0x13, b"SH", 0) * 7000
    for place in range(len(data)):
        assert found.strip(data[place : place + 1]) is None
    assert found.strip(GOOD, last=True) == GOOD
    assert len(calls) < 20
