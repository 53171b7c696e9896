"""The columns of the list of transfers, and the texts of their cells."""

from __future__ import annotations

from enum import IntEnum

from workstation.dicom import display
from workstation.models.transfer import SILENT_SECONDS, Priority, Transfer, TransferState
from workstation.models.translation import image_count, translate


class TransferColumn(IntEnum):
    """The columns."""

    TITLE = 0
    NODE = 1
    PROGRESS = 2
    RATE = 3
    STATE = 4
    SECOND = 5
    ACTION = 6
    DETAILS = 7


CUT_OFF = (TransferColumn.TITLE, TransferColumn.NODE, TransferColumn.STATE)
"""May be too long for their column: the tool tip holds all of it."""


def titles() -> tuple[str, ...]:
    """The titles of the columns."""
    names = translate("Transfer"), translate("Archive"), translate("Progress"), translate("Rate, size")
    return (*names, translate("State"), "", "", "")


def cell(transfer: Transfer, column: TransferColumn) -> str:
    """The text of one cell."""
    match column:
        case TransferColumn.TITLE:
            return transfer.title
        case TransferColumn.NODE:
            return display.plain(transfer.where or transfer.node)
        case TransferColumn.PROGRESS:
            return _progress(transfer)
        case TransferColumn.RATE:
            return _rate(transfer)
        case TransferColumn.STATE:
            return _state(transfer)
        case TransferColumn.SECOND:
            return _second(transfer)
        case TransferColumn.ACTION:
            return _action(transfer)
        case TransferColumn.DETAILS:
            return translate("Details")


def _progress(transfer: Transfer) -> str:
    begun = transfer.state not in (TransferState.QUEUED, TransferState.DEFERRED, TransferState.UNFINISHED)
    if not begun and not transfer.done:
        return ""
    done, expected = transfer.done, transfer.expected
    if expected is None or expected < done:
        return image_count(done)
    if expected == 1:
        return translate("{n} of 1 image", n=done)
    return translate("{n} of {m} images", n=done, m=expected)


def _rate(transfer: Transfer) -> str:
    if not transfer.state.open:
        return display.size(transfer.bytes) if transfer.bytes else ""
    if transfer.state is TransferState.RUNNING and transfer.silent >= SILENT_SECONDS:
        return silence(transfer.silent)
    if not transfer.rate:
        return ""
    left = transfer.seconds_left
    rate = f"{display.size(round(transfer.rate))}/s"
    return rate if left is None else f"{rate}  ·  {display.duration(left)}"


def silence(seconds: float) -> str:
    """That nothing came for so long; no more than that is known of the archive."""
    if seconds < 120:
        return translate("no image for {n} s", n=int(seconds))
    return translate("no image for {n} min", n=int(seconds // 60))


def _state(transfer: Transfer) -> str:
    state, message = transfer.state, transfer.message
    match state:
        case TransferState.CANCELLING:
            return translate("Pausing…") if transfer.pausing else translate("Stopping…")
        case TransferState.ON_HOLD:
            return translate("Paused. Resume goes on with what is missing.")
        case TransferState.CANCELLED:
            return translate("Cancelled")
        case TransferState.PAUSED:
            return _paused(transfer)
        case TransferState.RUNNING:
            return message or transfer.verb or translate("Fetching")
        case TransferState.QUEUED if transfer.priority is Priority.BACKGROUND:
            return message or translate("Waiting in the background")
        case TransferState.QUEUED if transfer.done:
            return message or translate("Waiting, goes on by itself")
    return message or _usual(state)


def _usual(state: TransferState) -> str:
    """What is said of a state where the transfer has no message of its own."""
    match state:
        case TransferState.QUEUED:
            return translate("Waiting")
        case TransferState.COMPLETE:
            return translate("Complete")
        case TransferState.RECEIVED:
            return translate("Received, not verified")
        case TransferState.PARTIAL:
            return translate("Incomplete")
        case TransferState.FAILED:
            return translate("Failed")
        case TransferState.UNFINISHED:
            return translate("Unfinished when the program ended")
    return ""


def _paused(transfer: Transfer) -> str:
    if transfer.resumes_in is None:
        then = translate("It goes on by itself when there is room.")
    else:
        then = translate("Trying again in {time}.", time=display.duration(transfer.resumes_in))
    return " ".join(part for part in (then, transfer.message) if part)  # the end may be cut off


def _action(transfer: Transfer) -> str:
    """The first thing a row offers: Cancel at one place until it has ended, whatever becomes of it."""
    state = transfer.state
    if state is TransferState.RUNNING or state.waits or transfer.pausing:
        return translate("Cancel")
    if state.resumable:
        return translate("Retry") if state is TransferState.FAILED else translate("Resume")
    return "" if state.open else translate("Remove")


def _second(transfer: Transfer) -> str:
    """The second thing a row offers."""
    state = transfer.state
    if state in (TransferState.QUEUED, TransferState.RUNNING) and transfer.may_be_paused:
        return translate("Pause")
    if state is TransferState.DEFERRED:
        return translate("Start")
    if state in (TransferState.PAUSED, TransferState.ON_HOLD):
        return translate("Resume")
    if state is TransferState.UNFINISHED:
        return translate("Forget")
    return translate("Remove") if state.resumable else ""
