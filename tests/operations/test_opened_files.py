"""Opened files: in place, each bad one costs itself, a DICOMDIR never leads out of its folder."""

from __future__ import annotations

import os
import shutil
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from tests.archives import data
from tests.library_contents import path_of
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import OPENED
from workstation.operations.opened_files import Opened, OpenedBatch, OpenedFiles
from workstation.stop import Cancelled, Progress, Stop
from workstation.store.lock import LibraryLock


class Opener:
    """Opens paths and keeps what was told."""

    def __init__(self, folder: Path) -> None:
        self.files = OpenedFiles(folder)
        self.batches: list[OpenedBatch] = []
        self.progress: list[Progress] = []

    def open(self, *paths: Path, stop: Stop | None = None) -> Opened:
        return self.files.open(paths, self.batches.append, self.progress.append, stop or Stop())

    @property
    def uids(self) -> set[str]:
        return {stored.sop_uid for batch in self.batches for stored in batch.stored}

    def studies(self) -> list[str]:
        return [study.study_uid for study in self.files.search(Criteria(), Stop())]


@pytest.fixture
def opener(tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(tmp_path / "opened")
    yield opener
    opener.files.close()
    assert not any((tmp_path / "opened").glob("*"))


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    """A folder with a DICOMDIR, as on a CD; 50 images of two series' studies of pydicom's."""
    source = get_testdata_file("dicomdirtests/TINY_ALPHA/DICOMDIR") or get_testdata_file(
        "TINY_ALPHA/DICOMDIR"
    )
    if not source:
        source = str(Path(pydicom.__file__).parent / "data/test_files/dicomdirtests/TINY_ALPHA/DICOMDIR")
    shutil.copytree(Path(source).parent, tmp_path / "medium")
    return tmp_path / "medium"


def sop_uids(paths: list[Path]) -> set[str]:
    return {str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in paths}


def refer(dicomdir: Path, *file_ids: list[str]) -> None:
    """Make the first image records of a DICOMDIR refer to these files."""
    dataset = pydicom.dcmread(dicomdir)
    images = [one for one in dataset.DirectoryRecordSequence if "ReferencedFileID" in one]
    for record, file_id in zip(images, file_ids, strict=False):
        record["ReferencedFileID"]._value = pydicom.multival.MultiValue(str, file_id)
    dataset.save_as(dicomdir)


def test_all_levels_are_answered_as_opened_files(opener: Opener, tmp_path: Path) -> None:
    files = data.study(tmp_path / "study", 3)
    opened = opener.open(*files)
    assert (opened.looked_at, opened.shown, opened.skipped_count) == (3, 3, 0)
    stop = Stop()
    (study,) = opener.files.search(Criteria(), stop)
    assert (study.source, study.patient.source, study.instances) == (OPENED, OPENED, 3)
    (patient,) = opener.files.patients(Criteria(), stop)
    assert patient.source == OPENED
    (series,) = opener.files.series(study, stop)
    assert series.source == OPENED
    images = list(opener.files.images(series, patient.patient_id, stop))
    assert {image.sop_uid for image in images} == sop_uids(files) == opener.uids
    assert {image.source for image in images} == {OPENED}
    assert opener.files.index is not None
    assert {row.path for row in opener.files.index.instances(series.series_uid)} == set(files)
    assert opener.batches[-1].studies == (study,)


def test_nothing_was_opened_yet(opener: Opener) -> None:
    assert opener.studies() == []
    assert list(opener.files.patients(Criteria(), Stop())) == []
    assert opener.files.index is None


def test_a_folder_is_gone_through_and_other_files_passed_over(opener: Opener, tmp_path: Path) -> None:
    files = data.study(tmp_path / "all" / "deep" / "deeper", 2)
    (tmp_path / "all" / "README").write_text("no DICOM")
    opened = opener.open(tmp_path / "all")
    assert (opened.looked_at, opened.shown, opened.not_dicom, opened.skipped) == (3, 2, 1, [])
    assert opener.uids == sop_uids(files)


def test_what_was_meant_and_is_no_dicom_is_named(opener: Opener, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("no DICOM")
    opened = opener.open(note, tmp_path / "absent.dcm")
    assert [(one.name, one.reason) for one in opened.skipped] == [
        ("note.txt", "it is not a DICOM file"),
        ("absent.dcm", "it is not there"),
    ]


def test_one_broken_file_costs_itself(opener: Opener, tmp_path: Path) -> None:
    files = data.study(tmp_path / "study", 3)
    files[1].write_bytes(files[1].read_bytes()[:400])
    opened = opener.open(*files)
    assert opened.shown == 2
    assert [one.name for one in opened.skipped] == [files[1].name]


def test_a_cut_file_in_a_folder_is_named_and_other_files_are_not(opener: Opener, tmp_path: Path) -> None:
    files = data.study(tmp_path / "study", 3)
    files[1].write_bytes(files[1].read_bytes()[:400])
    (tmp_path / "study" / "README").write_text("no DICOM")
    opened = opener.open(tmp_path / "study")
    assert (opened.shown, opened.not_dicom) == (2, 1)
    assert [one.name for one in opened.skipped] == [files[1].name]


def test_a_dicomdir_that_inflates_or_nests_without_end_stands_for_its_folder(
    opener: Opener, tmp_path: Path
) -> None:
    data.study(tmp_path / "medium", 2)
    head = bytes(128) + b"DICM" + b"\2\0\x10\0UI\x16\x001.2.840.10008.1.2.1.99"
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    bomb = packer.compress(b"\4\0\x30\x11OB\0\0" + (300 << 20).to_bytes(4, "little"))
    bomb += b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    nested = b"\4\0\x20\x12SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff" * 5000
    for content in (head + bomb, head.replace(b"\x16\0", b"\x14\0").replace(b".1.99", b".1\0") + nested):
        (tmp_path / "medium" / "DICOMDIR").write_bytes(content)
        tracemalloc.start()
        try:
            opened = opener.open(tmp_path / "medium" / "DICOMDIR")
            assert tracemalloc.get_traced_memory()[1] < 32 << 20
        finally:
            tracemalloc.stop()
        assert opened.shown == 2
        assert "damaged" in opened.skipped[0].reason


def test_pydicom_test_files_are_opened_or_named(opener: Opener) -> None:
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    files = sorted(folder.glob("*.dcm"))
    opened = opener.open(*files)
    assert opened.shown + opened.repeated + opened.skipped_count == opened.looked_at == len(files)
    assert opened.shown == len(opener.uids) > 30


def test_the_first_of_two_files_with_one_uid_stays(opener: Opener, tmp_path: Path) -> None:
    first = data.study(tmp_path / "one", 1)[0]
    second = tmp_path / "two.dcm"
    shutil.copy(first, second)
    opened = opener.open(first, second)
    assert (opened.shown, opened.repeated) == (1, 1)
    uid = opener.uids.pop()
    assert opener.files.index is not None
    assert path_of(opener.files.index, Path(), uid) == first


def test_what_is_opened_next_takes_the_place(opener: Opener, tmp_path: Path) -> None:
    """Also where it is another file of the same UID: the one just opened is the one to be seen."""
    first = data.study(tmp_path / "one", 2)
    other = data.study(tmp_path / "other", 1, key="other")
    copy = tmp_path / "copy.dcm"
    shutil.copy(first[0], copy)
    opener.open(*first)
    opener.open(copy, *other)
    (uid,) = sop_uids([copy])
    assert opener.files.index is not None
    assert path_of(opener.files.index, Path(), uid) == copy
    assert opener.batches[-1].studies[0].instances == 1
    assert len(opener.studies()) == 2


def test_many_files_come_in_batches(opener: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workstation.operations.opened_files.BATCH_FILES", 4)
    data.study(tmp_path / "study", 10, size=8)
    opener.open(tmp_path / "study")
    assert [len(batch.stored) for batch in opener.batches][:2] == [4, 4]
    assert [batch.studies[0].instances for batch in opener.batches][:2] == [4, 8]
    assert len(opener.uids) == 10


def test_it_stops_between_two_files(opener: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workstation.operations.opened_files.BATCH_FILES", 1)
    data.study(tmp_path / "study", 5, size=8)
    stop = Stop()
    batches: list[OpenedBatch] = []

    def take(batch: OpenedBatch) -> None:
        batches.append(batch)
        stop.request()

    with pytest.raises(Cancelled):
        opener.files.open([tmp_path / "study"], take, lambda _: None, stop)
    assert len(batches) == 1
    assert len(opener.studies()) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(opener: Opener, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder" / "pipe")
    opened = opener.open(tmp_path / "folder", tmp_path / "folder" / "pipe")
    assert opened.looked_at == 0
    assert [one.reason for one in opened.skipped] == ["it is no ordinary file"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_circle_of_links_ends(opener: Opener, tmp_path: Path) -> None:
    files = data.study(tmp_path / "folder", 1)
    (tmp_path / "folder" / "again").symlink_to(tmp_path / "folder")
    opened = opener.open(tmp_path / "folder")
    assert (opened.looked_at, opened.shown) == (1, len(files))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_closed_folder_is_named(opener: Opener, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    try:
        opened = opener.open(closed)
    finally:
        closed.chmod(0o700)
    assert [one.name for one in opened.skipped] == ["closed"]


def test_a_name_that_is_no_text_is_passed(opener: Opener, tmp_path: Path) -> None:
    files = data.study(tmp_path / "study", 2)
    strange = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.dcm"))
    try:
        files[0].rename(strange)
    except OSError:
        pytest.skip("this file system has no such names")
    opened = opener.open(strange, files[1])
    assert opened.shown == 1
    assert [(one.name, one.reason) for one in opened.skipped] == [("?.dcm", "its name is no proper text")]


# --- DICOMDIR -------------------------------------------------------------------------------------------


def test_a_dicomdir_opens_what_it_refers_to(opener: Opener, medium: Path) -> None:
    beside = data.study(medium / "not-listed", 1)
    opened = opener.open(medium / "DICOMDIR")
    assert (opened.shown, opened.skipped_count) == (50, 0)
    assert not opener.uids & sop_uids(beside)


def test_a_dicomdir_by_another_name(opener: Opener, medium: Path) -> None:
    (medium / "DICOMDIR").rename(medium / "index.dcm")
    assert opener.open(medium / "index.dcm").shown == 50


def test_a_folder_with_a_dicomdir_is_read_whole(opener: Opener, medium: Path) -> None:
    data.study(medium / "not-listed", 1)
    opened = opener.open(medium)
    assert opened.shown == 51
    assert opened.skipped == []


def test_names_in_lower_case(opener: Opener, medium: Path) -> None:
    for path in sorted(medium.rglob("*"), key=lambda one: -len(one.parts)):
        if path.name != "DICOMDIR":
            path.rename(path.with_name(path.name.lower()))
    assert opener.open(medium / "DICOMDIR").shown == 50


def test_names_as_other_file_systems_show_them(opener: Opener, medium: Path) -> None:
    """In small letters, with the version of ISO 9660, with an extension; between two none is guessed."""
    files = sorted(path for path in medium.rglob("IM*") if path.is_file())
    for number, path in enumerate(files):
        name = (path.name.lower(), f"{path.name};1", f"{path.name}.DCM", f"{path.name.lower()}.dcm;1")[
            number % 4
        ]
        path.rename(path.with_name(name))
    assert opener.open(medium / "DICOMDIR").shown == 50
    first = next(path for path in medium.rglob("im000000*"))
    shutil.copy(first, first.with_name("Im000000"))
    opened = opener.open(medium / "DICOMDIR")
    assert (opened.shown, opened.skipped_count) == (49, 1)
    assert opened.skipped[0].reason == "it may mean several files in the same folder"


def test_a_damaged_dicomdir_stands_for_its_folder(opener: Opener, medium: Path) -> None:
    (medium / "DICOMDIR").write_bytes(b"\xff" * 3000)
    opened = opener.open(medium / "DICOMDIR")
    assert opened.shown == 50
    assert [one.reason for one in opened.skipped] == ["it is damaged; its folder was searched instead"]


def test_missing_files_are_named(opener: Opener, medium: Path) -> None:
    gone = min(path for path in medium.rglob("IM*"))
    gone.unlink()
    opened = opener.open(medium / "DICOMDIR")
    assert (opened.shown, opened.skipped_count) == (49, 1)
    assert gone.name in opened.skipped[0].name


@pytest.mark.parametrize(
    "file_id",
    [
        ["..", "outside.dcm"],
        ["PT000000", "..", "..", "outside.dcm"],
        ["../outside.dcm"],
        ["..\\outside.dcm"],
        ["{outside}"],
        ["", "{outside}"],
        ["C:", "outside.dcm"],
        ["C:outside.dcm"],
        ["\\\\server\\share\\outside.dcm"],
        ["//server/share/outside.dcm"],
        ["link.dcm"],
        ["linked", "outside.dcm"],
        ["."],
        ["PT000000"],
        ["IM\0X"],
        ["A"] * 40,
        ["A" * 5000],
    ],
)
def test_a_hostile_dicomdir_leads_nowhere(
    opener: Opener, medium: Path, tmp_path: Path, file_id: list[str]
) -> None:
    outside = tmp_path / "outside.dcm"
    data.study(tmp_path / "hidden", 1)[0].rename(outside)
    if os.name != "nt":
        (medium / "link.dcm").symlink_to(outside)
        (medium / "linked").symlink_to(tmp_path)
    refer(medium / "DICOMDIR", [part.replace("{outside}", str(outside)) for part in file_id])
    opened = opener.open(medium / "DICOMDIR")
    assert not opener.uids & sop_uids([outside])
    assert (opened.shown, opened.skipped_count) == (49, 1)


# --- what is left behind --------------------------------------------------------------------------------


def test_what_a_killed_program_left_is_removed_and_a_running_ones_stays(tmp_path: Path) -> None:
    parent = tmp_path / "opened"
    for name in ("left", "running"):
        (parent / name).mkdir(parents=True)
        (parent / name / "index.db").write_text("")
    lock = LibraryLock(parent / "running")
    files = OpenedFiles(parent)
    try:
        files.remove_left_over()
        assert not (parent / "left").exists()
        (parent / "left").mkdir()
        (parent / "left" / "index.db").write_text("")
        files.open(data.study(tmp_path / "study", 1), lambda _: None, lambda _: None, Stop())
        assert not (parent / "left").exists()
        assert (parent / "running" / "index.db").is_file()
    finally:
        files.close()
        lock.release()
    assert [one.name for one in parent.iterdir()] == ["running"]
    files.close()
    OpenedFiles(tmp_path / "never opened").remove_left_over()
    assert not (tmp_path / "never opened").exists()
