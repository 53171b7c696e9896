"""Fetching: from a wish to a job in its node's transfer lane, and its row in the strip."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.sources import Sources
from workstation.dicom.levels import Level
from workstation.dicom.matches import SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.targets import End, Outcome, Target
from workstation.errors import MoveDestinationUnknown, WorkstationError
from workstation.jobs.job import Job, State
from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Ended, Ending, Run
from workstation.models import texts
from workstation.models.rows import LIBRARY, Local, Row
from workstation.models.transfers import Details, Transfer, TransfersModel, TransferState
from workstation.network.routes import addresses_towards
from workstation.network.trace import Event
from workstation.operations.as_dcmtk import retrieve_command
from workstation.operations.deliver import LibraryDeliveries
from workstation.operations.habits import Habits
from workstation.operations.listening import Listening
from workstation.operations.opened import OPENED
from workstation.operations.retrieve import How, retrieve
from workstation.stop import Progress
from workstation.store.plans import Plan, Plans, PlanState

_STATES = {
    State.QUEUED: TransferState.QUEUED,
    State.RUNNING: TransferState.RUNNING,
    State.CANCELLING: TransferState.CANCELLING,
}
_ENDS = {
    End.COMPLETE: TransferState.COMPLETE,
    End.PARTIAL: TransferState.PARTIAL,
    End.FAILED: TransferState.FAILED,
    End.CANCELLED: TransferState.CANCELLED,
}

KEPT_MESSAGES = 2000
"""Events of a transfer kept for its details, the last ones."""


@dataclass(slots=True)
class _Open:
    """A transfer on the list, its plan, and its job while there is one."""

    transfer: Transfer
    plan: Plan
    job: Job | None = None
    since: float = 0.0
    again: bool = False
    outcome: Outcome | None = None
    trouble: WorkstationError | None = None
    messages: deque[Event] = field(default_factory=lambda: deque(maxlen=KEPT_MESSAGES))
    addresses: tuple[str, ...] = ()


class Retrieve(QObject):
    """Starts, follows, cancels and resumes transfers.

    Signals:
        fetched: Study UID of a transfer that ended.
        completed: Study UID, and Series UIDs unless it is the whole study, of one that ended complete.
    """

    fetched = Signal(str)
    completed = Signal(str, list)

    def __init__(
        self,
        lanes: Lanes,
        sources: Sources,
        deliveries: LibraryDeliveries,
        listening: Listening,
        plans: Plans,
        habits: Habits,
        transfers: TransfersModel,
        notices: Notices,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._sources = sources
        self._deliveries = deliveries
        self._listening = listening
        self._plans = plans
        self._habits = habits
        self._transfers = transfers
        self._notices = notices
        self._known: dict[int, _Open] = {}

    def list_unfinished(self, plans: Sequence[Plan]) -> None:
        """List the plans an earlier run of the program left."""
        for plan in plans:
            title = self.tr("Study {uid}").format(uid=plan.target.study)
            transfer = Transfer(self._transfers.next_number(), title, plan.node, TransferState.UNFINISHED)
            transfer.expected = plan.expected
            self._known[transfer.number] = _Open(transfer, plan)
            self._transfers.add(transfer)

    def fetch(self, row: Row, *, again: bool = False) -> bool:
        """Fetch a study, series or image that is not all here; never twice what an open plan covers.

        Args:
            row: What.
            again: Also what is here already.

        Returns:
            Whether something of it is on its way now.
        """
        target = target_of(row)
        key = next((source for source in row.sources if source not in (LIBRARY, OPENED)), None)
        if target is None or key is None or (row.local is Local.HERE and not again):
            return False
        for one in self._known.values():
            if again and one.job is None:
                continue
            if one.plan.covers(target) and (one.job is not None or one.transfer.state.resumable):
                if one.job is None:
                    self._resume(one)
                else:
                    one.job.hurry()
                return one.job is not None
        node = self._sources.node(key)
        if node is None:
            return False
        try:
            plan = self._plans.create(key, target, expected=row.instances)
        except WorkstationError as trouble:
            self._notices.tell(trouble)
            return False
        transfer = Transfer(self._transfers.next_number(), title_of(row), key, expected=row.instances)
        one = self._known[transfer.number] = _Open(transfer, plan)
        self._transfers.add(transfer)
        one.again = again
        self._start(one, node)
        return True

    def act(self, number: int) -> None:
        """Do the one thing a transfer's row offers: cancel, resume or remove."""
        one = self._known.get(number)
        if one is None:
            return
        if one.job is not None:
            one.job.cancel()
        elif one.transfer.state.resumable:
            self._resume(one)
        else:
            self._transfers.remove(number)
            del self._known[number]

    def remove_finished(self) -> None:
        """Take all that has ended off the list; what an earlier run of the program left stays."""
        for number, one in list(self._known.items()):
            state = one.transfer.state
            if state.open or state is TransferState.UNFINISHED:
                continue
            self._transfers.remove(number)
            del self._known[number]

    def remove(self, number: int) -> None:
        """Take one transfer that does not run off the list; what was left unfinished is given up."""
        one = self._known.get(number)
        if one is None or one.transfer.state.open:
            return
        if one.transfer.state is TransferState.UNFINISHED:
            self._forget_wish(one)
        self._transfers.remove(number)
        del self._known[number]

    def details(self, number: int) -> Details | None:
        """All that is known of a transfer; None if it is none of ours."""
        one = self._known.get(number)
        if one is None:
            return None
        target, node = one.plan.target, self._sources.node(one.plan.node)
        report: list[tuple[str, str]] = []
        if one.outcome is not None:
            report = [(failure.uid, failure.reason) for failure in one.outcome.failed]
            known = {uid for uid, _ in report}
            missing = self.tr("The archive lists it, and did not send it.")
            report += [(uid, missing) for uid in one.outcome.missing if uid not in known]
        destination = ""
        if isinstance(one.trouble, MoveDestinationUnknown):
            destination = self._destination(one.trouble, one.addresses)
        command = "" if node is None else retrieve_command(node, target, self._listening.port, self._habits)
        return Details(
            one.transfer.title,
            one.transfer.sentence,
            one.trouble.detail if one.trouble is not None else "",
            tuple(report),
            tuple(map(str, one.messages)),
            command,
            destination,
        )

    def _destination(self, trouble: MoveDestinationUnknown, addresses: tuple[str, ...]) -> str:
        """The three lines for the archive's administrator."""
        return "\n".join(
            (
                self.tr("AE title: {title}").format(title=trouble.destination),
                self.tr("Address: {addresses}").format(addresses=", ".join(addresses) or "?"),
                self.tr("Port: {port}").format(port=trouble.port),
            )
        )

    def _resume(self, one: _Open) -> None:
        node = self._sources.node(one.plan.node)
        if node is None:
            one.transfer.sentence = self.tr("The node “{name}” is no longer configured.").format(
                name=one.plan.node
            )
            self._transfers.tell(one.transfer)
            return
        self._start(one, node)

    def _start(self, one: _Open, node: Node) -> None:
        target, plan = one.plan.target, one.plan

        one.outcome, one.trouble = None, None
        one.messages.clear()
        how = How(again=one.again, observer=one.messages.append)

        def work(run: Run) -> Outcome:
            try:
                return retrieve(
                    node,
                    target,
                    self._deliveries,
                    self._listening,
                    run.stop,
                    run.report,
                    plan=plan,
                    habits=self._habits,
                    how=how,
                )
            except MoveDestinationUnknown:
                run.deliver(addresses_towards(node.host, node.port))
                raise

        transfer = one.transfer
        transfer.sentence, transfer.rate, one.since = "", 0.0, 0.0
        job = self._lanes.submit(
            self._sources.place(node.name), Purpose.TRANSFER, f"retrieve from {node.label}", work
        )
        one.job = job
        job.changed.connect(partial(self._changed, one, job))
        job.progressed.connect(partial(self._progressed, one))
        job.delivered.connect(partial(self._addressed, one))
        job.ended.connect(partial(self._ended, one))
        self._changed(one, job)

    def _changed(self, one: _Open, job: Job) -> None:
        state = _STATES.get(job.state)
        if state is None:
            return
        one.transfer.state = state
        if job.state is State.RUNNING:
            one.since = time.monotonic()
        self._transfers.tell(one.transfer)

    def _addressed(self, one: _Open, lot: list[tuple[str, ...]]) -> None:
        one.addresses = lot[-1]

    def _progressed(self, one: _Open, progress: Progress) -> None:
        transfer = one.transfer
        transfer.done, transfer.bytes, transfer.sentence = progress.done, progress.bytes, progress.sentence
        if progress.expected is not None:
            transfer.expected = progress.expected
        seconds = time.monotonic() - one.since
        if one.since:
            transfer.measure(seconds)
        self._transfers.tell(transfer)

    def _ended(self, one: _Open, ended: Ended) -> None:
        one.job = None
        transfer = one.transfer
        outcome = ended.result
        one.trouble = ended.trouble
        if isinstance(outcome, Outcome):
            one.outcome = outcome
            transfer.state = _ENDS[outcome.end]
            transfer.done, transfer.bytes = outcome.received, outcome.bytes or transfer.bytes
            if outcome.expected is not None:
                transfer.expected = outcome.expected
            transfer.sentence = outcome.sentence
        elif ended.ending is Ending.CANCELLED:
            transfer.state = TransferState.CANCELLED
            self._forget_wish(one)
        else:
            transfer.state = TransferState.FAILED
            transfer.sentence = self._notices.why(ended)
        self._transfers.tell(transfer)
        target = one.plan.target
        if transfer.state is TransferState.COMPLETE and not target.instances:
            self.completed.emit(target.study, list(target.series))
        self.fetched.emit(target.study)

    def _forget_wish(self, one: _Open) -> None:
        """It was cancelled before it ran; once it runs, the operation keeps its plan itself."""
        try:
            one.plan = self._plans.update(one.plan, PlanState.CANCELLED)
        except WorkstationError as trouble:
            self._notices.tell(trouble)


def target_of(row: Row) -> Target | None:
    """What fetching a row means; None for a patient."""
    study, series = row.above(Level.STUDY), row.above(Level.SERIES)
    if study is None or row.level is Level.PATIENT:
        return None
    modalities: tuple[str, ...] = ()
    if series is not None and isinstance(series.best, SeriesMatch) and series.best.modality:
        modalities = (series.best.modality,)
    elif isinstance(study.best, StudyMatch):
        modalities = study.best.modalities
    return Target(
        study.uid,
        (series.uid,) if series is not None else (),
        (row.uid,) if row.level is Level.IMAGE else (),
        row.patient.patient_id,
        modalities,
    )


def title_of(row: Row) -> str:
    """How a person knows what is fetched."""
    parts = [texts.person_name(row.patient.name) or "(no name)"]
    study = row.above(Level.STUDY)
    if study is not None and isinstance(study.best, StudyMatch):
        parts += [texts.plain(study.best.description), texts.day(study.best.date)]
    return "  ·  ".join(part for part in parts if part)
