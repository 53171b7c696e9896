"""From typed trouble to a sentence in the reader's language, and to whoever shows it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot

from workstation.errors import WorkstationError
from workstation.jobs.run import Ended, Ending
from workstation.models.wording import translated


def sentence(trouble: WorkstationError) -> str:
    """The sentence of known trouble in the reader's language."""
    return translated(trouble.sentence)


class Notices(QObject):
    """Everything a person should know that is not the answer to what they asked.

    Signals:
        posted: Sentence, detail, and whether it is calm (no trouble).
    """

    posted = Signal(str, str, bool)
    _heard = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._heard.connect(self.tell, Qt.ConnectionType.QueuedConnection)

    def hear(self, trouble: WorkstationError) -> None:
        """Known trouble, from any thread."""
        self._heard.emit(trouble)

    @Slot(object)
    def tell(self, trouble: WorkstationError) -> None:
        """Known trouble."""
        self.posted.emit(sentence(trouble), trouble.detail, False)

    def note(self, text: str) -> None:
        """Something worth knowing."""
        self.posted.emit(text, "", True)

    def bug(self) -> None:
        """A fault of ours; the log has it."""
        self.posted.emit(self.why(Ended(Ending.CRASHED)), "", False)

    def why(self, ended: Ended) -> str:
        """Why a job did not end well; empty if it did."""
        if ended.trouble is not None:
            return sentence(ended.trouble)
        if ended.ending is Ending.CRASHED:
            return self.tr("Something in this program went wrong. The log file has the details.")
        return ""
