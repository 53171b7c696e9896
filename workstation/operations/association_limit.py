"""Decide how many associations to one archive work at once; no sockets, no threads of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

WINDOW, _SHORTEST, _ROUND_TRIPS = 0.15, 0.05, 5
"""Seconds that a measurement lasts at least; less where so many round trips are less."""

OBJECTS = 2
"""Objects for each association that a measurement lasts at least."""

GAIN = 1.1
"""More associations are kept if objects or bytes a second grow by this factor."""

ENOUGH_BYTES, ENOUGH_OBJECTS = 100e6, 1000.0
"""Per second, where this computer or its network is the limit: more associations bring no more."""

PROOFS = 8
"""Measurements without a gain until a step is taken back: TCP begins slowly on each new connection."""

PAUSE = 3.0
"""Seconds after a step back until more are tried again; twice as long each time."""


NEAR = 0.002
"""Seconds to connect within which one association does: it waits for the archive, not for the wire."""

FEWEST = 8
"""Objects for which a second association is worth its opening."""

_TELLING = 20
"""Objects that tell how quick an archive is."""

_SLOW_OBJECTS, _SLOW_BYTES = 200.0, 50e6
"""Per second and association; an archive that moves less of both could move more at once."""


def was_slow(objects: int, size: int, seconds: float) -> bool | None:
    """Whether an archive was slow over one association; None: too few objects tell.

    Args:
        objects: How many were moved.
        size: Their bytes.
        seconds: What it took.
    """
    if objects < _TELLING:
        return None
    return objects < _SLOW_OBJECTS * seconds and size < _SLOW_BYTES * seconds


class AssociationCount:
    """Find the number of associations that moves objects fastest, while they are moved.

    It doubles them while that brings a gain, and takes a step back that brought none. Not thread-safe: the
    caller has a lock.

    Attributes:
        most: How many may be open at once; what the archive refuses lowers it.
        wanted: How many should work now.
        stepped_back: A step brought no gain.
    """

    def __init__(self, most: int, start: int = 2, *, round_trip: float = 1.0) -> None:
        self._window = min(WINDOW, max(_SHORTEST, _ROUND_TRIPS * round_trip))
        self.most = max(1, most)
        self.wanted = min(max(1, start), self.most)
        self.stepped_back = False
        self._before: tuple[int, float, float] | None = None  # associations, bytes and objects a second
        self._begun: tuple[float, int, int] | None = None
        self._without_gain = 0
        self._until = 0.0
        self._pause = PAUSE

    def arrived(self, now: float, size: int, objects: int, running: int) -> None:
        """Note what has arrived so far, and decide anew if that says enough.

        Args:
            now: Monotonic time.
            size: Bytes that arrived in all.
            objects: Objects that arrived in all.
            running: Associations that work.
        """
        if running != self.wanted:
            self._begun = None  # some are still being opened, or are about to end
            return
        if self._begun is None:
            self._begun = now, size, objects
            return
        begun, size_before, objects_before = self._begun
        seconds, came = now - begun, objects - objects_before
        if seconds < self._window or came < OBJECTS * running:
            return
        self._begun = now, size, objects
        self._measured(now, running, (size - size_before) / seconds, came / seconds)

    def _measured(self, now: float, running: int, rate: float, pace: float) -> None:
        before, self._before = self._before, (running, rate, pace)
        if before is not None and before[0] < running:
            if rate < GAIN * before[1] and pace < GAIN * before[2]:
                self._without_gain += 1
                self._before = before
                if self._without_gain == PROOFS:
                    self._step_back(now, before[0])
                return
            self._pause = PAUSE
        self._without_gain = 0
        if now >= self._until and rate < ENOUGH_BYTES and pace < ENOUGH_OBJECTS:
            self._want(min(self.most, 2 * running))

    def _step_back(self, now: float, number: int) -> None:
        self.stepped_back = True
        self._until = now + self._pause
        self._pause *= 2
        self._before, self._without_gain = None, 0
        self._want(number)

    def _want(self, number: int) -> None:
        if number != self.wanted:
            self.wanted, self._begun = number, None

    def refused(self, running: int) -> None:
        """The archive refused one more than ``running``, or ended it: no more than these from now on."""
        self.most = max(1, min(self.most, running))
        self._want(min(self.wanted, self.most))


class AssociationBudget:
    """The associations to one archive that all transfers of the process share; thread-safe.

    Each transfer, a retrieve or a sending, always has one. What is free goes to whoever asks first; who has
    more than an equal share gives the rest back as soon as another one begins. Those for queries are counted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shares: list[AssociationShare] = []
        self._queries = 0
        self._ended = 0

    @property
    def queries(self) -> int:
        """How many are open for queries."""
        return self._queries

    @property
    def together(self) -> int:
        """How many are open, or being opened, as far as is known: for transfers and queries."""
        with self._lock:
            return self._queries + sum(each.taken for each in self._shares)

    @property
    def ended(self) -> int:
        """How many of transfers were given back so far."""
        return self._ended

    @contextmanager
    def querying(self) -> Iterator[None]:
        """Count one for queries for the length of the block."""
        with self._lock:
            self._queries += 1
        try:
            yield
        finally:
            with self._lock:
                self._queries -= 1

    @contextmanager
    def share(self) -> Iterator[AssociationShare]:
        """Take part for the length of the block, with one association."""
        share = AssociationShare(self)
        with self._lock:
            self._shares.append(share)
        try:
            yield share
        finally:
            with self._lock:
                self._shares.remove(share)
                self._ended += share.taken

    def take(self, share: AssociationShare, most: int) -> bool:
        """Give a share one more, if all together then have at most ``most``."""
        with self._lock:
            free = sum(each.taken for each in self._shares) < most
            share.taken += free
            return free

    def give_back(self, share: AssociationShare, opened: bool = True) -> None:
        """Take one from a share."""
        with self._lock:
            share.taken -= 1
            self._ended += opened

    def exceeds(self, share: AssociationShare, most: int) -> bool:
        """Whether a share is to give one back, so that others get theirs of ``most``."""
        with self._lock:
            fair = max(1, most // max(1, len(self._shares)))
            return share.taken > fair and sum(each.taken for each in self._shares) > most


class AssociationShare:
    """What one transfer has of a budget.

    Attributes:
        taken: Its associations, the one it always has included.
        budget: What it is of.
    """

    def __init__(self, budget: AssociationBudget) -> None:
        self.taken = 1
        self.budget = budget

    def take(self, most: int) -> bool:
        """Take one more, if the archive then has at most ``most`` of this process."""
        return self.budget.take(self, most)

    def give_back(self, opened: bool = True) -> None:
        """End one of those taken; not ``opened``: it did not come about."""
        self.budget.give_back(self, opened)

    def exceeds(self, most: int) -> bool:
        """Whether one is to be given back, because another transfer has begun."""
        return self.budget.exceeds(self, most)
