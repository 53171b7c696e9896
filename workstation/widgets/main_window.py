"""The main window: search form, results, preview, transfers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.widgets.criteria_bar import CriteriaBar
from workstation.widgets.drop_sign import DropSign
from workstation.widgets.elided_label import ElidedLabel
from workstation.widgets.empty_state import EmptyState
from workstation.widgets.history_splitter import HistorySplitter
from workstation.widgets.keys import KeyGroup, of_actions
from workstation.widgets.list_footer import ListFooter
from workstation.widgets.main_splitter import MainSplitter
from workstation.widgets.menu_button import MenuButton
from workstation.widgets.preview_pane import PreviewPane
from workstation.widgets.results_bar import ResultsBar
from workstation.widgets.row_menu import MARK_KEYS, RowAction
from workstation.widgets.scrolling import fit
from workstation.widgets.theme import mark
from workstation.widgets.transfers_splitter import TransfersSplitter
from workstation.widgets.transfers_strip import TransfersStrip
from workstation.widgets.tree_view import TreeView
from workstation.widgets.viewer_placement import ViewerPlacement

if TYPE_CHECKING:
    from workstation.widgets.history_panel import HistoryPanel

_LOW = 640
"""Height below which the form leaves room to the picture, in pixels."""


class MainWindow(QMainWindow):
    """Holds the widgets; :mod:`workstation.app.wiring` connects them.

    Signals:
        painted: The window was painted for the first time.
        all_dates_requested: The search of some days is to be repeated for all dates.
        files_dropped: Paths of dropped files and folders, as text.
        activated: The window became active.
        marking_requested: A key was pressed to label, note, pin or mark as read what is selected: the
            :class:`~workstation.widgets.row_menu.RowAction`.
        history_requested: The other studies of the patient on show are wanted.

    Attributes:
        other_windows: The layout of windows that are made later, by their names; kept with that of this one
            (:mod:`~workstation.widgets.window_state`).
        history_splitter: Between the results and the history.
        transfers_splitter: Between all of these and the transfers.
    """

    painted = Signal()
    all_dates_requested = Signal()
    files_dropped = Signal(list)
    activated = Signal()
    marking_requested = Signal(str)
    history_requested = Signal()

    def __init__(self, tree: TreeModel, transfers: TransfersModel) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("Workstation"))
        self._painted = False
        self.other_windows: dict[str, object] = {}
        self.criteria = CriteriaBar()
        self.tree = TreeView(tree)
        self.results_bar = ResultsBar(self.tree.header())
        self.empty_state = EmptyState()
        self.menu = MenuButton()
        self.preview = PreviewPane()
        self.canvas = self.preview.canvas
        self.transfers = TransfersStrip(transfers)
        self.messages = self.transfers.messages
        self.notice, self.question = self.messages.notice, self.messages.question
        self.status = ElidedLabel()
        self.footer = ListFooter(tree, self.tree)
        self.all_dates = QPushButton(self.tr("Show all dates"))
        self._lay_out()
        self._add_keys()
        _press_by_enter(self)
        self._asked_by: QWidget | None = None
        self.messages.left.connect(self._leave_messages)
        self.messages.said.connect(self.placement.say)
        self._unfold_again = False
        self.preview.tools.filling.toggled.connect(self._fold_for_viewer)
        self.painted.connect(self.criteria.reopen_line)
        self.criteria.results_requested.connect(self._go_down)
        self.criteria.search_requested.connect(lambda _: self.tree.forget_pointer())
        self.results_bar.filter.textChanged.connect(lambda _: self.tree.forget_pointer())
        self.setAcceptDrops(True)
        self.drop_sign = DropSign(self)
        fit(self, QSize(1280, 800))
        self.criteria.name.setFocus()
        self._mark_main_action()

    def _lay_out(self) -> None:
        self.status.setObjectName("quiet")
        self.status.setMinimumHeight(30)
        self.status.setMinimumWidth(self.fontMetrics().horizontalAdvance("9,999 studies"))
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.all_dates.setObjectName("link")
        policy = self.all_dates.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.all_dates.setSizePolicy(policy)
        self.all_dates.hide()
        self.all_dates.clicked.connect(self.all_dates_requested)
        below_tree = QHBoxLayout()
        below_tree.setContentsMargins(10, 0, 10, 0)
        below_tree.addWidget(self.status, 1)
        below_tree.addWidget(self.all_dates)
        below_tree.addWidget(self.footer)
        results = QWidget()
        results.setObjectName("page")
        column = QVBoxLayout(results)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._results = QStackedWidget()
        self._results.addWidget(self.tree)
        self._results.addWidget(self.empty_state)
        column.addWidget(self.results_bar)
        listed = QWidget()
        above_history = QVBoxLayout(listed)
        above_history.setContentsMargins(0, 0, 0, 0)
        above_history.setSpacing(0)
        above_history.addWidget(self._results, 1)
        above_history.addLayout(below_tree)
        self.history_splitter = HistorySplitter(listed)
        column.addWidget(self.history_splitter, 1)
        self.splitter = MainSplitter(results, self.preview)
        self.transfers_splitter = TransfersSplitter(self.splitter, self.transfers)
        for splitter in (self.splitter, self.transfers_splitter):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
        around = (self.criteria, results)  # the bottom line stays: messages are seen there
        self.placement = ViewerPlacement(self.preview, self.splitter, around)
        self.criteria.set_corner(self.menu)
        page = QWidget()
        page.setObjectName("page")
        whole = QVBoxLayout(page)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.criteria)
        whole.addWidget(self.transfers_splitter, 1)
        self.setCentralWidget(page)

    def _add_keys(self) -> None:
        action = self._add_action
        self._search_keys = (
            action(self.tr("To the name"), "Ctrl+F", self._focus_name),
            action(self.tr("To the search in one line"), "Ctrl+L", self.criteria.open_line),
            action(self.tr("Search again"), "F5", self.criteria.search),
            action(self.tr("Stop, dismiss, leave the full view"), "Esc", self._escape),
        )
        self._filter_keys = (
            action(self.tr("To the filter"), "Ctrl+Shift+F", self.results_bar.filter.setFocus),
            action(self.tr("Clear the filter"), "Ctrl+Shift+X", self.results_bar.filter.clear),
        )
        self._history_key = action(
            self.tr("All studies of this patient"), "Ctrl+H", self.history_requested.emit
        )
        self._mark_keys = tuple(
            action(words, MARK_KEYS[marking], partial(self.marking_requested.emit, marking.value))
            for words, marking in (
                (self.tr("Labels"), RowAction.LABELS),
                (self.tr("Note"), RowAction.NOTE),
                (self.tr("Pin or unpin"), RowAction.PIN),
                (self.tr("Mark as read or unread"), RowAction.READ),
            )
        )
        self._fold_key = action(self.tr("Show or hide the list"), "Ctrl+J", self._toggle_transfers)
        self._window_keys = (
            action(self.tr("To the next part of the window"), "F6", lambda: self._move_focus(1)),
            action(self.tr("To the part before"), "Shift+F6", lambda: self._move_focus(-1)),
            action(self.tr("Menu"), "F10", self.menu.showMenu),
            *self.menu.entries,
            action(self.tr("Quit"), QKeySequence.StandardKey.Quit, self.close),
        )
        self.addActions(self.menu.entries)
        self.addActions(self.criteria.searches.entries)
        self.preview.addActions(self.menu.entries)  # when it is in a window of its own
        self.preview.addAction(self._history_key)
        self.addActions([self.preview.tools.filling, self.preview.tools.apart])  # wherever the viewer is

    def _add_action(
        self, words: str, keys: str | QKeySequence.StandardKey, slot: Callable[[], object]
    ) -> QAction:
        action = QAction(words, self)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda: slot())
        self.addAction(action)
        return action

    @property
    def keys(self) -> tuple[KeyGroup, ...]:
        """All keys, by the part of the window that they are for."""
        table, others = self.transfers.view, self.menu.entries
        others = (*others, self._history_key)
        viewer = [action for action in self.preview.actions() if action not in others]
        return (
            KeyGroup(self.tr("Search"), of_actions(self._search_keys) + self.criteria.keys),
            KeyGroup(
                self.tr("List"),
                self.tree.keys + of_actions([*self._mark_keys, *self._filter_keys, self._history_key]),
            ),
            KeyGroup(self.tr("All studies of a patient"), self.history.table.keys),
            KeyGroup(self.tr("Picture"), self.canvas.keys + of_actions(viewer)),
            KeyGroup(self.tr("Transfers"), of_actions([self._fold_key]) + table.keys),
            KeyGroup(self.tr("Window"), of_actions(self._window_keys)),
        )

    @cached_property
    def history(self) -> HistoryPanel:
        """The history below the results; made behind the first paint, which shows nothing of it."""
        from workstation.widgets.history_panel import HistoryPanel

        history = HistoryPanel()
        _press_by_enter(history)
        self.history_splitter.add_history(history)
        for before, after in pairwise((self.all_dates, history.close_button, history.table, history.retry)):
            self.setTabOrder(before, after)
        return history

    def invite(self, inviting: bool) -> None:
        """Show the empty state instead of the results, or hide it."""
        if not inviting and self.empty_state.isAncestorOf(self.focusWidget()):
            self.criteria.name.setFocus()
        self._results.setCurrentWidget(self.empty_state if inviting else self.tree)
        self._mark_main_action()
        self.results_bar.setVisible(not inviting)

    def look_at_selection(self) -> None:
        """Offer to fetch, if of a selected row something may be missing."""
        self.set_fetchable(self.tree.selection.may_be_fetched)

    def set_fetchable(self, fetchable: bool) -> None:
        """Set whether rows are selected of which something can be fetched."""
        if not fetchable and self.results_bar.fetch is self.focusWidget():
            self._focus_results()  # else Qt gives it to any neighbour
        self.results_bar.fetch.setEnabled(fetchable)
        self._mark_main_action()

    def _mark_main_action(self) -> None:
        """Let one button stand out: Add a PACS if there is none, Fetch if rows lack images, else Search."""
        inviting = self._results.currentWidget() is self.empty_state
        fetching = self.results_bar.fetch.isEnabled()
        mark(self.results_bar.fetch, "primary", fetching and not inviting)
        mark(self.criteria.button, "primary", not fetching and not inviting)

    def _escape(self) -> None:
        """Leave the full view, else dismiss the question, else close the history, else stop the search."""
        if self.placement.end_filling():
            return
        if self.question.told:
            self.question.dismiss()
        elif not self.history.dismiss():
            self.criteria.stop_requested.emit()

    def ask_for_history(self, text: str, verb: str, then: Callable[[], None]) -> None:
        """Ask about a study of the history; the keys go back there."""
        self.question.ask(text, verb, then)
        self._asked_by = self.history.table

    def _leave_messages(self) -> None:
        """Give the focus back to whoever asked."""
        asked_by, self._asked_by = self._asked_by, None
        if asked_by is not None and asked_by.isVisible():
            asked_by.setFocus()
        else:
            self._focus_results()

    def _focus_results(self) -> None:
        (self.tree if self.tree.isVisible() else self.criteria.name).setFocus()

    def _go_down(self) -> None:
        if not self.tree.currentIndex().isValid():
            self.tree.go_to_first_study()  # before the focus, which would choose the patient
        self._focus_results()

    def _move_focus(self, step: int) -> None:
        """Move the focus to the next part of the window (F6)."""
        parts = (
            *(self.criteria, self.results_bar, self.tree, self.history),
            *(self.preview, self.messages, self.transfers),
        )
        strip, message = self.transfers.focus_target, self.messages.shown
        said = message.first_button if message is not None else self.messages.notice
        targets = (
            *(self.criteria.name, self.results_bar.filter, self.tree, self.history.table),
            *(self.canvas, said, strip),
        )
        focus = self.focusWidget()
        here = next((n for n, part in enumerate(parts) if part is focus or part.isAncestorOf(focus)), 0)
        positions = ((here + step * steps) % len(targets) for steps in range(1, len(targets) + 1))
        next(targets[position] for position in positions if targets[position].isVisible()).setFocus()

    def _toggle_transfers(self) -> None:
        """Show the list of transfers and go there, or hide it and go back to the results."""
        inside = self.transfers.isAncestorOf(self.focusWidget())
        self.transfers.toggle.toggle()
        if self.transfers.unfolded:
            self.transfers.focus_target.setFocus()
        elif inside:
            self._focus_results()

    def _fold_for_viewer(self, filled: bool) -> None:
        """Leave only the bottom line below a viewer that fills the window."""
        if self.placement.window is None:
            if filled:
                self._unfold_again = self.transfers.unfolded
            self.transfers.unfold(not filled and self._unfold_again)

    def set_progress(self, share: float | None) -> None:
        """Show in the title, which the taskbar shows too, how much is transferred; None: nothing to tell."""
        name = self.tr("Workstation")
        shown = name if share is None else f"({int(100 * share)} %) {name}"
        if shown != self.windowTitle():
            self.setWindowTitle(shown)

    def _focus_name(self) -> None:
        self.criteria.name.setFocus()
        self.criteria.name.selectAll()

    def set_status(self, text: str, *, all_dates: bool = False) -> None:
        """Show the state of the search below the results; ``all_dates`` offers to widen it."""
        self.status.setText(text)
        if not all_dates and self.all_dates is self.focusWidget():
            self._focus_results()  # else Qt gives it to any neighbour
        self.all_dates.setVisible(all_dates)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.criteria.set_low(self.height() < _LOW)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.painted.emit)  # after the widgets in it

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _local_files(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)  # never a move: the files stay where they are
            event.accept()
            self.drop_sign.appear()

    @override
    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.drop_sign.hide()
        super().dragLeaveEvent(event)

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        self.drop_sign.hide()
        if paths := _local_files(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.files_dropped.emit(paths)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.activated.emit()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.preview.tools.tags.setChecked(False)
        self.preview.tools.filling.setChecked(False)
        self.preview.tools.apart.setChecked(False)


def _press_by_enter(parts: QWidget) -> None:
    """Have Enter press the buttons in it, as in a dialog."""
    for button in parts.findChildren(QPushButton):
        button.setAutoDefault(True)


def _local_files(dropped: QMimeData) -> list[str]:
    return [url.toLocalFile() for url in dropped.urls() if url.isLocalFile()]
