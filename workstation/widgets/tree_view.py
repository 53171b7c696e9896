"""Show the results as a tree: a table of the rows in sight, patients open to their studies."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget
from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.models.columns import Column
from workstation.models.model_index import ModelIndex
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role
from workstation.models.value_terms import value_of
from workstation.widgets.delegate import TreeDelegate, expander
from workstation.widgets.group_folding import GroupFolding
from workstation.widgets.keys import Key
from workstation.widgets.repaint_throttle import RepaintThrottle
from workstation.widgets.row_selection import RowSelection
from workstation.widgets.scroll_anchor import ScrollAnchor, numbers_in_sight
from workstation.widgets.tree_header import TreeHeader
from workstation.widgets.type_ahead import TypeAhead

_ALT = Qt.KeyboardModifier.AltModifier
_AROUND_TEXT = 10
_LOOK_MS = 120


class TreeView(QTableView):
    """The view of a :class:`TreeModel`.

    A flat table with rows of one height: its cost does not grow with the rows out of sight.

    Signals:
        row_activated: Number of the study, series or image the user double-clicked or entered.
        row_chosen: Number of the current row; 0 for none.
        rows_seen: Numbers of the rows in sight, from the top, some time after they changed.
        delete_requested: The Delete key was pressed.
        samples_requested: The Space key was pressed: one image of each series of the current row is wanted.
        menu_requested: Where on the screen the menu of the selected rows is to open.
        selection_changed: Other rows are selected.
        copy_requested: The key for copying was pressed: the selected rows are wanted as text.
        value_wanted: What is to be added to the filter, to see only rows with the value of a cell.

    Attributes:
        groups: What is done with whole groups.
        selection: The selected rows.
    """

    row_activated = Signal(int)
    row_chosen = Signal(int)
    rows_seen = Signal(list)
    delete_requested = Signal()
    samples_requested = Signal()
    menu_requested = Signal(QPoint)
    selection_changed = Signal()
    copy_requested = Signal()
    value_wanted = Signal(str)

    _anchor: ScrollAnchor | None = None

    def __init__(self, model: TreeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.groups = GroupFolding(self, model)
        self.selection = RowSelection(self, model, self.groups)
        self._ahead = TypeAhead(model, self)
        self._ahead.found.connect(self._go_to)
        self._words = self.tr("Type a name and press Enter. Enter alone lists all of the chosen dates.")
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(lambda: self.rows_seen.emit(self.in_sight))
        self._set_up_viewport()
        self.setModel(model)
        self._delegate = TreeDelegate(model, self)
        self.setItemDelegate(self._delegate)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setAccessibleName(self.tr("Results"))
        self._set_up_headers()
        self._anchor = ScrollAnchor(self, model, self._throttle)
        self.updateGeometries()
        model.layoutChanged.connect(self._look_later)
        self.verticalScrollBar().valueChanged.connect(self._look_later)
        self.selectionModel().selectionChanged.connect(self.selection_changed)

    def _set_up_viewport(self) -> None:
        """Use a viewport made in Python: to wrap one made by Qt, PySide6 first creates all its classes."""
        viewport = QWidget()
        viewport.setBackgroundRole(QPalette.ColorRole.Base)
        viewport.setAutoFillBackground(True)
        self.setViewport(viewport)
        self._throttle = RepaintThrottle(viewport)

    def _set_up_headers(self) -> None:
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(1)
        rows.setDefaultSectionSize(self.fontMetrics().height() + _AROUND_TEXT)
        rows.hide()
        self.setHorizontalHeader(TreeHeader(self._model, self))
        self.setSortingEnabled(True)
        self.header().sorts_changed.connect(lambda sorts: self._model.visible.sort(*sorts))

    def header(self) -> TreeHeader:
        """The titles of the columns."""
        header = self.horizontalHeader()
        assert isinstance(header, TreeHeader)
        return header

    @property
    def in_sight(self) -> list[int]:
        """Numbers of the rows the user can see, from the top."""
        return numbers_in_sight(self, self._model)

    def _look_later(self) -> None:
        self._look.start()

    def set_searching(self, searching: bool) -> None:
        """Say what to do where rows would be, unless they may still come."""
        nothing = self.tr("Nothing found. Try fewer letters, more dates or more sources.")
        self._words = "" if searching else nothing
        self.viewport().update()

    @property
    def words(self) -> str:
        """What is written where rows would be."""
        if self._model.rowCount() > (self._model.mismatches.line is not None):
            return ""
        if self._model.results.patient_count:
            return self.tr("No row fits the filter. Ctrl+Shift+X clears it.")
        return self._words

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        self._delegate.begin()
        super().paintEvent(event)
        self._throttle.painted()
        if words := self.words:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect().adjusted(20, 20, -20, -20), flags, words)

    def go_to_first_study(self) -> None:
        """Make it the current row; where all answers were set aside, their line."""
        rows = self._model.visible.between(0, self._model.mismatches.main_count - 1)
        row = next((row for row in rows if row.level is Level.STUDY), None)
        if row is None and not self._model.mismatches.main_count:
            row = self._model.mismatches.line
        if row is not None:
            self._go_to(row.number)

    def height_of(self, number: int) -> int:
        """Where a row is below the top of the list, in pixels; negative: above it."""
        row = self._model.find(number)
        return self.visualRect(self._model.index_of(row)).y() if row is not None else 0

    def make_current(self, number: int, height: int) -> None:
        """Make a row the current one and scroll it to ``height``, as :meth:`height_of` gives it."""
        self._go_to(number)
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + self.height_of(number) - height)

    @override
    def selectAll(self) -> None:
        self.selection.select_all()

    # --- opening and closing ----------------------------------------------------------------------------

    def is_open(self, index: ModelIndex) -> bool:
        """Whether the rows below it are shown."""
        row = self._model.row(index)
        return row is not None and self._model.visible.is_open(row)

    def open_row(self, index: ModelIndex) -> None:
        """Show the rows below a row."""
        row = self._model.row(index)
        if row is not None and not self._model.visible.is_open(row):
            self._model.open(row.number)

    def close_row(self, index: ModelIndex) -> None:
        """Show the rows below a row no more; if one of them is the current one, the row becomes it."""
        row = self._model.row(index)
        if row is None or not self._model.visible.is_open(row):
            return
        current = self._model.row(self.currentIndex())
        if current is not None and self._model.visible.is_within(current, row):
            self.setCurrentIndex(self._model.index_of(row, max(0, self.currentIndex().column())))
        self._model.close(row.number)

    def _toggle(self, index: ModelIndex) -> None:
        if self.is_open(index):
            self.close_row(index)
        else:
            self.open_row(index)

    def _open_whole(self, row: Row) -> None:
        """A row and all that is known below it; of a group its studies."""
        rows = [row]
        for one in rows:
            rows += [child for child in one.entities if child.children]
        self._model.open(*(one.number for one in rows))

    # --- keys and mouse ---------------------------------------------------------------------------------

    @override
    def currentChanged(self, current: ModelIndex, previous: ModelIndex) -> None:
        super().currentChanged(current, previous)
        row = self._model.row(current)
        number = row.number if row is not None else 0
        self._model.mismatches.keep(number)
        self.row_chosen.emit(number)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._expander_at(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and index is not None:
            self._toggle(index)
        elif event.button() is Qt.MouseButton.LeftButton and event.modifiers() == _ALT:
            self._want_value(self.indexAt(event.position().toPoint()))
        else:
            super().mousePressEvent(event)
            index = self.indexAt(event.position().toPoint())
            if event.button() is Qt.MouseButton.LeftButton and self._is_line(index):
                self._toggle(index)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if event.button() is Qt.MouseButton.LeftButton and (index := self._expander_at(point)) is not None:
            self._toggle(index)
            return
        if self._is_line(self.indexAt(point)):
            return  # the press before has opened or closed it
        super().mouseDoubleClickEvent(event)
        if event.button() is Qt.MouseButton.LeftButton:
            self._activate(self.indexAt(point))

    def _want_value(self, index: ModelIndex) -> None:
        """Have only rows shown with the value of a cell."""
        row = self._model.row(index)
        found = value_of(row, Column(index.column())) if row is not None else None
        if found is not None:
            self.value_wanted.emit(found.term)

    def _is_line(self, index: ModelIndex) -> bool:
        return bool(index.data(Role.LINE))

    def _expander_at(self, point: QPoint) -> ModelIndex | None:
        """The row whose arrow is there."""
        index = self.indexAt(point)
        if index.column() != Column.NAME or index.data(Role.OPEN) is None:
            return None
        box = expander(self.visualRect(index), index.data(Role.DEPTH), self.layoutDirection())
        return index if box.contains(point) else None

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys that :meth:`keyPressEvent` and :meth:`moveCursor` take."""
        return (
            Key(self.tr("Fetch, or look at what is here"), "Return Enter"),
            Key(self.tr("Look at one image of each series"), "Space"),
            Key(self.tr("Open the row"), "Right +"),
            Key(self.tr("Close the row"), "Left -"),
            Key(self.tr("Open all below the row"), "*"),
            Key(self.tr("Delete the local copy"), "Del"),
            Key(self.tr("Show only rows with the value of the cell (also Alt+click)"), "Alt+Return"),
            Key(self.tr("Menu of the row"), "Shift+F10"),
        )

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        row = self._model.row(index)
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                act = self._want_value if event.modifiers() & _ALT else self._activate
                act(index)
            case Qt.Key.Key_Delete:
                self.delete_requested.emit()
            case Qt.Key.Key_Space if not event.modifiers() and not self._ahead.typing:
                if not event.isAutoRepeat():  # within a name that is typed, it is a letter of it
                    self.samples_requested.emit()
            case Qt.Key.Key_Plus:
                self.open_row(index)
            case Qt.Key.Key_Minus:
                self.close_row(index)
            case Qt.Key.Key_F10 if event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
                self.menu_requested.emit(self._below_current())  # X11 and macOS make no menu key of it
            case Qt.Key.Key_Asterisk if row is not None:
                self._open_whole(row)
            case _ if event.matches(QKeySequence.StandardKey.Copy):
                self.copy_requested.emit()
            case _:
                super().keyPressEvent(event)

    @override
    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Up and down as in a table; left closes or goes up a level, right opens or goes down one."""
        actions = QAbstractItemView.CursorAction
        index, last = self.currentIndex(), self._model.rowCount() - 1
        column = max(0, index.column())
        row = self._model.row(index)
        if action is actions.MoveHome:
            return self._model.index(0, column)
        if action is actions.MoveEnd:
            return self._model.index(last, column)
        if row is None or action not in (actions.MoveLeft, actions.MoveRight):
            return super().moveCursor(action, modifiers)
        inwards = (action is actions.MoveRight) != self.isRightToLeft()
        if inwards and row.opens and not self._model.visible.is_open(row):
            self.open_row(index)
        elif inwards and row.opens and (row.children or row.is_group):
            return self._model.index(index.row() + 1, column)
        elif not inwards and self._model.visible.is_open(row):
            self.close_row(index)
        elif not inwards and (above := self._model.visible.above(row)) is not None:
            return self._model.index_of(above, column)
        return self.currentIndex()

    @override
    def keyboardSearch(self, search: str) -> None:
        self._ahead.add(search, self.currentIndex().row())

    def _go_to(self, number: int) -> None:
        row = self._model.find(number)
        if row is not None:  # alone, whatever key is held
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().setCurrentIndex(self._model.index_of(row), flags)

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        point = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            point = self._below_current()
        self.menu_requested.emit(point)

    def _below_current(self) -> QPoint:
        return self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.header().fit()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.header().fit()
        self._look_later()

    @override
    def updateGeometries(self) -> None:
        if self._anchor is None:
            super().updateGeometries()
        else:
            self._anchor.update_range(super().updateGeometries)

    def forget_pointer(self) -> None:
        """Other rows are asked for: the row under the pointer need not stay where it is."""
        if self._anchor is not None:
            self._anchor.forget_pointer()

    def _activate(self, index: ModelIndex) -> None:
        row = self._model.row(index)
        if row is None:
            return
        if row.level is Level.PATIENT:
            self._toggle(index)
        else:
            self.row_activated.emit(row.number)
