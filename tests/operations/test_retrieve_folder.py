"""Retrieving into a plain folder, from real archives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from tests.archives import data
from tests.archives.process import Archive
from workstation.dicom.nodes import RetrieveMethod
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.errors import MoveDestinationUnknown, NoSuchStudy
from workstation.operations.instance_router import FolderRouter
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import RetrieveOptions, retrieve
from workstation.stop import Progress, Stop

pytestmark = pytest.mark.archives


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def target_of(files: list[Path], **changes: Any) -> Target:
    header = pydicom.dcmread(files[0], stop_before_pixels=True)
    return Target(header.StudyInstanceUID, patient_id=header.PatientID, **changes)


def uids_of(files: list[Path]) -> set[str]:
    return {pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID for file in files}


def payload(file: Path) -> bytes:
    """The encoded data set of a file, after its meta information."""
    raw = file.read_bytes()
    length = int.from_bytes(raw[140:144], "little")
    return raw[144 + length :]


def fetch(
    archive: Archive, target: Target, folder: Path, how: RetrieveOptions | None = None, **node: Any
) -> tuple[Outcome, list[Progress]]:
    told: list[Progress] = []
    router = FolderRouter(folder)
    outcome = retrieve(archive.node(**node), target, router, None, Stop(), told.append, options=how)
    return outcome, told


@pytest.fixture(params=["dcmqrscp", "orthanc", "pynetdicom_scp"])
def any_archive(request: pytest.FixtureRequest) -> Callable[..., Archive]:
    return request.getfixturevalue(request.param)


def test_a_study_comes_whole_and_as_it_was_stored(any_archive, study, out: Path) -> None:
    files = study(5)
    outcome, told = fetch(any_archive(files), target_of(files), out)
    assert outcome.end is End.COMPLETE
    assert outcome.verified
    assert (outcome.expected, outcome.received, outcome.missing) == (5, 5, ())
    assert {path.stem for path in out.glob("*.dcm")} == uids_of(files)
    by_uid = {pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID: file for file in files}
    for uid, file in by_uid.items():
        assert payload(out / f"{uid}.dcm") == payload(file)
    assert told[-1].done == 5


def test_with_a_hint_the_archive_is_asked_after_the_transfer(dcmqrscp, study, out: Path) -> None:
    files = study(3)
    outcome, told = fetch(dcmqrscp(files), target_of(files, modalities=("CT",)), out)
    assert outcome.end is End.COMPLETE
    assert outcome.verified
    assert told[0].expected is None  # the first image did not wait


def test_a_mixed_study_comes_from_orthanc_as_stored(orthanc, mixed_study, out: Path) -> None:
    archive = orthanc(mixed_study)
    outcome, _ = fetch(archive, target_of(mixed_study), out)
    assert outcome.end is End.COMPLETE
    stored = {h.SOPInstanceUID: h.file_meta.TransferSyntaxUID for h in map(pydicom.dcmread, mixed_study)}
    came = {h.SOPInstanceUID: h.file_meta.TransferSyntaxUID for h in map(pydicom.dcmread, out.glob("*"))}
    assert came.keys() == stored.keys()
    for uid, syntax in stored.items():
        # Orthanc sends whatever is not compressed in the first plain syntax accepted.
        plain = syntax in (ImplicitVRLittleEndian, ExplicitVRBigEndian)
        assert came[uid] == (ExplicitVRLittleEndian if plain else syntax)


def test_a_mixed_study_comes_from_an_archive_that_uses_its_first_context(
    dcmqrscp, mixed_study, out: Path
) -> None:
    archive = dcmqrscp(mixed_study, compressed=True)
    outcome, _ = fetch(archive, target_of(mixed_study), out)
    assert outcome.missing == ()
    assert outcome.end is End.COMPLETE
    for path in out.glob("*.dcm"):
        assert pydicom.dcmread(path).SOPInstanceUID == path.stem


def test_what_an_archive_cannot_send_is_named(dcmqrscp, mixed_study, out: Path) -> None:
    outcome, _ = fetch(dcmqrscp(mixed_study), target_of(mixed_study), out)
    assert outcome.end is End.PARTIAL
    assert not outcome.verified
    assert outcome.received + len(outcome.missing) == outcome.expected == len(mixed_study)
    assert {failure.uid for failure in outcome.failed} == set(outcome.missing)
    assert "4 of 12" in outcome.message


def test_series_and_instances_alone(any_archive, study, out: Path) -> None:
    files = study(3, series=2)
    archive = any_archive(files)
    headers = [pydicom.dcmread(file, stop_before_pixels=True) for file in files]
    series = (str(headers[-1].SeriesInstanceUID),)
    outcome, _ = fetch(archive, target_of(files, series=series), out / "series")
    assert outcome.end is End.COMPLETE
    assert {path.stem for path in (out / "series").glob("*.dcm")} == uids_of(files[3:])
    one = (str(headers[-1].SOPInstanceUID),)
    outcome, _ = fetch(archive, target_of(files, series=series, instances=one), out / "one")
    assert outcome.end is End.COMPLETE
    assert [path.stem for path in (out / "one").glob("*.dcm")] == list(one)


def test_an_unknown_study_is_said_to_be_unknown(any_archive, study, out: Path) -> None:
    archive = any_archive(study(1))
    with pytest.raises(NoSuchStudy):
        fetch(archive, Target(str(data.uid("nowhere"))), out)
    assert not list(out.glob("*"))


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc", "pynetdicom_scp"])
def test_a_move_to_our_listener(
    kind: str, request: pytest.FixtureRequest, study, free_port, out: Path
) -> None:
    files = study(4)
    port = free_port()
    archive = request.getfixturevalue(kind)(files, destinations={"WORKSTATION": port})
    router = FolderRouter(out)
    listening = OnDemandListener(router, port, idle=0.0)
    node = archive.node(retrieve=RetrieveMethod.MOVE)
    outcome = retrieve(node, target_of(files), router, listening, Stop(), lambda _: None)
    listening.close()
    assert outcome.end is End.COMPLETE
    assert outcome.verified
    assert {path.stem for path in out.glob("*.dcm")} == uids_of(files)


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc", "pynetdicom_scp"])
def test_a_move_to_an_unknown_destination_tells_what_to_do(
    kind: str, request: pytest.FixtureRequest, study, free_port, out: Path
) -> None:
    files = study(1)
    archive = request.getfixturevalue(kind)(files)
    router = FolderRouter(out)
    listening = OnDemandListener(router, free_port(), idle=0.0)
    node = archive.node(retrieve=RetrieveMethod.MOVE, calling_ae_title="NOBODY")
    with pytest.raises(MoveDestinationUnknown) as raised:
        retrieve(node, target_of(files), router, listening, Stop(), lambda _: None)
    listening.close()
    assert "NOBODY" in str(raised.value)
    assert str(listening.port) in str(raised.value)


def test_a_stop_in_the_middle_keeps_what_came(dcmqrscp, study, out: Path) -> None:
    files = study(60, size=256)
    archive = dcmqrscp(files)
    stop = Stop()

    def report(progress: Progress) -> None:
        if progress.done == 3:
            stop.request()

    outcome = retrieve(archive.node(), target_of(files), FolderRouter(out), None, stop, report)
    assert outcome.end is End.CANCELLED
    assert 3 <= outcome.received <= 60
    assert len(list(out.iterdir())) == outcome.received


def test_an_archive_killed_in_the_middle_is_partial(dcmqrscp, study, out: Path) -> None:
    files = study(200, size=256)
    archive = dcmqrscp(files)

    def report(progress: Progress) -> None:
        if progress.done == 3:
            archive.kill()

    outcome = retrieve(archive.node(), target_of(files), FolderRouter(out), None, Stop(), report)
    assert outcome.end is End.PARTIAL
    assert "lost" in outcome.message or "aborted" in outcome.message
    assert outcome.received == len(list(out.iterdir()))
    assert len(outcome.missing) == 200 - outcome.received


def test_cancel_after_some(dcmqrscp, study, out: Path) -> None:
    files = study(100, size=256)
    outcome, _ = fetch(dcmqrscp(files), target_of(files), out, RetrieveOptions(cancel_after=2))
    assert outcome.end in (End.CANCELLED, End.COMPLETE)  # all of it may have been on its way already
    assert outcome.received >= 2


def test_a_move_goes_to_the_title_this_archive_knows_us_by(dcmqrscp, study, free_port, out: Path) -> None:
    """Whatever the settings say: the node's own AE title towards the archive is the destination."""
    files, port = study(2), free_port()
    archive = dcmqrscp(files, destinations={"READING7": port})
    router = FolderRouter(out)
    listening = OnDemandListener(router, port, idle=0.0)
    node = archive.node(retrieve=RetrieveMethod.MOVE, calling_ae_title="READING7")
    outcome = retrieve(node, target_of(files), router, listening, Stop(), lambda _: None)
    listening.close()
    assert (outcome.end, outcome.received) == (End.COMPLETE, 2)
