"""Open the associations and send the requests of one retrieve; decide after each what may be tried next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from workstation.dicom.nodes import Node
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
from workstation.network.trace import remark
from workstation.operations.breaks import BREAKS, Break
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
from workstation.operations.retrieve_services import (
    MAX_FRUITLESS,
    RetrieveOptions,
    RetrieveServices,
    forbids,
)
from workstation.operations.retrieve_state import RetrieveState
from workstation.stop import Progress, Report, Stop

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
        report: Called after every object.
        quirks: What is known of nodes.
        options: Further choices.
        state: The books.
        services: What may still be tried.
    """

    node: Node
    target: Target
    listening: OnDemandListener | None
    stop: Stop
    report: Report
    quirks: NodeQuirks
    options: RetrieveOptions
    state: RetrieveState
    services: RetrieveServices

    @property
    def most_associations(self) -> int:
        """How many may fetch at once."""
        return self.quirks.most_associations(self.node, self.options.associations)

    def worth_trying(self) -> bool:
        """Whether something is missing, as far as is known, and another try may bring it."""
        missing = self.state.missing
        return not (self.is_over() or self.state.lacks_room or missing == set()) and (
            missing is None or bool(self.state.askable)
        )

    # --- Associations ----------------------------------------------------------------------------

    def attempt(
        self,
        service: RetrieveService,
        recipe: Recipe,
        ask: Callable[[Fetcher], None],
        *,
        fill: bool = False,
        apart: bool = False,
        tries: int | None = None,
        waits: bool = True,
    ) -> None:
        """Use one association; drop the service if it cannot work.

        ``tries``: see :meth:`opened`; where it is given another association is open, which may be why this
        one is not answered: the service is not dropped for that. ``waits``: an image is asked for at once.
        """
        collection, requests = self.state.collection, len(self.state.responses)
        before, reused = collection.fresh, False
        try:
            with self.opened(service, recipe, fill=fill, apart=apart, tries=tries) as fetcher:
                reused = fetcher.reused
                self.state.negotiated(fetcher)
                if waits and not collection.arrived:
                    self.changed(WAITING)
                ask(fetcher)
        except (
            AssociationAborted,
            ConnectionLost,
            PortUnavailable,
            ProtocolError,
            ServiceRefused,
        ) as error:
            answered = collection.fresh > before or len(self.state.responses) > requests
            if not answered and isinstance(error, AssociationAborted | ConnectionLost):
                if reused:  # it had ended since it was opened
                    words = "The association that was opened ahead had ended: asked again on a new one"
                    self.remark(UserMessage(words))
                    self.attempt(service, recipe, ask, fill=fill, apart=apart, tries=tries, waits=waits)
                    return
                if tries is not None:
                    raise
            self.services.drop(service)
            if self.services.left:
                words = "{service} failed: {other} is tried"
                other = self.services.left[0].name
                self.remark(UserMessage(words, service=service.name, other=other))
            if isinstance(service, ByGet) and isinstance(error, ServiceRefused):
                self.quirks.offers_no_get(self.node)
            if collection.arrived or not self.services.left:
                raise
        progress = collection.fresh > before
        self.services.tried(progress=progress)
        if not progress and any(map(forbids, self.state.responses[requests:])):
            self.services.drop(service)
        self._learn(service, progress)

    def remark(self, words: UserMessage) -> None:
        remark(self.options.observer, words)

    def _learn(self, service: RetrieveService, progress: bool) -> None:
        if not progress:
            return
        if isinstance(service, ByGet):
            self.state.got = True
            self.quirks.sent_by_get(self.node)
        elif ByGet.name in self.state.by_service and not self.state.got:
            self.quirks.offers_no_get(self.node)

    @contextmanager
    def opened(
        self,
        service: RetrieveService,
        recipe: Recipe,
        *,
        fill: bool = False,
        apart: bool = False,
        tries: int | None = None,
        stop: Stop | None = None,
    ) -> Iterator[Fetcher]:
        """One association for the length of the block; see :func:`fetching`.

        ``tries`` is how often it is requested if it is rejected for now; None: as often as usual.
        ``stop`` ends it; None: that of the retrieve.
        """
        limits = self.options.limits if tries is None else replace(self.options.limits, tries=tries)
        classes, syntaxes = recipe
        with ExitStack() as stack:
            if isinstance(service, ByMove) and self.listening is not None:
                stack.enter_context(self.listening.receiving())
            yield stack.enter_context(
                fetching(
                    self.node,
                    service,
                    classes,
                    syntaxes,
                    self.quirks,
                    stop or self.stop,
                    fill=fill,
                    apart=apart,
                    models=self.options.models,
                    observer=self.options.observer,
                    limits=limits,
                    held=self.options.held,
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
            try:
                response = fetcher.fetch(part, collection)
            except BREAKS as error:
                self.state.breaks.append(
                    Break(service=fetcher.service, target=part, error=error, came=collection.fresh)
                )
                raise
            self.state.note(response, fetcher.service)
            if self.is_over() or forbids(response):
                return
            progress = collection.fresh > before
            if not progress and refuses_list(part, response):
                fetcher.association.remark(UserMessage("No list of UIDs is taken: asked again one by one"))
                self.fetch(fetcher, self._without_lists(part))
                if collection.fresh > before:
                    self.quirks.takes_no_lists(self.node)
                return
            fruitless = 0 if progress else fruitless + 1
            if fruitless == MAX_FRUITLESS:
                return

    def _without_lists(self, refused: Target) -> Iterator[Target]:
        if not refused.instances or self.state.missing is None:
            return singles(refused)
        listed = self.state.expected.instances if self.state.expected is not None else None
        return parts(self.target, listed or {}, self.state.askable, lists=False)

    def fetch_missing(self, fetcher: Fetcher) -> None:
        """By series where all of one is missing, else by UID; if that brings nothing, all by UID."""
        expected, before = self.state.expected, self.state.collection.fresh
        assert expected is not None
        lists = not self.quirks.refuses_lists(self.node)
        for by_uid in (False, True):
            wanted = parts(
                self.target, expected.instances or {}, self.state.askable, lists=lists, by_uid=by_uid
            )
            self.fetch(fetcher, wanted)
            if self.state.collection.fresh > before or not self.worth_trying() or forbids(self.state.last):
                return

    # --- Progress ----------------------------------------------------------------------------------

    def is_over(self) -> bool:
        if self.stop.requested:
            return True
        if self.options.cancel_after is None:
            return False
        # Some archives stop, and end with 0000H all the same.
        return self.state.last.kind is StatusClass.CANCEL or self.state.collection.cut_short

    def changed(self, message: str = "") -> None:
        """Report how far it is; from one thread at a time."""
        state = self.state
        with state.collection.lock:
            self.report(Progress(state.here, state.count, state.collection.bytes, message))
