"""Sum up all transfers in one line: how many run, how far they are, and what needs the user."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from workstation.dicom import display
from workstation.models.transfer import SILENT_SECONDS, Transfer, TransferState
from workstation.models.transfer_cells import silence
from workstation.models.translation import translate

_GOOD: Final = {TransferState.COMPLETE: "{n} complete", TransferState.RECEIVED: "{n} received"}
_OPEN: Final = {TransferState.RUNNING: "{n} running", TransferState.QUEUED: "{n} waiting"}
_LATER: Final = {TransferState.DEFERRED: "{n} for later"}
_NEEDING: Final = {
    TransferState.PARTIAL: "{n} incomplete",
    TransferState.REFUSED: "{n} refused or unfiled",
    TransferState.ON_HOLD: "{n} paused",
    TransferState.PAUSED: "{n} trying again",
    TransferState.UNFINISHED: "{n} unfinished",
}


@dataclass(frozen=True, slots=True)
class TransferSummary:
    """What the line says.

    Attributes:
        text: How many run and wait, how far they are.
        failed: How many failed, in words; empty: none.
        needs_user: What ended incomplete, is refused or paused, or waits for something, in words.
        share: How much of it is done, 0 to 1; None: nothing runs, or it is not known how much there is.
    """

    text: str
    failed: str = ""
    needs_user: str = ""
    share: float | None = None


def summarise(counts: Mapping[TransferState, int], together: Collection[Transfer]) -> TransferSummary:
    """Sum up.

    Args:
        counts: How many of the whole list are in each state.
        together: Those whose progress is told together: since nothing last ran or waited.
    """
    running = counts.get(TransferState.RUNNING, 0) + counts.get(TransferState.CANCELLING, 0)
    waiting, later = counts.get(TransferState.QUEUED, 0), counts.get(TransferState.DEFERRED, 0)
    failed = counts.get(TransferState.FAILED, 0)
    share = None
    parts = [translate("Transfers"), ", ".join(_told(counts, {**_GOOD, **_LATER}))]
    if running or waiting:
        share, progress = _progress(together)
        parts = [_running(running, waiting, later), progress, *_speed(together)]
    return TransferSummary(
        "  ·  ".join(part for part in parts if part),
        translate("{n} failed", n=failed) if failed else "",
        ", ".join(_needing(counts, together)),
        share,
    )


def _running(running: int, waiting: int, later: int) -> str:
    counts = {TransferState.RUNNING: running, TransferState.QUEUED: waiting, TransferState.DEFERRED: later}
    return ", ".join(_told(counts, {**_OPEN, **_LATER}))


def _told(counts: Mapping[TransferState, int], states: Mapping[TransferState, str]) -> list[str]:
    return [translate(words, n=counts[state]) for state, words in states.items() if counts.get(state)]


def _needing(counts: Mapping[TransferState, int], together: Collection[Transfer]) -> list[str]:
    passcodes = sum(one.needs_passcode for one in together)
    first = [translate("{n} waiting for a passcode", n=passcodes)] if passcodes else []
    return [*first, *_told(counts, _NEEDING)]


def _progress(together: Collection[Transfer]) -> tuple[float | None, str]:
    """How much is done, as a share and in words; without a total where that of one is not known."""
    counted = [one for one in together if one.state is not TransferState.CANCELLED]
    done = sum(one.done for one in counted)
    unknown = any(one.expected is None for one in counted if not one.state.ended)
    total = sum(max(one.done, one.expected or 0) for one in counted)
    if unknown or not total:
        return None, translate("1 image so far") if done == 1 else translate("{n} images so far", n=done)
    if total == 1:
        return done / total, translate("{n} of 1 image", n=done)
    return done / total, translate("{n} of {m} images", n=done, m=total)


def _speed(together: Collection[Transfer]) -> list[str]:
    """How fast, and how long it may still take; or for how long nothing has come."""
    running = [one for one in together if one.state is TransferState.RUNNING]
    if not running:
        return []
    silent = min(one.silent for one in running)
    if silent >= SILENT_SECONDS:
        return [silence(silent)]
    rate = sum(one.rate for one in running)
    words = [f"{display.size(round(rate))}/s"] if rate else []
    return [*words, *filter(None, [_left(together, sum(one.pace for one in running))])]


def _left(together: Collection[Transfer], pace: float) -> str:
    """How long it may still take, roughly: that is all that can be known."""
    to_come = [one for one in together if one.state.open]
    silent = any(one.state is TransferState.RUNNING and one.silent >= SILENT_SECONDS for one in to_come)
    if pace <= 0 or silent or any(one.expected is None for one in to_come):
        return ""
    seconds = sum(max(0, (one.expected or 0) - one.done) for one in to_come) / pace
    if seconds < 60:
        return translate("less than 1 min left")
    minutes = round(seconds / 60)
    if minutes < 60:
        return translate("about {n} min left", n=minutes)
    return translate("about {h} h {m:02d} min left", h=minutes // 60, m=minutes % 60)
