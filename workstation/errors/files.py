"""Errors of the library, its index, and other files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workstation.errors.base import WorkstationError


@dataclass(eq=False)
class StoreError(WorkstationError):
    """An error of files; ``path`` is the folder or file that the user knows."""

    path: str
    template: ClassVar[str] = "“{path}” cannot be used."


@dataclass(eq=False)
class NotWritable(StoreError):
    """Folder or file system refuses writing. ``reason`` is the operating system's."""

    reason: str
    template: ClassVar[str] = (
        "Nothing can be written to “{path}”. Check its permissions or choose another folder."
    )

    @property
    def detail(self) -> str:
        return self.reason


@dataclass(eq=False)
class NotDeleted(NotWritable):
    """One file of many could not be deleted, and so none was."""

    template: ClassVar[str] = (
        "Nothing was deleted: a file in “{path}” cannot be moved. Close what uses it, or check its"
        " permissions, then delete again."
    )


@dataclass(eq=False)
class DiskFull(StoreError):
    """The volume is full, or below the reserve we keep free."""

    free: int
    needed: int
    template: ClassVar[str] = (
        "There is not enough free space in “{path}”: {free_mb} MB are free, {needed_mb} MB are needed."
        " Free some space, then resume."
    )

    @property
    def facts(self) -> dict[str, object]:
        return super().facts | {
            "free_mb": self.free // 1_000_000,
            "needed_mb": -(-self.needed // 1_000_000),
        }


@dataclass(eq=False)
class NotIndexed(StoreError):
    """Objects are in the library, but its index did not take them. ``reason`` is SQLite's."""

    reason: str
    template: ClassVar[str] = (
        "What arrived is safe in “{path}”, but not all of it can be listed yet."
        " Free some space there; the rest is listed then."
    )

    @property
    def detail(self) -> str:
        return self.reason


@dataclass(eq=False)
class KeptElsewhere(WorkstationError):
    """Another window of the same user keeps settings and nodes."""

    template: ClassVar[str] = "Another Workstation window keeps the settings. Change them there."


@dataclass(eq=False)
class LibraryInUse(StoreError):
    """Another process writes this library."""

    template: ClassVar[str] = (
        "The library “{path}” is in use by another Workstation. Close it, or use --out to write to a folder."
    )


@dataclass(eq=False)
class TooNew(StoreError):
    """A file of a newer program version (an index, a plan list, settings)."""

    version: int
    known: int
    template: ClassVar[str] = (
        "“{path}” was written by a newer Workstation (version {version}, this one knows {known})."
        " Use that one, or another folder."
    )


@dataclass(eq=False)
class Unreadable(StoreError):
    """A file that cannot be read as what it should be. ``reason`` says why."""

    reason: str
    template: ClassVar[str] = "“{path}” cannot be read: {reason}."
    message_fields: ClassVar[tuple[str, ...]] = ("reason",)


@dataclass(eq=False)
class MarksSetAside(StoreError):
    """The file of labels, notes and pins was damaged; ``kept`` is where it lies now, and a new one was begun."""

    kept: str
    template: ClassVar[str] = (
        "“{path}”, with labels, notes and pins of studies, was damaged. It is kept as “{kept}”, and a new one"
        " was begun. Put a copy of yours in its place, if you have one, while the program does not run."
    )


@dataclass(eq=False)
class OtherPatientsMark(WorkstationError):
    """Labels, note and pin of this Study Instance UID were made for another Patient ID."""

    template: ClassVar[str] = (
        "The labels, note or pin of this study were made for another patient ID. Nothing of them was changed."
    )
