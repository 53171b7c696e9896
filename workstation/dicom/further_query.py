"""Describe a query that asked for something else than what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """How a query differs from what was typed."""

    AS_TYPED = "as typed"
    CAPITALS = "in capitals"
    ANYWHERE = "anywhere in the name"
    GIVEN_NAME = "as a given name"
    AS_FAMILY_AND_GIVEN = "as family and given name"
    TOGETHER = "in one component"
    OTHER_ORDER = "in another order"
    OTHER_SPELLING = "in other spellings"
    ANY_SCRIPT = "for all names in several scripts"
    ALONE = "without the other criteria"


@dataclass(frozen=True, slots=True)
class FurtherQuery:
    """A query that asked for something else than what was typed.

    Attributes:
        reason: How it differs.
        value: The key's value.
        fitting: Rows that fit what was typed.
        stopped: There were more answers than were waited for.
        refused: The archive did not take it.
        first: It came in the place of the one as typed, which was not asked.
    """

    reason: Reason
    value: str
    fitting: int = 0
    stopped: bool = False
    refused: bool = False
    first: bool = False
