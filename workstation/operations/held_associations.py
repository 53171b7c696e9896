"""Hold associations that are idle for a moment, so that the next query needs not open one.

An association belongs to one thread at a time. The thread that opened it, or took it from here, owns it
until it gives it back; then a thread of this module owns it, until it is taken or released. That thread
waits on the connection, so an archive that ends an idle association is answered at once.

Nothing may have to wait for a held association: those of an archive are given up as soon as another
association to it is opened, and none is held meanwhile.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

from workstation.dicom.nodes import MAX_IDLE, Node
from workstation.network.association import Association
from workstation.network.limits import LIMITS, Limits
from workstation.network.pdus import Proposal
from workstation.stop import Stop

_LATELY = 1.0
"""Seconds for which an archive may count an association that has ended."""

_LAST_WORDS = 0.5
"""Seconds in which a release ends that the end of the program no longer waits for."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What an association was opened with; it serves only what would open one with the very same.

    Attributes:
        node: All values of the node.
        proposals: Its presentation contexts.
        limits: Bounds on the peer.
    """

    node: Node
    proposals: tuple[Proposal, ...]
    limits: Limits

    @classmethod
    def of(cls, node: Node, proposals: Iterable[Proposal], limits: Limits) -> Terms:
        """The terms of an association; how often it may be requested is not among them."""
        return cls(node, tuple(proposals), replace(limits, tries=LIMITS.tries))

    @property
    def archive(self) -> tuple[str, int]:
        """See :func:`archive_of`."""
        return archive_of(self.node)


@dataclass(slots=True, eq=False)
class Idle:
    """An open association, and what ends it.

    Attributes:
        association: On which nothing is asked.
        stop: Ends it from any thread; of its own, as it outlives what it was opened for.
    """

    association: Association
    stop: Stop


class _Keeper:
    """Owns one held association, in a thread of its own.

    Attributes:
        ended: Done when it owns the association no more: that has ended, or was taken.
    """

    def __init__(
        self, idle: Idle, terms: Terms, seconds: float, forget: Callable[[_Keeper, bool], None]
    ) -> None:
        self.terms = terms
        self._idle = idle
        self._changed = threading.Lock()
        self._wanted = False
        self._over = not seconds
        self._decided = threading.Event()
        self.ended: Future[None] = Future()
        self._usable = False
        self._until, self._moment, self._seconds = time.monotonic() + seconds, time.time(), seconds
        self._forget = forget
        self.thread = threading.Thread(target=self._keep, name="workstation-idle-association", daemon=True)
        self.thread.start()

    @property
    def held(self) -> bool:
        """It may be taken."""
        return not (self._wanted or self._over)

    def take(self) -> Idle | None:
        """Take it over into the calling thread; None if it has ended, or somebody else was quicker."""
        with self._changed:
            if not self.held:
                return None
            self._wanted = True
        self._idle.association.wake()
        self._decided.wait()
        return self._idle if self._usable else None

    def give_up(self) -> None:
        """Release it now, in its own thread."""
        with self._changed:
            self._over = True
        self._idle.association.wake()

    def hurry(self) -> None:
        """End it without waiting for the archive any more."""
        self._idle.stop.request(at_once=True)

    def _keep(self) -> None:
        try:
            self._usable = self._is_wanted()
        finally:
            self._decided.set()  # whatever happens: the thread that takes it waits for this
        try:
            if not self._usable:
                self._idle.association.end_idle()
            self._forget(self, not self._usable)
        finally:
            self.ended.set_result(None)

    def _is_wanted(self) -> bool:
        """Wait until it is taken (True), or is to be released."""
        while True:
            left = 0.0 if self._over else self._until - time.monotonic()
            arrived = self._idle.association.arrives(left)
            with self._changed:
                self._over = self._over or arrived or self._is_too_old()
                if self._over or self._wanted:
                    return not self._over

    def _is_too_old(self) -> bool:
        # A computer that slept did not count its seconds; its clock on the wall went on.
        asleep = not -1 < time.time() - self._moment < self._seconds + 1
        return asleep or time.monotonic() >= self._until


class HeldAssociations:
    """The idle associations of a process; thread-safe. End them with :meth:`close`."""

    def __init__(self, *, longest: float = MAX_IDLE) -> None:
        """Hold none yet.

        Args:
            longest: Seconds after which one is released, whatever the node says; 0: at once, but without
                anybody having to wait for it.
        """
        self._longest = longest
        self._lock = threading.Lock()
        self._keepers: list[_Keeper] = []
        self._released: dict[tuple[str, int], tuple[float, Future[None]]] = {}
        self._opening: Counter[tuple[str, int]] = Counter()
        self._closed = False

    def take(self, terms: Terms) -> Idle | None:
        """Take over one that is held on these terms; None if there is none."""
        for keeper in self._of(terms.archive):
            if keeper.terms == terms and (idle := keeper.take()) is not None:
                return idle
        return None

    def holds(self, terms: Terms) -> bool:
        """Whether one is held on these terms, as far as is known."""
        return any(keeper.terms == terms and keeper.held for keeper in self._of(terms.archive))

    def give(self, idle: Idle, terms: Terms, seconds: float, ended: Callable[[], None]) -> None:
        """Hold an association that is owned by the calling thread, and owned by it no more.

        Args:
            idle: It; nothing is asked on it.
            terms: What it was opened with.
            seconds: How long it is held. It is released at once, in the background, if that is 0, another is
                held on the same terms, or an association to the archive is just being opened.
            ended: Called when it was released, in a thread of its own; not if it is taken.
        """
        with self._lock:
            known = any(keeper.terms == terms and keeper.held for keeper in self._keepers)
            needless = known or self._opening[terms.archive] or self._closed
            seconds = 0.0 if needless else min(seconds, self._longest)

            def forget(keeper: _Keeper, released: bool) -> None:
                if released:
                    ended()
                with self._lock:  # last of all: who closes waits for those that are listed
                    self._keepers.remove(keeper)
                    if released:
                        self._released[terms.archive] = (time.monotonic(), keeper.ended)

            self._keepers.append(_Keeper(idle, terms, seconds, forget))

    @contextmanager
    def room(self, archive: tuple[str, int]) -> Iterator[list[Future[None]]]:
        """Hold none of an archive while the block runs.

        Yields the ends of those it had, which are being released, and of the last one that was released just
        before: the archive may still count it.
        """
        with self._lock:
            self._opening[archive] += 1
            at, releasing = self._released.get(archive, (-math.inf, None))
        try:
            given_up = self._of(archive)
            for keeper in given_up:
                keeper.give_up()
            ending = [keeper.ended for keeper in given_up]
            lately = time.monotonic() - at < _LATELY
            yield [*ending, releasing] if releasing is not None and lately else ending
        finally:
            with self._lock:
                self._opening[archive] -= 1

    def close(self, seconds: float) -> bool:
        """Release all, and hold none any more; takes at most ``seconds`` and half a second.

        Returns:
            Whether all have ended.
        """
        deadline = time.monotonic() + seconds
        with self._lock:
            self._closed = True
            keepers = list(self._keepers)
        for keeper in keepers:
            keeper.give_up()
        for keeper in keepers:
            keeper.thread.join(max(0.0, deadline - time.monotonic()))
        late = [keeper for keeper in keepers if keeper.thread.is_alive()]
        for keeper in late:
            keeper.hurry()
        for keeper in late:
            keeper.thread.join(_LAST_WORDS)
        return not any(keeper.thread.is_alive() for keeper in late)

    def _of(self, archive: tuple[str, int]) -> list[_Keeper]:
        with self._lock:
            return [keeper for keeper in self._keepers if keeper.terms.archive == archive]


def making_room(held: HeldAssociations | None, node: Node) -> AbstractContextManager[object]:
    """Hold no association with a node while the block runs; None: none is held anyway."""
    return nullcontext() if held is None else held.room(archive_of(node))


def archive_of(node: Node) -> tuple[str, int]:
    """Whose associations count together, whatever its titles are."""
    return node.host.casefold(), node.port
