"""Defines a plan: what the user wants fetched from which node, and its state."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workstation.dicom.background import Background
from workstation.dicom.levels import Level
from workstation.dicom.targets import UNTOLD, About, Target


class PlanState(StrEnum):
    """The state of a plan; the first three are open.

    A plan is superseded when another one covers its target; the user gave up a cancelled one, which can be
    resumed for a week.
    """

    QUEUED = "queued"
    RUNNING = "running"
    UNFINISHED = "unfinished"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    @property
    def open(self) -> bool:
        """Whether it is to go on."""
        return self in (PlanState.QUEUED, PlanState.RUNNING, PlanState.UNFINISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the user wants fetched, as persisted.

    Attributes:
        node: Name of the node it is fetched from.
        uids: Expected SOP Instance UIDs; None while unknown.
        expected: Expected number of instances; None while unknown.
        created: Seconds since 1970, as is ``updated``.
        message: The reason of its state, for the user; may be empty.
        about: What identifies the study to the user: patient, description, date.
        background: When and how fast it may be fetched in the background; None: it is fetched at once.
    """

    id: int
    node: str
    target: Target
    uids: frozenset[str] | None
    expected: int | None
    state: PlanState
    created: float
    updated: float
    message: str = ""
    about: About = UNTOLD
    background: Background | None = None

    @property
    def level(self) -> Level:
        """The level its target names."""
        return self.target.level

    def covers(self, target: Target) -> bool:
        """Whether everything of ``target`` is part of this plan."""
        own = self.target
        if own.study != target.study:
            return False
        if not own.series:
            return True
        if not target.series or not set(target.series) <= set(own.series):
            return False
        return not own.instances or (bool(target.instances) and set(target.instances) <= set(own.instances))
