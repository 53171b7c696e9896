"""Retrieve a target in five steps: expect, subtract, fetch, verify, report (PS3.4 C.4.2, C.4.3).

Complete means that every expected instance is here; the peer's counters are not relied on. A plan
persists what was asked for, so that an interrupted retrieve can be resumed by running it again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial

from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.dicom.transfer_syntaxes import PLAIN, USUAL_SYNTAXES
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    NoSuchStudy,
    ProtocolError,
    ServiceRefused,
    TimedOut,
    WorkstationError,
)
from workstation.network.contexts import classes_for
from workstation.operations.association_limit import FEWEST, NEAR, was_slow
from workstation.operations.collection import Collection
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
from workstation.operations.parallel_fetch import ParallelFetch
from workstation.operations.part_queue import PartQueue, in_one, middle_parts
from workstation.operations.query_session import QuerySession, open_query_session
from workstation.operations.repair import Recipe, alone, parts, rare, untried, wanted_classes
from workstation.operations.retrieve_attempts import WAITING, Attempts
from workstation.operations.retrieve_plan import planned
from workstation.operations.retrieve_services import RetrieveOptions, RetrieveServices
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
    options: RetrieveOptions | None = None,
) -> Outcome:
    """Fetch a target and see that all of it is here.

    Args:
        node: The archive.
        target: What.
        router: Where to.
        listening: Our listener, for C-MOVE; None: C-GET only.
        stop: Ends it.
        report: Called after every object.
        plan: The plan this run resumes; None: a new one, if plans are kept.
        again: Fetch also what is here already.
        quirks: What is known of nodes.
        options: Further choices.

    Returns:
        How it ended; also for a connection that broke after something had arrived.

    Raises:
        WorkstationError: Nothing came of it.
    """
    options = options or RetrieveOptions()
    if again:
        options = replace(options, again=True)
    quirks = quirks or NodeQuirks()
    state = RetrieveState(node=node, target=target, collection=Collection(target))
    with planned(router.plans, plan, state, stop) as record:
        running = _Retrieval(
            node=node,
            target=target,
            listening=listening,
            stop=stop,
            report=report,
            quirks=quirks,
            options=options,
            state=state,
            services=RetrieveServices.of(node, router, listening, quirks, options),
            router=router,
        )
        outcome = running.run()
        record.ended(outcome)
    return outcome


@dataclass(slots=True, kw_only=True)
class _Retrieval(Attempts):
    router: InstanceRouter
    _late: bool = False  # the archive is asked what there is when all is fetched

    def run(self) -> Outcome:
        failure: WorkstationError | None = None
        end: End | None = None
        collection = self.state.collection
        collection.changed = self.changed
        with self.router.collecting(collection):
            self.state.listings = self.router.listings(self.target.study)
            try:
                self._steps()
                if self.is_over():
                    end = End.CANCELLED
            except Cancelled:
                end = End.CANCELLED
            except WorkstationError as error:
                if not collection.arrived:
                    raise
                if self.stop.requested:  # the archive need not wait for the end of what is given up
                    end = End.CANCELLED
                else:
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
        """Ask by each service once for all of it until something comes, then for what is missing."""
        self.router.check_room(0)
        if not self.options.again:
            self.state.collection.held = frozenset().union(*self.router.held(self.target).values())
        for service in self.services.left:
            self._fetch_all(service)
            if self.state.collection.fresh or not self.worth_trying():
                break
        if self._counts_all_here():
            return
        if self.state.expected is not None and self.state.expected.instances is None:
            self._fetch_unlisted()
        elif self.state.expected is not None:
            self._repair()

    def _fetch_all(self, service: RetrieveService) -> None:
        # With something here, or no idea what to negotiate, the archive is asked before; otherwise
        # after the transfer, so that the first image does not wait for the answer.
        hinted = isinstance(service, ByMove) or bool(self.target.modalities)
        if self.state.expected is None and (self.state.collection.held or not hinted):
            self._ask_first()
        wanted = self._first_parts()
        if not wanted:
            return
        unsure = self.state.expected is None or not self.state.expected.certain
        usual = self.options.syntaxes == USUAL_SYNTAXES

        asks_early = self.state.expected is None and self._may_share and not self._late and self._many
        late = self._late

        def ask(fetcher: Fetcher) -> None:
            told: Expected | None = None
            if asks_early and self._worth_sharing(fetcher):
                try:
                    told = _ask(fetcher.session, self.target)
                except (AssociationAborted, ConnectionLost, ProtocolError, TimedOut):
                    fetcher.association.abort()
                    self._late = True
                    return
                if told.whole and len(told.instances or ()) >= FEWEST:
                    self._note_expected(told)
            if not self._fetch_in_parallel(fetcher):
                self._fetch_alone(fetcher, self._ordered(fetcher, wanted))
            if self.state.expected is None and self._late == late and not self.is_over():
                self._note_expected(told or _ask(fetcher.session, self.target))

        self.attempt(
            service, (self._classes(), self.options.syntaxes), ask, fill=unsure and usual, apart=not usual
        )
        if self._late != late and not self.is_over():  # it may send what it does not list
            self._fetch_all(service)

    @property
    def _may_share(self) -> bool:
        """Whether several associations may fetch."""
        return self.options.cancel_after is None and self.most_associations > 1

    @property
    def _many(self) -> bool:
        """Whether it is worth asking first how many there are."""
        return not 0 < len(self.target.instances) < FEWEST

    def _fetch_in_parallel(self, first: Fetcher) -> bool:
        """Fetch over several associations what is missing; False where that is not worth it or impossible."""
        expected, wanted = self.state.expected, self.state.askable
        if not self._worth_sharing(first) or first.useless or expected is None or not expected.whole:
            return False
        if len(wanted) < FEWEST or self.is_over():
            return False
        usual = self.options.syntaxes == USUAL_SYNTAXES
        recipe, fill = (self._classes(), self.options.syntaxes), not expected.certain and usual

        def open_one(stop: Stop) -> AbstractContextManager[Fetcher]:
            return self.opened(first.service, recipe, fill=fill, apart=not usual, tries=1, stop=stop)

        queue = PartQueue(
            self.target,
            expected.instances or {},
            wanted,
            lists=not self.quirks.refuses_lists(self.node),
            first=self.options.first,
            numbers=expected.numbers,
            one_of_each=self._one_of_each,
        )
        with self.quirks.budget(self.node).share() as share:
            ParallelFetch(self, first, open_one, queue, share).run()
        return True

    @property
    def _one_of_each(self) -> bool:
        """Whether the middle image of each series is to come first, and the archive sends single images."""
        return self.options.one_of_each and not self.quirks.lacks_single_images(self.node)

    def _ordered(self, fetcher: Fetcher, wanted: list[Target]) -> Iterable[Target]:
        """The requests in the order in which what they bring is looked at."""
        first, target = self.options.first, self.target
        if target.instances or len(target.series) == 1 or not (first or self._one_of_each):
            return wanted
        if wanted != [target]:  # something is here: these are parts of what is missing
            return sorted(wanted, key=lambda part: part.series != (first,))
        return self._by_series(fetcher)

    def _by_series(self, fetcher: Fetcher) -> Iterator[Target]:
        """The series on show first, or the middle image of each; then the others.

        Without a list of the rest all is asked for at once.
        """
        first, target = self.options.first, self.target
        alone = first and (not target.series or first in target.series)
        if alone and not self._one_of_each:
            yield Target(target.study, (first,), (), target.patient_id)
        if self.state.expected is None and not self._late:
            try:
                self._note_expected(_ask(fetcher.session, target))
            except (AssociationAborted, ConnectionLost, ProtocolError, TimedOut):
                fetcher.association.abort()
                self._late = True
                return
        expected = self.state.expected
        if expected is None or expected.instances is None or not expected.whole:
            yield target
            return
        instances, lists = expected.instances, not self.quirks.refuses_lists(self.node)
        if self._one_of_each:
            yield from middle_parts(target, instances, self.state.askable, expected.numbers, first)
        rest = sorted(
            parts(target, instances, self.state.askable, lists=lists),
            key=lambda part: part.series != (first,),
        )
        yield from in_one(rest) if lists else rest

    def _fetch_alone(self, fetcher: Fetcher, wanted: Iterable[Target]) -> None:
        """Fetch over one association, and remember whether the archive lets it wait."""
        begun, before = time.monotonic(), (self.state.collection.bytes, self.state.collection.fresh)
        self.fetch(fetcher, wanted)
        seconds = time.monotonic() - begun
        size, count = self.state.collection.bytes - before[0], self.state.collection.fresh - before[1]
        if (slow := was_slow(count, size, seconds)) is not None:
            self.quirks.sends_slowly(self.node, slow)

    def _worth_sharing(self, fetcher: Fetcher) -> bool:
        """Whether a second association may bring anything, if there is enough to fetch.

        A single one is at its best where the way to the archive is short, and the archive quick.
        """
        far = fetcher.association.round_trip >= NEAR
        return self._may_share and (
            far or self.options.associations is not None or self.quirks.is_slow(self.node)
        )

    def _ask_first(self) -> None:
        try:
            with open_query_session(
                self.node,
                self.quirks,
                self.stop,
                models=self.options.models,
                observer=self.options.observer,
                limits=self.options.limits,
            ) as session:
                self._note_expected(_ask(session, self.target))
        except ServiceRefused:
            self._note_expected(Expected())  # it cannot be queried: unknown
        self.services.tried(progress=False)

    def _note_expected(self, expected: Expected) -> None:
        self.state.expected = expected
        if expected.instances is not None and expected.whole:
            self.state.collection.expected = frozenset(expected.instances)
        if expected.series is not None:
            counted = (expected.instances is None or not expected.whole) and not self.target.series
            count = expected.count if counted else None
            study, source = self.target.study, self.node.label
            self.state.listings = self.router.record_listing(study, source, expected.series, count)
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
        for service, recipe in self._tries():
            if self.services.exhausted or not self.worth_trying():
                return
            if service in self.services.left:
                self.attempt(service, recipe, self.fetch_missing, apart=recipe[1] != PLAIN)

    def _tries(self) -> Iterator[tuple[RetrieveService, Recipe]]:
        """What to negotiate, one association each.

        First the very classes that are missing; where the archive does not name them, the storage classes not
        yet proposed; then the other service; then the rarer syntaxes, and each by itself. The last two help
        only with an archive that says of something that it could not be sent.
        """
        get, syntaxes = self.services.get, self.options.syntaxes
        known = (self.state.expected.instances if self.state.expected is not None else None) or {}
        room = room_for_storage(self.node, self.quirks, self.options.models)
        if get is not None and not all(known.get(uid, ("", ""))[1] for uid in self.state.askable):
            yield from ((get, recipe) for recipe in untried(syntaxes, self.state.proposed, room))
        for service in self.services.left:
            yield service, (self._missing_classes(), syntaxes)
        if get is None or not self.state.unsent:
            return
        for recipe in rare(self._acceptable_classes(), syntaxes):
            yield get, recipe
        named = self.state.names_unsent
        for recipe in alone(self._acceptable_classes(), syntaxes, self.state.agreed):
            self.services.persist = named
            yield get, recipe

    def _missing_classes(self) -> tuple[str, ...]:
        return wanted_classes(self.state.expected, self.state.askable)

    def _acceptable_classes(self) -> tuple[str, ...]:
        """Those of the missing classes that were not refused in whatever syntax."""
        refused = self.state.proposed - self.state.agreed_classes
        return tuple(uid for uid in self._missing_classes() if uid not in refused)

    def _fetch_unlisted(self) -> None:
        """Fetch without a list: if nothing came, by series; if something failed, with other contexts."""
        for service, recipe, targets in self._unlisted_tries():
            if self.is_over() or self.services.exhausted or self.state.lacks_room:
                return
            if service in self.services.left:
                self.attempt(service, recipe, partial(self.fetch, targets=targets), apart=recipe[1] != PLAIN)

    def _unlisted_tries(self) -> Iterator[tuple[RetrieveService, Recipe, Sequence[Target]]]:
        usual, get = (self._classes(), self.options.syntaxes), self.services.get
        known = self.state.expected.series if self.state.expected is not None else None
        if not self.state.collection.fresh and not self.target.series:
            series = [
                Target(self.target.study, (uid,), (), self.target.patient_id)
                for uid in known or ()
                if may_be_asked_for(uid)
            ]
            for service in self.services.left if series else ():
                yield service, usual, series
                if self.state.collection.fresh:
                    return
        if not any(response.failed for response in self.state.responses):
            return
        room = room_for_storage(self.node, self.quirks, self.options.models)
        if get is not None:
            for recipe in untried(self.options.syntaxes, self.state.proposed, room):
                yield get, recipe, [self.target]
        for service in self.services.left:
            if service.name not in self.state.by_service:
                yield service, usual, [self.target]


def _ask(session: QuerySession, target: Target) -> Expected:
    try:
        return expect(session, target)
    except ServiceRefused:
        return Expected()
