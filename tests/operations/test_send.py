"""Sending, with and without storage commitment, to real archives."""

from __future__ import annotations

import queue
from pathlib import Path

import pydicom
import pytest

from tests.archives import data
from tests.archives.process import run
from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End
from workstation.errors import Unreachable, Unreadable
from workstation.network.storage_commitment import Commitment
from workstation.operations.instance_router import FolderRouter
from workstation.operations.node_check import check
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.send import send
from workstation.operations.storage_commitment import Commit
from workstation.stop import Progress, Stop

pytestmark = pytest.mark.archives


def payloads(files: list[Path]) -> set[bytes]:
    found = set()
    for file in files:
        raw = file.read_bytes()
        found.add(raw[144 + int.from_bytes(raw[140:144], "little") :])
    return found


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc", "pynetdicom_scp"])
def test_a_folder_is_sent_whole(kind: str, request: pytest.FixtureRequest, study) -> None:
    files = study(4)
    archive = request.getfixturevalue(kind)()
    told: list[Progress] = []
    outcome = send(archive.node(), [files[0].parent], Stop(), told.append)
    assert (outcome.end, outcome.expected, outcome.received) == (End.COMPLETE, 4, 4)
    assert told[-1].done == 4


def test_twelve_syntaxes_arrive_byte_for_byte(storescp, mixed_study, tmp_path: Path) -> None:
    out = tmp_path / "in"
    out.mkdir()
    outcome = send(storescp(out, "+B").node(), mixed_study, Stop(), lambda _: None)
    assert outcome.end is End.COMPLETE
    assert payloads(list(out.iterdir())) == payloads(mixed_study)


def test_what_the_archive_does_not_take_is_named(dcmqrscp, mixed_study) -> None:
    outcome = send(dcmqrscp().node(), mixed_study, Stop(), lambda _: None)
    assert outcome.end is End.PARTIAL
    assert 0 < outcome.received < len(mixed_study)
    assert outcome.received + len(outcome.failed) == len(mixed_study)
    assert all("transfer syntax" in failure.reason for failure in outcome.failed)


def test_a_file_that_is_none_is_named_and_the_rest_goes(storescp, study, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("no image")
    (tmp_path / "in").mkdir()
    node = storescp(tmp_path / "in").node()
    outcome = send(node, [*study(1), note], Stop(), lambda _: None)
    assert outcome.end is End.PARTIAL
    assert "note.txt" in outcome.failed[0].reason
    with pytest.raises(Unreadable):
        send(node, [note], Stop(), lambda _: None)


def test_commitment_on_the_same_association(pynetdicom_scp, study) -> None:
    archive = pynetdicom_scp(commitment="same")
    commit = Commit(str(data.uid("transaction", "same")), seconds=10)
    outcome = send(archive.node(), study(2), Stop(), lambda _: None, commit=commit)
    assert outcome.end is End.COMPLETE
    assert outcome.verified


def test_commitment_brought_to_our_listener(pynetdicom_scp, study, free_port, tmp_path: Path) -> None:
    port = free_port()
    archive = pynetdicom_scp(commitment="new", destinations={"WORKSTATION": port})
    reports: queue.SimpleQueue[Commitment] = queue.SimpleQueue()
    router = FolderRouter(tmp_path / "unused")
    listening = OnDemandListener(router, port, on_commitment=reports.put, idle=0.0)
    commit = Commit(str(data.uid("transaction", "new")), seconds=10, reports=reports)
    with listening.receiving():
        outcome = send(archive.node(), study(2), Stop(), lambda _: None, commit=commit)
    listening.close()
    assert outcome.end is End.COMPLETE
    assert outcome.verified


def test_without_commitment_in_the_archive_nothing_counts_as_committed(storescp, study, tmp_path) -> None:
    (tmp_path / "in").mkdir()
    commit = Commit(str(data.uid("transaction", "none")), seconds=1)
    outcome = send(storescp(tmp_path / "in").node(), study(2), Stop(), lambda _: None, commit=commit)
    assert outcome.end is End.PARTIAL
    assert (outcome.received, outcome.committed, outcome.failed, outcome.missing) == (2, 0, (), ())
    assert outcome.message == "2 of 2 objects were sent; the archive committed to keep 0."
    assert len(outcome.uncommitted) == 2
    assert all("storage commitment" in failure.reason for failure in outcome.uncommitted)
    assert len(payloads(list((tmp_path / "in").iterdir()))) == 2


def test_a_stop_in_the_middle(storescp, study, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    stop = Stop()

    def report(progress: Progress) -> None:
        if progress.done == 2:
            stop.request()

    outcome = send(storescp(tmp_path / "in").node(), study(20), stop, report)
    assert outcome.end is End.CANCELLED
    assert outcome.received == 2
    assert len(outcome.missing) == 18


def test_nobody_there(study, free_port) -> None:
    with pytest.raises(Unreachable):
        send(
            Node(name="", ae_title="X", host="127.0.0.1", port=free_port()), study(1), Stop(), lambda _: None
        )


@pytest.mark.parametrize(
    ("kind", "lacking"), [("dcmqrscp", "Modality Worklist"), ("orthanc", "Patient/Study Only")]
)
def test_a_check_tells_what_is_offered(kind: str, lacking: str, request: pytest.FixtureRequest) -> None:
    found = check(request.getfixturevalue(kind)().node(), Stop())
    assert {"C-ECHO", "Study Root C-FIND", "Study Root C-GET", "Study Root C-MOVE"} <= set(found.services)
    assert not any(lacking in service for service in found.services)


def test_pushes_are_taken_and_foreign_objects_refused(study, free_port, tmp_path: Path, client) -> None:
    files = study(2)
    pushed = FolderRouter(tmp_path / "pushed", pushes=True)
    refused = FolderRouter(tmp_path / "refused")
    for router, expected in ((pushed, 2), (refused, 0)):
        listening = OnDemandListener(router, 0, idle=0.0)
        with listening.receiving() as scp:
            run("storescu", "127.0.0.1", str(scp.port), *files)
        listening.close()
        assert len(list(router.folder().glob("*.dcm"))) == expected


def test_data_sets_pushed_keep_their_bytes(study, tmp_path: Path) -> None:
    files = study(3)
    router = FolderRouter(tmp_path / "pushed", pushes=True)
    listening = OnDemandListener(router, 0, idle=0.0)
    with listening.receiving() as scp:
        run("storescu", "127.0.0.1", str(scp.port), *files)
    listening.close()
    found = list((tmp_path / "pushed").glob("*.dcm"))
    assert payloads(found) == payloads(files)
    assert {str(pydicom.dcmread(file).SOPInstanceUID) for file in found} == {file.stem for file in found}
