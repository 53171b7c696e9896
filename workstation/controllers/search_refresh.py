"""Asks the sources of the search on show again from time to time, and marks what is new."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.search import Search
from workstation.controllers.sources import Sources
from workstation.dicom import display
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel

FAILURES: Final = 4
"""After so many refreshes in a row in which a source could not answer, it ends until the next search."""
_LONGEST: Final = 60
_MINUTE_MS: Final = 60_000


class SearchRefresh(QObject):
    """A timer that begins anew after each search. It never asks the user anything.

    It asks no archive for everything, and none that needs a passcode or consent; after a failure it waits
    twice as long, at most an hour.

    Signals:
        new_changed: How many studies are new and not looked at yet.
    """

    new_changed = Signal(int)

    def __init__(self, search: Search, sources: Sources, tree: TreeModel, notices: Notices) -> None:
        super().__init__()
        self._search = search
        self._sources = sources
        self._tree = tree
        self._notices = notices
        self._minutes = 0
        self._failures = 0
        self._is_refreshing = self._is_over = False
        self._newest = 0
        self._asked: frozenset[str] = frozenset()
        self.timer = QTimer(self, singleShot=True)
        self.timer.timeout.connect(self.refresh)
        search.running.connect(self._running)
        search.another.connect(self._begin_anew)
        search.repeated.connect(self._begin_again)
        search.refreshed.connect(self._mark_new)

    def every(self, minutes: int) -> None:
        """Refresh the list every so many minutes; 0: never."""
        self._minutes = minutes
        self._begin_again()
        self._wait()

    @property
    def pause(self) -> int:
        """Minutes until the next refresh; longer after failures."""
        return min(self._minutes << self._failures, _LONGEST)

    def refresh(self) -> None:
        """Ask again now, what may be asked without the user."""
        if self._search.asking or not self._search.is_shown:
            self._wait()
            return
        keys = self._search.keys
        if self._search.criteria.fits_all:
            keys = tuple(key for key in keys if self._sources.node(key) is None)
            if not keys:
                self._end(
                    self.tr("The list is not refreshed: without a criterion archives are asked for all.")
                )
                return
        if locked := [key for key in keys if self._sources.is_locked(key)]:
            text = self.tr("The list is no longer refreshed: {names} needs a passcode. Search again.")
            self._end(text.format(names=_names(locked)))
            return
        self._is_refreshing, self._asked = True, frozenset(keys)
        self._newest = self._tree.results.store.new_number()
        self._search.refresh(keys)
        if not self._search.asking:  # none of the sources exists any more
            self._is_refreshing = False
            self._wait()

    def look_at(self, rows: Iterable[Row]) -> None:
        """The user has looked at these rows: they are not new any more."""
        seen = self._tree.new_studies.looked_at(rows)
        self._show_marks(seen)

    def _mark_new(self, rows: Iterable[Row]) -> None:
        """Mark the studies that had no row when the refresh began."""
        studies = self._tree.results.studies
        new = [
            row
            for row in dict.fromkeys(rows)
            if not row.apart and all(one.number > self._newest for one in studies(row.uid))
        ]
        self._tree.new_studies.add(new)
        self._show_marks(new)

    def _show_marks(self, studies: list[Row]) -> None:
        for study in studies:
            self._tree.results.changes.rows_changed(study, study)
            if study.parent is not None:
                self._tree.results.changes.rows_changed(study.parent, study.parent)
        if studies:
            self.new_changed.emit(self._tree.new_studies.count)

    def _begin_anew(self) -> None:
        self._tree.new_studies.clear()
        self.new_changed.emit(0)
        self._begin_again()

    def _begin_again(self) -> None:
        self._failures = 0
        self._is_refreshing = self._is_over = False

    def _running(self, running: bool) -> None:
        if running:
            self.timer.stop()
            return
        if self._is_refreshing:
            self._is_refreshing = False
            self._judge()
        self._wait()

    def _judge(self) -> None:
        failed = self._search.failed & self._asked
        if not failed:
            self._failures = 0
            return
        self._failures += 1
        if self._failures >= FAILURES:
            text = self.tr("The list is no longer refreshed: {names} did not answer {n} times. Search again.")
            self._end(text.format(names=_names(failed), n=self._failures))
        else:
            text = self.tr("{names} did not answer. The list is refreshed again in {n} min.")
            self._notices.show_note(text.format(names=_names(failed), n=self.pause))

    def _end(self, why: str) -> None:
        self._is_over = True
        self.timer.stop()
        self._notices.show_note(why)

    def _wait(self) -> None:
        if self._minutes and self._search.is_shown and not self._is_over:
            self.timer.start(self.pause * _MINUTE_MS)
        else:
            self.timer.stop()


def _names(keys: Iterable[str]) -> str:
    return ", ".join(map(display.isolated, sorted(keys)))
