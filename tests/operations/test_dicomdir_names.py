"""Which file a DICOMDIR means, however its name is spelled; never one outside, never a guess between two."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workstation.errors import UserMessage
from workstation.operations.dicomdir_names import MediaFolder

# what is told, and what lies in the folder
SPELLED = [
    ("IM1", "IM1"),
    ("IM1", "im1"),
    ("im1", "IM1"),
    ("IM1", "IM1;1"),
    ("IM1;1", "IM1"),
    ("IM1;1", "im1;12"),
    ("IM1", "IM1.;1"),
    ("IM1.", "IM1"),
    ("IM1 ", "IM1"),
    (" IM1 . ", "IM1"),
    ("IM1", "IM1.DCM"),
    ("IM1", "im1.dcm;1"),
    ("IM1.DCM", "IM1"),
    ("IM1.DCM;1", "im1"),
    ("IMAGE00000012", "IMAGE000"),
    ("IMAGE000", "image00000012"),
    ("IMAGE00000012.DICOM", "IMAGE000.DIC"),
    ("DICOM\\PAT1\\IM1", "dicom/pat1/im1.dcm"),
    ("DICOM/PAT1/IM1", "DICOM/PAT1/IM1"),
    ("DICOMIMAGES\\IM1", "DICOMIMA/IM1"),
    ("BILDER\\ÄÖÜ", "bilder/äöü"),
]


def lay(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(("told", "there"), SPELLED)
def test_one_file_is_found_however_it_is_spelled(tmp_path: Path, told: str, there: str, whole: bool) -> None:
    """Whether the names come one by one, as DICOM has them, or as a path in one value."""
    lay(tmp_path, there, "other", "OTHER2/IM1X")
    file_id = (told,) if whole else tuple(told.replace("/", "\\").split("\\"))
    assert MediaFolder(tmp_path).find(file_id) == (tmp_path / there).resolve()


@pytest.mark.parametrize(
    ("told", "there"),
    [
        ("IM1", ["im1", "iM1"]),
        ("IM1", ["im1.dcm", "IM1.IMA"]),
        ("IM1", ["im1;1", "im1;2"]),
        ("IMAGE00000012", ["IMAGE000.1", "IMAGE000.2"]),
        ("A\\IM1", ["a/IM1", "a;1/im1"]),
    ],
)
def test_between_two_files_none_is_guessed(tmp_path: Path, told: str, there: list[str]) -> None:
    lay(tmp_path, *there)
    found = MediaFolder(tmp_path).find((told,))
    assert found == UserMessage("it may mean several files in the same folder")


def test_the_nearest_spelling_is_taken(tmp_path: Path) -> None:
    lay(tmp_path, "IM1", "im1", "IM1.DCM", "im2.dcm", "IM2")
    folder = MediaFolder(tmp_path)
    assert folder.find(("IM1",)) == tmp_path.resolve() / "IM1"
    assert folder.find(("im1",)) == tmp_path.resolve() / "im1"
    assert folder.find(("im2",)) == tmp_path.resolve() / "IM2"
    assert folder.find(("IM2.DCM",)) == tmp_path.resolve() / "im2.dcm"


def test_of_two_folders_the_one_that_has_the_file(tmp_path: Path) -> None:
    lay(tmp_path, "Dicom/IM1", "dicom/IM2")
    folder = MediaFolder(tmp_path)
    assert folder.find(("DICOM", "IM1")) == tmp_path.resolve() / "Dicom/IM1"
    assert folder.find(("DICOM", "IM2")) == tmp_path.resolve() / "dicom/IM2"


def test_two_names_are_not_one_file_cut_off(tmp_path: Path) -> None:
    lay(tmp_path, "IMAGE000")
    folder = MediaFolder(tmp_path)
    assert folder.find(("IMAGE00001",)) == folder.find(("IMAGE00001",)) == tmp_path.resolve() / "IMAGE000"
    assert folder.find(("IMAGE00002",)) == UserMessage("it may mean several files in the same folder")


@pytest.mark.parametrize(
    "told", ["IM1", "IM10", "IM", "IM1.JPG", "IMAGES", "FOLDER", "IM1\\IM1", "IM1.DCM.GZ"]
)
def test_another_name_is_no_spelling(tmp_path: Path, told: str) -> None:
    lay(tmp_path, "IM11", "IM1.DCM.BAK", "IM2.DCM", "FOLDER/IM1")
    assert MediaFolder(tmp_path).find((told,)) == UserMessage("it does not lead to a file in the same folder")


OUTSIDE = [
    "..\\OUTSIDE", "../outside", "IN\\..\\..\\OUTSIDE", "\\OUTSIDE", "/outside", "{outside}", ". .\\OUTSIDE",
    ".. \\OUTSIDE", "C:\\OUTSIDE", "C:OUTSIDE", "LINK", "link", "LINK.DCM", "LINKED\\OUTSIDE",
    "linked;1\\outside", "LINKEDFOLDER\\OUTSIDE", ".", "", " ", ";1", "IN\\\\IM1", "IN", "IM\0",
    "A\\" * 20 + "A", "A" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("told", OUTSIDE)
def test_nothing_leads_outside(tmp_path: Path, told: str) -> None:
    lay(tmp_path, "outside", "OUTSIDE", "medium/IN/IM1")
    medium = tmp_path / "medium"
    if os.name != "nt":
        for name, target in (("link", "outside"), ("linked", "."), ("LINKEDFO", ".")):
            (medium / name).symlink_to(tmp_path / target)
    for file_id in ((told.replace("{outside}", str(tmp_path / "outside")),), tuple(told.split("\\"))):
        assert isinstance(MediaFolder(medium).find(file_id), UserMessage)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_inside_are_followed(tmp_path: Path) -> None:
    lay(tmp_path, "real/IM1")
    (tmp_path / "alias").symlink_to(tmp_path / "real")
    assert MediaFolder(tmp_path).find(("ALIAS", "im1")) == tmp_path.resolve() / "real/IM1"


def test_many_names_in_small_letters_are_found_fast_enough_to_count_steps(tmp_path: Path) -> None:
    """Each folder is listed once."""
    lay(tmp_path, *(f"images/im{number:06}" for number in range(300)))
    folder = MediaFolder(tmp_path)
    assert all(isinstance(folder.find(("IMAGES", f"IM{number:06}")), Path) for number in range(300))
    (tmp_path / "images/late").write_bytes(b"")
    assert isinstance(folder.find(("IMAGES", "LATE")), UserMessage)
