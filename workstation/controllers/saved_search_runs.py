"""Makes saved and recent searches again, in their own sources as far as these exist."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.saved_searches import SavedSearches
from workstation.controllers.sources import Sources
from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.saved_search import SavedSearch
from workstation.errors import BadInput


class SavedSearchRuns(QObject):
    """Fills the form with a search and has it made.

    Signals:
        filled: :class:`Criteria`, the words of the period, the :class:`Level`, and the keys of the sources to
            tick; None: they stay as they are.
        wanted: What the form says now is to be searched for.
    """

    filled = Signal(Criteria, str, Level, object)
    wanted = Signal()

    def __init__(self, searches: SavedSearches, sources: Sources, notices: Notices) -> None:
        super().__init__()
        self._searches = searches
        self._sources = sources
        self._notices = notices
        self._start_wanted = True

    def run(self, search: SavedSearch) -> None:
        """Make a search. Of sources that no longer exist it is said so; without any it is not made."""
        self._start_wanted = False
        try:
            criteria, period = search.criteria(datetime.now()), search.period
        except BadInput as error:
            self._notices.show_error(error)
            return
        there, gone = search.divided(self._sources.keys)
        names = ", ".join(map(display.isolated, gone))
        if search.sources is not None and not there:
            self.filled.emit(criteria, period, search.level, ())
            text = self.tr("No archive of this search exists any more ({names}). Tick others and search.")
            self._notices.posted.emit(text.format(names=names), "", False)
            return
        self.filled.emit(criteria, period, search.level, None if search.sources is None else tuple(there))
        self.wanted.emit()
        if gone:
            text = self.tr("{names} no longer exists: only the other archives of this search are asked.")
            self._notices.posted.emit(text.format(names=names), "", False)

    def run_at(self, position: int) -> None:
        """Make the saved search at this position, if there is one."""
        if position < len(self._searches.kept):
            self.run(self._searches.kept[position])

    def skip_start(self) -> None:
        """The user asked for something else: no search runs at the start."""
        self._start_wanted = False

    def run_at_start(self) -> None:
        """Make the search that runs at the start, unless the user asked for something by now."""
        search = self._searches.at_start
        if self._start_wanted and search is not None:
            self.run(search)
