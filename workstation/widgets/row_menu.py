"""The menu of the selected rows."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget


class RowAction(StrEnum):
    """What a person can want of rows."""

    FETCH = "fetch"
    AGAIN = "again"
    SHOW = "show"
    FOLDER = "folder"
    COPY = "copy"
    SEND = "send"
    ACCEPT = "accept"
    DELETE = "delete"


class RowMenu(QMenu):
    """Offers what is possible; what is not is grey.

    Signals:
        wished: A :class:`RowAction`, and the name of a node where it needs one.
    """

    wished = Signal(str, str)

    def __init__(
        self,
        *,
        remote: bool,
        held: bool,
        nodes: Sequence[str],
        accepted: bool | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """A menu for rows.

        Args:
            remote: An archive has them.
            held: Something of them is here.
            nodes: Where they can be sent.
            accepted: Whether the user accepted what is here as all there is; None: nothing is missing.
            parent: As of every widget.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._add(self.tr("Fetch"), RowAction.FETCH, possible=remote)
        self._add(self.tr("Fetch again"), RowAction.AGAIN, possible=remote)
        self.addSeparator()
        self._add(self.tr("Show"), RowAction.SHOW, possible=held)
        self._add(self.tr("Show in folder"), RowAction.FOLDER, possible=held)
        self._add(self.tr("Copy files to…"), RowAction.COPY, possible=held)
        send = self.addMenu(self.tr("Send to"))
        for name in nodes:
            action = send.addAction(name.replace("&", "&&"))
            action.triggered.connect(lambda _, name=name: self.wished.emit(RowAction.SEND.value, name))
        send.setEnabled(held and bool(nodes))
        self.addSeparator()
        accept = self._add(
            self.tr("What is here is all there is"), RowAction.ACCEPT, possible=accepted is not None
        )
        accept.setCheckable(True)
        accept.setChecked(bool(accepted))
        self._add(self.tr("Delete local copy…"), RowAction.DELETE, possible=held).setShortcut(
            QKeySequence("Del")
        )

    def _add(self, words: str, wish: RowAction, *, possible: bool) -> QAction:
        action = self.addAction(words)
        action.setEnabled(possible)
        action.triggered.connect(lambda: self.wished.emit(wish.value, ""))
        action.setShortcutVisibleInContextMenu(True)
        return action
