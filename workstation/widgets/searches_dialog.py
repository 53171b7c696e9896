"""Lists the saved searches: rename, order, run at the start, delete, undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)
from typing_extensions import override

from workstation.dicom import display
from workstation.dicom.saved_search import SavedSearch, check_saved
from workstation.errors import BadInput
from workstation.models.saved_search_texts import description
from workstation.models.translation import translated
from workstation.widgets.list_dialog import ListDialog
from workstation.widgets.scrolling import fit
from workstation.widgets.searches_button import KEYS
from workstation.widgets.theme import mark

_NAME, _KEY, _START, _WHAT = range(4)
_ROW = 28


class SearchesDialog(ListDialog):
    """Shows the searches in their order; each change is requested at once.

    Signals:
        searches_changed: The new tuple of searches, to be saved.
        run_requested: The search to be made; the dialog closes.

    Attributes:
        searches: What is shown.
    """

    searches_changed = Signal(object)
    run_requested = Signal(SavedSearch)

    def __init__(self, searches: Sequence[SavedSearch], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Saved searches"))
        self.searches: tuple[SavedSearch, ...] = ()
        self._deleted: tuple[SavedSearch, ...] | None = None
        self.list = _List()
        self.list.setHeaderLabels([self.tr("Name"), self.tr("Key"), self.tr("At start"), self.tr("Search")])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setAccessibleName(self.tr("Saved searches"))
        for column, width in enumerate((190, 90, 74)):
            self.list.setColumnWidth(column, width)
        self.list.activated_row.connect(self._run)
        self.list.currentItemChanged.connect(lambda now, before: self._follow())
        self.list.itemChanged.connect(self._edited)
        self.run = self.add_button("search-archive", self.tr("&Search"), self._run, "")
        self.rename = self.add_button("edit", self.tr("&Rename"), self._rename, "F2")
        self.at_start = self.add_button("good", self.tr("Run at &start"), self._toggle_start, "")
        self.delete = self.add_button("delete", self.tr("&Delete"), self._delete, "Del")
        self.up = self.add_button("up", self.tr("Move u&p"), lambda: self._move(-1), "Alt+Up")
        self.down = self.add_button("down", self.tr("Move do&wn"), lambda: self._move(1), "Alt+Down")
        self.undo = self.add_button("reset", self.tr("&Undo"), self._undo, "Ctrl+Z")
        self.said = QLabel()
        self.said.setObjectName("note")
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(self.fontMetrics().lineSpacing())
        self.lay_out(
            (self.run, self.rename, self.at_start, self.delete, self.up, self.down, self.undo), self.said
        )
        self.set_searches(searches)
        fit(self, QSize(860, 420))
        self.list.setFocus()

    def set_searches(self, searches: Sequence[SavedSearch], index: int | None = None) -> None:
        """Show these searches; the current index stays, or becomes ``index``."""
        wanted = self.index if index is None else index
        self.searches = tuple(searches)
        self.list.blockSignals(True)
        self.list.clear()
        for position, search in enumerate(self.searches):
            key = f"Ctrl+Alt+{position + 1}" if position < KEYS else ""
            at_start = self.tr("yes") if search.at_start else ""
            what = ", ".join(description(search))
            item = QTreeWidgetItem([display.plain(search.name), key, at_start, what])
            item.setToolTip(_WHAT, display.tool_tip("\n".join(description(search))))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setSizeHint(0, QSize(0, _ROW))
            self.list.addTopLevelItem(item)
        if self.searches:
            item_now = self.list.topLevelItem(max(0, min(wanted, len(self.searches) - 1)))
            assert item_now is not None
            self.list.setCurrentItem(item_now)
        self.list.blockSignals(False)
        self._follow()

    def say(self, text: str, *, wrong: bool = True) -> None:
        """Show an error, or what was done."""
        self.said.setText(text)
        mark(self.said, "error", wrong and bool(text))

    def _follow(self) -> None:
        index = self.index
        for button in (self.run, self.rename, self.at_start, self.delete):
            button.setEnabled(index >= 0)
        self.up.setEnabled(index > 0)
        self.down.setEnabled(0 <= index < len(self.searches) - 1)
        self.undo.setEnabled(self._deleted is not None)
        starts = index >= 0 and self.searches[index].at_start
        self.at_start.setText(self.tr("Not at &start") if starts else self.tr("Run at &start"))

    def _change(self, searches: Sequence[SavedSearch], index: int) -> None:
        self.say("")
        self._deleted = None
        self.set_searches(searches, index)
        self.searches_changed.emit(self.searches)
        self.list.setFocus()

    def _run(self) -> None:
        if self.index >= 0:
            search = self.searches[self.index]
            self.accept()
            self.run_requested.emit(search)

    def _rename(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.list.editItem(item, _NAME)

    def _edited(self, item: QTreeWidgetItem, column: int) -> None:
        index = self.list.indexOfTopLevelItem(item)
        if column != _NAME:
            return
        try:
            renamed = replace(self.searches[index], name=item.text(_NAME).strip())
            changed = [renamed if at == index else one for at, one in enumerate(self.searches)]
            check_saved(changed)
        except BadInput as error:
            self.set_searches(self.searches, index)
            self.say(translated(error.message))
            return
        self._change(changed, index)

    def _toggle_start(self) -> None:
        """Let this search run at the start, in place of another one."""
        index = self.index
        starts = not self.searches[index].at_start
        self._change(
            [replace(one, at_start=starts and at == index) for at, one in enumerate(self.searches)], index
        )

    def _move(self, by: int) -> None:
        searches, index = list(self.searches), self.index
        searches[index], searches[index + by] = searches[index + by], searches[index]
        self._change(searches, index + by)

    def _delete(self) -> None:
        before, index = self.searches, self.index
        name = display.isolated(before[index].name)
        self._change([*before[:index], *before[index + 1 :]], index)
        self._deleted = before
        self.say(self.tr("“{name}” is deleted. Undo brings it back.").format(name=name), wrong=False)
        self._follow()

    def _undo(self) -> None:
        if self._deleted is not None:
            self._change(self._deleted, self.index)


class _List(QTreeWidget):
    """Enter makes the current search instead of pressing the default button of the dialog.

    Signals:
        activated_row: The current row was activated.
    """

    activated_row = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.itemDoubleClicked.connect(lambda item, column: self.activated_row.emit())

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        editing = self.state() is QAbstractItemView.State.EditingState
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not editing:
            event.accept()
            self.activated_row.emit()
        else:
            super().keyPressEvent(event)
