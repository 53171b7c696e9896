"""Turns what the search form asks for into a search, after passcodes and the one question it may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.passcodes import Unlock
from workstation.controllers.search import Search
from workstation.controllers.sources import Sources
from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import ANY_DATE
from workstation.dicom.levels import Level


class SearchRequests(QObject):
    """Asks once in a run of the program before an archive is asked for all of its studies.

    Signals:
        question_asked: The question; then each answer's verb, and what to call for it.
        today_chosen: Only the studies of today are to be searched for.
    """

    question_asked = Signal(str, str, object, str, object)
    today_chosen = Signal()

    def __init__(self, search: Search, sources: Sources, unlock: Unlock) -> None:
        """``unlock`` gets the passcodes of nodes before they are asked."""
        super().__init__()
        self._search = search
        self._sources = sources
        self._unlock = unlock
        self._agreed: set[str] = set()
        self._newest = 0

    def start(self, criteria: Criteria, keys: Sequence[str], level: Level, period: str = "") -> None:
        """Search the sources ``keys``; what is here without a question, archives for everything after one.

        ``period``: as :meth:`workstation.controllers.search.Search.search` has it.
        """
        self._newest += 1
        archives = [key for key in keys if self._sources.node(key) is not None]
        to_confirm = [key for key in archives if key not in self._agreed]
        if not (criteria.empty and level is Level.STUDY and to_confirm):
            self._go(criteria, keys, level, period)
            return
        if here := [key for key in keys if key not in archives]:
            self._go(criteria, here, level, period)

        def agree() -> None:
            self._agreed.update(to_confirm)
            self._go(criteria, keys, level, period)

        text = self.tr("Ask {archives} for all studies?")
        names = ", ".join(map(display.isolated, to_confirm))
        self.question_asked.emit(
            text.format(archives=names),
            self.tr("Ask for all"),
            agree,
            self.tr("Today only"),
            self.today_chosen.emit,
        )

    def all_dates(self) -> None:
        """Repeat the last search without its limit to some days."""
        criteria = replace(self._search.criteria, span=ANY_DATE)
        self.start(criteria, self._search.keys, Level.STUDY)

    def _go(self, criteria: Criteria, keys: Sequence[str], level: Level, period: str) -> None:
        self._newest += 1
        self._unlock(list(keys), partial(self._unlocked, self._newest, criteria, level, period))

    def _unlocked(
        self, number: int, criteria: Criteria, level: Level, period: str, keys: Sequence[str]
    ) -> None:
        if number == self._newest:  # else a newer search went first
            self._search.search(criteria, keys, level, period)
