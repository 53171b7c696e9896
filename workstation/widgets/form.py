"""Lines of a form: a label, a field, and beside it a hint that turns into what is wrong."""

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
"""Widths of the three columns, in pixels, at least."""

_HEIGHT = 30


class Line(QLineEdit):
    """A line of text that says when the focus leaves it.

    Signals:
        left: The focus went elsewhere, changed or not.
    """

    left = Signal()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class Note(QLabel):
    """The words beside a field: quiet advice, or what is wrong."""

    def __init__(self, hint: str = "") -> None:
        super().__init__(hint)
        self._hint = hint
        self.setObjectName("note")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setFixedWidth(NOTES)

    def show_error(self, text: str) -> None:
        """Say what is wrong; the hint again when nothing is."""
        self.setText(text or self._hint)
        mark(self, "error", bool(text))


class Entry(QObject):
    """A line of text and the note beside it.

    What is wrong is shown as soon as something was typed; that a line is still empty only when it was left.

    Signals:
        changed: The text is another.
    """

    changed = Signal()

    def __init__(self, text: str, check: Callable[[str], object], hint: str = "") -> None:
        """An entry that ``check`` accepts or raises BadInput for."""
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
        """What stands there, without blanks around it."""
        return self.line.text().strip()

    @property
    def error(self) -> BadInput | None:
        """What is wrong with it; None if nothing is, or while it cannot be used at all."""
        if not self.line.isEnabled():
            return None
        try:
            self._check(self.text)
        except BadInput as error:
            return error
        return None

    @property
    def in_error(self) -> bool:
        """Something is wrong, and said."""
        return self._touched and self.error is not None

    def touch(self) -> None:
        """From now on say also that it is empty."""
        self._touched = True
        self.refresh()

    def refresh(self) -> None:
        """Look again: what it depends on has changed."""
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
    """Lines one below the other: label, field, note."""

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
        """Keep the lines together at the top."""
        self.setRowStretch(self.rowCount(), 1)

    def _row(self, label: str, buddy: QWidget) -> Form:
        text = QLabel(label)
        text.setBuddy(buddy)
        buddy.setAccessibleName(label.replace("&", ""))
        self.addWidget(text, self.rowCount(), 0)
        return self
