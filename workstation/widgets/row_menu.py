"""The context menu of the selected rows."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget


class RowAction(StrEnum):
    """An action on rows."""

    FETCH = "fetch"
    AGAIN = "again"
    ONLY = "only"
    BACKGROUND = "background"
    SAMPLES = "samples"
    HISTORY = "history"
    SAME_ACCESSION = "same accession"
    SAME_PHYSICIAN = "same physician"
    SHOW = "show"
    FOLDER = "folder"
    COPY = "copy"
    UIDS = "uids"
    SEND = "send"
    IMPORT = "import"
    MOVE = "move"
    LABELS = "labels"
    NOTE = "note"
    PIN = "pin"
    READ = "read"
    ACCEPT = "accept"
    DELETE = "delete"


MARK_KEYS: Final = {
    RowAction.LABELS: "Ctrl+Shift+L",
    RowAction.NOTE: "Ctrl+Shift+M",
    RowAction.PIN: "Ctrl+Shift+I",
    RowAction.READ: "Ctrl+Shift+R",
}
"""The keys that mark the selected studies; in the menu they are only shown."""

_OF_ARCHIVES = (
    RowAction.FETCH,
    RowAction.AGAIN,
    RowAction.ONLY,
    RowAction.BACKGROUND,
    RowAction.SAMPLES,
    RowAction.MOVE,
    RowAction.ACCEPT,
)
"""What can never be done with files that were opened."""


class RowMenu(QMenu):
    """A menu whose actions are disabled where they are not possible now, and absent where they never are.

    Signals:
        chosen: A :class:`RowAction`, and the name of the node for SEND, the AE title for MOVE (empty: it is
            still to be asked for).
    """

    chosen = Signal(str, str)

    def __init__(
        self,
        *,
        remote: bool,
        held: bool,
        opened: bool = False,
        addable: bool = False,
        nodes: Sequence[str],
        destinations: Sequence[tuple[str, str]] = (),
        studies: bool = False,
        accepted: bool | None = None,
        markable: bool = False,
        pinned: bool = False,
        unread: bool = False,
        single: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """Build the menu.

        Args:
            remote: An archive has the rows.
            held: The library has images of them.
            opened: They are only of files that the user opened.
            addable: They are of opened files that can be added to the library.
            nodes: Names of the nodes they can be sent to.
            destinations: AE titles that an archive could send them to, each with how it is listed.
            studies: Some of the rows are studies.
            accepted: Whether the user accepted them as complete; None: nothing is missing.
            markable: Some of them are studies that can be labelled, pinned, marked as read.
            pinned: All of these are pinned.
            unread: Some of these are unread.
            single: One row is selected.
            parent: Parent widget.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._hidden = {*_OF_ARCHIVES, *(() if held else (RowAction.DELETE,))} if opened else set()
        if not addable:
            self._hidden.add(RowAction.IMPORT)
        readable = held or opened
        self._add(self.tr("Fetch"), RowAction.FETCH, possible=remote)
        self._add(self.tr("Fetch again"), RowAction.AGAIN, possible=remote)
        self._add(self.tr("Fetch only…"), RowAction.ONLY, possible=remote and studies)
        self._add(self.tr("Fetch in the background…"), RowAction.BACKGROUND, possible=remote)
        look = self._add(self.tr("Look at one image of each series"), RowAction.SAMPLES, possible=remote)
        look.setShortcut(QKeySequence("Space"))
        self.addSeparator()
        history = self._add(self.tr("All studies of this patient"), RowAction.HISTORY, possible=single)
        history.setShortcut(QKeySequence("Ctrl+H"))
        self._add(
            self.tr("Studies with the same accession number"), RowAction.SAME_ACCESSION, possible=single
        )
        today = self.tr("Studies of the same referring physician, today")
        self._add(today, RowAction.SAME_PHYSICIAN, possible=single)
        self.addSeparator()
        self._add(self.tr("Show"), RowAction.SHOW, possible=readable)
        self._add(self.tr("Show in folder"), RowAction.FOLDER, possible=readable)
        self._add(self.tr("Copy files to…"), RowAction.COPY, possible=readable)
        self._add(self.tr("Copy UIDs"), RowAction.UIDS, possible=True)
        send = self.addMenu(self.tr("Send to"))
        for name in nodes:
            action = send.addAction(name.replace("&", "&&"))
            action.triggered.connect(lambda _, name=name: self.chosen.emit(RowAction.SEND.value, name))
        send.setEnabled(readable and bool(nodes))
        self._add(self.tr("Add to the library"), RowAction.IMPORT, possible=addable)
        move = self.addMenu(self.tr("Send from the archive to"))
        for title, words in destinations:
            self._add_destination(move, words, title)
        if destinations:
            move.addSeparator()
        self._add_destination(move, self.tr("Another AE title…"), "")
        move.setEnabled(remote)
        move.menuAction().setVisible(RowAction.MOVE not in self._hidden)
        self.addSeparator()
        pin = self.tr("Unpin") if pinned else self.tr("Pin")
        read = self.tr("Mark as read") if unread else self.tr("Mark as unread")
        for words, marking in (
            (self.tr("Labels…"), RowAction.LABELS),
            (self.tr("Note…"), RowAction.NOTE),
            (pin, RowAction.PIN),
            (read, RowAction.READ),
        ):
            self._add(words, marking, possible=markable).setShortcut(QKeySequence(MARK_KEYS[marking]))
        self.addSeparator()
        accept = self._add(self.tr("Accept as complete"), RowAction.ACCEPT, possible=accepted is not None)
        accept.setCheckable(True)
        accept.setChecked(bool(accepted))
        self._add(self.tr("Delete local copy…"), RowAction.DELETE, possible=held).setShortcut(
            QKeySequence("Del")
        )

    def _add_destination(self, menu: QMenu, words: str, title: str) -> None:
        action = menu.addAction(words.replace("&", "&&"))
        action.triggered.connect(lambda: self.chosen.emit(RowAction.MOVE.value, title))

    def _add(self, words: str, action: RowAction, *, possible: bool) -> QAction:
        entry = self.addAction(words)
        entry.setEnabled(possible)
        entry.setVisible(action not in self._hidden)
        entry.triggered.connect(lambda: self.chosen.emit(action.value, ""))
        entry.setShortcutVisibleInContextMenu(True)
        return entry
