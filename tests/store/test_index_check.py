"""The files of a study are compared with its rows: what is not here as it was does not count."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.library_contents import counts_of
from tests.store.objects import encoded, made, send
from workstation.stop import Cancelled, Stop
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink

UIDS = ("1.2.1", "1.2.2", "1.2.3")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(Library.open(tmp_path / "library", reserve=lambda total: 0)) as opened:
        fill(opened)
        yield opened


def fill(library: Library) -> None:
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    for uid in UIDS:
        assert send(writer, encoded(made(uid, "1.2", "1.2.0")), uid) == 0
    library.index.settled()


def file(library: Library, uid: str) -> Path:
    return library.root / "1.2" / f"{uid}.dcm"


def age(library: Library) -> None:
    """Let the study's folder have changed long ago, for a disk with a coarse clock."""
    then = time.time() - 60
    os.utime(library.root / "1.2", (then, then))


def test_all_is_here(library: Library) -> None:
    assert library.confirm("1.2") == {"1.2.0": frozenset(UIDS)}
    assert library.confirm("1.9") == {}


@pytest.mark.parametrize("anew", [True, False])
def test_a_file_that_is_gone_is_not_here_and_can_come_again(library: Library, anew: bool) -> None:
    age(library)
    library.confirm("1.2", anew=anew)
    file(library, "1.2.2").unlink()
    assert library.confirm("1.2", anew=anew) == {"1.2.0": {"1.2.1", "1.2.3"}}
    assert counts_of(library.index, "1.2") == (1, 2)
    fill(library)
    assert library.confirm("1.2", anew=anew) == {"1.2.0": frozenset(UIDS)}


@pytest.mark.logs("not whole")
@pytest.mark.parametrize("left", [0, 200])
def test_a_file_that_was_cut_is_quarantined_and_can_come_again(library: Library, left: int) -> None:
    os.truncate(file(library, "1.2.2"), left)
    assert library.confirm("1.2") == {"1.2.0": {"1.2.1", "1.2.3"}}
    assert not file(library, "1.2.2").exists()
    fill(library)
    assert sorted(path.name for path in (library.root / "1.2").iterdir()) == [f"{uid}.dcm" for uid in UIDS]
    assert library.confirm("1.2") == {"1.2.0": frozenset(UIDS)}


def test_a_whole_file_of_another_size_is_what_is_here_now(library: Library) -> None:
    other = made("1.2.2", "1.2", "1.2.0")
    other.StudyDescription = "Another, longer description"
    with closing(Library.open(library.root.parent / "other", reserve=lambda total: 0)) as another:
        writer = LibrarySink(another, lambda header, peer: Admission.PLAN)
        assert send(writer, encoded(other), "1.2.2") == 0
        file(another, "1.2.2").replace(file(library, "1.2.2"))
        another.index.empty()
    assert library.confirm("1.2") == {"1.2.0": frozenset(UIDS)}
    assert library.index.files()["1.2/1.2.2.dcm"] == file(library, "1.2.2").stat().st_size


def test_a_folder_that_is_gone(library: Library) -> None:
    (library.root / "1.2").rename(library.root / "aside")
    assert library.confirm("1.2", anew=False) == {}
    assert library.index.is_empty()


def test_sizes_of_an_unchanged_folder_are_looked_at_again_after_a_while(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(library)
    library.confirm("1.2")
    os.truncate(file(library, "1.2.2"), 100)
    assert len(library.confirm("1.2", anew=False)["1.2.0"]) == 3
    monkeypatch.setattr("workstation.store.index_check.SIZES_KEPT", 0.0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("workstation.store.index_check.index_file", lambda *_: True)
        assert len(library.confirm("1.2", anew=False)["1.2.0"]) == 2


def test_a_reader_beside_the_writer_counts_and_mends_nothing(library: Library) -> None:
    file(library, "1.2.2").unlink()
    with closing(Library.open_to_read(library.root)) as reader:
        assert reader.confirm("1.2") == {"1.2.0": {"1.2.1", "1.2.3"}}
    assert counts_of(library.index, "1.2") == (1, 3)


def test_comparing_all_says_what_differed_and_mends_it(library: Library) -> None:
    assert list(library.compare()) == []
    file(library, "1.2.2").unlink()
    file(library, "1.2.3").rename(library.root / "aside.dcm")
    assert list(library.compare()) == ["1.2"]
    assert counts_of(library.index, "1.2") == (1, 1)
    (library.root / "aside.dcm").rename(file(library, "1.2.3"))
    assert list(library.compare()) == ["1.2"]
    assert library.index.sop_uids("1.2") == {"1.2.1", "1.2.3"}
    assert list(library.compare()) == []


@pytest.mark.logs("not whole")
def test_comparing_finds_what_was_cut_and_folders_that_are_gone(library: Library) -> None:
    os.truncate(file(library, "1.2.2"), 150)
    assert list(library.compare()) == ["1.2"]
    assert library.index.sop_uids("1.2") == {"1.2.1", "1.2.3"}
    (library.root / "1.2").rename(library.root.parent / "away")
    assert list(library.compare()) == ["1.2"]
    assert library.index.is_empty()
    (library.root.parent / "away").rename(library.root / "1.2")
    assert list(library.compare()) == ["1.2"]
    assert library.index.sop_uids("1.2") == {"1.2.1", "1.2.3"}


def test_comparing_can_be_stopped(library: Library) -> None:
    stop = Stop()
    stop.request()
    with pytest.raises(Cancelled):
        list(library.compare(stop=stop))
