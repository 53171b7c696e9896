"""What was said on the wire, for the log, ``-v`` and the inspector.

Nobody listening costs one comparison a message. By default an event holds no patient data: names of
messages, statuses, sizes, SOP classes; never an identifier, an instance UID, an identity or a passcode.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """One PDU or message.

    Attributes:
        sent: We said it; False: the peer did.
        what: Its name: "A-ASSOCIATE-RQ", "C-FIND-RSP".
        facts: Names and values for a developer, already free of patient data.
        moment: Monotonic seconds.
    """

    sent: bool
    what: str
    facts: dict[str, object] = field(default_factory=dict)
    moment: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        facts = " ".join(f"{name}={value}" for name, value in self.facts.items() if value not in (None, ""))
        return f"{'→' if self.sent else '←'} {self.what} {facts}".rstrip()


Observer = Callable[[Event], None]
"""Takes an event on the association's thread; must be quick and must not raise."""
