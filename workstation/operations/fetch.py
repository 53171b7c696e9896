"""Fetch on one association: by C-GET into our sink, or by C-MOVE to an AE title, usually our own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node
from workstation.dicom.statuses import StatusClass
from workstation.dicom.targets import Target
from workstation.errors import (
    AssociationAborted,
    AssociationRejected,
    ConnectionLost,
    NetworkError,
    TimedOut,
    UserMessage,
)
from workstation.network.association import Association
from workstation.network.contexts import FIND, GET, MOVE, is_storage_class, query, storage
from workstation.network.dimse import DimseResponse
from workstation.network.get import get
from workstation.network.limits import LIMITS, Limits
from workstation.network.move import move
from workstation.network.pdus import Proposal
from workstation.network.suboperations import FirstObjectWait, Pending
from workstation.network.trace import Observer, remark
from workstation.operations.associate_node import NodeAssociation
from workstation.operations.collection import Collection
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import InstanceRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_identifiers import retrieve_identifier
from workstation.operations.query_session import QuerySession, usable_model
from workstation.stop import Stop

FEW_CONTEXTS = 30


class RetrieveService(Protocol):
    """C-GET or C-MOVE."""

    name: str
    classes: dict[Model, str]

    def storage(
        self, classes: Iterable[str], syntaxes: Iterable[str], room: int, *, fill: bool, apart: bool
    ) -> list[Proposal]:
        """The storage contexts to propose; see :func:`workstation.network.contexts.storage`."""
        ...

    def run(
        self, association: Association, model: Model, target: Target, collection: Collection
    ) -> DimseResponse:
        """Fetch one target."""
        ...


class ByGet:
    """C-GET: the objects come on the same association, so its contexts decide what can come."""

    name = "C-GET"
    classes = GET

    def __init__(
        self, router: InstanceRouter, first_object: FirstObjectWait, *, cancel_after: int | None = None
    ) -> None:
        self._router = router
        self._first = first_object
        self._cancel_after = cancel_after

    def storage(
        self, classes: Iterable[str], syntaxes: Iterable[str], room: int, *, fill: bool, apart: bool
    ) -> list[Proposal]:
        """See :func:`workstation.network.contexts.storage`."""
        return storage(classes, room, syntaxes, fill=fill, apart=apart)

    def run(
        self, association: Association, model: Model, target: Target, collection: Collection
    ) -> DimseResponse:
        """See :func:`workstation.network.get.get`."""
        identifier = retrieve_identifier(target, model)
        collection.fetches_from(association.peer)
        pending = watching(association, collection, self._cancel_after)
        return get(association, model, identifier, self._router.sink, pending, self._first)


class ByMove:
    """C-MOVE to an AE title; where it is ours, the listener must be open."""

    name = "C-MOVE"
    classes = MOVE

    def __init__(
        self,
        destination: str,
        first_object: FirstObjectWait | None = None,
        *,
        cancel_after: int | None = None,
    ) -> None:
        self.destination = destination
        self._first = first_object
        self._cancel_after = cancel_after

    def storage(
        self, classes: Iterable[str], syntaxes: Iterable[str], room: int, *, fill: bool, apart: bool
    ) -> list[Proposal]:
        """None: the destination negotiates its own."""
        return []

    def run(
        self, association: Association, model: Model, target: Target, collection: Collection
    ) -> DimseResponse:
        """See :func:`workstation.network.move.move`; objects that arrive keep the association alive."""
        identifier = retrieve_identifier(target, model)
        message_id = collection.moves_from(association.peer, association.next_message_id)
        pending = watching(association, collection, self._cancel_after)
        return move(
            association,
            model,
            identifier,
            self.destination,
            pending,
            lambda: max(collection.last, association.held_until),
            message_id=message_id,
            first_object=self._first,
        )


def watching(association: Association, collection: Collection, after: int | None) -> Pending:
    """What to do on each pending response: note how many sub-operations there are (PS3.7 9.1.3.1.6).

    ``after`` is the number of objects after which C-CANCEL is sent; None: never.
    """
    announced = 0

    def on_pending(pending: DimseResponse) -> bool:
        nonlocal announced
        counters = (pending.remaining, pending.completed, pending.failed, pending.warning)
        total = sum(counter or 0 for counter in counters)
        collection.announce(max(0, total - announced))
        announced = max(announced, total)
        if after is not None and max(len(collection.arrived), pending.completed or 0) >= after:
            association.cancel()
            collection.cancelled = True
        return after is not None or not announced

    return on_pending


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """An open association that can fetch, and be asked.

    Attributes:
        proposed: The storage SOP classes that were proposed for it.
        whole: Those of them that were proposed in all transfer syntaxes that were asked for.
        reused: The association was opened ahead.
    """

    association: Association
    model: Model
    service: RetrieveService
    session: QuerySession
    proposed: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    reused: bool = False

    @property
    def agreed(self) -> frozenset[tuple[str, str]]:
        """The SOP classes the archive accepted, each with a transfer syntax."""
        contexts = self.association.contexts.values()
        return frozenset((context.abstract_syntax, context.transfer_syntax) for context in contexts)

    @property
    def useless(self) -> bool:
        """Nothing can come: it is C-GET, and the archive accepted no storage context."""
        return isinstance(self.service, ByGet) and not any(is_storage_class(uid) for uid, _ in self.agreed)

    def carries(self, sop_class: str) -> bool:
        """Whether objects of this class can come as the archive holds them, as far as that is our choice."""
        return not isinstance(self.service, ByGet) or sop_class in self.whole

    def fetch(self, target: Target, collection: Collection) -> DimseResponse:
        """Fetch one target."""
        return self.service.run(self.association, self.model, target, collection)


def refuses_list(target: Target, response: DimseResponse) -> bool:
    """Whether an archive that sent nothing of a target may have refused it because it is a list of UIDs."""
    listed = len(target.instances) > 1 or (len(target.series) > 1 and not target.instances)
    return listed and response.kind is StatusClass.FAILURE and not response.failed


def heeds_no_list(target: Target, response: DimseResponse, came: int, service: RetrieveService) -> bool:
    """Whether an archive refuses lists of UIDs, or sends the first of each and calls that success.

    By C-MOVE, what is missing may still be on its way.
    """
    if len(target.instances) < 2 or came == len(target.instances):
        return False
    if not came:
        return refuses_list(target, response)
    success = response.kind is StatusClass.SUCCESS and not response.failed
    return success and 2 * came < len(target.instances) and isinstance(service, ByGet)


def singles(target: Target) -> Iterator[Target]:
    """The target's entities one by one."""
    if target.instances:
        for instance in target.instances:
            yield replace(target, instances=(instance,))
    else:
        for series in target.series:
            yield replace(target, series=(series,))


def room_for_storage(node: Node, quirks: NodeQuirks, models: tuple[Model, ...]) -> int:
    """How many storage contexts fit into one association with the node, beside those for the models."""
    return (FEW_CONTEXTS if quirks.wants_few_contexts(node) else LIMITS.contexts) - 2 * len(models)


@contextmanager
def fetching(
    node: Node,
    service: RetrieveService,
    classes: Iterable[str],
    syntaxes: Iterable[str],
    quirks: NodeQuirks,
    stop: Stop,
    *,
    fill: bool = False,
    apart: bool = False,
    models: tuple[Model, ...] = (Model.STUDY, Model.PATIENT),
    observer: Observer | None = None,
    limits: Limits = LIMITS,
    held: HeldAssociations | None = None,
    ahead: bool = False,
) -> Iterator[Fetcher]:
    """Open an association for fetching.

    Args:
        node: The archive.
        service: C-GET or C-MOVE.
        classes: SOP classes known or likely to come.
        syntaxes: Transfer syntaxes to propose for them.
        quirks: What is known of nodes.
        stop: Ends it.
        fill: Propose other usual classes too, where it is not known for certain what will come. Only in the
            plain syntaxes, so some archives convert what they hold compressed of them.
        apart: Propose every transfer syntax in a context of its own.
        models: In order of preference.
        observer: Called with every message.
        limits: Bounds on the peer.
        held: The associations that are held: one that was opened ahead is taken.
        ahead: Nothing is fetched yet: it is held afterwards.

    Raises:
        ServiceRefused: The archive offers this service under none of the models.
        NetworkError, Cancelled: The association could not be opened, or broke.
    """
    asked = query(*(FIND[model] for model in models), *(service.classes[model] for model in models))
    classes, syntaxes = tuple(classes), tuple(syntaxes)
    few, many = (
        asked + service.storage(classes, syntaxes, room - len(asked), fill=fill, apart=apart)
        for room in (FEW_CONTEXTS, LIMITS.contexts)
    )

    def opened(proposals: list[Proposal]) -> NodeAssociation:
        return NodeAssociation(
            node,
            proposals,
            quirks,
            stop,
            observer=observer,
            limits=limits,
            held=held,
            keep=ahead,
            ahead=ahead,
        )

    with ExitStack() as stack:
        used = few if quirks.wants_few_contexts(node) or len(many) <= FEW_CONTEXTS else many
        try:
            found = stack.enter_context(opened(used))
        except NetworkError as error:
            # Some archives fail on a long proposal without a reason; where one gives a reason, that is it.
            # Beside others of ours it may be the number of associations: nothing is learnt about contexts.
            if used is few or limits.tries == 1 or not _without_a_reason(error):
                raise
            remark(observer, UserMessage("Refused without a reason: asked again over fewer contexts"))
            found = stack.enter_context(opened(few))
            used = few
            quirks.failed_on_many_contexts(node)
        else:
            if used is many:
                quirks.takes_many_contexts(node)
        association = found.association
        model = usable_model(association, service.classes, models)
        session = QuerySession(node=node, association=association, model=model, quirks=quirks, stop=stop)
        proposed: dict[str, set[str]] = {}
        for proposal in used:
            if proposal.scp:
                proposed.setdefault(proposal.abstract_syntax, set()).update(proposal.transfer_syntaxes)
        whole = frozenset(uid for uid, ways in proposed.items() if ways.issuperset(syntaxes))
        yield Fetcher(
            association=association,
            model=model,
            service=service,
            session=session,
            proposed=frozenset(proposed),
            whole=whole,
            reused=found.reused,
        )


def _without_a_reason(error: NetworkError) -> bool:
    if isinstance(error, AssociationRejected):
        return (error.source, error.reason) == (1, 1)
    return isinstance(error, AssociationAborted | ConnectionLost | TimedOut)
