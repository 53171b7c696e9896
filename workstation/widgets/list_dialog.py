"""A dialog with a list that is edited by buttons beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPushButton,
    QTreeWidget,
    QVBoxLayout,
    QWidget,
)

from workstation.widgets.icons import icon
from workstation.widgets.python_slot import python_slot


class ListDialog(QDialog):
    """The list, buttons beside it, and below a widget that tells or asks.

    Attributes:
        list: The list.
    """

    list: QTreeWidget

    @property
    def index(self) -> int:
        """Index of the current row; -1 if there is none."""
        current = self.list.currentItem()
        return -1 if current is None else self.list.indexOfTopLevelItem(current)

    def add_button(self, name: str, words: str, act: Callable[[], None], keys: str) -> QPushButton:
        """Make a button with the icon of this name; ``keys`` press it where the list has the focus."""
        button = QPushButton(icon(name, self.palette()), words)
        button.clicked.connect(lambda: act())
        button.setAutoDefault(False)
        if keys:
            sequence = QKeySequence(keys)
            button.setToolTip(sequence.toString(QKeySequence.SequenceFormat.NativeText))
            QShortcut(
                sequence, self.list, python_slot(button.click), context=Qt.ShortcutContext.WidgetShortcut
            )
        button.setObjectName("listed")
        return button

    def lay_out(self, buttons: Sequence[QPushButton], below: QWidget) -> None:
        """Lay out the list, the buttons beside it, and ``below`` above the one that closes the dialog."""
        column = QVBoxLayout()
        column.setSpacing(6)
        for button in buttons:
            column.addWidget(button)
        column.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.list, 1)
        row.addLayout(column)
        closing = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        closing.rejected.connect(python_slot(self.reject))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 14)
        whole.setSpacing(10)
        whole.addLayout(row, 1)
        whole.addWidget(below)
        whole.addWidget(closing)
