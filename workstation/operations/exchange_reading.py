"""Read what was recorded of an exchange: contexts and commands by name, identifiers, the order in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from workstation.dicom.lenient_dataset import Reading, read
from workstation.dicom.query_options import QueryOptions
from workstation.dicom.statuses import StatusClass, classify, meaning
from workstation.dicom.transfer_syntaxes import IMPLICIT_LE
from workstation.errors import UserMessage
from workstation.network import command
from workstation.network.command import Command
from workstation.network.contexts import FIND
from workstation.network.exchange import Exchange, Kind, Talk, TracedMessage
from workstation.network.pdus import ProtocolFault
from workstation.network.trace import Event

_RESULTS = {
    0: "accepted",
    1: "rejected by the user",
    2: "rejected without a reason",
    3: "abstract syntax not supported",
    4: "transfer syntaxes not supported",
}
_CLASSES = {
    StatusClass.SUCCESS: "success",
    StatusClass.PENDING: "pending",
    StatusClass.CANCEL: "cancelled",
    StatusClass.WARNING: "warning",
    StatusClass.FAILURE: "failure",
}


_QUERIES = frozenset(FIND.values())


def query_options(sop_class: str, information: bytes) -> tuple[str, ...]:
    """The options that service class application information turns on, as :class:`QueryOptions` names them.

    Of other classes than those of C-FIND none is known (PS3.4 C.5.1.1).
    """
    if sop_class not in _QUERIES:
        return ()
    options = QueryOptions.of(information)
    return tuple(each.name for each in fields(options) if getattr(options, each.name))


@dataclass(frozen=True, slots=True)
class Opening:
    """The place of an association's request, or of its answer, in the order of time.

    Attributes:
        sent: We sent it; None: the association was used again, or it did not come so far.
        answer: It is the answer.
    """

    sent: bool | None
    answer: bool = False


class Line(NamedTuple):
    """One thing that happened in an exchange.

    Attributes:
        moment: Monotonic seconds.
        talk: The association; None: between them.
        what: What happened.
    """

    moment: float
    talk: Talk | None
    what: TracedMessage | Event | Opening


@dataclass(frozen=True, slots=True)
class ContextFacts:
    """A presentation context as proposed and answered, by UIDs.

    Attributes:
        result: As PS3.8 9.3.3.2; None: not answered.
        agreed: The transfer syntax in force; empty: none.
    """

    id: int
    abstract_syntax: str
    proposed: tuple[str, ...]
    result: int | None
    agreed: str = ""

    @property
    def outcome(self) -> str:
        """The result in words."""
        return "not answered" if self.result is None else _RESULTS.get(self.result, f"result {self.result}")


def lines_of(exchange: Exchange) -> list[Line]:
    """Everything that is kept of an exchange, in the order of time."""
    found = [Line(event.moment, None, event) for event in tuple(exchange.remarks)]
    for talk in tuple(exchange.talks):
        found += _openings(talk)
        found += [Line(message.moment, talk, message) for message in (*talk.messages, *talk.last)]
    found.sort(key=itemgetter(0))
    return found


def _openings(talk: Talk) -> Iterator[Line]:
    ours = talk.exchange.kind is not Kind.INBOUND
    proposed = talk.request is not None and not talk.reused
    yield Line(talk.begun, talk, Opening(ours if proposed else None))
    if talk.agreed and not talk.reused:
        yield Line(talk.agreed, talk, Opening(not ours, answer=True))


def left_out(exchange: Exchange) -> tuple[int, int]:
    """How many messages, and how many identifiers of messages, are not kept."""
    talks = tuple(exchange.talks)
    return (
        sum(talk.left_out for talk in talks) + exchange.remarks_left_out,
        sum(talk.identifiers_left_out for talk in talks),
    )


def command_of(message: TracedMessage) -> Command | None:
    """Its command set; None if it cannot be read."""
    try:
        return command.decode(message.command)
    except ProtocolFault:
        return None


def contexts_of(talk: Talk) -> list[ContextFacts]:
    """The presentation contexts of an association, in their order."""
    if talk.request is None:
        return []
    answered = talk.answer.contexts if talk.answer is not None else {}
    found = []
    for number, (abstract, proposed) in talk.request.contexts.items():
        result, agreed = answered.get(number, (None, ()))
        code = result if isinstance(result, int) else None
        accepted = agreed[0] if code == 0 and agreed else ""
        found.append(ContextFacts(number, str(abstract), proposed, code, accepted))
    return found


def transfer_syntax_of(talk: Talk, message: TracedMessage) -> str:
    """The transfer syntax of a message's data set; Implicit VR if it is not known."""
    result = talk.answer.contexts.get(message.context) if talk.answer is not None else None
    return result[1][0] if result is not None and result[1] else IMPLICIT_LE


def identifier_of(talk: Talk, message: TracedMessage) -> Reading | None:
    """Its identifier as far as it can be read; None: it has none, or it is not kept."""
    if message.data is None:
        return None
    charset = talk.exchange.node.charset if talk.exchange.node is not None else ""
    return read(message.data, transfer_syntax_of(talk, message), charset)


@lru_cache(maxsize=1024)
def uid_name(uid: str) -> str:
    """The name of a UID in the dictionary; the UID itself if it has none."""
    from pydicom.uid import UID

    return UID(uid).name


def status_words(found: Command) -> str:
    """What the status of a response means; translatable."""
    if not found.is_response or found.status is None:
        return ""
    kind = classify(found.status)
    words = meaning(found.name.removesuffix("-RSP"), found.status)
    if words and kind in (StatusClass.FAILURE, StatusClass.WARNING):
        return UserMessage("{kind}: {words}", kind=UserMessage(_CLASSES[kind]), words=words)
    return UserMessage(_CLASSES[kind])


def counters(found: Command) -> dict[str, int]:
    """The counters of sub-operations that a response tells."""
    named = (
        ("remaining", command.REMAINING),
        ("completed", command.COMPLETED),
        ("failed", command.FAILED),
        ("warning", command.WARNING),
    )
    numbers = ((name, found.number(element)) for name, element in named)
    return {name: number for name, number in numbers if number is not None}
