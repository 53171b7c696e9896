"""Turns errors into messages in the user's language and emits them to be shown."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot

from workstation.errors import WorkstationError
from workstation.jobs.mailbox import Mailbox
from workstation.jobs.run import Ended, Ending
from workstation.models.translation import translated


def message(error: WorkstationError) -> str:
    """The message of a known error in the user's language, and what can be tried."""
    return f"{translated(error.message)} {translated(error.what_to_try)}".rstrip()


class Notices(QObject):
    """Messages to the user that are not the answer to what was asked for.

    Signals:
        posted: Message, detail, and whether it is calm (no error).
    """

    posted = Signal(str, str, bool)
    _rung = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._queued = Mailbox[WorkstationError](self._rung.emit)
        self._rung.connect(self._show_queued, Qt.ConnectionType.QueuedConnection)

    def queue_error(self, error: WorkstationError) -> None:
        """Show a known error; may be called from any thread."""
        self._queued.put(error)

    @Slot()
    def _show_queued(self) -> None:
        for error in self._queued.take():
            self.show_error(error)

    def show_error(self, error: WorkstationError) -> None:
        """Show a known error."""
        self.posted.emit(message(error), error.detail, False)

    def show_note(self, text: str) -> None:
        """Show a message that is no error."""
        self.posted.emit(text, "", True)

    def show_bug(self) -> None:
        """Tell the user of a bug of ours; the log has it."""
        self.posted.emit(self.why(Ended(Ending.CRASHED)), "", False)

    def report(self, ended: Ended) -> None:
        """Show why a job failed or crashed; nothing for other ends."""
        if ended.error is not None:
            self.show_error(ended.error)
        elif ended.ending is Ending.CRASHED:
            self.show_bug()

    def why(self, ended: Ended) -> str:
        """Why a job did not end well; empty if it did."""
        if ended.error is not None:
            return message(ended.error)
        if ended.ending is Ending.CRASHED:
            return self.tr("Something in this program went wrong. The log file has the details.")
        return ""
