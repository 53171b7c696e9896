"""Who hears whom: every connection between widgets, controllers and models stands here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from workstation.app.shell import offer
from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import LIBRARY
from workstation.jobs.lanes import Purpose
from workstation.jobs.run import Ended
from workstation.models.translation import translated
from workstation.store.plan import Plan
from workstation.store.store_results import Refused, Stored

if TYPE_CHECKING:
    from workstation.app.assembly import Workstation


def wire(workstation: Workstation) -> None:
    """Connect all parts."""
    _wire_search(workstation)
    _wire_tree(workstation)
    _wire_preview(workstation)
    _wire_transfers(workstation)
    _wire_nodes(workstation)
    _wire_opening(workstation)
    _wire_dialogs(workstation)
    _wire_library(workstation)


def _wire_search(workstation: Workstation) -> None:
    window, search, bar = workstation.window, workstation.search, workstation.window.criteria

    wanted: list[Criteria] = []

    def start(criteria: Criteria) -> None:
        window.notice.hide()
        window.invite(False)
        level, wanted[:] = bar.level, [criteria]

        def go_on(keys: list[str]) -> None:
            if wanted == [criteria]:  # else a newer search went first
                search.search(criteria, keys, level)

        workstation.passcodes.unlock(bar.ticked, go_on)

    def load_all(key: str) -> None:
        workstation.passcodes.unlock([key], lambda keys: search.load_all(key) if keys else None)

    bar.search_requested.connect(start)
    bar.stop_requested.connect(search.stop)
    bar.load_all_requested.connect(load_all)
    bar.details_requested.connect(window.notice.show_notice)
    search.answering.connect(bar.set_source_answer)
    search.running.connect(bar.set_searching)
    search.running.connect(window.tree.set_searching)
    search.status.connect(lambda text, all_dates: window.set_status(text, all_dates=all_dates))
    window.all_dates_requested.connect(lambda: workstation.passcodes.unlock(search.keys, search.all_dates))


def _wire_tree(workstation: Workstation) -> None:
    model, view = workstation.tree_model, workstation.window.tree
    preview, browsing = workstation.preview, workstation.browsing
    view.row_chosen.connect(browsing.choose)
    view.row_activated.connect(browsing.activate)
    model.modelReset.connect(lambda: preview.choose(None))
    model.results.merging.join_pushes(workstation.settings.preferences.join_pushes)
    workstation.settings.changed.connect(lambda _, now: model.results.merging.join_pushes(now.join_pushes))


def _wire_preview(workstation: Workstation) -> None:
    preview, pane, cine = workstation.preview, workstation.window.preview, workstation.cine
    elements, documents, canvas = workstation.elements, workstation.documents, workstation.window.canvas

    def scroll(steps: int) -> None:
        cine.stop()
        preview.scroll(steps)

    def go_to(place: int) -> None:
        cine.stop()
        preview.go_to(place)

    preview.cleared.connect(canvas.clear)
    preview.cleared.connect(pane.play_bar.clear)
    preview.turned.connect(canvas.begin_series)
    preview.shown.connect(canvas.set_content)
    preview.placed.connect(canvas.set_position)
    preview.late.connect(canvas.set_late)
    preview.remarked.connect(canvas.set_remark)
    workstation.tree_model.dataChanged.connect(lambda *_: preview.look_again())
    preview.placed.connect(pane.play_bar.set_position)
    canvas.scrolled.connect(scroll)
    pane.play_bar.position_chosen.connect(go_to)
    pane.play_toggled.connect(cine.toggle)
    cine.playing_changed.connect(pane.play_bar.set_playing)
    pane.strip.show_series(preview.series)
    pane.strip.series_chosen.connect(preview.turn_to)
    pane.elements.show_elements(elements.model)
    pane.elements_watched.connect(elements.watch)
    canvas.document_requested.connect(documents.open)
    canvas.again_requested.connect(workstation.preview.try_again)
    documents.ready.connect(lambda path: QDesktopServices.openUrl(QUrl.fromLocalFile(path)))
    workstation.arrivals.arrived.connect(preview.arrived)
    preview.choose(None)


def _wire_transfers(workstation: Workstation) -> None:
    model = workstation.tree_model

    def arrived(batch: list[Stored]) -> None:
        by_series: dict[tuple[str, str], list[str]] = {}
        for stored in batch:
            by_series.setdefault((stored.study_uid, stored.series_uid), []).append(stored.sop_uid)
        for (study, series), uids in by_series.items():
            model.local_copies.arrived(study, series, uids)

    def turned_away(refused: Refused) -> None:
        if not workstation.retrieve.running:  # else the transfer says so, and goes on by itself
            window = workstation.window
            text = window.tr(
                "{sender} sends images that cannot be kept: {reason}. Look at the disk of the library."
            )
            sender, reason = display.plain(refused.peer.ae_title), translated(refused.reason)
            workstation.notices.posted.emit(text.format(sender=sender, reason=reason), "", False)

    workstation.arrivals.arrived.connect(arrived)
    workstation.arrivals.turned_away.connect(turned_away)
    # What came with a transfer is told before anything is done about its end: a deleted copy stays deleted.
    workstation.retrieve.fetched.connect(lambda _: workstation.arrivals.drain())
    copies = workstation.local_copies
    workstation.retrieve.completed.connect(model.local_copies.completed)
    workstation.retrieve.fetched.connect(copies.changed)
    workstation.arrivals.arrived.connect(copies.arrived)
    workstation.tree.heard.connect(copies.heard)
    workstation.tree.recounted.connect(lambda studies: copies.changed(*studies))
    workstation.window.tree.rows_seen.connect(copies.look)
    workstation.window.activated.connect(copies.look_again)
    copies.judged.connect(workstation.retrieve.judged)


def _wire_nodes(workstation: Workstation) -> None:
    window, nodes, model = workstation.window, workstation.nodes, workstation.tree_model

    def offer_all() -> None:
        offer(window, workstation.sources.keys)
        window.invite(not nodes.all and not model.rowCount())

    def show_demo(key: str) -> None:
        window.invite(False)
        workstation.search.search(Criteria(), [key], all_dates=True)

    def tell(ended: Ended) -> None:
        if ended.error is not None:
            workstation.notices.tell(ended.error)

    def rename(old: str, new: str) -> None:
        job = workstation.lanes.submit(
            "plans", Purpose.TRANSFER, "rename a node", lambda run: workstation.plans.rename_node(old, new)
        )
        job.ended.connect(tell)

    for asking in (workstation.tree, workstation.retrieve, workstation.browsing.hand_on):
        asking.unlock = workstation.passcodes.unlock
    nodes.changed.connect(offer_all)
    nodes.changed.connect(lambda: workstation.router.hosts.learn(node.host for node in nodes.all))
    nodes.renamed.connect(rename)
    workstation.opening.offered.connect(offer_all)
    workstation.demo.started.connect(show_demo)
    workstation.demo.starting.connect(window.empty_state.set_starting)
    workstation.settings.changed.connect(lambda before, now: workstation.listener.follow(now))
    workstation.listener.standing.connect(window.transfers.set_listening)


def _wire_library(workstation: Workstation) -> None:
    library, bar = workstation.library_opening, workstation.window.criteria

    def opened(left: list[Plan]) -> None:
        workstation.retrieve.list_unfinished(left)
        workstation.local_copies.changed(*(plan.target.study for plan in left))
        if workstation.settings.preferences.listen_always:
            workstation.listener.follow(workstation.settings.preferences)

    def offer_another_try(why: str) -> None:
        window = workstation.window
        window.notice.offer(why, window.tr("Try again"), library.run, calm=False)

    library.standing.connect(lambda state: bar.set_source_standing(LIBRARY, state))
    library.opened.connect(opened)
    library.failed.connect(offer_another_try)
    library.differed.connect(workstation.local_copies.changed)


def _wire_opening(workstation: Workstation) -> None:
    window, opening, view = workstation.window, workstation.opening, workstation.window.tree
    window.files_dropped.connect(lambda names: open_files(workstation, [Path(name) for name in names]))
    window.criteria.stop_requested.connect(opening.stop)
    before = [""]

    def set_running(running: bool) -> None:
        window.criteria.set_searching(running)
        if running:
            before[0] = window.status.text()

    opening.running.connect(set_running)
    opening.status.connect(lambda text: window.set_status(text))
    opening.ended.connect(lambda shown: None if shown else window.set_status(before[0]))
    opening.first.connect(lambda: window.invite(False))
    opening.first.connect(view.go_to_first_study)
    opening.took.connect(workstation.preview.opened)


def open_files(workstation: Workstation, paths: Sequence[Path]) -> None:
    """Show files, folders, DICOMDIR where they are."""
    workstation.window.notice.hide()
    workstation.opening.open(paths)


def _wire_dialogs(workstation: Workstation) -> None:
    window, configuring = workstation.window, workstation.configuring
    window.menu.nodes_requested.connect(configuring.open_nodes)
    window.menu.settings_requested.connect(configuring.open_settings)
    window.menu.about_requested.connect(configuring.open_about)
    window.empty_state.add_requested.connect(configuring.add_node)
    window.empty_state.demo_requested.connect(lambda: start_demo(workstation))


def start_demo(workstation: Workstation) -> None:
    """Start the demo archive; it may send to our listener."""
    preferences = workstation.settings.preferences
    workstation.demo.start({preferences.ae_title: preferences.port})
