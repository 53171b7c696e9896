"""What has arrived is flushed while the archive is asked what there is; complete is only what was flushed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.operations.scripted_archive import STUDY, Crooked
from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.dicom.nodes import RetrieveMethod
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.errors import DiskFull
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.retrieve import retrieve
from workstation.stop import Stop
from workstation.store.library import Library

UIDS = ["1.2.3.4", "1.2.3.5"]


class Flushed:
    """Takes the place of ``Library.flush``: which objects, in which call that named any."""

    def __init__(self, library: Library, before: Callable[[int], None]) -> None:
        self.calls: list[list[str]] = []
        self._flush = library.flush
        self._before = before

    def __call__(self, files: Iterable[str]) -> None:
        names = list(files)
        if names:
            self.calls.append(sorted(Path(name).stem for name in names))
            self._before(len(self.calls))
        self._flush(names)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with contextlib.closing(Library.open(tmp_path / "library", reserve=lambda total: 0)) as opened:
        yield opened


def fetched(archive: Crooked, library: Library) -> Outcome:
    target = Target(STUDY, modalities=("CT",))
    router = LibraryRouter(library, reserve=lambda total: 0)
    with Server(archive.play) as server:
        node = server.node(retrieve=RetrieveMethod.GET)
        return retrieve(node, target, router, None, Stop(), lambda _: None)


def in_parts(*parts: list[str]) -> Crooked:
    """An archive that sends one part for each C-GET."""
    left = list(parts)

    def give(talk: Talk, context: int, asked: wire.Message) -> None:
        for uid in left.pop(0):
            archive.store(talk, context, uid)

    archive = Crooked(UIDS, give)
    return archive


def test_the_question_does_not_wait_for_the_flush(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()
    archive = in_parts(UIDS)
    answer = archive.answer_find

    def answer_find(talk: Talk, message: wire.Message) -> int | None:
        asked.set()
        return answer(talk, message)

    monkeypatch.setattr(archive, "answer_find", answer_find)
    flushed = Flushed(library, lambda _: asked.wait(10) or pytest.fail("it was not asked meanwhile"))
    monkeypatch.setattr(library, "flush", flushed)
    assert fetched(archive, library).end is End.COMPLETE
    assert flushed.calls == [UIDS]


def test_what_comes_after_the_question_is_flushed_too(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = Flushed(library, lambda _: None)
    monkeypatch.setattr(library, "flush", flushed)
    assert fetched(in_parts(UIDS[:1], UIDS[1:]), library).end is End.COMPLETE
    assert flushed.calls == [UIDS[:1], UIDS[1:]]


def test_nothing_is_complete_that_could_not_be_flushed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later flush may succeed: the system tells of an error once."""

    def refuse_once(number: int) -> None:
        if number == 1:
            raise DiskFull(str(library.root), 0, 1)

    monkeypatch.setattr(library, "flush", Flushed(library, refuse_once))
    with pytest.raises(DiskFull):
        fetched(in_parts(UIDS), library)
