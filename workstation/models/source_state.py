"""Define the state of a source in a search, which its chip in the window shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from workstation.dicom.further_query import FurtherQuery


class Phase(StrEnum):
    """The life of one source's answer.

    CHECKING is the library's, before it can be asked; LEFT_OUT that of a node which has no studies.
    """

    CHECKING = "checking"
    SEARCHING = "searching"
    DONE = "done"
    INCOMPLETE = "incomplete"
    STOPPED = "stopped"
    FAILED = "failed"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class SourceState:
    """What one source has answered so far.

    Attributes:
        found: How many rows it answered.
        loadable: There are more, and they can be asked for.
        splittable: There may be more, which can be asked for by parts of the period.
        suspected: Nothing but their round number says that there may be more.
        whole: Whether a search by parts of the period found all studies with a date; None: it was none.
        message: Why it failed or was left out, whether these are all, or what is being asked for.
        detail: The codes behind that; may be empty.
        further: The queries that asked otherwise than it was typed, since nothing fitted.
        untold: Paths of keys that could not be checked, each with the number of answers that do not tell it.
    """

    phase: Phase
    found: int = 0
    loadable: bool = False
    splittable: bool = field(default=False, kw_only=True)
    suspected: bool = field(default=False, kw_only=True)
    whole: bool | None = field(default=None, kw_only=True)
    message: str = ""
    detail: str = ""
    further: tuple[FurtherQuery, ...] = ()
    untold: tuple[tuple[str, int], ...] = field(default=(), kw_only=True)
