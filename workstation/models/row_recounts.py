"""Put into rows what their archives counted before, until the user has looked at it."""

from __future__ import annotations

from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY, OPENED
from workstation.models.count_history import Counted, CountHistory, Recount
from workstation.models.rows import Row
from workstation.models.tree_observer import TreeChanges


class RowCounts:
    """Compares the counts of studies and series with those of the searches before.

    A row that has changed is marked until it was current and another one is.
    """

    def __init__(self, changes: TreeChanges, history: CountHistory | None = None) -> None:
        self._changes = changes
        self._history = history or CountHistory()
        self._current: Row | None = None

    def note(self, row: Row, source: str) -> None:
        """Note what a source counts of a row now; announcing the change is up to the caller."""
        if row.level not in (Level.STUDY, Level.SERIES) or source in (LIBRARY, OPENED):
            return
        count = row.count_by(source)
        if count is not None:
            _put(row, source, self._history.note(_counted(row, source), count))

    def remember(self, row: Row, source: str, count: int, moment: float) -> None:
        """Compare with what was recorded of a study or series at ``moment``, before this session."""
        if source in row.archives:
            found = self._history.remember(_counted(row, source), count, moment)
            _put(row, source, found)
            if found is not None:
                self._changes.changed(row)

    def make_current(self, row: Row | None) -> None:
        """Note that a row is current, and that the one before was looked at."""
        before, self._current = self._current, row
        if before is None or before is row or not any(one.growth for one in before.recounts.values()):
            return
        for source in before.recounts:
            _put(before, source, self._history.look(_counted(before, source)))
        self._changes.changed(before)

    def forget_current(self) -> None:
        """Forget which row is current: all rows go."""
        self._current = None


def _counted(row: Row, source: str) -> Counted:
    study = row.above(Level.STUDY)
    assert study is not None
    series = row.uid if row.level is Level.SERIES else ""
    return Counted(source, row.patient_id, study.uid, series)


def _put(row: Row, source: str, found: Recount | None) -> None:
    if found is not None:
        row.recounts = {**row.recounts, source: found}
