"""A retrieve in five steps: expect, subtract, fetch, verify, report (PS3.4 C.4.2, C.4.3).

Complete means that every expected instance is here; the peer's counters are never believed. A plan
persists the wish, so that an interrupted retrieve can be resumed by running it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from workstation.dicom.nodes import Node
from workstation.dicom.targets import End, Outcome, Target
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import (
    NoSuchStudy,
    ServiceRefused,
    WorkstationError,
)
from workstation.network.contexts import PLAIN, USUAL_SYNTAXES, classes_for
from workstation.network.suboperations import FirstObject
from workstation.operations.asking import Asker, asking
from workstation.operations.attempts import WAITING, Attempts, How
from workstation.operations.deliver import Deliveries
from workstation.operations.expect import Expected, expect
from workstation.operations.fetch import (
    ByMove,
    Fetcher,
    Way,
    room_for_storage,
)
from workstation.operations.habits import Habits
from workstation.operations.listening import Listening
from workstation.operations.planning import planned
from workstation.operations.repair import Recipe, alone, parts, rare, untried, wanted_classes
from workstation.operations.tally import Tally
from workstation.operations.ways import Ways
from workstation.stop import Cancelled, Report, Stop
from workstation.store.plans import Plan

__all__ = ["WAITING", "How", "retrieve"]


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
    running = _Retrieval(node, target, listening, stop, report, habits or Habits(), how, deliveries)
    with planned(deliveries.plans, node, target, plan, stop, running.begun) as record:
        outcome = running.run()
        record.ended(outcome, running.tally)
    return outcome


@dataclass(slots=True)
class _Retrieval(Attempts):
    deliveries: Deliveries

    def begun(self) -> bool:
        """Whether something of the target is here."""
        return hasattr(self, "tally") and self.tally.here > 0

    def run(self) -> Outcome:
        trouble: WorkstationError | None = None
        end: End | None = None
        with self.deliveries.collecting(self.target, self.changed) as collection:
            self.tally = Tally(self.node, self.target, collection)
            self.tally.told = self.deliveries.told(self.target.study)
            try:
                self._steps()
                if self.is_over():
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
            raise self.tally.failure(self.listening, get_refused=self.habits.lacks_get(self.node))
        return outcome

    # --- The steps -------------------------------------------------------------------------------

    def _steps(self) -> None:
        """Ask each way once for all of it until something comes, then for what is missing."""
        self.deliveries.check_room(0)
        if not self.how.again:
            self.tally.collection.held = frozenset().union(*self.deliveries.held(self.target).values())
        first = FirstObject(self.how.limits.first_object)
        wanted, cancel_after = self.how.way or self.node.retrieve, self.how.cancel_after
        self.ways = Ways.of(
            self.node, wanted, self.deliveries, self.listening, self.habits, first, cancel_after
        )
        for way in self.ways.left:
            self._fetch_all(way)
            if self.tally.collection.fresh or not self.worth_trying():
                break
        if self._counts_all_here():
            return
        if self.tally.expected is not None and self.tally.expected.instances is None:
            self._fetch_unlisted()
        elif self.tally.expected is not None:
            self._repair()

    def _fetch_all(self, way: Way) -> None:
        # With something here, or no idea what to negotiate, the archive is asked before; otherwise
        # after the transfer, so that the first image does not wait for the answer.
        hinted = isinstance(way, ByMove) or bool(self.target.modalities)
        if self.tally.expected is None and (self.tally.collection.held or not hinted):
            self._ask_first()
        wanted = self._first_parts()
        if not wanted:
            return
        unsure = self.tally.expected is None or not self.tally.expected.certain
        usual = self.how.syntaxes == USUAL_SYNTAXES

        def ask(fetcher: Fetcher) -> None:
            self.fetch(fetcher, wanted)
            if self.tally.expected is None and not self.is_over():
                self._note_expected(_ask(fetcher.asker, self.target))

        self.attempt(way, (self._classes(), self.how.syntaxes), ask, fill=unsure and usual, apart=not usual)

    def _ask_first(self) -> None:
        try:
            with asking(
                self.node,
                self.habits,
                self.stop,
                models=self.how.models,
                observer=self.how.observer,
                limits=self.how.limits,
            ) as asker:
                self._note_expected(_ask(asker, self.target))
        except ServiceRefused:
            self._note_expected(Expected())  # it cannot be asked: unknown, and said so
        self.ways.tried(progress=False)

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
        self.changed()

    def _classes(self) -> tuple[str, ...]:
        hinted = classes_for(self.target.modalities)
        return tuple(dict.fromkeys([*hinted, *wanted_classes(self.tally.expected)]))

    def _first_parts(self) -> list[Target]:
        missing, expected = self.tally.missing, self.tally.expected
        if missing is None or expected is None or not expected.whole or not self.tally.collection.held:
            return [] if not missing and self._counts_all_here() else [self.target]
        lists = not self.habits.refuses_lists(self.node)
        return list(parts(self.target, expected.instances or {}, missing, lists=lists))

    def _counts_all_here(self) -> bool:
        """Nothing is to be fetched: the archive gives no list, and what is here is as much as it counts."""
        expected, held = self.tally.expected, len(self.tally.collection.held)
        return held > 0 and expected is not None and expected.count == held

    # --- What is missing -------------------------------------------------------------------------

    def _repair(self) -> None:
        """Ask for what is missing by UID, until nothing is or nothing more can be tried."""
        for way, recipe in self._tries():
            if self.ways.tired or not self.worth_trying():
                return
            if way in self.ways.left:
                self.attempt(way, recipe, self.fetch_missing, apart=recipe[1] != PLAIN)

    def _tries(self) -> Iterator[tuple[Way, Recipe]]:
        """What to negotiate, one association each.

        First the very classes that are missing; where the archive does not tell them, the storage classes not
        yet proposed; then the other way; then the rarer syntaxes, and each by itself. The last two only help
        an archive that says of something that it could not be sent.
        """
        get, syntaxes = self.ways.get, self.how.syntaxes
        told = (self.tally.expected.instances if self.tally.expected is not None else None) or {}
        room = room_for_storage(self.node, self.habits, self.how.models)
        if get is not None and not all(told.get(uid, ("", ""))[1] for uid in self.tally.worth_asking):
            yield from ((get, recipe) for recipe in untried(syntaxes, self.tally.proposed, room))
        for way in self.ways.left:
            yield way, (self._missing_classes(), syntaxes)
        if get is None or not self.tally.unsent:
            return
        for recipe in rare(self._acceptable_classes(), syntaxes):
            yield get, recipe
        named = self.tally.names_unsent
        for recipe in alone(self._acceptable_classes(), syntaxes, self.tally.agreed):
            self.ways.persist = named
            yield get, recipe

    def _missing_classes(self) -> tuple[str, ...]:
        return wanted_classes(self.tally.expected, self.tally.worth_asking)

    def _acceptable_classes(self) -> tuple[str, ...]:
        """Those of the missing classes that were not refused in whatever syntax."""
        refused = self.tally.proposed - self.tally.agreed_classes
        return tuple(uid for uid in self._missing_classes() if uid not in refused)

    def _fetch_unlisted(self) -> None:
        """Where no list tells what is missing: if nothing came, by series; if something failed, otherwise."""
        for way, recipe, targets in self._unlisted_tries():
            if self.is_over() or self.ways.tired or self.tally.lacks_room:
                return
            if way in self.ways.left:
                self.attempt(way, recipe, partial(self.fetch, targets=targets), apart=recipe[1] != PLAIN)

    def _unlisted_tries(self) -> Iterator[tuple[Way, Recipe, Sequence[Target]]]:
        usual, get = (self._classes(), self.how.syntaxes), self.ways.get
        told = self.tally.expected.series if self.tally.expected is not None else None
        if not self.tally.collection.fresh and not self.target.series:
            series = [
                Target(self.target.study, (uid,), (), self.target.patient_id)
                for uid in told or ()
                if may_be_asked_for(uid)
            ]
            for way in self.ways.left if series else ():
                yield way, usual, series
                if self.tally.collection.fresh:
                    return
        if not any(ending.failed for ending in self.tally.endings):
            return
        room = room_for_storage(self.node, self.habits, self.how.models)
        if get is not None:
            for recipe in untried(self.how.syntaxes, self.tally.proposed, room):
                yield get, recipe, [self.target]
        for way in self.ways.left:
            if way.service not in self.tally.by_way:
                yield way, usual, [self.target]


def _ask(asker: Asker, target: Target) -> Expected:
    try:
        return expect(asker, target)
    except ServiceRefused:
        return Expected()
