"""The power goes: what was acknowledged is there, in the worst state a file system may be in afterwards.

A model, not a power switch: of every file only the bytes of its last flush are left, of every folder the
names of its last flush, or all names with bytes missing behind them; of the index all that SQLite wrote, or
nothing.
"""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.crash.work import no_reserve
from tests.store.failing import failing
from tests.store.objects import encoded, made, send
from workstation.store import library_sink
from workstation.store.instance_file import read_instance_file
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.store_results import Stored

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the watched disk is Linux's")

PUSHED = {"1.2.1": "1.2", "1.2.2": "1.2", "1.3.1": "1.3"}
FETCHED = {"1.2.3": "1.2", "1.4.1": "1.4"}
STATES = ((False, False), (False, True), (True, True))
"""Whether all names are left, and whether the index is."""
OBJECTS = {uid: encoded(made(uid, study, f"{study}.0")) for uid, study in (PUSHED | FETCHED).items()}


class Flushed:
    """What below a folder is on the disk for sure; in memory no inode is ever used again."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._bytes: dict[int, bytes] = {}
        self._names: dict[int, dict[str, int]] = {}

    def sync(self, file: int) -> None:
        """A flush of an open file or folder."""
        status, path = os.fstat(file), Path(f"/proc/self/fd/{file}")
        if stat.S_ISDIR(status.st_mode):
            self._names[status.st_ino] = {entry.name: entry.inode() for entry in os.scandir(path)}
        else:
            self._bytes[status.st_ino] = path.read_bytes()

    def leave(self, target: Path, *, names: bool, index: bool) -> None:
        """Make at ``target`` what is left: all ``names`` or the flushed ones, an ``index`` or none."""
        here = {}
        for path in [self._root, *self._root.rglob("*")]:
            with suppress(FileNotFoundError):  # another thread goes on meanwhile
                here[path.stat().st_ino] = path
        self._copy(here[self._root.stat().st_ino], target, here, names=names)
        for path in self._root.glob("index.db*"):
            with suppress(FileNotFoundError):
                (target / path.name).unlink()
            if index and not path.name.endswith("-shm"):
                shutil.copyfile(path, target / path.name)

    def _copy(self, folder: Path, target: Path, here: dict[int, Path], *, names: bool) -> None:
        target.mkdir()
        now = {entry.name: entry.inode() for entry in os.scandir(folder)}
        for name, inode in (now if names else self._names.get(folder.stat().st_ino, {})).items():
            path = here.get(inode)
            if path is not None and path.is_dir():
                self._copy(path, target / name, here, names=names)
            else:
                (target / name).write_bytes(self._bytes.get(inode, b""))


def work(library: Library, acknowledged: list[str]) -> None:
    """Take what is pushed, one object twice, and fetch a little."""
    push = LibrarySink(library, lambda header, peer: Admission.PUSH)
    for uid in (*PUSHED, "1.2.1"):
        assert send(push, OBJECTS[uid], uid) == 0
        acknowledged.append(uid)
        library.index.settled()
    stored: list[Stored] = []
    fetch = LibrarySink(library, lambda header, peer: Admission.PLAN, stored.append)
    for uid in (*FETCHED, "1.2.2"):
        assert send(fetch, OBJECTS[uid], uid) == 0
        library.index.settled()
    library.flush([one.file for one in stored])
    acknowledged.extend(FETCHED)
    library.close()


def check(root: Path, acknowledged: list[str]) -> None:
    library = Library.open(root, reserve=no_reserve)
    try:
        held = library.index.sop_uids("1.2") | library.index.sop_uids("1.3") | library.index.sop_uids("1.4")
        assert set(acknowledged) <= held
        for study in ("1.2", "1.3", "1.4"):
            for path in library.index.paths(study):
                assert path.read_bytes().endswith(OBJECTS[path.stem])
                assert isinstance(read_instance_file(path, to_end=True), Stored)
    finally:
        library.close()


def watched(root: Path, step: int, patch: pytest.MonkeyPatch) -> list[str] | None:
    """Work, and right before the step leave three states beside ``root``; what was acknowledged by then."""
    root.mkdir()
    flushed, real = Flushed(root), os.fsync
    acknowledged: list[str] = []
    told: list[list[str]] = []

    def sync(file: int) -> None:
        real(file)
        flushed.sync(file)

    def cut() -> None:
        told.append(list(acknowledged))
        for number, (names, index) in enumerate(STATES):
            flushed.leave(root.with_name(f"{root.name}-{number}"), names=names, index=index)

    patch.setattr(os, "fsync", sync)
    with failing(root, step, at=cut):
        work(Library.open(root, reserve=no_reserve), acknowledged)
    return told[0] if told else None


@pytest.mark.logs("not whole")
def test_before_each_step(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for step in itertools.count(1):
        with monkeypatch.context() as patch:
            acknowledged = watched(memory / f"{step}", step, patch)
        if acknowledged is None:
            break
        for number in range(len(STATES)):
            check(memory / f"{step}-{number}", acknowledged)
        shutil.rmtree(memory / f"{step}")
    assert step > 100


@pytest.mark.parametrize(
    "missing", [pytest.param("sync_file", marks=pytest.mark.logs("not whole")), "sync_folder"]
)
def test_without_a_flush_it_would_be_lost(
    memory: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """So the model tells."""
    monkeypatch.setattr(library_sink, missing, lambda what: None)
    with monkeypatch.context() as patch:
        assert watched(memory / "last", 10_000, patch) is None
    lost = False
    for step in range(60, 200, 20):
        with monkeypatch.context() as patch:
            acknowledged = watched(memory / f"{step}", step, patch)
        if acknowledged:
            with pytest.raises(AssertionError):
                check(memory / f"{step}-0", acknowledged)
            lost = True
    assert lost
