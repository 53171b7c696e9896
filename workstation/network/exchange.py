"""Record what is asked and answered, for the inspector and ``--trace``.

An :class:`Exchange` for each operation, a :class:`Talk` for each of its associations. Kept are references to
bytes that exist anyway: nothing is parsed before it is shown. Identifiers are patient data; they are kept in
memory only.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Protocol

from workstation.network.pdus import Associate
from workstation.network.trace import Event, Observer

if TYPE_CHECKING:
    from workstation.dicom.nodes import Node
    from workstation.errors import WorkstationError

MOST_MESSAGES = 25_000
"""Messages kept of the beginning of an association, or a few hundred more, of the rest the last ones."""
LAST_MESSAGES = 1_000
MOST_BYTES = 27 * 1024 * 1024
"""Of the beginning of an association: its messages and their identifiers."""
MOST_OF_LAST = 1024
"""Bytes of an identifier that is kept of the last messages."""
MOST_REMARKS = 1_000
"""Of an exchange."""
_COST = 450
"""Bytes that a kept message takes, without its identifier."""
_STEP = 256 * 1024
"""Bytes after which what is kept, of an association and of all exchanges, is weighed again."""


class Kind(Enum):
    """What an exchange is about, in English."""

    SEARCH = "search"
    LIST = "list"
    QUERY = "query"
    ECHO = "echo"
    RETRIEVE = "retrieve"
    SAMPLES = "samples"
    SEND = "send"
    MOVE = "move to a third party"
    INBOUND = "inbound association"


class State(Enum):
    """How an exchange stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"
    FAILED = "failed"


class TracedMessage(NamedTuple):
    """A message as it went over the wire.

    Attributes:
        moment: Monotonic seconds: when its command was sent, or had arrived.
        sent: We sent it.
        context: Presentation context ID.
        command: Its command set, encoded.
        size: Bytes of its data set.
        data: Its identifier, encoded; None: it has none, is an object, or is not kept.
        until: When its data set had arrived; 0.0: it has none, or it did not.
    """

    moment: float
    sent: bool
    context: int
    command: bytes
    size: int = 0
    data: bytes | None = None
    until: float = 0.0


_as_message = tuple.__new__
"""Makes a :class:`TracedMessage` of all its fields, in half the time: two are made for every object."""


@dataclass(frozen=True, slots=True)
class RecordedBytes:
    """Bytes of a connection, as they were while they were recorded.

    Attributes:
        moment: Monotonic seconds.
        sent: We sent them.
    """

    moment: float
    sent: bool
    data: bytes


class Talk:
    """One association within an exchange, written by the thread that owns the association.

    It is the observer of that association: what is no message, it is told as an event.

    Attributes:
        exchange: Which it is part of.
        number: From 1, within the exchange.
        begun: Monotonic seconds.
        request: What was proposed; without the passcode. None: it did not come so far.
        answer: What was answered; None: nothing, or it was refused.
        agreed: When it was answered; 0.0: it was not.
        reused: The association was open before, and was used again.
        peer: Address and port of the other side.
        listener: Is told everything as events, too.
        messages: What is kept of its beginning, in their order.
        last: What is kept of the rest.
        left_out: Messages that are not kept.
        identifiers_left_out: Identifiers that are not kept.
        recorded: Bytes, if they were recorded.
        full: No more messages are kept but the last.
    """

    def __init__(self, exchange: Exchange, number: int) -> None:
        self.exchange = exchange
        self.number = number
        self.begun = monotonic()
        self.request: Associate | None = None
        self.answer: Associate | None = None
        self.agreed = 0.0
        self.reused = False
        self.peer = ""
        self.listener = exchange.listener
        self.messages: list[TracedMessage | Event] = []
        self.last: deque[TracedMessage | Event] = deque(maxlen=LAST_MESSAGES)
        self.left_out = 0
        self.identifiers_left_out = 0
        self.recorded: list[RecordedBytes] = []
        self.full = False
        self._arriving: tuple[float, int, bytes] | None = None  # a message whose data set is to come
        self._size = self._growth = 0
        self._sink = exchange.sink
        self._keeper = exchange.keeper

    # --- What the association tells ----------------------------------------------------------------

    def associated(self, request: Associate, answer: Associate) -> None:
        """Note what was agreed on."""
        self.request, self.answer, self.agreed = without_passcode(request), answer, monotonic()
        if self._sink is not None:
            self._sink.associated(self)

    def sent(self, context: int, command: bytes, size: int, data: bytes | None) -> None:
        """A message was sent; ``data`` is its identifier."""
        self._keep(_as_message(TracedMessage, (monotonic(), True, context, command, size, data, 0.0)))

    def received(self, context: int, command: bytes, has_data: bool) -> None:
        """The command of a message arrived."""
        if has_data:
            self._arriving = (monotonic(), context, command)
        else:
            self._keep(_as_message(TracedMessage, (monotonic(), False, context, command, 0, None, 0.0)))

    def data_read(self, size: int, data: bytes | None = None) -> None:
        """The data set of the message that arrived last is here; ``data`` if it is an identifier."""
        if self._arriving is None:
            return
        moment, context, command = self._arriving
        self._arriving = None
        message = (moment, False, context, command, size, data, monotonic())
        self._keep(_as_message(TracedMessage, message))

    def __call__(self, event: Event) -> None:
        """Something else happened: a release, an abort, or what was decided for it."""
        if self.full:
            self._keep_last(event)
        else:
            self.messages.append(event)
        if self._sink is not None:
            self._sink.event(self.exchange, event, self)
        if self.listener is not None:
            self.listener(event)

    def tap(self, sent: bool, data: bytes | bytearray | memoryview) -> None:
        """Bytes went over the connection: they are kept while they are recorded."""
        if self.records and self._keeper is not None and self._keeper.may_record(len(data)):
            self.recorded.append(RecordedBytes(monotonic(), sent, bytes(data)))

    # --- What is kept ------------------------------------------------------------------------------

    @property
    def records(self) -> bool:
        """Bytes of connections are recorded at present."""
        return self._keeper is not None and self._keeper.recording

    @property
    def count(self) -> int:
        """It grows with whatever is noted: a message, its data set, and a piece of recorded bytes."""
        messages = len(self.messages) + len(self.last) + self.left_out
        return bool(self.agreed) + 2 * messages + (self._arriving is not None) + len(self.recorded)

    def kept(self) -> tuple[TracedMessage | Event, ...]:
        """The messages that are kept, the one whose data set is still on its way, too."""
        found = (*self.messages, *self.last)
        if (arriving := self._arriving) is None:
            return found
        moment, context, command = arriving
        return (*found, TracedMessage(moment, False, context, command))

    def _keep(self, message: TracedMessage) -> None:  # done for each object and answer, and each one sent
        if self.full:
            self._keep_last(message)
        else:
            self.messages.append(message)
            self._growth += _COST if message[5] is None else _COST + len(message[5])
            if self._growth >= _STEP:
                self._tell_growth()
        if self._sink is not None:
            self._sink.message(self, message)

    def _keep_last(self, message: TracedMessage | Event) -> None:
        if isinstance(message, TracedMessage) and message.data and len(message.data) > MOST_OF_LAST:
            self.identifiers_left_out += 1
            message = message._replace(data=None)
        if len(self.last) == LAST_MESSAGES:
            self.left_out += 1
            first = self.last[0]
            self.identifiers_left_out += isinstance(first, TracedMessage) and bool(first.data)
        self.last.append(message)

    def _tell_growth(self) -> None:
        growth, self._growth = self._growth, 0
        self._size += growth
        self.full = self.full or self._size > MOST_BYTES or len(self.messages) >= MOST_MESSAGES
        if self._keeper is not None:
            self._keeper.weigh(self.exchange, growth)

    def drop(self) -> None:
        """Keep no messages any more, so that others have room; their number stays known."""
        self.full = True
        gone = (*self.messages, *self.last)
        self.left_out += len(gone)
        self.identifiers_left_out += sum(isinstance(one, TracedMessage) and bool(one.data) for one in gone)
        self.messages, self.last, self.recorded = [], deque(maxlen=LAST_MESSAGES), []
        self._growth = 0


class Keeper(Protocol):
    """Keeps exchanges, within bounds.

    Attributes:
        recording: Bytes of connections are kept.
    """

    recording: bool

    def weigh(self, exchange: Exchange, growth: int) -> None:
        """So many bytes are kept more of an exchange."""

    def may_record(self, count: int) -> bool:
        """Whether so many bytes of a connection are to be kept."""


class Sink(Protocol):
    """Takes everything as it happens, from several threads; must be quick and must not raise."""

    def begun(self, exchange: Exchange) -> None:
        """An operation began."""

    def associated(self, talk: Talk) -> None:
        """An association is open."""

    def message(self, talk: Talk, message: TracedMessage) -> None:
        """A message went over it; its data set, too."""

    def event(self, exchange: Exchange, event: Event, talk: Talk | None) -> None:
        """Something else happened, on an association or between them."""

    def ended(self, exchange: Exchange) -> None:
        """The operation is over."""


class Exchange:
    """Everything that one operation asked and was answered; an observer of its associations.

    Attributes:
        number: From 1, in the order of their beginning; 0 before it.
        kind: What it is about.
        label: How messages name the other side.
        node: The archive, for the command line; None: it came to us.
        began: Wall clock, seconds since the epoch.
        begun: Monotonic seconds of the same moment.
        ended: Monotonic seconds; 0.0 while it runs.
        state: How it stands.
        message: Why it failed, or another last word; translatable.
        detail: Codes behind that.
        what_to_try: Translatable; empty if nothing is known to help.
        error: The name of the error it failed by.
        status: The DIMSE status behind that; None: there was none.
        talks: Its associations, in the order of their beginning.
        remarks: What was decided between associations.
        remarks_left_out: How many of those are not kept.
        weight: Bytes that its messages take, roughly.
        listener: Is told everything as events, too.
        sink: Is told everything as it is.
        keeper: Who keeps it; None: nobody yet.
    """

    def __init__(self, listener: Observer | None = None) -> None:
        """Nothing is asked yet."""
        self.number = 0
        self.kind = Kind.QUERY
        self.label = ""
        self.node: Node | None = None
        self.began = self.begun = self.ended = 0.0
        self.state = State.WAITING
        self.message = ""
        self.detail = ""
        self.what_to_try = ""
        self.error = ""
        self.status: int | None = None
        self.talks: list[Talk] = []
        self.remarks: list[Event] = []
        self.remarks_left_out = 0
        self.weight = 0
        self.listener = listener
        self.sink: Sink | None = None
        self.keeper: Keeper | None = None

    def begin(self, kind: Kind, label: str, node: Node | None) -> None:
        """It begins; once."""
        self.kind, self.label, self.node = kind, label, node
        self.began, self.begun, self.state = time.time(), monotonic(), State.RUNNING

    def fail(self, error: WorkstationError) -> None:
        """It failed."""
        self.state, self.error, self.status = State.FAILED, type(error).__name__, error.status
        self.message, self.detail, self.what_to_try = error.message, error.detail, error.what_to_try

    def end(self, state: State) -> None:
        """It is over; what was concluded before counts more than that it was done."""
        if self.state is State.RUNNING:
            self.state = state
        self.ended = monotonic()
        if self.sink is not None:
            self.sink.ended(self)

    def conclude(self, state: State, message: str = "") -> None:
        """Say beforehand how it ends, if nothing goes wrong any more."""
        self.state, self.message = state, message or self.message

    def talk(self) -> Talk:
        """A new association begins."""
        talk = Talk(self, len(self.talks) + 1)
        self.talks.append(talk)
        return talk

    @property
    def changes(self) -> int:
        """Grows with whatever is noted."""
        return sum(1 + talk.count for talk in self.talks) + len(self.remarks) + bool(self.ended)

    @property
    def running(self) -> bool:
        """It has begun, and has not ended."""
        return bool(self.begun) and not self.ended

    @property
    def answered(self) -> bool:
        """Whether the other side said anything."""
        return any(
            talk.answer is not None or any(not message.sent for message in talk.kept()) for talk in self.talks
        )

    def __call__(self, event: Event) -> None:
        """Something was decided."""
        if len(self.remarks) < MOST_REMARKS:
            self.remarks.append(event)
        else:
            self.remarks_left_out += 1
        if self.sink is not None:
            self.sink.event(self, event, None)
        if self.listener is not None:
            self.listener(event)


def talk_of(observer: Observer | None) -> Talk | None:
    """The record of an association that is about to be opened for ``observer``; None: nobody keeps one."""
    return observer.talk() if isinstance(observer, Exchange) else None


def listener_of(observer: Observer | None) -> Observer | None:
    """Who wants to be told of messages as events; None: nobody."""
    return observer.listener if isinstance(observer, Talk | Exchange) else observer


def without_passcode(request: Associate) -> Associate:
    """The same request, with asterisks in place of a passcode."""
    if request.identity is None or not request.identity.secondary:
        return request
    return replace(request, identity=replace(request.identity, secondary=b"********"))
