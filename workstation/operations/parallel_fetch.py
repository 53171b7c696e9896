"""Fetch what an archive listed over several associations at once, each in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

from workstation.dicom.statuses import StatusClass
from workstation.errors import AssociationAborted, AssociationRejected, ConnectionLost, WorkstationError
from workstation.network.dimse import DimseResponse
from workstation.operations.association_limit import AssociationCount, AssociationShare
from workstation.operations.fetch import ByGet, Fetcher, refuses_list
from workstation.operations.part_queue import Part, PartQueue
from workstation.operations.retrieve_attempts import Attempts
from workstation.operations.retrieve_services import MAX_FRUITLESS, forbids
from workstation.stop import Cancelled

NEAR = 0.002
"""Seconds to connect within which one association does: it waits for the archive, not for the wire."""

_ROUND_TRIPS, _OPENING = 6, 0.1
"""How long the opening of the others is waited for: in round trips, and seconds beside them."""

FEWEST = 8
"""Instances for which a second association is worth its opening."""

Open = Callable[[], AbstractContextManager[Fetcher]]
"""Opens one more association for the same."""


class ParallelFetch:
    """Fetches the parts of a queue; the association that is open already takes part.

    All that follows is changed under one lock, which is taken after the locks of the router and of the
    collection, and under which nothing is sent or received.
    """

    def __init__(
        self, attempts: Attempts, first: Fetcher, open_one: Open, queue: PartQueue, share: AssociationShare
    ) -> None:
        """Nothing is asked for yet.

        Args:
            attempts: The retrieve.
            first: The association that is open, of this thread.
            open_one: Opens a further association.
            queue: What to fetch.
            share: What the retrieve may have of the node's associations.
        """
        self._attempts = attempts
        self._first = first
        self._open = open_one
        self._queue = queue
        self._share = share
        self._most = attempts.most_associations
        self._count = AssociationCount(self._most, attempts.options.associations or 2)
        self._changes = threading.Condition()
        self._taken = 1  # associations that are open or being opened
        self._open_now = 1
        self._active = 1  # those that fetch; the others wait for their turn
        self._asked = 0  # parts that are on their way
        self._fruitless = 0
        self._over = False
        self._failure: WorkstationError | None = None
        self._lists_refused = False

    def run(self) -> None:
        """Fetch until nothing is left, or nothing more comes.

        Raises:
            WorkstationError: The last association broke.
            Cancelled: Stopped.
        """
        attempts = self._attempts
        with (
            ThreadPoolExecutor(self._most, thread_name_prefix="workstation-fetch") as pool,
            attempts.stop.watching(self._wake),
            self._counting(),
        ):
            further = [pool.submit(self._further, self._take()) for _ in range(self._most - 1)]
            try:
                if self._first.association.round_trip >= NEAR:
                    self._fetch_one()
                self._wait_for_the_opening()
                self._fetch_parts(self._first)
            except WorkstationError as error:
                self._lost(error, opened=True)
                self._wait_for_the_others()
            finally:
                self._end()
            for each in further:
                each.result()
        if self._lists_refused and attempts.state.collection.fresh:
            attempts.quirks.takes_no_lists(attempts.node)
        if self._failure is not None and len(self._queue):
            raise self._failure

    # --- Each association ------------------------------------------------------------------------

    def _take(self) -> bool:
        """Take one more association from the share; False: there is none."""
        with self._changes:
            took = self._share.take(self._most)
            self._taken += took
            return took

    def _wait_for_the_opening(self) -> None:
        """Ask for nothing before the other associations are open, or refused, if that does not last.

        Some archives, dcmqrscp among them, do not serve a new association while they serve a request.
        """
        patience = _ROUND_TRIPS * self._first.association.round_trip + _OPENING
        with self._changes:
            self._changes.wait_for(lambda: self._is_over() or self._open_now == self._taken, patience)

    def _fetch_one(self) -> None:
        """Fetch what is shown first while the other associations are opened."""
        with self._changes:
            part = None if self._is_over() else self._queue.take_one(self._count.most)
            if part is None:
                return
            self._asked += 1
        try:
            self._fetch_part(part, self._first)
        except BaseException:
            with self._changes:
                self._active -= 1
            raise

    def _further(self, taken: bool) -> None:
        try:
            self._fetch_with_others(taken)
        except BaseException:
            self._end()
            raise

    def _fetch_with_others(self, taken: bool) -> None:
        while taken or self._may_open():
            taken = False
            opened = False
            try:
                with self._open() as fetcher:
                    opened = self._opened(fetcher)
                    if not fetcher.useless:
                        self._fetch_parts(fetcher, further=True)
                    self._left(useless=fetcher.useless)
            except Cancelled:
                self._left()
                return
            except WorkstationError as error:
                self._lost(error, opened=opened)

    def _may_open(self) -> bool:
        """Wait until one more association is wanted; False: none will be."""
        with self._changes:
            while not self._is_over():
                most = self._count.wanted if self._count.stepped_back else self._count.most
                if len(self._queue) and self._taken < most and self._share.take(self._most):
                    self._taken += 1
                    return True
                self._changes.wait()
            return False

    def _opened(self, fetcher: Fetcher) -> bool:
        with self._changes:
            self._open_now += 1
            number = self._open_now
        self._attempts.state.negotiated(fetcher, number)
        return True

    def _left(self, *, useless: bool = False) -> None:
        with self._changes:
            self._taken -= 1
            self._open_now -= 1
            self._share.give_back()
            if useless:
                self._count.refused(self._taken)
            self._changes.notify_all()

    def _lost(self, error: WorkstationError, *, opened: bool) -> None:
        """An association broke, or did not come about: go on with one less, if there are others."""
        with self._changes:
            self._taken -= 1
            self._open_now -= opened
            self._share.give_back()
            rest = self._taken
            self._count.refused(rest)
            if not rest:
                self._over, self._failure = True, error
            self._changes.notify_all()
        refused = AssociationAborted if opened else (AssociationRejected, AssociationAborted, ConnectionLost)
        if rest and isinstance(error, refused):
            self._attempts.quirks.takes_associations(self._attempts.node, rest)

    def _fetch_parts(self, fetcher: Fetcher, *, further: bool = False) -> None:
        if further and not self._has_turn():
            return
        try:
            while (part := self._next(further=further)) is not None:
                self._fetch_part(part, fetcher)
        finally:
            with self._changes:
                self._active -= 1

    def _fetch_part(self, part: Part, fetcher: Fetcher) -> None:
        try:
            response = fetcher.fetch(part.target, self._attempts.state.collection)
        except BaseException:
            self._unanswered(part)
            raise
        self._answered(part, response, fetcher)

    def _has_turn(self) -> bool:
        """Wait until one more association is to fetch; False: none will be."""
        with self._changes:
            while not self._is_over() and len(self._queue):
                if self._active < self._count.wanted:
                    self._active += 1
                    return True
                if self._count.stepped_back or self._share.exceeds(self._most):
                    return False
                self._changes.wait()
            return False

    # --- Parts -----------------------------------------------------------------------------------

    def _next(self, *, further: bool) -> Part | None:
        """What to ask for next; None: this association is not needed any more."""
        with self._changes:
            while not self._is_over():
                if further and (self._active > self._count.wanted or self._share.exceeds(self._most)):
                    return None
                part = self._queue.take(self._count.most, self._attempts.state.collection.arrived)
                if part is not None:
                    self._asked += 1
                    return part
                if further or not self._asked:
                    return None
                self._changes.wait()  # what another one has asked for may come back
            return None

    def _unanswered(self, part: Part) -> None:
        with self._changes:
            self._asked -= 1
            self._queue.give_back(part, self._attempts.state.collection.arrived)
            self._changes.notify_all()

    def _answered(self, part: Part, response: DimseResponse, fetcher: Fetcher) -> None:
        state = self._attempts.state
        state.note(response, fetcher.service)
        came = sum(uid in state.collection.arrived for uid in part.uids)
        no_room = came < len(part.uids) and state.lacks_room
        with self._changes:
            self._asked -= 1
            self._fruitless = 0 if came else self._fruitless + 1
            if _heeds_no_list(part, response, came, fetcher):
                self._lists_refused, self._queue.lists, self._fruitless = True, False, 0
                self._queue.give_back(part, state.collection.arrived)
            elif no_room or (forbids(response) and not came) or self._fruitless == MAX_FRUITLESS:
                self._over = True
            self._changes.notify_all()

    # --- Where it stands -------------------------------------------------------------------------

    def _is_over(self) -> bool:
        return self._over or self._attempts.stop.requested

    def _wait_for_the_others(self) -> None:
        with self._changes:
            while self._taken and not self._is_over():
                self._changes.wait()

    def _end(self) -> None:
        with self._changes:
            self._over = True
            self._changes.notify_all()

    def _wake(self) -> None:
        with self._changes:
            self._changes.notify_all()

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Measure with each object that arrives."""
        collection = self._attempts.state.collection
        changed = collection.changed

        def arrived() -> None:
            changed()
            with self._changes:
                wanted = self._count.wanted
                self._count.arrived(time.monotonic(), collection.bytes, len(collection.arrived), self._active)
                if self._count.wanted != wanted:
                    self._changes.notify_all()

        collection.changed = arrived
        try:
            yield
        finally:
            collection.changed = changed


def _heeds_no_list(part: Part, response: DimseResponse, came: int, fetcher: Fetcher) -> bool:
    """Whether an archive refuses lists of UIDs, or sends the first of each and calls that success.

    By C-MOVE, what is missing may still be on its way.
    """
    if len(part.target.instances) < 2 or came == len(part.uids):
        return False
    if not came:
        return refuses_list(part.target, response)
    success = response.kind is StatusClass.SUCCESS and not response.failed
    return success and 2 * came < len(part.uids) and isinstance(fetcher.service, ByGet)
