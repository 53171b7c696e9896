"""The button beside Search: saved and recent searches, saving one, and refreshing the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from workstation.dicom import display
from workstation.models.saved_search_texts import description
from workstation.models.translation import translate
from workstation.widgets.keys import Key, of_actions
from workstation.widgets.popup_button import PopupButton

if TYPE_CHECKING:
    from workstation.dicom.saved_search import SavedSearch

KEYS = 9
"""So many saved searches have a key, by their order."""
MINUTES = (1, 2, 5, 10, 15, 30, 60)
"""The pauses between refreshes that are offered."""
_LONGEST = 60


class SearchesButton(PopupButton):
    """A menu of searches.

    Signals:
        save_requested: What the form says is to be saved.
        chosen: The saved or recent search to be made.
        key_pressed: The position of the saved search whose key was pressed.
        manage_requested: The saved searches are to be listed.
        refresh_chosen: Minutes between two refreshes of the list; 0: never.

    Attributes:
        entries: The actions with keys.
        recent: The menu of recent searches.
        refresh: The menu of pauses.
    """

    save_requested = Signal()
    chosen = Signal(object)
    key_pressed = Signal(int)
    manage_requested = Signal()
    refresh_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("saved-searches", parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Searches"))
        self.setToolTip(self.tr("Saved and recent searches (Ctrl+Shift+S)"))
        self.save = self._action(self.tr("&Save this search…"), "Ctrl+S", self.save_requested.emit)
        self.manage = self._action(self.tr("&Manage…"), "", self.manage_requested.emit)
        self.open = self._action(self.tr("Saved and recent searches"), "Ctrl+Shift+S", self.showMenu)
        self._keys = [
            self._action(
                self.tr("Saved search {n}").format(n=n + 1),
                f"Ctrl+Alt+{n + 1}",
                partial(self.key_pressed.emit, n),
            )
            for n in range(KEYS)
        ]
        self.entries = (self.save, self.open, *self._keys)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self.recent = QMenu(self.tr("&Recent"), menu)
        self.recent.setToolTipsVisible(True)
        self.refresh = QMenu(self.tr("Re&fresh the list"), menu)
        self._pauses = self._fill_pauses()
        self.setMenu(menu)
        self.set_searches((), (), writable=False)

    def _action(self, words: str, keys: str, act: Callable[[], object]) -> QAction:
        action = QAction(words, self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutVisibleInContextMenu(True)
        action.triggered.connect(lambda _=False: act())
        return action

    def _fill_pauses(self) -> dict[int, QAction]:
        group = QActionGroup(self)
        group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        self.refresh.setToolTipsVisible(True)
        actions: dict[int, QAction] = {}
        for minutes in (0, *MINUTES):
            words = self.tr("Every {n} min").format(n=minutes) if minutes else self.tr("Off")
            action = self.refresh.addAction(words)
            action.setCheckable(True)
            action.setToolTip(
                self.tr("New studies are marked; rows that are here stay until you search again")
            )
            action.triggered.connect(lambda _=False, minutes=minutes: self.refresh_chosen.emit(minutes))
            group.addAction(action)
            actions[minutes] = action
        actions[0].setChecked(True)
        return actions

    def set_refresh(self, minutes: int) -> None:
        """Tick the pause; one that is not offered is named only."""
        for offered, action in self._pauses.items():
            action.setChecked(offered == minutes)
        self.refresh.setTitle(
            self.tr("Re&fresh the list: every {n} min").format(n=minutes)
            if minutes
            else self.tr("Re&fresh the list")
        )

    def set_searches(
        self, saved: Sequence[SavedSearch], recent: Sequence[SavedSearch], *, writable: bool
    ) -> None:
        """Offer these searches; ``writable``: one can be saved."""
        menu = self.menu()
        menu.clear()
        menu.addAction(self.save)
        self.save.setEnabled(writable)
        menu.addSeparator()
        for position, search in enumerate(saved):
            action = menu.addAction(_escaped(search.name))
            action.setToolTip(display.tool_tip("\n".join(description(search))))
            action.triggered.connect(partial(self.chosen.emit, search))
            if position < KEYS:  # shown only: the actions of the keys are the window's
                action.setText(
                    f"{_escaped(search.name)}\t{self._keys[position].shortcut().toString(_NATIVE)}"
                )
        if not saved:
            menu.addAction(translate("No saved search yet")).setEnabled(False)
        menu.addSeparator()
        self.recent.clear()
        for search in recent:
            words = ", ".join(description(search)) or translate("Everything")
            action = self.recent.addAction(display.plain(words, _LONGEST).replace("&", "&&"))
            action.setToolTip(display.tool_tip(words))
            action.triggered.connect(partial(self.chosen.emit, search))
        self.recent.setEnabled(bool(recent))
        menu.addMenu(self.recent)
        menu.addMenu(self.refresh)
        menu.addSeparator()
        menu.addAction(self.manage)
        self.manage.setEnabled(writable)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the entries, those of the saved searches as one."""
        saved = " ".join(action.shortcut().toString() for action in self._keys)
        return (*of_actions((self.save, self.open)), Key(self.tr("Saved searches, in their order"), saved))


_NATIVE = QKeySequence.SequenceFormat.NativeText


def _escaped(text: str) -> str:
    return display.plain(text).replace("&", "&&").replace("\t", " ")
