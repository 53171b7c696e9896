"""The watch over leaks bites: each kind of thing left behind is found."""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.network import leaks
from tests.network.leaks import Holdings

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="not proven here: only Linux tells descriptors and the peak of memory"
)

Leave = Callable[[contextlib.ExitStack, Path], object]


def a_thread(stack: contextlib.ExitStack, folder: Path) -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait, daemon=True, name="forgotten")
    thread.start()
    stack.callback(thread.join)
    stack.callback(over.set)


def a_descriptor(stack: contextlib.ExitStack, folder: Path) -> None:
    stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))


def a_part_file(stack: contextlib.ExitStack, folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "object.part").touch()


def memory_for_a_moment(stack: contextlib.ExitStack, folder: Path) -> None:
    """Given back already: the peak counts."""
    size = (leaks.MEMORY + 10) * 1024 * 1024
    with contextlib.closing(mmap.mmap(-1, size)) as taken:
        for page in range(0, size, mmap.PAGESIZE):
            taken[page] = 1


@pytest.mark.parametrize(
    ("leave", "said"),
    [
        (a_thread, "a thread is left: forgotten"),
        (a_descriptor, "descriptors are left"),
        (a_part_file, "files are left: .*object.part"),
        (memory_for_a_moment, "memory grew by"),
    ],
)
def test_what_is_left_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leave: Leave, said: str
) -> None:
    monkeypatch.setattr(leaks, "PATIENCE", 0.1)
    holdings = Holdings(tmp_path)
    with contextlib.ExitStack() as stack:
        leave(stack, tmp_path)
        with pytest.raises(AssertionError, match=said):
            holdings.check()


def test_nothing_left_is_nothing_found(tmp_path: Path) -> None:
    Holdings(tmp_path).check()


def test_a_descriptor_in_the_place_of_another_is_found(tmp_path: Path) -> None:
    """Numbers are used again: what they stand for counts."""
    (tmp_path / "file").touch()
    first = Path(os.devnull).open("rb")  # noqa: SIM115 - its end is the matter
    holdings = Holdings(tmp_path)
    number = first.fileno()
    first.close()
    with (tmp_path / "file").open("rb") as second:
        assert second.fileno() == number
        with pytest.raises(AssertionError, match="descriptors are left"):
            holdings.check()
