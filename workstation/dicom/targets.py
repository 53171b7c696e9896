"""What is to be retrieved, and how a retrieve ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workstation.dicom.completeness import Completeness
from workstation.dicom.levels import Level
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import BadInput


@dataclass(frozen=True, slots=True)
class Target:
    """Entities of one study, with the whole hierarchy of UIDs above them (PS3.4 C.4.2.2.1).

    A UID is one that :func:`may_be_asked_for`: an archive may hold something under a value that is none.

    Attributes:
        study: Study Instance UID.
        series: Series Instance UIDs; empty: the whole study. Exactly one when ``instances`` is given.
        instances: SOP Instance UIDs within that series; empty: the whole series.
        patient_id: Patient ID as the node sent it; needed under Patient Root.
        modalities: What it is known to hold, if anything: a hint for what to negotiate.
    """

    study: str
    series: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    patient_id: str = ""
    modalities: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for uid in (self.study, *self.series, *self.instances):
            if not may_be_asked_for(uid):
                raise BadInput("UID", uid, "digits and single dots, at most 64 characters.")
        if self.instances and len(self.series) != 1:
            raise BadInput("target", self.study, "instances need the one series they belong to.")

    def covers(self, series: str, instance: str) -> bool:
        """Whether an instance of this study belongs to the target."""
        if self.instances:
            return instance in self.instances
        return not self.series or series in self.series

    @property
    def level(self) -> Level:
        """The query/retrieve level that names these entities."""
        if self.instances:
            return Level.IMAGE
        return Level.SERIES if self.series else Level.STUDY


@dataclass(frozen=True, slots=True)
class About:
    """What the user knows a study by, as the archive answered; empty where it did not.

    Attributes:
        patient: Patient's name, all component groups.
        study: Study description.
        date: Study date, eight digits.
    """

    patient: str = ""
    study: str = ""
    date: str = ""


UNTOLD = About()


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
