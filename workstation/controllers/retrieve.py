"""Fetches: makes a plan, a job in the transfer lane of the node, and a row in the list of transfers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from typing_extensions import override

from workstation.controllers.background_fetches import BackgroundFetches
from workstation.controllers.fetch_task import FetchServices, FetchTask
from workstation.controllers.fetches import Fetches, priority_of
from workstation.controllers.idle_transfers import IdleTransfers
from workstation.controllers.notices import Notices
from workstation.controllers.other_archives import OtherArchives
from workstation.controllers.passcodes import Unlock
from workstation.controllers.transfer_queue import TransferQueue
from workstation.controllers.transfer_task import TransferTask
from workstation.dicom.background import Background
from workstation.dicom.levels import Level
from workstation.dicom.matches import StudyMatch
from workstation.dicom.targets import About, Target
from workstation.errors import WorkstationError
from workstation.jobs.job import State
from workstation.models.row_targets import (
    about,
    expected_of_target,
    renaming,
    target_of,
    title_of_prior,
    title_of_target,
)
from workstation.models.rows import Row
from workstation.models.transfer import Priority, Transfer, TransferState
from workstation.models.transfers_model import TransfersModel
from workstation.store.plan import Plan, PlanState


class Retrieve(Fetches):
    """Starts, follows, cancels and resumes transfers into the library.

    Signals:
        started: Study UID of a transfer whose turn it is.
        fetched: Study UID of a transfer that ended.
        completed: Study UID, Series UIDs unless it is the whole study, archive, and the :class:`Completeness`
            that one which ended well has found.

    Attributes:
        one_of_each: Fetch the middle image of each series before all others.
    """

    started = Signal(str)
    fetched = Signal(str)
    completed = Signal(str, list, str, object)

    def __init__(
        self,
        services: FetchServices,
        transfers: TransfersModel,
        notices: Notices,
        *,
        queue: TransferQueue,
        unlock: Unlock,
    ) -> None:
        super().__init__(services, transfers, notices, queue=queue, unlock=unlock)
        self._others = OtherArchives(services, self._fetch_more, self.fetched.emit)
        self._sources = services.sources
        self._plans = services.plans
        self.background = BackgroundFetches(
            lambda: [] if self._lanes.closed else self._fetches,
            self._start_now,
            self._queue.withdraw,
            transfers.tell,
        )
        self.one_of_each = False
        self.idle = IdleTransfers(transfers, self._start_now, self._queue.withdraw)

    def fetch(
        self,
        row: Row,
        *,
        again: bool = False,
        first: str = "",
        priority: Priority = Priority.NORMAL,
        background: Background | None = None,
        only: Sequence[Row] = (),
    ) -> bool:
        """Fetch a study, series or image that is not complete here; never twice what an open plan covers.

        It comes from the archive that counts most; the others that know it are asked afterwards.

        Args:
            row: What.
            again: Also what is here already.
            first: Series Instance UID of what is to come first, as it is being shown.
            priority: URGENT: at once; another fetch from that archive makes way.
            background: When and how fast, if the user wants it fetched in the background.
            only: Of a study, the series that are wanted; empty: all of it.

        Returns:
            Whether something of it is being fetched now, or will be in the background.
        """
        target = target_of(row)
        settled = all(one.settled for one in only or [row])
        if target is None or (settled and not again):
            return False
        if only:
            modalities = tuple(dict.fromkeys(code for one in only for code in one.modalities))
            target = replace(target, series=tuple(one.uid for one in only), modalities=modalities)
        for one in sorted(self._of_study.get(target.study, ()), key=lambda one: one.idle):
            if again and (one.idle or not one.again):
                continue
            if one.brings(target, background):
                one.first = target.series[0] if len(target.series) == 1 else first or one.first
                return self._ask_once_more(one, priority, background)
        keys = self._sources.archives_of(row)
        if not keys:
            return False
        if self._plans.waiting:
            self._notices.show_note(
                self.tr("The library is still being checked. Fetch again when that is done.")
            )
            return False
        priority = priority_of(background, priority)
        return self._fetch_from(
            row, target, keys, again=again, first=first, priority=priority, background=background
        )

    def _ask_once_more(self, one: FetchTask, priority: Priority, background: Background | None) -> bool:
        """Go on with what is listed already, as urgently as it is asked for now; whether it goes on.

        What stopped, or is being stopped, is begun again.
        """
        if priority is Priority.URGENT:
            self.hurry(one.transfer.number)
        elif background is None:
            one.want_at_once()
            self.resume(one.transfer.number)
        return not one.idle or one.deferred

    def _fetch_from(
        self,
        row: Row,
        target: Target,
        keys: list[str],
        *,
        again: bool,
        first: str = "",
        priority: Priority = Priority.NORMAL,
        background: Background | None = None,
    ) -> bool:
        """Fetch from the first of these archives; afterwards the others are asked whether they have more."""
        study, key = row.above(Level.STUDY), keys[0]
        counts = {} if study is None else {source: study.count_by(source) for source in study.archives}
        known = {source: count for source, count in counts.items() if count is not None}
        try:
            plan = self._plans.create_deferred(
                key,
                target,
                expected=expected_of_target(row, target),
                about=about(row),
                counts=known,
                background=background,
            )
        except WorkstationError as error:
            self._notices.show_error(error)
            return False
        priority = min(priority, self._supersede(plan))
        number = self._transfers.next_number()
        title = title_of_target(row, target)
        transfer = Transfer(number, title, key, expected=plan.expected, priority=priority)
        transfer.renamed = renaming(title, plan.about)
        one = FetchTask(self._services, transfer, plan, self._over, again=again)
        one.overtakes = priority is Priority.URGENT
        one.row, one.others = row, [] if again else keys[1:]
        one.modalities = target.modalities
        one.first = target.series[0] if len(target.series) == 1 else first
        self._take_on(one)
        return True

    def fetch_prior(self, prior: StudyMatch, key: str, study: StudyMatch) -> None:
        """Fetch an earlier study in the background, unless a plan of it is listed.

        Args:
            prior: What.
            key: The archive.
            study: What it is a prior of.
        """
        if self._of_study.get(prior.study_uid) or self._plans.waiting or self.idle.full:
            return
        target = Target(prior.study_uid, (), (), prior.patient.patient_id, prior.modalities)
        known = {} if prior.instances is None else {key: prior.instances}
        its = About(prior.patient.name, prior.description, prior.date)
        try:
            plan = self._plans.create_deferred(key, target, expected=prior.instances, about=its, counts=known)
        except WorkstationError:
            return  # the user is told when something is fetched that was asked for
        transfer = Transfer(
            self._transfers.next_number(),
            title_of_prior(its, study),
            key,
            expected=prior.instances,
            verb=self.tr("Fetching in the background"),
            priority=Priority.BACKGROUND,
            unasked=True,
        )
        transfer.renamed = renaming(transfer.title, its)
        one = FetchTask(self._services, transfer, plan, self._over)
        one.modalities = target.modalities
        self._take_on(one)

    def _supersede(self, plan: Plan) -> Priority:
        """Take off the list what a new plan covers and has not begun: it comes with it, as urgently.

        What runs goes on: what it brings need not come again. What is wanted now does not wait for the
        background.

        Returns:
            The most urgent priority of what waited for its turn.
        """
        priority = Priority.BACKGROUND
        for older in list(self._of_study.get(plan.target.study, ())):
            later = plan.background is not None and older.background is None and not older.when_idle
            if older.again or not plan.covers(older.plan.target):
                continue
            if later and older.transfer.state is not TransferState.UNFINISHED:
                continue
            if older.job is not None and older.job.state is State.QUEUED:
                older.superseded = True
                older.job.cancel()
                continue
            if older.waiting:
                self._queue.withdraw(older)
                priority = min(priority, older.transfer.priority)
            if older.idle and (
                older.transfer.state.waits or older.transfer.state is TransferState.UNFINISHED
            ):
                older.set_plan_state(PlanState.SUPERSEDED)
                self._drop(older.transfer.number)
        return priority

    @override
    def hurry(self, number: int) -> None:
        one = self._known.get(number)
        if isinstance(one, FetchTask):
            one.want_at_once()
        super().hurry(number)

    @override
    def _resume(self, one: TransferTask) -> None:
        if isinstance(one, FetchTask) and (one.deferred or one.when_idle):
            one.want_at_once()
        super()._resume(one)

    @override
    def _start(self, one: TransferTask) -> None:
        if isinstance(one, FetchTask) and one.when_idle:
            self.idle.begin(one)
            one.given_up()  # until it runs: what nobody asked for is not listed at the next start
        elif isinstance(one, FetchTask) and one.background is not None:
            self.background.begin(one)
        else:
            self._start_now(one)

    @override
    def _begin(self, one: TransferTask, before: TransferState) -> bool:
        begun = super()._begin(one, before)
        if begun and isinstance(one, FetchTask):
            self.started.emit(one.plan.target.study)
        return begun

    def _start_now(self, one: TransferTask) -> None:
        if isinstance(one, FetchTask):
            one.one_of_each = self.one_of_each
        super()._start(one)

    def stop_asking_others(self, studies: Iterable[str]) -> None:
        """Fetch nothing more of these studies by itself, because the user deletes their local copies.

        What another archive lists is compared with what is here then: all of it would seem to be missing.
        """
        for study in studies:
            self._others.stop(study)
            for one in self._of_study.get(study, ()):
                one.others = []

    # --- What becomes of them -----------------------------------------------------------------------------

    def _over(self, one: FetchTask) -> None:
        """Emit the end of a fetch, and ask the other archives."""
        target = one.plan.target
        if one.superseded:
            one.set_plan_state(PlanState.SUPERSEDED)
            self._drop(one.transfer.number)
            return
        if one.when_idle and one.retries:  # nobody waits for it: it is not tried again
            one.transfer.state = TransferState.FAILED
            self._transfers.tell(one.transfer)
        state = one.transfer.state
        if state is TransferState.CANCELLED and not self._lanes.closed:
            one.given_up()  # it never ran, or was on hold before
        if state.waits:
            one.set_plan_state(PlanState.UNFINISHED)  # whatever becomes of the program meanwhile
        outcome, single = one.outcome, len(target.series) < 2 and not target.instances
        if outcome is not None and outcome.end.good and single:
            self.completed.emit(target.study, list(target.series), one.plan.node, outcome.found)
        self.fetched.emit(target.study)
        if state.ended and state is not TransferState.CANCELLED:
            self._others.ask(one)

    def _fetch_more(self, one: FetchTask, keys: list[str]) -> None:
        """Fetch what the first of these archives has more."""
        if one.row is not None:
            priority = max(one.transfer.priority, Priority.NORMAL)
            self._fetch_from(
                one.row, one.plan.target, keys, again=False, priority=priority, background=one.background
            )
