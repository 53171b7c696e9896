"""Keep the last exchanges of this process, within bounds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workstation.errors import WorkstationError
from workstation.network.exchange import Exchange, Kind, Sink, State
from workstation.network.pdus import ProtocolFault
from workstation.network.trace import Observer
from workstation.stop import Cancelled

if TYPE_CHECKING:
    from workstation.dicom.nodes import Node

MOST = 200
"""Exchanges."""
MOST_INBOUND = 50
"""Of them, those that others began: an archive may send each object over an association of its own."""
MOST_BYTES = 64 * 1024 * 1024
"""Of messages of all exchanges together; then the oldest ones lose theirs."""
MOST_RECORDED = 32 * 1024 * 1024
"""Bytes of connections that are recorded, of all exchanges together."""


class Exchanges:
    """The last exchanges; thread-safe.

    Attributes:
        keeps: New ones are recorded at all.
        sink: Is told everything as it happens, of exchanges that begin from now on.
        recording: Bytes of connections are kept.
        recorded: How many are kept.
        not_recorded: How many were not any more: the bound was reached.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self.keeps = True
        self.sink: Sink | None = None
        self.recording = False
        self.recorded = 0
        self.not_recorded = 0
        self._most = most
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: list[Exchange] = []
        self._count = 0
        self._weight = 0

    def begin(self, exchange: Exchange, kind: Kind, label: str, node: Node | None) -> None:
        """Keep an exchange that begins now; the oldest one that has ended goes if there are too many."""
        exchange.sink, exchange.keeper = self.sink, self
        with self._lock:
            self._count += 1
            exchange.number = self._count
            exchange.begin(kind, label, node)
            self._kept.append(exchange)
            inbound = [kept for kept in self._kept if kept.kind is Kind.INBOUND]
            among = inbound if len(inbound) > MOST_INBOUND else self._kept
            if among is inbound or len(among) > self._most:
                oldest = next((other for other in among if other.ended), among[0])
                self._kept.remove(oldest)
                self._forget_size(oldest)
        if exchange.sink is not None:
            exchange.sink.begun(exchange)

    def recent(self) -> list[Exchange]:
        """Those that are kept, the oldest first."""
        with self._lock:
            return list(self._kept)

    def weigh(self, exchange: Exchange, growth: int) -> None:
        """An exchange has grown: the oldest ones lose their messages if all together are too much."""
        with self._lock:
            if exchange not in self._kept:
                return
            exchange.weight += growth
            self._weight += growth
            for other in self._kept:
                if self._weight <= self._most_bytes:
                    return
                if other is not exchange and other.weight and other.ended:
                    self._forget_size(other)
                    for talk in other.talks:
                        talk.drop()
            if self._weight > self._most_bytes:  # of what runs, only the last messages are kept from now on
                for talk in exchange.talks:
                    talk.full = True

    def _forget_size(self, exchange: Exchange) -> None:
        """Do not count what an exchange holds any more: it goes, or loses that."""
        self._weight -= exchange.weight
        exchange.weight = 0
        self.recorded -= sum(len(piece.data) for talk in exchange.talks for piece in talk.recorded)

    # --- Bytes -------------------------------------------------------------------------------------

    def record(self, on: bool) -> None:
        """Begin, or end, to keep the bytes of connections."""
        self.recording = on

    def may_record(self, count: int) -> bool:
        """Whether so many bytes are to be kept; they count as kept then."""
        if not self.recording:
            return False
        with self._lock:
            if self.recorded + count > MOST_RECORDED:
                self.not_recorded += count
                return False
            self.recorded += count
            return True

    def forget_recorded(self) -> None:
        """Drop all bytes that were recorded."""
        with self._lock:
            for exchange in self._kept:
                for talk in exchange.talks:
                    talk.recorded = []
            self.recorded = self.not_recorded = 0


EXCHANGES = Exchanges()
"""Those of this process."""


@contextmanager
def recorded(
    kind: Kind,
    observer: Observer | None,
    label: str,
    node: Node | None = None,
    *,
    kept: Exchanges | None = None,
) -> Iterator[Observer | None]:
    """Record an operation for the length of the block; what is yielded observes its associations.

    Args:
        kind: What it is about.
        observer: Is told of it, too. An exchange: records it, and if that runs, this is a part of it.
        label: How messages name the other side.
        node: The archive.
        kept: Where it is kept; None: :data:`EXCHANGES`.
    """
    ring = kept or EXCHANGES
    if (isinstance(observer, Exchange) and observer.begun) or not ring.keeps:
        yield observer
        return
    exchange = observer if isinstance(observer, Exchange) else Exchange(observer)
    ring.begin(exchange, kind, label, node)
    try:
        yield exchange
    except (Cancelled, GeneratorExit):
        exchange.end(State.CANCELLED)
        raise
    except WorkstationError as error:
        exchange.fail(error)
        exchange.end(State.FAILED)
        raise
    except BaseException as error:
        exchange.error, exchange.detail = type(error).__name__, ""
        if isinstance(error, ProtocolFault):
            exchange.detail = str(error)
        exchange.end(State.FAILED)
        raise
    else:
        exchange.end(State.DONE)


def conclude(observer: Observer | None, *, incomplete: bool, message: str = "") -> None:
    """Say of the operation that ``observer`` records that it ends without all there is."""
    if isinstance(observer, Exchange) and incomplete:
        observer.conclude(State.INCOMPLETE, message)
