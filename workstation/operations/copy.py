"""Copying files of the library to a folder a person chose; nothing there is written over."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from workstation.dicom.targets import End, Failure, Outcome
from workstation.errors import Sentence
from workstation.stop import Progress, Report, Stop
from workstation.store.files import drop, settle, trouble_with

_BLOCK = 1024 * 1024


def copy_files(paths: Sequence[Path], folder: Path, stop: Stop, report: Report) -> Outcome:
    """Copy ``paths`` into ``folder`` under their own names; what lies there with the same length stays.

    Raises:
        NotWritable, DiskFull: The folder takes no files.
    """
    begun, done, size = time.monotonic(), 0, 0
    failed: list[Failure] = []
    for path in paths:
        if stop.requested:
            break
        try:
            length = path.stat().st_size
            if _free_name(folder, path, length) is not None:
                _copy(path, folder, length)
        except FileNotFoundError:
            failed.append(
                Failure(path.stem, None, Sentence("{name} is no longer in the library.", name=path.name))
            )
            continue
        except OSError as trouble:
            raise trouble_with(folder, trouble) from trouble
        done, size = done + 1, size + length
        report(Progress(done, len(paths), size))
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
        sentence=""
        if end is End.COMPLETE
        else Sentence("{done} of {all} files were copied.", done=done, all=len(paths)),
    )


def _copy(path: Path, folder: Path, length: int) -> None:
    """Under a name that tells it is not whole, until it is."""
    part = folder / f".{secrets.token_hex(8)}.part"
    try:
        with path.open("rb") as source, part.open("xb") as copy:
            shutil.copyfileobj(source, copy, _BLOCK)
        while (target := _free_name(folder, path, length)) is not None:
            with suppress(FileExistsError):  # taken just now
                settle(str(part), str(target))
                return
    finally:
        drop(str(part))


def _free_name(folder: Path, path: Path, length: int) -> Path | None:
    """Where to write; None if the same file is there already."""
    number = 1
    target = folder / path.name
    while target.exists():
        if target.stat().st_size == length:
            return None
        number += 1
        target = folder / f"{path.stem}~{number}{path.suffix}"
    return target
