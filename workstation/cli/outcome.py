"""How a transfer ended, for a person and for a program."""

from __future__ import annotations

from workstation.cli.output import Output, printable, size
from workstation.dicom.targets import Failure, Outcome

_LISTED = 20


def tell(output: Output, outcome: Outcome, done: str) -> int:
    """Say how it ended; returns the exit status.

    Args:
        output: Where to.
        outcome: How it ended.
        done: What happened to the objects: "received", "sent".
    """
    if output.json:
        output.value(_object(outcome))
    else:
        output.result(_sentence(outcome, done))
    if outcome.sentence and not outcome.end.good:
        output.error(printable(outcome.sentence), _status(outcome))
    elif outcome.sentence:
        output.remark(printable(outcome.sentence))
    if not output.json:
        _list(output, outcome)
    return 0 if outcome.end.good else 1


def _object(outcome: Outcome) -> dict[str, object]:
    told: dict[str, object] = {
        "state": outcome.end.value,
        "verified": outcome.verified,
        "expected": outcome.expected,
        "received": outcome.received,
        "missing": list(outcome.missing),
        "failed": [_failure(failure) for failure in outcome.failed],
        "bytes": outcome.bytes,
        "seconds": outcome.seconds,
    }
    if outcome.accepted:
        told["accepted"] = True
    return told


def _failure(failure: Failure) -> dict[str, object]:
    status = None if failure.status is None else f"0x{failure.status:04X}"
    return {"uid": failure.uid, "status": status, "reason": failure.reason}


def _status(outcome: Outcome) -> int | None:
    """The status the failures share, if they do."""
    found = {failure.status for failure in outcome.failed}
    return found.pop() if len(found) == 1 else None


def _sentence(outcome: Outcome, done: str) -> str:
    of = "" if outcome.expected is None else f" of {outcome.expected}"
    checked = ", not verified" if outcome.end.good and not outcome.verified else ""
    return (
        f"{outcome.end.value.capitalize()}{checked}: {outcome.received}{of} objects {done},"
        f" {size(outcome.bytes)} in {outcome.seconds:.1f} s."
    )


def _list(output: Output, outcome: Outcome) -> None:
    known = {failure.uid for failure in outcome.failed}
    lines = [f"{failure.uid or '-'}: {printable(failure.reason)}" for failure in outcome.failed]
    lines += [f"{uid}: missing." for uid in outcome.missing if uid not in known]
    for line in lines[:_LISTED]:
        output.remark(f"  {line}")
    if len(lines) > _LISTED:
        output.remark(f"  … and {len(lines) - _LISTED} more; --json lists them all.")
