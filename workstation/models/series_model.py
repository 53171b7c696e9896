"""The series of the study on show, as a strip of thumbnails."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt
from typing_extensions import override

from workstation.dicom import display
from workstation.imaging.arrays import Rgb32
from workstation.models.model_index import ModelIndex

_ROOT = QModelIndex()


class SeriesRole(IntEnum):
    """What the strip's delegate asks for."""

    HEAD = Qt.ItemDataRole.UserRole + 1
    COUNT = Qt.ItemDataRole.UserRole + 2
    THUMBNAIL = Qt.ItemDataRole.UserRole + 3
    CURRENT = Qt.ItemDataRole.UserRole + 4
    KIND = Qt.ItemDataRole.UserRole + 5
    NOTE = Qt.ItemDataRole.UserRole + 6


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SeriesEntry:
    """One series that is here, or of which one image at most can be looked at.

    Attributes:
        pictures: How many pictures one can scroll through.
        thumbnail: RGB32; None until there is one, or for what is no image.
        note: That it is not fetched, in a word or two; empty: it is here, as far as is known.
        explanation: The same in whole messages.
        total: How many images an archive has of what is not fetched; None: unknown.
    """

    uid: str
    number: int | None = None
    modality: str = ""
    description: str = ""
    pictures: int = 0
    thumbnail: Rgb32 | None = None
    note: str = ""
    explanation: str = ""
    total: int | None = None

    @property
    def order(self) -> tuple[bool, int, str]:
        """By number, absent ones last."""
        return self.number is None, self.number or 0, self.uid


class SeriesModel(QAbstractListModel):
    """Series by number; one of them is on show."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[SeriesEntry] = []
        self._current = ""

    def clear(self) -> None:
        """No series."""
        self.beginResetModel()
        self._entries, self._current = [], ""
        self.endResetModel()

    def put(self, entry: SeriesEntry) -> None:
        """Add a series, or say anew what is known of it; a thumbnail stays, unless it was of a sample."""
        position = self.position(entry.uid)
        if position is None:
            position = bisect_left(self._entries, entry.order, key=lambda one: one.order)
            self.beginInsertRows(QModelIndex(), position, position)
            self._entries.insert(position, entry)
            self.endInsertRows()
            return
        old = self._entries[position]  # its number decides its position, and does not change
        kept = None if old.note and not entry.note else old.thumbnail
        self._entries[position] = replace(entry, number=old.number, thumbnail=entry.thumbnail or kept)
        self._changed(position)

    def set_thumbnail(self, uid: str, thumbnail: Rgb32) -> None:
        """Show the picture of a series."""
        position = self.position(uid)
        if position is not None:
            self._entries[position] = replace(self._entries[position], thumbnail=thumbnail)
            self._changed(position)

    def set_current(self, uid: str) -> None:
        """Mark the series on show."""
        before, self._current = self._current, uid
        for one in {before, uid}:
            position = self.position(one)
            if position is not None:
                self._changed(position)

    @property
    def current(self) -> str:
        """UID of the series on show; empty if there is none."""
        return self._current

    def position(self, uid: str) -> int | None:
        """The row of a series."""
        return next((n for n, entry in enumerate(self._entries) if entry.uid == uid), None)

    def uid(self, index: ModelIndex) -> str:
        """The Series Instance UID behind an index; empty if there is none."""
        return self._entries[index.row()].uid if index.isValid() else ""

    @override
    def rowCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._entries)

    @override
    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._entries):
            return None
        entry = self._entries[index.row()]
        description = display.plain(entry.description)
        if role == Qt.ItemDataRole.DisplayRole:
            return description
        if role == SeriesRole.HEAD:
            number = "" if entry.number is None else str(entry.number)
            return " ".join(part for part in (number, display.plain(entry.modality)) if part)
        if role == SeriesRole.COUNT:
            return self._count(entry)
        if role == SeriesRole.THUMBNAIL:
            return entry.thumbnail
        if role == SeriesRole.CURRENT:
            return entry.uid == self._current
        if role == SeriesRole.KIND:
            return display.plain(entry.modality)
        if role == SeriesRole.NOTE:
            return entry.note
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            head = index.data(SeriesRole.HEAD)
            count = entry.explanation or self.tr("Pictures: {0}").format(entry.pictures)
            whole = "\n".join(part for part in (head, description, count) if part)
            return display.tool_tip(whole) if role == Qt.ItemDataRole.ToolTipRole else whole
        return None

    def _count(self, entry: SeriesEntry) -> str:
        if not entry.note:
            return str(entry.pictures)
        if entry.total is None:
            return ""
        if not entry.pictures:
            return str(entry.total)
        return self.tr("{0} of {1}").format(entry.pictures, entry.total)

    def _changed(self, position: int) -> None:
        self.dataChanged.emit(self.index(position), self.index(position))
