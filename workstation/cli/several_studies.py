"""Fetching several studies, one after the other: a line for each, and a total at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from workstation.cli.output import Output, printable
from workstation.dicom.targets import End, Outcome, Target
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

POINTLESS = (AssociationRejected, HostUnknown, PortUnavailable, StoreError, TlsFailed, Unreachable)
"""Trouble that the next study would meet, too."""


def fetch_parts(fetch: Fetch, targets: Iterable[Target]) -> Outcome:
    """Fetch the parts of one study; what came to nothing is a failure with its message.

    Raises:
        WorkstationError: The next study would meet the same trouble.
    """
    outcomes = []
    for target in targets:
        try:
            outcomes.append(fetch(target))
        except POINTLESS:
            raise
        except WorkstationError as error:
            outcomes.append(failed(error))
        if outcomes[-1].end is End.CANCELLED:
            break
    return outcomes[0] if len(outcomes) == 1 else put_together(outcomes)


def failed(error: WorkstationError) -> Outcome:
    """What comes of a study that nothing came of."""
    return Outcome(end=End.FAILED, expected=None, message=error.message)


def tell_others(output: Output, selection: Selection) -> None:
    """List the answers that do not fit: how many, and what differs."""
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
            why.append(f"{each.key} is not told")
        elif not each.wanted:
            why.append(f"{each.key} is “{each.answered}”, which is no UID")
        else:
            why.append(f"{each.key} is “{each.answered}”, not “{each.wanted}”")
    return printable(f"{named or '-'}: {', '.join(why)}.")


class Total:
    """Adds outcomes up.

    Attributes:
        outcomes: So far.
        error: What ended it early.
    """

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.error: WorkstationError | None = None

    def sum(self, *, whole: bool) -> Outcome:
        """All of it; partial at best unless ``whole``."""
        found = put_together(self.outcomes)
        if not self.outcomes or (not whole and found.end.good):
            end = End.PARTIAL if found.received else End.FAILED
            found = replace(found, end=end, verified=False)
        return replace(found, message="")

    def counted(self) -> str:
        """How many ended in which way: "2 complete, 1 partial"."""
        ends = [outcome.end for outcome in self.outcomes]
        return ", ".join(f"{ends.count(end)} {end.value}" for end in End if end in ends)


def guarded(total: Total, work: Callable[[], Outcome]) -> Outcome | None:
    """The outcome of one study, added to the total; None if nothing further is worth a try."""
    try:
        outcome = work()
    except POINTLESS as error:
        total.error = error
        return None
    total.outcomes.append(outcome)
    return outcome
