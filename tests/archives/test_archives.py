"""Every archive starts, answers a C-ECHO, and is gone afterwards; files get in and out again."""

from __future__ import annotations

import contextlib
import queue
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pynetdicom import AE, build_context, evt
from pynetdicom.sop_class import StorageCommitmentPushModel, Verification

from tests.archives.data import YAMADA, uid, worklist
from tests.archives.process import echo, run

pytestmark = pytest.mark.archives


def listens(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def everything(patients):
    return {dcmread(path).SOPInstanceUID for path in patients}


def received(folder: Path) -> list:
    return [dcmread(path) for path in folder.iterdir() if path.is_file()]


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc", "pynetdicom_scp"])
def test_an_archive_holds_its_files_and_ends(request, kind, client, study, tmp_path):
    archive = request.getfixturevalue(kind)(study(3))
    assert echo(archive).status == 0
    wish = ("-S", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid('ENG-1', '1')}")
    client("getscu", archive, *wish, "-od", tmp_path)
    assert len(received(tmp_path)) == 3
    archive.stop()
    assert not listens(archive.port)
    assert archive.process.returncode is not None


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc", "pynetdicom_scp"])
def test_a_killed_archive_is_gone(request, kind):
    archive = request.getfixturevalue(kind)()
    archive.kill()
    assert not listens(archive.port)
    assert echo(archive).status != 0


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc", "pynetdicom_scp"])
def test_an_archive_moves_to_a_destination(request, kind, client, study, storescp, tmp_path):
    destination = storescp(tmp_path / "out", ae_title="DEST")
    archive = request.getfixturevalue(kind)(study(3), destinations={"DEST": destination.port})
    wish = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid('ENG-1', '1')}")
    client("movescu", archive, "-S", "-aem", "DEST", *wish)
    assert len(received(tmp_path / "out")) == 3


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc", "pynetdicom_scp"])
def test_a_paused_archive_is_silent_until_it_resumes(request, kind):
    archive = request.getfixturevalue(kind)()
    archive.pause()
    with pytest.raises(subprocess.TimeoutExpired):
        run("echoscu", archive.host, archive.port, timeout=0.3)
    archive.resume()
    assert echo(archive).status == 0


def test_dcmqrscp_wants_its_own_ae_title(dcmqrscp):
    archive = dcmqrscp(ae_title="PACS")
    assert echo(archive).status == 0
    archive.ae_title = "OTHER"
    assert "Called AE Title Not Recognized" in echo(archive).output


def test_dcmqrscp_limits_associations(dcmqrscp):
    archive = dcmqrscp(associations=2)
    ae = AE("WORKSTATION")
    ae.add_requested_context(Verification)
    with contextlib.ExitStack() as open_associations:
        outcomes = []
        for _ in range(3):
            association = ae.associate(archive.host, archive.port, ae_title="DCMQRSCP")
            outcomes.append(association.is_established)
            if association.is_established:
                open_associations.callback(association.release)
    assert outcomes == [True, True, False]


def test_dcmqrscp_gives_compressed_images_as_they_are_stored(dcmqrscp, mixed_study, client, tmp_path):
    archive = dcmqrscp(mixed_study, compressed=True)
    client(
        "getscu", archive, "-S", "+xt", "-k", "QueryRetrieveLevel=STUDY",
        "-k", f"StudyInstanceUID={uid('ENG-1', 'mixed')}", "-od", tmp_path,
    )  # fmt: skip
    assert "1.2.840.10008.1.2.4.80" in {image.file_meta.TransferSyntaxUID for image in received(tmp_path)}


@pytest.mark.parametrize("kind", ["orthanc", "pynetdicom_scp", "dcmqrscp"])
def test_a_mixed_study_can_be_stored(request, kind, store, mixed_study):
    archive = request.getfixturevalue(kind)(**({"compressed": True} if kind == "dcmqrscp" else {}))
    store(archive, mixed_study)


def test_the_shared_orthanc_takes_files(shared_orthanc, client, study):
    files = study(2, key="shared")
    assert client("storescu", shared_orthanc, files=files).status == 0
    wish = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid('ENG-1', 'shared')}")
    found = client("findscu", shared_orthanc, "-S", *wish, "-k", "NumberOfStudyRelatedInstances")
    assert "(0020,1208) IS [2 ]" in found.output


@pytest.mark.parametrize("demand", [False, True])
def test_orthanc_speaks_tls(orthanc, demand, client, study):
    archive = orthanc(study(1), tls=True, demand_certificate=demand)
    node = archive.node()
    assert node.tls is not None
    assert bool(node.tls.certificate) is demand
    assert echo(archive).status == 0
    assert run("echoscu", "-to", 2, archive.host, archive.port).status != 0
    if demand:
        plain = ("+tla", "+cf", node.tls.ca)
        assert run("echoscu", *plain, "-to", 2, archive.host, archive.port).status != 0


def test_orthanc_limits_its_answers(orthanc, patients, client):
    archive = orthanc(patients, LimitFindResults=2)
    wish = ("-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID")
    assert client("findscu", archive, "-S", *wish).output.count("(0020,000d)") == 2


def test_the_worklist_answers(wlmscpfs, client):
    archive = wlmscpfs()
    found = client("findscu", archive, "-W", "-k", "PatientID", "-k", "PatientName")
    assert found.output.count("(0010,0020)") == len(worklist())
    only = client("findscu", archive, "-W", "-k", f"PatientID={YAMADA.id}", "-k", "AccessionNumber")
    assert "WL5" in only.output
    assert "WL4" not in only.output


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc", "pynetdicom_scp"])
def test_archives_know_all_patients(request, kind, patients, client):
    archive = request.getfixturevalue(kind)(patients)
    found = client("findscu", archive, "-P", "-k", "QueryRetrieveLevel=PATIENT", "-k", "PatientID")
    assert {name for name in ("ENG-1", "GER-1", "CHN-1", "CHN-2", "JPN-1") if name in found.output} == {
        "ENG-1", "GER-1", "CHN-1", "CHN-2", "JPN-1",
    }  # fmt: skip


def test_the_node_of_an_archive_can_be_varied(dcmqrscp):
    archive = dcmqrscp()
    node = archive.node(calling_ae_title="OTHER", associations=4)
    assert (node.ae_title, node.port, node.calling_ae_title) == ("DCMQRSCP", archive.port, "OTHER")
    assert node.associations == 4


def test_a_killed_archive_takes_its_connections_with_it(dcmqrscp):
    archive = dcmqrscp()
    with socket.create_connection((archive.host, archive.port), timeout=5) as connection:
        archive.kill()
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""


def test_no_other_process_is_handed_out_the_same_port(free_port):
    port = free_port()
    program = f"from tests.archives.process import claim, free_port; print(claim({port}), claim(free_port()))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("where", ["same", "new"])
def test_storage_commitment_is_reported(pynetdicom_scp, study, free_port, where):
    port = free_port()
    files = study(2)
    archive = pynetdicom_scp(files[:1], destinations={"WORKSTATION": port}, commitment=where)
    with commitment_requestor(port, [dcmread(path) for path in files]) as request:
        report = request(archive)
    kept, failed = report.ReferencedSOPSequence, report.FailedSOPSequence
    assert [item.ReferencedSOPInstanceUID for item in kept] == [uid("ENG-1", "1", 1, 1)]
    assert [item.ReferencedSOPInstanceUID for item in failed] == [uid("ENG-1", "1", 1, 2)]
    assert failed[0].FailureReason == 0x0112


@contextlib.contextmanager
def commitment_requestor(port, images):
    """Ask by pynetdicom, and wait for the report on either association (PS3.4 J.3)."""
    reports = queue.Queue()

    def on_report(event):
        reports.put(event.event_information)
        return 0x0000, None

    handlers = [(evt.EVT_N_EVENT_REPORT, on_report)]
    ae = AE("WORKSTATION")
    ae.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
    server = ae.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers)
    wish = Dataset()
    wish.TransactionUID = uid("transaction")
    wish.ReferencedSOPSequence = [reference(image) for image in images]

    def request(archive):
        contexts = [build_context(StorageCommitmentPushModel)]
        association = ae.associate("127.0.0.1", archive.port, contexts, evt_handlers=handlers)
        status, _ = association.send_n_action(wish, 1, StorageCommitmentPushModel, "1.2.840.10008.1.20.1.1")
        assert status.Status == 0
        report = reports.get(timeout=10)
        association.release()
        return report

    try:
        yield request
    finally:
        server.shutdown()


def reference(image):
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    return item
