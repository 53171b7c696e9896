"""Reads and writes the note of a study."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget
from typing_extensions import override

from workstation.dicom.study_mark import LONGEST_NOTE, check_note
from workstation.errors import BadInput
from workstation.models.translation import translated
from workstation.widgets.scrolling import fit
from workstation.widgets.study_mark_dialog import StudyMarkDialog


class NoteDialog(StudyMarkDialog):
    """A text of several lines. Ctrl+Enter saves; Esc leaves it, after a second press if something changed.

    Attributes:
        text: Where it is typed.
    """

    def __init__(self, what: str, note: str, parent: QWidget | None = None, *, several: bool = False) -> None:
        """``what``: of which study; ``several``: the text is added to the notes of several."""
        super().__init__(self.tr("Add to the notes") if several else self.tr("Note"), parent)
        self._before = note
        self._warned = False
        self._usual = (
            self.tr("It is added below the note of each of these studies.")
            if several
            else self.tr("Kept on this computer only, never sent with the study. Ctrl+Enter saves.")
        )
        self.text = QPlainTextEdit(note)
        self.text.setTabChangesFocus(True)
        self.text.document().setDocumentMargin(7)
        self.text.setAccessibleName(self.windowTitle())
        self.text.moveCursor(QTextCursor.MoveOperation.End)
        self.text.textChanged.connect(self._follow)
        self.lay_out(what, self.text)
        self._follow()
        self.text.setFocus()
        fit(self, QSize(460, 340))

    @property
    def note(self) -> str:
        """The text as it is kept.

        Raises:
            BadInput: It is too long, or cannot be kept.
        """
        return check_note(self.text.toPlainText())

    def _follow(self) -> None:
        """Say what is wrong, else how much room is left where little is, else what is usual."""
        self._warned = False
        wrong, hint = "", self._usual
        try:
            left = LONGEST_NOTE - len(self.note)
            if left < LONGEST_NOTE // 10:
                hint = self.tr("Room for {n} more characters.").format(n=left)
        except BadInput as bad:
            wrong = translated(bad.message)
        self.say(wrong or hint, wrong=bool(wrong))
        self.ok.setEnabled(not wrong)

    @override
    def save(self) -> None:
        if self.ok.isEnabled():
            self.accept()

    @override
    def reject(self) -> None:
        """Leave the note as it was; ask first if something was typed."""
        if self.text.toPlainText() != self._before and not self._warned:
            self._warned = True
            self.say(
                self.tr("What you changed is not saved. Esc or Cancel again discards it, Ctrl+Enter saves."),
                wrong=True,
            )
            self.text.setFocus()
        else:
            super().reject()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.reject()  # not QDialog's own, which would be done with it
        else:
            super().keyPressEvent(event)
