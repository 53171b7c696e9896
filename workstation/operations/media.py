"""Which files a person means who opens paths: files, everything below folders, what a DICOMDIR refers to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workstation.dicom.part10 import MAX_META, read_meta
from workstation.dicom.values import read
from workstation.dicom.walk import DEFLATED
from workstation.errors import Sentence
from workstation.stop import Stop

DICOMDIR = "DICOMDIR"
_DIRECTORY_CLASS = "1.2.840.10008.1.3.10"
_RECORDS, _FILE_ID = 0x00041220, 0x00041500
_DIRECTORY_TAGS = frozenset({_RECORDS, _FILE_ID})
_LARGEST_DICOMDIR = 64 * 1024 * 1024  # bytes
_DEEPEST = 64  # folders within folders
_MOST_PARTS = 16  # of a file ID; PS3.10 8.2 allows eight


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was meant but is not shown.

    Attributes:
        name: What a person knows it by.
        reason: Why, in our words or the operating system's; an end of the sentence "{name}: {reason}".
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to look into; ``meant`` if it was named itself, not only found in a folder."""

    path: Path
    meant: bool


def candidates(paths: Iterable[Path], skip: Callable[[Skipped], None], stop: Stop) -> Iterator[Candidate]:
    """The files meant by ``paths``, in order, as they are found; what cannot be followed is told to ``skip``.

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
            skip(Skipped(path.name, Sentence("it is no ordinary file" if there else "it is not there")))
        elif _is_directory(path):
            yield from _referenced(path, skip, stop)
        else:
            yield Candidate(path, meant=True)


def _below(folder: Path, skip: Callable[[Skipped], None], stop: Stop) -> Iterator[Path]:
    waiting = [(folder, 0)]
    while waiting:
        stop.check()
        place, depth = waiting.pop()
        try:
            with os.scandir(place) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as trouble:
            skip(Skipped(place.name, trouble.strerror or Sentence("it cannot be read")))
            continue
        folders = []
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append((Path(entry.path), depth + 1))
            elif entry.is_file():
                yield Path(entry.path)
        if folders and depth == _DEEPEST:
            skip(Skipped(place.name, Sentence("its folders lie too deep")))
        else:
            waiting += reversed(folders)


def _is_directory(path: Path) -> bool:
    if path.name.upper() == DICOMDIR:
        return True
    try:
        with path.open("rb") as file:
            meta = read_meta(file.read(1024))
    except OSError:
        return False
    return not isinstance(meta, str) and meta.sop_class == _DIRECTORY_CLASS


def _referenced(path: Path, skip: Callable[[Skipped], None], stop: Stop) -> Iterator[Candidate]:
    file_ids = _file_ids(path)
    if file_ids is None:
        skip(Skipped(path.name, Sentence("it is damaged; its folder was searched instead")))
        yield from (Candidate(found, meant=False) for found in _below(path.parent, skip, stop))
        return
    root = path.parent.resolve()
    for parts in file_ids:
        stop.check()
        found = _resolve(root, parts)
        if found is None:
            name = "/".join(parts)[:80]
            skip(Skipped(f"{path.name} → {name}", Sentence("it does not lead to a file in the same folder")))
        else:
            yield Candidate(found, meant=True)


def _file_ids(path: Path) -> list[tuple[str, ...]] | None:
    """The Referenced File IDs (0004,1500) of all records; None if there is no telling."""
    try:
        if path.stat().st_size > _LARGEST_DICOMDIR:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    meta = read_meta(content[:MAX_META])
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


def _resolve(root: Path, parts: tuple[str, ...]) -> Path | None:
    """The file of a file ID below ``root``; None if it is not there or would lead elsewhere.

    Media are often read through file systems that show names in lower case.
    """
    if len(parts) > _MOST_PARTS or any(
        part in ("", ".", "..") or set(part) & set("/\\:\0") for part in parts
    ):
        return None
    for spelled in (parts, tuple(part.lower() for part in parts)):
        try:
            found = root.joinpath(*spelled).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            continue
        if found.is_relative_to(root) and found.is_file():
            return found
    return None
