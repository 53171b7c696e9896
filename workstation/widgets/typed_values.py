"""Offer what was typed into a field before, in this run of the program; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QLineEdit

MOST = 50
"""Values of a field that are remembered, the newest first."""


class TypedValues(QObject):
    """A completer of one field.

    Signals:
        entered: Enter was pressed in the field while values were offered, and none of them was chosen.
    """

    entered = Signal()

    def __init__(self, field: QLineEdit) -> None:
        super().__init__(field)
        self._field = field
        self._values = QStringListModel(self)
        completer = QCompleter(self._values, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        field.setCompleter(completer)
        enter_at_once(field, completer, self.entered.emit)

    @property
    def values(self) -> list[str]:
        """What is offered, the newest first."""
        return self._values.stringList()

    def note(self) -> None:
        """Remember what the field holds, if anything."""
        typed = self._field.text().strip()
        if typed:
            others = [value for value in self.values if value != typed]
            self._values.setStringList([typed, *others][:MOST])


def enter_at_once(field: QLineEdit, completer: QCompleter, enter: Callable[[], None]) -> None:
    """Call ``enter`` at Enter in a field while values are offered, and none of them is chosen.

    The completer keeps Enter from the form while its list is open.
    """

    def pressed() -> None:
        popup = completer.popup()
        if popup is not None and popup.isVisible() and not popup.currentIndex().isValid():
            popup.hide()
            enter()

    field.returnPressed.connect(pressed)
