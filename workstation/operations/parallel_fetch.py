"""Fetch what an archive listed over several associations at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from typing_extensions import override

from workstation.errors import (
    AssociationAborted,
    AssociationRejected,
    ConnectionLost,
    UserMessage,
    WorkstationError,
)
from workstation.network.dimse import DimseResponse
from workstation.operations.association_limit import NEAR, AssociationShare
from workstation.operations.breaks import BREAKS, Break
from workstation.operations.fetch import Fetcher, heeds_no_list
from workstation.operations.parallel_associations import Opener, ParallelAssociations
from workstation.operations.part_queue import Part, PartQueue
from workstation.operations.retrieve_attempts import Attempts
from workstation.operations.retrieve_services import MAX_FRUITLESS, forbids

_ROUND_TRIPS, _OPENING = 6, 0.1
"""How long the opening of the others is waited for: in round trips, and seconds beside them."""


class _Answer(NamedTuple):
    """The response to a request, how many instances came, and whether we had no room for one."""

    response: DimseResponse
    came: int
    no_room: bool


class ParallelFetch(ParallelAssociations[Fetcher, Part, _Answer]):
    """Fetches the parts of a queue.

    Its lock is taken after the locks of the router and of the collection.
    """

    early = True

    def __init__(
        self,
        attempts: Attempts,
        first: Fetcher,
        open_one: Opener[Fetcher],
        share: AssociationShare,
    ) -> None:
        """Nothing is asked for yet.

        Args:
            attempts: The retrieve.
            first: The association that is open, of this thread.
            open_one: Opens a further association.
            share: What the retrieve may have of the node's associations.
        """
        super().__init__(
            first,
            open_one,
            stop=attempts.stop,
            share=share,
            most=attempts.most_associations,
            start=attempts.options.associations,
            round_trip=first.association.round_trip,
        )
        self._attempts = attempts
        self._queue = PartQueue(attempts.target, {}, set())
        self._listed = False  # what there is is still being asked
        self._begun = False
        self._fruitless = 0
        self._lists_refused = False
        self._worked = 0  # associations that were served at once, at most
        self._breaks: list[Break] = []
        self._begun_after: dict[Part, int] = {}  # after how many of them a request began

    def fetch(self, queue: PartQueue) -> None:
        """Fetch until nothing is left, or nothing more comes; in the block of :meth:`opening`.

        Raises:
            Cancelled: Stopped.
        """
        with self.changes:
            self._queue, self._listed = queue, True
        self.provide(queue.parts)
        self.work()

    @override
    @contextmanager
    def opening(self) -> Iterator[None]:
        """Have further associations opened while the block runs; at its end all of them have ended.

        Raises:
            WorkstationError: At its end: the last association broke, and not all was fetched.
        """
        attempts = self._attempts
        with self._counting(), super().opening():
            yield
        if self._lists_refused and attempts.state.collection.fresh:
            attempts.quirks.takes_no_lists(attempts.node)
        if not self._breaks and self._worked > 1:
            attempts.quirks.served_associations(attempts.node, self._worked)
        # An archive may answer C-CANCEL by ending the association: nothing failed then.
        if self.failure is not None and len(self._queue) and not attempts.stop.requested:
            raise self.failure

    # --- Each association ------------------------------------------------------------------------

    @override
    def begin(self, first: Fetcher) -> None:
        """Ask for no more than one image before the other associations are open, or refused.

        Some archives, dcmqrscp among them, do not serve a new association while they serve a request; those
        that begin with the others share its lock on the index, later ones wait for it. Far away, where
        somebody waits for the first image, it is asked for alone meanwhile.
        """
        try:
            if self._attempts.options.watched and first.association.round_trip >= NEAR:
                self.do_ahead(first, lambda: self._queue.take_one(self.count.most))
            self.wait_for_the_opening(_ROUND_TRIPS * first.association.round_trip + _OPENING)
        finally:  # also where the first one broke: the others go on
            with self.changes:
                self._begun = True
                self.changes.notify_all()

    @override
    def ready(self) -> bool:
        return self._begun

    @override
    def opened(self, association: Fetcher, number: int) -> None:
        self._attempts.state.negotiated(association, number)

    @override
    def close_after(self, association: Fetcher, error: WorkstationError) -> None:
        association.association.close_after(error)

    @override
    def useless(self, association: Fetcher) -> bool:
        return association.useless

    @override
    def ended_unused(self, association: Fetcher) -> bool:
        if not association.association.arrives(0.0):
            return False
        association.association.end_idle()
        return True

    @override
    def refused(self, error: WorkstationError, rest: int, *, opened: bool) -> None:
        if opened:
            for each in self._breaks:
                if each.error is error and isinstance(error, AssociationAborted):
                    each.rest = rest
        elif isinstance(error, AssociationRejected | AssociationAborted | ConnectionLost):
            self._attempts.quirks.takes_associations(self._attempts.node, rest)

    # --- Parts -----------------------------------------------------------------------------------

    @override
    def left(self) -> int:
        return len(self._queue) if self._listed else 1

    @override
    def take(self, association: Fetcher) -> Part | None:
        part = self._queue.take(self.count.most, self._attempts.state.collection.arrived)
        if part is not None and self._breaks:
            self._begun_after[part] = len(self._breaks)
        return part

    @override
    def do(self, association: Fetcher, item: Part) -> _Answer:
        state = self._attempts.state
        response = association.fetch(item.target, state.collection)
        state.note(response, association.service)
        came = sum(uid in state.collection.arrived for uid in item.uids)
        return _Answer(response, came, came < len(item.uids) and state.lacks_room)

    @override
    def broke(self, association: Fetcher, item: Part, error: BaseException, others: bool) -> None:
        """Put the request aside: it may be one of its images that breaks each association."""
        if isinstance(error, BREAKS):
            broken = Break(
                service=association.service,
                target=item.target,
                error=error,
                came=self._attempts.state.collection.fresh,
                uids=item.uids,
            )
            self._attempts.state.breaks.append(broken)
            self._breaks.append(broken)

    @override
    def done(self, association: Fetcher, item: Part, result: _Answer) -> None:
        response, came, no_room = result
        begun_after = self._begun_after.pop(item, 0)
        for each in self._breaks[:begun_after] if came else ():
            each.served = True
        self._fruitless = 0 if came else self._fruitless + 1
        self._worked = max(self._worked, self.at_work if came else 0)
        if heeds_no_list(item.target, response, came, association.service):
            association.association.remark(UserMessage("No list of UIDs is taken: asked again one by one"))
            self._lists_refused, self._queue.lists, self._fruitless = True, False, 0
            self._queue.give_back(item, self._attempts.state.collection.arrived)
        elif no_room or (forbids(response) and not came) or self._fruitless == MAX_FRUITLESS:
            self.end()

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Measure with each object that arrives."""
        collection = self._attempts.state.collection
        changed = collection.changed

        def arrived() -> None:
            changed()
            self.measure(time.monotonic(), collection.bytes, len(collection.arrived))

        collection.changed = arrived
        try:
            yield
        finally:
            collection.changed = changed
