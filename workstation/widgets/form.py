"""A form of labelled fields, each with a note that shows a hint or an error."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLayout, QLineEdit, QWidget
from typing_extensions import override

from workstation.errors import BadInput
from workstation.models.translation import translated
from workstation.widgets.theme import mark

LABELS, FIELDS, NOTES = 170, 250, 230
"""Minimum widths of the three columns, in pixels."""
_NARROW_FIELDS = 180
"""Minimum width of the fields where the notes are below them."""

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
    """A grid of rows: label, field, note; where that is too wide, the note is below the field."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        parent.installEventFilter(self)
        self._notes: list[tuple[int, QWidget]] = []  # and the row of each
        self._silent: list[QWidget] = []  # those that never say anything
        self._labels: list[QLabel] = []
        self._fields: list[QWidget] = []
        self._across: list[QWidget] = []
        self._narrow, self._width = False, 0
        self.setContentsMargins(16, 14, 16, 14)
        self.setHorizontalSpacing(12)
        self.setVerticalSpacing(8)
        self.setColumnMinimumWidth(0, LABELS)
        self.setColumnMinimumWidth(1, FIELDS)
        self.setColumnStretch(1, 1)

    @override
    def minimumSize(self) -> QSize:
        """The width that it needs with the notes below the fields; the height at the width that it has."""
        margins = self.contentsMargins()
        beside = margins.left() + margins.right()
        across = max((one.minimumSizeHint().width() for one in self._across), default=0)
        high = max(super().minimumSize().height(), self.minimumHeightForWidth(self._width))
        return QSize(max(self._narrowest, beside + across), high)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and isinstance(watched, QWidget):
            self._arrange(watched.width())
        return super().eventFilter(watched, event)

    def _arrange(self, width: int) -> None:
        narrow = bool(self._notes) and width < self._wide
        if narrow != self._narrow:
            self._narrow = narrow
            self.setColumnMinimumWidth(0, 0 if narrow else LABELS)
            self.setColumnMinimumWidth(1, _NARROW_FIELDS if narrow else FIELDS)
            for field in self._fields:
                field.setMinimumWidth(_NARROW_FIELDS if narrow else 0)  # whatever a list to choose from has
            for row, note in self._notes:
                self.removeWidget(note)
                self._place_note(row, note)
        if narrow:
            for _, note in self._notes:
                note.setFixedWidth(max(_NARROW_FIELDS, width - self._narrowest + _NARROW_FIELDS))
        if width != self._width:
            self._width = width
            self.update()

    @property
    def _wide(self) -> int:
        """The width that three columns need."""
        labels = max((label.sizeHint().width() for label in self._labels), default=0)
        return self._beside + max(LABELS, labels) + FIELDS + self.horizontalSpacing() + NOTES

    @property
    def _narrowest(self) -> int:
        """The width that two columns need."""
        labels = max((label.sizeHint().width() for label in self._labels), default=0)
        return self._beside + labels + _NARROW_FIELDS

    @property
    def _beside(self) -> int:
        margins = self.contentsMargins()
        return margins.left() + margins.right() + self.horizontalSpacing()

    def entry(self, label: str, entry: Entry) -> None:
        """Add an entry."""
        self.field(label, entry.line, entry.note)

    def field(self, label: str, field: QWidget, note: QWidget | None = None) -> None:
        """Add any field; its label is its buddy."""
        field.setMinimumHeight(_HEIGHT)
        self._fields.append(field)
        row = self._row(label, field)
        self.addWidget(field, row, 1)
        if note is None:
            note = Note()
            self._silent.append(note)
        self._add_note(row, note)

    def compound(self, label: str, fields: QLayout, buddy: QWidget, note: QWidget) -> None:
        """Add several widgets as one field."""
        row = self._row(label, buddy)
        self.addLayout(fields, row, 1)
        self._add_note(row, note)

    def across(self, widget: QWidget) -> None:
        """Add a widget over the whole width."""
        self._across.append(widget)
        self.addWidget(widget, self.rowCount(), 0, 1, 3)

    def end(self) -> None:
        """Add the stretch below the last row."""
        self.setRowStretch(self.rowCount(), 1)

    def _row(self, label: str, buddy: QWidget) -> int:
        """Add the label of a row, and return which that is; the one after it is for the note."""
        text = QLabel(label)
        text.setBuddy(buddy)
        buddy.setAccessibleName(label.replace("&", ""))
        row = self.rowCount()
        self.addWidget(text, row, 0)
        self._labels.append(text)
        return row

    def _add_note(self, row: int, note: QWidget) -> None:
        self._notes.append((row, note))
        self.setRowMinimumHeight(row + 1, 0)  # so that it counts
        self._place_note(row, note)

    def _place_note(self, row: int, note: QWidget) -> None:
        """Place a note beside its field, or below it; there one keeps its line even while it is empty."""
        below = self._narrow
        if not below:
            note.setFixedWidth(NOTES)
        note.setVisible(not below or note not in self._silent)
        self.addWidget(note, *((row + 1, 1) if below else (row, 2)))
