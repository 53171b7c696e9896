"""Defines the results of receiving an object: stored, unfiled or refused, and the C-STORE statuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.dicom.association_facts import Peer
    from workstation.errors import UserMessage
    from workstation.store.instance_header import InstanceHeader


UNFILED = "unfiled"
"""The folder for objects that cannot be filed; nothing in it is ever deleted."""


class Status(IntEnum):
    """The C-STORE statuses we answer with (PS3.4 B.2.3, PS3.7 C)."""

    SUCCESS = 0x0000
    PROCESSING_FAILURE = 0x0110
    INVALID_INSTANCE = 0x0117
    CLASS_NOT_SUPPORTED = 0x0122
    NOT_AUTHORISED = 0x0124
    OUT_OF_RESOURCES = 0xA700
    CLASS_MISMATCH = 0xA900
    NOT_UNDERSTOOD = 0xC000


class Duplicate(Enum):
    """How an object compares to earlier ones of the same SOP Instance UID."""

    NEW = "new"
    SAME = "same"
    KEPT_FIRST = "kept first"
    CONFLICT = "conflict"

    @property
    def makes_file(self) -> bool:
        """Whether a file was made that was not there before."""
        return self in (Duplicate.NEW, Duplicate.CONFLICT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object that is kept.

    Attributes:
        transfer_syntax: As it arrived; under KEPT_FIRST the file at ``path`` has another one.
        file: Path of the file that holds it: a text, since a Path costs as much as creating the file.
        size: Bytes of the encoded data set that arrived.
        duplicate: Whether a new file was made, and why not.
        peer: Who sent it; None if it was found among the files.
        header: What the index needs; None from a plain folder.
        doubt: What is wrong with it although it is kept, an end of "{name}: …"; empty: nothing.
    """

    sop_uid: str
    sop_class: str
    study_uid: str
    series_uid: str
    transfer_syntax: str
    file: str
    size: int
    duplicate: Duplicate
    peer: Peer | None = None
    header: InstanceHeader | None = None
    doubt: str = ""

    @property
    def path(self) -> Path:
        """The file that holds it."""
        return Path(self.file)


@dataclass(frozen=True, slots=True)
class Unfiled:
    """An object that lies in :data:`UNFILED`.

    Attributes:
        file: Path of its file.
        study: Its Study Instance UID; empty: it has none. Likewise ``series``.
        patient_id: Its Patient ID; likewise ``name``.
        cut: It is truncated, so it is never filed.
    """

    file: str
    study: str
    series: str
    patient_id: str
    name: str
    cut: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """An object that was not kept, or lies in :data:`UNFILED`.

    Attributes:
        sop_uid: As the command named it, unchecked.
        status: The C-STORE status answered; SUCCESS: it is kept, and cannot be filed.
        reason: An end of the message "… was not kept: {reason}".
        peer: Who sent it.
        unfiled: Where it lies, if it is kept.
    """

    sop_uid: str
    status: Status
    reason: UserMessage
    peer: Peer
    unfiled: Unfiled | None = None


OnStored = Callable[[Stored], None]
OnRefused = Callable[[Refused], None]


def ignore_result(_: object) -> None:
    """Do nothing: the default of a callback."""
