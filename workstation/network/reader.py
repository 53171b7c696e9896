"""Read PDUs from a channel: control PDUs whole, data PDUs as a stream of fragments.

One buffer of fixed size serves an association: nothing the peer sends makes it grow. A presentation data
value (PS3.8 9.3.5.1) is handed out in pieces, as they arrive, as views into the buffer.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable
from struct import Struct

from workstation.errors import ConnectionLost, TimedOut
from workstation.network.channel import NEVER, Channel
from workstation.network.limits import Limits
from workstation.network.pdus import ASSOCIATE_AC, ASSOCIATE_RQ, P_DATA, PDU_NAMES, ProtocolFault

_PDU = Struct(">BxL")
_PDV = Struct(">LBB")
_CAPACITY = 1024 * 1024
_LEAST = 10
"""Bytes of the shortest PDU (PS3.8 9.3.6 to 9.3.8)."""

Alive = Callable[[], float]
"""Returns the monotonic moment of the last sign of life elsewhere (objects arriving at the listener)."""


class Reader:
    """The receiving half of one association.

    Attributes:
        pdu_left: Bytes of the current P-DATA PDU not yet handed out or parsed.
        pdv_left: Bytes of the current fragment not yet handed out.
        longest: The longest P-DATA PDU seen, for the trace.
        amid: Something is being read that goes on with another P-DATA PDU.
        until: Monotonic moment by which the awaited message must have begun, or the one that is being read
            must be whole. PDUs that still come do not extend it, be they few and slow or very many.
    """

    def __init__(self, channel: Channel, limits: Limits) -> None:
        self.pdu_left = 0
        self.pdv_left = 0
        self.longest = 0
        self.amid = False
        self.until = NEVER
        self._channel = channel
        self._limits = limits
        self._buffer = mmap.mmap(-1, _CAPACITY)  # costs memory only as far as it was ever filled
        self._view = memoryview(self._buffer)
        self._start = self._end = 0
        self._deadline = 0.0
        self._seconds = 0.0
        self._held = 0.0

    def _fill(self, waiting_for: str) -> None:
        """Read more, moving the rest to the front when room gets short."""
        if self._start == self._end:
            self._start = self._end = 0
        elif self._end > _CAPACITY - 64 * 1024:
            rest = self._end - self._start
            self._buffer[:rest] = self._buffer[self._start : self._end]
            self._start, self._end = 0, rest
        deadline, expected = self._deadline, 0
        if self.pdu_left:
            deadline = min(deadline, self.until, time.monotonic() + self._seconds)
            expected = self.pdu_left - (self._end - self._start)
        elif self.amid:
            expected = _LEAST
        count = self._channel.receive_into(
            self._view[self._end :], deadline, waiting_for, self._seconds, expected
        )
        if count == 0:
            raise ConnectionLost(self._channel.node, "the peer closed the connection")
        self._end += count
        if self._channel.held != self._held:  # we held back, the peer was not silent
            pause = self._channel.held - self._held
            self._held += pause
            self._deadline += pause
            self.until += pause

    def _need(self, length: int, waiting_for: str) -> None:
        """Have ``length`` bytes (less than the buffer) of the current PDU at hand."""
        while self._end - self._start < length:
            self._fill(waiting_for)

    def _await_first_byte(self, gap: float, waiting_for: str, alive: Alive | None) -> None:
        self._seconds = gap
        self._deadline = min(time.monotonic() + gap, self.until)
        while True:
            try:
                return self._need(1, waiting_for)
            except TimedOut:
                # Nothing of a PDU was taken, so waiting on is possible if life shows elsewhere.
                if alive is None or alive() + gap <= time.monotonic():
                    raise
                self._deadline = alive() + gap

    def arrives(self, seconds: float) -> bool:
        """Whether the peer sends something, when nothing is awaited of it; of that nothing is taken.

        Args:
            seconds: How long to wait for it; :meth:`Channel.wake` ends the wait.

        Raises:
            ConnectionLost: It has closed the connection.
            Cancelled: A stop was requested.
        """
        self._deadline = self._seconds = 0.0  # reads what is here, and does not wait
        for wait in (seconds, None):
            if self._start != self._end:
                return True
            try:
                self._fill("nothing")
            except TimedOut:
                if wait is not None:
                    self._channel.await_data(wait)
        return self._start != self._end

    @property
    def at_hand(self) -> int:
        """Bytes that have arrived and were not read yet."""
        return self._end - self._start

    def next_pdu(self, gap: float, waiting_for: str, alive: Alive | None = None) -> tuple[int, bytes]:
        """The next PDU: its type, and its body unless it is P-DATA, which is then read by fragments.

        Args:
            gap: Seconds to wait for its first byte; after that its own deadline counts.
            waiting_for: What is awaited, for the message of a time-out.
            alive: Grants another gap after each sign of life elsewhere.

        Raises:
            ProtocolFault: An unknown type or a length beyond its bound.
            TimedOut, ConnectionLost, Cancelled: As the channel.
        """
        if self.until is not NEVER and time.monotonic() >= self.until:
            raise TimedOut(self._channel.node, waiting_for, gap)
        if self._start == self._end:
            self._await_first_byte(gap, waiting_for, alive)
        limits = self._limits
        began = 0.0  # the clock is asked only where there is something to wait for
        if self._end - self._start < 6:
            began = time.monotonic()
            self._seconds = limits.control_time
            self._deadline = began + limits.control_time
            self._need(6, "the rest of a PDU")
        kind, length = _PDU.unpack_from(self._buffer, self._start)
        if kind not in PDU_NAMES:
            raise ProtocolFault(f"PDU type {kind:02X}H")
        self._start += 6
        if kind == P_DATA:
            if not 0 < length <= limits.pdu:  # PS3.8 9.3.5: one or more fragments
                raise ProtocolFault(f"a P-DATA PDU of {length} bytes")
            self.pdu_left = length
            if length > self.longest:
                self.longest = length
            if self._end - self._start < length:
                self._seconds = limits.data_time
                self._deadline = (began or time.monotonic()) + limits.time_to_read(length)
            return kind, b""
        bound = limits.associate if kind in (ASSOCIATE_RQ, ASSOCIATE_AC) else 1024
        if length > bound:
            raise ProtocolFault(f"{PDU_NAMES[kind]} of {length} bytes")
        self._seconds = limits.control_time
        self._deadline = (began or time.monotonic()) + self._seconds
        self._need(length, "the rest of a PDU")
        body = bytes(self._view[self._start : self._start + length])
        self._start += length
        return kind, body

    def next_pdv(self) -> tuple[int, int]:
        """Open the next fragment of the current PDU: (context ID, message control header).

        Raises:
            ProtocolFault: Its length does not fit into the PDU.
        """
        if self.pdu_left < 6:
            raise ProtocolFault("a P-DATA PDU that ends inside a fragment's header")
        if self._end - self._start < 6:
            self._need(6, "the rest of a PDU")
        length, context_id, control = _PDV.unpack_from(self._buffer, self._start)
        if not 2 <= length <= self.pdu_left - 4:
            raise ProtocolFault(f"a fragment of {length} bytes in a PDU with {self.pdu_left - 4} left")
        self._start += 6
        self.pdu_left -= 6
        self.pdv_left = length - 2
        return context_id, control

    def piece(self) -> memoryview:
        """The next bytes of the current fragment, as many as are here; valid until the next call."""
        if self._start == self._end:
            self._fill("the rest of a PDU")
        count = min(self.pdv_left, self._end - self._start)
        found = self._view[self._start : self._start + count]
        self._start += count
        self.pdv_left -= count
        self.pdu_left -= count
        return found

    def skip_pdu(self) -> None:
        """Pass over what is left of the current P-DATA PDU."""
        while self.pdu_left:
            self.pdv_left = self.pdu_left
            self.piece()
        self.pdv_left = 0
