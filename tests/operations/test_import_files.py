"""Files are taken into the library: the same data set, nothing overwritten, each fault costs one file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from tests.archives import data
from workstation.dicom.outcomes import End, Outcome
from workstation.errors import LibraryInUse
from workstation.operations.import_files import import_files
from workstation.stop import Progress, Stop
from workstation.store.library import Library
from workstation.store.store_results import Stored


class Importing:
    """An open library, what it told of, and the progress."""

    def __init__(self, root: Path) -> None:
        self.library = Library.open(root, reserve=lambda total: 0)
        self.stored: list[Stored] = []
        self.progress: list[Progress] = []
        self.stop = Stop()

    def run(self, *paths: Path) -> Outcome:
        return import_files(paths, self.library, self.stored.append, self.stop, self.progress.append)

    @property
    def files(self) -> list[Path]:
        self.library.index.settled()
        return [path for study in self.library.index.studies() for path in self._of(study.study_uid)]

    def _of(self, study: str) -> list[Path]:
        return self.library.index.paths(study)


@pytest.fixture
def importing(tmp_path: Path) -> Iterator[Importing]:
    importing = Importing(tmp_path / "library")
    yield importing
    importing.library.close()


def data_set(path: Path) -> pydicom.Dataset:
    return pydicom.Dataset(pydicom.dcmread(path))


def test_what_is_kept_is_what_was_there(importing: Importing, tmp_path: Path) -> None:
    files = data.study(tmp_path / "s", 3)
    before = [path.read_bytes() for path in files]
    outcome = importing.run(*files)
    assert (outcome.end, outcome.received, outcome.message) == (End.COMPLETE, 3, "")
    assert [path.read_bytes() for path in files] == before
    kept = importing.files
    assert len(kept) == 3
    by_uid = {pydicom.dcmread(path).SOPInstanceUID: data_set(path) for path in kept}
    assert all(by_uid[pydicom.dcmread(path).SOPInstanceUID] == data_set(path) for path in files)
    assert [one.sop_uid for one in importing.stored] == [
        pydicom.dcmread(path).SOPInstanceUID for path in files
    ]
    assert [(one.done, one.expected) for one in importing.progress] == [(1, 3), (2, 3), (3, 3)]


def test_the_same_again_and_another_object_of_its_uid(importing: Importing, tmp_path: Path) -> None:
    [file] = data.study(tmp_path / "s", 1)
    importing.run(file)
    [first] = importing.files
    content = first.read_bytes()
    assert importing.run(file).end is End.COMPLETE
    assert importing.files == [first]
    changed = pydicom.dcmread(file)
    changed.StudyDescription = "another"
    changed.save_as(tmp_path / "changed.dcm")
    assert importing.run(tmp_path / "changed.dcm").end is End.COMPLETE
    assert first.read_bytes() == content
    assert len(list(first.parent.glob("*.dcm"))) == 2


def test_each_fault_costs_one_file(importing: Importing, tmp_path: Path) -> None:
    good, cut = data.study(tmp_path / "s", 2)
    cut.write_bytes(cut.read_bytes()[:-100])
    (tmp_path / "note.txt").write_text("no DICOM")
    outcome = importing.run(cut, tmp_path / "note.txt", tmp_path / "absent.dcm", good)
    assert (outcome.end, outcome.received, outcome.expected) == (End.PARTIAL, 1, 4)
    assert str(outcome.message) == "1 of 4 files were added."
    assert len(outcome.failed) == 3
    assert "not a DICOM file" in str(outcome.failed[1].reason)
    assert len(importing.files) == 1


def test_stopping(importing: Importing, tmp_path: Path) -> None:
    files = data.study(tmp_path / "s", 3)
    outcome = import_files(
        files,
        importing.library,
        importing.stored.append,
        importing.stop,
        lambda progress: importing.stop.request(),
    )
    assert (outcome.end, outcome.received) == (End.CANCELLED, 1)
    assert len(importing.files) == 1
    assert not list((importing.library.root / "incoming").iterdir())


def test_a_library_that_is_only_read(importing: Importing, tmp_path: Path) -> None:
    files = data.study(tmp_path / "s", 1)
    beside = Library.open_to_read(importing.library.root)
    try:
        with pytest.raises(LibraryInUse):
            import_files(files, beside, importing.stored.append, Stop(), lambda progress: None)
    finally:
        beside.close()
    assert not importing.stored


def test_a_bare_data_set(importing: Importing, tmp_path: Path) -> None:
    """A file without file meta information (PS3.10), as some programs write."""
    [file] = data.study(tmp_path / "s", 1)
    bare = tmp_path / "bare.dcm"
    raw = file.read_bytes()
    bare.write_bytes(raw[144 + int.from_bytes(raw[140:144], "little") :])
    outcome = importing.run(bare)
    if outcome.end is not End.COMPLETE:
        pytest.fail(str(outcome.failed))
    shutil.rmtree(tmp_path / "s")
    assert len(importing.files) == 1
