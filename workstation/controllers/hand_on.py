"""Handing on what is in the library: copies to a folder, sending to a node, deleting the local copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal

from workstation.controllers.notices import Notices
from workstation.controllers.sources import Sources
from workstation.controllers.transfers import Transfers, Undertaking
from workstation.dicom.targets import Outcome, Target
from workstation.errors import Unreadable
from workstation.jobs.job import Job
from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.rows import LIBRARY
from workstation.models.transfers import Details, Transfer, TransfersModel
from workstation.operations.as_dcmtk import send_command
from workstation.operations.copy import copy_files
from workstation.operations.send import send
from workstation.store.library import Library


class _Handing(Undertaking):
    """A copy or a sending; ``begin`` queues it, ``command`` is the same with DCMTK."""

    def __init__(self, transfer: Transfer, begin: Callable[[_Handing], Job | None]) -> None:
        super().__init__(transfer)
        self._begin = begin
        self.command: Callable[[], str] = str

    def submit(self) -> Job | None:
        return self._begin(self)

    def details(self) -> Details:
        return Details(
            self.transfer.title,
            self.transfer.sentence,
            self.trouble.detail if self.trouble is not None else "",
            self.report,
            tuple(map(str, self.messages)),
            self.command(),
        )


class HandOn(Transfers):
    """Jobs on local files; copies and sendings are listed among the transfers.

    Signals:
        deleted: Study UID of which local files were deleted.
    """

    deleted = Signal(str)

    def __init__(
        self, lanes: Lanes, sources: Sources, library: Library, transfers: TransfersModel, notices: Notices
    ) -> None:
        super().__init__(lanes, transfers, notices)
        self._sources = sources
        self._library = library

    def copy(self, targets: Sequence[Target], folder: Path, title: str) -> None:
        """Copy the local files of ``targets`` into ``folder``."""

        def begin(one: _Handing) -> Job:
            def work(run: Run) -> Outcome:
                return copy_files(self._paths(targets), folder, run.stop, run.report)

            return self._lanes.submit(LIBRARY, Purpose.TRANSFER, "copy files", work)

        where = folder.name or str(folder)
        transfer = Transfer(self._transfers.next_number(), title, where, verb=self.tr("Copying"))
        self._take_on(_Handing(transfer, begin))

    def send(self, targets: Sequence[Target], key: str, title: str) -> None:
        """Send the local files of ``targets`` to the node ``key``."""

        def begin(one: _Handing) -> Job | None:
            node = self._sources.node(key)
            if node is None:
                gone = self.tr("The node “{name}” is no longer configured.")
                one.transfer.sentence = gone.format(name=key)
                return None
            one.command = lambda: send_command(node, targets)

            def work(run: Run) -> Outcome:
                return send(node, self._paths(targets), run.stop, run.report, observer=one.messages.append)

            return self._lanes.submit(self._sources.place(key), Purpose.TRANSFER, f"send to {key}", work)

        where = self.tr("to {node}").format(node=key)
        transfer = Transfer(self._transfers.next_number(), title, where, verb=self.tr("Sending"))
        self._take_on(_Handing(transfer, begin))

    def _take_on(self, one: _Handing) -> None:
        self._list(one)
        self._start(one)

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
