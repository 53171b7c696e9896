"""What the dialogs of a study's labels and of its note have in common."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from workstation.widgets.dialog_buttons import ok_and_cancel
from workstation.widgets.python_slot import python_slot
from workstation.widgets.theme import mark

_SAVE = ("Ctrl+Return", "Ctrl+Enter")
"""Enter alone is taken by what is typed into."""


class StudyMarkDialog(QDialog):
    """Fields with a hint below them, Save and Cancel. Ctrl+Enter saves.

    Attributes:
        hint: Where it is kept, or what is wrong.
        buttons: Save and Cancel.
        ok: Save.
    """

    def __init__(self, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.hint = _label("")
        self.hint.setObjectName("note")
        self.hint.setMinimumHeight(2 * self.hint.fontMetrics().lineSpacing())  # so much may stand there
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.buttons = ok_and_cancel(self.tr("Save"))
        self.ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setToolTip(QKeySequence(_SAVE[0]).toString(QKeySequence.SequenceFormat.NativeText))
        self.buttons.accepted.connect(self.save)
        self.buttons.rejected.connect(python_slot(self.reject))
        for key in _SAVE:
            QShortcut(QKeySequence(key), self).activated.connect(self.save)

    @abstractmethod
    def save(self) -> None:
        """Accept the dialog, if what was entered can be kept."""

    def lay_out(self, what: str, *fields: QWidget) -> None:
        """Show ``what``, the studies meant, above the fields; the last one takes the height that is left."""
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        for widget in (_label(what), *fields, self.hint, self.buttons):
            column.addWidget(widget, 1 if widget is fields[-1] else 0)

    def say(self, text: str, *, wrong: bool = False) -> None:
        """Show a hint, or what is ``wrong``."""
        self.hint.setText(text)
        mark(self.hint, "error", wrong)


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
