"""Deleting local copies, and wanting them back."""

from __future__ import annotations

import errno
import itertools
import os

import pytest

from tests.library_contents import counts_of
from tests.store.objects import made, put
from workstation.dicom.targets import Target
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import BadInput, NotDeleted, NotWritable
from workstation.stop import Cancelled, Stop
from workstation.store import duplicates
from workstation.store.library import Library
from workstation.store.trash import Trash
from workstation.store.trash_folder import clear_trash

ALL = {"1.1", "1.2"}


@pytest.fixture
def filled(library: Library) -> Library:
    """Two studies, of three instances and of one."""
    put(library, *(made(f"1.1.{number}", "1.1", "1.1.0") for number in (1, 2, 3)))
    put(library, made("1.2.1", "1.2", "1.2.0"))
    return library


def found(library: Library) -> set[str]:
    return {study.study_uid for study in library.index.studies()}


def test_what_was_deleted_can_be_put_back(filled: Library) -> None:
    before, trash = filled.index.files(), Trash(filled)
    batch, count = trash.take([Target("1.1"), Target("1.2", ("1.2.0",))], Stop())
    assert count == 4
    assert not (filled.root / "1.1").exists()
    assert "1.1" not in {study.study_uid for study in filled.index.studies()}
    assert trash.put_back(batch, Stop()) == count
    assert filled.index.files() == before
    assert found(filled) == ALL
    assert not batch.exists()


@pytest.mark.parametrize("same", [True, False])
def test_what_came_anew_meanwhile_stays(filled: Library, same: bool) -> None:
    """And so does what was deleted, if it is another object."""
    trash, path = Trash(filled), filled.root / "1.1" / "1.1.2.dcm"
    old = path.read_bytes()
    batch, _ = trash.take([Target("1.1", ("1.1.0",), ("1.1.2",))], Stop())
    if same:
        path.write_bytes(old)
    else:
        put(filled, made("1.1.2", "1.1", "1.1.0", PatientComments="anew"))
    new = path.read_bytes()
    assert trash.put_back(batch, Stop()) == (0 if same else 1)
    assert path.read_bytes() == new
    assert counts_of(filled.index, "1.1") == (1, 3)
    rows = [row for row in filled.index.instances("1.1.0") if row.sop_uid == "1.1.2"]
    assert [row.conflict for row in rows] == ([False] if same else [True, True])
    assert same or path.with_name("1.1.2~2.dcm").read_bytes() == old


def test_only_the_named_files_are_taken(filled: Library) -> None:
    """A version of an object goes, and the one that was there before stays."""
    before, trash = filled.index.files(), Trash(filled)
    put(filled, made("1.1.2", "1.1", "1.1.0", PatientComments="anew"), made("1.1.4", "1.1", "1.1.0"))
    after = filled.index.files()
    files = {"1.1": {"1.1.2~2.dcm", "1.1.4.dcm", "1.1.9.dcm"}, "1.9": {"1.9.1.dcm"}}
    batch, count = trash.take_files(files, Stop())
    assert count == 2
    assert filled.index.files() == before
    assert not [row for row in filled.index.instances("1.1.0") if row.conflict]
    assert trash.put_back(batch, Stop()) == 2
    assert filled.index.files() == after


def test_a_name_that_is_no_uid_deletes_nothing(filled: Library) -> None:
    """An archive may call a study anything, and a person wish the rows of its search deleted."""
    bystander = filled.root.parent / "empty"
    bystander.mkdir()
    before = filled.index.files()
    for name in ("../empty", str(bystander), "..", "", ".", "incoming", "quarantine"):
        assert filled.delete(name) == 0
        if may_be_asked_for(name):
            assert Trash(filled).take([Target(name)], Stop())[1] == 0
        else:
            with pytest.raises(BadInput):
                Target(name)
    assert bystander.is_dir()
    assert (filled.root / "incoming").is_dir()
    assert filled.index.files() == before


@pytest.mark.parametrize("left", [1, 2, 3])
def test_what_was_wanted_back_is_put_back_at_the_next_opening_at_the_latest(
    filled: Library, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk refuses in the middle of putting back; the program ends."""
    before, real, calls = filled.index.files(), duplicates.rename_part, itertools.count(1)
    batch, _ = Trash(filled).take([Target("1.1")], Stop())

    def refuses(part: str, path: str) -> None:
        if next(calls) >= left:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(part, path)

    with monkeypatch.context() as patch:
        patch.setattr(duplicates, "rename_part", refuses)
        with pytest.raises(NotWritable):
            Trash(filled).put_back(batch, Stop())
    assert len(filled.index.files()) == len(before) - 4 + left
    filled.close()
    again = Library.open(filled.root)
    assert again.index.files() == before
    assert found(again) == ALL
    again.close()


def test_a_deletion_the_disk_refuses_is_no_deletion(filled: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    before, real, calls = filled.index.files(), os.replace, itertools.count(1)

    def refuses(source: str, target: str) -> None:
        if next(calls) == 3:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuses)
        with pytest.raises(NotDeleted, match="Nothing was deleted"):
            Trash(filled).take([Target("1.2"), Target("1.1")], Stop())
    assert filled.index.files() == before
    assert found(filled) == ALL


class Expiring(Stop):
    """Is requested once it was looked at so many times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = itertools.count(1)
        self._most = looks

    def check(self) -> None:
        if next(self._looks) > self._most:
            self.request()
        super().check()


@pytest.mark.parametrize("looks", range(4))
@pytest.mark.parametrize("act", ["take", "put back", "empty", "open"])
def test_the_window_closes_in_the_middle_and_nothing_is_lost_or_half_deleted(
    filled: Library, act: str, looks: int
) -> None:
    """Each ends at the next file; what was not deleted to the end is there again after the next opening."""
    before, root = filled.index.files(), filled.root
    trash, stop, targets = Trash(filled), Expiring(looks), [Target("1.1"), Target("1.2")]
    if act == "take":
        with pytest.raises(Cancelled):
            trash.take(targets, stop)
    else:
        batch, count = trash.take(targets, Stop())
        assert count == 4
        if act == "put back":
            with pytest.raises(Cancelled):
                trash.put_back(batch, stop)
        elif act == "empty" and looks < 2:
            with pytest.raises(Cancelled):
                trash.empty(batch, stop)
    moved = len(list(filled.root.glob(".*/*/*/*.dcm")))
    if act in ("take", "put back"):
        assert moved == (looks if act == "take" else 4 - looks)
        assert len(filled.index.files()) == 4 - moved
    trash.close()
    filled.close()
    if act == "open":
        [batch] = (root / ".deleted-by-workstation").iterdir()
        batch.rename(batch.with_name(batch.name.partition(".")[0]))  # as if the program was killed
        with pytest.raises(Cancelled):
            clear_trash(root, stop)
    again = Library.open(root)
    assert again.index.files() == ({} if act == "empty" else before)
    assert list(root.glob(".*")) == []
    again.close()


@pytest.mark.parametrize("end", ["emptied", "closed", "killed"])
def test_what_was_deleted_is_gone_unless_the_program_was_killed_meanwhile(filled: Library, end: str) -> None:
    trash = Trash(filled)
    batch, _ = trash.take([Target("1.1")], Stop())
    if end == "emptied":
        trash.empty(batch, Stop())
        assert list(filled.root.rglob("1.1.1.dcm")) == []
    elif end == "closed":
        trash.close()
    filled.close()
    again = Library.open(filled.root)
    assert found(again) == (ALL if end == "killed" else ALL - {"1.1"})
    assert list(filled.root.glob(".*")) == []
    again.close()
