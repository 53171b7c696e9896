"""A transfer of the list with how it is done, and how long it is paused."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from workstation.dicom.outcomes import Outcome
from workstation.errors import WorkstationError
from workstation.jobs.job import Job
from workstation.models.transfer import Details, Transfer, TransferState
from workstation.models.transfer_rate import TransferRate
from workstation.models.translation import translated
from workstation.network.exchange import Exchange


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a transfer is paused, in seconds.

    Attributes:
        waits: After a lost connection, each time that nothing came since; the last one again and again.
        room: Between two looks at a full disk.
        tick: How often the words that count down change.
    """

    waits: tuple[float, ...] = (2, 5, 15, 60, 300)
    room: float = 30
    tick: float = 1


class Then(Enum):
    """What becomes of a transfer that was asked to stop."""

    CANCELLED = "cancelled"
    ON_HOLD = "on hold"
    QUEUED = "queued"
    """It makes way, and goes on as soon as it is its turn again."""


class TransferTask(ABC):
    """A transfer of the list, how it is done, and its job while there is one.

    Attributes:
        transfer: Its row.
        locked: It waits for the passcode of its node, and has no job yet.
        waiting: It waits for its turn, and has no job yet.
        then: What becomes of it once its job has stopped.
        overtakes: When it is queued next, what runs makes way for it.
        rate: How fast it is while it runs.
        size_before: Bytes that earlier runs brought.
        outcome: How it ended, if it did.
        error: Why nothing came of it.
        exchange: What was asked and answered, of its last run.
        resumes_at: While it is paused, when it is taken up again; monotonic.
        for_room: It was paused for want of room, not of a connection.
        pauses: Beginning it again brings only what is missing.
        insists: It is paused, too, where the archive has not answered yet: nobody waits for it.
    """

    pauses: ClassVar[bool] = False

    def __init__(self, transfer: Transfer) -> None:
        transfer.pauses = self.pauses
        self.transfer = transfer
        self.job: Job | None = None
        self.locked = False
        self.waiting = False
        self.then = Then.CANCELLED
        self.overtakes = False
        self.rate: TransferRate | None = None
        self.size_before = 0
        self.outcome: Outcome | None = None
        self.error: WorkstationError | None = None
        self.exchange = Exchange()
        self.resumes_at = 0.0
        self.for_room = False
        self.insists = False
        self.losses = 0  # tries one after the other that brought nothing
        self.breaks = 0  # how many of the last of them the archive broke off
        self.had = 0  # what was here when it began

    @property
    def idle(self) -> bool:
        """Whether it neither runs nor waits to."""
        return self.job is None and not self.locked and not self.waiting

    @property
    def retries(self) -> bool:
        """Whether it is tried again after a while: its connection or the disk failed it."""
        return self.transfer.state is TransferState.PAUSED

    @property
    def when_idle(self) -> bool:
        """Whether it runs only while nothing else goes on, as the user has not asked for it."""
        return False

    @property
    def deferred(self) -> bool:
        """Whether it waits until it may run."""
        return self.transfer.state is TransferState.DEFERRED

    def defer(self, why: str) -> None:
        """Have it wait until it may run; the caller knows when that is, and shows its row anew."""
        self.transfer.state, self.transfer.message = TransferState.DEFERRED, why

    @property
    def queue_key(self) -> Hashable:
        """Those of one key run one after the other; None: its lane alone says when it runs."""
        return None

    def stop(self, then: Then) -> None:
        """Ask its job to end, and note what is to become of it."""
        self.then = then
        self.transfer.pausing = then is not Then.CANCELLED
        if self.job is not None:
            self.job.cancel(resumes=self.transfer.pausing)

    def make_way(self, withdraw: Callable[[TransferTask], None], why: str) -> bool:
        """Stop for something else, or defer what waits for its turn; what asks for a passcode goes on.

        What runs is queued again when it has stopped: then it has to make way once more.

        Args:
            withdraw: Takes it out of the queue.
            why: What its row says meanwhile.

        Returns:
            Whether it was deferred: its row has to be shown anew.
        """
        if self.job is not None:
            if self.then is Then.CANCELLED and not self.job.cancelled:
                self.stop(Then.QUEUED)
            return False
        if self.locked:
            return False
        if self.waiting:
            withdraw(self)
        self.defer(why)
        return True

    @abstractmethod
    def submit(self) -> Job | None:
        """Submit the job; None, and a message in the row, if that is impossible."""

    @abstractmethod
    def details(self) -> Details:
        """All that is known of it."""

    def look_for_room(self) -> None:  # noqa: B027 - nothing to do where nothing is paused
        """Check that the disk has room for the rest; called in a lane.

        Raises:
            DiskFull: There is not.
        """

    def given_up(self) -> None:  # noqa: B027 - nothing to do where nothing is kept
        """Called when the user gives it up."""

    def over(self) -> None:  # noqa: B027 - most have nothing to do
        """Called when it has ended; its row says how."""

    @property
    def report(self) -> tuple[tuple[str, str], ...]:
        """The instances that failed or were taken with a warning, each with why."""
        if self.outcome is None:
            return ()
        failures = (*self.outcome.failed, *self.outcome.uncommitted, *self.outcome.remarks)
        return tuple((failure.uid, translated(failure.reason)) for failure in failures)
