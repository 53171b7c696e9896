"""Creates, writes, renames, flushes and deletes files that only the user may read; overwrites none."""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import random
import stat
import sys
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from workstation.atomic_files import retry_while_locked
from workstation.errors import DiskFull, NotWritable, StoreError

log = logging.getLogger(__name__)

_BINARY: Final = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINKS: Final = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EXDEV)
_MANY: Final = 16
_PIECE: Final = 1024 * 1024
_SYNC_FILE_RANGE_WRITE: Final = 2
_OF_THE_DISK: Final = (errno.EIO, errno.ENOSPC, errno.EDQUOT)


def new_part(folder: str, prefix: str = "") -> tuple[str, int]:
    """Create ``<folder>/<prefix><random>.part``, mode 0600, for writing; its path and descriptor.

    Raises:
        OSError: It cannot be created.
    """
    path = f"{folder}{os.sep}{prefix}{random.getrandbits(64):016x}.part"
    return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)


def write_all(file: int, data: bytes | memoryview) -> None:
    """Write every byte, however the operating system splits it.

    Raises:
        OSError: The disk is full, or gone.
    """
    written = os.write(file, data)
    while written < len(data):
        data = memoryview(data)[written:]
        written = os.write(file, data)


def write_both(file: int, first: bytes, second: bytes | memoryview) -> None:
    """Write both one after the other, in one call where the system has it.

    Raises:
        OSError: The disk is full, or gone.
    """
    if sys.platform == "win32":
        write_all(file, first)
        write_all(file, second)
        return
    written = os.writev(file, (first, second))
    if written < len(first):
        write_all(file, first[written:])
        written = len(first)
    if written < len(first) + len(second):
        write_all(file, second[written - len(first) :])


def copy_behind(source: str, offset: int, file: int) -> None:
    """Write what ``source`` holds from ``offset`` on to the end of an open file.

    Raises:
        OSError: It cannot be read, or the disk refused.
    """
    with Path(source).open("rb", buffering=0) as opened:
        opened.seek(offset)
        while piece := opened.read(_PIECE):
            write_all(file, piece)


def copy_stripped(source: str, offset: int, file: int, count: int) -> None:
    """Write a deflated stream (PS3.5 A.5) anew without the first ``count`` bytes of what it inflates to.

    Args:
        source: Path of the file that holds it.
        offset: Where it begins there.
        file: Open for writing.
        count: How many bytes.

    Raises:
        OSError: It cannot be read, or the disk refused.
    """
    inflate, deflate = zlib.decompressobj(-zlib.MAX_WBITS), zlib.compressobj(wbits=-zlib.MAX_WBITS)
    with Path(source).open("rb", buffering=0) as opened:
        opened.seek(offset)
        while not inflate.eof and (packed := opened.read(_PIECE)):
            while packed and not inflate.eof:
                piece = inflate.decompress(packed, _PIECE)
                packed = inflate.unconsumed_tail
                write_all(file, deflate.compress(piece[count:]))
                count = max(0, count - len(piece))
    last = deflate.flush()
    write_all(file, last + bytes(len(last) % 2))


def rename_part(part: str, path: str) -> None:
    """Rename a finished part file to its final name; never overwrites another file.

    Raises:
        FileExistsError: There is a file of that name; the part file is untouched.
        OSError: Anything else.
    """
    if sys.platform != "win32":
        try:
            os.link(part, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
        else:
            delete_part(part)
            return
        if os.path.lexists(path):  # a file system without links: nothing better than to look first
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
    retry_while_locked(os.rename, part, path)


def delete_part(part: str) -> None:
    """Delete a part file; one that cannot be deleted is deleted at the next opening."""
    try:
        os.unlink(part)  # noqa: PTH108 - once per object: Path would cost as much as the call
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            log.warning("A part file could not be deleted.")


def delete_file(path: str | Path) -> bool:
    """Delete a file; False if it was not there.

    Raises:
        OSError: It cannot be deleted.
    """
    try:
        Path(path).unlink()
    except FileNotFoundError:
        return False
    return True


def make_private_folder(path: Path) -> Path:
    """Make the folder, and those above it, with mode 0700 where they are new.

    Raises:
        NotWritable: It cannot be made or is no folder.
    """
    try:
        for missing in reversed([folder for folder in (path, *path.parents) if not folder.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
        if not stat.S_ISDIR(path.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except OSError as error:
        raise NotWritable(str(path), error.strerror or str(error)) from error
    return path


def is_linked(folder: str | Path) -> bool:
    """Whether a folder is a link to another: the files in it are not the library's.

    Raises:
        FileNotFoundError: It is not there.
        OSError: It cannot be looked at.
    """
    if sys.platform == "win32":
        tag = os.lstat(folder).st_reparse_tag
        return tag in (stat.IO_REPARSE_TAG_SYMLINK, stat.IO_REPARSE_TAG_MOUNT_POINT)
    return stat.S_ISLNK(os.lstat(folder).st_mode)


def refuse_link(folder: str | Path) -> None:
    """Raise if a folder of the library is a link, which would put files outside of the library.

    Raises:
        FileNotFoundError: It is not there.
        OSError: It is a link to another folder, or cannot be looked at.
    """
    if is_linked(folder):
        raise OSError(errno.ELOOP, "the folder of its study is a link to another one")


def sync_file(file: int) -> None:
    """Flush an open file to the disk.

    Raises:
        OSError: The disk did not take them.
    """
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(file, fcntl.F_FULLFSYNC)
    else:
        os.fsync(file)


def sync_path(path: str | Path) -> None:
    """Flush a closed file to the disk, given its path.

    Raises:
        FileNotFoundError: It is not there.
        OSError: The disk did not take it.
    """
    file = os.open(path, (os.O_RDWR if sys.platform == "win32" else os.O_RDONLY) | _BINARY)
    try:
        sync_file(file)
    finally:
        os.close(file)


def sync_folder(path: str | Path) -> None:
    """Flush the entries of a folder to the disk; a no-op on Windows, which orders them itself.

    Raises:
        OSError: The disk did not take them.
    """
    if sys.platform == "win32":
        return
    file = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def sync_all(root: Path, paths: Iterable[str | Path]) -> None:
    """Flush these files below ``root``, their names and their folders to the disk.

    Many files cost one flush of the whole file system where the system offers it (Linux).

    Raises:
        OSError: The disk did not take them; a file that is gone is skipped.
    """
    wanted = list(dict.fromkeys(paths))
    if len(wanted) > _MANY and _sync_file_system(root):
        return
    for path in wanted:
        with suppress(FileNotFoundError):
            sync_path(path)
    for folder in dict.fromkeys(folder for path in wanted for folder in (Path(path).parent, root)):
        if folder.is_dir():
            sync_folder(folder)


def _sync_file_system(root: Path) -> bool:
    """syncfs(2), which reports write errors since Linux 5.8; False where there is none."""
    if sys.platform != "linux":
        return False
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return False
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if syncfs(folder) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
    finally:
        os.close(folder)
    return True


def start_writing(file: int) -> None:
    """Have the system begin to write an open file to the disk, where it can (Linux): a flush has less to do.

    It does not wait for the disk, unless that has much to do already. Nothing is promised: only the flush
    tells whether everything is on the disk.

    Raises:
        OSError: The disk does not take it.
    """
    call = _sync_file_range()
    if call is not None and call(file, 0, 0, _SYNC_FILE_RANGE_WRITE) != 0:
        code = ctypes.get_errno()
        if code in _OF_THE_DISK:
            raise OSError(code, os.strerror(code))


@cache
def _sync_file_range() -> Callable[[int, int, int, int], int] | None:
    """sync_file_range(2): descriptor, offset, length (0: to the end), flags. None where there is none."""
    if sys.platform != "linux":
        return None
    call = getattr(ctypes.CDLL(None, use_errno=True), "sync_file_range", None)
    if call is not None:
        call.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    return call


def free_space(path: Path) -> tuple[int, int]:
    """Bytes an ordinary user may still write on the volume, and its size.

    Raises:
        OSError: The folder is gone.
    """
    if sys.platform == "win32":
        import shutil

        usage = shutil.disk_usage(path)
        return usage.free, usage.total
    volume = os.statvfs(path)
    return volume.f_bavail * volume.f_frsize, volume.f_blocks * volume.f_frsize


def store_error(path: Path, error: OSError) -> StoreError:
    """Convert an error of the operating system to one the user can act on."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(str(path), 0, 1)
    return NotWritable(str(path), error.strerror or str(error))
