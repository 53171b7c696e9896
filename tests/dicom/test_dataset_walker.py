"""The walk over encoded data sets: what it finds, what it refuses, in pieces of any size."""

from __future__ import annotations

import random
import struct
import warnings
import zlib
from pathlib import Path

import pydicom
import pytest

from workstation.dicom.dataset_walker import MAX_DEPTH, MAX_ELEMENTS, DatasetWalker, raw
from workstation.dicom.part10 import read_head, read_meta
from workstation.store.instance_header import HEADER_TAGS, header_of, uids_of, walk_file

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG = "1.2.840.10008.1.2.2"


def short(group: int, number: int, vr: str, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, number, vr.encode(), len(value)) + value


def long(group: int, number: int, vr: str, value: bytes, length: int | None = None) -> bytes:
    return (
        struct.pack("<HH2sHI", group, number, vr.encode(), 0, len(value) if length is None else length)
        + value
    )


def item(content: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content) if length is None else length) + content


ITEM_END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
UNDEFINED = 0xFFFFFFFF

PLAIN = (
    short(8, 5, "CS", b"ISO_IR 100")
    + short(8, 0x16, "UI", b"1.2.3\0")
    + short(8, 0x18, "UI", b"1.2.4\0")
    + long(
        8,
        0x1140,
        "SQ",
        item(short(8, 0x1150, "UI", b"1.9\0") + ITEM_END, UNDEFINED) + SEQUENCE_END,
        UNDEFINED,
    )
    + short(0x10, 0x20, "LO", b"ID")
    + short(0x20, 0x0D, "UI", b"1.2.5\0")
    + short(0x20, 0x0E, "UI", b"1.2.6\0")
    + short(0x28, 0x10, "US", b"\2\0")
    + short(0x28, 0x11, "US", b"\2\0")
    + long(0x7FE0, 0x10, "OW", bytes(8))
)
UIDS = ("1.2.4", "1.2.3", "1.2.5", "1.2.6")


def walked(data: bytes, syntax: str = EXPLICIT, step: int = 1 << 20) -> DatasetWalker:
    walk = DatasetWalker(syntax, HEADER_TAGS)
    buffer = bytearray(step)
    for start in range(0, len(data), step):
        piece = data[start : start + step]
        buffer[: len(piece)] = piece
        with memoryview(buffer)[: len(piece)] as view:
            walk.feed(view)
        buffer[:] = b"\xee" * step  # the engine reuses its memory
    return walk


@pytest.mark.parametrize("step", [1, 2, 3, 7, 8, 11, 64, 1000])
def test_pieces_of_any_size_make_no_difference(step: int) -> None:
    walk = walked(PLAIN, step=step)
    assert walk.end() == ""
    assert uids_of(walk) == UIDS
    assert header_of(walk, EXPLICIT).rows == 2


@pytest.mark.parametrize("cut", range(1, len(PLAIN)))
def test_data_set_cut_anywhere_inside_an_element_is_noticed(cut: int) -> None:
    boundaries = set()
    position = 0
    for size in (18, 14, 14, None, 10, 14, 14, 10, 10):
        if size is None:
            size = PLAIN.index(SEQUENCE_END) + 8 - position
        position += size
        boundaries.add(position)
    if cut in boundaries:
        assert walked(PLAIN[:cut]).end() == ""  # whole elements only: nothing can tell
    elif PLAIN[max(b for b in boundaries | {0} if b < cut) : cut].strip(b"\0"):
        assert walked(PLAIN[:cut]).end() != ""


def test_trailing_zero_bytes_are_no_fault() -> None:
    assert walked(PLAIN + bytes(3)).end() == ""


@pytest.mark.parametrize(
    "beginning",
    [
        struct.pack("<HHI", 0, 2, 4) + b"1.2\0",
        short(0, 2, "UI", b"1.2\0"),
        bytes(128) + b"DICM",
        b"II*\0" + bytes(124) + b"DICM",
    ],
)
def test_what_begins_with_a_command_or_a_preamble_is_not_followed(beginning: bytes) -> None:
    walk = walked(beginning + PLAIN)
    assert (bool(walk.doubt) or bool(walk.end()), walk.values) == (True, {})


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_file_meta_elements_before_a_data_set_are_passed_over(step: int) -> None:
    walk = walked(short(2, 0x10, "UI", b"1.2\0") + PLAIN, step=step)
    assert (walk.end(), uids_of(walk)) == ("", UIDS)


def test_encoding_other_than_announced_is_seen() -> None:
    assert uids_of(walked(PLAIN, IMPLICIT)) == UIDS


def nested(depth: int) -> bytes:
    opening = long(8, 0x1140, "SQ", item(b"", UNDEFINED), UNDEFINED)
    return opening * depth + (ITEM_END + SEQUENCE_END) * depth


def test_sequences_are_walked_to_the_bound_and_refused_beyond() -> None:
    assert walked(nested(MAX_DEPTH)).end() == ""
    assert "deep" in walked(nested(MAX_DEPTH + 1)).end()
    assert "deep" in walked(nested(20_000)).end()


def test_elements_are_counted() -> None:
    element = short(9, 1, "LO", b"")
    assert walked(element * (MAX_ELEMENTS - 1)).end() == ""
    assert "too many" in walked(element * (MAX_ELEMENTS + 1)).end()


def test_unknown_sequence_of_undefined_length_is_implicit() -> None:
    content = item(struct.pack("<HHI", 8, 0x1150, 4) + b"1.9\0" + ITEM_END, UNDEFINED) + SEQUENCE_END
    data = long(9, 0x10, "UN", content, UNDEFINED) + PLAIN[18:]
    assert walked(data).end() == ""
    assert uids_of(walked(data, step=5)) == UIDS


NESTED = short(8, 0x1150, "UI", b"1.9\0")
PASSED = {
    "an end before all": SEQUENCE_END + PLAIN,
    "an end behind a sequence of defined length": long(8, 1, "SQ", item(NESTED)) + SEQUENCE_END + PLAIN,
    "an end behind an empty sequence": long(8, 1, "SQ", b"") + SEQUENCE_END + PLAIN,
    "an end behind an item of defined length": long(
        8, 1, "SQ", item(NESTED) + ITEM_END + SEQUENCE_END, UNDEFINED
    ) + PLAIN,
    "an end inside an item": long(
        8, 1, "SQ", item(long(8, 1, "SQ", item(NESTED)) + SEQUENCE_END + ITEM_END, UNDEFINED) + SEQUENCE_END,
        UNDEFINED,
    ) + PLAIN,
    **{f"{vr!r} for a VR": short(8, 1, vr, b"12") + PLAIN for vr in ("??", "  ", "--", "\0\0")},
}  # fmt: skip


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize("data", PASSED.values(), ids=PASSED.keys())
def test_small_faults_are_passed_over_as_readers_do(data: bytes, step: int) -> None:
    walk = walked(short(8, 0, "UL", bytes(4)) + data, step=step)
    assert (walk.end(), walk.lost, uids_of(walk)) == ("", False, UIDS)
    assert walk.doubt


@pytest.mark.parametrize("step", [1, 8, 1000])
def test_a_delimiter_does_not_tell_the_encoding(step: int) -> None:
    walk = walked(SEQUENCE_END + PLAIN, step=step)
    assert (walk.end(), uids_of(walk)) == ("", UIDS)


@pytest.mark.parametrize("cut", [1, 5, 19])
def test_a_small_fault_does_not_hide_that_it_is_cut(cut: int) -> None:
    assert walked(PASSED["an end behind a sequence of defined length"][:-cut]).end() != ""


LOST = {
    "an item outside of a sequence": short(8, 5, "CS", b"") + item(b"") + PLAIN,
    "no item in a sequence": long(8, 0x1140, "SQ", NESTED, UNDEFINED) + PLAIN,
    "an end with a length": struct.pack("<HHI", 0xFFFE, 0xE0DD, 4) + bytes(4) + PLAIN,
    "noise": short(8, 5, "CS", b"") + b"\x00\x01\x02\x03??\0\0" * 100,
}


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize("data", LOST.values(), ids=LOST.keys())
def test_what_cannot_be_followed_is_said_and_nothing_behind_it_is_believed(data: bytes, step: int) -> None:
    walk = walked(data, step=step)
    assert (walk.end(), walk.lost, uids_of(walk)) == ("", True, ("", "", "", ""))
    assert walk.doubt


def test_a_wanted_value_that_comes_twice_and_differs_contradicts() -> None:
    again = long(0x7FE1, 0x10, "OB", b"") + short(0x10, 0x20, "LO", b"ID")
    assert not walked(PLAIN + again).contradicts
    assert walked(PLAIN + again[:-2] + b"XX").contradicts


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("step", [1, 50, 1 << 20])
def test_deflated_is_inflated_on_the_way(step: int) -> None:
    walk = walked(deflated(PLAIN), DEFLATED, step)
    assert (walk.end(), uids_of(walk)) == ("", UIDS)


@pytest.mark.parametrize("step", [1, 50, 1 << 20])
def test_padding_behind_deflated_is_ignored(step: int) -> None:
    data = PLAIN + long(0x7FE1, 0x10, "OW", bytes(1024 * 1024))
    assert walked(deflated(data) + b"\0", DEFLATED, step).end() == ""


def test_deflated_that_is_cut_damaged_or_a_bomb_is_a_fault() -> None:
    assert "early" in walked(deflated(PLAIN)[:-4], DEFLATED).end()
    assert "damaged" in walked(b"\xff" * 64, DEFLATED).end()
    bomb = deflated(PLAIN + long(0x7FE1, 0x10, "OW", bytes(64 * 1024 * 1024)))
    assert len(bomb) < 100_000
    assert "too many bytes" in walked(bomb, DEFLATED).end()


def test_wanted_value_of_absurd_length_is_stepped_over() -> None:
    data = long(0x10, 0x20, "UT", bytes(100_000)) + PLAIN[PLAIN.index(short(0x20, 0x0D, "UI", b"1.2.5\0")) :]
    walk = walked(data, step=1000)
    assert raw(0x10, 0x20) not in walk.values
    assert walk.end() == ""


def test_big_endian_is_read() -> None:
    data = b""
    for group, number, vr, value in (
        (8, 0x16, b"UI", b"1.2.3\0"),
        (8, 0x18, b"UI", b"1.2.4\0"),
        (0x20, 0x0D, b"UI", b"1.2.5\0"),
        (0x20, 0x0E, b"UI", b"1.2.6\0"),
        (0x28, 0x10, b"US", b"\2\1"),
    ):
        data += struct.pack(">HH2sH", group, number, vr, len(value)) + value
    data += struct.pack(">HH2sHI", 0x7FE0, 0x10, b"OW", 0, 4) + bytes(4)
    walk = walked(data, BIG, 5)
    assert (walk.end(), uids_of(walk), header_of(walk, BIG).rows) == ("", UIDS, 0x201)


def samples() -> list[Path]:
    folder = Path(pydicom.__file__).parent / "data" / "test_files"  # pydicom's own look-up would download
    return sorted(folder.glob("*.dcm"))


CUT = {"MR_truncated.dcm", "rtplan_truncated.dcm", "rtstruct.dcm"}


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
def test_pydicom_agrees_on_its_own_files(path: Path) -> None:
    data = path.read_bytes()
    meta = read_meta(data)
    if isinstance(meta, str):
        pytest.skip("not a file with meta information")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path)
        walk = walked(data[meta.offset :], meta.transfer_syntax, 4096)
        header = header_of(walk, meta.transfer_syntax)
        assert (walk.end() == "") == (path.name not in CUT)
        assert meta.transfer_syntax == dataset.file_meta.TransferSyntaxUID
        for field, keyword in (
            ("sop_uid", "SOPInstanceUID"),
            ("sop_class", "SOPClassUID"),
            ("study_uid", "StudyInstanceUID"),
            ("series_uid", "SeriesInstanceUID"),
            ("patient_id", "PatientID"),
            ("name", "PatientName"),
            ("study_date", "StudyDate"),
            ("study_time", "StudyTime"),
            ("study_description", "StudyDescription"),
            ("series_description", "SeriesDescription"),
            ("accession", "AccessionNumber"),
            ("modality", "Modality"),
        ):
            wanted = "" if dataset.get(keyword) is None else str(dataset.get(keyword)).strip()
            if keyword in ("StudyDate", "StudyTime"):  # as ACR-NEMA wrote them, too
                wanted = wanted.replace("." if keyword == "StudyDate" else ":", "")
            assert getattr(header, field) == wanted, keyword
        if path.name == "badVR.dcm":
            assert header.number is None  # "1A", which pydicom refuses to convert
            return
        for field, keyword in (
            ("rows", "Rows"),
            ("columns", "Columns"),
            ("number", "InstanceNumber"),
            ("series_number", "SeriesNumber"),
        ):
            assert getattr(header, field) == dataset.get(keyword), keyword
        assert header.frames == int(dataset.get("NumberOfFrames") or 1)
        if header.position:
            assert list(header.position) == [float(x) for x in dataset.ImagePositionPatient]
        if header.orientation:
            assert list(header.orientation) == [float(x) for x in dataset.ImageOrientationPatient]


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
def test_file_is_walked_to_its_end_as_in_one_piece(path: Path) -> None:
    data = path.read_bytes()
    meta = read_head(data)
    with path.open("rb") as file:
        read = walk_file(file.fileno(), HEADER_TAGS, to_end=True)
    if isinstance(meta, str):
        assert read == meta
        return
    once = walked(data[meta.offset :], meta.transfer_syntax)
    if once.end():
        assert read == once.end()
    else:
        assert not isinstance(read, str)
        assert read[1].values == once.values


def test_cut_file_is_noticed_though_its_pixels_are_not_read(tmp_path: Path) -> None:
    head = bytes(128) + b"DICM" + short(2, 0x10, "UI", EXPLICIT.encode() + b"\0")
    large = PLAIN[:-20] + long(0x7FE0, 0x10, "OW", bytes(300_000)) + short(0x7FE1, 0x10, "LO", b"end ")
    path = tmp_path / "large.dcm"
    for cut, fault in (
        (0, ""),
        (1, "it ends in the middle of an element"),
        (13, "it ends in the middle of an element"),
    ):
        path.write_bytes((head + large)[: len(head + large) - cut])
        with path.open("rb") as file:
            read = walk_file(file.fileno(), HEADER_TAGS, to_end=True)
        assert (read if isinstance(read, str) else "") == fault


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG, DEFLATED])
def test_mutated_data_sets_raise_nothing(syntax: str) -> None:
    rng = random.Random(20261121)
    start = deflated(PLAIN + nested(3)) if syntax == DEFLATED else PLAIN + nested(3)
    faults = 0
    for _ in range(1500):
        data = bytearray(start)
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(data))
            match rng.randrange(3):
                case 0:
                    data[place] = rng.randrange(256)
                case 1:
                    del data[place : place + rng.randint(1, 9)]
                case _:
                    data[place:place] = rng.randbytes(rng.randint(1, 9))
        walk = walked(bytes(data), syntax, rng.choice((3, 50, 4096)))
        faults += bool(walk.end() or walk.doubt)
        header_of(walk, syntax)
    assert 0 < faults <= 1500


def test_a_long_value_in_pieces_of_one_byte_is_not_copied_for_each() -> None:
    """As many copies as bytes once cost seconds for a megabyte of wanted values."""
    data = short(0x10, 0x10, "PN", b"x" * 65_000)
    walk = DatasetWalker(EXPLICIT, frozenset((raw(0x10, 0x10),)))
    walk.feed(data[:10])
    held = walk._rest
    for place in range(10, len(data) - 1):
        walk.feed(data[place : place + 1])
    assert walk._rest is held
    walk.feed(data[-1:])
    assert walk.values[raw(0x10, 0x10)] == b"x" * 65_000
