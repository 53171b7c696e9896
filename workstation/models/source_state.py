"""Define the state of a source in a search, which its chip in the window shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from workstation.dicom.further_query import FurtherQuery


class Phase(StrEnum):
    """The life of one source's answer; CHECKING is the library's, before it can be asked."""

    CHECKING = "checking"
    SEARCHING = "searching"
    DONE = "done"
    INCOMPLETE = "incomplete"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SourceState:
    """What one source has answered so far.

    Attributes:
        found: How many rows it answered.
        loadable: There are more, and they can be asked for.
        message: Why it failed.
        detail: The codes behind that; may be empty.
        further: The queries that asked otherwise than it was typed, since nothing fitted.
        untold: Paths of keys that could not be checked, each with the number of answers that do not tell it.
    """

    phase: Phase
    found: int = 0
    loadable: bool = False
    message: str = ""
    detail: str = ""
    further: tuple[FurtherQuery, ...] = ()
    untold: tuple[tuple[str, int], ...] = field(default=(), kw_only=True)
