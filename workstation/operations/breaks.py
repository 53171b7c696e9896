"""Name what was being fetched when an association broke."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.dicom.targets import Target
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    NetworkError,
    ProtocolError,
    TimedOut,
    UserMessage,
)
from workstation.operations.fetch import RetrieveService

BREAKS = (AssociationAborted, ConnectionLost, ProtocolError, TimedOut)
"""How an association ends that an archive breaks off in the middle of a request."""


@dataclass(slots=True, eq=False, kw_only=True)
class Break:
    """One request that was not answered to its end.

    Attributes:
        service: C-GET or C-MOVE.
        target: What was asked for.
        uids: The SOP Instance UIDs it was to bring, in the order of the request; None: all of the target.
        error: How the association ended.
        came: How many instances had come that were not here before.
        rest: How many others were open then.
        served: Another association was served afterwards, before it broke, too.
    """

    service: RetrieveService
    target: Target
    error: NetworkError
    came: int
    uids: tuple[str, ...] | None = None
    rest: int = 0
    served: bool = False


def reason_to_give_up(node: str, error: NetworkError) -> UserMessage:
    """Why an image is not asked for again over which an association broke when it was asked for alone."""
    if isinstance(error, TimedOut):
        words = "{node} sent nothing for {seconds:g} seconds when it was asked for this image alone."
        return UserMessage(words, node=node, seconds=error.seconds)
    return UserMessage("{node} ended the association when it was asked for this image alone.", node=node)
