"""``label``, and ``library list --label``: the same file as the window's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.archives import data
from tests.archives.process import Archive
from tests.cli.conftest import Said, at
from tests.store.objects import encoded, made, send
from workstation.dicom.study_mark import MarkChange, StudyMark
from workstation.settings.folders import folders
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.study_marks import StudyMarks

Call = Callable[..., Said]


@pytest.fixture(autouse=True)
def _library() -> None:
    """Two studies of one patient."""
    library = Library.open(folders().library, reserve=lambda total: 0)
    sink = LibrarySink(library, lambda header, peer: Admission.PUSH)
    for study in ("1.2", "1.3"):
        assert send(sink, encoded(made(f"{study}.1", study, f"{study}.0", PatientID="P1")), f"{study}.1") == 0
    library.index.settled()
    library.close()


def kept() -> dict[str, StudyMark]:
    with closing(StudyMarks(folders().marks)) as marks:
        return dict(marks.every().marks)


def test_studies_are_labelled_shown_and_listed(workstation: Call) -> None:
    said = workstation(
        "label", "1.2", "--add", "Board", "--add", "随访", "--note", "left\nknee", "--pin", "--unread"
    )
    assert (said.status, said.err) == (0, "")
    assert said.out == "1.2  pinned, unread  [Board; 随访]  left / knee\n"
    workstation("label", "1.3", "--add", "board")
    workstation("label", "1.2", "1.3", "--remove", "随访", "--unpin", "--read")
    assert kept() == {
        "1.2": StudyMark(patient_id="P1", labels=("Board",), note="left\nknee"),
        "1.3": StudyMark(patient_id="P1", labels=("board",)),
    }
    workstation("label", "1.3", "--remove", "board")
    said = workstation("library", "list", "--label", "BOARD", "--json")
    assert [(one["study"], one["labels"], one["note"]) for one in said.objects] == [
        ("1.2", ["Board"], "left\nknee")
    ]
    assert len(workstation("library", "list", "--json").objects) == 2
    assert "[Board]  left / knee" in workstation("library", "list").out
    assert workstation("label", "1.3").out == "1.3  -\n"


def test_a_note_is_replaced_or_removed(workstation: Call) -> None:
    workstation("label", "1.2", "--note", "first")
    workstation("label", "1.2", "--note", "second")
    assert kept()["1.2"].note == "second"
    workstation("label", "1.2", "--note", "")
    assert kept() == {}


def test_without_a_study_all_marks_are_listed_also_of_what_is_not_here(workstation: Call) -> None:
    assert workstation("label").out == ""
    workstation("label", "1.9", "--add", "x", "--patient-id", "P9")
    workstation("label", "1.2", "--pin")
    assert workstation("label").out == "1.2  pinned\n1.9  [x]\n"
    said = workstation("label", "--json")
    assert [(one["study"], one["patient_id"], one["labels"]) for one in said.objects] == [
        ("1.2", "P1", []),
        ("1.9", "P9", ["x"]),
    ]


def test_a_study_that_is_not_here_needs_a_patient_id(workstation: Call) -> None:
    said = workstation("label", "1.9", "--pin")
    assert said.status == 2
    assert "--patient-id" in said.err
    assert workstation("label", "1.9", "--pin", "--patient-id", "P9").status == 0
    assert workstation("label", "1.9", "--add", "x").out == "1.9  pinned  [x]\n"  # it is known now
    assert kept() == {"1.9": StudyMark(patient_id="P9", labels=("x",), pinned=True)}


def test_marks_of_another_patient_are_neither_shown_nor_changed(workstation: Call) -> None:
    with closing(StudyMarks(folders().marks)) as marks:
        marks.change({"1.2": "OTHER"}, MarkChange(note="secret", add=("hidden",)))
    before = kept()
    said = workstation("label", "1.2", "1.3", "--pin")
    assert said.status == 1
    assert "another patient ID" in said.err
    assert said.out == "1.2  marked for another patient ID\n1.3  pinned\n"
    assert kept() == before | {"1.3": StudyMark(patient_id="P1", pinned=True)}
    assert "secret" not in workstation("library", "list").out
    assert workstation("library", "list", "--label", "hidden", "--json").objects == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("1.2", "--add", "x" * 65),
        ("1.2", "--add", ""),
        ("1.2", "--note", "x" * 10_001),
        ("a*b", "--pin"),
        ("1.2", "--pin", "--unpin"),
        ("--pin",),
        ("--read",),
        ("--add", "x"),
    ],
)
def test_bad_usage_changes_nothing(workstation: Call, wrong: tuple[str, ...]) -> None:
    assert workstation("label", *wrong).status == 2
    assert kept() == {}


def test_a_newer_file_is_said_and_left_alone(workstation: Call, home: Path) -> None:
    workstation("label", "1.2", "--pin")
    path = folders().marks
    raw = bytearray(path.read_bytes())
    raw[60:64] = (99).to_bytes(4, "big")
    path.write_bytes(raw)
    said = workstation("label", "1.2", "--unpin")
    assert said.status == 1
    assert "newer Workstation" in said.err
    assert path.read_bytes() == raw
    listed = workstation("library", "list")
    assert listed.status == 0
    assert len(listed.out.splitlines()) == 2
    assert "newer Workstation" in listed.err
    assert workstation("library", "list", "--label", "x").status == 1


@pytest.mark.archives
def test_what_a_command_fetches_is_unread(
    workstation: Call, dcmqrscp: Callable[..., Archive], study: Callable[..., list[Path]]
) -> None:
    archive = dcmqrscp(study(2))
    uid = str(data.uid("ENG-1", "1"))
    for _ in range(2):
        assert workstation("get", at(archive), "--study", uid).status == 0
        assert workstation("label", uid).out == f"{uid}  unread\n"
    workstation("label", uid, "--read")
    workstation("get", at(archive), "--study", uid)
    assert workstation("label", uid).out == f"{uid}  -\n"


def test_nothing_of_a_mark_is_in_the_log(workstation: Call) -> None:
    workstation("-v", "label", "1.2", "--add", "PLANTED", "--note", "PLANTED", "--patient-id", "P1")
    workstation("-v", "label", "1.2", "--add", "PLANTED2", "--patient-id", "PLANTED")
    logs = [path.read_text("utf-8") for path in folders().logs.rglob("*") if path.is_file()]
    assert any("label ended with" in text for text in logs)
    assert not any("PLANTED" in text for text in logs)
