"""The main menu, behind a button, with its shortcuts."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from workstation.widgets.icons import icon
from workstation.widgets.popup_button import PopupButton


class MenuButton(PopupButton):
    """The menu: files to open, a list to find, worklist, PACS, cancelled fetches, settings, keys, about.

    Signals:
        files_requested: Files are to be chosen and opened.
        folder_requested: A folder is to be chosen and opened.
        worklist_requested: The worklist is to be shown.
        nodes_requested: The list of nodes is to be shown.
        cancelled_requested: Fetches that were cancelled are to be listed.
        settings_requested: The settings are to be shown.
        list_requested: A list is to be searched for.
        inspector_requested: What was asked and answered is to be shown.
        keys_requested: The sheet of keys is to be shown.
        about_requested: The about dialog is to be shown.
    """

    files_requested = Signal()
    folder_requested = Signal()
    worklist_requested = Signal()
    nodes_requested = Signal()
    cancelled_requested = Signal()
    settings_requested = Signal()
    list_requested = Signal()
    inspector_requested = Signal()
    keys_requested = Signal()
    about_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("menu", parent)
        self.setAccessibleName(self.tr("Menu"))
        self.setToolTip(self.tr("PACS, settings and more (F10)"))
        menu = QMenu(self)
        self._icons: dict[str, QAction] = {}
        for name, words, keys, signal in (
            ("archive", self.tr("&PACS…"), "Ctrl+Shift+P", self.nodes_requested),
            ("settings", self.tr("&Settings…"), "Ctrl+,", self.settings_requested),
            ("keys", self.tr("&Keys"), "F1", self.keys_requested),
            ("about", self.tr("&About Workstation"), "", self.about_requested),
            ("worklist", self.tr("&Worklist"), "Ctrl+Shift+W", self.worklist_requested),
            ("cancelled", self.tr("Show &cancelled fetches"), "Ctrl+Shift+C", self.cancelled_requested),
            ("inspector", self.tr("&Network messages"), "Ctrl+Shift+N", self.inspector_requested),
            ("list", self.tr("Find a &list…"), "Ctrl+Shift+V", self.list_requested),
            ("open", self.tr("&Open files…"), "Ctrl+O", self.files_requested),
            ("folder", self.tr("Open &folder…"), "Ctrl+Shift+O", self.folder_requested),
        ):
            action = self._icons[name] = QAction(words, self)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutVisibleInContextMenu(True)
            action.triggered.connect(lambda _=False, signal=signal: signal.emit())
        for name in (
            *("open", "folder", "list", "worklist", "archive", "cancelled", "inspector", "settings", "keys"),
            "about",
        ):
            menu.addAction(self._icons[name])
            if name in ("folder", "worklist"):
                menu.addSeparator()
        menu.aboutToShow.connect(self._tint_entries)
        self.setMenu(menu)
        self.entries = tuple(self._icons.values())

    def _tint_entries(self) -> None:
        palette = QApplication.palette()
        for name, action in self._icons.items():
            action.setIcon(icon(name, palette))
