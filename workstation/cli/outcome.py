"""Print the outcome of a transfer, as text or as JSON."""

from __future__ import annotations

from workstation.cli.output import Output, printable
from workstation.dicom.display import size
from workstation.dicom.outcomes import Failure, Outcome

_LISTED = 20


def report_outcome(output: Output, outcome: Outcome, done: str) -> int:
    """Print the outcome; return the exit status.

    Args:
        output: Prints it.
        outcome: Of the transfer.
        done: What happened to the objects: "here", "sent", "moved".
    """
    if output.json:
        output.value(as_object(outcome))
    else:
        output.result(f"{summary(outcome, done)}.")
    report_failures(output, outcome, done)
    return 0 if outcome.end.good else 1


def report_failures(output: Output, outcome: Outcome, done: str) -> None:
    """Print why it is not complete, and the objects that failed."""
    if outcome.message and not outcome.end.good:
        output.error(printable(outcome.message), _status(outcome))
    elif outcome.message:
        output.remark(printable(outcome.message))
    if not output.json:
        _list(output, outcome, "missing." if done == "here" else f"not {done}.")


def as_object(outcome: Outcome) -> dict[str, object]:
    """Convert the outcome to a JSON object."""
    found: dict[str, object] = {
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
        found["accepted"] = True
    if outcome.committed is not None:
        found["committed"] = outcome.committed
        found["uncommitted"] = [_failure(failure) for failure in outcome.uncommitted]
    if outcome.remarks:
        found["remarks"] = [_failure(remark) for remark in outcome.remarks]
    if outcome.unasked:
        found["unasked"] = outcome.unasked
    if outcome.doubtful:
        found["doubtful"] = outcome.doubtful
    return found


def _failure(failure: Failure) -> dict[str, object]:
    status = None if failure.status is None else f"0x{failure.status:04X}"
    return {"uid": failure.uid, "status": status, "reason": failure.reason}


def _status(outcome: Outcome) -> int | None:
    """The DIMSE status that all failures share, if they do."""
    found = {failure.status or None for failure in (*outcome.failed, *outcome.uncommitted)}
    return found.pop() if len(found) == 1 else None


def summary(outcome: Outcome, done: str) -> str:
    """Describe the outcome in one line, without the full stop."""
    fewer = outcome.expected is not None and outcome.expected < outcome.received
    of = "" if outcome.expected is None or fewer else f" of {outcome.expected}"
    checked = ", not verified" if outcome.end.good and not outcome.verified else ""
    committed = "" if outcome.committed is None else f", {outcome.committed} committed"
    return (
        f"{outcome.end.value.capitalize()}{checked}: {outcome.received}{of} objects {done}{committed},"
        f" {size(outcome.bytes)} in {outcome.seconds:.1f} s"
    )


def _list(output: Output, outcome: Outcome, absent: str) -> None:
    known = {failure.uid for failure in outcome.failed}
    found = (*outcome.failed, *outcome.uncommitted, *outcome.remarks)
    lines = [f"{failure.uid or '-'}: {printable(failure.reason)}" for failure in found]
    lines += [f"{uid}: {absent}" for uid in outcome.missing if uid not in known]
    for line in lines[:_LISTED]:
        output.remark(f"  {line}")
    if len(lines) > _LISTED:
        output.remark(f"  … and {len(lines) - _LISTED} more; --json lists them all.")
