"""Completes keys of the dictionary as they are typed: by keyword or tag, behind each dot of a path."""

from __future__ import annotations

import re

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QListView, QStyledItemDelegate
from typing_extensions import override

_TAG = re.compile(r"\(?([0-9][0-9a-fA-F]{3})[, ]*([0-9a-fA-F]{0,4})\)?")
_WIDTH = 420
"""Of the offers at least, in pixels: most keywords with their tags."""


class KeyCompleter(QCompleter):
    """Offers ``Keyword (gggg,eeee)`` for the part behind the last dot, and puts the keyword there."""

    def __init__(self, entries: QStringListModel, parent: QObject) -> None:
        """``entries``: as :func:`workstation.dicom.other_keys.dictionary_entries` gives them."""
        super().__init__(entries, parent)
        self._before = ""
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        offers = QListView()
        offers.setObjectName("offered")
        offers.setMinimumWidth(_WIDTH)
        self.setPopup(offers)
        offers.setItemDelegate(QStyledItemDelegate(offers))  # Qt's ignores style sheets

    @override
    def splitPath(self, path: str) -> list[str]:
        before, dot, step = path.rpartition(".")
        self._before = before + dot
        tag = _TAG.fullmatch(step.strip())
        return [f"({tag[1]},{tag[2]}" if tag else step.strip()]

    @override
    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        entry = str(index.data(self.completionRole()))
        return self._before + entry.partition(" ")[0]
