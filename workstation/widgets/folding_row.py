"""Fields of a form in as many rows as they need; in a low window in one, with some of them out of sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QLabel, QToolButton, QWidget
from typing_extensions import override

from workstation.widgets.flow_layout import FlowLayout


@dataclass(frozen=True, slots=True)
class _Folding:
    """A part that may be out of sight.

    Attributes:
        is_empty: Whether it says nothing: only then it goes.
        key: Alt and its letter, while it is out of sight; None: it has none.
    """

    part: QWidget
    is_empty: Callable[[], bool]
    key: QShortcut | None


class FoldingRow(QWidget):
    """Parts beside each other. In a low window those that may fold do, where they do not fit into one row.

    What a user has filled in is always in sight, and so is everything while :attr:`more` is pressed.

    Attributes:
        more: Shows all of them; hidden while they are in sight anyway.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._low = False
        self._folding: list[_Folding] = []
        self._flow = FlowLayout(gap=8, between=6)
        self.setLayout(self._flow)
        self.more = QToolButton()
        self.more.setObjectName("more")
        self.more.setText("»")
        self.more.setCheckable(True)
        self.more.setMinimumHeight(30)
        self.more.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.more.setAccessibleName(self.tr("All fields"))
        self.more.setToolTip(self.tr("Show the fields there is no room for, or hide them again"))
        self._ending = QWidget()
        self.more.toggled.connect(lambda _: self._fold())

    def add(self, part: QWidget, *, share: int = 0) -> None:
        """Add a part; with a ``share`` it takes that much of what is left of its row."""
        if share:
            self._flow.add_stretching(part, share)
        else:
            self._flow.addWidget(part)

    def end(self, part: QWidget) -> None:
        """Add the part that holds :attr:`more`."""
        self._ending = part
        part.hide()
        self._flow.addWidget(part)

    def fold(self, part: QWidget, is_empty: Callable[[], bool], label: QLabel | None = None) -> None:
        """Let a part go where there is no room, after those given before; its label's key brings it back."""
        key = None
        if label is not None:
            key = QShortcut(QKeySequence.mnemonic(label.text()), self)
            key.setEnabled(False)
            key.activated.connect(lambda: self._bring_back(label))
        self._folding.append(_Folding(part, is_empty, key))

    def _bring_back(self, label: QLabel) -> None:
        self.more.setChecked(True)
        if (field := label.buddy()) is not None:
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def low(self) -> bool:
        """Whether the window is low: it has room for one row."""
        return self._low

    def set_low(self, low: bool) -> None:
        """Say whether the window is low."""
        self._low = low
        self._fold()

    def show_filled(self) -> None:
        """Bring back what was filled in while it was out of sight."""
        if any(one.part.isHidden() and not one.is_empty() for one in self._folding):
            self._fold()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        """Let parts go until the rest fits into one row."""
        gone: list[_Folding] = []
        parts = [
            item.widget() for item in map(self._flow.itemAt, range(self._flow.count())) if item is not None
        ]
        shown = [part for part in parts if part is not None and part is not self._ending]
        fits = not self._low or self._flow.width_of(shown) <= self.width()
        for one in [] if fits or self.more.isChecked() else self._folding:
            tight = self._flow.width_of([*shown, self._ending]) > self.width()
            if tight and one.is_empty() and not one.part.isAncestorOf(self.window().focusWidget()):
                shown.remove(one.part)
                gone.append(one)
        self._ending.setVisible(not fits)
        for one in self._folding:
            if one.key is not None:
                one.key.setEnabled(one in gone)
            one.part.setVisible(one not in gone)
        self.updateGeometry()
