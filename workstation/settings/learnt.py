"""Keeps what was learnt about archives from one run to the next: ``learnt.json``, no patient data.

The user chose nothing in it: a file that cannot be read counts as empty, and is replaced.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workstation.errors import StoreError, TooNew
from workstation.settings import document

WEEK = 7 * 24 * 3600.0
"""Seconds after which a fact is forgotten: the archive may have been set up otherwise."""

MOST = 256
"""Archives kept, those of the newest facts."""

_MOST_TEXT = 300


@dataclass(frozen=True, slots=True)
class ArchiveAddress:
    """The archive a fact is about; another address or AE title is another archive.

    Attributes:
        ae_title: Its AE title.
        host: Name or address, as configured.
        port: TCP port.
        calling: The AE title we call it by: archives allow one what they refuse another.
    """

    ae_title: str
    host: str
    port: int
    calling: str


Facts = Mapping[str, float]
"""Names of what holds for an archive, each with the moment it was learnt, in seconds since 1970."""


def read_learnt(path: Path, known: Iterable[str]) -> dict[ArchiveAddress, dict[str, float]]:
    """The facts not older than a week, of those ``known`` by this version; nothing from a broken file."""
    try:
        content = document.read(path, ())
    except StoreError:
        return {}
    listed = (content or {}).get("archives")
    names, now = frozenset(known), time.time()
    found: dict[ArchiveAddress, dict[str, float]] = {}
    for entry in listed[:MOST] if isinstance(listed, list) else ():
        about = entry.get("about") if isinstance(entry, dict) else None
        facts = entry.get("facts") if isinstance(entry, dict) else None
        if not isinstance(facts, dict):
            continue
        try:
            archive = document.build(ArchiveAddress, about, "it")
        except document.Misshapen:
            continue
        fresh = {
            name: float(moment)
            for name, moment in facts.items()
            if name in names and type(moment) in (int, float) and 0 <= now - moment < WEEK
        }
        if fresh and all(
            len(text) <= _MOST_TEXT for text in (archive.ae_title, archive.host, archive.calling)
        ):
            found[archive] = fresh
    return found


def write_learnt(path: Path, learnt: Mapping[ArchiveAddress, Facts]) -> None:
    """Replace the file; that of a newer version is left alone.

    Raises:
        NotWritable: The folder or file system refuses.
    """
    try:
        document.read(path, ())
    except TooNew:
        return
    except StoreError:
        pass
    newest = sorted(learnt, key=lambda archive: max(learnt[archive].values(), default=0.0), reverse=True)
    archives = [
        {
            "about": {
                "ae_title": archive.ae_title,
                "host": archive.host,
                "port": archive.port,
                "calling": archive.calling,
            },
            "facts": {name: int(moment) for name, moment in learnt[archive].items()},
        }
        for archive in newest[:MOST]
        if learnt[archive]
    ]
    document.write(path, (), {"archives": archives})
