"""All that was answered about one step of a worklist."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from workstation.dicom.dataset_listing import dataset_lines
from workstation.dicom.worklist import WorklistStep
from workstation.models import worklist_texts
from workstation.widgets.elided_label import ElidedLabel

_MOST_LINES = 5000
"""Of the elements on show; an answer may have tens of thousands."""
_STEPS, _ITEM = "(0040,0100)", "  item"
"""How :func:`dataset_lines` begins the sequence of steps, and each item of it."""


class WorklistStepPanel(QWidget):
    """Whose step it is with what is to be said of it, and the elements of its answer, long values wrapped."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.about = ElidedLabel()
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self.elements = QPlainTextEdit()
        self.elements.setReadOnly(True)
        self.elements.setTabChangesFocus(True)
        self.elements.setAccessibleName(self.tr("All that was answered about the chosen step"))
        self.elements.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(6)
        column.addWidget(self.about)
        column.addWidget(self.elements, 1)

    def show_step(self, step: WorklistStep | None) -> None:
        """Show a step; None: none is chosen."""
        if step is None:
            self.about.setText(self.tr("No step is chosen"))
            self.elements.clear()
            return
        self.about.setText("  ·  ".join([worklist_texts.who(step), *worklist_texts.remarks(step)]))
        lines = list(islice(dataset_lines(step.elements), _MOST_LINES + 1))
        if len(lines) > _MOST_LINES:
            lines[_MOST_LINES] = self.tr("… there is more: “workstation find --model worklist” prints all.")
        text = "\n".join(lines)
        if text != self.elements.toPlainText():
            self.elements.setPlainText(text)
        if step.items > 1:
            self._scroll_to(lines, f"{_ITEM} {step.item}")

    def _scroll_to(self, lines: Sequence[str], line: str) -> None:
        """Make a line of the steps the first that is seen, if there are enough below it."""
        begin = next((at for at, text in enumerate(lines) if text.startswith(_STEPS)), 0)
        if line in lines[begin:]:
            self.elements.verticalScrollBar().setValue(lines.index(line, begin))
