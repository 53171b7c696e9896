"""Copy files of the library to a folder that the user chose; nothing there is overwritten."""

from __future__ import annotations

import filecmp
import secrets
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from workstation.dicom.outcomes import End, Failure, Outcome
from workstation.errors import UserMessage
from workstation.stop import Progress, Report, Stop
from workstation.store.files import delete_part, rename_part, store_error, sync_all

_BLOCK = 1024 * 1024
_FLUSH = 64 * 1024 * 1024
"""Bytes copied between two flushes: a stick may be pulled out as soon as the copy is reported as done."""


def copy_files(paths: Sequence[Path], folder: Path, stop: Stop, report: Report) -> Outcome:
    """Copy ``paths`` into ``folder`` under their own names, on its disk when it is done.

    The same file lying there already stays; another one of its name, too, and the copy gets a further name.

    Raises:
        NotWritable, DiskFull: The folder takes no files.
    """
    begun, done, size = time.monotonic(), 0, 0
    failed: list[Failure] = []
    copied = _Copied(folder)
    for path in paths:
        if stop.requested:
            break
        try:
            length = path.stat().st_size
            if _free_name(folder, path) is not None:
                copied.add(_copy(path, folder), length)
        except FileNotFoundError as error:
            if not folder.is_dir():
                raise store_error(folder, error) from error
            failed.append(
                Failure(path.stem, None, UserMessage("{name} is no longer in the library.", name=path.name))
            )
            continue
        except OSError as error:
            raise store_error(folder, error) from error
        done, size = done + 1, size + length
        report(Progress(done, len(paths), size))
    copied.flush()
    end = End.COMPLETE if done == len(paths) else End.PARTIAL
    if stop.requested and done < len(paths):
        end = End.CANCELLED
    return Outcome(
        end=end,
        expected=len(paths),
        received=done,
        failed=tuple(failed),
        bytes=size,
        seconds=round(time.monotonic() - begun, 3),
        message=""
        if end is End.COMPLETE
        else UserMessage("{done} of {all} files were copied.", done=done, all=len(paths)),
    )


class _Copied:
    """The copies that may not be on the disk yet.

    Its methods raise NotWritable or DiskFull: the disk did not take them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: list[Path] = []
        self._bytes = 0

    def add(self, path: Path | None, length: int) -> None:
        if path is None:
            return
        self._paths.append(path)
        self._bytes += length
        if self._bytes > _FLUSH:
            self.flush()

    def flush(self) -> None:
        try:
            sync_all(self._folder, self._paths)
        except OSError as error:
            raise store_error(self._folder, error) from error
        self._paths, self._bytes = [], 0


def _copy(path: Path, folder: Path) -> Path | None:
    """Copy under a temporary name until the copy is whole."""
    part = folder / f".{secrets.token_hex(8)}.part"
    try:
        with path.open("rb") as source, part.open("xb") as copy:
            shutil.copyfileobj(source, copy, _BLOCK)
        while (target := _free_name(folder, path)) is not None:
            with suppress(FileExistsError):  # taken just now
                rename_part(str(part), str(target))
                return target
        return None
    finally:
        delete_part(str(part))


def _free_name(folder: Path, path: Path) -> Path | None:
    """Where to write; None if the same file is there already, byte for byte."""
    number = 1
    target = folder / path.name
    while target.exists():
        if filecmp.cmp(path, target, shallow=False):
            return None
        number += 1
        target = folder / f"{path.stem}~{number}{path.suffix}"
    return target
