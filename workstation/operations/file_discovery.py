"""Find the files behind the paths that the user opens: files, folders, what a DICOMDIR refers to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workstation.dicom.lenient_dataset import read
from workstation.dicom.part10 import MAX_META, read_head
from workstation.dicom.transfer_syntaxes import DEFLATED
from workstation.dicom.uids import MEDIA_DIRECTORY
from workstation.errors import UserMessage
from workstation.operations.dicomdir_names import MediaFolder
from workstation.stop import Stop

DICOMDIR = "DICOMDIR"
_RECORDS, _FILE_ID = 0x00041220, 0x00041500
_DIRECTORY_TAGS = frozenset({_RECORDS, _FILE_ID})
_LARGEST_DICOMDIR = 64 * 1024 * 1024  # bytes
_DEEPEST = 64  # folders within folders


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was meant but is not shown.

    Attributes:
        name: Shown to the user.
        reason: Why, in our words or the operating system's; an end of the message "{name}: {reason}".
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to look into; ``meant`` if it was named itself, not only found in a folder."""

    path: Path
    meant: bool


def candidates(paths: Iterable[Path], skip: Callable[[Skipped], None], stop: Stop) -> Iterator[Candidate]:
    """The files behind ``paths``, in order, as they are found; ``skip`` gets what cannot be followed.

    Folders are gone through without following links to folders. A DICOMDIR that is given itself stands for
    the files it refers to (PS3.10 8.6), one that is damaged for its folder; found in a folder it is passed
    over, as the folder's files are read anyway.

    Raises:
        Cancelled: ``stop`` was requested.
    """
    for path in paths:
        stop.check()
        if path.is_dir():
            yield from (Candidate(found, meant=False) for found in _below(path, skip, stop))
        elif not path.is_file():
            there = path.exists()
            skip(Skipped(path.name, UserMessage("it is no ordinary file" if there else "it is not there")))
        elif _is_directory(path):
            yield from _referenced(path, skip, stop)
        else:
            yield Candidate(path, meant=True)


def _below(folder: Path, skip: Callable[[Skipped], None], stop: Stop) -> Iterator[Path]:
    waiting = [(folder, 0)]
    while waiting:
        stop.check()
        folder, depth = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            skip(Skipped(folder.name, error.strerror or UserMessage("it cannot be read")))
            continue
        folders = []
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append((Path(entry.path), depth + 1))
            elif entry.is_file():
                yield Path(entry.path)
        if folders and depth == _DEEPEST:
            skip(Skipped(folder.name, UserMessage("its folders lie too deep")))
        else:
            waiting += reversed(folders)


def _is_directory(path: Path) -> bool:
    if path.name.upper() == DICOMDIR:
        return True
    try:
        with path.open("rb") as file:
            meta = read_head(file.read(MAX_META))
    except OSError:
        return False
    return not isinstance(meta, str) and meta.sop_class == MEDIA_DIRECTORY


def _referenced(path: Path, skip: Callable[[Skipped], None], stop: Stop) -> Iterator[Candidate]:
    file_ids = _file_ids(path)
    if file_ids is None:
        skip(Skipped(path.name, UserMessage("it is damaged; its folder was searched instead")))
        yield from (Candidate(found, meant=False) for found in _below(path.parent, skip, stop))
        return
    folder = MediaFolder(path.parent)
    for parts in file_ids:
        stop.check()
        found = folder.find(parts)
        if isinstance(found, Path):
            yield Candidate(found, meant=True)
        else:
            skip(Skipped(f"{path.name} → {'/'.join(parts)[:80]}", found))


def _file_ids(path: Path) -> list[tuple[str, ...]] | None:
    """The Referenced File IDs (0004,1500) of all records; None if there is no telling."""
    try:
        if path.stat().st_size > _LARGEST_DICOMDIR:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    meta = read_head(content[:MAX_META])
    if isinstance(meta, str) or meta.transfer_syntax in DEFLATED:
        return None
    elements, whole = read(content[meta.offset :], meta.transfer_syntax, only=_DIRECTORY_TAGS)
    records = next((one.values for one in elements if one.tag == _RECORDS), None)
    if not whole or records is None:
        return None
    found: list[tuple[str, ...]] = []
    for record in records:
        if isinstance(record, tuple):
            found += (tuple(map(str, one.values)) for one in record if one.tag == _FILE_ID and one.values)
    return found
