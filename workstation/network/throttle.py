"""Holds associations back so that all of one node together keep to its rate limit.

There is one :class:`Throttle` for each node of the process. A channel tells it of the bytes that it moved, in
pieces that take a fraction of a second, and gets the moment before which it must not move more. These moments
follow one another, so that many associations take turns. Where nothing is limited, a channel asks once for
each read whether that is so, and no more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from workstation.dicom.association_facts import Peer
from workstation.dicom.hours import minute_of_day
from workstation.dicom.nodes import Node
from workstation.dicom.rate_limit import RateLimit

_PIECE_SECONDS: Final = 0.05
"""What one association moves before others have their turn; and how much may be caught up after a pause."""
_LEAST_PIECE, _LARGEST_PIECE = 1024, 64 * 1024
_LOOK_SECONDS: Final = 1.0
"""How often the hours of a limit are looked at."""


class Throttle:
    """What the associations of one node may move; safe from any thread.

    Attributes:
        limited: Whether there is a limit at all, be it at other hours only.
        until: Monotonic moment until which associations are held back; in the past: none is.
    """

    def __init__(
        self,
        limit: RateLimit | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        minute: Callable[[], int] = minute_of_day,
    ) -> None:
        """``clock`` tells seconds, and ``minute`` the minute of the day."""
        self.limited = limit is not None
        self.until = 0.0
        self._limit = limit
        self._lower: list[RateLimit] = []
        self._clock = clock
        self._minute = minute
        self._lock = threading.Lock()
        self._rate = 0.0
        self._looked = float("-inf")

    def set_limit(self, limit: RateLimit | None) -> None:
        """Keep to ``limit`` from now on; None: there is none."""
        with self._lock:
            self._limit = limit
            self._changed()

    @contextmanager
    def lowered(self, limit: RateLimit | None) -> Iterator[None]:
        """Keep to ``limit``, too, while the block runs; None: nothing changes."""
        if limit is None:
            yield
            return
        with self._lock:
            self._lower.append(limit)
            self._changed()
        try:
            yield
        finally:
            with self._lock:
                self._lower.remove(limit)
                self._changed()

    def piece(self) -> int:
        """How many bytes to move at once now, at most; 0: there is no limit at this hour."""
        with self._lock:
            self._look(self._clock())
            return self._piece()

    def moved(self, count: int) -> float:
        """Take note of bytes that were moved.

        Returns:
            The monotonic moment before which the same association must not move more.
        """
        with self._lock:
            now = self._clock()
            self._look(now)
            if not self._rate:
                return 0.0
            self.until = max(self.until, now - _PIECE_SECONDS) + count / self._rate
            return self.until

    def _piece(self) -> int:
        if not self._rate:
            return 0
        return max(_LEAST_PIECE, min(_LARGEST_PIECE, round(self._rate * _PIECE_SECONDS)))

    def _changed(self) -> None:
        self.limited = self._limit is not None or bool(self._lower)
        self._looked = float("-inf")

    def _look(self, now: float) -> None:
        if now - self._looked < _LOOK_SECONDS:
            return
        minute, self._looked = self._minute(), now
        limits = [*self._lower, *([] if self._limit is None else [self._limit])]
        rates = [one.bytes_a_second for one in limits if one.hours is None or one.hours.include(minute)]
        self._rate = min(rates, default=0.0)
        if not self._rate:
            self.until = 0.0


class Throttles:
    """The throttle of each node of the process; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._throttles: dict[tuple[str, str, int], Throttle] = {}
        self._addresses: dict[str, Throttle] = {}

    def configure(self, nodes: Iterable[Node]) -> None:
        """Keep to the limits of these nodes, also on associations that are open."""
        for node in nodes:
            self.of(node).set_limit(node.rate_limit)

    def of(self, node: Node) -> Throttle:
        """The throttle of a node. A limit that :meth:`configure` set stays, whatever an older copy says."""
        with self._lock:
            key = (node.ae_title, node.host, node.port)
            throttle = self._throttles.get(key)
            if throttle is None:
                throttle = self._throttles[key] = Throttle(node.rate_limit)
            return throttle

    def connected(self, node: Node, address: str) -> Throttle:
        """The throttle of a node that was found at an IP address."""
        throttle = self.of(node)
        with self._lock:
            self._addresses[address] = throttle
        return throttle

    def of_peer(self, peer: Peer) -> Throttle | None:
        """The throttle of who called us: known by AE title, else by address; None: no node is known."""
        with self._lock:
            titled = [found for key, found in self._throttles.items() if key[0] == peer.ae_title]
            return titled[0] if len(titled) == 1 else self._addresses.get(peer.address)


THROTTLES: Final = Throttles()
"""Those of this process."""
