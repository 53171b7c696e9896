"""Adds opened files to the library, as a transfer of the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Signal

from workstation.controllers.added_files import Addition
from workstation.controllers.function_task import FunctionTask
from workstation.controllers.notices import Notices
from workstation.controllers.transfers import Transfers
from workstation.dicom.outcomes import Outcome
from workstation.dicom.targets import Target
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Run
from workstation.models.transfer import Transfer, TransferState
from workstation.models.transfers_model import TransfersModel
from workstation.operations.import_files import import_files
from workstation.operations.opened_files import OpenedFiles
from workstation.store.library import Library
from workstation.store.store_results import OnStored, Stored


class FileImport(Transfers):
    """Imports what the user opened; the files themselves stay where they are.

    Signals:
        begun: The :class:`Addition` of an import that begins, or goes on.
        added: The :class:`Addition` of an import that has ended, however it did.

    Attributes:
        whole: Study UIDs of which all opened files were added.
    """

    begun = Signal(object)
    added = Signal(object)

    def __init__(
        self,
        lanes: Lanes,
        library: Library,
        opened: OpenedFiles,
        transfers: TransfersModel,
        notices: Notices,
        arrived: OnStored,
    ) -> None:
        """``arrived`` is called with each object that is kept, in the thread that stored it."""
        super().__init__(lanes, transfers, notices)
        self._library = library
        self._opened = opened
        self._arrived = arrived
        self.whole: set[str] = set()

    def add(self, targets: Sequence[Target], title: str) -> None:
        """Copy the opened files of ``targets`` into the library."""
        addition = Addition()

        def stored(one: Stored) -> None:
            addition.note(one)
            self._arrived(one)

        def begin(one: FunctionTask) -> Job:
            self.begun.emit(addition)

            def work(run: Run) -> Outcome:
                paths = self._opened.paths(targets)
                return import_files(paths, self._library, stored, run.stop, run.report)

            return self._lanes.submit(Lane.LOCAL_FILES, "add to the library", work, report=Report.NONE)

        def over(one: FunctionTask) -> None:
            nonlocal addition
            if one.transfer.state is TransferState.COMPLETE:
                self.whole.update(target.study for target in targets if not target.series)
            if one.transfer.state is not TransferState.PAUSED:  # else it goes on by itself
                self.added.emit(addition)
                addition = Addition()

        transfer = Transfer(
            self._transfers.next_number(),
            title,
            "",
            verb=self.tr("Adding"),
            where=self.tr("to the library"),
        )
        self._take_on(FunctionTask(transfer, begin, over=over))

    def find_folder(self, targets: Sequence[Target], then: Callable[[str], object]) -> None:
        """Call ``then`` with the folder that the first of the opened files is in."""

        def found(ended: Ended) -> None:
            if isinstance(ended.result, Path):
                then(str(ended.result))

        job = self._lanes.submit(
            Lane.FILE_LOOKUP,
            "find the folder of opened files",
            lambda run: self._opened.paths(targets)[0].parent,
        )
        job.ended.connect(found)
