"""Connects widgets, controllers and models: every connection between parts of the program stands here.

Those of the rows are in :mod:`workstation.app.row_wiring`, those of the list of transfers in
:mod:`workstation.app.transfer_wiring`, those of the worklist in :mod:`workstation.app.worklist_wiring`.
What a dialog needs while it is open is connected in :mod:`workstation.app.dialogs`; a controller connects
only its own timers and jobs, and what its constructor is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QFileDialog

from workstation.app.history_wiring import wire_history
from workstation.app.list_wiring import ListWindow
from workstation.app.parts import Workstation
from workstation.app.row_wiring import wire_rows
from workstation.app.saved_search_wiring import wire_searches
from workstation.app.shell import offer
from workstation.app.system_opener import opener_for
from workstation.app.transfer_wiring import wire_transfers
from workstation.app.worklist_wiring import wire_worklist
from workstation.controllers.settings import Settings
from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_periods import Period
from workstation.dicom.matches import LIBRARY
from workstation.jobs.lane import Lane
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.translation import translated
from workstation.network.throttle import THROTTLES
from workstation.settings.list_layout import ListLayout
from workstation.settings.preferences import Preferences, Theme
from workstation.store.plan import Plan
from workstation.store.store_results import Refused, Stored
from workstation.widgets.theme import apply_theme
from workstation.widgets.worklist_keys import worklist_keys


def wire(workstation: Workstation) -> None:
    """Connect all parts."""
    _wire_search(workstation)
    wire_searches(workstation)
    wire_rows(workstation)
    wire_history(workstation)
    _wire_preview(workstation)
    _wire_arrivals(workstation)
    _wire_local_copies(workstation)
    wire_transfers(workstation)
    _wire_nodes(workstation)
    _wire_settings(workstation)
    _wire_file_opening(workstation)
    _wire_dialogs(workstation)
    wire_worklist(workstation)
    _wire_library(workstation)
    _wire_start_page(workstation)


def _wire_search(workstation: Workstation) -> None:
    window, search, bar = workstation.window, workstation.search, workstation.window.criteria
    requests, sources = workstation.search_requests, workstation.window.criteria.source_boxes

    def start(criteria: Criteria) -> None:
        window.notice.dismiss()
        window.invite(False)
        requests.start(criteria, bar.ticked, bar.level, bar.period)

    def ask(text: str, verb: str, then: Callable[[], None], other: str, instead: Callable[[], None]) -> None:
        window.question.ask_unbidden(text, verb, then, other, instead)
        window.question.other.setFocus()

    def search_today() -> None:
        bar.limit_to_today()
        bar.search()

    def show_all_dates() -> None:
        bar.dates.choose(Period.ANY)
        requests.all_dates()

    def load_all(key: str) -> None:
        workstation.passcodes.unlock([key], lambda keys: search.load_all(key) if keys else None)

    def split_by_date(key: str) -> None:
        workstation.passcodes.unlock([key], lambda keys: search.split_by_date(key) if keys else None)

    bar.search_requested.connect(start)
    requests.question_asked.connect(ask)
    requests.today_chosen.connect(search_today)
    bar.stop_requested.connect(search.stop)
    sources.load_all_requested.connect(load_all)
    sources.split_requested.connect(split_by_date)
    sources.details_requested.connect(workstation.dialogs.open_failure)
    search.answering.connect(sources.set_answer)
    search.running.connect(bar.button.set_searching)
    search.running.connect(window.tree.set_searching)
    search.status.connect(lambda text, all_dates: window.set_status(text, all_dates=all_dates))
    window.all_dates_requested.connect(show_all_dates)


def _wire_preview(workstation: Workstation) -> None:
    preview, pane, cine = workstation.preview, workstation.window.preview, workstation.cine
    elements, documents, canvas = workstation.elements, workstation.documents, workstation.window.canvas

    def scroll(steps: int) -> None:
        cine.stop()
        preview.scroll(steps)

    def go_to(position: int) -> None:
        cine.stop()
        preview.go_to(position)

    preview.cleared.connect(canvas.clear)
    preview.cleared.connect(pane.play_bar.clear)
    preview.turned.connect(canvas.begin_series)
    preview.shown.connect(canvas.set_content)
    preview.placed.connect(canvas.set_position)
    preview.late.connect(canvas.set_late)
    preview.remarked.connect(canvas.set_remark)
    workstation.tree_model.dataChanged.connect(lambda *_: preview.update_remark())
    preview.placed.connect(pane.play_bar.set_position)
    canvas.scrolled.connect(scroll)
    pane.play_bar.position_chosen.connect(go_to)
    pane.play_toggled.connect(cine.toggle)
    cine.playing_changed.connect(pane.play_bar.set_playing)
    pane.strip.show_series(preview.series)
    pane.strip.series_chosen.connect(preview.turn_to)
    pane.elements.view.show_elements(elements.model)
    pane.elements_watched.connect(elements.watch)
    canvas.document_requested.connect(documents.open)
    canvas.again_requested.connect(preview.try_again)
    no_program = workstation.window.tr("No program opened the document. It is {path}")
    documents.ready.connect(opener_for(workstation.window, no_program).open)
    workstation.arrivals.arrived.connect(preview.arrived)
    preview.choose(None)


def _wire_arrivals(workstation: Workstation) -> None:
    model, arrivals = workstation.tree_model, workstation.arrivals

    def add_to_rows(batch: list[Stored]) -> None:
        by_series: dict[tuple[str, str], list[str]] = {}
        for stored in batch:
            by_series.setdefault((stored.study_uid, stored.series_uid), []).append(stored.sop_uid)
        for (study, series), uids in by_series.items():
            model.local_copies.arrived(study, series, uids)

    def report_refused(refused: Refused) -> None:
        if not workstation.retrieve.running:  # else the transfer says so, and goes on by itself
            text = workstation.window.tr(
                "{sender} sends images that cannot be kept: {reason}. Look at the disk of the library."
            )
            sender, reason = display.plain(refused.peer.ae_title), translated(refused.reason)
            workstation.notices.posted.emit(text.format(sender=sender, reason=reason), "", False)

    arrivals.arrived.connect(add_to_rows)
    arrivals.turned_away.connect(report_refused)
    # What came with a transfer is emitted before its end is acted on: a deleted copy stays deleted.
    workstation.retrieve.fetched.connect(lambda _: arrivals.drain())


def _wire_local_copies(workstation: Workstation) -> None:
    copies, actions, expansion = (
        workstation.local_completeness,
        workstation.row_actions,
        workstation.row_expansion,
    )
    workstation.retrieve.completed.connect(workstation.tree_model.local_copies.completed)
    workstation.retrieve.fetched.connect(copies.changed)
    workstation.arrivals.arrived.connect(copies.arrived)
    expansion.answered.connect(copies.add_answers)
    expansion.recounted.connect(lambda studies: copies.changed(*studies))
    workstation.counts.counted.connect(copies.counted)
    workstation.window.tree.rows_seen.connect(copies.look)
    workstation.window.activated.connect(copies.look_again)
    copies.judged.connect(workstation.retrieve.judged)
    workstation.local_studies.deleted.connect(expansion.removed)
    workstation.local_studies.deleted.connect(actions.forget_frames)
    workstation.local_studies.deleted.connect(lambda studies: actions.look_again(*studies))


def _wire_nodes(workstation: Workstation) -> None:
    window, nodes, model = workstation.window, workstation.nodes, workstation.tree_model

    def offer_all() -> None:
        offer(window, workstation.sources.keys)
        window.invite(not nodes.all and not model.results.patient_count)

    def know_hosts() -> None:
        workstation.router.hosts.learn(node.host for node in nodes.all)

    def limit_rates() -> None:
        THROTTLES.configure(nodes.all)

    def show_demo(key: str) -> None:
        window.invite(False)
        window.criteria.dates.choose(Period.ANY)  # what is searched for
        workstation.search.search(Criteria(), [key])

    def rename(old: str, new: str) -> None:
        workstation.lanes.submit(
            Lane.PLANS, "rename a node", lambda run: workstation.plans.rename_node(old, new)
        )

    know_hosts()
    limit_rates()
    nodes.changed.connect(offer_all)
    nodes.changed.connect(know_hosts)
    nodes.changed.connect(limit_rates)
    nodes.renamed.connect(rename)
    workstation.file_opening.offered.connect(offer_all)
    workstation.demo.started.connect(show_demo)
    workstation.demo.starting.connect(window.empty_state.set_starting)


def _wire_settings(workstation: Workstation) -> None:
    """What follows the preferences does so here, and nowhere else."""
    settings, preview, model = workstation.settings, workstation.preview, workstation.tree_model
    window = workstation.window
    header = window.tree.header()

    def follow(before: Preferences, now: Preferences) -> None:
        model.results.merging.join_pushes(now.join_pushes)
        preview.keep(now.kept_frames)
        workstation.retrieve.one_of_each = now.one_of_each
        workstation.sources.limit_rows(now.search_limit)
        workstation.search_refresh.every(now.refresh_minutes)
        window.criteria.searches.set_refresh(now.refresh_minutes)
        workstation.listener.follow(now)
        list_studies(now.list_layout)
        write_names(now)
        if now.theme is not before.theme:
            theme.apply()

    def write_names(now: Preferences) -> None:
        """Names that are on show are written anew; what is written in the next moment follows by itself."""
        if now.name_style != SHOWN_NAMES.style:
            SHOWN_NAMES.style = now.name_style
            model.results.write_names()
            workstation.history.write_names()
            workstation.list_search.model.write_names()
            if (worklist := workstation.dialogs.worklist_window) is not None:
                worklist.write_names()
            workstation.transfers_model.write_names()
            workstation.window.canvas.update()

    def list_studies(layout: ListLayout) -> None:
        header.show_layout(layout)
        model.visible.lay_out(layout)

    def change_list(layout: ListLayout) -> None:
        """Where another window keeps the settings, the list is shown so all the same."""
        list_studies(layout)
        if layout is not settings.preferences.list_layout:
            workstation.configuration.apply_preferences(replace(settings.preferences, list_layout=layout))

    theme = _Theme(settings, workstation.window)
    list_studies(settings.preferences.list_layout)
    header.layout_chosen.connect(change_list)
    write_names(settings.preferences)
    model.results.merging.join_pushes(settings.preferences.join_pushes)
    preview.keep(settings.preferences.kept_frames)
    workstation.retrieve.one_of_each = settings.preferences.one_of_each
    workstation.sources.limit_rows(settings.preferences.search_limit)
    workstation.search_refresh.every(settings.preferences.refresh_minutes)
    window.criteria.searches.set_refresh(settings.preferences.refresh_minutes)
    settings.changed.connect(follow)
    QApplication.styleHints().colorSchemeChanged.connect(theme.scheme_changed)
    workstation.listener.standing.connect(workstation.window.transfers.set_listening)


def _wire_library(workstation: Workstation) -> None:
    opening, bar, window = workstation.library_opening, workstation.window.criteria, workstation.window
    retrieve = workstation.retrieve

    def go_on(count: int) -> None:
        """Go on with what was not finished, or ask whether to."""
        if workstation.settings.preferences.resume_fetches:
            retrieve.resume_unfinished()
        elif count:
            one, many = window.tr("1 fetch was not finished."), window.tr("{n} fetches were not finished.")
            window.question.ask_unbidden(
                display.counted(count, one, many),
                window.tr("Resume"),
                retrieve.resume_unfinished,
                window.tr("Discard"),
                retrieve.discard_unfinished,
            )

    def opened(unfinished: list[Plan]) -> None:
        retrieve.list_unfinished(unfinished)
        go_on(len(unfinished))
        workstation.local_completeness.changed(*(plan.target.study for plan in unfinished))
        if workstation.settings.preferences.listen_always:
            workstation.listener.follow(workstation.settings.preferences)

    opening.standing.connect(lambda state: bar.source_boxes.set_standing(LIBRARY, state))
    opening.opened.connect(opened)
    opening.failed.connect(
        lambda why: window.notice.offer(why, window.tr("Try again"), opening.run, calm=False)
    )
    opening.differed.connect(workstation.local_completeness.changed)


def _wire_start_page(workstation: Workstation) -> None:
    window, page = workstation.window, workstation.start_page
    asked_for = (
        window.criteria.search_requested,
        workstation.file_opening.running,
        workstation.demo.starting,
    )
    for signal in asked_for:
        signal.connect(page.skip)
    page.filled.connect(lambda: window.invite(False))
    workstation.library_opening.readable.connect(page.show)


def _wire_file_opening(workstation: Workstation) -> None:
    window, opening, view = workstation.window, workstation.file_opening, workstation.window.tree
    before = [""]

    def set_running(running: bool) -> None:
        window.criteria.button.set_searching(running)
        if running:
            before[0] = window.status.text()

    def choose_files() -> None:
        names, _ = QFileDialog.getOpenFileNames(window, window.tr("Open files"))
        if names:
            open_files(workstation, [Path(name) for name in names])

    def choose_folder() -> None:
        if name := QFileDialog.getExistingDirectory(window, window.tr("Open a folder")):
            open_files(workstation, [Path(name)])

    window.menu.files_requested.connect(choose_files)
    window.menu.folder_requested.connect(choose_folder)
    window.files_dropped.connect(lambda names: open_files(workstation, [Path(name) for name in names]))
    window.criteria.stop_requested.connect(opening.stop)
    opening.running.connect(set_running)
    opening.status.connect(lambda text: window.set_status(text))
    opening.ended.connect(lambda shown: None if shown else window.set_status(before[0]))
    opening.first.connect(lambda: window.invite(False))
    opening.first.connect(view.go_to_first_study)
    opening.added.connect(workstation.preview.opened)


def _wire_dialogs(workstation: Workstation) -> None:
    window, dialogs = workstation.window, workstation.dialogs
    window.menu.nodes_requested.connect(dialogs.open_nodes)
    window.menu.settings_requested.connect(dialogs.open_settings)
    window.menu.keys_requested.connect(lambda: dialogs.open_keys((*window.keys, worklist_keys())))
    window.menu.about_requested.connect(dialogs.open_about)
    window.menu.inspector_requested.connect(lambda: dialogs.open_inspector())
    window.menu.list_requested.connect(ListWindow(workstation).open)
    window.empty_state.add_requested.connect(dialogs.add_node)
    window.empty_state.demo_requested.connect(lambda: start_demo(workstation))
    workstation.passcodes.wanted.connect(dialogs.ask_passcode)
    workstation.nodes.changed.connect(dialogs.show_nodes)
    workstation.configuration.nodes_refused.connect(dialogs.show_refusal)
    workstation.echo.answered.connect(dialogs.show_echo)


def open_files(workstation: Workstation, paths: Sequence[Path]) -> None:
    """Show files, folders and DICOMDIR where they are."""
    workstation.window.notice.dismiss()
    workstation.file_import.whole.clear()  # these may be more images of a study
    workstation.file_opening.open(paths)


def start_demo(workstation: Workstation) -> None:
    """Start the demo archive; it may send to our listener."""
    preferences = workstation.settings.preferences
    workstation.demo.start({preferences.ae_title: preferences.port})


class _Theme(QObject):
    """Colours the program as preferred. A QObject of the window's: the system's signal outlives both."""

    def __init__(self, settings: Settings, window: QObject) -> None:
        super().__init__(window)
        self._settings = settings

    def apply(self) -> None:
        """Colour everything as preferred."""
        application, theme = QApplication.instance(), self._settings.preferences.theme
        if isinstance(application, QApplication):
            apply_theme(application, None if theme is Theme.SYSTEM else theme is Theme.DARK)

    def scheme_changed(self) -> None:
        """Follow the system, if that is preferred."""
        if self._settings.preferences.theme is Theme.SYSTEM:
            self.apply()
