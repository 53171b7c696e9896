"""``get`` and ``move`` of what keys find, beside findscu with getscu; and of what a file lists."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from tests.archives import data
from tests.archives.process import Archive, Result
from tests.cli.conftest import Program, Said, at
from tests.data_sets import data_sets_by_uid
from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.cli.batch import read_entries
from workstation.errors import BadInput, Unreadable

Call = Callable[..., Said]
Client = Callable[..., Result]
Start = Callable[..., Archive]

HEAD = data.Patient("HEAD EXP2", "HEAD-1")
TWIN = data.Patient("HEAD EXP3", "HEAD-2")


@pytest.fixture
def holding(patients: list[Path], tmp_path: Path) -> list[Path]:
    """Five patients; HEAD EXP2 with a CT and an MR study; somebody whose name is much like it."""
    folder = tmp_path / "files"
    return [
        *patients,
        *data.study(folder, 2, patient=HEAD, key="ct", series=2),
        *data.study(folder, 1, patient=HEAD, key="mr", modality="MR", date="20230506"),
        *data.study(folder, 1, patient=TWIN, key="ct"),
    ]


def as_dcmtk(client: Client, archive: Archive, level: str, keys: list[str], folder: Path) -> dict[str, bytes]:
    """What getscu fetches of the answers findscu gives."""
    answers, files = folder / "answers", folder / "theirs"
    answers.mkdir(parents=True)
    files.mkdir()
    unique = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]
    unique = unique[: {"STUDY": 1, "SERIES": 2, "IMAGE": 3}[level]]
    named = {key.partition("=")[0] for key in keys}
    wanted = [*keys, *(key for key in unique if key not in named)]
    words = [word for key in (f"QueryRetrieveLevel={level}", *wanted) for word in ("-k", key)]
    assert client("findscu", archive, "-S", "-X", "-od", answers, *words).status == 0
    for answer in answers.iterdir():
        found = dcmread(answer)
        own = [f"QueryRetrieveLevel={level}", *(f"{key}={found[key].value}" for key in unique)]
        words = [word for key in own for word in ("-k", key)]
        assert client("getscu", archive, "-S", "+B", *words, "-od", files).status == 0
    return data_sets_by_uid(files)


CT = data.uid(HEAD.id, "ct")
QUERIES: dict[str, tuple[str, list[str]]] = {
    "a name as it stands": ("STUDY", ["PatientName=HEAD EXP2"]),
    "a wild card": ("STUDY", ["PatientName=HEAD*"]),
    "name and date": ("STUDY", ["PatientName=HEAD*", "StudyDate=20230101-20231231"]),
    "a tag": ("STUDY", ["0010,0020=CHN-1", "PatientBirthDate"]),
    "an accession number": ("STUDY", ["AccessionNumber=ACCmr"]),
    "a series": ("SERIES", [f"StudyInstanceUID={CT}", "SeriesNumber=2"]),
    "an image": (
        "IMAGE",
        [f"StudyInstanceUID={CT}", f"SeriesInstanceUID={data.uid(HEAD.id, 'ct', 1)}", "InstanceNumber=2"],
    ),
}


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc", "pynetdicom_scp"])
def test_get_what_keys_find_as_dcmtk(
    workstation: Call,
    client: Client,
    kind: str,
    holding: list[Path],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    archive = request.getfixturevalue(kind)(holding)
    for number, (name, (level, keys)) in enumerate(QUERIES.items()):
        folder = tmp_path / str(number)
        theirs = as_dcmtk(client, archive, level, keys, folder)
        words = [word for key in keys for word in ("-k", key)]
        said = workstation(
            "get", at(archive), *words, "--level", level.lower(), "--out", folder / "ours", "--json"
        )
        assert (said.status, said.err) == (0, ""), name
        assert theirs, name
        ours = data_sets_by_uid(folder / "ours")
        if kind == "pynetdicom_scp":  # it converts to Implicit VR, which getscu proposes first
            assert ours.keys() == theirs.keys(), name
        else:
            assert ours == theirs, name
        last = said.objects[-1]
        assert (last["state"], last["verified"], last["received"]) == ("complete", True, len(theirs)), name
        studies = {found["study"] for found in said.objects if "study" in found}
        assert len(studies) == last["studies"], name


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_keys_of_several_levels(
    workstation: Call, kind: str, holding: list[Path], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The study is found by the keys of patient and study, its series by theirs."""
    archive = request.getfixturevalue(kind)(holding)
    line = ("-k", "PatientName=HEAD EXP2", "--level", "series", "-k", "Modality=MR")
    said = workstation("get", at(archive), *line, "--out", tmp_path / "out", "--json")
    assert (said.status, said.objects[-1]["received"]) == (0, 1)
    assert set(data_sets_by_uid(tmp_path / "out")) == {data.uid(HEAD.id, "mr", 1, 1)}
    others = [found["other"] for found in said.objects if "other" in found]
    assert all(each["differs"][0]["key"] == "Modality" for each in others)
    line = ("--level", "image", "--study", CT, "-k", "InstanceNumber=1")
    said = workstation("get", at(archive), *line, "--out", tmp_path / "first", "--json")
    assert set(data_sets_by_uid(tmp_path / "first")) == {
        data.uid(HEAD.id, "ct", number, 1) for number in (1, 2)
    }
    line = ("--level", "patient", "-k", "PatientID=HEAD-1")
    said = workstation("get", at(archive), *line, "--out", tmp_path / "patient", "--json")
    assert (said.status, said.objects[-1]["studies"], said.objects[-1]["received"]) == (0, 2, 5)


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_modalities_an_archive_does_not_tell_are_counted_from_the_series(
    workstation: Call, kind: str, holding: list[Path], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    archive = request.getfixturevalue(kind)(holding)
    line = ("-k", "PatientName=HEAD EXP2", "-k", "ModalitiesInStudy=MR")
    said = workstation("get", at(archive), *line, "--out", tmp_path / "out", "--json")
    assert (said.status, said.objects[-1]["received"]) == (0, 1)
    assert set(data_sets_by_uid(tmp_path / "out")) == {data.uid(HEAD.id, "mr", 1, 1)}


@pytest.mark.archives
@pytest.mark.parametrize("model", ["patient", "patient-study"])
def test_under_a_model_that_begins_with_the_patient(
    workstation: Call, dcmqrscp: Start, holding: list[Path], tmp_path: Path, model: str
) -> None:
    line = ("--model", model, "-k", "PatientName=HEAD*", "-k", "StudyDate=20240102")
    said = workstation("get", at(dcmqrscp(holding)), *line, "--out", tmp_path / "out", "--json")
    assert (said.status, said.objects[-1]["received"], said.objects[-1]["studies"]) == (0, 5, 2)
    wanted = {data.uid(HEAD.id, "ct", series, image) for series in (1, 2) for image in (1, 2)}
    assert set(data_sets_by_uid(tmp_path / "out")) == {*wanted, data.uid(TWIN.id, "ct", 1, 1)}


@pytest.mark.archives
def test_move_what_keys_find(
    workstation: Call,
    dcmqrscp: Start,
    storescp: Start,
    holding: list[Path],
    free_port: Callable[[], int],
    tmp_path: Path,
) -> None:
    there, port = storescp(tmp_path / "there", "+B", ae_title="THERE"), free_port()
    archive = dcmqrscp(holding, destinations={"WORKSTATION": port, "THERE": there.port})
    line = ("-k", "PatientName=HEAD EXP2")
    said = workstation("move", at(archive), *line, "--port", port, "--out", tmp_path / "here")
    assert said.status == 0
    assert [text.split(" ")[0] for text in said.out.splitlines()] == ["1/2", "2/2", "2"]
    assert said.out.splitlines()[-1].startswith("2 studies (2 complete). Complete: 5 of 5 objects here")
    assert workstation("move", at(archive), *line, "--to", "THERE").status == 0
    assert data_sets_by_uid(tmp_path / "here") == data_sets_by_uid(tmp_path / "there")
    assert len(data_sets_by_uid(tmp_path / "here")) == 5


@pytest.mark.archives
def test_more_than_twenty_studies_only_when_confirmed(
    workstation: Call, dcmqrscp: Start, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    files = [path for number in range(21) for path in data.study(folder, 1, key=f"{number}", size=8)]
    archive = dcmqrscp(files)
    line = ("get", at(archive), "-k", "PatientID=ENG-1", "--out", tmp_path / "out")
    said = workstation(*line)
    assert (said.status, said.out) == (1, "")
    assert said.err == (
        "21 studies match, more than 20. Give further keys, or retrieve them all with --yes.\n"
    )
    assert not list((tmp_path / "out").iterdir())
    said = workstation(*line, "--yes", "--json")
    assert (said.status, said.objects[-1]["studies"], said.objects[-1]["received"]) == (0, 21, 21)


@pytest.mark.archives
def test_nothing_fits(workstation: Call, orthanc: Start, holding: list[Path], tmp_path: Path) -> None:
    said = workstation("get", at(orthanc(holding)), "-k", "PatientID=NOBODY", "--out", tmp_path / "out")
    assert (said.status, said.out) == (1, "")
    assert "has no such study" in said.err


# --- An archive that answers in its own way --------------------------------------------------------------

ROWS = {
    "1.2.1": b"HEAD EXP2",
    "1.2.2": b"SOMEBODY^ELSE",
    "1.2.3": b"",
    "1.2.*": b"HEAD EXP2",
}


class Heedless:
    """It answers a STUDY query with all it has, whatever the keys; it lists a series and an image of each."""

    def __init__(self, *, names: bool = True, fails: bytes = b"") -> None:
        self.fetched: set[bytes] = set()
        self._names = names
        self._fails = fails

    def play(self, talk: Talk) -> None:
        request = talk.accept()
        [context, *_] = [
            *(number for number, (what, _) in request.contexts.items() if what == wire.CT),
            0,
        ]
        while (asked := talk.next()) is not None:
            if asked.field == wire.FIND_RQ:
                self._find(talk, asked)
            elif asked.field == wire.GET_RQ:
                if self._fails and self._fails in (asked.data or b""):
                    talk.send(wire.response(asked, 0xA702))
                    continue
                self.answer_get(talk, context, asked)
            talk.send(wire.response(asked, 0))

    def _find(self, talk: Talk, asked: wire.Message) -> None:
        level = asked.data or b""
        if b"STUDY" in level:
            for uid, name in ROWS.items():
                row = [(0x00100010, "PN", name)] if self._names else []
                row += [(0x00100020, "LO", b"ID"), (0x0020000D, "UI", uid.encode())]
                talk.send(wire.response(asked, 0xFF00, wire.explicit(*row)))
            return
        [study] = [uid.encode() for uid in ROWS if uid.encode() in level]
        row = [(0x0020000D, "UI", study), (0x0020000E, "UI", study + b".1")]
        if b"IMAGE" in level:
            row = [(0x00080016, "UI", wire.CT.encode()), (0x00080018, "UI", study + b".1.1"), *row]
        talk.send(wire.response(asked, 0xFF00, wire.explicit(*row)))

    def answer_get(self, talk: Talk, context: int, asked: wire.Message) -> None:
        [study] = [uid.encode() for uid in ROWS if uid.encode() in (asked.data or b"")]
        self.fetched.add(study)
        uid = f"{study.decode()}.1.1"
        talk.send(wire.store(context, 1, uid, wire.image(uid, 100, study=study.decode())))
        talk.message(wire.STORE_RQ | wire.RESPONSE)


def heedless(workstation: Call, *line: object, **how: Any) -> tuple[Said, set[bytes]]:
    archive = Heedless(**how)
    with Server(archive.play) as server:
        said = workstation("get", f"SCRIPTED@127.0.0.1:{server.port}", *line)
    return said, archive.fetched


def test_answers_that_do_not_fit_are_listed_and_not_fetched(workstation: Call, tmp_path: Path) -> None:
    line = ("-k", "PatientName=HEAD EXP2", "--out", tmp_path / "out")
    said, fetched = heedless(workstation, *line, "--json")
    assert fetched == {b"1.2.1"}
    others = {
        found["other"]["uids"][-1]: found["other"]["differs"] for found in said.objects if "other" in found
    }
    assert others == {
        "1.2.2": [{"key": "PatientName", "wanted": "HEAD EXP2", "told": "SOMEBODY^ELSE"}],
        "1.2.3": [{"key": "PatientName", "wanted": "HEAD EXP2", "told": None}],
        "1.2.*": [{"key": "StudyInstanceUID", "wanted": "", "told": "1.2.*"}],
    }
    said, _ = heedless(workstation, *line)
    assert said.err.splitlines()[:5] == [
        "2 answers do not look like what was asked for, and are not fetched:",
        "  1.2.2 SOMEBODY^ELSE: PatientName is “SOMEBODY^ELSE”, not “HEAD EXP2”.",
        "  1.2.3: PatientName is missing.",
        "1 answer cannot be asked for, and is not fetched:",
        "  1.2.* HEAD EXP2: StudyInstanceUID is “1.2.*”, which is not a UID.",
    ]


def test_what_is_not_told_is_not_fetched(workstation: Call, tmp_path: Path) -> None:
    line = ("-k", "PatientName=HEAD EXP2", "--out", tmp_path / "out", "--json")
    said, fetched = heedless(workstation, *line, names=False)
    assert (said.status, fetched) == (1, set())
    assert "has no such study" in said.errors[-1]["error"]


def test_what_cannot_be_asked_for_is_not_said_to_be_absent(
    workstation: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {uid: name for uid, name in ROWS.items() if uid != "1.2.1"}
    monkeypatch.setitem(globals(), "ROWS", others)  # an item put back would be the last one
    said, fetched = heedless(workstation, "-k", "PatientName=HEAD EXP2", "--out", tmp_path / "out")
    assert (said.status, fetched) == (1, set())
    assert "has no such study" not in said.err
    assert said.err.endswith("None of the answers can be asked for.\n")


def test_a_study_that_fails_costs_itself(workstation: Call, tmp_path: Path) -> None:
    line = ("-k", "PatientID=ID", "--out", tmp_path / "out")
    said, fetched = heedless(workstation, *line, "--json", fails=b"1.2.2")
    assert fetched == {b"1.2.1", b"1.2.3"}
    states = {found["study"]: found["state"] for found in said.objects if "study" in found}
    assert states == {"1.2.1": "complete", "1.2.2": "failed", "1.2.3": "complete"}
    last = said.objects[-1]
    assert (said.status, last["state"], last["studies"], last["received"]) == (1, "partial", 3, 2)
    assert [error["error"] for error in said.errors if "could not send" in error["error"]]
    said, _ = heedless(workstation, *line, fails=b"1.2.2")
    assert said.out.splitlines()[-1].startswith("3 studies (2 complete, 1 failed). Partial: 2 objects here")


@pytest.mark.parametrize("form", ["keys", "batch"])
def test_interrupted_between_studies(program: Callable[..., Program], tmp_path: Path, form: str) -> None:
    class Waiting(Heedless):
        def answer_get(self, talk: Talk, context: int, asked: wire.Message) -> None:
            super().answer_get(talk, context, asked)
            talk.message(wire.CANCEL_RQ)

    archive = Waiting()
    (tmp_path / "list").write_text("PatientID\nID\nOTHER\n")
    what = {"keys": ["-k", "PatientID=ID"], "batch": ["--batch", tmp_path / "list"]}[form]
    with Server(archive.play) as server:
        node = f"SCRIPTED@127.0.0.1:{server.port}"
        running = program("get", node, *what, "--out", tmp_path / "out", "--json", "-v")
        running.wait_for("C-STORE-RSP")
        running.interrupt()
        said = running.end()
    assert (said.status, archive.fetched) == (130, {b"1.2.1"}), said.err
    assert [found["state"] for found in said.objects[-2:]] == ["cancelled", "cancelled"]
    assert said.objects[-1]["received"] == 1
    assert "Traceback" not in said.err


# --- What a file lists -----------------------------------------------------------------------------------


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_a_batch_of_accession_numbers(
    workstation: Call, kind: str, holding: list[Path], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """ACC1 stands in the studies of five patients: no telling which is meant."""
    archive = request.getfixturevalue(kind)(holding)
    listed = tmp_path / "list.txt"
    listed.write_text("# those of Monday\nACCmr\n\nNOTHERE\nACC1\nACC*\nACCmr\n")
    line = ("get", at(archive), "--batch", listed, "--by", "AccessionNumber", "--out", tmp_path / "out")
    said = workstation(*line, "--json")
    assert said.status == 1
    *lines, last = [found for found in said.objects if found["state"] != "running"]
    assert [(found["entry"], found["state"], len(found["studies"])) for found in lines] == [
        ("ACCmr", "complete", 1),
        ("NOTHERE", "not found", 0),
        ("ACC1", "several", 5),
        ("ACC*", "failed", 0),
    ]
    assert (last["entries"], last["done"], last["good"], last["state"]) == (4, 4, 1, "partial")
    assert set(data_sets_by_uid(tmp_path / "out")) == {data.uid(HEAD.id, "mr", 1, 1)}
    said = workstation(*line)
    words = said.out.splitlines()
    assert words[0].startswith("ACCmr: complete: 1 of 1 objects here")
    assert words[1] == "NOTHERE: not found."
    assert words[2].startswith("ACC1: several studies, none was fetched: ")
    assert words[4].startswith("4 entries (1 complete, 1 not found, 1 several, 1 failed). Partial: ")


@pytest.mark.archives
def test_a_batch_of_patients_and_of_studies_in_csv(
    workstation: Call, orthanc: Start, holding: list[Path], tmp_path: Path
) -> None:
    archive = orthanc(holding)
    listed = tmp_path / "list.csv"
    listed.write_text('"No";"patientid";"Name"\n1;HEAD-1;"Exp; 2"\n2;CHN-1;x\n', "utf-8-sig")
    said = workstation("get", at(archive), "--batch", listed, "--out", tmp_path / "out", "--json")
    lines = [found for found in said.objects if "entry" in found]
    assert [(found["entry"], found["state"], found["received"]) for found in lines] == [
        ("HEAD-1", "complete", 5),
        ("CHN-1", "complete", 2),
    ]
    assert (said.status, said.objects[-1]["received"]) == (0, 7)
    listed.write_text(f"StudyInstanceUID\n{CT}\n1.2.3.4.5\n")
    said = workstation("get", at(archive), "--batch", listed, "--out", tmp_path / "studies", "--json")
    lines = [found for found in said.objects if "entry" in found]
    assert [(found["state"], found["received"]) for found in lines] == [("complete", 4), ("not found", 0)]
    assert said.status == 1


@pytest.mark.archives
def test_an_entry_is_found_and_asked_for_on_one_association(
    workstation: Call, dcmqrscp: Start, holding: list[Path], tmp_path: Path
) -> None:
    archive = dcmqrscp(holding)
    listed = tmp_path / "list"
    listed.write_text(f"{CT}\n")
    line = ("get", at(archive), "--batch", listed, "--by", "StudyInstanceUID", "--out", tmp_path / "out")
    said = workstation(*line, "-v")
    assert said.status == 0
    assert said.err.count("→ A-ASSOCIATE-RQ") == 2  # one to query, one to fetch
    assert said.err.count("→ A-RELEASE-RQ") == said.err.count("← A-RELEASE-RP") == 2


@pytest.mark.archives
def test_a_batch_ends_where_the_archive_does(
    workstation: Call, orthanc: Start, holding: list[Path], tmp_path: Path
) -> None:
    archive = orthanc(holding)
    archive.stop()
    listed = tmp_path / "list.txt"
    listed.write_text("A\nB\nC\n")
    line = ("--batch", listed, "--by", "AccessionNumber", "--out", tmp_path / "out")
    said = workstation("get", at(archive), *line)
    assert (said.status, said.err.count("Nothing listens at")) == (1, 1)
    assert said.out.startswith("3 entries (3 not tried). Failed: 0 objects")
    last = workstation("get", at(archive), *line, "--json").objects[-1]
    assert (last["expected"], last["verified"]) == (None, False)  # nobody was asked


@pytest.mark.parametrize(
    ("content", "by", "entries"),
    [
        ("1.2\n1.3\n", "StudyInstanceUID", ("StudyInstanceUID", ("1.2", "1.3"))),
        ("\ufeffaccessionnumber\nA\n A \n", None, ("AccessionNumber", ("A",))),
        ("PatientID,AccessionNumber\nP,A\nQ,\n", None, ("AccessionNumber", ("A",))),
        ("PatientID,AccessionNumber\nP,A\nQ,\n", "PatientID", ("PatientID", ("P", "Q"))),
        ("PatientID\tx\nP\t1\n", None, ("PatientID", ("P",))),
        ('x;PatientID\n1;"P;1"\n', None, ("PatientID", ("P;1",))),
        ("#no\nA\n", "PatientID", ("PatientID", ("A",))),
    ],
)
def test_the_entries_of_a_file(
    tmp_path: Path, content: str, by: str | None, entries: tuple[str, tuple[str, ...]]
) -> None:
    (tmp_path / "list").write_text(content, "utf-8")
    assert read_entries(tmp_path / "list", by) == entries


def test_a_list_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("Ä1\n".encode())))
    assert read_entries(Path("-"), "PatientID") == ("PatientID", ("Ä1",))


@pytest.mark.parametrize(
    ("content", "by", "kind", "words"),
    [
        (b"A\n", None, BadInput, "--by"),
        (b"PatientID\nA\n", "AccessionNumber", BadInput, "no column called AccessionNumber"),
        (b"\n# x\n", "PatientID", BadInput, "lists nothing"),
        (b"\xff\xfe", "PatientID", Unreadable, "not text in UTF-8"),
        (None, "PatientID", Unreadable, "No such file"),
    ],
)
def test_a_file_that_lists_nothing(
    tmp_path: Path, content: bytes | None, by: str | None, kind: type[Exception], words: str
) -> None:
    if content is not None:
        (tmp_path / "list").write_bytes(content)
    with pytest.raises(kind, match=words):
        read_entries(tmp_path / "list", by)
