"""The elements of the file on show: a tree whose sequences are read when the user opens them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from typing import Any, overload

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from typing_extensions import override

from workstation.dicom import display
from workstation.imaging.elements import Element, ElementPath
from workstation.models.model_index import ModelIndex
from workstation.models.rows import Fill
from workstation.models.translation import translated

_ROOT = QModelIndex()
_TIP = 1000


class ElementColumn(IntEnum):
    """Columns of the tag list."""

    TAG = 0
    NAME = 1
    VR = 2
    VALUE = 3


class ElementRole(IntEnum):
    """What a view asks a row for, besides its text."""

    WHOLE_VALUE = Qt.ItemDataRole.UserRole + 1
    SOUGHT = Qt.ItemDataRole.UserRole + 2
    BROKEN = Qt.ItemDataRole.UserRole + 3


@dataclass(eq=False, slots=True, kw_only=True)
class _Node:
    number: int
    element: Element
    parent: _Node | None
    position: int
    where: ElementPath
    children: list[_Node] = field(default_factory=list)
    fill: Fill = Fill.FULL


class ElementsModel(QAbstractItemModel):
    """Rows of one file.

    Signals:
        children_wanted: The way (:data:`ElementPath`) to a sequence or item that was opened.
    """

    children_wanted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = count(1)
        self._top: list[_Node] = []
        self._nodes: dict[int, _Node] = {}
        self._ways: dict[ElementPath, _Node] = {}

    def show(self, elements: Sequence[Element]) -> None:
        """Show the top level of another file."""
        self.beginResetModel()
        self._nodes, self._ways = {}, {}
        self._top = self._made(elements, None)
        self.endResetModel()

    def fill(self, where: ElementPath, elements: Sequence[Element]) -> None:
        """Show what is below ``where``; nothing if nobody waits for it any more."""
        node = self._ways.get(where)
        if node is None or node.fill is not Fill.PENDING:
            return
        node.fill = Fill.FULL
        rows = self._made(elements, node)
        if rows:
            self.beginInsertRows(self._index(node), 0, len(rows) - 1)
            node.children = rows
            self.endInsertRows()

    def _made(self, elements: Sequence[Element], parent: _Node | None) -> list[_Node]:
        above = parent.where if parent is not None else ()
        made = []
        for position, element in enumerate(elements):
            step = element.tag if element.tag is not None else position
            node = _Node(
                number=next(self._numbers),
                element=element,
                parent=parent,
                position=position,
                where=(*above, step),
            )
            node.fill = Fill.EMPTY if element.children else Fill.FULL
            self._nodes[node.number] = node
            self._ways[node.where] = node
            made.append(node)
        return made

    def _node(self, index: ModelIndex) -> _Node | None:
        return self._nodes.get(index.internalId()) if index.isValid() else None

    def _index(self, node: _Node) -> QModelIndex:
        return self.createIndex(node.position, 0, node.number)

    def _below(self, parent: ModelIndex) -> list[_Node]:
        if not parent.isValid():
            return self._top
        node = self._node(parent)
        return node.children if node is not None and parent.column() == 0 else []

    @override
    def rowCount(self, parent: ModelIndex = _ROOT) -> int:
        return len(self._below(parent))

    @override
    def columnCount(self, parent: ModelIndex = _ROOT) -> int:
        return len(ElementColumn)

    @override
    def index(self, row: int, column: int, parent: ModelIndex = _ROOT) -> QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, self._below(parent)[row].number)

    @overload
    def parent(self) -> QObject | None: ...
    @overload
    def parent(self, child: ModelIndex) -> QModelIndex: ...
    @override
    def parent(self, child: ModelIndex | None = None) -> QObject | QModelIndex | None:
        if child is None:
            return super().parent()
        node = self._node(child)
        return QModelIndex() if node is None or node.parent is None else self._index(node.parent)

    @override
    def hasChildren(self, parent: ModelIndex = _ROOT) -> bool:
        node = self._node(parent)
        if node is None:
            return not parent.isValid() and bool(self._top)
        return parent.column() == 0 and (bool(node.children) or node.fill is not Fill.FULL)

    @override
    def canFetchMore(self, parent: ModelIndex) -> bool:
        node = self._node(parent)
        return node is not None and node.fill is Fill.EMPTY and parent.column() == 0

    @override
    def fetchMore(self, parent: ModelIndex) -> None:
        node = self._node(parent)
        if node is not None and self.canFetchMore(parent):
            node.fill = Fill.PENDING
            self.children_wanted.emit(node.where)

    @override
    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        node = self._node(index)
        if node is None:
            return None
        element = node.element
        if role == Qt.ItemDataRole.DisplayRole:
            cells = (_tag(element.tag), element.name, element.vr, element.value)
            return display.plain(translated(cells[index.column()]))
        if role == Qt.ItemDataRole.ToolTipRole:
            return display.tool_tip(translated(element.value)[:_TIP])
        if role == ElementRole.WHOLE_VALUE:
            return translated(element.value)
        if role == ElementRole.SOUGHT:
            return f"{_tag(element.tag)} {translated(element.name)} {translated(element.value)}"
        return element.broken if role == ElementRole.BROKEN else None

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            titles = self.tr("Tag"), self.tr("Name"), self.tr("VR"), self.tr("Value")
            return titles[section] if 0 <= section < len(titles) else None
        return None


class FoundElements(QSortFilterProxyModel):
    """The elements that hold a text in tag, name or value, with what is above them.

    Sequences that were not opened are not read for it.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sought = ""
        self.setRecursiveFilteringEnabled(True)

    def seek(self, text: str) -> None:
        """Show what holds ``text``, in any case; a tag may be written without brackets and comma."""
        self._sought = text.strip().casefold()
        self.invalidate()

    @override
    def filterAcceptsRow(self, source_row: int, source_parent: ModelIndex) -> bool:
        if not self._sought:
            return True
        found = self.sourceModel().index(source_row, 0, source_parent)
        text = str(found.data(ElementRole.SOUGHT) or "").casefold()
        return self._sought in text or self._sought in text[:11].translate(_BARE)


_BARE = str.maketrans("", "", "(), ")


def _tag(tag: int | None) -> str:
    return "" if tag is None else f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
