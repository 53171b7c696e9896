"""What the user says of an archive: which earlier studies are fetched beside one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workstation.errors import BadInput, UserMessage

MAX_PRIORS = 10
MAX_MONTHS = 600


class Likeness(StrEnum):
    """What an earlier study must have in common with the current one."""

    ANY = "any"
    MODALITY = "modality"
    BODY_PART = "body part"


@dataclass(frozen=True, slots=True)
class PriorRule:
    """Which earlier studies of an archive are fetched beside one that the user fetches.

    Attributes:
        studies: The last ones, so many at most.
        likeness: What they have in common with it.
        months: Not older than so many months at its date; 0: of any age.
    """

    studies: int = 3
    likeness: Likeness = Likeness.MODALITY
    months: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.studies <= MAX_PRIORS:
            raise BadInput(
                "number of priors", str(self.studies), UserMessage("1 to {most}.", most=MAX_PRIORS)
            )
        if not 0 <= self.months <= MAX_MONTHS:
            raise BadInput("number of months", str(self.months), _up_to(0, MAX_MONTHS))


def _up_to(least: int, most: int) -> UserMessage:
    return UserMessage("{least} to {most}.", least=least, most=most)
