"""How fast data may be fetched from and sent to a node."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workstation.dicom.hours import Hours
from workstation.errors import BadInput, UserMessage

LEAST_MEGABITS, MOST_MEGABITS = 0.1, 100_000.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit for all associations with a node together, each direction counting.

    Attributes:
        megabits: Megabits a second, at most; of 1,000,000 bits.
        hours: The hours of the day in which it holds, in local time; None: always.
    """

    megabits: float
    hours: Hours | None = None

    def __post_init__(self) -> None:
        check_megabits(self.megabits)

    def __str__(self) -> str:
        text = f"{self.megabits:g} Mbit/s"
        return text if self.hours is None else f"{text} {self.hours}"

    @property
    def bytes_a_second(self) -> float:
        """The same in bytes a second."""
        return self.megabits * 1e6 / 8


def check_megabits(megabits: float) -> float:
    """Return ``megabits`` if they are valid as a limit, else raise :class:`BadInput`."""
    if not math.isfinite(megabits) or not LEAST_MEGABITS <= megabits <= MOST_MEGABITS:
        raise BadInput(
            "limit in Mbit/s",
            f"{megabits:g}",
            UserMessage("{least:g} to {most:g}.", least=LEAST_MEGABITS, most=MOST_MEGABITS),
        )
    return megabits
