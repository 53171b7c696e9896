"""A transfer as it is listed: its state, its numbers, and what its details show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from workstation.network.exchange import Exchange

SILENT_SECONDS: Final = 5.0
"""After so many seconds without an image a transfer says so instead of its rate."""


class Priority(IntEnum):
    """Which transfer goes first; within one priority the order of the list decides."""

    URGENT = 0
    """The user waits for it (double-click): it starts at once, what runs makes way and goes on afterwards."""
    NORMAL = 1
    BACKGROUND = 2
    """Nobody asked for it: it makes way for whatever the user asks for."""


class TransferState(StrEnum):
    """Where a transfer stands, as its row shows it."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DEFERRED = "deferred"
    """It starts by itself: at its hours, or while nothing else is fetched; its message says which."""
    PAUSED = "paused"
    """Its connection or the disk failed it; it is tried again by itself."""
    ON_HOLD = "on hold"
    """The user paused it."""
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
    def waits(self) -> bool:
        """It does not run, and is to go on: its place in the list counts."""
        return self in (
            TransferState.QUEUED,
            TransferState.DEFERRED,
            TransferState.PAUSED,
            TransferState.ON_HOLD,
        )

    @property
    def ended(self) -> bool:
        """It will not go on, and is no more than a report."""
        return not self.open and not self.waits and self is not TransferState.UNFINISHED

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
        renamed: Writes the title anew where names are to be written otherwise; None: it stays.
        node: The key of the node it goes to or comes from; empty: none. Never a shown text.
        where: What is shown instead; empty: the key itself.
        priority: Which goes first.
        pauses: It can be paused while it runs, and goes on with what is missing.
        pausing: While it is being stopped: to go on later.
        unasked: Nobody asked for it, so that its end is not told.
        needs_passcode: It waits for the user to give that of its node.
        done: Instances here; ``expected`` None: unknown.
        rate: Bytes a second.
        message: Why it is not complete.
        pace: Instances a second.
        silent: Seconds since the last image while it runs.
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
    priority: Priority = Priority.NORMAL
    pauses: bool = False
    pausing: bool = False
    silent: float = 0.0
    needs_passcode: bool = False
    unasked: bool = False
    renamed: Callable[[], str] | None = None

    @property
    def may_be_paused(self) -> bool:
        """Whether the user can pause it now."""
        if self.state is TransferState.RUNNING or (self.state is TransferState.CANCELLING and self.pausing):
            return self.pauses
        return self.state in (TransferState.QUEUED, TransferState.DEFERRED, TransferState.PAUSED)

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
        exchange: The talk with the archive; None: there was none.
        command: The equivalent DCMTK command line.
        uids: What in it identifies a study or a part of one.
        destination: What the archive's administrator has to enter, one fact a line; empty: nothing.
        fetch: Objects were fetched; False: sent or copied.
        whole: It ended, and nothing is known to be missing.
    """

    title: str
    message: str
    status: str = ""
    _: KW_ONLY
    report: tuple[tuple[str, str], ...] = ()
    exchange: Exchange | None = None
    command: str = ""
    uids: tuple[str, ...] = ()
    destination: str = ""
    fetch: bool = True
    whole: bool = False
