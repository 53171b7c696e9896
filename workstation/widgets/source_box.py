"""A source to tick, and beside it how it stands."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QWidget

from workstation.models import texts
from workstation.models.answering import Phase, SourceState
from workstation.widgets.theme import mark


class SourceBox(QWidget):
    """A check box with a chip. What keeps the source from answering goes before how its answer stands.

    Attributes:
        answer: Its part in the search; None: not asked.
        standing: Why it cannot answer now; None: it can.

    Signals:
        toggled: Ticked or not.
        load_all_requested: The rest of an answer that was cut off is wanted.
        details_requested: Sentence and detail of a failure are to be shown.
    """

    toggled = Signal(bool)
    load_all_requested = Signal()
    details_requested = Signal(str, str)

    def __init__(self, name: str, *, ticked: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.answer: SourceState | None = None
        self.standing: SourceState | None = None
        self.box = QCheckBox(name.replace("&", "&&"))
        self.box.setChecked(ticked)
        self.box.setToolTip(self.tr("Search here"))
        self.box.toggled.connect(self.toggled)
        self.chip = QLabel()
        self.chip.setTextFormat(Qt.TextFormat.PlainText)
        self.chip.setObjectName("chip")
        self.link = QPushButton()
        self.link.setObjectName("link")
        self.link.setAutoDefault(True)
        self.link.clicked.connect(self._linked)
        self.setFixedHeight(26)  # with a link or without, boxes stand in one line
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for part in (self.box, self.chip, self.link):
            row.addWidget(part)
        self._say()

    @property
    def state(self) -> SourceState | None:
        """What the chip says."""
        return self.standing or self.answer

    def set_answer(self, state: SourceState | None) -> None:
        """Say how its part in the search stands."""
        self.answer = state
        self._say()

    def set_standing(self, state: SourceState | None) -> None:
        """Say why it cannot answer now."""
        self.standing = state
        self._say()

    def _say(self) -> None:
        state = self.state
        text, link = self._words(state)
        self.chip.setText(text)
        self.chip.setVisible(bool(text))
        none_found = state is not None and state.phase is Phase.DONE and not state.found
        mark(self.chip, "phase", "" if state is None or none_found else state.phase.value)
        self.chip.setToolTip("" if state is None else texts.tool_tip(self._explained(state)))
        self.link.setText(link)
        self.link.setVisible(bool(link))
        self.link.setAccessibleName(f"{link} {self.name}" if link else "")
        self.updateGeometry()

    def _words(self, state: SourceState | None) -> tuple[str, str]:
        if state is None:
            return "", ""
        if state.phase is Phase.CHECKING:
            return self.tr("checking…"), ""
        if state.phase is Phase.SEARCHING:
            text = self.tr("searching…")
            return (f"{state.found} · {text}" if state.found else text), ""
        if state.phase is Phase.FAILED:
            return self.tr("failed"), self.tr("Details")
        if state.phase is Phase.INCOMPLETE:
            return (
                self.tr("first {n}").format(n=state.found),
                self.tr("Load all") if state.loadable else "",
            )
        if state.phase is Phase.STOPPED:
            return self.tr("{n} found, stopped").format(n=state.found), ""
        found = self.tr("{n} found in capitals") if state.capitals else self.tr("{n} found")
        return found.format(n=state.found), ""

    def _explained(self, state: SourceState) -> str:
        if state.capitals:
            return self.tr(
                "This archive tells capital letters from small ones: it was asked again in capitals."
            )
        return state.sentence

    def _linked(self) -> None:
        if self.state is None:
            return
        if self.state.phase is Phase.FAILED:
            self.details_requested.emit(self.state.sentence, self.state.detail)
        elif self.state.loadable:
            self.load_all_requested.emit()
