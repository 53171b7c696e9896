"""Say how a transfer ended, in the record of what was asked and answered."""

from __future__ import annotations

from workstation.dicom.outcomes import End, Outcome
from workstation.network.exchange import Exchange, State
from workstation.network.trace import Observer

_STATES = {
    End.COMPLETE: State.DONE,
    End.PARTIAL: State.INCOMPLETE,
    End.FAILED: State.FAILED,
    End.CANCELLED: State.CANCELLED,
}


def conclude_transfer(observer: Observer | None, outcome: Outcome) -> None:
    """Note the outcome of the operation that ``observer`` records, if it does."""
    if isinstance(observer, Exchange):
        observer.conclude(_STATES.get(outcome.end, State.DONE), outcome.message)
