"""Tells when transfers begin and end to run, all of them together."""

from __future__ import annotations

import time
from collections import Counter

from PySide6.QtCore import QObject, Signal

from workstation.models.transfer import TransferState
from workstation.models.transfers_model import TransfersModel
from workstation.models.translation import translate


class TransferActivity(QObject):
    """Follows the list of transfers.

    Signals:
        running: Whether any transfer runs or waits to.
        to_come: Whether any runs, waits to, or starts by itself at its hours: a computer that sleeps misses
            them.
        ended: None runs or waits any more: how many seconds it took, and how they ended, without anything of
            a patient; empty if the user cancelled all, or asked for none.
    """

    running = Signal(bool)
    to_come = Signal(bool)
    ended = Signal(float, str)

    def __init__(self, model: TransfersModel) -> None:
        super().__init__()
        self._model = model
        self._begun: float | None = None
        self._to_come = False
        for changed in (model.rowsInserted, model.rowsRemoved, model.dataChanged):
            changed.connect(self._look)

    def _look(self) -> None:
        running = self._model.running_count > 0
        to_come = running or self._model.counts[TransferState.DEFERRED] > 0
        if to_come != self._to_come:
            self._to_come = to_come
            self.to_come.emit(to_come)
        if running == (self._begun is not None):
            return
        begun, self._begun = self._begun, time.monotonic() if running else None
        self.running.emit(running)
        if begun is not None:
            self.ended.emit(time.monotonic() - begun, self._outcome())

    def _outcome(self) -> str:
        states = Counter(one.state for one in self._model.round.values() if not one.unasked)
        complete = states[TransferState.COMPLETE] + states[TransferState.RECEIVED]
        paused = states[TransferState.PAUSED] + states[TransferState.ON_HOLD]
        parts = [
            translate("1 transfer complete") if complete == 1 else "",
            translate("{n} transfers complete", n=complete) if complete > 1 else "",
        ]
        for number, words in (
            (states[TransferState.PARTIAL], "{n} incomplete"),
            (states[TransferState.FAILED], "{n} failed"),
            (paused, "{n} paused"),
        ):
            parts.append(translate(words, n=number) if number else "")
        return ", ".join(filter(None, parts))
