"""Show the titles of the tree's columns: which are shown, how wide, what sorts the rows and groups them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from PySide6.QtCore import QByteArray, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QStandardItemModel
from PySide6.QtWidgets import QHeaderView, QMenu, QTableView

from workstation.models.arrangement import Sort
from workstation.models.columns import COLUMNS, Column, title
from workstation.models.dates import day_and_time, short_day
from workstation.models.tree_model import TreeModel
from workstation.settings.list_layout import ListLayout
from workstation.widgets.sort_header import SortHeader

_COLUMNS: Final = "columns"
_KEY: Final = "column"
_WIDTH: Final = "width"
_HIDDEN: Final = "hidden"
_SORTED_BY: Final = "sorted_by"
_DESCENDING: Final = "descending"
_THEN_BY: Final = "then_by"
_NUMBERED: Final = (
    *("name", "id", "born", "sex", "date", "modality"),
    *("description", "accession", "series", "images", "local", "source"),
)
_NARROWEST: Final = 30
_WIDEST: Final = 10_000
"""A saved width beyond this is none that a user made."""
_NAMES_LEAST: Final = 84
"""Of the names, in pixels, where the list is narrow."""
_PADDING: Final = 14
"""Beside the text of a cell, in pixels."""
_GIVING_WAY: Final = (
    *sorted(
        (spec.column for spec in COLUMNS if spec.may_be_cut_off and spec.column is not Column.MODALITY),
        key=lambda column: -COLUMNS[column].width,
    ),
    Column.MODALITY,
    Column.DATE,
    Column.NAME,
)
"""Which columns become narrower where there is not room for all: one after the other, the numbers never."""


class TreeHeader(SortHeader):
    """The header of a :class:`~workstation.widgets.tree_view.TreeView`.

    Signals:
        shown_changed: Other columns are shown; with the title of the one that the user chose, else empty.
        layout_chosen: Another :class:`ListLayout` was chosen.

    Attributes:
        names_fit: The first column takes the room the others leave; a user who sizes it ends that.
            Where there is too little room for all, others become narrower for the time being.
        layouts: The entries of menus that choose how the list arranges studies.
    """

    shown_changed = Signal(str)
    layout_chosen = Signal(ListLayout)

    def __init__(self, model: TreeModel, view: QTableView) -> None:
        super().__init__(view)
        self._view = view
        self.layouts = self._layout_actions()
        self.names_fit, self._fitting = True, False
        self.setModel(model)
        self.setSelectionModel(QItemSelectionModel(model, self))  # none: it would ask about all rows
        self.setMinimumSectionSize(_NARROWEST)
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.setToolTip(
            self.tr("Click to sort, Shift+click to sort by it besides, drag to move, right-click for more")
        )
        self.names: QMenu | None = None
        """What the header's menu offers as “Show names as”."""
        self._widths = {spec.column: spec.width for spec in COLUMNS}  # of hidden ones, too
        for spec in COLUMNS:
            self.resizeSection(spec.column, spec.width)
            self.setSectionHidden(spec.column, spec.hidden)
        self.setSortIndicator(Column.DATE, Qt.SortOrder.DescendingOrder)
        self.sectionResized.connect(self._sized)

    def _layout_actions(self) -> dict[ListLayout, QAction]:
        words = {
            ListLayout.TREE: self.tr("Patient"),
            ListLayout.DAY: self.tr("Day"),
            ListLayout.MODALITY: self.tr("Modality"),
            ListLayout.SOURCE: self.tr("Source"),
            ListLayout.FLAT: self.tr("Nothing: one row per study"),
        }
        group = QActionGroup(self)
        actions = {}
        for layout, text in words.items():
            action = actions[layout] = QAction(text, group, checkable=True)
            action.triggered.connect(lambda _, layout=layout: self.layout_chosen.emit(layout))
        actions[ListLayout.TREE].setChecked(True)
        return actions

    def show_layout(self, layout: ListLayout) -> None:
        """Mark in the menus how the list arranges studies."""
        self.layouts[layout].setChecked(True)

    def add_layouts(self, menu: QMenu) -> None:
        """Add a menu that chooses how the list arranges studies."""
        menu.addMenu(self.tr("Group studies by")).addActions(list(self.layouts.values()))

    def _open_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        section = self.logicalIndexAt(where)
        if section >= 0:
            column, words = Column(section), {"column": title(section)}
            by = menu.addAction(self.tr("Sort by “{column}”").format(**words))
            by.triggered.connect(lambda: self.sort_by(column))
            then = menu.addAction(self.tr("Then by “{column}”").format(**words))
            then.setEnabled(self.sorts[0].column is not column)
            then.triggered.connect(lambda: self.sort_further(column))
        self.add_layouts(menu)
        columns = menu.addMenu(self.tr("Columns"))
        self.list_columns(columns)
        if self.names is not None:
            menu.addMenu(self.names)
        menu.popup(self.mapToGlobal(where))

    def list_columns(self, menu: QMenu) -> None:
        """Fill a menu that shows and hides columns; the first one always stays."""
        menu.clear()
        for column in Column:
            action = menu.addAction(title(column))
            action.setCheckable(True)
            action.setChecked(not self.isSectionHidden(column))
            action.setEnabled(column is not Column.NAME)
            action.triggered.connect(lambda shown, column=column: self._show(column, shown))

    def _show(self, column: Column, shown: bool) -> None:
        self.setSectionHidden(column, not shown)
        self.shown_changed.emit(title(column) if shown and COLUMNS[column].asked else "")

    @property
    def asked(self) -> frozenset[str]:
        """The fields of studies and series that archives are asked for, since their columns are shown."""
        return frozenset(filter(None, (COLUMNS[column].asked for column in self.shown)))

    @property
    def shown(self) -> list[Column]:
        """The columns that are shown, in the order of the user."""
        in_order = sorted(Column, key=self.visualIndex)
        return [column for column in in_order if not self.isSectionHidden(column)]

    # --- Widths -----------------------------------------------------------------------------------------

    def _sized(self, section: int, before: int, now: int) -> None:
        """Keep the width that a user gave a column, and fit the others to it."""
        if self._fitting:
            return
        column = Column(section)
        if before and now:  # else it was shown or hidden
            self._widths[column] = now
        if column is Column.NAME:
            self.names_fit = False
        else:
            self.fit(sized=column if before and now else None, hiding=None if now else column)

    def fit(self, *, sized: Column | None = None, hiding: Column | None = None) -> None:
        """Fit the columns into the room beside a scroll bar, be it shown or not.

        So no column moves when the rows become many. What a user has just ``sized`` keeps its width; the one
        that Qt is ``hiding`` still counts as shown.
        """
        view = self._view
        if not view.isVisible():
            return
        bar = view.verticalScrollBar().sizeHint().width()
        wanted = {column: self._widths[column] for column in self.shown if column is not hiding}
        widths = self._fitting_widths(wanted, view.width() - 2 * view.frameWidth() - bar, sized)
        self._fitting = True
        for column, width in widths.items():
            self.resizeSection(column, width)
        self._fitting = False

    def _fitting_widths(
        self, wanted: Mapping[Column, int], room: int, sized: Column | None
    ) -> dict[Column, int]:
        """Return the widths of columns in so much room; they stay as ``wanted`` if it is far too little."""
        widths = dict(wanted)
        if self.names_fit:
            widths[Column.NAME] = COLUMNS[Column.NAME].width
        over = sum(widths.values()) - room
        if over <= 0:
            widths[Column.NAME] -= over if self.names_fit else 0
            return widths
        narrow = dict(widths)
        for column in _GIVING_WAY:
            if column in widths and column is not sized and (column is not Column.NAME or self.names_fit):
                given = max(0, min(over, narrow[column] - self._least(column)))
                narrow[column] -= given
                over -= given
        return narrow if over <= 0 else widths  # so many columns are scrolled sideways

    def _least(self, column: Column) -> int:
        """Return the width down to which a column gives way: a date of today stays whole."""
        if column is Column.NAME:
            return _NAMES_LEAST
        if column is Column.MODALITY:
            return self.fontMetrics().horizontalAdvance(title(column)) + _PADDING
        if column is Column.DATE:
            today = f"{date.today():%Y%m%d}"
            texts = (day_and_time(today, "0800"), short_day(today))
            return max(map(self.fontMetrics().horizontalAdvance, texts)) + _PADDING
        return max(_NARROWEST + 4, 2 * COLUMNS[column].width // 5)

    # --- Saving -----------------------------------------------------------------------------------------

    @property
    def layout_by_key(self) -> dict[str, object]:
        """Return which columns are shown, how wide and in which order, and what sorts, as JSON has it."""
        in_order = sorted(COLUMNS, key=lambda spec: self.visualIndex(spec.column))
        return {
            _COLUMNS: [
                {
                    _KEY: spec.key,
                    _WIDTH: self._widths[spec.column],
                    _HIDDEN: self.isSectionHidden(spec.column),
                }
                for spec in in_order
            ],
            _SORTED_BY: COLUMNS[self.sortIndicatorSection()].key,
            _DESCENDING: self.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder,
            _THEN_BY: [
                {_KEY: COLUMNS[sort.column].key, _DESCENDING: sort.descending} for sort in self.sorts[1:]
            ],
        }

    def restore_layout(self, kept: Mapping[str, object]) -> None:
        """Bring back what :attr:`layout_by_key` was; what is missing or makes no sense stays as it is.

        A column of which nothing was kept stands last.
        """
        columns = kept.get(_COLUMNS)
        known = {spec.key: spec.column for spec in COLUMNS}
        entries = [one for one in columns if isinstance(one, dict)] if isinstance(columns, list) else []
        by_column = {known[key]: one for one in entries if (key := str(one.get(_KEY))) in known}
        before = any(one.get(_KEY) == "local" for one in entries)
        self._fitting = True
        for position, (column, entry) in enumerate(by_column.items()):
            self.moveSection(self.visualIndex(column), position)
            width, hidden = entry.get(_WIDTH), entry.get(_HIDDEN)
            if column is Column.IMAGES and before:
                width = None  # it was too narrow for the state, which stood in a column of its own
            self.setSectionHidden(column, False)
            if type(width) is int and _NARROWEST <= width <= _WIDEST:
                self._widths[column] = width
                self.resizeSection(column, width)
            self.setSectionHidden(column, hidden is True and column is not Column.NAME)
        self._fitting = False
        sorted_by, then_by = known.get(str(kept.get(_SORTED_BY))), kept.get(_THEN_BY)
        if sorted_by is not None:
            further = [one for one in then_by if isinstance(one, dict)] if isinstance(then_by, list) else []
            sorts = {sorted_by: kept.get(_DESCENDING) is True}
            for one in further:
                if (then := known.get(str(one.get(_KEY)))) is not None:
                    sorts.setdefault(then, one.get(_DESCENDING) is True)
            self.set_sorts(tuple(Sort(*sort) for sort in sorts.items()))
        self.shown_changed.emit("")


def layout_by_number(state: QByteArray) -> dict[str, object]:
    """Read what QHeaderView.saveState wrote when columns were numbered; empty: it makes no sense.

    Columns have keys in window.json since; this reads a file from before that, of these twelve.
    """
    model = QStandardItemModel(0, len(_NUMBERED))
    header = QHeaderView(Qt.Orientation.Horizontal)
    header.setModel(model)
    if not header.restoreState(state) or header.count() != len(_NUMBERED):
        return {}
    hidden = [header.isSectionHidden(column) for column in range(len(_NUMBERED))]
    for column in range(len(_NUMBERED)):
        header.setSectionHidden(column, False)  # a hidden one has no width
    order = [header.logicalIndex(position) for position in range(len(_NUMBERED))]
    sorted_by = header.sortIndicatorSection()
    return {
        _COLUMNS: [
            {_KEY: _NUMBERED[column], _WIDTH: header.sectionSize(column), _HIDDEN: hidden[column]}
            for column in order
        ],
        _SORTED_BY: _NUMBERED[sorted_by] if 0 <= sorted_by < len(_NUMBERED) else "",
        _DESCENDING: header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder,
    }
