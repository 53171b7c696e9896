"""Decides whether a transfer that stopped is tried again by itself, and when."""

from __future__ import annotations

import time

from workstation.controllers.transfer_task import RetryPolicy, TransferTask
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    DiskFull,
    HostUnknown,
    TimedOut,
    Unreachable,
)
from workstation.models.transfer import TransferState
from workstation.operations.retrieve_plan import wants_room


class TransferRetries:
    """Knows which archives have answered, and how often each transfer was tried in vain."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._answering: set[str] = set()  # the nodes that have sent something

    def is_due(self, one: TransferTask) -> bool:
        """Whether one that has ended is to be tried again; when is noted in it.

        The message of its row says why it stopped.
        """
        if one.transfer.done > one.had:
            self._answering.add(one.transfer.node)
            one.losses = one.breaks = 0
        if not one.pauses or one.transfer.state not in (TransferState.PARTIAL, TransferState.FAILED):
            return False
        again, one.for_room = (
            one.for_room and one.transfer.done == one.had,
            wants_room(one.error, one.outcome),
        )
        if again and one.for_room and not isinstance(one.error, DiskFull):
            return False  # there was room, and still nothing could be kept: the disk is not what is wrong
        if not one.for_room and not self._lost(one):
            return False
        waits = self._policy.waits
        wait = self._policy.room if one.for_room else waits[min(one.losses, len(waits) - 1)]
        one.losses += not one.for_room
        one.resumes_at = time.monotonic() + wait
        return True

    def _lost(self, one: TransferTask) -> bool:
        """Whether the connection to an archive was lost that has answered, be it only now."""
        if one.outcome is not None and not one.outcome.interrupted:
            return False
        if isinstance(one.error, HostUnknown | Unreachable):  # nothing is wrong with the archive
            one.breaks = 0
        elif one.outcome is None and not isinstance(
            one.error, AssociationAborted | ConnectionLost | TimedOut
        ):
            return False
        elif one.transfer.done <= one.had:
            one.breaks += 1
        answered = isinstance(one.error, ConnectionLost) and one.exchange.answered
        known = one.insists or answered or one.transfer.done > 0 or one.transfer.node in self._answering
        return known and one.breaks <= len(self._policy.waits)
