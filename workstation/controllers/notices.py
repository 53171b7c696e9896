"""From typed trouble to a message in the reader's language, and to whoever shows it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot

from workstation.errors import WorkstationError
from workstation.jobs.run import Ended, Ending
from workstation.models.translation import translated


def message(error: WorkstationError) -> str:
    """The message of known trouble in the reader's language."""
    return translated(error.message)


class Notices(QObject):
    """Everything a person should know that is not the answer to what they asked.

    Signals:
        posted: Message, detail, and whether it is calm (no trouble).
    """

    posted = Signal(str, str, bool)
    _heard = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._heard.connect(self.tell, Qt.ConnectionType.QueuedConnection)

    def hear(self, error: WorkstationError) -> None:
        """Known trouble, from any thread."""
        self._heard.emit(error)

    @Slot(object)
    def tell(self, error: WorkstationError) -> None:
        """Known trouble."""
        self.posted.emit(message(error), error.detail, False)

    def note(self, text: str) -> None:
        """Something worth knowing."""
        self.posted.emit(text, "", True)

    def bug(self) -> None:
        """A fault of ours; the log has it."""
        self.posted.emit(self.why(Ended(Ending.CRASHED)), "", False)

    def why(self, ended: Ended) -> str:
        """Why a job did not end well; empty if it did."""
        if ended.error is not None:
            return message(ended.error)
        if ended.ending is Ending.CRASHED:
            return self.tr("Something in this program went wrong. The log file has the details.")
        return ""
