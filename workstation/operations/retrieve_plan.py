"""Keep the plan of a retrieve up to date: it outlives the association, the job and the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from workstation.dicom.levels import Level
from workstation.dicom.outcomes import End, Outcome
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    DiskFull,
    HostUnknown,
    NotKept,
    TimedOut,
    Unreachable,
    WorkstationError,
)
from workstation.operations.expected_instances import Expected
from workstation.operations.retrieve_state import RetrieveState
from workstation.stop import Stop
from workstation.store.plan import Plan, PlanState
from workstation.store.plans import Plans

_STATES = {
    End.COMPLETE: PlanState.COMPLETE,
    End.RECEIVED: PlanState.COMPLETE,
    End.PARTIAL: PlanState.PARTIAL,
    End.FAILED: PlanState.FAILED,
}

_LOST = (AssociationAborted, ConnectionLost, HostUnknown, TimedOut, Unreachable)


def wants_room(error: WorkstationError | None, outcome: Outcome | None) -> bool:
    """Whether a full disk stopped it: ours, which refuses objects as out of resources (PS3.4 B.2.3)."""
    if isinstance(error, DiskFull):
        return True
    codes = [failure.status for failure in outcome.failed] if outcome is not None else []
    if isinstance(error, NotKept):
        codes.append(error.code)
    return any(code is not None and code >> 8 == 0xA7 for code in codes)


class PlanRecord:
    """The plan of one run; without a list of plans nothing is kept.

    While it runs, and after it did not end well, the study is noted as unfinished: without a list or a count
    it would not be known that more is to come.
    """

    def __init__(self, plans: Plans | None, plan: Plan | None, retrieve: RetrieveState, stop: Stop) -> None:
        self._plans = plans
        self._plan = plan
        self._stop = stop
        self._retrieve = retrieve
        self._first = False
        if plans is not None and plan is not None:
            self._first = plans.expectations.begin(plan.target.study, plan.node)

    def ended(self, outcome: Outcome) -> None:
        """Persist how it ended; what broke off or paused, or the program's end stopped, can be resumed."""
        if outcome.end is End.CANCELLED:
            state = PlanState.UNFINISHED if self._stop.resumes else PlanState.CANCELLED
        else:
            broken = outcome.interrupted or wants_room(None, outcome)
            state = PlanState.UNFINISHED if broken else _STATES[outcome.end]
        if self._retrieve.unfinished is not None:
            self._note_end(self._retrieve.unfinished)
        elif self._first or (self._plan is not None and self._plan.level is Level.STUDY):
            self._note_end(None)
        self._write(state, outcome.message, self._retrieve.expected)

    def failed(self, error: WorkstationError) -> None:
        """Persist that nothing came of it; a full disk, or a network that went away, only pauses it."""
        lost = isinstance(error, _LOST) and self._retrieve.here > 0
        state = PlanState.UNFINISHED if lost or wants_room(error, None) else PlanState.FAILED
        if self._first and not self._retrieve.here:
            self._note_end(None)
        self._write(state, str(error))

    def crashed(self) -> None:
        """Persist that it ended by a fault of ours."""
        self._write(PlanState.UNFINISHED, "")

    def _note_end(self, unfinished: int | None) -> None:
        if self._plans is not None and self._plan is not None:
            self._plans.expectations.end(self._plan.target.study, self._plan.node, unfinished)

    def _write(self, state: PlanState, message: str, expected: Expected | None = None) -> None:
        if self._plans is None or self._plan is None:
            return
        uids = expected.instances if expected is not None and expected.whole else None
        self._plans.update(
            self._plan,
            state,
            message=message,
            uids=None if uids is None else frozenset(uids),
            expected=expected.count if expected is not None else None,
        )


@contextmanager
def planned(
    plans: Plans | None, plan: Plan | None, retrieve: RetrieveState, stop: Stop
) -> Iterator[PlanRecord]:
    """Have the plan say "running" for the length of the block, and how it ended after it.

    Raises:
        NotWritable: The list of plans cannot be written.
    """
    if plans is not None:
        plan = plans.update(plan or plans.create(retrieve.node.label, retrieve.target), PlanState.RUNNING)
    record = PlanRecord(plans, plan, retrieve, stop)
    try:
        yield record
    except WorkstationError as error:
        record.failed(error)
        raise
    except BaseException:
        record.crashed()
        raise
