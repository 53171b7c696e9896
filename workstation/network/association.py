"""Send and receive messages on an established association, and cancel (PS3.7 6.3, PS3.8 9.2).

Owned by one thread. Whatever the peer does wrong becomes one :class:`ProtocolError` and an A-ABORT.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.nodes import Timeouts
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    ProtocolError,
    ServiceRefused,
)
from workstation.network import command, pdus
from workstation.network.channel import NEVER, Channel
from workstation.network.closing import Closing, aborted, why_lost
from workstation.network.command import Command, Field
from workstation.network.exchange import Talk, listener_of, talk_of
from workstation.network.fragments import BLOCK, COMMAND, LAST, message_pdus, object_pdus
from workstation.network.limits import Limits
from workstation.network.pdus import ProtocolFault
from workstation.network.reader import Alive, Reader
from workstation.network.trace import Observer, identifiers_of, message_event, remark
from workstation.stop import Cancelled, Stop

_NO_LIMIT_PDU = 128 * 1024


class Released(Exception):
    """The peer asked for release; answered already."""


class Message(NamedTuple):  # made for every object received: cheaper than a frozen dataclass
    """A received command and the context it came on; its data set is still on the wire."""

    context: Context
    command: Command


class Association:
    """Both sides' agreement and the connection under it.

    Attributes:
        peer: The other side.
        contexts: Accepted presentation contexts by ID.
        timeouts: For this peer.
        max_pdu: The longest P-DATA PDU we send: what the peer takes, its 0 resolved, at most 256 KiB.
        implementation: Implementation Version Name of the acceptor; empty if it gave none, or we accepted.
        cancelled: C-CANCEL was sent for the running operation.
        release_ignored: The peer left our A-RELEASE-RQ unanswered.
    """

    def __init__(
        self,
        channel: Channel,
        reader: Reader,
        *,
        peer: Peer,
        contexts: dict[int, Context],
        max_pdu: int,
        requestor: bool,
        timeouts: Timeouts,
        stop: Stop,
        limits: Limits,
        observer: Observer | None,
        implementation: str = "",
        negotiated: tuple[pdus.Associate, pdus.Associate] | None = None,
    ) -> None:
        self.peer = peer
        self.implementation = implementation
        self.contexts = contexts
        self.timeouts = timeouts
        self.max_pdu = min(max_pdu or _NO_LIMIT_PDU, BLOCK)
        self.cancelled = False
        self.release_ignored = False
        self.limits = limits
        self._channel = channel
        self._reader = reader
        self._requestor = requestor
        self._stop = stop
        self._negotiated = negotiated
        self._closing = Closing(channel, reader, stop=stop, limits=limits, observer=observer)
        self._observe_by(observer)
        self._message_id = 0
        self._last: tuple[bytes, Command] | None = None  # the commands of answers to a query are all alike
        self._unread: int | None = None  # context ID of a data set still on the wire
        self._cancellable: tuple[int, int] | None = None
        self._sending = False
        self._cancel_due = False
        channel.on_stop = self._on_stop

    @property
    def node(self) -> str:
        """How messages name the peer."""
        return self._channel.node

    @property
    def closed(self) -> bool:
        """Whether it is over: nothing can be asked on it any more."""
        return self._channel.closed

    @property
    def round_trip(self) -> float:
        """Seconds that TCP took to connect."""
        return self._channel.round_trip

    @property
    def held_until(self) -> float:
        """Monotonic moment until which associations with this node are held back by its rate limit."""
        throttle = self._channel.throttle
        return throttle.until if throttle is not None else 0.0

    def context_for(self, abstract_syntax: str, service: str) -> Context:
        """The accepted context of a class we use as SCU.

        Raises:
            ServiceRefused: The peer accepted none; ``service`` names it for the message.
        """
        for context in self.contexts.values():
            if context.abstract_syntax == abstract_syntax and context.as_scu:
                return context
        raise ServiceRefused(self.node, service)

    def next_message_id(self) -> int:
        """A message ID not in use: they count up, 1 to 65535."""
        self._message_id = self._message_id % 0xFFFF + 1
        return self._message_id

    # --- Between two operations ------------------------------------------------------------------

    @property
    def at_rest(self) -> bool:
        """Whether something can be asked on it: it is open, and nothing is left unread."""
        return not self.closed and self._unread is None

    @property
    def at_hand(self) -> int:
        """Bytes that have arrived and were not read yet; with many of them the next answer is here."""
        return self._reader.at_hand

    def arrives(self, seconds: float) -> bool:
        """Whether the peer ends it, or speaks, while nothing is asked: it is of no use then.

        Waits ``seconds``, or until :meth:`wake`. See :meth:`end_idle`.
        """
        return not self.at_rest or self._closing.arrives(seconds)

    def end_idle(self) -> None:
        """Answer the peer's end of it if that has arrived, else release it."""
        with contextlib.suppress(OSError):
            if not self.closed:
                self._closing.answer_end()
            self.release()

    def wake(self) -> None:
        """End the wait of :meth:`arrives`; safe from any thread."""
        self._channel.wake()

    def limit_silence(self, seconds: float) -> None:
        """See :meth:`Channel.limit_silence`."""
        self._channel.limit_silence(seconds)

    def observe_by(self, observer: Observer | None) -> None:
        """Tell another observer from now on."""
        talk = talk_of(observer)
        if talk is not None and self._negotiated is not None:
            talk.reused, talk.peer = True, f"{self.peer.address}:{self.peer.port}"
            talk.associated(*self._negotiated)
            self._channel.tap = talk.tap
        self._observe_by(talk or observer)

    def _observe_by(self, observer: Observer | None) -> None:
        self._closing.observer = observer
        self._talk = observer if isinstance(observer, Talk) else None
        self._listener = listener_of(observer)
        self._take_identifier = identifiers_of(self._listener)

    # --- Out -------------------------------------------------------------------------------------

    def send(self, context_id: int, command_set: bytes, data: bytes | None = None) -> None:
        """Send a message; command and data leave in one write."""
        self._write(message_pdus(self.max_pdu, context_id, command_set, data))
        if self._talk is not None:
            self._talk.sent(context_id, command_set, len(data or b""), data)
        if self._listener is not None:
            self._listener(message_event(True, context_id, command.decode(command_set), len(data or b"")))
        if self._take_identifier is not None and data:
            self._take_identifier(True, data, self.contexts[context_id].transfer_syntax)

    def send_object(self, context_id: int, command_set: bytes, source: BinaryIO, length: int) -> None:
        """Send a message whose data set is the next ``length`` bytes of ``source``.

        Raises:
            OSError: The file could not be read, or ended early; if a part was sent, we have aborted.
        """
        begun = False
        try:
            for block in object_pdus(self.max_pdu, context_id, command_set, source, length):
                self._write(block)
                begun = True
        except OSError:
            if begun:
                self.abort()
            raise
        if self._talk is not None:
            self._talk.sent(context_id, command_set, length, None)
        if self._listener is not None:
            self._listener(message_event(True, context_id, command.decode(command_set), length))

    def _write(self, data: bytes | bytearray | memoryview) -> None:
        self._sending = True
        try:
            self._channel.send(data, self.limits.time_for(len(data)))
        except ConnectionLost as lost:
            raise why_lost(self._channel, self._reader, lost) from lost
        finally:
            self._sending = False
        if self._cancel_due:
            self._send_cancel()

    # --- In --------------------------------------------------------------------------------------

    def receive(
        self, gap: float, waiting_for: str = "an answer", alive: Alive | None = None, *, by: float = NEVER
    ) -> Message:
        """The next message's command; read its data set before the next call, or it is passed over.

        Args:
            gap: Seconds without a message after which we give up; a command in several PDUs has as many more.
            waiting_for: What is awaited, for the message of a time-out.
            alive: See :meth:`Reader.next_pdu`.
            by: Monotonic moment after which no message is taken up any more, whatever ``gap`` says.

        Raises:
            Released: The peer released the association.
            AssociationAborted, ConnectionLost, TimedOut, ProtocolError: The association is over.
            Cancelled: A stop was requested.
        """
        try:
            if self._unread is not None:
                for _ in self.data(gap):
                    pass
            self._reader.until = by
            context_id, raw = self._command_set(gap, waiting_for, alive)
            if self._last is not None and raw == self._last[0]:
                raw, found = self._last
            else:
                found = command.decode(raw)
                self._last = raw, found
        except ProtocolFault as broken:
            raise self.fault(str(broken)) from broken
        self._unread = context_id if found.has_data else None
        if self._talk is not None:
            self._talk.received(context_id, raw, found.has_data)
        if self._listener is not None:
            self._listener(message_event(False, context_id, found))
        return Message(self.contexts[context_id], found)

    def _command_set(self, gap: float, waiting_for: str, alive: Alive | None) -> tuple[int, bytes]:
        reader = self._reader
        parts: list[bytes] = []
        size = 0
        first = 0
        last = begun = False
        while not last:
            context_id, control = self._next_fragment(gap, waiting_for, alive)
            if not control & COMMAND:
                raise ProtocolFault("a data set before its command set")
            if context_id not in self.contexts:
                raise ProtocolFault(f"a message on context {context_id}, which was not accepted")
            if first not in (0, context_id):
                raise ProtocolFault("a command set on two contexts")
            first = context_id
            size += reader.pdv_left
            if size > self.limits.command:
                raise ProtocolFault("a command set that is too long")
            while reader.pdv_left:
                parts.append(bytes(reader.piece()))
            last = bool(control & LAST)
            if not last and not begun:
                reader.until, alive, begun = time.monotonic() + gap, None, True
        reader.until = NEVER
        return first, b"".join(parts)

    def data(self, gap: float, *, within: float = NEVER, keeps: bool = True) -> Iterator[memoryview]:
        """The pieces of the last message's data set, as they arrive; each is valid until the next.

        Args:
            gap: Seconds without a PDU after which we give up.
            within: Seconds for all of it; if it is not given, ``gap`` and the time its length takes at
                :attr:`Limits.object_rate`. What the caller does with the pieces does not count.
            keeps: The record of the exchange is told its size; False: the caller does that.

        Raises:
            As :meth:`receive`.
        """
        if self._unread is None:
            return
        reader = self._reader
        size = 0
        rate = self.limits.object_rate if within is NEVER else NEVER
        reader.until = time.monotonic() + (gap if within is NEVER else within)
        reader.amid = True
        try:
            while True:
                while reader.pdv_left:
                    piece = reader.piece()
                    size += (count := len(piece))
                    handed_out = time.monotonic()
                    yield piece
                    reader.until += time.monotonic() - handed_out + count / rate
                # Only now may the fragment be the last: a piece handed out is not yet dealt with.
                if self._data_ended:
                    self._data_ended = False
                    self._unread = None
                    reader.until = NEVER
                    if self._talk is not None and keeps:
                        self._talk.data_read(size)
                    return
                context_id, control = self._next_fragment(gap, "the rest of an object", None)
                if control & COMMAND:
                    raise ProtocolFault("a command set in the middle of a data set")
                if context_id != self._unread:
                    raise ProtocolFault("a data set on two contexts")
                self._data_ended = bool(control & LAST)
        except ProtocolFault as broken:
            raise self.fault(str(broken)) from broken
        finally:
            reader.amid = False

    _data_ended = False

    def read_data(self, gap: float, limit: int | None = None) -> bytes:
        """The last message's whole data set, within ``gap`` seconds; empty if it has none.

        Raises:
            ProtocolError: It is longer than ``limit`` (default: the bound for identifiers).
        """
        bound = self.limits.identifier if limit is None else limit
        context_id = self._unread
        parts: list[bytes] = []
        size = 0
        for piece in self.data(gap, within=gap, keeps=False):
            size += len(piece)
            if size > bound:
                raise self.fault(f"an identifier of more than {bound} bytes")
            parts.append(bytes(piece))
        data = b"".join(parts)
        if self._talk is not None:
            self._talk.data_read(size, data)
        if self._take_identifier is not None and context_id is not None:
            self._take_identifier(False, data, self.contexts[context_id].transfer_syntax)
        return data

    def _next_fragment(self, gap: float, waiting_for: str, alive: Alive | None) -> tuple[int, int]:
        reader = self._reader
        while not reader.pdu_left:
            kind, body = reader.next_pdu(gap, waiting_for, alive)
            if kind != pdus.P_DATA:
                self._control(kind, body)
        return reader.next_pdv()

    def _control(self, kind: int, body: bytes) -> None:
        self.observe(False, pdus.PDU_NAMES[kind])
        if kind == pdus.ABORT:
            raise aborted(self._channel, body)
        if kind == pdus.RELEASE_RQ:
            self._closing.confirm()
            raise Released
        raise ProtocolFault(f"{pdus.PDU_NAMES[kind]} in an established association")

    def fault(self, words: str) -> ProtocolError:
        """Abort because the peer broke the protocol above the level of PDUs; returns what to raise."""
        self.abort(2, 6)  # PS3.8 9.3.8: service provider, invalid PDU parameter value
        return ProtocolError(self.node, words)

    # --- Stopping --------------------------------------------------------------------------------

    @contextmanager
    def cancellable(self, context_id: int, message_id: int) -> Iterator[None]:
        """While the block runs, a stop request sends C-CANCEL (PS3.7 9.3.2.3) and grants a grace.

        Raises:
            Cancelled: A stop was requested before: there is no point in asking.
        """
        self._stop.check()
        self._cancellable = (context_id, message_id)
        self.cancelled = False
        try:
            yield
        finally:
            self._cancellable = None
            self._channel.limit = NEVER

    def cancel(self, *, grace: float | None = None) -> None:
        """Send C-CANCEL for the running operation once; ``grace``: seconds until we give up waiting."""
        if grace is not None:
            self._channel.limit = min(self._channel.limit, time.monotonic() + grace)
        if self.cancelled or self._cancellable is None:
            return
        self.cancelled = True
        if self._sending:
            self._cancel_due = True
        else:
            self._send_cancel()

    def _send_cancel(self) -> None:
        self._cancel_due = False
        if self._cancellable is None:
            return
        context_id, message_id = self._cancellable
        self.send(
            context_id,
            command.encode(
                [
                    (command.COMMAND_FIELD, Field.C_CANCEL_RQ),
                    (command.MESSAGE_ID_RESPONDED, message_id),
                    (command.DATA_SET_TYPE, command.NO_DATA_SET),
                ]
            ),
        )

    def _on_stop(self) -> None:
        if self._stop.at_once or self._cancellable is None:
            raise Cancelled
        self.cancel(grace=self.limits.grace)

    # --- Ending ----------------------------------------------------------------------------------

    def release(self) -> None:
        """Release and close; the work is done by now, so errors here are traced, not raised."""
        if not self._channel.closed:
            self._cancellable = None
            ended = self._closing.release(self.timeouts.release, requestor=self._requestor)
            self.release_ignored = not ended

    def abort(self, source: int = 0, reason: int = 0) -> None:
        """Send A-ABORT and close; never raises, never lasts longer than the drain time."""
        self._cancellable = None
        self._closing.abort(source, reason)

    def close(self) -> None:
        """Close the connection without a word; for when the peer has ended it already."""
        self._channel.close()

    def close_after(self, error: BaseException) -> None:
        """End it after an error: by A-ABORT, unless the peer has ended it already."""
        if isinstance(error, AssociationAborted | ConnectionLost | ProtocolError | Released):
            self.close()
        else:
            self.abort()

    # --- Trace -----------------------------------------------------------------------------------

    def remark(self, words: str) -> None:
        """Tell the observer what was decided; see :func:`workstation.network.trace.remark`."""
        remark(self._closing.observer, words)

    def observe(self, sent: bool, what: str, **facts: object) -> None:
        """Tell the observer, if there is one."""
        self._closing.observe(sent, what, **facts)


@contextmanager
def released_on_exit(association: Association) -> Iterator[Association]:
    """Release when the block ends well, abort when it raises; nothing is ever left open."""
    try:
        yield association
    except BaseException as error:
        association.close_after(error)
        raise
    else:
        with contextlib.suppress(OSError):
            association.release()
