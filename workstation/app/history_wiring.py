"""Connects the history of a patient, below the results, to what fetches and shows its studies."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from workstation.app.parts import Workstation
from workstation.dicom.history_question import Shared
from workstation.models.rows import Row
from workstation.store.store_results import Stored
from workstation.widgets.history_table import HistoryTable
from workstation.widgets.main_window import MainWindow


def open_history(workstation: Workstation, shared: Shared) -> None:
    """Look for what has something in common with the study on show, or the row where the focus is."""
    window, history = workstation.window, workstation.history
    window.placement.end_filling()
    row, tree = workstation.tree_model.find(window.tree.currentIndex().internalId()), workstation.tree_model
    if (listed := row_of_history(workstation)) is not None:
        row, tree = listed, history.model.tree
    if row is None or row.is_line or row.error:
        workstation.notices.show_note(window.tr("Choose a study first."))
        return
    if history.ask(row, tree.results, shared, window.criteria.ticked):
        window.activateWindow()  # the key may come from the viewer in a window of its own


def row_of_history(workstation: Workstation) -> Row | None:
    """The row of the history that keys are about; None: they are about the list.

    The focus is there, or the picture is of it and not of the row of the list.
    """
    window, actions = workstation.window, workstation.history_actions
    listed = actions.rows.current if window.history.isVisible() else None
    if listed is None or window.history.has_focus:
        return listed
    row = workstation.tree_model.find(window.tree.currentIndex().internalId())
    return listed if actions.shows(listed) and (row is None or not actions.shows(row)) else None


def wire_history(workstation: Workstation) -> None:
    """Connect the panel with its controllers, and the rows of it with what becomes of local copies."""
    _wire_panel(workstation)
    _wire_studies(workstation)
    _wire_local_copies(workstation)


def _wire_panel(workstation: Workstation) -> None:
    window, panel, history = workstation.window, workstation.window.history, workstation.history

    def close() -> None:
        history.stop()
        if not window.criteria.isAncestorOf(window.focusWidget()):
            window.tree.setFocus()
        _show_current(workstation)

    panel.show_model(history.model)
    window.history_requested.connect(lambda: open_history(workstation, Shared.PATIENT))
    history.opened.connect(lambda title, several: panel.open(title, patients=several))
    history.titled.connect(panel.set_title)
    history.status.connect(lambda text, failure, retry: panel.show_status(text, failure, retry=retry))
    panel.retry_requested.connect(history.retry)
    panel.closed.connect(close)


def _wire_studies(workstation: Workstation) -> None:
    window, panel, actions = workstation.window, workstation.window.history, workstation.history_actions
    fetching = workstation.history_fetching

    def chosen(number: int) -> None:
        if panel.table.hasFocus():  # else it changes because rows come
            actions.choose(number)

    panel.fetch_requested.connect(actions.fetch)
    panel.show_requested.connect(actions.show)
    panel.uid_requested.connect(actions.copy_uid)
    panel.table.row_chosen.connect(chosen)
    actions.question_asked.connect(window.ask_for_history)
    actions.copied.connect(lambda text: QApplication.clipboard().setText(text))
    _FocusFollower(window, panel.table, chosen, lambda: _show_current(workstation))
    workstation.history.model.dataChanged.connect(lambda *_: workstation.preview.update_remark())
    fetching.question_asked.connect(window.question.ask)
    fetching.notice_outdated.connect(window.notice.dismiss)
    fetching.opened_activated.connect(window.canvas.setFocus)
    fetching.begun.connect(workstation.priors.look_for)


def _wire_local_copies(workstation: Workstation) -> None:
    model, completeness = workstation.history.model, workstation.history_completeness
    copies, results = model.tree.local_copies, model.tree.results

    def arrived(batch: list[Stored]) -> None:
        for stored in batch:
            if results.studies(stored.study_uid):
                copies.arrived(stored.study_uid, stored.series_uid, [stored.sop_uid])

    def fetched(study: str) -> None:
        if results.studies(study):
            completeness.changed(study)
            workstation.history_actions.stop_waiting(study)

    workstation.arrivals.arrived.connect(arrived)
    workstation.retrieve.completed.connect(copies.completed)
    workstation.retrieve.fetched.connect(fetched)
    workstation.local_studies.deleted.connect(workstation.history_expansion.removed)
    workstation.history_expansion.recounted.connect(lambda studies: completeness.changed(*studies))
    workstation.window.history.table.rows_seen.connect(completeness.look)
    workstation.window.activated.connect(completeness.look_again)


class _FocusFollower(QObject):
    """Shows the study that is current where the user goes on: in the history, or in the list.

    It is a child of the window's: the signal of the application outlives both.
    """

    def __init__(
        self,
        window: MainWindow,
        table: HistoryTable,
        to_history: Callable[[int], None],
        to_list: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._window, self._table = window, table
        self._to_history, self._to_list = to_history, to_list
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._changed)

    def _changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        if not self._table.isVisible():
            return
        if now is self._table:
            self._to_history(self._table.current_number)
        elif now is self._window.tree:
            self._to_list()


def _show_current(workstation: Workstation) -> None:
    """Show the current row of the list again, if the picture is of a study of the history."""
    row = workstation.tree_model.find(workstation.window.tree.currentIndex().internalId())
    if row is not None and not workstation.history_actions.shows(row):
        workstation.row_actions.choose(row.number)
        workstation.history_actions.leave()
