"""Copies files of the library to a folder, sends them to a node, deletes local copies and undoes that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, Signal

from workstation.controllers.function_task import FunctionTask
from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Unlock
from workstation.controllers.settings import Settings
from workstation.controllers.sources import Sources
from workstation.controllers.transfer_queue import TransferQueue
from workstation.controllers.transfers import Transfers
from workstation.dicom import display
from workstation.dicom.outcomes import Failure, Outcome
from workstation.dicom.targets import Target
from workstation.errors import StoreError, Unreadable
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Run
from workstation.models.transfer import Transfer
from workstation.models.transfers_model import TransfersModel
from workstation.operations.dcmtk_commands import send_command
from workstation.operations.file_copies import copy_files
from workstation.operations.held_associations import HeldAssociations, making_room
from workstation.operations.local_copy import absent_from, local_copy, without
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.opened_files import OpenedFiles
from workstation.operations.send import send
from workstation.stop import Cancelled
from workstation.store.library import Library
from workstation.store.plans import Plans
from workstation.store.trash import Trash


@dataclass(frozen=True, slots=True)
class _Batch:
    """Local copies in the trash."""

    folder: Path
    studies: tuple[str, ...]


class LocalStudies(Transfers):
    """Jobs on local files; copies and sendings are listed among the transfers.

    Signals:
        deleted: Study UIDs of which local files were deleted.
        undoable: A message about what was deleted, and the number :meth:`undo` knows it by.
        expired: The number of what cannot be undone any more.
        restored: Some of the studies, as :class:`StudyMatch`, that are back in the library.
    """

    deleted = Signal(list)
    undoable = Signal(str, int)
    expired = Signal(int)
    restored = Signal(list)
    undo_seconds = 60.0

    def __init__(
        self,
        *,
        lanes: Lanes,
        sources: Sources,
        library: Library,
        opened: OpenedFiles,
        plans: Plans,
        transfers: TransfersModel,
        notices: Notices,
        settings: Settings,
        queue: TransferQueue,
        unlock: Unlock,
        quirks: NodeQuirks,
        held: HeldAssociations | None = None,
    ) -> None:
        super().__init__(lanes, transfers, notices, queue=queue, unlock=unlock)
        self._quirks = quirks
        self._held = held
        self._settings = settings
        self._sources = sources
        self._library = library
        self._opened = opened
        self._plans = plans
        self._trash = Trash(library)
        self._batches: dict[int, _Batch] = {}

    def copy(self, targets: Sequence[Target], folder: Path, title: str, *, opened: bool = False) -> None:
        """Copy the files of ``targets`` into ``folder``: the library's, or those the user ``opened``."""

        def begin(one: FunctionTask) -> Job:
            def work(run: Run) -> Outcome:
                paths = self._paths(targets, opened=opened)
                outcome = copy_files(paths, folder, run.stop, run.report)
                return outcome if opened else without(outcome, self._absent(targets, paths))

            return self._lanes.submit(Lane.LOCAL_FILES, "copy files", work, report=Report.NONE)

        where = folder.name or str(folder)
        number, verb = self._transfers.next_number(), self.tr("Copying")
        transfer = Transfer(number, title, "", verb=verb, where=where)
        self._take_on(FunctionTask(transfer, begin))

    def send(self, targets: Sequence[Target], key: str, title: str, *, opened: bool = False) -> None:
        """Send the files of ``targets`` to the node ``key``: the library's, or those the user ``opened``."""

        def begin(one: FunctionTask) -> Job | None:
            node = self._sources.node(key)
            if node is None:
                gone = self.tr("The node “{name}” is no longer configured.")
                one.transfer.message = gone.format(name=key)
                return None
            one.uids = tuple(target.study for target in targets)
            one.command = lambda: "" if opened else send_command(node, targets)
            lossy = self._settings.preferences.decode_lossy

            def work(run: Run) -> Outcome:
                paths, observer = self._paths(targets, opened=opened), one.exchange
                with making_room(self._held, node):
                    outcome = send(
                        node,
                        paths,
                        run.stop,
                        run.report,
                        observer=observer,
                        lossy=lossy,
                        quirks=self._quirks,
                    )
                return outcome if opened else without(outcome, self._absent(targets, paths))

            return self._lanes.submit(
                Lane.TRANSFER,
                f"send to {key}",
                work,
                key=self._sources.lane_key(key),
                report=Report.NONE,
            )

        where = self.tr("to {node}").format(node=key)
        number, verb = self._transfers.next_number(), self.tr("Sending")
        transfer = Transfer(number, title, key, verb=verb, where=where)
        self._take_on(FunctionTask(transfer, begin, key=lambda: self._sources.lane_key(key)))

    def close(self) -> None:
        """Delete for good what could still be brought back: the program ends."""
        batches, self._batches = (
            list(self._batches.values()),
            {},
        )  # their time may be up after the window is gone
        self._trash.close()
        for batch in batches:
            self._forget(batch.studies)

    # --- Deleting -----------------------------------------------------------------------------------------

    def delete(self, targets: Sequence[Target]) -> None:
        """Delete the local files of ``targets``, which can be undone for a while; archives keep theirs."""

        def work(run: Run) -> tuple[Path, int]:
            return self._trash.take(targets, run.stop)

        one = self.tr("1 local image was deleted. The archives keep theirs.")
        many = self.tr("{n} local images were deleted. The archives keep theirs.")
        self._take(work, dict.fromkeys(target.study for target in targets), one, many)

    def delete_files(
        self, studies: Iterable[str], files: Callable[[], Mapping[str, Collection[str]]]
    ) -> None:
        """Delete some files of ``studies``; ``files`` tells which when it begins, by Study UID and name."""
        one = self.tr("1 image was taken out of the library. The opened file stays.")
        many = self.tr("{n} images were taken out of the library. The opened files stay.")
        none = self.tr("Nothing was taken out of the library: what was added has come again or is gone.")
        self._take(lambda run: self._trash.take_files(files(), run.stop), studies, one, many, none)

    def _take(
        self,
        work: Callable[[Run], tuple[Path, int]],
        studies: Iterable[str],
        one: str,
        many: str,
        none: str = "",
    ) -> None:
        """Move files into the trash; ``one``, ``many`` or ``none`` says how many, when it is done."""

        def deleted(ended: Ended) -> None:
            self.deleted.emit(list(studies))
            if not isinstance(ended.result, tuple):
                return
            folder, count = ended.result
            if count:
                self._offer_undo(_Batch(folder, tuple(studies)), display.counted(count, one, many))
            elif none:
                self._notices.show_note(none)

        studies = tuple(studies)
        job = self._lanes.submit(Lane.LOCAL_FILES, "delete local copies", work)
        job.ended.connect(deleted)

    def undo(self, number: int) -> None:
        """Put back what was deleted, unless it is too late."""
        batch = self._batches.pop(number, None)
        if batch is None:
            return

        def work(run: Run) -> None:
            self._trash.put_back(batch.folder, run.stop)
            uids = set(batch.studies)
            for study in self._library.index.studies():
                if study.study_uid in uids:
                    run.deliver(study)

        job = self._lanes.submit(Lane.LOCAL_FILES, "put back local copies", work)
        job.delivered.connect(self.restored)

    def _offer_undo(self, batch: _Batch, text: str) -> None:
        number = self._transfers.next_number()
        self._batches[number] = batch
        QTimer.singleShot(round(1000 * self.undo_seconds), self, partial(self._expire, number))
        self.undoable.emit(text, number)

    def _expire(self, number: int) -> None:
        batch = self._batches.pop(number, None)
        if batch is not None:
            self.expired.emit(number)
            again = {study for later in self._batches.values() for study in later.studies}

            def empty(run: Run) -> None:
                self._trash.empty(batch.folder, run.stop)
                self._forget(batch.studies, except_for=again)

            self._lanes.submit(Lane.LOCAL_FILES, "empty the trash", empty)

    def _forget(self, studies: Collection[str], *, except_for: Collection[str] = ()) -> None:
        """Forget what archives listed of studies without a local copy, unless an undo may bring that back."""
        with suppress(StoreError, Cancelled):
            kept = {*self._library.index.studies_present(studies), *except_for}
            self._plans.expectations.forget(study for study in studies if study not in kept)

    def _paths(self, targets: Sequence[Target], *, opened: bool) -> list[Path]:
        """The files of targets by the index; those that are missing or cut will be failures by name."""
        if opened:
            return self._opened.paths(targets)
        index = self._library.index
        found = [
            path
            for target in targets
            for series in target.series or ("",)
            for path in index.paths(target.study, series, target.instances)
        ]
        if not found:
            raise Unreadable(str(self._library.root), "nothing of it is here")
        for study in dict.fromkeys(target.study for target in targets):
            self._library.confirm(study)  # moves what was cut out of the way
        return list(dict.fromkeys(found))

    def _absent(self, targets: Sequence[Target], paths: Sequence[Path]) -> list[Failure]:
        """What archives listed of these targets beyond the files that were tried."""
        tried = {path.stem.partition("~")[0] for path in paths}
        return [
            failure
            for target in targets
            if not target.instances
            for failure in absent_from(local_copy(self._library, self._plans, target.study), target, tried)
        ]
