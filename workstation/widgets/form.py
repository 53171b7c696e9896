"""A form of labelled fields, each with a note that shows a hint or an error."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLayout, QLineEdit, QWidget
from typing_extensions import override

from workstation.errors import BadInput
from workstation.models.translation import translated
from workstation.widgets.theme import mark

LABELS, FIELDS, NOTES = 170, 250, 230
"""Minimum widths of the three columns, in pixels."""

_HEIGHT = 30


class Line(QLineEdit):
    """A line edit that signals when it loses the focus.

    Signals:
        left: It lost the focus.
    """

    left = Signal()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class Note(QLabel):
    """The text beside a field: a hint, or the error."""

    def __init__(self, hint: str = "") -> None:
        super().__init__(hint)
        self._hint = hint
        self.setObjectName("note")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setFixedWidth(NOTES)

    def show_error(self, text: str) -> None:
        """Show an error; without one, the hint."""
        self.setText(text or self._hint)
        mark(self, "error", bool(text))


class Entry(QObject):
    """A line edit with a note, and a check of its text.

    What is wrong is shown as soon as something was typed; that a line is still empty only when it was left.

    Signals:
        changed: The text changed.
    """

    changed = Signal()

    def __init__(self, text: str, check: Callable[[str], object], hint: str = "") -> None:
        """``check`` raises BadInput for a text that is not valid."""
        line = Line(text)
        super().__init__(line)  # without a parent it would end wherever Python collects garbage
        self.line = line
        self.line.setCursorPosition(0)
        self.note = Note(hint)
        self._check = check
        self._touched = bool(text)
        self.line.textChanged.connect(self._typed)
        self.line.left.connect(self.touch)

    @property
    def text(self) -> str:
        """The text without surrounding blanks."""
        return self.line.text().strip()

    @property
    def error(self) -> BadInput | None:
        """The error of the text; None if it is valid or the entry is disabled."""
        if not self.line.isEnabled():
            return None
        try:
            self._check(self.text)
        except BadInput as error:
            return error
        return None

    @property
    def in_error(self) -> bool:
        """Whether an error is shown."""
        return self._touched and self.error is not None

    def touch(self) -> None:
        """From now on show an error for an empty text too."""
        self._touched = True
        self.refresh()

    def refresh(self) -> None:
        """Check again, because something the check depends on changed."""
        error = self.error if self._touched else None
        advice = translated(error.advice) if error is not None else ""
        self.note.show_error(advice[:1].upper() + advice[1:])
        mark(self.line, "error", error is not None)
        self.line.setAccessibleDescription(str(error) if error is not None else "")

    def _typed(self) -> None:
        self._touched = self._touched or bool(self.text)
        self.refresh()
        self.changed.emit()


class Form(QGridLayout):
    """A grid of rows: label, field, note."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setContentsMargins(16, 14, 16, 14)
        self.setHorizontalSpacing(12)
        self.setVerticalSpacing(8)
        self.setColumnMinimumWidth(0, LABELS)
        self.setColumnMinimumWidth(1, FIELDS)
        self.setColumnStretch(1, 1)

    def entry(self, label: str, entry: Entry) -> None:
        """Add an entry."""
        self.field(label, entry.line, entry.note)

    def field(self, label: str, field: QWidget, note: QWidget | None = None) -> None:
        """Add any field; its label is its buddy."""
        field.setMinimumHeight(_HEIGHT)
        self._row(label, field).addWidget(field, self.rowCount() - 1, 1)
        self.addWidget(note or Note(), self.rowCount() - 1, 2)

    def compound(self, label: str, fields: QLayout, buddy: QWidget, note: QWidget) -> None:
        """Add several widgets as one field."""
        self._row(label, buddy).addLayout(fields, self.rowCount() - 1, 1)
        self.addWidget(note, self.rowCount() - 1, 2)

    def across(self, widget: QWidget) -> None:
        """Add a widget over the whole width."""
        self.addWidget(widget, self.rowCount(), 0, 1, 3)

    def end(self) -> None:
        """Add the stretch below the last row."""
        self.setRowStretch(self.rowCount(), 1)

    def _row(self, label: str, buddy: QWidget) -> Form:
        text = QLabel(label)
        text.setBuddy(buddy)
        buddy.setAccessibleName(label.replace("&", ""))
        self.addWidget(text, self.rowCount(), 0)
        return self
