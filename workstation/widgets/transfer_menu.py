"""The menu of a listed transfer, and what can be done with all of them."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from workstation.models.transfer import Transfer, TransferState


class TransferAction(StrEnum):
    """What can be done with a transfer, or with all."""

    HURRY = "hurry"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    UP = "up"
    DOWN = "down"
    DETAILS = "details"
    REMOVE = "remove"
    PAUSE_ALL = "pause all"
    RESUME_ALL = "resume all"
    RETRY_ALL = "retry all"
    CANCEL_ALL = "cancel all"
    CLEAR = "clear finished"


OF_ALL = (
    *(TransferAction.PAUSE_ALL, TransferAction.RESUME_ALL, TransferAction.RETRY_ALL),
    *(TransferAction.CANCEL_ALL, TransferAction.CLEAR),
)


def possible(transfer: Transfer) -> set[TransferAction]:
    """What can be done with one transfer now."""
    state, can = transfer.state, {TransferAction.DETAILS}
    if state.waits:
        can |= {TransferAction.UP, TransferAction.DOWN, TransferAction.HURRY}
    if transfer.may_be_paused:
        can.add(TransferAction.PAUSE)
    if state.resumable and state is not TransferState.DEFERRED:  # that one is started
        can.add(TransferAction.RESUME)
    if state.waits or (state.open and (state is not TransferState.CANCELLING or transfer.pausing)):
        can.add(TransferAction.CANCEL)
    if state.ended or state is TransferState.UNFINISHED:
        can.add(TransferAction.REMOVE)
    return can


class TransferMenu(QMenu):
    """The menu of one transfer; without one, of all.

    Signals:
        chosen: A :class:`TransferAction`.
    """

    chosen = Signal(object)

    def __init__(self, transfer: Transfer | None, of_all: set[TransferAction], parent: QWidget) -> None:
        super().__init__(parent)
        can = possible(transfer) | of_all if transfer is not None else of_all
        again = transfer is not None and transfer.state in (TransferState.FAILED, TransferState.PARTIAL)
        titles = {
            TransferAction.HURRY: self.tr("Start now"),
            TransferAction.PAUSE: self.tr("Pause"),
            TransferAction.RESUME: self.tr("Retry") if again else self.tr("Resume"),
            TransferAction.CANCEL: self.tr("Cancel"),
            TransferAction.UP: self.tr("Move up"),
            TransferAction.DOWN: self.tr("Move down"),
            TransferAction.DETAILS: self.tr("Details"),
            TransferAction.REMOVE: self.tr("Remove from the list"),
            TransferAction.PAUSE_ALL: self.tr("Pause all"),
            TransferAction.RESUME_ALL: self.tr("Resume all"),
            TransferAction.RETRY_ALL: self.tr("Retry all incomplete"),
            TransferAction.CANCEL_ALL: self.tr("Cancel all"),
            TransferAction.CLEAR: self.tr("Clear finished"),
        }
        for action, title in titles.items():
            if transfer is None and action not in OF_ALL:
                continue
            if transfer is not None and action in (TransferAction.UP, TransferAction.PAUSE_ALL):
                self.addSeparator()
            entry = self.addAction(title + _KEYS.get(action, ""))
            entry.setEnabled(action in can)
            entry.triggered.connect(lambda _=False, action=action: self.chosen.emit(action))


_KEYS = {
    TransferAction.UP: "\tAlt+↑",
    TransferAction.DOWN: "\tAlt+↓",
    TransferAction.REMOVE: "\tDel",
    TransferAction.PAUSE: "\tSpace",
    TransferAction.RESUME: "\tSpace",
}
"""Shown only: :class:`~workstation.widgets.transfers_table.TransfersTable` takes them."""
