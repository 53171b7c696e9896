"""The index on a disk that refuses: what arrives is kept, owed, told once, and listed when it can be."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.failing import DENIED, FULL, failing
from tests.store.objects import encoded, made, send
from workstation.errors import DiskFull, NotIndexed, NotWritable
from workstation.store import index_writer
from workstation.store.index_recovery import Scan
from workstation.store.library import INDEX_NAME, Library
from workstation.store.library_sink import Admission, LibrarySink

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the failing disk is Linux's"),
    pytest.mark.logs("could not be indexed"),
]


class Told:
    """A library and the errors it told of."""

    def __init__(self, root: Path) -> None:
        self.errors: list[NotIndexed] = []
        self.library = Library.open(root, reserve=lambda total: 0, error=self.errors.append)
        self.index = self.library.index
        self.index_files = root / INDEX_NAME  # and those beside it, whose names begin alike

    def put(self, *numbers: int) -> None:
        writer = LibrarySink(self.library, lambda header, peer: Admission.PUSH)
        for number in numbers:
            assert send(writer, encoded(made(f"1.2.{number}", "1.2", "1.2.0")), f"1.2.{number}") == 0

    @property
    def held(self) -> set[int]:
        return {int(uid.rpartition(".")[2]) for uid in self.index.sop_uids("1.2")}


@pytest.fixture
def told(root: Path) -> Iterator[Told]:
    made = Told(root)
    made.put(1)
    made.index.settled()
    yield made
    made.library.close()


def test_what_is_owed_is_listed_once_there_is_room(told: Told, root: Path) -> None:
    with failing(told.index_files, 1, FULL, for_good=True):
        for number in (2, 3, 4):
            told.put(number)
            with pytest.raises(DiskFull):
                told.index.settled()
        assert told.held == {1}
    assert len(told.errors) == 1
    assert str(root) in str(told.errors[0])
    told.put(5)
    told.index.settled()
    assert told.held == {1, 2, 3, 4, 5}
    told.library.close()
    assert not (root / "unclean").exists()
    again = Library.open(root, scan=False)
    assert again.scan_needed is Scan.NOTHING
    again.close()


def test_each_refusal_after_a_recovery_is_told(told: Told) -> None:
    for number in (2, 3):
        with failing(told.index_files, 1, DENIED, for_good=True):
            told.put(number)
            with pytest.raises(NotWritable):
                told.index.settled()
        told.index.settled()
    assert len(told.errors) == 2
    assert told.held == {1, 2, 3}


def test_what_is_owed_at_the_end_is_found_at_the_next_start(told: Told, root: Path) -> None:
    with failing(told.index_files, 1, FULL, for_good=True):
        told.put(2, 3)
        told.library.close()
    assert (root / "unclean").exists()
    again = Library.open(root)
    assert again.index.sop_uids("1.2") == {"1.2.1", "1.2.2", "1.2.3"}
    again.close()


def test_no_more_is_owed_than_there_is_memory_for(
    told: Told, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_writer, "_MOST_OWED", 2)
    with failing(told.index_files, 1, FULL, for_good=True):
        told.put(2, 3, 4, 5)
        with pytest.raises(DiskFull):
            told.index.settled()
    told.index.settled()
    assert told.held == {1, 2, 3}
    told.library.close()
    again = Library.open(root)  # the files are all there
    assert len(again.index.sop_uids("1.2")) == 5
    again.close()


def test_what_is_owed_keeps_nobody_from_deleting(told: Told) -> None:
    with failing(told.index_files, 1, FULL, for_good=True):
        told.put(2)
        with pytest.raises(DiskFull):
            told.index.settled()
        with pytest.raises(DiskFull):
            told.library.delete("1.2")
    assert not (told.library.root / "1.2" / "1.2.1.dcm").exists()
    told.index.settled()
    assert told.held == {1, 2}
    told.library.close()
    again = Library.open(told.library.root)
    assert again.index.sop_uids("1.2") == {"1.2.2"}
    again.close()
