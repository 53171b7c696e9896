"""The list of fetches: by study, what earlier runs left, and what a check of the local copy makes of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from workstation.controllers.fetch_task import FetchServices, FetchTask
from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Unlock
from workstation.controllers.transfer_queue import TransferQueue
from workstation.controllers.transfer_task import TransferTask
from workstation.controllers.transfers import Transfers
from workstation.dicom.background import Background
from workstation.models.completeness import state_words
from workstation.models.row_targets import renaming, title_about
from workstation.models.transfer import Priority, Transfer, TransferState
from workstation.models.transfers_model import TransfersModel
from workstation.operations.local_copy import LocalCopy
from workstation.store.plan import Plan, PlanState

_FALLEN_SHORT: Final = (TransferState.PARTIAL, TransferState.CANCELLED, TransferState.UNFINISHED)


class Fetches(Transfers):
    """The listed fetches; :class:`~workstation.controllers.retrieve.Retrieve` adds to them."""

    def __init__(
        self,
        services: FetchServices,
        transfers: TransfersModel,
        notices: Notices,
        *,
        queue: TransferQueue,
        unlock: Unlock,
    ) -> None:
        super().__init__(services.lanes, transfers, notices, queue=queue, unlock=unlock)
        self._services = services
        self._of_study: dict[str, list[FetchTask]] = {}

    @abstractmethod
    def _over(self, one: FetchTask) -> None:
        """Called when a fetch has ended; its row says how."""

    # --- What earlier runs left ---------------------------------------------------------------------------

    def list_unfinished(self, plans: Sequence[Plan]) -> None:
        """List the plans an earlier run of the program left."""
        self._list(*(self._of_plan(plan, TransferState.UNFINISHED) for plan in plans))

    def list_cancelled(self, plans: Sequence[Plan]) -> int:
        """List those of cancelled plans that are not listed yet; returns how many."""
        listed = {one.plan.id for one in self._fetches}
        new = [self._of_plan(plan, TransferState.CANCELLED) for plan in plans if plan.id not in listed]
        self._list(*new)
        return len(new)

    def _of_plan(self, plan: Plan, state: TransferState) -> FetchTask:
        title = title_about(plan.about) or self.tr("Study {uid}").format(uid=plan.target.study)
        number, priority = self._transfers.next_number(), priority_of(plan.background)
        transfer = Transfer(number, title, plan.node, state, expected=plan.expected, priority=priority)
        transfer.renamed = renaming(title, plan.about)
        return FetchTask(self._services, transfer, plan, self._over)

    def resume_unfinished(self) -> None:
        """Go on with all that an earlier run of the program left."""
        for one in self._unfinished:
            self._start(one)

    def discard_unfinished(self) -> None:
        """Give up all that an earlier run of the program left; for a week it can be resumed as cancelled."""
        unfinished = self._unfinished
        for one in unfinished:
            one.given_up()
        self._drop(*(one.transfer.number for one in unfinished))

    @property
    def _unfinished(self) -> list[FetchTask]:
        return [one for one in self._fetches if one.transfer.state is TransferState.UNFINISHED]

    # --- Which there are ----------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether any transfer runs, or is about to."""
        return any(not one.idle for one in self._fetches)

    def fetching(self, studies: Sequence[str]) -> bool:
        """Whether something of these studies is being fetched, or waits to be."""
        return any(
            one.transfer.state.open or one.transfer.state.waits
            for study in dict.fromkeys(studies)
            for one in self._of_study.get(study, ())
        )

    def is_under_way(self, study: str, series: str = "") -> bool:
        """Whether a transfer that does not wait for others brings a study, or a series of it."""
        return any(
            one.transfer.state.open
            and not one.waiting
            and (not series or series in (one.plan.target.series or (series,)))
            for one in self._of_study.get(study, ())
        )

    @property
    def _fetches(self) -> list[FetchTask]:
        return [one for one in self._known.values() if isinstance(one, FetchTask)]

    @override
    def _list(self, *new: TransferTask) -> None:
        for one in new:
            if isinstance(one, FetchTask):
                self._of_study.setdefault(one.plan.target.study, []).append(one)
        super()._list(*new)

    @override
    def _forget_dropped(self, numbers: list[int]) -> None:
        for number in numbers:
            one = self._known.get(number)
            if isinstance(one, FetchTask):
                self._of_study[one.plan.target.study].remove(one)
                if not self._of_study[one.plan.target.study]:
                    del self._of_study[one.plan.target.study]
        super()._forget_dropped(numbers)

    def judged(self, copy: LocalCopy) -> None:
        """Update what is listed as incomplete by a check of the local copy: it may have come another way."""
        for one in self._of_study.get(copy.study, ()):
            target, transfer = one.plan.target, one.transfer
            if target.instances or len(target.series) > 1 or one.again:
                continue
            found = copy.series.get(target.series[0]) if target.series else copy.whole
            if found is None or not one.idle or transfer.state not in _FALLEN_SHORT:
                continue
            if not found.extent.enough:
                if transfer.state is TransferState.UNFINISHED:
                    transfer.done, transfer.expected = found.here, found.total
                    self._transfers.tell(transfer)
                continue
            transfer.state = TransferState.COMPLETE if found.verified else TransferState.RECEIVED
            transfer.done, transfer.expected = found.here, found.total
            transfer.message, one.outcome = "" if found.verified else state_words(found), None
            one.set_plan_state(PlanState.COMPLETE)
            self._transfers.tell(transfer)


def priority_of(background: Background | None, otherwise: Priority = Priority.NORMAL) -> Priority:
    """What is fetched in the background makes way for everything else."""
    return Priority.BACKGROUND if background is not None else otherwise
