"""The titles of the tree's columns: which of them are shown, how wide, and by which the rows are sorted."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtWidgets import QHeaderView, QMenu, QTableView

from workstation.models.columns import HIDDEN_AT_FIRST, Column
from workstation.models.tree_model import TreeModel

_WIDTHS = {
    Column.NAME: 200,
    Column.ID: 96,
    Column.BORN: 84,
    Column.SEX: 40,
    Column.DATE: 122,
    Column.MODALITY: 68,
    Column.DESCRIPTION: 180,
    Column.ACCESSION: 74,
    Column.SERIES: 50,
    Column.IMAGES: 57,
    Column.LOCAL: 80,
    Column.SOURCE: 96,
}


class TreeHeader(QHeaderView):
    """The header of a :class:`~workstation.widgets.tree_view.TreeView`.

    Attributes:
        names_fit: The first column takes the room the others leave; a person who sizes it ends that.
    """

    def __init__(self, model: TreeModel, view: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, view)
        self._view = view
        self.names_fit, self._fitting = True, False
        self.setModel(model)
        self.setSelectionModel(QItemSelectionModel(model, self))  # none: it would ask about all rows
        self.setMinimumSectionSize(30)
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.setToolTip(self.tr("Click to sort, drag to move, right-click to choose columns"))
        for column, width in _WIDTHS.items():
            self.resizeSection(column, width)
            self.setSectionHidden(column, column in HIDDEN_AT_FIRST)
        self.setSortIndicator(Column.DATE, Qt.SortOrder.DescendingOrder)
        self.sectionResized.connect(self._sized)

    def _open_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.list_columns(menu)
        menu.popup(self.mapToGlobal(place))

    def list_columns(self, menu: QMenu) -> None:
        """Fill a menu that shows and hides columns; the first one always stays."""
        menu.clear()
        for column in Column:
            title = self.model().headerData(column, Qt.Orientation.Horizontal)
            action = menu.addAction(str(title))
            action.setCheckable(True)
            action.setChecked(not self.isSectionHidden(column))
            action.setEnabled(column is not Column.NAME)
            action.triggered.connect(lambda shown, column=column: self.setSectionHidden(column, not shown))

    def _sized(self, column: int, _before: int, _now: int) -> None:
        """The names have what the others leave, until a person sizes them."""
        if self._fitting:
            return
        if column == Column.NAME:
            self.names_fit = False
        else:
            self.fit()

    def fit(self) -> None:
        """Give the names the room the other columns leave."""
        if self.names_fit and self._view.isVisible():
            self._fitting = True
            others = self.length() - self.sectionSize(Column.NAME)
            self.resizeSection(Column.NAME, max(_WIDTHS[Column.NAME], self._view.viewport().width() - others))
            self._fitting = False
