"""``library list`` and ``library export``."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.archives import data
from tests.archives.process import Archive
from tests.cli.conftest import Said, at
from tests.operations.scripted_archive import STUDY, Crooked
from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.dicom.completeness import Accepted
from workstation.operations.file_copies import copy_files
from workstation.settings.folders import folders
from workstation.stop import Stop
from workstation.store.library import Library
from workstation.store.plans import Plans

Call = Callable[..., Said]
UIDS = tuple(f"1.2.3.1.{number}" for number in range(4))


def fetched(workstation: Call, holds: tuple[str, ...] = UIDS, **how: object) -> None:
    def send(talk: Talk, context: int, asked: wire.Message) -> None:
        for uid in holds:
            archive.store(talk, context, uid)

    archive = Crooked(UIDS, send, **how)  # type: ignore[arg-type]
    with Server(archive.play) as server:
        workstation("get", f"SCRIPTED@127.0.0.1:{server.port}", "--study", STUDY)


@pytest.mark.parametrize(
    ("holds", "how", "state", "words"),
    [
        (UIDS, {}, "complete", "4 of 4, complete"),
        (UIDS[:3], {}, "partial", "3 of 4, partial"),
        (UIDS, {"lists_images": False}, "received", "4, received"),
        (UIDS, {"lists_images": False, "counts": b"4"}, "counted", "4 of 4, counted"),
    ],
)
def test_each_study_with_its_state(
    workstation: Call, holds: tuple[str, ...], how: dict[str, object], state: str, words: str
) -> None:
    fetched(workstation, holds, **how)
    said = workstation("library", "list", "--json")
    assert (said.status, said.err) == (0, "")
    [study] = said.objects
    assert (study["study"], study["patient"], study["state"]) == (STUDY, "DOE^JOHN", state)
    assert (study["received"], study["missing"]) == (len(holds), [*UIDS[len(holds) :]])
    said = workstation("library", "list")
    assert said.out.rstrip().endswith(f"{words}  unread")  # nobody looked at it yet
    assert said.out.startswith(f"{STUDY}  ")
    assert said.err == "1 study.\n"


def test_the_files_are_the_truth(workstation: Call) -> None:
    fetched(workstation)
    first, second, *_ = sorted(folders().library.glob("*/*.dcm"))
    first.unlink()
    os.truncate(second, 10)
    [study] = workstation("library", "list", "--json").objects
    assert (study["state"], study["received"], study["missing"]) == ("partial", 2, [*UIDS[:2]])


def test_a_library_that_is_not_there(workstation: Call) -> None:
    said = workstation("library", "list")
    assert (said.status, said.out) == (1, "")
    assert "there is no library" in said.err


@pytest.mark.archives
def test_list_and_export_beside_who_has_it_open(
    workstation: Call, orthanc: Callable[..., Archive], patients: list[Path], tmp_path: Path
) -> None:
    """The same files, names and bytes, as the window copies with "Copy files to…"."""
    archive = orthanc(patients)
    studies = [str(data.uid(patient.id, "1")) for patient in data.PATIENTS[:3]]
    for study in studies:
        assert workstation("get", at(archive), "--study", study).status == 0
    library = Library.open(folders().library)
    try:
        assert {found["study"] for found in workstation("library", "list", "--json").objects} == {*studies}
        said = workstation("library", "export", *studies[:2], tmp_path / "a" / "b", "--json")
        (tmp_path / "theirs").mkdir()
        paths = [path for study in studies[:2] for path in library.index.paths(study)]
        copy_files(paths, tmp_path / "theirs", Stop(), lambda _: None)
    finally:
        library.close()
    assert (said.status, said.objects[-1]["state"], said.objects[-1]["received"]) == (0, "complete", 4)
    ours, theirs = (
        {path.name: path.read_bytes() for path in folder.iterdir()}
        for folder in (tmp_path / "a" / "b", tmp_path / "theirs")
    )
    assert ours == theirs
    again = workstation("library", "export", *studies[:2], tmp_path / "a" / "b")
    assert again.out.startswith("Complete, not verified: 4 of 4 objects copied")
    assert len(list((tmp_path / "a" / "b").iterdir())) == 4


def test_what_cannot_be_copied_is_named(workstation: Call, tmp_path: Path) -> None:
    fetched(workstation)
    first, second, *_ = sorted(folders().library.glob("*/*.dcm"))
    first.unlink()
    os.truncate(second, 10)
    said = workstation("library", "export", STUDY, "1.2.9", tmp_path / "out", "--json")
    last = said.objects[-1]
    assert (said.status, last["state"], last["expected"], last["received"]) == (1, "partial", 5, 2)
    reasons = sorted(one["reason"] for one in last["failed"])
    assert reasons == [
        f"{first.name} is no longer in the library.",
        f"{second.name} is not as it was received.",
        "This study is not in the library.",
    ]
    assert len(list((tmp_path / "out").iterdir())) == 2
    said = workstation("library", "export", "1.2.9", tmp_path / "other")
    assert said.status == 1
    assert said.out.startswith("Failed: 0 of 1 objects copied")


@pytest.mark.parametrize(
    ("how", "reasons"),
    [
        ({}, ["An archive listed it, but it is not in the library."]),
        (
            {"lists_images": False, "counts": b"4"},
            ["An archive counts 4 images, 3 are known."],
        ),
    ],
)
def test_copies_of_a_study_that_is_partial_are_not_complete(
    workstation: Call, tmp_path: Path, how: dict[str, object], reasons: list[str]
) -> None:
    fetched(workstation, UIDS[:3], **how)
    said = workstation("library", "export", STUDY, tmp_path / "out", "--json")
    last = said.objects[-1]
    assert (said.status, last["state"], last["expected"], last["received"]) == (1, "partial", 4, 3)
    assert [one["reason"] for one in last["failed"]] == reasons
    with closing(Plans(folders().plans)) as plans:
        plans.expectations.accept(STUDY, Accepted(3, 4))
    assert workstation("library", "export", STUDY, tmp_path / "out").status == 0
