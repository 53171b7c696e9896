"""The tag list: shows all elements of the current file, with a filter."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from workstation.models.elements_model import ElementColumn, ElementRole, ElementsModel, FoundElements

_WIDTHS = {ElementColumn.TAG: 124, ElementColumn.NAME: 180, ElementColumn.VR: 34}


class ElementsView(QWidget):
    """A filter box above a tree of elements."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._found = FoundElements(self)
        self._scrolled = 0
        self.sought = QLineEdit()
        self.sought.setPlaceholderText(self.tr("Find a tag, a name, a value"))
        self.sought.setClearButtonEnabled(True)
        self.sought.setAccessibleName(self.tr("Find in tags"))
        self.sought.textChanged.connect(self._found.seek)
        self.tree = QTreeView()
        self.tree.setUniformRowHeights(True)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setAccessibleName(self.tr("Tags"))
        self.tree.setModel(self._found)
        copy = QAction(self.tr("Copy value"), self.tree)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy_value)
        self.tree.addAction(copy)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        above = QHBoxLayout()
        above.setContentsMargins(8, 6, 8, 6)
        above.addWidget(self.sought)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(above)
        column.addWidget(self.tree)

    def show_elements(self, model: ElementsModel) -> None:
        """Show ``model``."""
        self._found.setSourceModel(model)
        for column, width in _WIDTHS.items():
            self.tree.setColumnWidth(column, width)
        model.modelAboutToBeReset.connect(self._keep_place)
        model.modelReset.connect(self._restore_place)

    def copy_value(self) -> None:
        """Copy the value of the current row to the clipboard."""
        value = self.tree.currentIndex().data(ElementRole.WHOLE_VALUE)
        if value:
            QGuiApplication.clipboard().setText(value)

    def _keep_place(self) -> None:
        """Keep the scroll position: the next file of a series has the same tags."""
        if self._found.rowCount():
            self._scrolled = self.tree.verticalScrollBar().value()

    def _restore_place(self) -> None:
        self.tree.doItemsLayout()
        self.tree.verticalScrollBar().setValue(self._scrolled)
