"""Lists what other systems push to the listener: what is kept and what is refused, by sender and reason."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from typing_extensions import override

from workstation.controllers.notices import Notices
from workstation.controllers.transfer_task import TransferTask
from workstation.controllers.transfers import Transfers
from workstation.dicom import display
from workstation.jobs.job import Job
from workstation.jobs.lanes import Lanes
from workstation.jobs.mailbox import Mailbox
from workstation.models.transfer import Details, Transfer, TransferState
from workstation.models.transfers_model import TransfersModel
from workstation.models.translation import translated
from workstation.store.store_results import Refused, Status, Stored

_log = logging.getLogger(__name__)

MOST_LINES = 20
"""Lines, one for each sender and reason; beyond them one more for what is kept, and one for the rest."""
TICK_MS = 200
LOG_MS = 5000
"""Between two lines of the log about one sender and reason."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one line counts; without a sender: all beyond :data:`MOST_LINES`.

    Attributes:
        status: As it was answered; SUCCESS with a reason: it is kept, and cannot be filed.
        template: Of the reason, without what it is filled with: nothing of a patient goes to the log.
    """

    ae_title: str
    address: str
    status: Status = Status.SUCCESS
    template: str = ""

    @property
    def sender(self) -> str:
        return f"{self.ae_title} ({self.address})" if self.ae_title or self.address else ""


@dataclass(slots=True)
class _Count:
    kind: _Kind
    objects: int = 0
    bytes: int = 0
    reason: str = ""


class _Push(TransferTask):
    """A line of the list; it cannot be started here."""

    def __init__(self, transfer: Transfer, kind: _Kind) -> None:
        super().__init__(transfer)
        self.kind = kind

    def submit(self) -> Job | None:
        return None

    def details(self) -> Details:
        status = f"{self.kind.status:04X}H" if self.kind.status else ""
        return Details(self.transfer.title, self.transfer.message, status, fetch=False)


class _Counts(Mailbox[_Count]):
    """Adds up objects by sender and reason, so that its size is bounded."""

    def __init__(self, ring: Callable[[], None]) -> None:
        super().__init__(ring)
        self._by_kind: dict[_Kind, _Count] = {}

    @override
    def _add(self, value: _Count) -> None:
        kind = value.kind
        if kind not in self._by_kind and len(self._by_kind) >= MOST_LINES:
            kind = _beyond(kind)
        if kind not in self._by_kind:
            self._by_kind[kind] = _Count(kind, reason=value.reason)
            self._values.append(self._by_kind[kind])
        self._by_kind[kind].objects += value.objects
        self._by_kind[kind].bytes += value.bytes

    @override
    def pop(self, limit: int | None = None) -> list[_Count]:
        self._by_kind.clear()
        return super().pop()


def _counted(what: Stored | Refused) -> _Count:
    """One object, with the line that counts it."""
    peer, reason = what.peer, what.reason if isinstance(what, Refused) else None
    kind = _Kind(
        display.plain(peer.ae_title) if peer is not None else "",
        peer.address if peer is not None else "",
        what.status if isinstance(what, Refused) else Status.SUCCESS,
        reason.template if reason is not None else "",
    )
    size = what.size if isinstance(what, Stored) else 0
    return _Count(kind, 1, size, reason if reason is not None else "")


class Pushes(Transfers):
    """Keeps a line of the transfers for each sender and reason, and writes the same to the log."""

    _rung = Signal()

    def __init__(self, lanes: Lanes, transfers: TransfersModel, notices: Notices) -> None:
        super().__init__(lanes, transfers, notices)
        self._counts = _Counts(self._rung.emit)
        self._rung.connect(self._ring, Qt.ConnectionType.QueuedConnection)
        self._unlogged: dict[_Kind, int] = {}
        self._drain_timer, self._log_timer = QTimer(self), QTimer(self)
        for timer, slot in ((self._drain_timer, self.drain), (self._log_timer, self.write_log)):
            timer.setSingleShot(True)
            timer.timeout.connect(slot)

    def add(self, what: Stored | Refused) -> None:
        """Add an object that was not asked for; quick, from any thread."""
        self._counts.put(_counted(what))

    def close(self) -> None:
        """Write to the log what has come: the program ends."""
        self.drain()
        self.write_log()

    @Slot()
    def _ring(self) -> None:
        if not self._drain_timer.isActive():
            self._drain_timer.start(TICK_MS)

    @Slot()
    def drain(self) -> None:
        """List at once what has come."""
        for count in self._counts.take():
            self._list_count(count)

    @Slot()
    def write_log(self) -> None:
        """Write to the log what has come since it was last written."""
        counts, self._unlogged = self._unlogged, {}
        for kind, count in counts.items():
            became = "were kept" if not kind.status else f"were refused with {kind.status:04X}H"
            if kind.template and not kind.status:
                became = "lie in the folder unfiled"
            why = f": {kind.template}" if kind.template else ""
            _log.info("%d objects pushed by %s %s%s", count, kind.sender or "others", became, why)

    def _list_count(self, count: _Count) -> None:
        kind = count.kind
        lines = {one.kind: one for one in self._known.values() if isinstance(one, _Push)}
        if kind not in lines and len(lines) >= MOST_LINES:
            kind = _beyond(kind)
        self._unlogged[kind] = self._unlogged.get(kind, 0) + count.objects
        if not self._log_timer.isActive():
            self._log_timer.start(LOG_MS)
        one = lines.get(kind)
        if one is None:
            one = self._add_line(kind, count)
        one.transfer.done += count.objects
        one.transfer.bytes += count.bytes
        self._transfers.tell(one.transfer)

    def _add_line(self, kind: _Kind, count: _Count) -> _Push:
        sender = kind.sender or self.tr("other senders")
        transfer = Transfer(
            self._transfers.next_number(),
            self.tr("Pushed by {sender}").format(sender=display.isolated(sender)),
            "",
            TransferState.REFUSED if kind.status or kind.template else TransferState.RECEIVED,
            message=self._words(kind, count.reason),
            where=kind.ae_title,
        )
        one = _Push(transfer, kind)
        self._list(one)
        if kind.template and not kind.status:
            self._notices.posted.emit(f"{transfer.title}: {transfer.message}", "", False)
        return one

    def _words(self, kind: _Kind, reason: str) -> str:
        why = translated(reason)
        if kind.status is Status.NOT_AUTHORISED:
            return self.tr("Refused: nobody asked for it. Settings, Listener says whose images are kept.")
        if kind.status:
            return self.tr("Refused: {reason}.").format(reason=why) if why else self.tr("Refused")
        if why:
            words = self.tr(
                "In the folder “unfiled” of the library: it does not tell whose it is ({reason})."
            )
            return words.format(reason=why)
        return self.tr("Kept in the library")


def _beyond(kind: _Kind) -> _Kind:
    """The line of what has no line of its own."""
    status = Status.PROCESSING_FAILURE if kind.status or kind.template else Status.SUCCESS
    return _Kind("", "", status)
