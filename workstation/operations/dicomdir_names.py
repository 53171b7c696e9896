"""Find the file that a DICOMDIR refers to: names on media are spelled in several ways (PS3.10 8.2, 8.5).

A file ID is up to eight names of eight capitals and digits. Media are written with longer names and
extensions all the same, and read through file systems that show small letters, the version number of
ISO 9660 (``;1``), or a name cut off to eight characters and three.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from pathlib import Path

from workstation.errors import UserMessage

_MAX_NAMES = 16  # PS3.10 8.2 allows eight
_NOT_THERE = "it does not lead to a file in the same folder"
_SEVERAL = "it may mean several files in the same folder"
_BETWEEN = re.compile(r"[\\/]")
_VERSION = re.compile(r";\d*$")
_STEM, _EXTENSION = 8, 3
"""Characters ISO 9660 leaves of a name at its first level."""


class _Near(IntEnum):
    """How much a name on the disk may differ from the one in the DICOMDIR."""

    SPELLED = 1
    """In capitals, version, dots and spaces at its end."""
    EXTENDED = 2
    """Also: only one of them has an extension."""
    CUT_OFF = 3
    """Also: one of them is the other cut off."""


class MediaFolder:
    """The folder of a DICOMDIR; nothing outside of it is ever found."""

    def __init__(self, folder: Path) -> None:
        self._root = folder.resolve()
        self._listed: dict[Path, _Listing] = {}
        self._guessed: dict[Path, tuple[str, ...]] = {}

    def find(self, file_id: Sequence[str]) -> Path | UserMessage:
        """The file of a Referenced File ID (0004,1500), or why there is none: an end of a message.

        An equal name goes before those that are similar; of several that are equally near
        none is taken.
        """
        names = tuple(name for part in file_id for name in _BETWEEN.split(part))
        if not 0 < len(names) <= _MAX_NAMES or not all(map(_is_name, names)):
            return UserMessage(_NOT_THERE)
        found = self._files([self._root.joinpath(*names)])
        for near in _Near:
            if not found:
                found = self._files(self._near(names, near))
                if near is not _Near.SPELLED and len(found) == 1:
                    (file,) = found
                    if self._guessed.setdefault(file, names) != names:  # two cannot both be this one
                        return UserMessage(_SEVERAL)
        if len(found) == 1:
            return found.pop()
        return UserMessage(_SEVERAL if found else _NOT_THERE)

    def _near(self, names: Iterable[str], near: _Near) -> set[Path]:
        folders = {self._root}
        for name in names:
            folders = {folder / one for folder in folders for one in self._listing(folder).like(name, near)}
        return folders

    def _listing(self, folder: Path) -> _Listing:
        listing = self._listed.get(folder)
        if listing is None:
            listing = self._listed[folder] = _Listing(self._names(folder))
        return listing

    def _names(self, folder: Path) -> list[str]:
        try:
            own = folder.resolve(strict=True)
            return [one.name for one in own.iterdir()] if own.is_relative_to(self._root) else []
        except (OSError, ValueError, RuntimeError):  # also: it is a file
            return []

    def _files(self, paths: Iterable[Path]) -> set[Path]:
        """Those that are files inside the folder, by their own paths."""
        found = set()
        for path in paths:
            try:
                own = path.resolve(strict=True)
            except (OSError, ValueError, RuntimeError):
                continue
            if own.is_relative_to(self._root) and own.is_file():
                found.add(own)
        return found


class _Listing:
    """The names in a folder, to be found by another spelling."""

    def __init__(self, names: Iterable[str]) -> None:
        self._spelled: dict[str, list[str]] = {}
        self._cut: dict[str, list[str]] = {}
        for name in names:
            spelled = _spelled(name)
            self._spelled.setdefault(spelled, []).append(name)
            self._cut.setdefault(_split(spelled)[0][:_STEM], []).append(name)

    def like(self, asked: str, near: _Near) -> list[str]:
        """The names that are so near to ``asked``."""
        wanted = _spelled(asked)
        if near is _Near.SPELLED:
            return self._spelled.get(wanted, [])
        return [
            name
            for name in self._cut.get(_split(wanted)[0][:_STEM], [])
            if _is_like(wanted, _spelled(name), cut_off=near is _Near.CUT_OFF)
        ]


def _is_name(name: str) -> bool:
    """Whether it may be the name of something in a folder."""
    return bool(_spelled(name)) and not set(name) & set("/\\:\0")


def _spelled(name: str) -> str:
    """What is the same of a name however it is spelled."""
    return _VERSION.sub("", name.strip(" ")).rstrip(" .").casefold()


def _split(name: str) -> tuple[str, str]:
    stem, _, extension = name.rpartition(".")
    return (stem, extension) if stem else (extension, "")


def _is_like(one: str, other: str, *, cut_off: bool) -> bool:
    (stem, extension), (stem_2, extension_2) = _split(one), _split(other)
    stems, extensions = stem == stem_2, extension == extension_2 or not (extension and extension_2)
    if cut_off:
        stems = stems or _is_cut_off(stem, stem_2, _STEM)
        extensions = extensions or _is_cut_off(extension, extension_2, _EXTENSION)
    return stems and extensions


def _is_cut_off(one: str, other: str, length: int) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) == length and long.startswith(short)
