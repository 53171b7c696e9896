"""A source to tick, and beside it how it stands in the running search."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QWidget

from workstation.models import texts
from workstation.models.answering import Phase, SourceState


class SourceBox(QWidget):
    """A check box with a chip.

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
        self.state: SourceState | None = None
        self.box = QCheckBox(name.replace("&", "&&"))
        self.box.setChecked(ticked)
        self.box.setToolTip(self.tr("Search here"))
        self.box.toggled.connect(self.toggled)
        self.chip = QLabel()
        self.chip.setTextFormat(Qt.TextFormat.PlainText)
        self.chip.setObjectName("chip")
        self.link = QPushButton()
        self.link.setObjectName("link")
        self.link.clicked.connect(self._linked)
        self.setFixedHeight(26)  # with a link or without, boxes stand in one line
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for part in (self.box, self.chip, self.link):
            row.addWidget(part)
        self.set_state(None)

    def set_state(self, state: SourceState | None) -> None:
        """Say how it stands; None: not asked."""
        self.state = state
        text, link = self._words(state)
        self.chip.setText(text)
        self.chip.setVisible(bool(text))
        none_found = state is not None and state.phase is Phase.DONE and not state.found
        self.chip.setProperty("phase", "" if state is None or none_found else state.phase.value)
        self.chip.style().polish(self.chip)
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
