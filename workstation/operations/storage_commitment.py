"""Request storage commitment for what was sent, and wait for the report (PS3.4 J)."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from dataclasses import dataclass

from workstation.network.association import Association
from workstation.network.storage_commitment import Commitment, Reports, request_commitment
from workstation.stop import Stop

_HERE = 2.0
"""Seconds in which an archive that reports on the sending association does so."""
_STOPPED = Commitment("", (), ())


@dataclass(frozen=True, slots=True)
class Commit:
    """Storage commitment is wanted.

    Attributes:
        transaction: A fresh UID.
        seconds: How long the report is awaited.
        reports: Where a listener of ours puts the reports archives bring on their own associations; None:
            only a report on the sending association counts.
    """

    transaction: str
    seconds: float = 60.0
    reports: queue.SimpleQueue[Commitment] | None = None


def committed(
    association: Association, commit: Commit, objects: Sequence[tuple[str, str]], stop: Stop
) -> Commitment | None:
    """Have an archive commit to keep objects; None: it did not report in time.

    Args:
        association: Open, with a context for storage commitment.
        commit: The transaction, and where its report may come.
        objects: SOP Class and Instance UIDs.
        stop: Ends the wait.

    Raises:
        NetworkError, Cancelled: The association broke, the request was refused, or a stop was requested.
    """
    arrived: queue.SimpleQueue[Commitment] = commit.reports or queue.SimpleQueue()
    request_commitment(association, commit.transaction, objects, arrived.put)
    reports = Reports(association, arrived.put)
    deadline = time.monotonic() + commit.seconds
    if arrived.empty():
        reports.wait(min(_HERE, commit.seconds) if commit.reports is not None else commit.seconds)
    with stop.watching(lambda: arrived.put(_STOPPED)):
        while True:
            try:
                report = arrived.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            stop.check()
            if report.transaction == commit.transaction:
                return report
