"""A transfer as it is listed: its state, its numbers, and what its details show."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum


class TransferState(StrEnum):
    """Where a transfer stands, as its row shows it."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    PAUSED = "paused"
    COMPLETE = "complete"
    RECEIVED = "received"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNFINISHED = "unfinished"
    REFUSED = "refused"

    @property
    def open(self) -> bool:
        """It runs or will run."""
        return self in (TransferState.QUEUED, TransferState.RUNNING, TransferState.CANCELLING)

    @property
    def ended(self) -> bool:
        """It will not go on unless the user says so."""
        return not self.open and self not in (TransferState.PAUSED, TransferState.UNFINISHED)

    @property
    def resumable(self) -> bool:
        """Running it again can bring more."""
        ends = (TransferState.COMPLETE, TransferState.RECEIVED, TransferState.REFUSED)
        return not self.open and self not in ends


@dataclass(slots=True)
class Transfer:
    """One transfer.

    Attributes:
        title: What is handed over: patient and study, as in the tree.
        node: The key of the node it goes to or comes from; empty: none. Never a shown text.
        where: What is shown instead; empty: the key itself.
        done: Instances here; ``expected`` None: unknown.
        rate: Bytes a second.
        message: Why it is not complete.
        pace: Instances a second.
        verb: What it does while it runs.
        resumes_in: Seconds until a paused one is taken up again; None: when there is room on the disk.
    """

    number: int
    title: str
    node: str
    state: TransferState = TransferState.QUEUED
    _: KW_ONLY
    done: int = 0
    expected: int | None = None
    bytes: int = 0
    rate: float = 0.0
    message: str = ""
    pace: float = 0.0
    verb: str = ""
    resumes_in: float | None = None
    where: str = ""

    def measure(self, seconds: float) -> None:
        """Rate and pace after ``seconds`` of running; nothing can be said of the first half second."""
        if seconds > 0.5:
            self.rate, self.pace = self.bytes / seconds, self.done / seconds

    @property
    def seconds_left(self) -> float | None:
        """How long it may still take; None while that is unknown."""
        if not self.state.open or self.expected is None or self.pace <= 0:
            return None
        return max(0.0, (self.expected - self.done) / self.pace)


@dataclass(frozen=True, slots=True)
class Details:
    """What "Details" of a transfer shows.

    Attributes:
        message: How it stands.
        status: Codes and comment behind a failure.
        report: Instances that are missing or failed, each with why.
        messages: The talk with the archive.
        command: The equivalent DCMTK command line.
        destination: What the archive's administrator has to enter, one fact a line; empty: nothing.
        fetch: Objects were fetched; False: sent or copied.
        whole: It ended, and nothing is known to be missing.
    """

    title: str
    message: str
    status: str = ""
    _: KW_ONLY
    report: tuple[tuple[str, str], ...] = ()
    messages: tuple[str, ...] = ()
    command: str = ""
    destination: str = ""
    fetch: bool = True
    whole: bool = False
