"""When how much went over the wire in an exchange, and when something was waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workstation.network.exchange import Exchange, Talk, TracedMessage
from workstation.network.trace import Event
from workstation.operations.exchange_reading import Line, Opening

_SHORTEST_WAIT = 1 / 400
"""Of the whole time: what is shorter cannot be seen."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """An exchange in equal pieces of time.

    Attributes:
        seconds: The whole time.
        amounts: Bytes in each piece.
        waits: When the other side was waited for, as shares of the whole time: begin and end.
        decisions: When something was decided, as shares.
    """

    seconds: float
    amounts: tuple[int, ...]
    waits: tuple[tuple[float, float], ...]
    decisions: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Bytes a second in the piece with most of them."""
        return max(self.amounts, default=0) * len(self.amounts) / self.seconds if self.seconds else 0.0


def timeline(exchange: Exchange, lines: Sequence[Line], now: float, pieces: int = 200) -> Timeline:
    """The time line of an exchange.

    Args:
        exchange: Which.
        lines: Everything that is kept of it, in the order of time.
        now: Monotonic seconds: where it ends if it runs.
        pieces: How many pieces of time.
    """
    end = max(exchange.ended or now, lines[-1].moment if lines else 0.0)
    seconds = max(1e-6, end - exchange.begun)
    amounts = [0] * pieces
    waits: list[tuple[float, float]] = []
    decisions: list[float] = []
    asked: dict[Talk, float] = {}
    begun, last = exchange.begun, pieces - 1
    for moment, talk, what in lines:  # there may be ten thousands
        share = (moment - begun) / seconds
        sent: bool | None = what.sent
        if type(what) is TracedMessage:
            until = (what.until - begun) / seconds if what.until else share
            amounts[min(last, int(until * pieces))] += what.size + len(what.command)
        elif sent is None and type(what) is Event:
            decisions.append(share)
        if talk is None:
            continue
        if sent or (sent is None and type(what) is Opening):
            asked[talk] = share
        elif asked and (since := asked.pop(talk, None)) is not None and share - since >= _SHORTEST_WAIT:
            waits.append((since, share))
    if not exchange.ended:
        waits += [(since, 1.0) for since in asked.values() if 1.0 - since >= _SHORTEST_WAIT]
    return Timeline(seconds, tuple(amounts), tuple(waits), tuple(decisions))
