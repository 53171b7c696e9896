"""Looks up the series of a row, with their files, in the index of the library and in that of opened files."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from workstation.controllers.row_pictures import IndexedSeries, Subject, find_series
from workstation.dicom.matches import OPENED
from workstation.jobs.current_job import CurrentJob
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended
from workstation.operations.opened_files import OpenedFiles
from workstation.store.index import Index


class SeriesLookup:
    """Asks in a lane; only what was asked last is answered."""

    def __init__(
        self,
        lanes: Lanes,
        index: Index,
        opened: OpenedFiles | None,
        *,
        found: Callable[[list[IndexedSeries]], object],
        ended: Callable[[Ended], object],
    ) -> None:
        """Nothing is asked yet.

        Args:
            lanes: Run the queries.
            index: That of the library.
            opened: The files the user opened; None: there are none.
            found: Takes what is found, series by series.
            ended: Is called when that is all.
        """
        self._lanes = lanes
        self._index = index
        self._opened = opened
        self._found = found
        self._ended = ended
        self._job = CurrentJob()

    @property
    def running(self) -> bool:
        """Whether more may be found."""
        return self._job.running

    def start(self, subject: Subject, origins: Collection[str]) -> None:
        """Look up what a row stands for, which these sources told of."""
        work = partial(find_series, self._indexes(origins), subject)
        job = self._lanes.submit(Lane.SHOW, "look up pictures", work, report=Report.BUGS)
        self._job.replace(job, delivered=self._found, ended=self._ended)

    def drop(self) -> None:
        """Leave what is being looked up unanswered."""
        self._job.drop()

    def _indexes(self, origins: Collection[str]) -> list[Index]:
        """The indexes to look in; a row that was only opened never shows pictures of the library."""
        indexes = [] if set(origins) == {OPENED} else [self._index]
        if OPENED in origins and self._opened is not None and self._opened.index is not None:
            indexes.insert(0, self._opened.index)
        return indexes
