"""Keeps the saved searches, in their file, and the recent ones, in memory only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal

from workstation.controllers.deferred_writes import DeferredWrites
from workstation.controllers.notices import Notices, message
from workstation.dicom import display
from workstation.dicom.saved_search import SavedSearch, check_saved, folded_name
from workstation.errors import KeptElsewhere, StoreError, TooNew, Unreadable, WorkstationError
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Ended, Ending, Run
from workstation.settings.searches import load_searches, save_searches, set_aside

RECENT: Final = 10
"""So many searches of this run of the program are remembered."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What the file held, or why it could not be read, and what became of it."""

    searches: tuple[SavedSearch, ...] = ()
    error: StoreError | None = None
    aside: str = ""


class SavedSearches(QObject):
    """The saved searches in their order, and the last ones that were made, the newest first.

    Signals:
        changed: Saved or recent ones are others.
        loaded: The file has been looked at.
    """

    changed = Signal()
    loaded = Signal()

    def __init__(
        self,
        path: Path,
        lanes: Lanes,
        deferred_writes: DeferredWrites,
        notices: Notices,
        *,
        read_only: bool = False,
    ) -> None:
        """``read_only``: another window keeps the file; it must not be written here."""
        super().__init__()
        self._path = path
        self._lanes = lanes
        self._deferred_writes = deferred_writes
        self._notices = notices
        self._refusal: WorkstationError | None = KeptElsewhere() if read_only else None
        self.kept: tuple[SavedSearch, ...] = ()
        self.recent: tuple[SavedSearch, ...] = ()
        self._is_loaded = False

    def load(self) -> None:
        """Read the file in a lane; one that cannot be read is set aside, which the user is told."""
        job = self._lanes.submit(Lane.SMALL_FILES, "read the saved searches", self._read)
        job.ended.connect(self._read_ended)

    def _read(self, run: Run) -> _Loaded:
        try:
            return _Loaded(load_searches(self._path))
        except TooNew as error:
            return _Loaded(error=error)
        except Unreadable as error:
            if self._refusal is not None:
                return _Loaded(error=error)
            try:
                return _Loaded(error=error, aside=str(set_aside(self._path)))
            except StoreError:
                return _Loaded(error=error)

    def _read_ended(self, ended: Ended) -> None:
        found = ended.result
        self._is_loaded = True
        if ended.ending is Ending.DONE and isinstance(found, _Loaded):
            self.kept = found.searches
            if found.error is not None:
                if not found.aside and self._refusal is None:
                    self._refusal = found.error  # it is not ours to write over
                text = self.tr("The saved searches were not read. {why}").format(why=message(found.error))
                if found.aside:
                    text = self.tr("{text} The file is kept as {aside}.").format(
                        text=text, aside=display.plain(found.aside)
                    )
                self._notices.posted.emit(text, found.error.detail, False)
        self.changed.emit()
        self.loaded.emit()

    @property
    def writable(self) -> bool:
        """Whether searches can be saved: the file was looked at, and is ours."""
        return self._is_loaded and self._refusal is None

    def note(self, search: SavedSearch) -> None:
        """Remember a search that is made, until the program ends."""
        others = [one for one in self.recent if one != search]
        self.recent = (search, *others)[:RECENT]
        self.changed.emit()

    def replace_all(self, searches: Sequence[SavedSearch]) -> None:
        """Keep these searches, in this order, instead.

        Raises:
            BadInput: Two have the same name, or there are too many.
            KeptElsewhere: Another window keeps the file.
            StoreError: It is of a newer version, or could not be moved out of the way.
        """
        if self._refusal is not None:
            raise self._refusal
        check_saved(searches)
        self.kept = tuple(searches)
        self._deferred_writes.put("searches", partial(save_searches, self._path, self.kept))
        self.changed.emit()

    def save(self, search: SavedSearch) -> None:
        """Keep a search: in place of the one of its name, else as the last.

        Raises:
            BadInput, KeptElsewhere, StoreError: As :meth:`replace_all`.
        """
        name = folded_name(search.name)
        if any(folded_name(one.name) == name for one in self.kept):
            self.replace_all([search if folded_name(one.name) == name else one for one in self.kept])
        else:
            self.replace_all((*self.kept, search))

    def rename_source(self, old: str, new: str) -> None:
        """Follow a node that goes by another name from now on."""

        def renamed(search: SavedSearch) -> SavedSearch:
            keys = search.sources
            if keys is None or old not in keys:
                return search
            return replace(search, sources=tuple(new if key == old else key for key in keys))

        self.recent = tuple(map(renamed, self.recent))
        now = tuple(map(renamed, self.kept))
        if now != self.kept and self.writable:
            self.replace_all(now)

    @property
    def at_start(self) -> SavedSearch | None:
        """The search that runs when the program starts."""
        return next((search for search in self.kept if search.at_start), None)
