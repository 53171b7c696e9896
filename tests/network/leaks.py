"""What a test leaves behind: threads, descriptors, temporary files, memory."""

from __future__ import annotations

import contextlib
import gc
import os
import threading
import time
from pathlib import Path

PATIENCE = 20.0
"""Seconds for what a test ended to be gone, however busy this computer is."""

MEMORY = 30
"""MiB the process may hold more than before, at any moment of the test."""

_PROC = Path("/proc/self")


class Holdings:
    """What this process holds now; :meth:`check` says what it holds more later."""

    def __init__(self, folder: Path) -> None:
        """Note the present state; the highest use of memory counts from now on.

        Args:
            folder: No part file may be left below it.
        """
        _load()
        gc.collect()
        gc.freeze()  # what is left is not looked through before each test
        self._folder = folder
        self._threads = set(threading.enumerate())
        self._descriptors = descriptors()
        with contextlib.suppress(OSError):
            (_PROC / "clear_refs").write_text("5")  # proc(5): reset the high-water mark
        self._memory = memory("VmRSS")

    @property
    def growth(self) -> float:
        """MiB by which memory has grown at most since then; 0 where the system does not tell."""
        return memory("VmHWM") - self._memory

    def check(self) -> None:
        """Fail if anything is left."""
        deadline = time.monotonic() + PATIENCE
        for thread in set(threading.enumerate()) - self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            assert not thread.is_alive(), f"a thread is left: {thread.name}"
        left = {
            number: where for number, where in descriptors().items() if self._descriptors.get(number) != where
        }
        assert not left, f"descriptors are left: {left}"
        parts = [path.name for path in self._folder.rglob("*") if path.name.endswith((".part", ".tmp"))]
        assert not parts, f"files are left: {parts}"
        assert self.growth <= MEMORY, f"memory grew by {self.growth:.0f} MiB"


def _load() -> None:
    """Import what the first conversation would import: it is no leak."""
    import pydicom.datadict
    import pydicom.filereader
    import pydicom.filewriter

    import workstation.network.requestor
    import workstation.network.storage_scp
    import workstation.operations.retrieve  # noqa: F401

    pydicom.datadict.tag_for_keyword("PatientName")


def descriptors() -> dict[str, str]:
    """Open descriptors and what they are; nothing where the system does not tell (Linux does)."""
    found = {}
    with contextlib.suppress(FileNotFoundError):
        for path in (_PROC / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # the descriptor of this very listing
                found[path.name] = os.readlink(path)  # noqa: PTH115 - Path.readlink fails on "socket:[…]"
    return found


def memory(field: str) -> float:
    """A figure of ``/proc/self/status`` in MiB; 0 where there is none.

    Not ru_maxrss for the peak: that remembers the process that started this one.
    """
    with contextlib.suppress(FileNotFoundError):
        for line in (_PROC / "status").read_text("ascii").splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
    return 0.0
