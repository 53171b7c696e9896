"""The same keys and the same answers as DCMTK's echoscu and findscu."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmwrite
from pydicom.uid import ExplicitVRLittleEndian

from tests.archives import data
from tests.archives.process import Archive, Result
from tests.cli.conftest import Program, Said, at
from workstation.dicom.json_model import json_model
from workstation.dicom.lenient_dataset import read
from workstation.dicom.part10 import FileMeta, read_meta
from workstation.settings.folders import folders

pytestmark = pytest.mark.archives

Call = Callable[..., Said]
Client = Callable[..., Result]


def sorted_answers(folder: Path) -> list[str]:
    """The data sets of extracted answers, in an order of their own."""
    return sorted(json.dumps(_model(path), sort_keys=True) for path in folder.glob("rsp*.dcm"))


def _model(path: Path) -> dict[str, object]:
    whole = path.read_bytes()
    meta = read_meta(whole)
    assert isinstance(meta, FileMeta)
    elements, complete = read(whole[meta.offset :], meta.transfer_syntax)
    assert complete
    return json_model(elements)


STUDY = ["--level", "study"]
QUERIES: dict[str, tuple[str, list[str], list[str]]] = {
    # what is asked: DCMTK's option, our options, keys for both
    "all studies": (
        "-S",
        ["--level", "study"],
        ["StudyInstanceUID", "StudyDate", "PatientName", "PatientID"],
    ),
    "a name with a blank": ("-S", ["--level", "study"], ["PatientName=HEAD EXP2", "0020,1208"]),
    "a wildcard": ("-S", ["--level", "study"], ["PatientName=*i*", "0010,0020", "0020,000D"]),
    "a tag with 0x": ("-S", ["--level", "study"], ["0x0010,0x0020=CHN-1", "0x0020,0x000d"]),
    "a range of dates": ("-S", ["--level", "study"], ["StudyDate=20210101-20231231", "StudyInstanceUID"]),
    "counts": ("-S", ["--level", "study"], ["PatientID=ENG-1", "0020,1206", "NumberOfStudyRelatedInstances"]),
    "patients": ("-P", ["--level", "patient"], ["PatientName", "PatientID=*-1", "PatientBirthDate"]),
    "patient root studies": (
        "-P",
        ["--level", "study", "--model", "patient"],
        ["PatientID=JPN-1", "StudyInstanceUID", "StudyTime"],
    ),
    "patient/study only": (
        "-O",
        ["--level", "study", "--model", "patient-study"],
        ["PatientID=GER-1", "StudyInstanceUID"],
    ),
    "series": (
        "-S",
        ["--level", "series"],
        [f"StudyInstanceUID={data.uid('ENG-1', '1')}", "SeriesInstanceUID", "Modality", "SeriesNumber"],
    ),
    "images": (
        "-S",
        ["--level", "image"],
        [
            f"StudyInstanceUID={data.uid('CHN-2', '1')}",
            f"SeriesInstanceUID={data.uid('CHN-2', '1', 1)}",
            "SOPInstanceUID",
            "InstanceNumber",
            "0028,0010",
        ],
    ),
    "nothing there": ("-S", ["--level", "study"], ["PatientID=NOBODY", "StudyInstanceUID"]),
}


def both(
    workstation: Call, client: Client, archive: Archive, name: str, folder: Path
) -> tuple[list[str], list[str], Said]:
    """Ask with findscu and with ``find``; the answers of each, and what ours said."""
    option, ours, keys = QUERIES[name]
    theirs, own = folder / "theirs", folder / "own"
    theirs.mkdir()
    words = [word for key in keys for word in ("-k", key)]
    wanted = ["-k", f"QueryRetrieveLevel={ours[1].upper()}"]
    result = client("findscu", archive, option, "-X", "-od", theirs, *wanted, *words)
    assert result.status == 0, result.output
    said = workstation("find", at(archive), *ours, *words, "--extract", own, "--json")
    return sorted_answers(theirs), sorted_answers(own), said


@pytest.fixture
def holding(patients: list[Path], tmp_path: Path) -> list[Path]:
    """Five patients, and one called HEAD EXP2."""
    head = data.Patient("HEAD EXP2", "HEAD-1")
    return [*patients, *data.study(tmp_path / "head", 1, patient=head)]


@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_the_same_answers_as_findscu(
    workstation: Call,
    client: Client,
    kind: str,
    holding: list[Path],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    archive = request.getfixturevalue(kind)(holding)
    for number, name in enumerate(QUERIES):
        if kind == "orthanc" and name == "patient/study only":
            continue  # it offers no such model, to findscu neither
        folder = tmp_path / str(number)
        folder.mkdir()
        theirs, own, said = both(workstation, client, archive, name, folder)
        assert own == theirs, name
        assert (said.status, said.err) == (0, ""), name
        assert len(said.answers) == len(own), name
        assert bool(own) == (name != "nothing there"), name
        assert sorted(json.dumps(answer, sort_keys=True) for answer in said.answers) == own, name


def test_the_same_worklist_as_findscu(
    workstation: Call, client: Client, wlmscpfs: Callable[..., Archive], tmp_path: Path
) -> None:
    archive = wlmscpfs()
    step = "ScheduledProcedureStepSequence[0]."
    queries = (
        ["PatientName", "PatientID", f"{step}Modality=CT", f"{step}ScheduledProcedureStepStartDate"],
        ["0010,0010=M*", "0010,0020", "(0040,0100)[0].(0008,0060)"],
        ["PatientID=JPN-1", "PatientName", f"{step}ScheduledPerformingPhysicianName"],
        [f"{step}ScheduledProcedureStepStartDate=20240102-20240103", "AccessionNumber"],
    )
    for number, keys in enumerate(queries):
        theirs, own = tmp_path / f"theirs{number}", tmp_path / f"own{number}"
        theirs.mkdir()
        words = [word for key in keys for word in ("-k", key)]
        result = client("findscu", archive, "-W", "-X", "-od", theirs, *words)
        assert result.status == 0, result.output
        said = workstation("find", at(archive), "--model", "worklist", *words, "--extract", own, "--json")
        assert (said.status, said.err) == (0, "")
        assert sorted_answers(own) == sorted_answers(theirs), keys
        assert sorted_answers(own), keys


def test_a_query_file_with_keys_on_top(
    workstation: Call, client: Client, dcmqrscp: Callable[..., Archive], patients: list[Path], tmp_path: Path
) -> None:
    archive = dcmqrscp(patients)
    query = Dataset()
    query.QueryRetrieveLevel = "STUDY"
    query.PatientID = "ENG-1"
    query.PatientName = ""
    query.StudyInstanceUID = ""
    query.file_meta = _meta()
    dcmwrite(tmp_path / "query.dcm", query, enforce_file_format=True)
    for number, keys in enumerate(([], ["-k", "PatientID=CHN-2", "-k", "StudyDate"])):
        theirs, own = tmp_path / f"theirs{number}", tmp_path / f"own{number}"
        theirs.mkdir()
        client("findscu", archive, "-S", "-X", "-od", theirs, *keys, files=[tmp_path / "query.dcm"])
        said = workstation("find", at(archive), "--query", tmp_path / "query.dcm", *keys, "--extract", own)
        assert said.status == 0
        assert sorted_answers(own) == sorted_answers(theirs)
        assert len(sorted_answers(own)) == 1
        assert ("CHN-2" in said.out) == bool(keys)


def _meta() -> Any:
    from pydicom.dataset import FileMetaDataset

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.276.0.7230010.3.1.0.1"
    meta.MediaStorageSOPInstanceUID = data.uid("a query")
    return meta


def names(objects: Iterable[dict[str, Any]]) -> set[str]:
    return {"=".join(answer["00100010"]["Value"][0].values()) for answer in objects}


def test_names_of_five_character_sets(
    workstation: Call, dcmqrscp: Callable[..., Archive], orthanc: Callable[..., Archive], patients: list[Path]
) -> None:
    """dcmqrscp returns what it was given, without naming the character set; Orthanc answers in UTF-8."""
    expected = {patient.name for patient in data.PATIENTS}
    said = workstation("find", at(orthanc(patients)), "--json", "--level", "study", "-k", "PatientName")
    assert names(said.answers) == expected
    said = workstation("find", at(orthanc(patients)), "--level", "study", "-k", "PatientName")
    assert all(name in said.out for name in expected)
    assert said.err == "5 answers.\n"
    worst = workstation("find", at(dcmqrscp(patients)), "--json", "--level", "study", "-k", "PatientName")
    assert data.WANG.name in names(worst.answers)


def test_a_name_that_needs_a_character_set_is_found(
    workstation: Call, orthanc: Callable[..., Archive], patients: list[Path]
) -> None:
    archive = orthanc(patients)
    for name in ("Müller*", "*=王*", "山田*", "*李*"):
        said = workstation("find", at(archive), "--json", "--level", "study", "-k", f"PatientName={name}")
        assert len(said.answers) <= 1
    said = workstation("find", at(archive), "--json", "--level", "study", "-k", "PatientName=Müller*")
    assert names(said.answers) == {data.MUELLER.name}


def test_without_keys_the_usual_ones_are_asked(
    workstation: Call, orthanc: Callable[..., Archive], wlmscpfs: Callable[..., Archive], patients: list[Path]
) -> None:
    said = workstation("find", at(orthanc(patients)), "--json", "--level", "study")
    assert {answer["00201208"]["Value"][0] for answer in said.answers} == {2}
    said = workstation("find", at(wlmscpfs()), "--json", "--model", "worklist")
    assert len(said.answers) == 5
    assert all(answer["00400100"]["Value"] for answer in said.answers)


def test_cancel_ends_the_query(
    workstation: Call, dcmqrscp: Callable[..., Archive], study: Callable[..., list[Path]]
) -> None:
    archive = dcmqrscp(study(60))
    keys = [
        "-k",
        f"StudyInstanceUID={data.uid('ENG-1', '1')}",
        "-k",
        f"SeriesInstanceUID={data.uid('ENG-1', '1', 1)}",
    ]
    said = workstation(
        "find",
        at(archive),
        "--json",
        "--level",
        "image",
        *keys,
        "-k",
        "SOPInstanceUID",
        "--cancel",
        "2",
        "-v",
    )
    assert said.status == 1
    assert 2 <= len(said.answers) <= 60  # it may have told all by then
    assert said.objects[-1]["state"] == "cancelled"
    human = workstation("find", at(archive), "--level", "image", *keys, "-k", "SOPInstanceUID", "--cancel", 2)
    assert human.status == 1
    assert human.err.startswith("Cancelled: ")
    assert any("C-CANCEL-RQ" in error["trace"] for error in said.errors)


def test_the_listing_is_aligned_and_complete(workstation: Call, wlmscpfs: Callable[..., Archive]) -> None:
    step = "ScheduledProcedureStepSequence[0]."
    said = workstation(
        "find", at(wlmscpfs(data.worklist([data.WANG]))), "--model", "worklist",
        "-k", "PatientName", "-k", "PatientID", "-k", f"{step}Modality",
        "-k", f"{step}ScheduledStationAETitle",
    )  # fmt: skip
    assert said.out.splitlines() == [
        "(0008,0005) SpecificCharacterSet            ISO_IR 192",
        "(0010,0010) PatientName                     Wang^XiaoDong=王^小东",
        "(0010,0020) PatientID                       CHN-1",
        "(0040,0100) ScheduledProcedureStepSequence",
        "  item 1",
        "    (0008,0060) Modality                 MR",
        "    (0040,0001) ScheduledStationAETitle  MODALITY",
    ]
    assert said.err == "1 answer.\n"


def test_a_terminal_of_few_letters_gets_all_it_can_show(
    program: Callable[..., Program], wlmscpfs: Callable[..., Archive]
) -> None:
    poor = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    line = ["find", at(wlmscpfs(data.worklist([data.WANG]))), "--model", "worklist", "-k", "PatientName"]
    assert "Wang^XiaoDong=\\u738b^\\u5c0f\\u4e1c" in program(*line, environment=poor).end().out
    assert names(program(*line, "--json", environment=poor).end().answers) == {data.WANG.name}


@pytest.mark.parametrize("form", [["-v", "-v"], ["-vv"], ["--json", "-v", "--verbose"]])
def test_identifiers_and_answers_are_shown_when_asked_for_twice(
    workstation: Call, client: Client, orthanc: Callable[..., Archive], patients: list[Path], form: list[str]
) -> None:
    """As findscu -d does; once shows none of them."""
    archive = orthanc(patients)
    keys = ["-k", "PatientName=DOE*", "-k", "PatientID"]
    theirs = client("findscu", archive, "-d", "-S", "-k", "QueryRetrieveLevel=STUDY", *keys)
    said = workstation("find", at(archive), *STUDY, *keys, *form)
    assert "hold patient data" in said.err.splitlines()[0]
    for shown in ("DOE*", "DOE^JOHN", data.DOE.id, "C-FIND-RQ"):
        assert shown in said.err
        assert shown.replace("C-FIND-RQ", "C-FIND RQ").split()[0] in theirs.output
    if "--json" in form:
        [asked, answer] = [error["identifier"] for error in said.errors if "identifier" in error]
        assert asked["00100010"]["Value"] == [{"Alphabetic": "DOE*"}]
        assert answer == said.answers[0]
    once = workstation("find", at(archive), *STUDY, *keys, "-v")
    assert "C-FIND-RSP" in once.err
    assert "DOE" not in once.err
    assert workstation("-v", "find", at(archive), *STUDY, *keys, "-v").err.count("DOE*") == 1
    assert "DOE" not in (folders().logs / "workstation.log").read_text()


def test_the_log_holds_no_patient(
    workstation: Call, orthanc: Callable[..., Archive], patients: list[Path], tmp_path: Path
) -> None:
    archive = orthanc(patients)
    workstation(
        "find", at(archive), *STUDY, "-k", "PatientName=DOE*", "-k", "PatientID", "-v", "--extract", tmp_path
    )
    workstation("get", at(archive), "--study", data.uid("ENG-1", "1"), "-v")
    workstation("get", at(archive), "--study", "1.2.3.4.5", "--patient", "ENG-1")
    log = (folders().logs / "workstation.log").read_text()
    assert "find ended with 0" in log
    assert "get failed: NoSuchStudy" in log
    for private in ("DOE", "ENG-1", "2.25.", "1.2.3.4.5"):
        assert private not in log
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "rsp0001.dcm").stat().st_mode) == 0o600


def test_echo_as_echoscu(
    workstation: Call,
    client: Client,
    dcmqrscp: Callable[..., Archive],
    orthanc: Callable[..., Archive],
    wlmscpfs: Callable[..., Archive],
    storescp: Callable[..., Archive],
    tmp_path: Path,
) -> None:
    for archive, service in (
        (dcmqrscp(), "Patient/Study Only C-GET"),
        (orthanc(), "Study Root C-MOVE"),
        (wlmscpfs(), "Modality Worklist C-FIND"),
        (storescp(tmp_path / "scp"), "C-ECHO"),
    ):
        assert client("echoscu", archive).status == 0
        said = workstation("echo", at(archive), "--json")
        assert (said.status, said.err) == (0, "")
        assert service in said.objects[0]["services"]
        assert said.objects[0]["seconds"] > 0
        assert "C-ECHO" in workstation("echo", at(archive)).out


def test_echo_over_tls(workstation: Call, client: Client, orthanc: Callable[..., Archive]) -> None:
    for demand in (False, True):
        archive = orthanc(tls=True, demand_certificate=demand)
        assert archive.tls is not None
        assert client("echoscu", archive).status == 0
        options = ["--tls", "--tls-ca", archive.tls.ca]
        if demand:
            options += ["--tls-cert", archive.tls.certificate, "--tls-key", archive.tls.key]
        assert workstation("echo", at(archive), *options).status == 0
        if demand:
            said = workstation("echo", at(archive), *options[:3])
            assert said.status == 1
            assert "did not accept our certificate" in said.err


def test_a_called_title_that_is_not_theirs(
    workstation: Call, client: Client, dcmqrscp: Callable[..., Archive]
) -> None:
    archive = dcmqrscp()
    assert client("findscu", archive, "-S", "-aec", "WRONG", "-k", "QueryRetrieveLevel=STUDY").status != 0
    said = workstation("find", f"WRONG@127.0.0.1:{archive.port}", *STUDY, "--json")
    assert said.status == 1
    assert "WRONG" in said.errors[0]["error"]
