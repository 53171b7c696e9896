"""Handing on what is in the library: copies to a folder, sending to a node, deleting the local copy."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.sources import Sources
from workstation.dicom.targets import End, Outcome, Target
from workstation.errors import Unreadable
from workstation.jobs.job import Job, State
from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.rows import LIBRARY
from workstation.models.transfers import Transfer, TransfersModel, TransferState
from workstation.operations.copy import copy_files
from workstation.operations.send import send
from workstation.stop import Progress
from workstation.store.library import Library

_ENDS = {
    End.COMPLETE: TransferState.COMPLETE,
    End.PARTIAL: TransferState.PARTIAL,
    End.FAILED: TransferState.FAILED,
    End.CANCELLED: TransferState.CANCELLED,
}


@dataclass(slots=True)
class _Open:
    transfer: Transfer
    job: Job
    verb: str
    since: float


class HandOn(QObject):
    """Jobs on local files; copies and sendings are listed among the transfers.

    Signals:
        deleted: Study UID of which local files were deleted.
    """

    deleted = Signal(str)

    def __init__(
        self, lanes: Lanes, sources: Sources, library: Library, transfers: TransfersModel, notices: Notices
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._sources = sources
        self._library = library
        self._transfers = transfers
        self._notices = notices
        self._known: dict[int, _Open] = {}

    def copy(self, targets: Sequence[Target], folder: Path, title: str) -> None:
        """Copy the local files of ``targets`` into ``folder``."""

        def work(run: Run) -> Outcome:
            return copy_files(self._paths(targets), folder, run.stop, run.report)

        self._list(LIBRARY, title, self.tr("Copying"), folder.name or str(folder), work)

    def send(self, targets: Sequence[Target], key: str, title: str) -> None:
        """Send the local files of ``targets`` to the node ``key``."""
        node = self._sources.node(key)
        if node is None:
            return

        def work(run: Run) -> Outcome:
            return send(node, self._paths(targets), run.stop, run.report)

        self._list(
            self._sources.place(key), title, self.tr("Sending"), self.tr("to {node}").format(node=key), work
        )

    def delete(self, targets: Sequence[Target]) -> None:
        """Delete the local files of ``targets``; no archive hears of it."""

        def work(run: Run) -> int:
            count = 0
            for target in targets:
                for series in target.series or ("",):
                    run.stop.check()
                    count += self._library.delete(target.study, series, target.instances)
            return count

        job = self._lanes.submit(LIBRARY, Purpose.TRANSFER, "delete local copies", work)
        job.ended.connect(partial(self._deleted, tuple(dict.fromkeys(one.study for one in targets))))

    def act(self, number: int) -> None:
        """Cancel what runs, take what has ended off the list."""
        one = self._known.get(number)
        if one is None:
            return
        if one.transfer.state.open:
            one.job.cancel()
        else:
            self._transfers.remove(number)
            del self._known[number]

    def remove_finished(self) -> None:
        """Take everything that has ended off the list."""
        for number in [number for number, one in self._known.items() if not one.transfer.state.open]:
            self.act(number)

    def _paths(self, targets: Sequence[Target]) -> list[Path]:
        index = self._library.index
        found = [
            path
            for target in targets
            for series in target.series or ("",)
            for path in index.paths(target.study, series, target.instances)
        ]
        if not found:
            raise Unreadable(str(self._library.root), "nothing of it is here")
        return list(dict.fromkeys(found))

    def _list(
        self, place: Hashable, title: str, verb: str, where: str, work: Callable[[Run], Outcome]
    ) -> None:
        transfer = Transfer(self._transfers.next_number(), title, where, fetches=False)
        job = self._lanes.submit(place, Purpose.TRANSFER, "hand files on", work)
        one = self._known[transfer.number] = _Open(transfer, job, verb, time.monotonic())
        self._transfers.add(transfer)
        job.changed.connect(partial(self._changed, one))
        job.progressed.connect(partial(self._progressed, one))
        job.ended.connect(partial(self._ended, one))

    def _changed(self, one: _Open) -> None:
        if one.job.state is State.RUNNING:
            one.since = time.monotonic()
            one.transfer.state, one.transfer.sentence = TransferState.RUNNING, one.verb
        elif one.job.state is State.CANCELLING:
            one.transfer.state = TransferState.CANCELLING
        self._transfers.tell(one.transfer)

    def _progressed(self, one: _Open, progress: Progress) -> None:
        transfer = one.transfer
        transfer.done, transfer.bytes = progress.done, progress.bytes
        transfer.expected = progress.expected if progress.expected is not None else transfer.expected
        transfer.measure(time.monotonic() - one.since)
        self._transfers.tell(transfer)

    def _ended(self, one: _Open, ended: Ended) -> None:
        transfer, outcome = one.transfer, ended.result
        if isinstance(outcome, Outcome):
            transfer.state = _ENDS[outcome.end]
            transfer.done, transfer.expected = outcome.received, outcome.expected
            transfer.bytes = outcome.bytes or transfer.bytes
            transfer.sentence = outcome.sentence
        elif ended.ending is Ending.CANCELLED:
            transfer.state = TransferState.CANCELLED
        else:
            transfer.state, transfer.sentence = TransferState.FAILED, self._notices.why(ended)
        self._transfers.tell(transfer)

    def _deleted(self, studies: tuple[str, ...], ended: Ended) -> None:
        for study in studies:
            self.deleted.emit(study)
        if ended.trouble is not None:
            self._notices.tell(ended.trouble)
        elif ended.ending is Ending.CRASHED:
            self._notices.bug()
        elif isinstance(ended.result, int):
            self._notices.note(
                self.tr("{n} local files were deleted. The archives keep theirs.").format(n=ended.result)
            )
