"""Files and index are compared folder by folder: memory stays flat, and a stop is heard at each file."""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.store import many
from tests.store.objects import encoded, made, send
from workstation.stop import Cancelled, Stop
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.rebuild import index_files
from workstation.store.verify import verify

FILES = 2 * many.IMAGES


class StopAfter(Stop):
    """Asked to stop when it has been looked at a number of times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times

    def check(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.request()
        super().check()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[int], Library]]:
    """A library of so many studies: an index, and files of the right name and size with nothing in them."""
    libraries = []

    def make(studies: int) -> Library:
        root = tmp_path / str(studies)
        many.fill(root, studies)
        for study in range(studies):
            (root / many.study_uid(study)).mkdir()
            for number in range(FILES):
                path = root / many.study_uid(study) / f"{many.instance_uid(study, number)}.dcm"
                path.touch()
                os.truncate(path, 525_000)
        libraries.append(Library.open(root))
        return libraries[-1]

    yield make
    for library in libraries:
        library.close()


def peak(work: Callable[[], object]) -> int:
    """Bytes that it took at most beyond what there was."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def scan(library: Library, stop: Stop | None = None) -> None:
    since = time.time() + 3600  # nothing has to be read
    stop = stop or Stop()
    assert index_files(library.root, library.index, library.quarantine, lambda _: None, stop, since=since)


def test_making_files_and_index_agree_takes_no_more_memory_for_more_studies(
    opened: Callable[[int], Library],
) -> None:
    few, many_studies = 50, 300
    small, large = opened(few), opened(many_studies)
    scan(small)  # what is imported and cached with the first
    growth = peak(lambda: scan(large)) - peak(lambda: scan(small))
    assert growth < 60 * FILES * (many_studies - few)


def test_verifying_takes_no_more_memory_for_more_studies(tmp_path: Path) -> None:
    used = []
    for studies in (10, 10, 50):
        library = Library.open(tmp_path / f"{len(used)}")
        writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
        for study in range(studies):
            for number in range(1, FILES + 1):
                uid = f"1.2.{study}.{number}"
                assert send(writer, encoded(made(uid, f"1.2.{study}", f"1.2.{study}.0")), uid) == 0
        library.index.settled()
        used.append(peak(partial(verify, library.root, library.index, lambda _: None, Stop())))
        library.close()
    assert used[2] - used[1] < 150 * FILES * 40


@pytest.mark.parametrize("times", [1, 5, FILES, 3 * FILES])
def test_a_stop_is_heard_at_the_next_file_also_while_they_are_listed(
    opened: Callable[[int], Library], times: int
) -> None:
    library = opened(3)
    for work in (scan, lambda library, stop: verify(library.root, library.index, lambda _: None, stop)):
        stop = StopAfter(times)
        with pytest.raises(Cancelled):
            work(library, stop)
        assert stop.left == 0
