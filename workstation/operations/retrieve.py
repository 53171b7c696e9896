"""A retrieve in five steps: expect, subtract, fetch, verify, report (PS3.4 C.4.2, C.4.3).

Complete means that every expected instance is here; the peer's counters are never believed. A plan
persists the wish, so that an interrupted retrieve can be resumed by running it again.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node, Retrieve
from workstation.dicom.statuses import StatusClass, meaning
from workstation.dicom.targets import End, Failure, Outcome, Target
from workstation.errors import (
    BadInput,
    MoveDestinationUnknown,
    NoSuchStudy,
    OperationFailed,
    ServiceRefused,
    WorkstationError,
)
from workstation.network.contexts import USUAL_SYNTAXES, classes_for
from workstation.network.exchange import Final
from workstation.network.trace import Observer
from workstation.operations.asking import asking
from workstation.operations.deliver import Collection, Deliveries
from workstation.operations.expect import Expected, expect
from workstation.operations.fetch import ByGet, ByMove, Fetcher, Way, fetching
from workstation.operations.habits import Habits
from workstation.operations.listening import Listening
from workstation.operations.repair import parts, recipes, wanted_classes
from workstation.stop import Cancelled, Progress, Report, Stop
from workstation.store.plans import Plan, PlanState

_PERMANENT = range(0xA900, 0xD000)  # our own refusals that another try cannot change


@dataclass(frozen=True, slots=True)
class How:
    """Choices that are not the node's.

    Attributes:
        way: C-GET or C-MOVE; None: as the node says.
        again: Fetch also what is here already.
        syntaxes: Transfer syntaxes to propose.
        models: Information models in order of preference.
        cancel_after: Send C-CANCEL after so many objects.
        observer: Told of every message.
    """

    way: Retrieve | None = None
    again: bool = False
    syntaxes: tuple[str, ...] = USUAL_SYNTAXES
    models: tuple[Model, ...] = (Model.STUDY, Model.PATIENT)
    cancel_after: int | None = None
    observer: Observer | None = None


def retrieve(
    node: Node,
    target: Target,
    deliveries: Deliveries,
    listening: Listening | None,
    stop: Stop,
    report: Report,
    *,
    plan: Plan | None = None,
    again: bool = False,
    habits: Habits | None = None,
    how: How | None = None,
) -> Outcome:
    """Fetch a target and see that all of it is here.

    Args:
        node: The archive.
        target: What.
        deliveries: Where to.
        listening: Our listener, for C-MOVE; None: C-GET only.
        stop: Ends it.
        report: Told of every object.
        plan: The plan this run resumes; None: a new one, if plans are kept.
        again: Fetch also what is here already.
        habits: What is known of nodes.
        how: Further choices.

    Returns:
        How it ended; also for a connection that broke after something had arrived.

    Raises:
        WorkstationError: Nothing came of it.
    """
    how = how or How()
    if again:
        how = replace(how, again=True)
    running = _Retrieval(node, target, deliveries, listening, stop, report, habits or Habits(), how)
    with _planned(deliveries, node, target, plan) as record:
        outcome = running.run()
        record(outcome)
    return outcome


@dataclass(slots=True)
class _Retrieval:
    node: Node
    target: Target
    deliveries: Deliveries
    listening: Listening | None
    stop: Stop
    report: Report
    habits: Habits
    how: How
    started: float = field(default_factory=time.monotonic)
    expected: Expected | None = None
    held: frozenset[str] = frozenset()
    endings: list[Final] = field(default_factory=list)
    reported_failed: set[str] = field(default_factory=set)
    collection: Collection = field(init=False)

    def run(self) -> Outcome:
        trouble: WorkstationError | None = None
        end: End | None = None
        with self.deliveries.collecting(self.target, self._changed) as self.collection:
            try:
                self._steps()
                if self.stop.requested or self._cancelled_by_wish():
                    end = End.CANCELLED
            except Cancelled:
                end = End.CANCELLED
            except WorkstationError as error:
                if not self.collection.arrived:
                    raise
                trouble = error
            finally:
                if self.collection.arrived:
                    self.deliveries.settle(self.target)
        return self._outcome(end, trouble)

    # --- The steps -------------------------------------------------------------------------------

    def _steps(self) -> None:
        self.held = frozenset() if self.how.again else self.deliveries.held(self.target)
        self.deliveries.check_room(0)
        way = self._way()
        try:
            self._fetch_and_verify(way)
        except ServiceRefused:
            if not isinstance(way, ByGet) or self._wanted_way() is not Retrieve.AUTOMATIC:
                raise
            self.habits.offers_no_get(self.node)
            if self.listening is None:
                raise
            self._fetch_and_verify(self._way())

    def _wanted_way(self) -> Retrieve:
        return self.how.way or self.node.retrieve

    def _way(self) -> Way:
        wanted = self._wanted_way()
        by_move = wanted is Retrieve.MOVE or (
            wanted is Retrieve.AUTOMATIC and self.habits.lacks_get(self.node)
        )
        if not by_move:
            return ByGet(self.deliveries, cancel_after=self.how.cancel_after)
        if self.listening is None:
            raise BadInput("way to fetch", "C-MOVE", "it needs a listener, and none is set up.")
        return ByMove(self.listening.ae_title, cancel_after=self.how.cancel_after)

    def _fetch_and_verify(self, way: Way) -> None:
        with ExitStack() as stack:
            if isinstance(way, ByMove) and self.listening is not None:
                stack.enter_context(self.listening.receiving())
            # With something here, or no idea what to negotiate, the archive is asked before; otherwise
            # after the transfer, so that the first image does not wait for the answer.
            if self.expected is None and (self.held or not self._hinted(way)):
                self._ask_first()
            with self._fetching(way, self._classes(), self.how.syntaxes) as fetcher:
                self._fetch(fetcher, self._first_parts())
                if self.expected is None and not self._over:
                    self._expect(fetcher)
            self._repair(way)

    def _hinted(self, way: Way) -> bool:
        return isinstance(way, ByMove) or bool(self.target.modalities)

    def _ask_first(self) -> None:
        try:
            with asking(
                self.node,
                self.habits,
                self.stop,
                models=self.how.models,
                observer=self.how.observer,
            ) as asker:
                self._set_expected(expect(asker, self.target))
        except ServiceRefused:
            self._set_expected(Expected())  # it cannot be asked: unknown, and said so

    def _expect(self, fetcher: Fetcher) -> None:
        try:
            self._set_expected(expect(fetcher.asker, self.target))
        except ServiceRefused:
            self._set_expected(Expected())

    def _set_expected(self, expected: Expected) -> None:
        self.expected = expected
        if expected.absent and not self.collection.arrived:
            raise NoSuchStudy(self.node.label, self.target.level.value.lower())
        if expected.count is not None:
            self.deliveries.check_room(max(0, expected.count - len(self.held) - self._received))
        self._changed()

    def _classes(self) -> tuple[str, ...]:
        if self.expected is not None:
            return wanted_classes(self.expected)
        return tuple(dict.fromkeys([*classes_for(self.target.modalities), *wanted_classes(None)]))

    def _first_parts(self) -> list[Target]:
        missing = self._missing
        if missing is None or not self.held:
            return [self.target]
        assert self.expected is not None
        return list(parts(self.target, self.expected.instances or {}, missing))

    def _fetch(self, fetcher: Fetcher, targets: list[Target]) -> None:
        for part in targets:
            ending = fetcher.fetch(part, self.collection)
            self.endings.append(ending)
            self.reported_failed.update(ending.failed_uids)
            if self._over:
                return

    def _repair(self, way: Way) -> None:
        """Ask for what is missing by UID, until nothing is or no recipe is left."""
        if self._over or self.expected is None or self.expected.instances is None:
            return
        missing = self._missing_and_worth_it()
        if not missing:
            return
        tries = recipes(self.expected, missing, self.how.syntaxes)
        for classes, syntaxes in tries:
            with self._fetching(way, classes, syntaxes) as fetcher:
                self._fetch(fetcher, list(parts(self.target, self.expected.instances, missing)))
            missing = self._missing_and_worth_it()
            if not missing or self._over or isinstance(way, ByMove):
                return

    def _fetching(self, way: Way, classes: tuple[str, ...], syntaxes: tuple[str, ...]):  # type: ignore[no-untyped-def]
        return fetching(
            self.node,
            way,
            classes,
            syntaxes,
            self.habits,
            self.stop,
            models=self.how.models,
            observer=self.how.observer,
        )

    # --- State -----------------------------------------------------------------------------------

    @property
    def _over(self) -> bool:
        return self.stop.requested or self._cancelled_by_wish()

    def _cancelled_by_wish(self) -> bool:
        return (
            self.how.cancel_after is not None
            and bool(self.endings)
            and self.endings[-1].kind is StatusClass.CANCEL
        )

    @property
    def _received(self) -> int:
        return len(self.collection.arrived)

    @property
    def _missing(self) -> set[str] | None:
        """Expected and not here; None while it is unknown what to expect."""
        if self.expected is None or self.expected.instances is None:
            return None
        return set(self.expected.instances) - self.held - set(self.collection.arrived)

    def _missing_and_worth_it(self) -> set[str]:
        missing = self._missing or set()
        failures = self.collection.failures
        return {uid for uid in missing if uid not in failures or failures[uid].status not in _PERMANENT}

    def _changed(self) -> None:
        count = self.expected.count if self.expected is not None else None
        here = len(self.held - set(self.collection.arrived)) + self._received
        self.report(Progress(here, count, self.collection.bytes))

    # --- Report ----------------------------------------------------------------------------------

    def _outcome(self, end: End | None, trouble: WorkstationError | None) -> Outcome:
        missing = self._missing
        here = len(self.held | set(self.collection.arrived))
        expected = self.expected.count if self.expected is not None else None
        if end is None:
            end = self._end(missing, here, expected, trouble)
        if end is End.FAILED and trouble is None:
            raise self._failure()
        return Outcome(
            end=end,
            verified=missing is not None and not missing,
            expected=expected,
            received=here,
            missing=tuple(sorted(missing or ())),
            failed=self._failures(missing),
            bytes=self.collection.bytes,
            seconds=round(time.monotonic() - self.started, 3),
            sentence=self._sentence(end, missing, here, expected, trouble),
        )

    def _end(
        self, missing: set[str] | None, here: int, expected: int | None, trouble: WorkstationError | None
    ) -> End:
        if missing is not None and not missing and here:
            return End.COMPLETE
        if missing is None and trouble is None and here and self._clean_end():
            enough = expected is None or here >= expected
            return End.COMPLETE if enough else End.PARTIAL
        return End.PARTIAL if here else End.FAILED

    def _clean_end(self) -> bool:
        return bool(self.endings) and all(ending.kind is StatusClass.SUCCESS for ending in self.endings)

    def _failures(self, missing: set[str] | None) -> tuple[Failure, ...]:
        known = dict(self.collection.failures)
        for uid in self.reported_failed:
            known.setdefault(uid, Failure(uid, None, f"{self.node.label} says that it could not send it."))
        here = self.held | set(self.collection.arrived)
        return tuple(
            failure
            for uid, failure in sorted(known.items())
            if uid not in here and (missing is None or uid in missing)
        )

    def _sentence(
        self,
        end: End,
        missing: set[str] | None,
        here: int,
        expected: int | None,
        trouble: WorkstationError | None,
    ) -> str:
        if end is End.COMPLETE:
            return "" if missing is not None else "The archive could not say how many images there should be."
        counted = f"{here} of {expected if expected is not None else 'an unknown number of'} images are here."
        if trouble is not None:
            return f"{trouble} {counted}"
        return counted

    def _failure(self) -> WorkstationError:
        """Why nothing came although no error was raised."""
        last = self.endings[-1] if self.endings else Final(None)
        service = "C-MOVE" if self._by_move else "C-GET"
        if self._by_move and self.listening is not None and self._about_destination(last):
            return MoveDestinationUnknown(
                self.node.label,
                service,
                last.status,
                last.comment,
                meaning(service, last.status),
                self.listening.ae_title,
                self.listening.port,
            )
        if last.kind in (StatusClass.FAILURE, StatusClass.WARNING):
            words = meaning(service, last.status)
            return OperationFailed(self.node.label, service, last.status, last.comment, words)
        if self.expected is not None and self.expected.count:
            words = "it reported success, but nothing arrived"
            return OperationFailed(self.node.label, service, last.status, last.comment, words)
        return NoSuchStudy(self.node.label, self.target.level.value.lower())

    @property
    def _by_move(self) -> bool:
        return isinstance(self._way(), ByMove)

    def _about_destination(self, last: Final) -> bool:
        """A801H says so; others use A702H or Cxxx for it, which means it where the study does exist."""
        if last.status == 0xA801:
            return True
        known = self.expected is not None and bool(self.expected.count)
        return known and last.kind is StatusClass.FAILURE
