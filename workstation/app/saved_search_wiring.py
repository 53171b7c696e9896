"""Connects saved and recent searches, and the refreshing of the list."""

from __future__ import annotations

from dataclasses import replace

from workstation.app.parts import Workstation
from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.dicom.saved_search import SavedSearch
from workstation.errors import BadInput, WorkstationError


def wire_searches(workstation: Workstation) -> None:
    """Connect them."""
    _wire_menu(workstation)
    _wire_saving(workstation)
    _wire_management(workstation)
    _wire_start(workstation)
    _wire_refresh(workstation)


def _wire_menu(workstation: Workstation) -> None:
    bar, button = workstation.window.criteria, workstation.window.criteria.searches
    searches, runs = workstation.saved_searches, workstation.saved_search_runs

    def note(criteria: Criteria) -> None:
        if not bar.ticked:
            return  # it is made nowhere
        try:
            searches.note(bar.saved_search)
        except BadInput:  # no line says it: it is searched for all the same
            return

    def offer() -> None:
        button.set_searches(searches.kept, searches.recent, writable=searches.writable)

    bar.search_requested.connect(note)
    searches.changed.connect(offer)
    button.chosen.connect(runs.run)
    button.key_pressed.connect(runs.run_at)
    runs.filled.connect(bar.show_search)
    runs.wanted.connect(bar.search)
    workstation.nodes.renamed.connect(searches.rename_source)


def _wire_saving(workstation: Workstation) -> None:
    window, bar, searches = workstation.window, workstation.window.criteria, workstation.saved_searches

    def keep(search: SavedSearch) -> None:
        try:
            searches.save(search)
        except WorkstationError as error:
            workstation.notices.show_error(error)
            return
        text = window.tr("“{name}” is saved.")
        workstation.notices.show_note(text.format(name=display.isolated(search.name)))

    def save() -> None:
        if bar.is_wrong:
            bar.search()  # which shows what is wrong
            return
        try:
            workstation.dialogs.save_search(bar.saved_search, bar.ticked, searches.kept, keep)
        except BadInput as error:
            workstation.notices.show_error(error)

    bar.searches.save_requested.connect(save)


def _wire_management(workstation: Workstation) -> None:
    searches, dialogs = workstation.saved_searches, workstation.dialogs

    def show() -> None:
        if dialogs.searches_dialog is not None and dialogs.searches_dialog.searches != searches.kept:
            dialogs.searches_dialog.set_searches(searches.kept)

    def replace_all(kept: tuple[SavedSearch, ...]) -> None:
        try:
            searches.replace_all(kept)
        except WorkstationError as error:
            workstation.notices.show_error(error)
            show()

    def manage() -> None:
        if dialogs.searches_dialog is None:
            dialog = dialogs.manage_searches(searches.kept)
            dialog.searches_changed.connect(replace_all)
            dialog.run_requested.connect(workstation.saved_search_runs.run)

    searches.changed.connect(show)
    workstation.window.criteria.searches.manage_requested.connect(manage)


def _wire_start(workstation: Workstation) -> None:
    """Run the search of the start once the library can be asked and the searches are read.

    What the user has begun to type by then is left alone.
    """
    bar = workstation.window.criteria
    runs, awaited = workstation.saved_search_runs, {"searches", "library"}

    def note(what: str) -> None:
        if what in awaited:
            awaited.remove(what)
            if not (awaited or bar.is_typed or bar.line.is_typed):
                runs.run_at_start()

    for signal in (
        bar.search_requested,
        workstation.file_opening.running,
        workstation.demo.starting,
    ):
        signal.connect(runs.skip_start)
    workstation.saved_searches.loaded.connect(lambda: note("searches"))
    workstation.library_opening.settled.connect(lambda: note("library"))


def _wire_refresh(workstation: Workstation) -> None:
    refresh, settings = workstation.search_refresh, workstation.settings
    window, model = workstation.window, workstation.tree_model

    def choose(minutes: int) -> None:
        """Where another window keeps the settings, the pause stays as it was."""
        workstation.configuration.apply_preferences(replace(settings.preferences, refresh_minutes=minutes))
        window.criteria.searches.set_refresh(settings.preferences.refresh_minutes)

    def look() -> None:
        if model.new_studies.count:
            rows = (model.find(number) for number in window.tree.selection.numbers)
            refresh.look_at([row for row in rows if row is not None])

    window.criteria.searches.refresh_chosen.connect(choose)
    window.tree.selection_changed.connect(look)
    refresh.new_changed.connect(lambda count: window.footer.refresh())
