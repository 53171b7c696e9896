"""Data sets without preamble, without label, with a wrong one: opened, drawn, sent as what they are."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pydicom
import pytest

from tests.operations.bare_data_sets import BIG, EXPLICIT, IMPLICIT, MARK, PIXELS, encode, image
from tests.store.broken_data_sets import meta
from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End
from workstation.errors import Unreadable
from workstation.imaging.picture import Card, Picture
from workstation.imaging.worker import Instances
from workstation.imaging.worker_messages import FrameWanted
from workstation.operations.file_copies import copy_files
from workstation.operations.opened_files import OpenedFiles
from workstation.operations.send import send
from workstation.stop import Stop
from workstation.store.store_results import Stored

DEFLATED, JPEG = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.50"


def shuffled() -> bytes:
    """Group 0002 with its group length in the middle, and wrong, and its UIDs the other way round."""
    parts = [
        struct.pack("<HH2sH", 2, element, vr, len(value)) + value
        for element, vr, value in (
            (0x0010, b"UI", EXPLICIT.encode() + b"\0"),
            (0x0003, b"UI", b"1.2.3.1\0"),
            (0x0000, b"UL", struct.pack("<I", 7)),
            (0x0002, b"UI", b"1.2.840.10008.5.1.4.1.1.2\0"),
        )
    ]
    return b"".join(parts)


def packed(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


COMMAND = struct.pack("<HHII", 0, 0, 4, 10) + struct.pack("<HHIH", 0, 0x0100, 2, 1)
EL, IL, BE = (encode(image(), syntax) for syntax in (EXPLICIT, IMPLICIT, BIG))
FORMS = {
    "explicit alone": EL,
    "implicit alone": IL,
    "big endian alone": BE,
    "deflated alone": packed(EL),
    "behind a command set": COMMAND + IL,
    "a preamble and no group 2": MARK + EL,
    "a preamble, no group 2, implicit": MARK + IL,
    "group 2 alone, explicit": meta(EXPLICIT) + EL,
    "group 2 alone, implicit": meta(IMPLICIT) + IL,
    "group 2 alone, big endian": meta(BIG) + BE,
    "group 2 alone, deflated": meta(DEFLATED) + packed(EL),
    "the prefix without its preamble": b"DICM" + meta(EXPLICIT) + EL,
    "a preamble without the prefix": bytes(128) + meta(EXPLICIT) + EL,
    "a preamble, the prefix blanked": bytes(132) + meta(EXPLICIT) + EL,
    "no transfer syntax": MARK + meta("") + IL,
    "no transfer syntax, big endian": MARK + meta("") + BE,
    "no transfer syntax, deflated": MARK + meta("") + packed(EL),
    "a transfer syntax that is none": MARK + meta("../x") + EL,
    "implicit group 2": MARK + meta(EXPLICIT, implicit=True) + EL,
    "big endian group 2": MARK + meta(BIG, order=">") + BE,
    "group 2 out of order, its length wrong": MARK + shuffled() + EL,
    "left over: deflated": MARK + meta(DEFLATED) + EL,
    "left over: plain": MARK + meta(EXPLICIT) + packed(EL),
    "left over: big endian": MARK + meta(BIG) + EL,
    "left over: little endian": MARK + meta(EXPLICIT) + BE,
    "left over: implicit": MARK + meta(IMPLICIT) + EL,
    "left over: explicit": MARK + meta(EXPLICIT) + IL,
    "left over: compressed": MARK + meta(JPEG) + EL,
    "left over: compressed, implicit": MARK + meta(JPEG) + IL,
    "a blank before the data set": b" " + EL,
    "an empty line before the preamble": b"\r\n" + MARK + meta(EXPLICIT) + EL,
    "a byte order mark before group 2": b"\xef\xbb\xbf" + meta(IMPLICIT) + IL,
    "a sequence first": b"\1\0\1\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0" + IL,
    "garbage behind it": MARK + meta(EXPLICIT) + EL + b"\r\n--boundary--\r\n",
    "zeros behind it": EL + bytes(1000),
}
SENT = [name for name in FORMS if "behind it" not in name]


def drawn(path: Path) -> Picture | Card:
    """What a decoding process makes of it."""
    return Instances().content(FrameWanted(str(path), 0, thumbnail=False))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("forms")
    found = {}
    for number, (name, content) in enumerate(FORMS.items()):
        found[name] = folder / f"{number}"
        found[name].write_bytes(content)
    return found


def opened(folder: Path, *paths: Path) -> tuple[list[Stored], list[str]]:
    """What is shown, and the reasons why other files are not."""
    source, found = OpenedFiles(folder), []
    try:
        ended = source.open(paths, lambda batch: found.extend(batch.stored), lambda _: None, Stop())
    finally:
        source.close()
    return found, [skipped.reason for skipped in ended.skipped]


@pytest.mark.parametrize("name", FORMS)
def test_it_is_opened_and_drawn(name: str, files: dict[str, Path], tmp_path: Path) -> None:
    (found,), reasons = opened(tmp_path / "opened", files[name])
    assert reasons == []
    assert (found.sop_uid, found.study_uid, found.series_uid) == ("1.2.3.1", "1.2.4", "1.2.5")
    assert found.header is not None
    assert (found.header.name, found.header.rows) == ("Doe^Jane", 4)
    picture = drawn(files[name])
    assert isinstance(picture, Picture)
    assert (picture.pixels == PIXELS).all()


@pytest.mark.archives
def test_all_are_sent_as_their_data_sets_say(storescp, files: dict[str, Path], tmp_path: Path) -> None:
    """storescp writes each as a Part 10 file; pydicom reads it without being told to be lenient."""
    node = storescp(tmp_path / "in", "+B").node()
    for name in SENT:
        outcome = send(node, [files[name]], Stop(), lambda _: None)
        assert outcome.end is End.COMPLETE, (name, outcome)
        (kept,) = (tmp_path / "in").iterdir()
        dataset = pydicom.dcmread(kept)
        assert dataset.SOPInstanceUID == dataset.file_meta.MediaStorageSOPInstanceUID == "1.2.3.1", name
        assert (dataset.pixel_array == PIXELS).all(), name
        kept.unlink()


def test_they_are_copied_bit_for_bit(files: dict[str, Path], tmp_path: Path) -> None:
    outcome = copy_files(list(files.values()), tmp_path, Stop(), lambda _: None)
    assert outcome.end is End.COMPLETE
    assert all((tmp_path / path.name).read_bytes() == path.read_bytes() for path in files.values())


def test_what_has_no_uids_is_shown_as_a_study_of_its_own(tmp_path: Path) -> None:
    """Two such files are never taken for images of one patient; they are not sent: nothing names them."""
    nameless = image()
    for keyword in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        delattr(nameless, keyword)
    paths = [tmp_path / name for name in ("one", "two", "three")]
    for path, head in zip(paths, (MARK, b"", MARK + meta(EXPLICIT)), strict=True):
        path.write_bytes(head + encode(nameless, EXPLICIT))
        assert isinstance(drawn(path), Picture)
    found, reasons = opened(tmp_path / "opened", *paths)
    assert reasons == []
    assert len({one.study_uid for one in found}) == len({one.sop_uid for one in found}) == 3
    assert found[2].sop_uid == "1.2.3.1"  # as its file meta information says
    again, _ = opened(tmp_path / "opened", *paths)
    assert [one.sop_uid for one in again] == [one.sop_uid for one in found]


def test_uids_that_are_none_keep_together_what_is_of_one_patient(tmp_path: Path) -> None:
    paths = []
    told = ("P1", b"study 1"), ("P1", b"study 1"), ("P2", b"study 1"), ("P1", b"x")
    for number, (patient, study) in enumerate(told):
        data = encode(image(PatientID=patient, InstanceNumber=number), EXPLICIT)
        data = data.replace(b"1.2.3.1\0", b"no UID\0\0")
        data = data.replace(b"UI\x06\x001.2.4\0", b"UI\x08\0" + study.ljust(8))
        paths.append(tmp_path / f"{number}")
        paths[-1].write_bytes(MARK + data)
    found, reasons = opened(tmp_path / "opened", *paths)
    assert reasons == []
    assert len({one.sop_uid for one in found}) == 4
    first, second, other_patient, other_study = (one.study_uid for one in found)
    assert first == second
    assert len({first, other_patient, other_study}) == 3


NOT_DICOM = {
    "nothing": b"",
    "a text": b"This is a text, and a long one.\n" * 100,
    "zeros": bytes(4096),
    "a PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100),
    "a JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(100),
    "a video": b"\0\0\0\x18ftypmp42" + bytes(1000),
    "a program": b"MZ\x90\0\3\0\0\0" + bytes(1000),
    "an ELF program": b"\x7fELF\2\1\1" + bytes(1000),
    "a ZIP": b"PK\3\4\x14\0\0\0\x08\0" + bytes(1000),
    "an icon": b"\0\0\1\0\1\0\x10\x10" + bytes(1000),
    "an element and text": EL[:26] + b"and so on " * 100,
    "looks like an element": struct.pack("<HHI", 8, 5, 10) + b"ISO_IR 100" + b"\xff" * 3000,
    "deflated text": packed(b"to be or not to be, that is the question" * 100),
}


@pytest.mark.parametrize("name", NOT_DICOM)
def test_what_is_no_dicom_file_is_said_to_be_none(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(NOT_DICOM[name])
    assert opened(tmp_path / "opened", path) == ([], ["it is not a DICOM file"])
    card = drawn(path)
    assert isinstance(card, Card)
    assert card.text == "It is not a DICOM file."
    with pytest.raises(Unreadable, match="it is not a DICOM file"):
        send(Node(name="nobody", ae_title="NOBODY", host="127.0.0.1", port=1), [path], Stop(), lambda _: None)
