"""Classify DIMSE statuses (PS3.7 C), and explain the common ones to the user."""

from __future__ import annotations

from enum import Enum, auto

from workstation.errors import UserMessage

SUCCESS = 0x0000
CANCEL = 0xFE00


class StatusClass(Enum):
    """What a status asks the requester to do."""

    SUCCESS = auto()
    PENDING = auto()
    CANCEL = auto()
    WARNING = auto()
    FAILURE = auto()


def classify(status: int | None) -> StatusClass:
    """The class of a status; an unknown or absent one is a failure."""
    if status == SUCCESS:
        return StatusClass.SUCCESS
    if status is None:
        return StatusClass.FAILURE
    if status in (0xFF00, 0xFF01):
        return StatusClass.PENDING
    if status == CANCEL:
        return StatusClass.CANCEL
    if status >> 12 == 0xB or status in (0x0001, 0x0107, 0x0116):
        return StatusClass.WARNING
    return StatusClass.FAILURE


# (service or "", status, mask) to the end of a message; the first that fits is taken.
_MEANINGS: tuple[tuple[str, int, int, str], ...] = (
    ("C-MOVE", 0xA701, 0xFFFF, "it has no resources to count the matches"),
    ("C-GET", 0xA701, 0xFFFF, "it has no resources to count the matches"),
    ("C-MOVE", 0xA702, 0xFFFF, "it could not send the images to the destination"),
    ("C-GET", 0xA702, 0xFFFF, "it could not send the images on this association"),
    ("C-MOVE", 0xA801, 0xFFFF, "it does not know the destination AE title"),
    ("C-STORE", 0xA700, 0xFF00, "it is out of resources, perhaps its disk is full"),
    ("C-STORE", 0xA900, 0xFF00, "it says that the object does not match its SOP class"),
    ("C-STORE", 0xC000, 0xF000, "it cannot understand the object"),
    ("C-STORE", 0xB000, 0xFFFF, "it changed values of the object"),
    ("C-STORE", 0xB006, 0xFFFF, "it left out elements of the object"),
    ("C-STORE", 0xB007, 0xFFFF, "it says that the object does not match its SOP class"),
    ("", 0xA700, 0xFFFF, "it is out of resources"),
    ("", 0xA900, 0xFF00, "it says that the request does not match its model"),
    ("", 0x0110, 0xFFFF, "it had an internal error"),
    ("", 0x0111, 0xFFFF, "it has this SOP instance already"),
    ("", 0x0112, 0xFFFF, "it has no such SOP instance"),
    ("", 0x0117, 0xFFFF, "the SOP Instance UID is invalid"),
    ("", 0x0118, 0xFFFF, "it does not know the SOP class"),
    ("", 0x0119, 0xFFFF, "the class and the instance do not fit"),
    ("", 0x0122, 0xFFFF, "it does not support this SOP class"),
    ("", 0x0124, 0xFFFF, "it does not allow this to our AE title"),
    ("", 0x0210, 0xFFFF, "it saw the same message twice"),
    ("", 0x0211, 0xFFFF, "it does not know this operation"),
    ("", 0x0212, 0xFFFF, "it calls the message mistyped"),
    ("", 0x0213, 0xFFFF, "it is limited in resources"),
    ("", 0xC000, 0xF000, "it could not process the request"),
)


# As above, to a sentence on what the user can try.
_REMEDIES: tuple[tuple[str, int, int, str], ...] = (
    ("C-FIND", 0xA700, 0xFFFF, "Search for fewer days, or type more letters."),
    ("C-FIND", 0xA900, 0xFF00, "Leave out what you typed in the rarer fields: the archive may not know one."),
    ("C-FIND", 0xC000, 0xF000, "Search for less at once: fewer days, more letters, one modality."),
    ("C-GET", 0xA701, 0xFFFF, "Fetch fewer series at once."),
    ("C-MOVE", 0xA701, 0xFFFF, "Fetch fewer series at once."),
    ("C-GET", 0xA702, 0xFFFF, "Set the retrieve method of the node to C-MOVE."),
    ("C-STORE", 0xA700, 0xFF00, "Send it again when the archive has room."),
    ("", 0xA700, 0xFFFF, "Try again in a while."),
    ("", 0xA900, 0xFF00, "Set another information model, or ask the administrator of the archive."),
    ("", 0x0110, 0xFFFF, "Try again in a while; the archive’s log says more."),
    ("", 0x0122, 0xFFFF, "Echo the node: that shows which services it offers."),
    ("", 0x0124, 0xFFFF, "Ask the administrator of the archive to allow this to our AE title."),
    ("", 0x0211, 0xFFFF, "Echo the node: that shows which services it offers."),
    ("", 0x0213, 0xFFFF, "Try again in a while."),
)


def remedy(service: str, status: int | None) -> str:
    """What the user can try after a failure of ``service``; empty if nothing is known to help."""
    return _first(_REMEDIES, service, status)


def _first(table: tuple[tuple[str, int, int, str], ...], service: str, status: int | None) -> str:
    if status is not None:
        for whose, code, mask, words in table:
            if whose in ("", service) and status & mask == code:
                return UserMessage(words)
    return ""


def meaning(service: str, status: int | None) -> str:
    """The end of a message that explains a failure or warning of ``service``; empty if nothing is known."""
    if status is None:
        return UserMessage("it sent no status")
    return _first(_MEANINGS, service, status)
