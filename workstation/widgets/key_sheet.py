"""The sheet of all keys (F1)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from workstation.widgets.keys import KeyGroup
from workstation.widgets.python_slot import python_slot
from workstation.widgets.scrolling import Scrolling, fit

_COLUMNS = (3, 2, 1)
_AROUND = 60
"""Of the sheet: frame of the window and scroll bar, in pixels."""


class KeySheet(QDialog):
    """Columns of groups, as many as the screen has room for; it scrolls down where that is too low."""

    def __init__(self, groups: Sequence[KeyGroup], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys"))
        self.groups = tuple(groups)
        room = self.screen().availableSize().width() - _AROUND
        for count in _COLUMNS:
            sheet = _sheet(_columns(self.groups, count))
            if sheet.sizeHint().width() <= room:
                break
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(python_slot(self.reject))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 14)
        whole.addWidget(Scrolling(sheet), 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 0, 16, 0)
        foot.addWidget(buttons)
        whole.addLayout(foot)
        fit(self)


def _sheet(columns: Sequence[Sequence[KeyGroup]]) -> QWidget:
    sheet = QWidget()
    row = QHBoxLayout(sheet)
    row.setContentsMargins(20, 14, 20, 14)
    row.setSpacing(36)
    for column in columns:
        below = QVBoxLayout()
        below.setSpacing(18)
        for group in column:
            below.addLayout(_laid_out(group))
        below.addStretch(1)
        row.addLayout(below)
    row.addStretch(1)
    for label in sheet.findChildren(QLabel):
        label.ensurePolished()  # else its width is that without a style
    return sheet


def _columns(groups: Sequence[KeyGroup], count: int) -> list[list[KeyGroup]]:
    """Distribute the groups in their order, so that the columns are about equally high."""
    total = sum(len(group.keys) + 2 for group in groups)
    columns: list[list[KeyGroup]] = [[] for _ in range(count)]
    before = 0
    for group in groups:
        lines = len(group.keys) + 2
        columns[min(count - 1, (before + lines // 2) * count // total)].append(group)
        before += lines
    return columns


def _laid_out(group: KeyGroup) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(1, 1)
    title = QLabel(group.title)
    title.setObjectName("groupTitle")
    grid.addWidget(title, 0, 0, 1, 2)
    for place, key in enumerate(group.keys, 1):
        shown, words = QLabel(key.shown), QLabel(key.words)
        shown.setObjectName("key")
        for label in (shown, words):
            label.setTextFormat(Qt.TextFormat.PlainText)
        grid.addWidget(shown, place, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(words, place, 1)
    return grid
