"""Values of how a retrieve or a send ended, and what of it failed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workstation.dicom.completeness import Completeness


class End(StrEnum):
    """How an operation ended.

    RECEIVED is of a retrieve: all that is known of is here, but there is no list of it to compare with.
    """

    COMPLETE = "complete"
    RECEIVED = "received"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def good(self) -> bool:
        """Nothing is known to be missing."""
        return self in (End.COMPLETE, End.RECEIVED)


@dataclass(frozen=True, slots=True)
class Failure:
    """One instance that did not come, or was not kept, and why.

    Attributes:
        uid: SOP Instance UID.
        status: The C-STORE status behind it, if there was one.
        reason: One plain message.
    """

    uid: str
    status: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a retrieve or a send, counted by what we hold, never by the peer's counters.

    Attributes:
        verified: The expected UIDs were known and compared.
        expected: Instances expected; None: unknown.
        received: Instances that are here now and belong to the target.
        missing: Expected UIDs that are not here.
        failed: Instances with a known reason.
        message: Why it is not complete, for the user; empty when complete.
        interrupted: Something broke it off; doing it again may bring the rest.
        accepted: The user accepted what is here as all there is, though some source listed more.
        committed: Of a send that asked for storage commitment: how many the archive vouched for.
        uncommitted: What was sent and the archive did not vouch for.
        remarks: What was sent and taken with a warning (PS3.4 B.2.3).
        doubtful: How many of those received are doubtful: kept, though something is wrong with them.
        unasked: How many objects came of the study that were not asked for.
        found: Of a retrieve: how complete the local copy is.
        associations: Of a retrieve: how many fetched at once, at most.
    """

    end: End
    verified: bool = False
    expected: int | None = None
    received: int = 0
    missing: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    bytes: int = 0
    seconds: float = 0.0
    message: str = ""
    interrupted: bool = False
    accepted: bool = False
    committed: int | None = None
    uncommitted: tuple[Failure, ...] = ()
    remarks: tuple[Failure, ...] = ()
    unasked: int = 0
    doubtful: int = 0
    found: Completeness | None = None
    associations: int = 0
