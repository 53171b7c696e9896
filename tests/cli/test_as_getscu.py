"""The same objects as DCMTK's getscu, movescu, storescu and storescp move."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.archives import data
from tests.archives.process import Archive, Result
from tests.archives.tls import Authority
from tests.cli.conftest import Program, Said, at
from tests.data_sets import data_sets_by_uid
from workstation.dicom.nodes import Tls
from workstation.settings.folders import folders

pytestmark = pytest.mark.archives

Call = Callable[..., Said]
Client = Callable[..., Result]
Start = Callable[..., Archive]

STUDY = data.uid("ENG-1", "1")
SERIES = [data.uid("ENG-1", "1", number) for number in (1, 2)]
IMAGES = [data.uid("ENG-1", "1", 1, number) for number in (1, 2, 3)]


WANTED: dict[str, tuple[list[str], list[str], int]] = {
    "a study": (
        ["-S", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}"],
        ["--study", STUDY],
        6,
    ),
    "a series": (
        ["-S", "-k", "0008,0052=SERIES", "-k", f"0020,000d={STUDY}", "-k", f"0020,000e={SERIES[1]}"],
        ["--study", STUDY, "--series", SERIES[1]],
        3,
    ),
    "two images": (
        ["-S", "-k", "0008,0052=IMAGE", "-k", f"0020,000d={STUDY}", "-k", f"0020,000e={SERIES[0]}",
         "-k", f"0008,0018={IMAGES[0]}\\{IMAGES[2]}"],
        ["--study", STUDY, "--series", SERIES[0], "--instance", IMAGES[0], "--instance", IMAGES[2]],
        2,
    ),
    "patient root": (
        ["-P", "-k", "0008,0052=STUDY", "-k", "PatientID=ENG-1", "-k", f"0020,000d={STUDY}"],
        ["--model", "patient", "--patient", "ENG-1", "--study", STUDY],
        6,
    ),
    "patient/study only": (
        ["-O", "-k", "0008,0052=STUDY", "-k", "PatientID=ENG-1", "-k", f"0020,000d={STUDY}"],
        ["--model", "patient-study", "--patient", "ENG-1", "--study", STUDY],
        6,
    ),
}  # fmt: skip


def complete(said: Said, count: int, *, known: bool = True) -> None:
    """Complete; received if not ``known``: the archive cannot be asked what it holds (Patient/Study Only)."""
    assert (said.status, said.err) == (0, "")
    *running, last = said.objects
    assert {found["state"] for found in running} <= {"running"}
    assert last.pop("seconds") >= 0
    assert last.pop("bytes") > 0
    assert last == {
        "state": "complete" if known else "received",
        "verified": known,
        "expected": count if known else None,
        "received": count,
        "missing": [],
        "failed": [],
    }


PAIRS = [(kind, name) for kind in ("dcmqrscp", "orthanc") for name in WANTED]
PAIRS.remove(("orthanc", "patient/study only"))  # it offers no such model


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_get_as_getscu(
    workstation: Call,
    client: Client,
    kind: str,
    name: str,
    study: Callable[..., list[Path]],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    theirs, ours, count = WANTED[name]
    archive = request.getfixturevalue(kind)(study(3, series=2))
    (tmp_path / "theirs").mkdir()
    result = client("getscu", archive, "+B", *theirs, "-od", tmp_path / "theirs")
    assert result.status == 0, result.output
    said = workstation("get", at(archive), *ours, "--out", tmp_path / "ours", "--json")
    complete(said, count, known=name != "patient/study only")
    assert data_sets_by_uid(tmp_path / "ours") == data_sets_by_uid(tmp_path / "theirs")
    assert {path.name for path in (tmp_path / "ours").iterdir()} == {
        f"{uid}.dcm" for uid in data_sets_by_uid(tmp_path / "ours")
    }


@pytest.mark.parametrize("name", WANTED)
def test_move_as_movescu(
    workstation: Call,
    client: Client,
    dcmqrscp: Start,
    name: str,
    study: Callable[..., list[Path]],
    tmp_path: Path,
    free_port: Callable[[], int],
) -> None:
    theirs, ours, count = WANTED[name]
    port = free_port()
    archive = dcmqrscp(study(3, series=2), destinations={"WORKSTATION": port})
    (tmp_path / "theirs").mkdir()
    # With +B movescu writes to the working directory, whatever -od says.
    receiving = ["+B", "+P", port, "-aem", "WORKSTATION"]
    result = client("movescu", archive, *receiving, *theirs, folder=tmp_path / "theirs")
    assert result.status == 0, result.output
    out = tmp_path / "ours"
    said = workstation("move", at(archive), *ours, "--out", out, "--port", port, "--json")
    complete(said, count, known=name != "patient/study only")
    assert data_sets_by_uid(out) == data_sets_by_uid(tmp_path / "theirs")


def test_get_fills_the_library_and_fetches_nothing_twice(
    workstation: Call, dcmqrscp: Start, study: Callable[..., list[Path]]
) -> None:
    archive = dcmqrscp(study(3))
    complete(workstation("get", at(archive), "--study", STUDY, "--json"), 3)
    library = folders().library
    assert {path.stem for path in (library / STUDY).glob("*.dcm")} == set(IMAGES)
    again = workstation("get", at(archive), "--study", STUDY, "--json", "-v")
    assert again.status == 0
    assert not [
        error for error in again.errors if "C-STORE" in error["trace"] or "C-GET-RQ" in error["trace"]
    ]
    assert again.objects[-1]["received"] == 3
    said = workstation("get", at(archive), "--study", STUDY)
    assert said.out.startswith("Complete: 3 of 3 objects here")


def test_move_fills_the_library(
    workstation: Call, orthanc: Start, study: Callable[..., list[Path]], free_port: Callable[[], int]
) -> None:
    port = free_port()
    archive = orthanc(study(3), destinations={"OURS": port})
    said = workstation("move", at(archive), "--study", STUDY, "--aet", "OURS", "--port", port, "--json")
    complete(said, 3)
    assert len(list((folders().library / STUDY).glob("*.dcm"))) == 3


def test_the_usual_port_and_title_are_the_persons(
    workstation: Call, dcmqrscp: Start, study: Callable[..., list[Path]], free_port: Callable[[], int]
) -> None:
    port = free_port()
    folders().settings.write_text(json.dumps({"version": 1, "ae_title": "MINE", "port": port}))
    archive = dcmqrscp(study(1), destinations={"MINE": port})
    complete(workstation("move", at(archive), "--study", STUDY, "--json"), 1)


def test_a_mixed_study_keeps_its_transfer_syntaxes(
    workstation: Call, orthanc: Start, mixed_study: list[Path], tmp_path: Path
) -> None:
    """Twelve of them, among which two uncompressed ones Orthanc converts."""
    archive = orthanc(mixed_study)
    uid = str(dcmread(mixed_study[0], stop_before_pixels=True).StudyInstanceUID)
    said = workstation("get", at(archive), "--study", uid, "--out", tmp_path, "--json")
    complete(said, len(mixed_study))
    kept, held = _syntaxes(tmp_path.glob("*.dcm")), _syntaxes(mixed_study)
    assert held - kept <= {"1.2.840.10008.1.2", "1.2.840.10008.1.2.2"}


def _syntaxes(paths: Iterable[Path]) -> set[str]:
    return {str(dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID) for path in paths}


def test_only_in_the_wanted_transfer_syntax(
    workstation: Call, orthanc: Start, study: Callable[..., list[Path]], tmp_path: Path
) -> None:
    implicit = "1.2.840.10008.1.2"
    archive = orthanc(study(2))
    said = workstation(
        "get", at(archive), "--study", STUDY, "--out", tmp_path / "x", "--json", "--syntax", implicit
    )
    complete(said, 2)
    for path in (tmp_path / "x").iterdir():
        assert dcmread(path).file_meta.TransferSyntaxUID == implicit


def test_cancel_after_some_objects(
    workstation: Call, client: Client, dcmqrscp: Start, study: Callable[..., list[Path]], tmp_path: Path
) -> None:
    archive = dcmqrscp(study(60, size=128))
    said = workstation(
        "get", at(archive), "--study", STUDY, "--out", tmp_path, "--json", "-v", "--cancel", "2"
    )
    last = said.objects[-1]
    traces = [error["trace"] for error in said.errors if "trace" in error]
    assert any("C-CANCEL-RQ" in trace for trace in traces)
    assert not list(tmp_path.glob("*.part"))
    assert len(list(tmp_path.glob("*.dcm"))) == last["received"]
    if last["state"] == "complete":  # it had sent everything before it saw the request
        assert (said.status, last["received"]) == (0, 60)
    else:
        assert (said.status, last["state"]) == (1, "cancelled")
        assert last["received"] + len(last["missing"]) == 60 or last["expected"] is None


# --- Elsewhere -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_move_to_a_third_party(
    workstation: Call,
    storescp: Start,
    kind: str,
    study: Callable[..., list[Path]],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    there = storescp(tmp_path / "there", "+B", ae_title="THERE")
    archive = request.getfixturevalue(kind)(study(3), destinations={"THERE": there.port})
    said = workstation("move", at(archive), "--study", STUDY, "--to", "THERE", "--json")
    assert (said.status, said.err) == (0, "")
    last = said.objects[-1]
    assert (last["state"], last["verified"]) == ("complete", False)
    assert set(data_sets_by_uid(tmp_path / "there")) == set(IMAGES)
    if last["expected"] is not None:
        assert (last["expected"], last["received"]) == (3, 3)
    assert not folders().library.exists()


def test_a_third_party_the_archive_does_not_know(
    workstation: Call, client: Client, dcmqrscp: Start, study: Callable[..., list[Path]]
) -> None:
    archive = dcmqrscp(study(1))
    theirs = client(
        "movescu", archive, "-S", "-v", "-k", "0008,0052=STUDY", "-k", f"0020,000d={STUDY}", "-aem", "NOBODY"
    )
    assert "MoveDestinationUnknown" in theirs.output
    said = workstation("move", at(archive), "--study", STUDY, "--to", "NOBODY", "--json")
    assert said.status == 1
    [error] = said.errors
    assert error["status"] == "0xA801"
    assert "destination" in error["error"]


def test_a_third_party_that_is_not_there(
    workstation: Call, dcmqrscp: Start, study: Callable[..., list[Path]], free_port: Callable[[], int]
) -> None:
    archive = dcmqrscp(study(1), destinations={"GONE": free_port()})
    said = workstation("move", at(archive), "--study", STUDY, "--to", "GONE", "--json")
    assert said.status == 1
    assert said.err


def test_nothing_to_move(
    workstation: Call, dcmqrscp: Start, study: Callable[..., list[Path]], free_port: Callable[[], int]
) -> None:
    archive = dcmqrscp(study(1), destinations={"THERE": free_port()})
    for more in (["--to", "THERE"], ["--port", str(free_port())]):
        said = workstation("move", at(archive), "--study", "1.2.3", "--json", *more)
        assert said.status == 1
        assert "has no such study" in said.errors[-1]["error"]


def test_we_are_not_known_as_a_destination(
    workstation: Call,
    dcmqrscp: Start,
    study: Callable[..., list[Path]],
    free_port: Callable[[], int],
    tmp_path: Path,
) -> None:
    archive = dcmqrscp(study(1))
    port = free_port()
    said = workstation("move", at(archive), "--study", STUDY, "--port", port, "--out", tmp_path, "--json")
    assert said.status == 1
    assert said.errors[-1]["status"] == "0xA801"
    assert f"port {port}" in said.errors[-1]["error"]


@pytest.mark.parametrize("secured", [False, True])
def test_move_over_tls(
    workstation: Call,
    orthanc: Start,
    authority: Authority,
    study: Callable[..., list[Path]],
    tmp_path: Path,
    free_port: Callable[[], int],
    secured: bool,
) -> None:
    """The query goes over TLS; whether the images do, too, is for the archive to say."""
    port = free_port()
    us = {"AET": "WORKSTATION", "Host": "localhost", "Port": port, "UseDicomTls": secured}
    archive = orthanc(study(2), tls=True, demand_certificate=True, DicomModalities={"WORKSTATION": us})
    files = archive.tls
    assert files is not None
    options = ["--tls", "--tls-ca", files.ca, "--tls-cert", files.certificate, "--tls-key", files.key]
    options += ["--listen-tls"] if secured else []
    line = ["--study", STUDY, "--port", port, "--out", tmp_path / "out", "--json", *options]
    complete(workstation("move", at(archive), *line), 2)


# --- Sending and listening -----------------------------------------------------------------------------


def test_send_as_storescu(
    workstation: Call, client: Client, storescp: Start, study: Callable[..., list[Path]], tmp_path: Path
) -> None:
    files = study(3, series=2)
    ours, theirs = storescp(tmp_path / "ours", "+B"), storescp(tmp_path / "theirs", "+B")
    assert client("storescu", theirs, files=files).status == 0
    said = workstation("send", at(ours), files[0].parent, "--json")
    assert (said.status, said.err) == (0, "")
    last = said.objects[-1]
    assert (last["state"], last["received"], last["expected"]) == ("complete", 6, 6)
    assert (
        data_sets_by_uid(tmp_path / "ours")
        == data_sets_by_uid(tmp_path / "theirs")
        == data_sets_by_uid(files[0].parent)
    )
    human = workstation("send", at(ours), *files)
    assert human.out.startswith("Complete, not verified: 6 of 6 objects sent")


def test_send_over_several_associations(
    workstation: Call, storescp: Start, study: Callable[..., list[Path]], tmp_path: Path
) -> None:
    files, there = study(100, size=8), storescp(tmp_path / "there", "--fork")
    said = workstation("send", at(there), files[0].parent, "--associations", 3, "--json", "-v")
    assert (said.status, said.objects[-1]["received"]) == (0, 100)
    assert 1 < said.err.count("A-ASSOCIATE-AC") <= 3


def test_send_what_is_no_dicom_file(
    workstation: Call, storescp: Start, study: Callable[..., list[Path]], tmp_path: Path
) -> None:
    there = storescp(tmp_path / "there", "+B")
    (tmp_path / "note.txt").write_text("hello")
    said = workstation("send", at(there), tmp_path / "note.txt", "--json")
    assert said.status == 1
    said = workstation("send", at(there), tmp_path / "note.txt", *study(2), "--json")
    assert said.status == 1
    assert said.objects[-1]["state"] == "partial"
    assert len(data_sets_by_uid(tmp_path / "there")) == 2
    said = workstation("send", at(there), tmp_path / "missing", "--json")
    assert said.status == 1
    assert "missing" in said.errors[-1]["error"]


@pytest.mark.parametrize("commitment", ["same", "new"])
def test_send_with_storage_commitment(
    workstation: Call,
    pynetdicom_scp: Start,
    study: Callable[..., list[Path]],
    commitment: str,
    free_port: Callable[[], int],
) -> None:
    port = free_port()
    archive = pynetdicom_scp((), destinations={"WORKSTATION": port}, commitment=commitment)
    listener = ["--port", str(port)] if commitment == "new" else []
    said = workstation("send", at(archive), *study(2), "--commit", "--json", *listener)
    assert (said.status, said.err) == (0, "")
    last = said.objects[-1]
    assert (last["state"], last["verified"], last["received"]) == ("complete", True, 2)
    assert (last["committed"], last["uncommitted"]) == (2, [])


def test_commitment_that_is_not_offered(
    workstation: Call, storescp: Start, study: Callable[..., list[Path]], tmp_path: Path
) -> None:
    there = storescp(tmp_path / "there", "+B")
    said = workstation("send", at(there), *study(1), "--commit", "--json")
    assert said.status == 1
    last = said.objects[-1]
    assert (last["state"], last["received"], last["committed"]) == ("partial", 1, 0)
    assert (last["failed"], last["missing"]) == ([], [])
    assert ["storage commitment" in one["reason"] for one in last["uncommitted"]] == [True]
    assert len(data_sets_by_uid(tmp_path / "there")) == 1
    human = workstation("send", at(there), *study(1), "--commit")
    assert human.out.startswith("Partial: 1 of 1 objects sent, 0 committed, ")
    assert "0 of 1 objects were sent" not in human.out + human.err


@pytest.mark.parametrize("where", ["folder", "library"])
def test_listen_as_storescp(
    program: Callable[..., Program],
    client: Client,
    storescp: Start,
    study: Callable[..., list[Path]],
    tmp_path: Path,
    free_port: Callable[[], int],
    where: str,
) -> None:
    files, port = study(3), free_port()
    theirs = storescp(tmp_path / "theirs", "+B")
    assert client("storescu", theirs, files=files).status == 0
    out = ["--out", tmp_path / "ours"] if where == "folder" else []
    listening = program("listen", "--json", "--port", port, "--aet", "LISTENER", *out)
    assert json.loads(listening.wait_for("listening")) == {"state": "listening", "port": port}
    ours = Archive("LISTENER", port, tmp_path, tmp_path / "log", theirs.process)
    assert client("echoscu", ours).status == 0
    assert client("storescu", ours, files=files).status == 0
    told = [json.loads(listening.wait_for('"received"')) for _ in files]
    folder = tmp_path / "ours" if where == "folder" else folders().library / STUDY
    assert data_sets_by_uid(folder) == data_sets_by_uid(tmp_path / "theirs")
    assert {found["uid"] for found in told} == set(IMAGES)
    assert {Path(found["path"]) for found in told} == set(folder.iterdir())
    assert {found["from"] for found in told} == {"WORKSTATION"}
    listening.interrupt()
    assert listening.end().status == 130


def test_listen_over_tls(
    program: Callable[..., Program],
    client: Client,
    storescp: Start,
    authority: Authority,
    stranger: Authority,
    study: Callable[..., list[Path]],
    tmp_path: Path,
    free_port: Callable[[], int],
) -> None:
    port, ours = free_port(), authority.issue("listener")
    sender, other = authority.issue("sender"), stranger.issue("sender")
    options = ["--tls", "--tls-ca", authority.ca, "--tls-cert", ours.certificate, "--tls-key", ours.key]
    listening = program("listen", "--json", "--port", port, "--out", tmp_path / "ours", *options)
    listening.wait_for("listening")
    somebody = storescp(tmp_path / "x").process
    for who, works in ((other, False), (sender, True)):
        files = Tls(str(authority.ca), str(who.certificate), str(who.key))
        us = Archive("US", port, tmp_path, tmp_path / "log", somebody, tls=files, host="localhost")
        assert (client("storescu", us, files=study(1)).status == 0) is works
    listening.wait_for(IMAGES[0])
    listening.interrupt()
    assert len([found for found in listening.end().objects if found["state"] == "received"]) == 1


def test_listen_prints_a_line_without_patient_data(
    program: Callable[..., Program],
    client: Client,
    storescp: Start,
    study: Callable[..., list[Path]],
    tmp_path: Path,
    free_port: Callable[[], int],
) -> None:
    port = free_port()
    listening = program("listen", "--port", port, "--out", tmp_path / "ours")
    listening.wait_for(f"Listening on port {port} as WORKSTATION")
    ours = Archive("WORKSTATION", port, tmp_path, tmp_path / "log", storescp(tmp_path / "x").process)
    assert client("storescu", ours, files=study(1)).status == 0
    line = listening.wait_for(IMAGES[0])
    assert "CT Image Storage" in line
    assert "DOE" not in line
    listening.interrupt()
    said = listening.end()
    assert said.err.splitlines()[-1] == "1 object received."
