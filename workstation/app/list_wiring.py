"""Opens the window in which a list is searched for, and connects it to what reads, searches and fetches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from workstation.app.parts import Workstation
from workstation.dicom.list_entries import ListEntries
from workstation.dicom.list_results import FoundStudy

if TYPE_CHECKING:
    from workstation.widgets.list_search_window import ListSearchWindow


class ListWindow(QObject):
    """Opens the window when it is asked for first; it stays until the program ends.

    Attributes:
        window: None: it was not opened yet.
    """

    def __init__(self, workstation: Workstation) -> None:
        super().__init__(workstation.window)
        self._main = workstation.window
        self._search = workstation.list_search
        self._input = workstation.list_input
        self._fetching = workstation.list_fetching
        self._notices = workstation.notices
        self.window: ListSearchWindow | None = None
        self._fetching.shown.connect(self._show_row)
        self._activate = workstation.row_fetching.activate
        self._search.stopped.connect(self._tell)
        self._fetching.told.connect(self._tell)
        self._fetching.question_asked.connect(self._ask)

    def open(self) -> None:
        """Open the window, or bring it to the front."""
        if self.window is None:
            self.window = self._made()
        self.window.input.show_sources(self._main.criteria.ticked)
        self.window.open_again()

    def _made(self) -> ListSearchWindow:
        from workstation.widgets.list_search_window import ListSearchWindow  # late: not needed at the start

        window = ListSearchWindow(self._search.model, self._main)
        entered, page, search = window.input, window.results, self._search
        entered.file_requested.connect(self._choose_file)
        entered.text_changed.connect(self._input.take_apart)
        entered.uses_changed.connect(lambda table, uses, header: self._input.make(table, uses, header=header))
        entered.search_requested.connect(self._start)
        self._input.loaded.connect(entered.show_text)
        self._input.taken_apart.connect(entered.show_table)
        self._input.made.connect(entered.show_entries)
        self._input.failed.connect(entered.show_error)
        page.pause_requested.connect(search.pause)
        page.resume_requested.connect(search.resume)
        page.fetch_requested.connect(self._fetching.fetch_ones)
        page.export_requested.connect(self._choose_export)
        page.view.study_activated.connect(self._show)
        search.changed.connect(self._show_state)
        window.activated.connect(self._show_sources)
        return window

    def _start(self, entries: ListEntries) -> None:
        keys = self._main.criteria.ticked
        assert self.window is not None
        if not keys:
            self.window.input.show_sources(keys)
            return

        def start() -> None:
            assert self.window is not None
            self.window.show_results()
            self._search.start(entries, keys)

        if found := self._search.model.answered:
            self.window.input.ask_to_replace(found, start)
        else:
            start()

    def _show_sources(self) -> None:
        if self.window is not None:
            self.window.input.show_sources(self._main.criteria.ticked)

    def _show_state(self) -> None:
        assert self.window is not None
        search = self._search
        self.window.results.show_state(
            [search.state_of(key) for key in search.keys],
            search.share,
            running=search.running,
            resumable=search.resumable,
        )

    def _tell(self, text: str) -> None:
        """In the window, if it is seen, else in the main one."""
        if self.window is not None and self.window.isVisible():
            self.window.results.show_message(text)
        else:
            self._notices.show_note(text)

    def _ask(self, text: str, verb: str, then: object) -> None:
        assert self.window is not None
        assert callable(then)
        self.window.results.question.ask(text, verb, then)

    def _show(self, study: FoundStudy) -> None:
        self._fetching.show(study)

    def _show_row(self, number: int) -> None:
        """Go to a row of the main window, and do what a double-click there does."""
        main = self._main
        main.invite(False)
        if self.window is not None:
            self.window.hide()  # it would lie over the results; it is there again as it was left
        main.activateWindow()
        main.tree.make_current(number, 0)
        main.tree.setFocus()
        self._activate(number)

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self.window, self.tr("Open a list"), "", self.tr("Lists (*.csv *.tsv *.txt);;All files (*)")
        )
        if name:
            self._input.load(Path(name))

    def _choose_export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self.window, self.tr("Export what was found"), "list.csv", self.tr("Table (*.csv)")
        )
        if name:
            self._fetching.export(Path(name))
