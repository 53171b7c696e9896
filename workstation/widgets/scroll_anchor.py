"""Keep what the user looks at where it is while rows come and go around it, and paint only if it changed."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPersistentModelIndex, QPoint, Qt
from PySide6.QtWidgets import QTableView

from workstation.models.model_index import ModelIndex
from workstation.models.tree_model import TreeModel
from workstation.widgets.repaint_throttle import RepaintThrottle

_IN_SIGHT = 200


def numbers_in_sight(view: QTableView, model: TreeModel) -> list[int]:
    """Return the numbers of the rows the user can see, from the top."""
    first, last = view.rowAt(0), view.rowAt(view.viewport().height() - 1)
    if first < 0:
        return []
    last = model.rowCount() - 1 if last < 0 else last
    return [row.number for row in model.visible.between(first, min(last, first + _IN_SIGHT - 1))]


class ScrollAnchor(QObject):
    """Scrolls a view of a tree model so that the current row, or else the topmost, stays at its height."""

    def __init__(self, view: QTableView, model: TreeModel, throttle: RepaintThrottle) -> None:
        super().__init__(view)
        self._view, self._model, self._throttle = view, model, throttle
        self._anchor: tuple[QPersistentModelIndex, int] | None = None
        self._sight: tuple[int, list[int]] | None = None
        model.layoutAboutToBeChanged.connect(self._remember)
        model.layoutChanged.connect(self._restore)

    def _remember(self) -> None:
        """Note at what height the row is that the user looks at."""
        self._stop_painting()
        view = self._view
        current, bar = view.currentIndex(), view.verticalScrollBar()
        if not current.isValid() and bar.value() == 0:
            return  # the user looks at no row in particular
        top = current if self._is_visible(current) else view.indexAt(QPoint(1, 1))
        if top.isValid():
            self._anchor = QPersistentModelIndex(top), view.visualRect(top).y()

    def _restore(self) -> None:
        anchor, self._anchor = self._anchor, None
        view = self._view
        view.executeDelayedItemsLayout()
        if anchor is not None and anchor[0].isValid():
            moved = view.rowViewportPosition(anchor[0].row()) - anchor[1]
            if moved:
                view.verticalScrollBar().setValue(view.verticalScrollBar().value() + moved)
        self._paint_what_moved()

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
