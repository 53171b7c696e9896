"""A retrieve in five steps: expect, subtract, fetch, verify, report (PS3.4 C.4.2, C.4.3).

Complete means that every expected instance is here; the peer's counters are never believed. A plan
persists the wish, so that an interrupted retrieve can be resumed by running it again.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace

from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node, Retrieve
from workstation.dicom.statuses import StatusClass
from workstation.dicom.targets import End, Outcome, Target
from workstation.errors import BadInput, NoSuchStudy, ServiceRefused, WorkstationError
from workstation.network.contexts import USUAL_SYNTAXES, classes_for
from workstation.network.trace import Observer
from workstation.operations.asking import Asker, asking
from workstation.operations.deliver import Deliveries
from workstation.operations.expect import Expected, expect
from workstation.operations.fetch import ByGet, ByMove, Fetcher, Way, fetching, room_for_storage
from workstation.operations.habits import Habits
from workstation.operations.listening import Listening
from workstation.operations.planning import planned
from workstation.operations.repair import parts, recipes, untried, wanted_classes
from workstation.operations.tally import Tally
from workstation.stop import Cancelled, Progress, Report, Stop
from workstation.store.plans import Plan


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
    with planned(deliveries.plans, node, target, plan, stop, running.begun) as record:
        outcome = running.run()
        record.ended(outcome, running.tally)
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
    tally: Tally = field(init=False)

    def begun(self) -> bool:
        """Whether something of the target is here."""
        return hasattr(self, "tally") and self.tally.here > 0

    def run(self) -> Outcome:
        trouble: WorkstationError | None = None
        end: End | None = None
        with self.deliveries.collecting(self.target, self._changed) as collection:
            self.tally = Tally(self.node, self.target, collection)
            self.tally.told = self.deliveries.told(self.target.study)
            try:
                way = self._steps()
                if self._is_over():
                    end = End.CANCELLED
            except Cancelled:
                end = End.CANCELLED
            except WorkstationError as error:
                if not collection.arrived:
                    raise
                trouble = error
            finally:
                expected = self.tally.expected
                if expected is not None and expected.instances:
                    self.deliveries.file_unfiled(collection, expected.instances)
                if collection.arrived:
                    self.deliveries.settle(collection)
            self.tally.seen = self.deliveries.here(collection)
            self.tally.accepted = self.deliveries.accepted(self.target)
        outcome = self.tally.outcome(end, trouble)
        if outcome.end is End.FAILED:
            raise self.tally.failure(way, self.listening, get_refused=self.habits.lacks_get(self.node))
        return outcome

    # --- The steps -------------------------------------------------------------------------------

    def _steps(self) -> Way:
        """Do what there is to do; returns the way it was done."""
        self.deliveries.check_room(0)
        if not self.how.again:
            self.tally.collection.held = frozenset().union(*self.deliveries.held(self.target).values())
        way = self._way()
        try:
            self._fetch_and_verify(way)
        except ServiceRefused:
            automatic = self._wanted_way() is Retrieve.AUTOMATIC and isinstance(way, ByGet)
            if not automatic or self.listening is None:
                raise
            self.habits.offers_no_get(self.node)
            way = self._way()
            self._fetch_and_verify(way)
        return way

    def _wanted_way(self) -> Retrieve:
        return self.how.way or self.node.retrieve

    def _way(self) -> Way:
        wanted = self._wanted_way()
        without_get = wanted is Retrieve.AUTOMATIC and self.habits.lacks_get(self.node)
        if wanted is not Retrieve.MOVE and not (without_get and self.listening is not None):
            return ByGet(self.deliveries, cancel_after=self.how.cancel_after)
        if self.listening is None:
            raise BadInput("way to fetch", "C-MOVE", "it needs a listener, and none is set up.")
        return ByMove(self.node.calling_ae_title, cancel_after=self.how.cancel_after)

    def _fetch_and_verify(self, way: Way) -> None:
        with ExitStack() as stack:
            if isinstance(way, ByMove) and self.listening is not None:
                stack.enter_context(self.listening.receiving())
            # With something here, or no idea what to negotiate, the archive is asked before; otherwise
            # after the transfer, so that the first image does not wait for the answer.
            hinted = isinstance(way, ByMove) or bool(self.target.modalities)
            if self.tally.collection.held or not hinted:
                self._ask_first()
            wanted = self._first_parts()
            if wanted:
                unsure = self.tally.expected is None or not self.tally.expected.certain
                fill = unsure and self.how.syntaxes == USUAL_SYNTAXES
                with self._fetching(way, self._classes(), self.how.syntaxes, fill=fill) as fetcher:
                    self.tally.negotiated(fetcher)
                    self._fetch(fetcher, wanted)
                    if self.tally.expected is None and not self._is_over():
                        self._note_expected(_ask(fetcher.asker, self.target))
            self._repair(way)

    def _ask_first(self) -> None:
        try:
            with asking(
                self.node, self.habits, self.stop, models=self.how.models, observer=self.how.observer
            ) as asker:
                self._note_expected(_ask(asker, self.target))
        except ServiceRefused:
            self._note_expected(Expected())  # it cannot be asked: unknown, and said so

    def _note_expected(self, expected: Expected) -> None:
        self.tally.expected = expected
        if expected.instances is not None and expected.whole:
            self.tally.collection.expected = frozenset(expected.instances)
        if expected.series is not None:
            counted = (expected.instances is None or not expected.whole) and not self.target.series
            count = expected.count if counted else None
            study, source = self.target.study, self.node.label
            self.tally.told = self.deliveries.hear(study, source, expected.series, count)
        if expected.absent and not self.tally.here:
            raise NoSuchStudy(self.node.label, self.target.level.value.lower())
        if expected.count is not None:
            self.deliveries.check_room(max(0, expected.count - self.tally.here))
        self._changed()

    def _classes(self) -> tuple[str, ...]:
        hinted = classes_for(self.target.modalities)
        return tuple(dict.fromkeys([*hinted, *wanted_classes(self.tally.expected)]))

    def _first_parts(self) -> list[Target]:
        missing, expected = self.tally.missing, self.tally.expected
        if missing is None or expected is None or not expected.whole or not self.tally.collection.held:
            return [] if not missing and self._counts_all_here() else [self.target]
        return list(parts(self.target, expected.instances or {}, missing))

    def _counts_all_here(self) -> bool:
        """Nothing is to be fetched: the archive gives no list, and what is here is as much as it counts."""
        expected, held = self.tally.expected, len(self.tally.collection.held)
        return held > 0 and expected is not None and expected.count == held

    def _fetch(self, fetcher: Fetcher, targets: list[Target]) -> None:
        for part in targets:
            self.tally.note(fetcher.fetch(part, self.tally.collection))
            if self._is_over():
                return

    def _repair(self, way: Way) -> None:
        """Ask for what is missing by UID, until nothing is or no recipe is left."""
        expected = self.tally.expected
        missing = self.tally.worth_asking
        if expected is not None and expected.instances is None and isinstance(way, ByGet):
            self._propose_other_classes(way)
        if expected is None or expected.instances is None or not missing or self._is_over():
            return
        proposed, room = self.tally.proposed, room_for_storage(self.node, self.habits, self.how.models)
        for classes, syntaxes in recipes(expected, missing, self.how.syntaxes, proposed, room):
            if len(syntaxes) == 1 and (syntaxes != self.how.syntaxes):
                classes = tuple(uid for uid in classes if uid not in proposed - self.tally.agreed)
                if not classes:  # refused in whatever syntax
                    return
            with self._fetching(way, classes, syntaxes) as fetcher:
                self.tally.negotiated(fetcher)
                if not fetcher.useless:
                    self._fetch(fetcher, list(parts(self.target, expected.instances, missing)))
            missing = self.tally.worth_asking
            if not missing or self._is_over() or isinstance(way, ByMove):
                return

    def _propose_other_classes(self, way: Way) -> None:
        """Where no list tells what is missing, but the archive says that it could not send something."""
        if not any(ending.failed for ending in self.tally.endings):
            return
        room = room_for_storage(self.node, self.habits, self.how.models)
        for classes, syntaxes in untried(self.how.syntaxes, self.tally.proposed, room):
            if self._is_over():
                return
            with self._fetching(way, classes, syntaxes) as fetcher:
                self.tally.negotiated(fetcher)
                if not fetcher.useless:
                    self._fetch(fetcher, [self.target])

    def _fetching(
        self, way: Way, classes: tuple[str, ...], syntaxes: tuple[str, ...], *, fill: bool = False
    ) -> AbstractContextManager[Fetcher]:
        return fetching(
            self.node,
            way,
            classes,
            syntaxes,
            self.habits,
            self.stop,
            fill=fill,
            models=self.how.models,
            observer=self.how.observer,
        )

    def _is_over(self) -> bool:
        if self.stop.requested:
            return True
        if self.how.cancel_after is None:
            return False
        # Some archives stop, and end with 0000H all the same.
        return self.tally.last.kind is StatusClass.CANCEL or self.tally.collection.cut_short

    def _changed(self) -> None:
        tally = self.tally
        self.report(Progress(tally.here, tally.count, tally.collection.bytes))


def _ask(asker: Asker, target: Target) -> Expected:
    try:
        return expect(asker, target)
    except ServiceRefused:
        return Expected()
