"""Fetches: makes a plan, a job in the transfer lane of the node, and a row in the list of transfers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import Signal
from typing_extensions import override

from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Unlock
from workstation.controllers.sources import Sources
from workstation.controllers.transfers import Transfers, TransferTask
from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.dicom.matches import StudyMatch
from workstation.dicom.outcomes import Outcome
from workstation.dicom.targets import About, Target
from workstation.errors import MoveDestinationUnknown, WorkstationError
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Run
from workstation.models.columns import Column, cell
from workstation.models.completeness import state_words
from workstation.models.rows import Row
from workstation.models.transfers_model import Details, Transfer, TransfersModel, TransferState
from workstation.models.translation import translate
from workstation.network.local_addresses import addresses_towards
from workstation.operations.dcmtk_commands import retrieve_command
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.local_copy import LocalCopy
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.other_archives import has_more
from workstation.operations.retrieve import RetrieveOptions, retrieve
from workstation.store.plan import Plan, PlanState
from workstation.store.plans import Plans

_BETWEEN: Final = "  ·  "
_FALLEN_SHORT: Final = (TransferState.PARTIAL, TransferState.CANCELLED, TransferState.UNFINISHED)


class _Fetch(TransferTask):
    """A plan as a transfer of the list.

    Attributes:
        again: Fetch also what is here already.
        row: What it was made for; None for one of an earlier run.
        others: Archives that know the row, too, and are asked afterwards whether they have more.
        first: Series Instance UID of what is to come first.
        modalities: What the row is known to hold: what to negotiate. The plan does not keep it.
    """

    pauses = True

    def __init__(self, retrieve: Retrieve, transfer: Transfer, plan: Plan, *, again: bool = False) -> None:
        super().__init__(transfer)
        self.plan = plan
        self.again = again
        self.row: Row | None = None
        self.others: list[str] = []
        self.first = ""
        self.modalities: tuple[str, ...] = ()
        self.addresses: tuple[str, ...] = ()
        self._retrieve = retrieve

    def submit(self) -> Job | None:
        return self._retrieve.submit(self)

    def details(self) -> Details:
        return self._retrieve.describe(self)

    def look_for_room(self) -> None:
        transfer = self.transfer
        self._retrieve.router.check_room(max(0, (transfer.expected or 0) - transfer.done))

    def given_up(self) -> None:
        self._retrieve.cancel_plan(self)

    def over(self) -> None:
        self._retrieve.over(self)


class Retrieve(Transfers):
    """Starts, follows, cancels and resumes transfers into the library.

    Signals:
        fetched: Study UID of a transfer that ended.
        completed: Study UID, Series UIDs unless it is the whole study, archive, and the :class:`Completeness`
            that one which ended well has found.
    """

    fetched = Signal(str)
    completed = Signal(str, list, str, object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        sources: Sources,
        router: LibraryRouter,
        on_demand_listener: OnDemandListener,
        plans: Plans,
        quirks: NodeQuirks,
        transfers: TransfersModel,
        notices: Notices,
        unlock: Unlock,
        held: HeldAssociations | None = None,
    ) -> None:
        super().__init__(lanes, transfers, notices, unlock=unlock)
        self._held = held
        self._of_study: dict[str, list[_Fetch]] = {}
        self._questions: dict[str, set[Job]] = {}  # by study: jobs that ask other archives for more
        self.router = router
        self._sources = sources
        self._on_demand_listener = on_demand_listener
        self._plans = plans
        self._quirks = quirks

    def list_unfinished(self, plans: Sequence[Plan]) -> None:
        """List the plans an earlier run of the program left."""
        listed = []
        for plan in plans:
            title = title_about(plan.about) or self.tr("Study {uid}").format(uid=plan.target.study)
            transfer = Transfer(self._transfers.next_number(), title, plan.node, TransferState.UNFINISHED)
            transfer.expected = plan.expected
            listed.append(_Fetch(self, transfer, plan))
        self._list(*listed)

    def fetch(self, row: Row, *, again: bool = False, first: str = "") -> bool:
        """Fetch a study, series or image that is not complete here; never twice what an open plan covers.

        It comes from the archive that counts most; the others that know it are asked afterwards.

        Args:
            row: What.
            again: Also what is here already.
            first: Series Instance UID of what is to come first, as it is being shown.

        Returns:
            Whether something of it is being fetched now.
        """
        target = target_of(row)
        if target is None or (row.settled and not again):
            return False
        for one in self._of_study.get(target.study, ()):
            if again and one.idle:
                continue
            if one.plan.covers(target) and (not one.idle or one.transfer.state.resumable):
                if one.idle:
                    self._start(one)
                elif one.job is not None:
                    one.job.hurry()
                return not one.idle
        keys = archives_of(row, self._sources)
        if not keys:
            return False
        if self._plans.waiting:
            self._notices.show_note(
                self.tr("The library is still being checked. Fetch again when that is done.")
            )
            return False
        return self._fetch_from(row, target, keys, again=again, first=first)

    def _fetch_from(self, row: Row, target: Target, keys: list[str], *, again: bool, first: str = "") -> bool:
        """Fetch from the first of these archives; afterwards the others are asked whether they have more."""
        study, key = row.above(Level.STUDY), keys[0]
        counts = {} if study is None else {source: study.count_by(source) for source in study.archives}
        known = {source: count for source, count in counts.items() if count is not None}
        try:
            plan = self._plans.create_deferred(
                key, target, expected=row.instances, about=about(row), counts=known
            )
        except WorkstationError as error:
            self._notices.show_error(error)
            return False
        transfer = Transfer(self._transfers.next_number(), title_of(row), key, expected=row.instances)
        one = _Fetch(self, transfer, plan, again=again)
        one.row, one.others = row, [] if again else keys[1:]
        one.modalities = target.modalities
        one.first = target.series[0] if len(target.series) == 1 else first
        self._list(one)
        self._start(one)
        return True

    def stop_asking_others(self, studies: Iterable[str]) -> None:
        """Fetch nothing more of these studies by itself, because the user deletes their local copies.

        What another archive lists is compared with what is here then: all of it would seem to be missing.
        """
        for study in studies:
            for job in self._questions.pop(study, ()):
                job.cancel()
            for one in self._of_study.get(study, ()):
                one.others = []

    @property
    def running(self) -> bool:
        """Whether any transfer runs, or is about to."""
        return any(not one.idle for one in self._fetches)

    def fetching(self, studies: Sequence[str]) -> bool:
        """Whether something of these studies is being fetched, or waits to be."""
        return any(
            one.transfer.state.open or one.transfer.state is TransferState.PAUSED
            for study in dict.fromkeys(studies)
            for one in self._of_study.get(study, ())
        )

    @property
    def _fetches(self) -> list[_Fetch]:
        return [one for one in self._known.values() if isinstance(one, _Fetch)]

    @override
    def _list(self, *new: TransferTask) -> None:
        for one in new:
            if isinstance(one, _Fetch):
                self._of_study.setdefault(one.plan.target.study, []).append(one)
        super()._list(*new)

    @override
    def _forget_dropped(self, numbers: list[int]) -> None:
        for number in numbers:
            one = self._known.get(number)
            if isinstance(one, _Fetch):
                self._of_study[one.plan.target.study].remove(one)
                if not self._of_study[one.plan.target.study]:
                    del self._of_study[one.plan.target.study]
        super()._forget_dropped(numbers)

    # --- For its tasks ------------------------------------------------------------------------------------

    def submit(self, one: _Fetch) -> Job | None:
        """Queue the retrieve; None if its node is gone."""
        node, plan = self._sources.node(one.plan.node), one.plan
        if node is None:
            gone = self.tr("The node “{name}” is no longer configured.")
            one.transfer.message = gone.format(name=plan.node)
            return None
        target = replace(plan.target, modalities=one.modalities)
        options = RetrieveOptions(
            again=one.again,
            observer=one.messages.append,
            first=one.first,
            count=plan.expected,
            held=self._held,
        )

        def work(run: Run) -> Outcome:
            try:
                return retrieve(
                    node,
                    target,
                    self.router,
                    self._on_demand_listener,
                    run.stop,
                    run.report,
                    plan=plan,
                    quirks=self._quirks,
                    options=options,
                )
            except MoveDestinationUnknown:
                run.deliver(addresses_towards(node.host, node.port))
                raise

        def addressed(batch: list[tuple[str, ...]]) -> None:
            one.addresses = batch[-1]

        title = f"retrieve from {node.label}"
        job = self._lanes.submit(
            Lane.TRANSFER, title, work, key=self._sources.lane_key(node.name), report=Report.NONE
        )
        job.delivered.connect(addressed)
        return job

    def over(self, one: _Fetch) -> None:
        """Emit the end of a fetch, and ask the other archives."""
        target, state = one.plan.target, one.transfer.state
        if state is TransferState.CANCELLED and one.outcome is None:
            self.cancel_plan(one)  # it never ran; once it runs, the operation keeps its plan itself
        if state is TransferState.PAUSED:
            self._put_down(one, PlanState.UNFINISHED)  # whatever becomes of the program meanwhile
        outcome, single = one.outcome, len(target.series) < 2 and not target.instances
        if outcome is not None and outcome.end.good and single:
            self.completed.emit(target.study, list(target.series), one.plan.node, outcome.found)
        self.fetched.emit(target.study)
        if state.ended and state is not TransferState.CANCELLED:
            self._ask_others(one)

    def _ask_others(self, one: _Fetch) -> None:
        """Ask the next of the archives that know it, too, and fetch what only that one has."""
        row, target = one.row, one.plan.target
        if row is None or not one.others:
            return
        key, node = one.others[0], self._sources.node(one.others[0])
        keys, one.others = one.others, []
        if node is None:
            return

        def work(run: Run) -> bool:
            return has_more(node, target, self.router, run.stop, self._quirks, self._held)

        def ended(end: Ended) -> None:
            asking = self._questions.get(target.study, set())
            if job not in asking:
                return
            asking.discard(job)
            if not asking:
                del self._questions[target.study]
            if end.result is True and not self._plans.waiting:
                self._fetch_from(row, target, keys, again=False)
                return
            self.fetched.emit(target.study)  # what it listed is kept
            one.others = keys[1:]
            self._ask_others(one)

        job = self._lanes.submit(
            Lane.COUNT, f"ask {key} for more", work, key=self._sources.lane_key(key), report=Report.BUGS
        )
        self._questions.setdefault(target.study, set()).add(job)
        job.ended.connect(ended)

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
            self._put_down(one, PlanState.COMPLETE)
            self._transfers.tell(transfer)

    def cancel_plan(self, one: _Fetch) -> None:
        """Cancel the plan: it is not listed when the program starts again."""
        self._put_down(one, PlanState.CANCELLED)

    def _put_down(self, one: _Fetch, state: PlanState) -> None:
        one.plan = self._plans.set_state_deferred(one.plan, state)

    def describe(self, one: _Fetch) -> Details:
        """All that is known of a fetch."""
        target, node = one.plan.target, self._sources.node(one.plan.node)
        report = list(one.report)
        if one.outcome is not None:
            known = {uid for uid, _ in report}
            missing = self.tr("An archive lists it, and it did not come.")
            report += [(uid, missing) for uid in one.outcome.missing if uid not in known]
        destination = ""
        if isinstance(one.error, MoveDestinationUnknown):
            destination = self._destination(one.error, one.addresses)
        quirks = self._quirks if one.messages else None  # what was learnt was read by then, in a lane
        command = (
            "" if node is None else retrieve_command(node, target, self._on_demand_listener.port, quirks)
        )
        message = one.transfer.message
        if one.outcome is not None and one.outcome.associations > 1:
            used = self.tr("{n} associations fetched at once.").format(n=one.outcome.associations)
            message = f"{message} {used}".lstrip()
        return Details(
            one.transfer.title,
            message,
            one.error.detail if one.error is not None else "",
            report=tuple(report),
            whole=one.transfer.state in (TransferState.COMPLETE, TransferState.RECEIVED),
            messages=tuple(map(str, one.messages)),
            command=command,
            destination=destination,
        )

    def _destination(self, error: MoveDestinationUnknown, addresses: tuple[str, ...]) -> str:
        """The lines for the archive's administrator."""
        lines = [
            self.tr("AE title: {title}").format(title=error.destination),
            self.tr("Address: {addresses}").format(addresses=", ".join(addresses) or "?"),
            self.tr("Port: {port}").format(port=error.port),
        ]
        if self._on_demand_listener.tls is not None:
            lines.append(self.tr("Encryption: TLS"))
        return "\n".join(lines)


def target_of(row: Row) -> Target | None:
    """The target that a row stands for; None for a patient, and for a UID no archive can be asked for."""
    study, series = row.above(Level.STUDY), row.above(Level.SERIES)
    if study is None or row.level is Level.PATIENT or not row.may_be_asked_for:
        return None
    modalities = (series.modalities if series is not None else ()) or study.modalities
    return Target(
        study.uid,
        (series.uid,) if series is not None else (),
        (row.uid,) if row.level is Level.IMAGE else (),
        row.patient_id,
        modalities,
    )


def archives_of(row: Row, sources: Sources) -> list[str]:
    """The archives that know a row, the one that counts most first: it is fetched from that."""
    keys = [source for source in row.sources if sources.node(source) is not None]
    return sorted(keys, key=lambda source: row.count_by(source) or 0, reverse=True)


def about(row: Row) -> About:
    """What the user knows the study of a row by."""
    study = row.above(Level.STUDY)
    match = study.best if study is not None else None
    if not isinstance(match, StudyMatch):
        return About(row.patient.name)
    return About(match.patient.name, match.description, match.date)


def title_of(row: Row) -> str:
    """What the user knows a row by, in one line."""
    parts = [title_about(about(row)) or translate("(no name)")]
    for level in (Level.SERIES, Level.IMAGE):
        if (part := row.above(level)) is not None:
            parts.append(display.isolated(cell(part, Column.NAME)))
    return _BETWEEN.join(parts)


def title_about(about: About) -> str:
    """The same of a study that is in no row; empty where nothing is known."""
    if about == About():
        return ""
    name = display.person_name(about.patient) or translate("(no name)")
    parts = [name, display.plain(about.study), display.day(about.date)]
    return _BETWEEN.join(display.isolated(part) for part in parts if part)
