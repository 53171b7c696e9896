"""From typed trouble to a sentence in the reader's language, and to whoever shows it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, Signal

from workstation.errors import Sentence, WorkstationError
from workstation.jobs.run import Ended, Ending


def sentence(trouble: WorkstationError) -> str:
    """The sentence of known trouble in the reader's language."""
    return translated(trouble.sentence)


def translated(text: str) -> str:
    """A sentence of ours in the reader's language: each template is translated, then filled in.

    The context of all of them is "errors". What is no :class:`Sentence` is somebody else's words, and stays.
    """
    if not isinstance(text, Sentence):
        return text
    template = QCoreApplication.translate("errors", text.template)
    facts = {name: translated(fact) if isinstance(fact, str) else fact for name, fact in text.facts.items()}
    return template.format(**facts) if facts else template


class Notices(QObject):
    """Everything a person should know that is not the answer to what they asked.

    Signals:
        posted: Sentence, detail, and whether it is calm (no trouble).
    """

    posted = Signal(str, str, bool)

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
