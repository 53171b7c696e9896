"""A disk that fails at the n-th step of whatever is done below a folder. Linux only.

A step is a call of the operating system that changes the disk: opening for writing, each write, closing,
flushing, linking, renaming, deleting, making folders. SQLite's steps count, too, through the hooks that its
Unix file system has for tests (``xSetSystemCall``); its fsync has no such hook.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import errno
import io
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FULL, READ_ONLY, DENIED, BROKEN = errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO
ERRORS = (FULL, READ_ONLY, DENIED, BROKEN)

_BY_PATH = ("link", "unlink", "remove", "rename", "replace", "mkdir", "rmdir", "utime", "chmod", "truncate")
_BY_FILE = ("write", "writev", "fsync", "fdatasync", "ftruncate", "close")
_FREEING = ("unlink", "remove", "rmdir", "close")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Disk:
    """What happens below a folder, step by step.

    Attributes:
        steps: The steps so far, by name.
        failed: Whether the step that was to fail has come.
    """

    def __init__(
        self, root: Path, step: int, code: int, *, for_good: bool, at: Callable[[], None] | None
    ) -> None:
        self._root = str(root)
        self._step = step
        self._code = code
        self._for_good = for_good
        self._at = at
        self._lock = threading.RLock()
        self.steps: list[str] = []
        self.failed = False

    def covers(self, path: object) -> bool:
        return os.fsdecode(path).startswith(self._root)  # type: ignore[arg-type]

    def holds(self, file: int) -> bool:
        try:
            return self.covers(Path(f"/proc/self/fd/{file}").readlink())
        except OSError:
            return False

    def fails(self, name: str) -> bool:
        """Count a step; whether it is to fail."""
        with self._lock:
            if self.failed and self._for_good:
                return not (self._code == FULL and name.rpartition(".")[2] in _FREEING)
            self.steps.append(name)
            if len(self.steps) != self._step:
                return False
            self.failed = True
            if self._at is not None:
                self._at()
                return False
            return True

    def error(self, path: object = None) -> OSError:
        return OSError(self._code, os.strerror(self._code), path)


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """A folder in memory where there is such a place: thousands of flushes take their time on a disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield otherwise
        return
    with tempfile.TemporaryDirectory(dir=memory) as place:
        yield Path(place)


@contextmanager
def failing(
    root: Path,
    step: int = 0,
    code: int = FULL,
    *,
    for_good: bool = False,
    at: Callable[[], None] | None = None,
) -> Iterator[Disk]:
    """Let the ``step``-th step below ``root`` fail while the block runs; 0: none, only count.

    Args:
        root: The folder.
        step: Counted from 1.
        code: The error number.
        for_good: All steps after it fail, too; a full disk still deletes.
        at: Called instead of failing, right before the step is done.
    """
    disk = Disk(root, step, code, for_good=for_good, at=at)
    with pytest.MonkeyPatch.context() as patch, _sqlite(disk):
        for name in _BY_PATH:
            patch.setattr(os, name, _by_path(disk, name, getattr(os, name)))
        for name in _BY_FILE:
            patch.setattr(os, name, _by_file(disk, name, getattr(os, name)))
        patch.setattr(os, "open", _open(disk, os.open))
        patch.setattr(os, "fdopen", _fdopen(disk, os.fdopen))
        patch.setattr(io, "open", _io_open(disk, io.open))  # what Path.open calls
        yield disk


Call = Callable[..., Any]


def _by_path(disk: Disk, name: str, real: Call) -> Call:
    def call(path: object, *rest: object, **more: object) -> object:
        if isinstance(path, int):
            concerned = disk.holds(path)
        else:
            concerned = disk.covers(path) or (name == "link" and disk.covers(rest[0]))
        if concerned and disk.fails(name):
            raise disk.error(path)
        return real(path, *rest, **more)

    return call


def _by_file(disk: Disk, name: str, real: Call) -> Call:
    def call(file: int, *rest: object) -> object:
        if disk.holds(file) and (name != "close" or _written(file)) and disk.fails(name):
            if name == "close":
                real(file)  # as the system does: closed, and an error told
            raise disk.error()
        return real(file, *rest)

    return call


def _written(file: int) -> bool:
    """Closing tells only of bytes that could not be written."""
    import fcntl  # here: the rest can be imported on Windows, too

    status = os.fstat(file)
    return (
        stat.S_ISREG(status.st_mode)
        and status.st_size > 0
        and bool(fcntl.fcntl(file, fcntl.F_GETFL) & _WRITING)
    )


def _open(disk: Disk, real: Call) -> Call:
    def call(path: object, flags: int, *rest: object, **more: object) -> object:
        if flags & _WRITING and disk.covers(path) and disk.fails("open"):
            raise disk.error(path)
        return real(path, flags, *rest, **more)

    return call


class _Raw(io.FileIO):
    """A file whose writes are steps; the interpreter's own go past ``os``."""

    def __init__(self, file: int) -> None:
        super().__init__(file, "w", closefd=False)

    def write(self, data: Any, /) -> int:
        return os.write(self.fileno(), data)

    def close(self) -> None:
        if not self.closed:
            file = self.fileno()
            super().close()
            os.close(file)


def _fdopen(disk: Disk, real: Call) -> Call:
    def call(file: int, mode: str = "r", *rest: Any, **more: Any) -> object:
        if not isinstance(file, int) or "r" in mode or not disk.holds(file):
            return real(file, mode, *rest, **more)
        buffered = io.BufferedWriter(_Raw(file))
        return (
            buffered if "b" in mode else io.TextIOWrapper(buffered, more.get("encoding"), more.get("errors"))
        )

    return call


def _io_open(disk: Disk, real: Call) -> Call:
    flags = {"w": os.O_CREAT | os.O_TRUNC, "a": os.O_CREAT | os.O_APPEND, "x": os.O_CREAT | os.O_EXCL}

    def call(path: Any, mode: str = "r", *rest: Any, **more: Any) -> object:
        if isinstance(path, int) or mode[0] not in flags or not disk.covers(path):
            return real(path, mode, *rest, **more)
        return os.fdopen(os.open(path, os.O_WRONLY | flags[mode[0]], 0o666), mode, *rest, **more)

    return call


# --- SQLite ------------------------------------------------------------------------------------------


class _Vfs(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int) for name in ("iVersion", "szOsFile", "mxPathname")),
        *((name, ctypes.c_void_p) for name in ("pNext", "zName", "pAppData", "xOpen", "xDelete", "xAccess")),
        *((name, ctypes.c_void_p) for name in ("xFullPathname", "xDlOpen", "xDlError", "xDlSym", "xDlClose")),
        *((name, ctypes.c_void_p) for name in ("xRandomness", "xSleep", "xCurrentTime", "xGetLastError")),
        *((name, ctypes.c_void_p) for name in ("xCurrentTimeInt64", "xSetSystemCall", "xGetSystemCall")),
    ]


_INT, _TEXT, _ANY, _LONG = ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_longlong
_CALLS = {
    "open": (_INT, _TEXT, _INT, _INT),
    "unlink": (_INT, _TEXT),
    "write": (ctypes.c_ssize_t, _INT, _ANY, ctypes.c_size_t),
    "pwrite64": (ctypes.c_ssize_t, _INT, _ANY, ctypes.c_size_t, _LONG),
    "pwrite": (ctypes.c_ssize_t, _INT, _ANY, ctypes.c_size_t, _LONG),
    "ftruncate": (_INT, _INT, _LONG),
}


@contextmanager
def _sqlite(disk: Disk) -> Iterator[None]:
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))  # it may be part of the interpreter
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None)
    where = ctypes.cast(vfs, _ANY)
    get = ctypes.CFUNCTYPE(_ANY, _ANY, _TEXT)(vfs.contents.xGetSystemCall)
    put = ctypes.CFUNCTYPE(_INT, _ANY, _TEXT, _ANY)(vfs.contents.xSetSystemCall)
    kept = []
    for name, kinds in _CALLS.items():
        address = get(where, name.encode())
        if address is None:
            continue  # this build has the other of pwrite and pwrite64
        kind = ctypes.CFUNCTYPE(*kinds, use_errno=True)
        hook = kind(_hook(disk, name, kind(address)))
        kept.append((name, hook))
        put(where, name.encode(), ctypes.cast(hook, _ANY))
    assert len(kept) >= 5, "SQLite does not let its system calls be replaced"
    try:
        yield
    finally:
        for name, _ in kept:
            put(where, name.encode(), None)


def _hook(disk: Disk, name: str, real: Call) -> Call:
    def call(first: Any, *rest: Any) -> int:
        if isinstance(first, bytes):
            concerned = disk.covers(first) and (name != "open" or bool(rest[0] & _WRITING))
        else:
            concerned = disk.holds(first)
        if concerned and disk.fails(f"sqlite.{name}"):
            ctypes.set_errno(disk._code)
            return -1
        return int(real(first, *rest))

    return call
