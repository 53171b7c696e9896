"""Do work over several associations to one archive at once, each in a thread of its own."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Generic, TypeVar

from workstation.errors import WorkstationError
from workstation.operations.association_limit import AssociationCount, AssociationShare
from workstation.stop import Cancelled, Stop

_Open = TypeVar("_Open")
"""An open association, as the work needs it."""
_Item = TypeVar("_Item")
"""What is done at one go."""
_Result = TypeVar("_Result")
"""What came of it."""

Opener = Callable[[Stop], AbstractContextManager[_Open]]
"""Opens one more association for the same; a request to the stop ends it."""


class ParallelAssociations(ABC, Generic[_Open, _Item, _Result]):
    """Does all items of a queue; the association that is open already takes part.

    All that changes is changed under one lock, under which nothing is sent or received.

    Attributes:
        changes: The lock, and the news of a change.
        count: How many associations are to work.
        at_work: Associations that work; the others wait for their turn.
        failure: What ended the last association.
    """

    early = False
    """Associations are opened as soon as :meth:`provide` asks for them; those not wanted yet stay open."""

    def __init__(
        self,
        first: _Open,
        open_one: Opener[_Open],
        *,
        stop: Stop,
        share: AssociationShare,
        most: int,
        start: int | None,
        round_trip: float,
    ) -> None:
        """Nothing is done yet.

        Args:
            first: The association that is open, of this thread.
            open_one: Opens a further association.
            stop: Ends it.
            share: What the work may have of the node's associations.
            most: How many may be open at once.
            start: How many begin, as was asked for; None: two, and more where that brings a gain. Of those
                that the archive takes, one is left free for queries then.
            round_trip: To the archive, in seconds.
        """
        self.changes = threading.Condition()
        self.count = AssociationCount(most, start or 2, round_trip=round_trip)
        self._most = most
        self._leave_one = start is None
        self.failure: WorkstationError | None = None
        self._first = first
        self._open = open_one
        self._stop = stop
        self._share = share
        self._taken = 1  # associations that are open or being opened
        self._open_now = 1
        self._closing = 0  # associations that end because there are too many
        self._replaceable = most  # associations that may be opened in place of one that ended unused
        self.at_work = 1
        self._opening: set[Stop] = set()
        self._threads: list[Future[None]] = []
        self._in_progress = 0  # items that are being done
        self._over = False

    # --- What the work is ------------------------------------------------------------------------

    @abstractmethod
    def left(self) -> int:
        """How many items are still to be done; called under the lock."""

    @abstractmethod
    def take(self, association: _Open) -> _Item | None:
        """The next item for an association; None: there is none. Called under the lock."""

    @abstractmethod
    def do(self, association: _Open, item: _Item) -> _Result:
        """Do one item."""

    @abstractmethod
    def done(self, association: _Open, item: _Item, result: _Result) -> None:
        """Note what came of an item; called under the lock."""

    @abstractmethod
    def broke(self, association: _Open, item: _Item, error: BaseException, others: bool) -> None:
        """An association broke in the middle of an item; called under the lock.

        Args:
            association: Which.
            item: What it did.
            error: Why.
            others: Others are open, or being opened.
        """

    @abstractmethod
    def refused(self, error: WorkstationError, rest: int, *, opened: bool) -> None:
        """One more than ``rest`` associations could not be opened, or broke; those of others count, too."""

    def opened(self, association: _Open, number: int) -> None:
        """A further association is open: the ``number``-th of those that are open now."""

    def useless(self, association: _Open) -> bool:
        """Nothing can be done on an association that was opened."""
        return False

    def ended_unused(self, association: _Open) -> bool:
        """An association that waited for its turn was ended by the archive meanwhile; it is closed then."""
        return False

    def ended(self, association: _Open) -> bool:
        """An association was closed by an item that could not be done."""
        return False

    @abstractmethod
    def close_after(self, association: _Open, error: WorkstationError) -> None:
        """Close the association that was open, because it broke."""

    def ready(self) -> bool:
        """Whether further associations may begin to work beside the first one; called under the lock."""
        return True

    def ending(self, association: _Open) -> None:
        """An association does nothing more; called under the lock."""

    # --- All of it -------------------------------------------------------------------------------

    def run(self) -> None:
        """Work until nothing is left, or the last association is gone, whose error is ``failure`` then.

        Raises:
            Cancelled: Stopped, in the middle of an item.
        """
        with self.opening():
            self.work()

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Have further associations opened while the block runs; at its end all of them have ended.

        They begin to work when :meth:`ready` says so, which is not before :meth:`work`.
        """
        with (
            ThreadPoolExecutor(self._most, thread_name_prefix="workstation-associations") as self._pool,
            self._stop.watching(self._wake),
        ):
            if not self.early:
                self.provide(self._most)
            try:
                yield
            finally:
                self.end()
            for each in self._threads:
                each.result()

    def provide(self, number: int) -> None:
        """Have up to ``number`` associations, the first included, but no more than may be open at once."""
        while len(self._threads) + 1 < min(number, self._most):
            self._threads.append(self._pool.submit(self._further, self.early and self._take()))

    def work(self) -> None:
        """Do all of it, in the block of :meth:`opening`; errors as of :meth:`run`."""
        try:
            self.begin(self._first)
            self._work(self._first)
            if self.ended(self._first):
                self._left()
                self._wait_for_the_others()
        except WorkstationError as error:
            self.close_after(self._first, error)
            self._lost(error, opened=True)
            self._wait_for_the_others()

    def begin(self, first: _Open) -> None:
        """Called before the first item is done, in the thread of the association that was open."""

    def wait_for_the_opening(self, seconds: float) -> None:
        """Wait until all associations are open, or refused, but not longer than so many seconds."""
        with self.changes:
            self.changes.wait_for(lambda: self._is_over() or self._open_now == self._taken, seconds)

    def end(self) -> None:
        """Take nothing up any more; those that are still being opened are given up."""
        with self.changes:
            self._over = True
            for stop in self._opening:
                stop.request(at_once=True)
            self.changes.notify_all()

    # --- Each association ------------------------------------------------------------------------

    def _take(self) -> bool:
        """Take one more association from the share; False: there is none, or it would be refused."""
        with self.changes:
            took = self._taken < self.count.most and self._share.take(self._most)
            self._taken += took
            return took

    def _further(self, taken: bool) -> None:
        try:
            while taken or self._may_open():
                taken = False
                if not self._work_on_one_more():
                    return
        except BaseException:
            self.end()
            raise

    def _work_on_one_more(self) -> bool:
        """Open one more association and work over it; False: it was given up, as was asked for."""
        opened = useless = False
        ended = self._share.budget.ended
        try:
            with self._stop.linked() as stop:
                self._is_opening(stop, True)
                try:
                    with self._open(stop) as association:
                        self._is_opening(stop, False)
                        opened, useless = True, self.useless(association)
                        self.opened(association, self._one_more_open())
                        if not useless:
                            self._work(association, further=True)
                finally:
                    self._is_opening(stop, False)
        except Cancelled:
            self._left(opened=opened)
            return False
        except WorkstationError as error:
            self._lost(error, opened=opened, ended=ended)
            return True
        self._left(useless=useless)
        return True

    def _is_opening(self, stop: Stop, opening: bool) -> None:
        with self.changes:
            (self._opening.add if opening else self._opening.discard)(stop)
            if opening and self._over:
                stop.request(at_once=True)

    def _one_more_open(self) -> int:
        with self.changes:
            self._open_now += 1
            self.changes.notify_all()
            return self._open_now

    def _may_open(self) -> bool:
        """Wait until one more association is wanted; False: none will be."""
        with self.changes:
            while not self._is_over():
                most = self.count.most if self.early else self.count.wanted
                if self.left() and self._taken < most and self._share.take(self._most):
                    self._taken += 1
                    return True
                self.changes.wait()
            return False

    def _left(self, *, opened: bool = True, useless: bool = False) -> None:
        with self.changes:
            self._taken -= 1
            self._closing = max(0, self._closing - 1)
            self._open_now -= opened
            self._share.give_back(opened)
            if useless:
                self.count.refused(self._taken)
            self.changes.notify_all()

    def _lost(self, error: WorkstationError, *, opened: bool, ended: int | None = None) -> None:
        """An association broke, or did not come about: go on with one less, if there are others.

        Those that have ended since, when ``ended`` had, may have been open when it was refused: they count.
        """
        with self.changes:
            self._taken -= 1
            self._open_now -= opened
            self._share.give_back(opened)
            rest, budget = self._taken, self._share.budget
            lately = 0 if opened or ended is None else budget.ended - ended
            together = budget.together + lately
            leave_one = self._leave_one and not opened and not budget.queries
            self.count.refused(rest - 1 if leave_one else rest)
            if not rest:
                self._over, self.failure = True, error
            self.changes.notify_all()
        if rest:
            self.refused(error, together, opened=opened)

    # --- Items -----------------------------------------------------------------------------------

    def _work(self, association: _Open, *, further: bool = False) -> None:
        if not further:
            self._work_until_unwanted(association, further)
        while further and self._has_turn():
            if self._replaces(association):
                return
            self._work_until_unwanted(association, further)
            if not self.early:
                return

    def _replaces(self, association: _Open) -> bool:
        """Whether another one is opened in its place; not again and again, as it may be one too many."""
        if not self._replaceable or not self.ended_unused(association):
            return False
        with self.changes:
            self._replaceable -= 1
            self.at_work -= 1
        return True

    def _work_until_unwanted(self, association: _Open, further: bool) -> None:
        try:
            while not self.ended(association) and (item := self._next(association, further)) is not None:
                self._do(association, item)
        finally:
            with self.changes:
                self.at_work -= 1
                self.ending(association)

    def _do(self, association: _Open, item: _Item) -> None:
        """Do an item that was taken, and note what came of it."""
        try:
            result = self.do(association, item)
        except BaseException as error:
            with self.changes:
                self._in_progress -= 1
                self.broke(association, item, error, self._taken > 1)
                self.changes.notify_all()
            raise
        with self.changes:
            self._in_progress -= 1
            self.done(association, item, result)
            self.changes.notify_all()

    def do_ahead(self, association: _Open, choose: Callable[[], _Item | None]) -> None:
        """Do one item before all others, in :meth:`begin`; ``choose`` is called under the lock."""
        with self.changes:
            item = None if self._is_over() else choose()
            if item is None:
                return
            self._in_progress += 1
        try:
            self._do(association, item)
        except BaseException:
            with self.changes:
                self.at_work -= 1
            raise

    def _has_turn(self) -> bool:
        """Wait until one more association is to work; False: none will be."""
        with self.changes:
            while not self._is_over() and self.left():
                if self._share.exceeds(self._most):
                    return False
                if self._is_one_too_many():
                    self._closing += 1
                    return False
                alone = not self.at_work  # the first one broke: nobody else will do what it was to do
                if self.at_work < self.count.wanted and (alone or self.ready()):
                    self.at_work += 1
                    return True
                if self.count.stepped_back and not self.early:
                    return False
                self.changes.wait()
            return False

    def _is_one_too_many(self) -> bool:
        """Whether one is to end because of what was refused; not before it is known how many are taken."""
        return self._open_now == self._taken and self._taken - self._closing > self.count.most

    def _next(self, association: _Open, further: bool) -> _Item | None:
        """What to do next; None: this association is not needed any more."""
        with self.changes:
            while not self._is_over():
                if further and (self.at_work > self.count.wanted or self._share.exceeds(self._most)):
                    return None
                item = self.take(association)
                if item is not None:
                    self._in_progress += 1
                    return item
                if further or not self._in_progress:
                    return None
                self.changes.wait()  # what another one is doing may come back
            return None

    def measure(self, now: float, size: int, objects: int) -> None:
        """Note how much was done so far, and decide anew how many associations are to work."""
        with self.changes:
            wanted = self.count.wanted
            self.count.arrived(now, size, objects, self.at_work)
            if self.count.wanted != wanted:
                self.changes.notify_all()

    # --- Where it stands -------------------------------------------------------------------------

    def _is_over(self) -> bool:
        return self._over or self._stop.requested

    def _wait_for_the_others(self) -> None:
        with self.changes:
            while self._taken and not self._is_over():
                self.changes.wait()

    def _wake(self) -> None:
        with self.changes:
            self.changes.notify_all()
