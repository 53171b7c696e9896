"""Retrieve a target in five steps: expect, subtract, fetch, verify, report (PS3.4 C.4.2, C.4.3).

Complete means that every expected instance is here; the peer's counters are not relied on. A plan
persists what was asked for, so that an interrupted retrieve can be resumed by running it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.dicom.transfer_syntaxes import PLAIN
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import NetworkError, TimedOut, UserMessage, WorkstationError
from workstation.network.exchange import Kind
from workstation.network.exchanges import recorded
from workstation.operations.ask_and_fetch import AskAndFetch
from workstation.operations.break_recovery import BreakRecovery
from workstation.operations.breaks import BREAKS
from workstation.operations.collection import Collection
from workstation.operations.concluding import conclude_transfer
from workstation.operations.fetch import RetrieveService, room_for_storage
from workstation.operations.instance_router import InstanceRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.repair import Recipe, alone, rare, untried, wanted_classes
from workstation.operations.retrieve_attempts import WAITING
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
    with (
        planned(router.plans, plan, state, stop) as record,
        recorded(Kind.RETRIEVE, options.observer, node.label, node) as observer,
    ):
        options = replace(options, observer=observer)
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
        conclude_transfer(observer, outcome)
    return outcome


class _Retrieval(AskAndFetch):
    __slots__ = ()

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
            self._fetch_past_breaks(service)
            if self.state.collection.fresh or not self.worth_trying():
                break
        if self.counts_all_here():
            return
        if self.state.expected is not None and self.state.expected.instances is None:
            self._fetch_unlisted()
        elif self.state.expected is not None:
            self._repair()

    # --- What broke ------------------------------------------------------------------------------

    def _fetch_past_breaks(self, service: RetrieveService) -> None:
        """Ask for all of it; where associations break, for all but the images that break them."""
        try:
            self.fetch_all(service)
        except BREAKS as error:
            known = self.state.here > 0 or not isinstance(error, TimedOut)
            if not known or self.is_over() or not any(each.service is service for each in self.state.breaks):
                raise
            try:
                self._recover(service)
            except NetworkError:
                raise error from None
        else:
            if self.state.missing:
                self._recover(service)
        self._learn_limits()

    def _recover(self, service: RetrieveService) -> None:
        """Fetch what is missing because associations broke over requests."""
        if all(each.service is not service for each in self.state.breaks):
            return
        if self.state.expected is None:
            self._ask_first()
        self.remark(UserMessage("An association broke over a request: what is missing is asked for in parts"))
        BreakRecovery(self, service, (self.classes, self.options.syntaxes)).run()
        self.services.restore(service)

    def _learn_limits(self) -> None:
        """What broke one of several associations was their number, if all that it was to bring came then."""
        missing = self.state.missing or set()
        for each in self.state.breaks:
            if each.rest and each.served and missing.isdisjoint(each.uids or ()):
                self.quirks.takes_associations(self.node, each.rest)

    # --- What is missing -------------------------------------------------------------------------

    def _repair(self) -> None:
        """Ask for what is missing by UID, until nothing is or nothing more can be tried."""
        for service, recipe in self._tries():
            if self.services.exhausted or not self.worth_trying():
                return
            if service in self.services.left:
                self.remark(UserMessage("Not all came: what is missing is asked for by UID"))
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
                self.remark(UserMessage("Not all came: asked again by series, or with other contexts"))
                self.attempt(service, recipe, partial(self.fetch, targets=targets), apart=recipe[1] != PLAIN)

    def _unlisted_tries(self) -> Iterator[tuple[RetrieveService, Recipe, Sequence[Target]]]:
        usual, get = (self.classes, self.options.syntaxes), self.services.get
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
