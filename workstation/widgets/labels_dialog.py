"""Chooses the labels of studies."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCompleter,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QWidget,
)
from typing_extensions import override

from workstation.dicom import display
from workstation.dicom.study_mark import check_label, in_order, label_key
from workstation.errors import BadInput
from workstation.models.row_marks import LabelChoice
from workstation.models.translation import translated
from workstation.widgets.scrolling import fit
from workstation.widgets.study_mark_dialog import StudyMarkDialog
from workstation.widgets.theme import mark

_LABEL = Qt.ItemDataRole.UserRole
_ON, _OFF, _SOME = Qt.CheckState.Checked, Qt.CheckState.Unchecked, Qt.CheckState.PartiallyChecked


class LabelsDialog(StudyMarkDialog):
    """A line for a new label, which completes those in use, above a list of all to be ticked.

    Enter in the line ticks what stands there; Space ticks a label of the list; Ctrl+Enter, and Enter while
    the line is empty, save.

    Attributes:
        line: The line.
        list: The labels.
    """

    def __init__(self, what: str, choice: LabelChoice, parent: QWidget | None = None) -> None:
        """``what``: of which studies."""
        super().__init__(self.tr("Labels"), parent)
        self._on_all = {label_key(label) for label in choice.on_all}
        self._on_some = {label_key(label) for label in choice.on_some}
        self.line = QLineEdit()
        self.line.setPlaceholderText(self.tr("Type a label and press Enter"))
        self.line.setAccessibleName(self.tr("New label"))
        completer = QCompleter(list(choice.used), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        # queued: the completer writes into the line what it completed
        activated = completer.activated[str]  # type: ignore[index]
        activated.connect(lambda _: self.tick_typed(), Qt.ConnectionType.QueuedConnection)
        self.line.setCompleter(completer)
        self.line.returnPressed.connect(self._entered)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Labels"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSpacing(3)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        for label in in_order([*choice.on_all, *choice.on_some, *choice.used]):
            key = label_key(label)
            self._add(label, _ON if key in self._on_all else _SOME if key in self._on_some else _OFF)
        self.line.textChanged.connect(lambda _: self._say(""))
        self.lay_out(what, self.line, self.list)
        self._say("")
        self.line.setFocus()
        fit(self, QSize(380, 400))

    @property
    def add(self) -> tuple[str, ...]:
        """The ticked labels that not all of the studies have."""
        return tuple(label for label, state in self._states() if state is _ON and not self._is_on_all(label))

    @property
    def remove(self) -> tuple[str, ...]:
        """The labels without a tick that some of the studies have."""
        had = self._on_all | self._on_some
        return tuple(label for label, state in self._states() if state is _OFF and label_key(label) in had)

    def _is_on_all(self, label: str) -> bool:
        return label_key(label) in self._on_all

    def _states(self) -> list[tuple[str, Qt.CheckState]]:
        items = [self.list.item(place) for place in range(self.list.count())]
        return [(str(item.data(_LABEL)), item.checkState()) for item in items]

    def _add(self, label: str, state: Qt.CheckState) -> QListWidgetItem:
        item = QListWidgetItem(display.plain(label))
        item.setData(_LABEL, label)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(state)
        self.list.addItem(item)
        return item

    def tick_typed(self) -> bool:
        """Tick the label that stands in the line, adding it where it is new; False: it cannot be used."""
        try:
            label = check_label(self.line.text())
        except BadInput as bad:
            self._say(translated(bad.message), wrong=True)
            return False
        items = [self.list.item(place) for place in range(self.list.count())]
        item = next((one for one in items if label_key(str(one.data(_LABEL))) == label_key(label)), None)
        item = item or self._add(label, _ON)
        item.setCheckState(_ON)
        self.list.setCurrentItem(item)
        self.list.scrollToItem(item, QAbstractItemView.ScrollHint.EnsureVisible)
        self.line.clear()
        return True

    def _entered(self) -> None:
        """Enter was pressed in the line."""
        if self.line.text().strip():
            self.tick_typed()
        else:
            self.accept()

    @override
    def save(self) -> None:
        """Save, with what still stands in the line."""
        if not self.line.text().strip() or self.tick_typed():
            self.accept()

    def _say(self, text: str, *, wrong: bool = False) -> None:
        usual = self.tr("Kept on this computer only. Space ticks a label, Ctrl+Enter saves.")
        self.say(text or usual, wrong=wrong)
        mark(self.line, "error", wrong)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.focusWidget() is self.line:
            return  # it was for the line
        super().keyPressEvent(event)
