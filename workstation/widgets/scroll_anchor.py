"""Keep what the user looks at where it is while rows come and go around it, and paint only if it changed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, Qt
from PySide6.QtGui import QSinglePointEvent
from PySide6.QtWidgets import QTableView
from typing_extensions import override

from workstation.models.model_index import ModelIndex
from workstation.models.tree_model import TreeModel
from workstation.widgets.repaint_throttle import RepaintThrottle

_IN_SIGHT = 200
_POINTED = (
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonDblClick,
    QEvent.Type.Wheel,
)


def numbers_in_sight(view: QTableView, model: TreeModel) -> list[int]:
    """Return the numbers of the rows the user can see, from the top."""
    first, last = view.rowAt(0), view.rowAt(view.viewport().height() - 1)
    if first < 0:
        return []
    last = model.rowCount() - 1 if last < 0 else last
    return [row.number for row in model.visible.between(first, min(last, first + _IN_SIGHT - 1))]


class ScrollAnchor(QObject):
    """Scrolls a view of a tree model so that what the user is about to click stays at its height.

    That is the row under the pointer, if the pointer was used in the view since the last key; else the
    current row, if it can be seen; else the topmost one, unless the list is at its top. Where there are too
    few rows to scroll, the view is scrolled beyond the last one: what came above is then out of sight above.
    Not so when the list is arranged in another way (sorted, grouped, filtered): the row is somewhere else
    then, and a list that there is room for is in sight as a whole.
    """

    def __init__(self, view: QTableView, model: TreeModel, throttle: RepaintThrottle) -> None:
        super().__init__(view)
        self._view, self._model, self._throttle = view, model, throttle
        self._anchor: tuple[QPersistentModelIndex, int] | None = None
        self._sight: tuple[int, list[int]] | None = None
        self._pointer: QPoint | None = None
        self._beyond, self._extending = 0, False
        model.layoutAboutToBeChanged.connect(self._remember)
        model.layoutChanged.connect(self._restore)
        view.viewport().setMouseTracking(True)
        view.viewport().installEventFilter(self)
        view.installEventFilter(self)
        view.verticalScrollBar().valueChanged.connect(self._scrolled)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the pointer; it counts no more once a key is pressed."""
        kind = event.type()
        if kind in (QEvent.Type.Leave, QEvent.Type.KeyPress):
            self._pointer = None
        elif kind in _POINTED and isinstance(event, QSinglePointEvent) and watched is self._view.viewport():
            self._pointer = event.position().toPoint()
        return False

    def forget_pointer(self) -> None:
        """Other rows are asked for: that the pointer rests here means nothing, until it moves."""
        self._pointer = None

    def _remember(self) -> None:
        """Note at what height the row is that the user looks at."""
        self._stop_painting()
        top = self._looked_at()
        if top.isValid():
            self._anchor = QPersistentModelIndex(top), self._view.visualRect(top).y()

    def _looked_at(self) -> ModelIndex:
        view = self._view
        if self._pointer is not None and (pointed := view.indexAt(self._pointer)).isValid():
            return pointed
        self._pointer = None
        current = view.currentIndex()
        if self._is_visible(current):
            return current
        if not current.isValid() and view.verticalScrollBar().value() == 0:
            return QModelIndex()  # the user looks at no row in particular
        return view.indexAt(QPoint(1, 1))

    def _restore(self) -> None:
        anchor, self._anchor = self._anchor, None
        view = self._view
        view.executeDelayedItemsLayout()
        value = view.verticalScrollBar().value()
        held = anchor is not None and anchor[0].isValid()
        if anchor is not None and held:
            value += view.rowViewportPosition(anchor[0].row()) - anchor[1]
        if not held or self._model.touched is None:
            value = min(value, self._natural)
        self._scroll_to(value)
        self._paint_what_moved()

    # --- Beyond the last row ----------------------------------------------------------------------------

    def update_range(self, update: Callable[[], None]) -> None:
        """Let the view find how far it can be scrolled, and go beyond that as far as it is scrolled."""
        bar = self._view.verticalScrollBar()
        value, extending, self._extending = bar.value(), self._extending, True
        update()  # may come here again, when the viewport is resized for a scroll bar
        if self._beyond and self._model.rowCount():
            bar.setMaximum(self._natural + self._beyond)
            bar.setValue(value)
        else:
            self._beyond = 0
        self._extending = extending

    @property
    def _natural(self) -> int:
        """How far the view can be scrolled so that the last row is at its bottom."""
        view = self._view
        return max(0, view.verticalHeader().length() - view.viewport().height())

    def _scroll_to(self, value: int) -> None:
        bar = self._view.verticalScrollBar()
        if value != bar.value() or self._beyond:
            self._extending = True
            self._beyond = max(0, value - self._natural)
            bar.setMaximum(self._natural + self._beyond)
            bar.setValue(value)
            self._extending = False

    def _scrolled(self, value: int) -> None:
        """Once the user has scrolled up, there is no way back beyond the last row."""
        if self._beyond and not self._extending and not self._view.verticalScrollBar().isSliderDown():
            self._scroll_to(value)

    # --- Painting ---------------------------------------------------------------------------------------

    def _stop_painting(self) -> None:
        """Prevent painting while rows move: what is in sight may stay as it is.

        Unlike setUpdatesEnabled, the attribute alone does not paint all when it is taken back.
        """
        viewport = self._view.viewport()
        if viewport.updatesEnabled():
            self._sight = self._in_sight
            viewport.setAttribute(Qt.WidgetAttribute.WA_UpdatesDisabled, True)

    def _paint_what_moved(self) -> None:
        """Paint, if a row in sight is another one, or elsewhere, or looks different."""
        before, self._sight = self._sight, None
        if before is None:
            return  # the next frame paints
        viewport = self._view.viewport()
        viewport.setAttribute(Qt.WidgetAttribute.WA_UpdatesDisabled, False)
        now, touched = self._in_sight, self._model.touched
        if before == now and touched is not None:
            tops = (row.top.number for number in now[1] if (row := self._model.find(number)) is not None)
            if touched.isdisjoint(tops):
                return
        self._throttle.changing()
        viewport.update()

    @property
    def _in_sight(self) -> tuple[int, list[int]]:
        """Where the first row in sight is, and the numbers of all."""
        view = self._view
        return view.rowViewportPosition(view.rowAt(0)), numbers_in_sight(view, self._model)

    def _is_visible(self, index: ModelIndex) -> bool:
        view = self._view
        return index.isValid() and view.viewport().rect().intersects(view.visualRect(index))
