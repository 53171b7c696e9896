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
from workstation.operations.attempts import WAITING, Attempts, RetrieveOptions
from workstation.operations.expected_instances import Expected, expect
from workstation.operations.fetch import (
    ByMove,
    Fetcher,
    RetrieveService,
    room_for_storage,
)
from workstation.operations.instance_router import InstanceRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.query_session import QuerySession, open_query_session
from workstation.operations.repair import Recipe, alone, parts, rare, untried, wanted_classes
from workstation.operations.retrieve_plan import planned
from workstation.operations.retrieve_services import RetrieveServices
from workstation.operations.retrieve_state import RetrieveState
from workstation.stop import Cancelled, Report, Stop
from workstation.store.plan import Plan

__all__ = ["WAITING", "RetrieveOptions", "retrieve"]


def retrieve(
    node: Node,
    target: Target,
    router: InstanceRouter,
    listening: OnDemandListener | None,
    stop: Stop,
    report: Report,
    *,
    plan: Plan | None = None,
    again: bool = False,
    quirks: NodeQuirks | None = None,
    how: RetrieveOptions | None = None,
) -> Outcome:
    """Fetch a target and see that all of it is here.

    Args:
        node: The archive.
        target: What.
        router: Where to.
        listening: Our listener, for C-MOVE; None: C-GET only.
        stop: Ends it.
        report: Told of every object.
        plan: The plan this run resumes; None: a new one, if plans are kept.
        again: Fetch also what is here already.
        quirks: What is known of nodes.
        how: Further choices.

    Returns:
        How it ended; also for a connection that broke after something had arrived.

    Raises:
        WorkstationError: Nothing came of it.
    """
    how = how or RetrieveOptions()
    if again:
        how = replace(how, again=True)
    running = _Retrieval(node, target, listening, stop, report, quirks or NodeQuirks(), how, router)
    with planned(router.plans, node, target, plan, stop, running.begun) as record:
        outcome = running.run()
        record.ended(outcome, running.state)
    return outcome


@dataclass(slots=True)
class _Retrieval(Attempts):
    router: InstanceRouter

    def begun(self) -> bool:
        """Whether something of the target is here."""
        return hasattr(self, "state") and self.state.here > 0

    def run(self) -> Outcome:
        failure: WorkstationError | None = None
        end: End | None = None
        with self.router.collecting(self.target, self.changed) as collection:
            self.state = RetrieveState(self.node, self.target, collection)
            self.state.told = self.router.told(self.target.study)
            try:
                self._steps()
                if self.is_over():
                    end = End.CANCELLED
            except Cancelled:
                end = End.CANCELLED
            except WorkstationError as error:
                if not collection.arrived:
                    raise
                failure = error
            finally:
                expected = self.state.expected
                if expected is not None and expected.instances:
                    self.router.file_unfiled(collection, expected.instances)
                if collection.arrived:
                    self.router.settle(collection)
            self.state.seen = self.router.here(collection)
            self.state.accepted = self.router.accepted(self.target)
        outcome = self.state.outcome(end, failure)
        if outcome.end is End.FAILED:
            raise self.state.failure(self.listening, get_refused=self.quirks.lacks_get(self.node))
        return outcome

    # --- The steps -------------------------------------------------------------------------------

    def _steps(self) -> None:
        """Ask each way once for all of it until something comes, then for what is missing."""
        self.router.check_room(0)
        if not self.how.again:
            self.state.collection.held = frozenset().union(*self.router.held(self.target).values())
        first = FirstObject(self.how.limits.first_object)
        wanted, cancel_after = self.how.way or self.node.retrieve, self.how.cancel_after
        self.ways = RetrieveServices.of(
            self.node, wanted, self.router, self.listening, self.quirks, first, cancel_after
        )
        for way in self.ways.left:
            self._fetch_all(way)
            if self.state.collection.fresh or not self.worth_trying():
                break
        if self._counts_all_here():
            return
        if self.state.expected is not None and self.state.expected.instances is None:
            self._fetch_unlisted()
        elif self.state.expected is not None:
            self._repair()

    def _fetch_all(self, way: RetrieveService) -> None:
        # With something here, or no idea what to negotiate, the archive is asked before; otherwise
        # after the transfer, so that the first image does not wait for the answer.
        hinted = isinstance(way, ByMove) or bool(self.target.modalities)
        if self.state.expected is None and (self.state.collection.held or not hinted):
            self._ask_first()
        wanted = self._first_parts()
        if not wanted:
            return
        unsure = self.state.expected is None or not self.state.expected.certain
        usual = self.how.syntaxes == USUAL_SYNTAXES

        def ask(fetcher: Fetcher) -> None:
            self.fetch(fetcher, wanted)
            if self.state.expected is None and not self.is_over():
                self._note_expected(_ask(fetcher.session, self.target))

        self.attempt(way, (self._classes(), self.how.syntaxes), ask, fill=unsure and usual, apart=not usual)

    def _ask_first(self) -> None:
        try:
            with open_query_session(
                self.node,
                self.quirks,
                self.stop,
                models=self.how.models,
                observer=self.how.observer,
                limits=self.how.limits,
            ) as session:
                self._note_expected(_ask(session, self.target))
        except ServiceRefused:
            self._note_expected(Expected())  # it cannot be asked: unknown, and said so
        self.ways.tried(progress=False)

    def _note_expected(self, expected: Expected) -> None:
        self.state.expected = expected
        if expected.instances is not None and expected.whole:
            self.state.collection.expected = frozenset(expected.instances)
        if expected.series is not None:
            counted = (expected.instances is None or not expected.whole) and not self.target.series
            count = expected.count if counted else None
            study, source = self.target.study, self.node.label
            self.state.told = self.router.hear(study, source, expected.series, count)
        if expected.absent and not self.state.here:
            raise NoSuchStudy(self.node.label, self.target.level.value.lower())
        if expected.count is not None:
            self.router.check_room(max(0, expected.count - self.state.here))
        self.changed()

    def _classes(self) -> tuple[str, ...]:
        hinted = classes_for(self.target.modalities)
        return tuple(dict.fromkeys([*hinted, *wanted_classes(self.state.expected)]))

    def _first_parts(self) -> list[Target]:
        missing, expected = self.state.missing, self.state.expected
        if missing is None or expected is None or not expected.whole or not self.state.collection.held:
            return [] if not missing and self._counts_all_here() else [self.target]
        lists = not self.quirks.refuses_lists(self.node)
        return list(parts(self.target, expected.instances or {}, missing, lists=lists))

    def _counts_all_here(self) -> bool:
        """Nothing is to be fetched: the archive gives no list, and what is here is as much as it counts."""
        expected, held = self.state.expected, len(self.state.collection.held)
        return held > 0 and expected is not None and expected.count == held

    # --- What is missing -------------------------------------------------------------------------

    def _repair(self) -> None:
        """Ask for what is missing by UID, until nothing is or nothing more can be tried."""
        for way, recipe in self._tries():
            if self.ways.tired or not self.worth_trying():
                return
            if way in self.ways.left:
                self.attempt(way, recipe, self.fetch_missing, apart=recipe[1] != PLAIN)

    def _tries(self) -> Iterator[tuple[RetrieveService, Recipe]]:
        """What to negotiate, one association each.

        First the very classes that are missing; where the archive does not tell them, the storage classes not
        yet proposed; then the other way; then the rarer syntaxes, and each by itself. The last two only help
        an archive that says of something that it could not be sent.
        """
        get, syntaxes = self.ways.get, self.how.syntaxes
        told = (self.state.expected.instances if self.state.expected is not None else None) or {}
        room = room_for_storage(self.node, self.quirks, self.how.models)
        if get is not None and not all(told.get(uid, ("", ""))[1] for uid in self.state.worth_asking):
            yield from ((get, recipe) for recipe in untried(syntaxes, self.state.proposed, room))
        for way in self.ways.left:
            yield way, (self._missing_classes(), syntaxes)
        if get is None or not self.state.unsent:
            return
        for recipe in rare(self._acceptable_classes(), syntaxes):
            yield get, recipe
        named = self.state.names_unsent
        for recipe in alone(self._acceptable_classes(), syntaxes, self.state.agreed):
            self.ways.persist = named
            yield get, recipe

    def _missing_classes(self) -> tuple[str, ...]:
        return wanted_classes(self.state.expected, self.state.worth_asking)

    def _acceptable_classes(self) -> tuple[str, ...]:
        """Those of the missing classes that were not refused in whatever syntax."""
        refused = self.state.proposed - self.state.agreed_classes
        return tuple(uid for uid in self._missing_classes() if uid not in refused)

    def _fetch_unlisted(self) -> None:
        """Where no list tells what is missing: if nothing came, by series; if something failed, otherwise."""
        for way, recipe, targets in self._unlisted_tries():
            if self.is_over() or self.ways.tired or self.state.lacks_room:
                return
            if way in self.ways.left:
                self.attempt(way, recipe, partial(self.fetch, targets=targets), apart=recipe[1] != PLAIN)

    def _unlisted_tries(self) -> Iterator[tuple[RetrieveService, Recipe, Sequence[Target]]]:
        usual, get = (self._classes(), self.how.syntaxes), self.ways.get
        told = self.state.expected.series if self.state.expected is not None else None
        if not self.state.collection.fresh and not self.target.series:
            series = [
                Target(self.target.study, (uid,), (), self.target.patient_id)
                for uid in told or ()
                if may_be_asked_for(uid)
            ]
            for way in self.ways.left if series else ():
                yield way, usual, series
                if self.state.collection.fresh:
                    return
        if not any(ending.failed for ending in self.state.endings):
            return
        room = room_for_storage(self.node, self.quirks, self.how.models)
        if get is not None:
            for recipe in untried(self.how.syntaxes, self.state.proposed, room):
                yield get, recipe, [self.target]
        for way in self.ways.left:
            if way.service not in self.state.by_way:
                yield way, usual, [self.target]


def _ask(session: QuerySession, target: Target) -> Expected:
    try:
        return expect(session, target)
    except ServiceRefused:
        return Expected()
