"""Compares the files of a library with its index and checks that each is complete. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from workstation.dicom.part10 import MAX_META, read_meta
from workstation.errors import UserMessage
from workstation.stop import Progress, Report, Stop
from workstation.store.files import store_error
from workstation.store.index import Index
from workstation.store.index_check import is_object
from workstation.store.instance_file import NotAnInstance, read_instance_file
from workstation.store.rebuild import count_objects, folders_of, objects_in
from workstation.store.store_results import UNFILED, Stored

_REPORT_EVERY: Final = 100
_PIECE: Final = 1024 * 1024


class FlawKind(StrEnum):
    """How a file and the index can disagree."""

    MISSING = "missing"  # the index names it, and it is gone
    UNREADABLE = "unreadable"  # the disk does not give its bytes
    BROKEN = "broken"  # it is no whole DICOM object
    CHANGED = "changed"  # it is not what the index says of it
    UNINDEXED = "unindexed"  # it is here, and the index does not name it
    UNFILED = "unfiled"  # it lacks UIDs, or is truncated
    DOUBTFUL = "doubtful"  # it came so, and is kept all the same


@dataclass(frozen=True, slots=True)
class Flaw:
    """One file that is wrong.

    Attributes:
        name: Below the library, with slashes.
        reason: An end of the message "{name}: {reason}".
    """

    name: str
    kind: FlawKind
    reason: str


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """The result of a verification; all is well if there are no flaws.

    Attributes:
        files: How many there are.
        bytes: Their size.
        flaws: Files that are wrong.
        doubtful: Files that are unchanged, but were doubtful when they were received.
    """

    files: int
    bytes: int
    flaws: tuple[Flaw, ...]
    doubtful: tuple[Flaw, ...] = ()


def verify(root: Path, index: Index, report: Report, stop: Stop, *, thorough: bool = False) -> VerifyResult:
    """Look at every file of a library; it may be in use meanwhile.

    Args:
        root: The library folder.
        index: Its index.
        report: Progress, in files.
        stop: A request to end.
        thorough: Read every byte, to find what the disk has lost; else only what precedes and follows the
            pixels, which is enough to find truncated files.

    Raises:
        NotWritable: The folder cannot be read.
        Unreadable: The index cannot be read.
        Cancelled: ``stop`` was requested.
    """
    flaws: list[Flaw] = []
    files = size = done = 0
    try:
        total = count_objects(root, stop)
        for folder in folders_of(root, index):
            rows = _rows_of(index, folder)
            here = {name: found.st_size for name, found in objects_in(root, folder)}
            for name in sorted(here.keys() | rows.keys()):
                stop.check()
                if done % _REPORT_EVERY == 0:
                    report(Progress(done, max(done, total), size))
                flaws += _flaws(root, index, name, rows.get(name), thorough=thorough)
                done += 1
                size += here.get(name, 0)
            files += len(here)
    except OSError as error:
        raise store_error(root, error) from error
    report(Progress(files, files, size))
    doubtful = tuple(flaw for flaw in flaws if flaw.kind is FlawKind.DOUBTFUL) + tuple(_unfiled(root))
    rest = tuple(flaw for flaw in flaws if flaw.kind is not FlawKind.DOUBTFUL)
    return VerifyResult(files, size, rest, doubtful)


def _rows_of(index: Index, folder: str) -> dict[str, tuple[int, str, str, str]]:
    """By file in a folder: what the index says of it, as :meth:`Index.listed` gives it."""
    return {
        row.path: (row.size, study, row.series_uid, row.sop_uid)
        for study in index.studies_in(folder)
        for row in index.listed_of(study)
        if row.path.startswith(f"{folder}/")
    }


def _flaws(
    root: Path, index: Index, name: str, row: tuple[int, str, str, str] | None, *, thorough: bool
) -> Iterator[Flaw]:
    path = root / name
    try:
        found, size = _looked_at(path, thorough=thorough)
    except FileNotFoundError:
        if row is not None and index.listed(name):  # not deleted just now
            yield Flaw(name, FlawKind.MISSING, UserMessage("it is gone"))
        return
    except OSError as error:
        yield Flaw(name, FlawKind.UNREADABLE, error.strerror or type(error).__name__)
        return
    if not isinstance(found, Stored):
        yield Flaw(name, FlawKind.BROKEN, found.reason)
    elif row is None:
        if not index.listed(name):  # not arrived just now
            yield Flaw(name, FlawKind.UNINDEXED, UserMessage("the index does not know of it"))
    elif row != (size, found.study_uid, found.series_uid, found.sop_uid):
        yield Flaw(name, FlawKind.CHANGED, UserMessage("the index says something else of it"))
    if isinstance(found, Stored) and found.doubt:
        yield Flaw(name, FlawKind.DOUBTFUL, UserMessage("kept as it came: {doubt}", doubt=found.doubt))


def _looked_at(path: Path, *, thorough: bool) -> tuple[Stored | NotAnInstance, int]:
    """What a file holds, and its size.

    Raises:
        FileNotFoundError: There is no file of the library's own.
        OSError: It cannot be read.
    """
    if not is_object(path):
        raise FileNotFoundError(path)
    found = read_instance_file(path, to_end=True, lenient_uids=True)
    if thorough:
        _read(path)
    return found, path.stat().st_size


def _unfiled(root: Path) -> Iterator[Flaw]:
    for path in sorted((root / UNFILED).glob("*.dcm")):
        with path.open("rb") as file:
            meta = read_meta(file.read(MAX_META))
        doubt = meta if isinstance(meta, str) else meta.mark
        yield Flaw(f"{UNFILED}/{path.name}", FlawKind.UNFILED, UserMessage(doubt))


def _read(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        buffer = bytearray(_PIECE)
        while file.readinto(buffer):
            pass
