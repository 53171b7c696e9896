"""Connects the list of studies to what acts on its rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from workstation.app.charset_wiring import wire_charsets
from workstation.app.history_wiring import open_history, row_of_history
from workstation.app.parts import Workstation
from workstation.app.system_opener import opener_for
from workstation.dicom.criteria import Criteria
from workstation.dicom.history_question import Shared
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY
from workstation.dicom.series_choice import SeriesChoice
from workstation.imaging.picture import Picture
from workstation.jobs.lane import Lane
from workstation.models.columns import Column
from workstation.models.list_texts import ListFormat
from workstation.models.rows import Row
from workstation.models.study_groups import GroupRow
from workstation.widgets.group_menu import GroupMenu
from workstation.widgets.row_menu import RowAction, RowMenu
from workstation.widgets.value_filter_menu import add_value_filters

_ASKED_BY_THE_USER = (Lane.QUERY, Lane.HISTORY, Lane.SAMPLES, Lane.ECHO)
"""Lanes in which archives are asked for what somebody wants to see now."""


def wire_rows(workstation: Workstation) -> None:
    """Connect the list, its menu, and what is done to the rows."""
    _wire_results(workstation)
    wire_charsets(workstation)
    _wire_row_actions(workstation)
    _wire_local_copy_actions(workstation)
    _wire_moves(workstation)
    _wire_marks(workstation)
    _wire_series_fetching(workstation)
    _wire_priors(workstation)


def _wire_results(workstation: Workstation) -> None:
    model, view, bar = workstation.tree_model, workstation.window.tree, workstation.window.results_bar
    preview, samples, repetition = workstation.preview, workstation.samples, workstation.search_repetition

    def ask_for_columns(title: str) -> None:
        """Where rows of archives are listed without the column that is shown now, say how it is filled."""
        workstation.sources.ask_for(view.header().asked)
        if title and model.results.answering:
            words = view.tr("Search again to ask the archives for “{column}”.")
            workstation.notices.show_note(words.format(column=title))

    view.header().shown_changed.connect(ask_for_columns)
    ask_for_columns("")
    repetition.begun.connect(lambda: preview.choose(None))
    repetition.current_lost.connect(lambda: preview.choose(None))
    repetition.current_found.connect(view.make_current)
    repetition.selected_found.connect(view.selection.add)
    view.row_chosen.connect(repetition.chosen)
    model.modelReset.connect(lambda: samples.choose(None))
    model.modelReset.connect(lambda: workstation.window.set_fetchable(False))
    view.rows_seen.connect(workstation.counts.look)
    view.selection_changed.connect(workstation.window.look_at_selection)
    model.dataChanged.connect(workstation.window.look_at_selection)  # what was missing of it may be here now
    view.selection_changed.connect(workstation.open_ahead.selection_changed)
    bar.filter_changed.connect(model.set_filter)
    view.value_wanted.connect(bar.filter.add_term)
    export = workstation.list_export
    view.copy_requested.connect(lambda: export.copy_rows(view.selection.numbers, view.header().shown))
    bar.export_requested.connect(lambda: _choose_export(workstation))
    export.copied.connect(lambda text: QApplication.clipboard().setText(text))


def _choose_export(workstation: Workstation) -> None:
    """Ask where the list is to be written, and as what."""
    chosen = choose_list_file(workstation.window, "studies.csv")
    if chosen is not None:
        workstation.list_export.export(*chosen)


def choose_list_file(window: QWidget, suggested: str) -> tuple[Path, ListFormat] | None:
    """Ask for the file, and its format, that a list is to be written to; None: nowhere."""
    titles = {ListFormat.CSV: window.tr("Table (*.csv)"), ListFormat.JSON: window.tr("JSON (*.json)")}
    name, chosen = QFileDialog.getSaveFileName(
        window, window.tr("Export the list"), suggested, ";;".join(titles.values())
    )
    if not name:
        return None
    path = Path(name)
    named = {f".{kind.value}": kind for kind in ListFormat}
    wanted = {title: kind for kind, title in titles.items()}
    return path, named.get(path.suffix.lower()) or wanted.get(chosen, ListFormat.CSV)


def row_action_handlers(workstation: Workstation) -> dict[str, Callable[[str], None]]:
    """Return what each entry of the menu of rows does; it is called with the chosen node."""
    fetching, copies = workstation.row_fetching, workstation.local_copy_actions
    return {
        RowAction.FETCH: lambda node: fetching.fetch_selected(),
        RowAction.AGAIN: lambda node: fetching.fetch_selected(again=True),
        RowAction.ONLY: lambda node: workstation.series_fetching.choose(),
        RowAction.BACKGROUND: lambda node: fetching.fetch_selected_in_background(),
        RowAction.SAMPLES: lambda node: workstation.samples.look(),
        RowAction.SHOW: lambda node: copies.open_images(),
        RowAction.FOLDER: lambda node: copies.open_folder(),
        RowAction.COPY: lambda node: copies.copy_selected(),
        RowAction.UIDS: lambda node: workstation.list_export.copy_uids(
            workstation.window.tree.selection.numbers
        ),
        RowAction.HISTORY: lambda node: open_history(workstation, Shared.PATIENT),
        RowAction.SAME_ACCESSION: lambda node: open_history(workstation, Shared.ACCESSION),
        RowAction.SAME_PHYSICIAN: lambda node: open_history(workstation, Shared.PHYSICIAN),
        RowAction.SEND: copies.send_selected,
        RowAction.IMPORT: lambda node: copies.import_selected(),
        RowAction.MOVE: workstation.move_actions.move_selected,
        RowAction.LABELS: lambda node: workstation.study_marking.edit_labels(),
        RowAction.NOTE: lambda node: workstation.study_marking.edit_note(),
        RowAction.PIN: lambda node: workstation.study_marking.toggle_pin(),
        RowAction.READ: lambda node: workstation.study_marking.toggle_read(),
        RowAction.ACCEPT: lambda node: copies.accept_selected(),
        RowAction.DELETE: lambda node: copies.delete_selected(),
    }


def _wire_row_actions(workstation: Workstation) -> None:
    window, view, actions = workstation.window, workstation.window.tree, workstation.row_actions
    fetching, notice = workstation.row_fetching, workstation.window.notice
    results = workstation.tree_model.results

    chosen = row_action_handlers(workstation)

    def open_menu(position: QPoint) -> None:
        current = view.currentIndex()
        row = workstation.tree_model.row(current)
        if isinstance(row, GroupRow):
            GroupMenu(view.groups, row, view).popup(position)
            return
        offers = actions.offers
        if offers is None:
            return
        marks = workstation.study_marking.offers
        menu = RowMenu(
            remote=offers.remote,
            held=offers.held,
            opened=offers.opened,
            addable=offers.addable,
            nodes=offers.nodes,
            destinations=offers.destinations,
            studies=offers.studies,
            accepted=offers.accepted,
            markable=marks.possible,
            pinned=marks.pinned,
            unread=marks.unread,
            single=offers.single,
            parent=view,
        )
        menu.chosen.connect(lambda action, node: chosen[action](node))
        if row is not None:
            write = window.results_bar.filter.add_term
            add_value_filters(menu, row, Column(current.column()), view.header().shown, write)
        menu.popup(position)

    view.row_chosen.connect(actions.choose)
    view.row_chosen.connect(lambda number: results.counts.make_current(results.find(number)))
    view.row_activated.connect(fetching.activate)
    view.menu_requested.connect(open_menu)
    view.samples_requested.connect(workstation.samples.look)
    window.results_bar.fetch_requested.connect(fetching.fetch_selected)
    window.results_bar.fetch_shown_requested.connect(workstation.shown_fetching.fetch_all)
    workstation.shown_fetching.question_asked.connect(window.question.ask)
    fetching.question_asked.connect(window.question.ask)
    fetching.background_wanted.connect(workstation.dialogs.ask_background)
    fetching.notice_outdated.connect(notice.dismiss)
    workstation.retrieve.started.connect(workstation.samples.give_up)
    fetching.opened_activated.connect(window.canvas.setFocus)
    workstation.retrieve.fetched.connect(actions.stop_waiting)


def _wire_local_copy_actions(workstation: Workstation) -> None:
    window, actions = workstation.window, workstation.local_copy_actions
    local_studies = workstation.local_studies

    def choose_folder(then: Callable[[Path], None]) -> None:
        folder = QFileDialog.getExistingDirectory(window, window.tr("Copy files to"))
        if folder:
            then(Path(folder))

    def offer_undo(text: str, undo: Callable[[], None]) -> None:
        def act() -> None:
            workstation.arrivals.drain()  # what came since stays
            undo()

        window.notice.offer(text, window.tr("Undo"), act)

    window.tree.delete_requested.connect(actions.delete_selected)
    actions.question_asked.connect(window.question.ask)
    actions.folder_needed.connect(choose_folder)
    no_manager = window.tr("No file manager answered. The folder is {path}")
    actions.folder_opened.connect(opener_for(workstation.window, no_manager).open)
    actions.images_opened.connect(window.canvas.setFocus)
    actions.files_changed.connect(lambda studies: workstation.row_actions.look_again(*studies))
    local_studies.undoable.connect(actions.offer_undo)
    local_studies.expired.connect(actions.withdraw_undo)
    local_studies.deleted.connect(workstation.file_import.whole.difference_update)
    local_studies.restored.connect(actions.restored)
    added = workstation.added_files
    workstation.file_import.begun.connect(added.follow)
    workstation.file_import.added.connect(added.offer)
    workstation.arrivals.arrived.connect(added.arrived)
    workstation.retrieve.completed.connect(lambda study, *_: added.kept(study))
    local_studies.restored.connect(lambda studies: added.kept(*(one.study_uid for one in studies)))
    added.undoable.connect(actions.offer_removal)
    added.expired.connect(actions.withdraw_undo)
    actions.undo_offered.connect(offer_undo)
    actions.undo_withdrawn.connect(window.notice.withdraw)


def _wire_moves(workstation: Workstation) -> None:
    actions = workstation.move_actions
    actions.question_asked.connect(workstation.window.question.ask)
    actions.title_needed.connect(workstation.dialogs.ask_destination)


def _wire_marks(workstation: Workstation) -> None:
    marking, window, preview = workstation.study_marking, workstation.window, workstation.preview
    view = window.tree
    chosen = row_action_handlers(workstation)

    def show(content: object) -> None:
        if isinstance(content, Picture):
            marking.shown(preview.study_uid)

    def mark(action: str) -> None:
        """Mark what is selected in the list, unless the user is at another study in the history."""
        listed, current = row_of_history(workstation), view.selection.only
        row = workstation.tree_model.find(current) if current is not None else None
        if listed is not None and (row is None or _study_of(row) != _study_of(listed)):
            workstation.notices.show_note(window.tr("Studies are marked in the list of results."))
            return
        chosen[action]("")

    def find(criteria: Criteria, archives: bool) -> None:
        """Ask the library, and the archives that are ticked."""
        ticked = window.criteria.ticked if archives else ()
        keys = [key for key in ticked if workstation.sources.node(key) is not None]
        window.notice.dismiss()
        workstation.search_requests.start(criteria, [*keys, LIBRARY], Level.STUDY)

    window.results_bar.marked_wanted.connect(lambda: window.results_bar.offer_marked(marking.choices))
    window.results_bar.marked_requested.connect(marking.find)
    marking.search_wanted.connect(find)
    window.marking_requested.connect(mark)
    marking.question_asked.connect(window.question.ask)
    marking.labels_wanted.connect(workstation.dialogs.ask_labels)
    marking.note_wanted.connect(workstation.dialogs.ask_note)
    window.activated.connect(marking.look_again)
    workstation.arrivals.arrived.connect(marking.arrived)
    window.tree.row_chosen.connect(marking.chosen)
    preview.shown.connect(show)
    workstation.documents.ready.connect(lambda path: marking.shown(preview.study_uid))


def _study_of(row: Row) -> tuple[str, str]:
    """What two rows have in common that are about one study of one patient."""
    study = row.above(Level.STUDY) or row
    return study.uid, study.patient_id


def _wire_series_fetching(workstation: Workstation) -> None:
    fetching = workstation.series_fetching

    def choose(title: str, choice: SeriesChoice) -> None:
        dialog = workstation.dialogs.choose_series(title, choice)
        fetching.listing.connect(dialog.show_listing)
        fetching.listed.connect(dialog.show_series)
        dialog.accepted.connect(lambda: fetching.fetch(dialog.choice))
        dialog.rejected.connect(fetching.stop)

    fetching.choice_needed.connect(choose)


def _wire_priors(workstation: Workstation) -> None:
    priors = workstation.priors
    workstation.row_fetching.begun.connect(priors.look_for)
    workstation.local_studies.deleted.connect(priors.leave_out)
    idle, lanes = workstation.retrieve.idle, workstation.lanes
    workstation.search.running.connect(idle.set_searching)
    lanes.changed.connect(lambda: idle.set_asking(lanes.has_jobs(_ASKED_BY_THE_USER)))
