"""The associations and requests of one retrieve: each is noted, and decides what may still be tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.dicom.statuses import StatusClass
from workstation.dicom.targets import Target
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    PortUnavailable,
    ProtocolError,
    ServiceRefused,
    UserMessage,
)
from workstation.network.contexts import USUAL_SYNTAXES
from workstation.network.limits import LIMITS, Limits
from workstation.network.trace import Observer
from workstation.operations.fetch import (
    ByGet,
    ByMove,
    Fetcher,
    RetrieveService,
    fetching,
    refuses_list,
    singles,
)
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.repair import Recipe, parts
from workstation.operations.retrieve_services import MOST_FRUITLESS, RetrieveServices, forbids
from workstation.operations.retrieve_state import RetrieveState
from workstation.stop import Progress, Report, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveOptions:
    """Choices that are not the node's.

    Attributes:
        way: C-GET or C-MOVE; None: as the node says.
        again: Fetch also what is here already.
        syntaxes: Transfer syntaxes to propose.
        models: Information models in order of preference.
        cancel_after: Send C-CANCEL after so many objects.
        observer: Told of every message.
        limits: Bounds on the peer.
    """

    way: RetrieveMethod | None = None
    again: bool = False
    syntaxes: tuple[str, ...] = USUAL_SYNTAXES
    models: tuple[Model, ...] = (Model.STUDY, Model.PATIENT)
    cancel_after: int | None = None
    observer: Observer | None = None
    limits: Limits = LIMITS


WAITING = UserMessage("Accepted, waiting for the first image")
"""What is happening until something comes."""


@dataclass(slots=True, kw_only=True)
class Attempts:
    """What a retrieve knows, and the requests that change it.

    Attributes:
        node: The archive.
        target: What is fetched.
        listening: Our listener, for C-MOVE.
        stop: Ends it.
        report: Told of every object.
        quirks: What is known of nodes.
        how: Further choices.
        state: The books.
        ways: What may still be tried.
    """

    node: Node
    target: Target
    listening: OnDemandListener | None
    stop: Stop
    report: Report
    quirks: NodeQuirks
    how: RetrieveOptions
    state: RetrieveState = field(init=False)
    ways: RetrieveServices = field(init=False)

    def worth_trying(self) -> bool:
        """Whether something is missing, as far as is known, and another try may bring it."""
        missing = self.state.missing
        return not (self.is_over() or self.state.lacks_room or missing == set()) and (
            missing is None or bool(self.state.worth_asking)
        )

    # --- Associations ----------------------------------------------------------------------------

    def attempt(
        self,
        way: RetrieveService,
        recipe: Recipe,
        ask: Callable[[Fetcher], None],
        *,
        fill: bool = False,
        apart: bool = False,
    ) -> None:
        """One association; what it comes to decides which ways are left."""
        collection, requests = self.state.collection, len(self.state.endings)
        before = collection.fresh
        try:
            with self._fetching(way, recipe, fill=fill, apart=apart) as fetcher:
                self.state.negotiated(fetcher)
                if not collection.arrived:
                    self.changed(WAITING)
                ask(fetcher)
        except (
            AssociationAborted,
            ConnectionLost,
            PortUnavailable,
            ProtocolError,
            ServiceRefused,
        ) as error:
            self.ways.drop(way)
            if isinstance(way, ByGet) and isinstance(error, ServiceRefused):
                self.quirks.offers_no_get(self.node)
            if collection.arrived or not self.ways.left:
                raise
        came = collection.fresh > before
        self.ways.tried(progress=came)
        if not came and any(map(forbids, self.state.endings[requests:])):
            self.ways.drop(way)
        self._learn(way, came)

    def _learn(self, way: RetrieveService, came: bool) -> None:
        if not came:
            return
        if isinstance(way, ByGet):
            self.state.got = True
            self.quirks.sent_by_get(self.node)
        elif ByGet.service in self.state.by_way and not self.state.got:
            self.quirks.offers_no_get(self.node)

    @contextmanager
    def _fetching(
        self, way: RetrieveService, recipe: Recipe, *, fill: bool, apart: bool
    ) -> Iterator[Fetcher]:
        classes, syntaxes = recipe
        with ExitStack() as stack:
            if isinstance(way, ByMove) and self.listening is not None:
                stack.enter_context(self.listening.receiving())
            yield stack.enter_context(
                fetching(
                    self.node,
                    way,
                    classes,
                    syntaxes,
                    self.quirks,
                    self.stop,
                    fill=fill,
                    apart=apart,
                    models=self.how.models,
                    observer=self.how.observer,
                    limits=self.how.limits,
                )
            )

    # --- Requests --------------------------------------------------------------------------------

    def fetch(self, fetcher: Fetcher, targets: Iterable[Target]) -> None:
        """Ask for one after the other, until too many in a row bring nothing."""
        collection, fruitless = self.state.collection, 0
        if fetcher.useless:
            return
        for part in targets:
            before = collection.fresh
            ending = fetcher.fetch(part, collection)
            self.state.note(ending, fetcher.way)
            if self.is_over() or forbids(ending):
                return
            came = collection.fresh > before
            if not came and refuses_list(part, ending):
                self.fetch(fetcher, self._without_lists(part))
                if collection.fresh > before:
                    self.quirks.takes_no_lists(self.node)
                return
            fruitless = 0 if came else fruitless + 1
            if fruitless == MOST_FRUITLESS:
                return

    def _without_lists(self, refused: Target) -> Iterator[Target]:
        if not refused.instances or self.state.missing is None:
            return singles(refused)
        told = self.state.expected.instances if self.state.expected is not None else None
        return parts(self.target, told or {}, self.state.worth_asking, lists=False)

    def fetch_missing(self, fetcher: Fetcher) -> None:
        """By series where all of one is missing, else by UID; if that brings nothing, all by UID."""
        expected, before = self.state.expected, self.state.collection.fresh
        assert expected is not None
        lists = not self.quirks.refuses_lists(self.node)
        for by_uid in (False, True):
            wanted = parts(
                self.target, expected.instances or {}, self.state.worth_asking, lists=lists, by_uid=by_uid
            )
            self.fetch(fetcher, wanted)
            if self.state.collection.fresh > before or not self.worth_trying() or forbids(self.state.last):
                return

    # --- Where it stands ---------------------------------------------------------------------------

    def is_over(self) -> bool:
        if self.stop.requested:
            return True
        if self.how.cancel_after is None:
            return False
        # Some archives stop, and end with 0000H all the same.
        return self.state.last.kind is StatusClass.CANCEL or self.state.collection.cut_short

    def changed(self, message: str = "") -> None:
        state = self.state
        self.report(Progress(state.here, state.count, state.collection.bytes, message))
