"""Describe PDUs and messages, for the log, ``-v`` and the inspector.

Without an observer it costs one comparison a message. By default an event holds no patient data: names of
messages, statuses, sizes, SOP classes; never an identifier, an instance UID, an identity or a passcode.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from workstation.network.command import COMPLETED, FAILED, REMAINING, WARNING, Command


@dataclass(frozen=True, slots=True)
class Event:
    """One PDU or message.

    Attributes:
        sent: We sent it; False: the peer did; None: it was decided here.
        what: Its name: "A-ASSOCIATE-RQ", "C-FIND-RSP".
        facts: Names and values for a developer, already free of patient data.
        moment: Monotonic seconds.
    """

    sent: bool | None
    what: str
    facts: dict[str, object] = field(default_factory=dict)
    moment: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        facts = " ".join(f"{name}={value}" for name, value in self.facts.items() if value not in (None, ""))
        mark = "·" if self.sent is None else "→" if self.sent else "←"
        return f"{mark} {self.what} {facts}".rstrip()


Observer = Callable[[Event], None]
"""Takes an event on the association's thread; must be quick and must not raise.

One that has a method ``identifier(sent, data, transfer_syntax)`` is given the bytes of each identifier, too:
patient data, for the user that asked to see it.
"""

TakeIdentifier = Callable[[bool, bytes, str], None]


def identifiers_of(observer: Observer | None) -> TakeIdentifier | None:
    """What takes the identifiers; None: they are not wanted."""
    return getattr(observer, "identifier", None)


def remark(observer: Observer | None, words: str) -> None:
    """Tell what was decided, in words without patient data: translatable ones."""
    if observer is not None:
        observer(Event(None, words))


def message_event(sent: bool, context_id: int, found: Command, length: int = 0) -> Event:
    """The event of a message: its context, IDs, status and counters, and ``length`` bytes of data."""
    facts: dict[str, object] = {"context": context_id, "id": found.message_id or found.responded_id}
    if found.status is not None:
        facts["status"] = f"0x{found.status:04X}"
    if found.is_response:
        numbers = [found.number(counter) for counter in (REMAINING, COMPLETED, FAILED, WARNING)]
        if any(number is not None for number in numbers):
            facts["remaining/completed/failed/warning"] = "/".join(
                "-" if number is None else str(number) for number in numbers
            )
    if length:
        facts["bytes"] = length
    elif found.has_data:
        facts["data"] = "yes"
    return Event(sent, found.name, facts)
