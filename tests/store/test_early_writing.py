"""What is fetched begins to be written to the disk before all of it is here; the flush alone promises."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

import pytest

from tests.library_contents import counts_of
from tests.store.objects import encoded, made, send
from workstation.store import files, library_folder, library_sink
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.store_results import Refused, Status

LARGE = {"PixelData": bytes(300_000)}


@pytest.mark.parametrize(
    ("admission", "values", "started"),
    [(Admission.PLAN, LARGE, 1), (Admission.PLAN, {}, 0), (Admission.PUSH, LARGE, 0)],
    ids=["fetched", "small", "pushed"],
)
def test_what_is_fetched_begins_to_be_written_when_it_is_whole(
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    admission: Admission,
    values: dict[str, object],
    started: int,
) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(library_folder, "start_writing", lambda file: sizes.append(os.fstat(file).st_size))
    writer = LibrarySink(library, lambda uids, peer: admission)
    data = encoded(made(**values))
    assert send(writer, data, step=100_000) == 0
    assert [size > len(data) for size in sizes] == [True] * started


def test_a_large_object_is_written_while_it_arrives(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(library_folder, "start_writing", lambda file: sizes.append(os.fstat(file).st_size))
    monkeypatch.setattr(library_sink, "_STEP", 100_000)
    writer = LibrarySink(library, lambda uids, peer: Admission.PLAN)
    data = encoded(made(PixelData=bytes(370_000)))
    assert send(writer, data, step=50_000) == 0
    head = sizes[-1] - len(data)  # preamble and file meta information
    assert [size - head for size in sizes] == [100_000, 200_000, 300_000, len(data)]


def test_a_slow_disk_is_left_alone_for_ten_times_as_long(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        now = 100.0

        @classmethod
        def monotonic(cls) -> float:
            return cls.now

    begun: list[float] = []

    def start(file: int) -> None:
        begun.append(Clock.now)
        Clock.now += 2.0 if len(begun) == 2 else 0.001

    monkeypatch.setattr(library_folder, "time", Clock)
    monkeypatch.setattr(library_folder, "start_writing", start)
    for wait in (0.0, 0.0, 1.0, 18.0, 2.0, 0.0):
        Clock.now += wait
        library.folder.start_writing(0, 1_000_000)
    assert begun == pytest.approx([100.0, 100.001, 123.001, 123.002])


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_an_object_the_disk_does_not_take_then_is_refused(
    library: Library, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Only this call may tell so: a later flush need not know of it."""

    def fail(*_: int) -> int:
        ctypes.set_errno(code)
        return -1

    monkeypatch.setattr(files, "_sync_file_range", lambda: fail)
    refused: list[Refused] = []
    writer = LibrarySink(library, lambda uids, peer: Admission.PLAN, refused=refused.append)
    assert send(writer, encoded(made(**LARGE))) == Status.OUT_OF_RESOURCES
    assert [one.status for one in refused] == [Status.OUT_OF_RESOURCES]
    assert not list(library.root.rglob("*.dcm")) + list(library.root.rglob("*.part"))


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EPERM, errno.ESPIPE])
def test_where_the_system_cannot_begin_the_object_is_kept(
    library: Library, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(*_: int) -> int:
        ctypes.set_errno(code)
        return -1

    monkeypatch.setattr(files, "_sync_file_range", lambda: fail)
    writer = LibrarySink(library, lambda uids, peer: Admission.PLAN)
    assert send(writer, encoded(made(**LARGE))) == Status.SUCCESS
    library.index.settled()
    assert counts_of(library.index, "1.2.4") == (1, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the call")
def test_the_systems_own_call_takes_a_file_and_refuses_what_is_none(tmp_path: Path) -> None:
    call = files._sync_file_range()
    assert call is not None
    file = os.open(tmp_path / "here", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.write(file, b"bytes")
        files.start_writing(file)
        assert call(file, 0, 0, 2) == 0
    finally:
        os.close(file)
    assert call(file, 0, 0, 2) == -1
    assert ctypes.get_errno() == errno.EBADF
    assert (tmp_path / "here").read_bytes() == b"bytes"
