"""What an archive does not take as it is stored goes out in a plain transfer syntax (PS3.5 10.1)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom import Dataset, Sequence, dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from tests.archives.data import MIXED
from tests.archives.process import run
from workstation.dicom.outcomes import End, Outcome
from workstation.operations.send import send
from workstation.stop import Stop

pytestmark = pytest.mark.archives

LOSSY = {f"1.2.840.10008.1.2.4.{number}" for number in ("50", "51", "81", "91")}
Sent = Callable[..., tuple[Outcome, dict[str, Dataset]]]


@pytest.fixture
def sent(storescp, tmp_path: Path) -> Sent:
    """Send files to a storescp with options: how it ended, and what it has, by SOP Instance UID."""

    def to(paths: list[Path], *options: str, lossy: bool = False) -> tuple[Outcome, dict[str, Dataset]]:
        out = tmp_path / "in"
        node = storescp(out, "+B", *options).node()
        outcome = send(node, paths, Stop(), lambda _: None, lossy=lossy)
        found = [dcmread(path) for path in out.iterdir()]
        return outcome, {str(one.SOPInstanceUID): one for one in found}

    return to


def test_an_archive_of_the_default_syntax_gets_all_but_lossy_images(mixed_study, sent) -> None:
    outcome, there = sent(mixed_study, "+xi")
    files = [dcmread(path) for path in mixed_study]
    lossy = {str(one.SOPInstanceUID) for one in files if one.file_meta.TransferSyntaxUID in LOSSY}
    assert (outcome.end, outcome.expected) == (End.PARTIAL, len(MIXED))
    assert outcome.received == len(there) == len(MIXED) - len(lossy)
    assert {failure.uid for failure in outcome.failed} == lossy
    assert all("lossily compressed" in failure.reason for failure in outcome.failed)
    assert {one.file_meta.TransferSyntaxUID for one in there.values()} == {ImplicitVRLittleEndian}
    default = [one for one in files if one.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian]
    as_stored = {one.SOPInstanceUID for one in default}
    assert {remark.uid for remark in outcome.remarks} == there.keys() - as_stored
    assert all("Implicit VR Little Endian" in remark.reason for remark in outcome.remarks)


def test_lossy_images_go_decoded_when_it_is_wanted(mixed_study, sent) -> None:
    outcome, there = sent(mixed_study, "+xi", lossy=True)
    assert (outcome.end, outcome.received) == (End.COMPLETE, len(MIXED))
    assert outcome.message.startswith("Sent in another transfer syntax than they are stored in: 11.")
    for path in mixed_study:
        one = dcmread(path)
        if one.file_meta.TransferSyntaxUID in LOSSY:
            assert there[str(one.SOPInstanceUID)].LossyImageCompression == "01"


def test_explicit_is_preferred_to_implicit(mixed_study, dcmqrscp) -> None:
    """Both are offered; dcmqrscp takes either, and no compressed images."""
    outcome = send(dcmqrscp().node(), mixed_study, Stop(), lambda _: None)
    words = {remark.reason.partition(" in ")[2].partition(":")[0] for remark in outcome.remarks}
    assert words == {"Explicit VR Little Endian"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [("signed", "digitally signed"), ("signed item", "digitally signed"), ("cut", "it is cut off")],
)
def test_signed_and_doubtful_objects_are_not_converted(study, sent, change: str, reason: str) -> None:
    path, other = study(2)
    image = dcmread(path)
    if change == "signed":
        image.DigitalSignaturesSequence = Sequence([Dataset()])
    elif change == "signed item":
        image.ReferencedStudySequence = Sequence([Dataset()])
        image.ReferencedStudySequence[0].DigitalSignaturesSequence = Sequence([Dataset()])
    image.save_as(path)
    if change == "cut":
        path.write_bytes(path.read_bytes()[:-2])
    outcome, there = sent([path, other], "+xi")
    assert (outcome.end, outcome.received, len(there)) == (End.PARTIAL, 1, 1)
    assert reason in outcome.failed[0].reason
    assert path.name in outcome.failed[0].reason


def test_what_is_taken_as_stored_is_not_touched_though_signed(study, sent) -> None:
    (path,) = study(1)
    image = dcmread(path)
    image.DigitalSignaturesSequence = Sequence([Dataset()])
    image.save_as(path)
    outcome, there = sent([path])
    assert (outcome.end, outcome.remarks) == (End.COMPLETE, ())
    (one,) = there.values()
    assert one.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian


# --- Whose it is ----------------------------------------------------------------------------------------


@pytest.fixture
def renamed(study) -> list[Path]:
    """Three files; the meta information of the second and the third says the UID of the first."""
    files = study(3)
    first = dcmread(files[0])
    for path in files[1:]:
        image = dcmread(path)
        image.file_meta.MediaStorageSOPInstanceUID = first.SOPInstanceUID
        image.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.4")
        image.save_as(path)
    return files


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_objects_are_sent_as_what_their_data_sets_say(kind: str, request, renamed: list[Path]) -> None:
    outcome = send(request.getfixturevalue(kind)().node(), renamed, Stop(), lambda _: None)
    assert (outcome.end, outcome.expected, outcome.received) == (End.COMPLETE, 3, 3)
    assert [remark.uid for remark in outcome.remarks] == [
        dcmread(path).SOPInstanceUID for path in renamed[1:]
    ]
    assert all("file meta information" in remark.reason for remark in outcome.remarks)


def test_none_is_written_over_another(renamed: list[Path], sent) -> None:
    outcome, there = sent(renamed)
    assert outcome.end is End.COMPLETE
    assert there.keys() == {dcmread(path).SOPInstanceUID for path in renamed}


def test_equal_files_are_sent_once_and_others_of_their_uid_not(study, sent, tmp_path: Path) -> None:
    first, second = study(2)
    equal, differing = tmp_path / "equal.dcm", tmp_path / "differing.dcm"
    equal.write_bytes(first.read_bytes())
    image = dcmread(first)
    image.InstanceNumber = 99
    image.save_as(differing)
    outcome, there = sent([first, second, equal, differing])
    assert (outcome.end, outcome.expected, outcome.received) == (End.PARTIAL, 3, 2)
    assert [failure.uid for failure in outcome.failed] == [image.SOPInstanceUID]
    assert "differing.dcm" in outcome.failed[0].reason
    assert first.name in outcome.failed[0].reason
    assert there[str(image.SOPInstanceUID)].InstanceNumber == 1
    assert outcome.missing == ()


def test_one_uid_in_another_syntax_is_another_content(study, sent, tmp_path: Path) -> None:
    (first,) = study(1)
    other = tmp_path / "implicit.dcm"
    run("dcmconv", "+ti", first, other)
    outcome, there = sent([first, other])
    assert (outcome.received, len(outcome.failed), len(there)) == (1, 1, 1)
