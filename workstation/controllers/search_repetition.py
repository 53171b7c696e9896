"""Brings back what was selected and open when a search is made again, as its answers come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.controllers.search import Search
from workstation.controllers.selected_rows import SelectedRows
from workstation.dicom.levels import Level
from workstation.models.rows import Fill, Row
from workstation.models.study_groups import GroupKey, GroupRow
from workstation.models.tree_model import TreeModel

_LIMIT: Final = 200
"""So many selected, opened and closed rows each are brought back: each is looked for in every batch."""


class RowKey(NamedTuple):
    """What a row is found by in the answers to the next search; a patient by one of its studies."""

    level: Level
    patient_id: str
    uids: tuple[str, ...]
    """Of the study, then of the series and of the image."""


@dataclass(slots=True, kw_only=True)
class _Remembered:
    """What was so before the search was made again, and is not found yet."""

    current: RowKey | None
    height: int
    selected: list[RowKey]
    opened: list[RowKey]
    closed: list[RowKey]
    groups: set[GroupKey]
    """That were closed."""
    header: GroupKey | None
    """Of the group whose header was the current row."""


class SearchRepetition(QObject):
    """Follows the tree of results from one making of a search to the next.

    Signals:
        begun: The rows of another search come; with what was on show nothing of it is known to agree.
        current_found: The number of the row that was current, and where it was in the list.
        selected_found: The number of a row that was selected beside it.
        current_lost: The row that was current is not among the answers.
    """

    begun = Signal()
    current_found = Signal(int, int)
    selected_found = Signal(int)
    current_lost = Signal()

    def __init__(
        self, search: Search, tree: TreeModel, rows: SelectedRows, height_of: Callable[[int], int]
    ) -> None:
        """``height_of`` tells where in the list a row is, by its number."""
        super().__init__()
        self._search = search
        self._tree = tree
        self._rows = rows
        self._height_of = height_of
        self._left: _Remembered | None = None
        self._repeats = self._restoring = False
        search.repeated.connect(self._remember)
        search.running.connect(self._searching)
        tree.modelReset.connect(self._reset)
        self._soon = QTimer(self, interval=0, singleShot=True)
        self._soon.timeout.connect(self._restore)
        tree.layoutChanged.connect(self._rows_moved)

    def chosen(self, number: int) -> None:
        """Another row is current: if the user chose it, the one before does not come back."""
        if number and self._left is not None and not self._restoring:
            self._left.current, self._left.header, self._left.selected = None, None, []

    def _remember(self) -> None:
        before, current = self._left, self._rows.current
        visible = self._tree.visible
        self._left = left = _Remembered(
            current=_key_of(current) if current is not None else None,
            height=self._height_of(current.number) if current is not None else 0,
            selected=self._keys(row.number for row in self._rows.rows if row is not current),
            opened=self._keys(visible.opened),
            closed=self._keys(visible.closed),
            groups=visible.closed_groups,
            header=current.key if isinstance(current, GroupRow) else None,
        )
        if before is not None:  # again before all had come
            left.opened += before.opened
            if left.current is None and left.header is None:
                left.current, left.height, left.selected = before.current, before.height, before.selected
                left.header = before.header
        self._repeats = True

    def _keys(self, numbers: Iterable[int]) -> list[RowKey]:
        rows = (self._tree.find(number) for number in list(numbers)[:_LIMIT])
        return [key for row in rows if row is not None and (key := _key_of(row)) is not None]

    def _reset(self) -> None:
        repeats, self._repeats = self._repeats, False
        if not repeats or self._left is None or self._left.current is None:
            self.begun.emit()
        if not repeats:
            self._left = None
        elif self._left is not None:
            self._tree.visible.close_groups(self._left.groups)

    def _rows_moved(self) -> None:
        if self._left is not None and not self._restoring:
            self._soon.start()

    def _restore(self) -> None:
        """Look for what is left among the rows there are now."""
        left = self._left
        if left is None or self._repeats:
            return
        self._restoring = True
        try:
            left.closed = [key for key in left.closed if not self._apply(key, self._tree.close)]
            left.opened = [key for key in left.opened if not self._apply(key, self._tree.open)]
            current = left.current
            if current is not None and self._apply(
                current, lambda number: self.current_found.emit(number, left.height)
            ):
                left.current = None
            groups = self._tree.visible.groups if left.header is not None else ()
            if (header := next((one for one in groups if one.key == left.header), None)) is not None:
                left.header = None
                self.current_found.emit(header.number, left.height)
            if left.current is None:
                left.selected = [
                    key for key in left.selected if not self._apply(key, self.selected_found.emit)
                ]
        finally:
            self._restoring = False
        if not self._search.asking:
            self._give_up(left)

    def _apply(self, key: RowKey, act: Callable[[int], object]) -> bool:
        """Do it with the row of a key, if that is in sight; whether it was."""
        row = self._find(key)
        if row is None or self._tree.visible.position(row) is None:
            return False
        act(row.number)
        return True

    def _find(self, key: RowKey) -> Row | None:
        for study in self._tree.results.studies(key.uids[0]):
            if study.patient_id != key.patient_id or study.apart:
                continue
            if key.level is Level.PATIENT:
                return study.parent
            row: Row | None = study
            for uid in key.uids[1:]:
                row = next((one for one in row.entities if one.uid == uid), None) if row else None
            return row
        return None

    def _searching(self, running: bool) -> None:
        if not running and self._left is not None and not self._repeats:
            self._restore()

    def _give_up(self, left: _Remembered) -> None:
        """Forget what cannot come any more, all sources having answered."""
        left.opened = [key for key in left.opened if self._may_come(key)]
        left.selected = [key for key in left.selected if self._may_come(key)]
        left.closed, left.header = [], None
        if left.current is not None and not self._may_come(left.current):
            left.current = None
            self.current_lost.emit()

    def _may_come(self, key: RowKey) -> bool:
        """Whether a row is below one that is being filled."""
        if len(key.uids) < 2:
            return False
        above = key._replace(level=_ABOVE[key.level], uids=key.uids[:-1])
        row = self._find(above)
        return self._may_come(above) if row is None else row.fill is Fill.PENDING


_ABOVE = {Level.IMAGE: Level.SERIES, Level.SERIES: Level.STUDY}


def _key_of(row: Row) -> RowKey | None:
    """The key of a row; None for messages, rows apart, and a patient without studies."""
    study = row.above(Level.STUDY) or next(iter(row.entities), None)
    if row.error or row.apart or study is None:
        return None
    parts = [row.above(level) for level in (Level.SERIES, Level.IMAGE)]
    uids = (study.uid, *(part.uid for part in parts if part is not None))
    return RowKey(row.level, study.patient_id, uids)
