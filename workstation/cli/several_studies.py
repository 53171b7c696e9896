"""Fetch several studies one after the other, and add up their outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from workstation.cli.output import Output, printable
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.errors import (
    AssociationRejected,
    HostUnknown,
    PortUnavailable,
    StoreError,
    TlsFailed,
    Unreachable,
    WorkstationError,
)
from workstation.operations.patient_retrieve import Fetch, put_together

if TYPE_CHECKING:
    from workstation.operations.selection import Answer, Selection

LISTED = 20

FATAL = (AssociationRejected, HostUnknown, PortUnavailable, StoreError, TlsFailed, Unreachable)
"""Errors that the next study would meet, too."""


def fetch_parts(fetch: Fetch, targets: Iterable[Target]) -> Outcome:
    """Fetch the parts of one study; an error of one part becomes a failed outcome.

    Raises:
        WorkstationError: One of :data:`FATAL`.
    """
    outcomes = []
    for target in targets:
        try:
            outcomes.append(fetch(target))
        except FATAL:
            raise
        except WorkstationError as error:
            outcomes.append(failed(error))
        if outcomes[-1].end is End.CANCELLED:
            break
    return outcomes[0] if len(outcomes) == 1 else put_together(outcomes)


def failed(error: WorkstationError) -> Outcome:
    """The outcome of a study of which nothing was fetched."""
    return Outcome(end=End.FAILED, expected=None, message=error.message)


def list_mismatches(output: Output, selection: Selection) -> None:
    """Print the answers that do not match the keys: how many, and what differs."""
    others = selection.others
    if output.json:
        for answer in others:
            output.value({"other": _object(answer)})
        return
    unusable = [answer for answer in others if answer.nameless]
    unlike = [answer for answer in others if not answer.nameless]
    _list(
        output,
        unlike,
        "1 answer does not look like what was asked for, and is not fetched:",
        "{n} answers do not look like what was asked for, and are not fetched:",
    )
    _list(
        output,
        unusable,
        "1 answer cannot be asked for, and is not fetched:",
        "{n} answers cannot be asked for, and are not fetched:",
    )


def _list(output: Output, answers: list[Answer], one: str, many: str) -> None:
    if not answers:
        return
    output.remark(one if len(answers) == 1 else many.format(n=len(answers)))
    for answer in answers[:LISTED]:
        output.remark(f"  {_line(answer)}")
    if len(answers) > LISTED:
        output.remark(f"  … and {len(answers) - LISTED} more; --json lists them all.")


def _object(answer: Answer) -> dict[str, object]:
    return {
        "level": answer.level.value,
        "uids": list(answer.uids),
        "patient": answer.patient,
        "differs": [
            {"key": each.key, "wanted": each.wanted, "told": each.answered} for each in answer.differs
        ],
    }


def _line(answer: Answer) -> str:
    named = " ".join(part for part in (answer.uids[-1] if answer.uids else "", answer.patient) if part)
    why = []
    for each in answer.differs:
        if each.answered is None:
            why.append(f"{each.key} is missing")
        elif not each.wanted:
            why.append(f"{each.key} is “{each.answered}”, which is not a UID")
        else:
            why.append(f"{each.key} is “{each.answered}”, not “{each.wanted}”")
    return printable(f"{named or '-'}: {', '.join(why)}.")


class Total:
    """Adds up outcomes.

    Attributes:
        outcomes: Of the studies so far.
        error: The error that ended it early.
    """

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.error: WorkstationError | None = None

    def sum(self, *, whole: bool) -> Outcome:
        """The sum of all outcomes; partial at best unless ``whole``."""
        found = put_together(self.outcomes)
        if not self.outcomes or (not whole and found.end.good):
            end = End.PARTIAL if found.received else End.FAILED
            found = replace(found, end=end, verified=False)
        return replace(found, message="")

    def counted(self) -> str:
        """Count the outcomes by end: "2 complete, 1 partial"."""
        ends = [outcome.end for outcome in self.outcomes]
        return ", ".join(f"{ends.count(end)} {end.value}" for end in End if end in ends)


def fetch_next(total: Total, work: Callable[[], Outcome]) -> Outcome | None:
    """Fetch one study and add its outcome to the total; None after a :data:`FATAL` error."""
    try:
        outcome = work()
    except FATAL as error:
        total.error = error
        return None
    total.outcomes.append(outcome)
    return outcome
