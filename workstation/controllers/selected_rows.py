"""Knows the selected rows and the current one, and what stands behind rows: studies, targets, archives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from workstation.controllers.sources import Sources
from workstation.dicom.levels import Level
from workstation.dicom.matches import OPENED
from workstation.dicom.targets import Target
from workstation.models.row_targets import target_of, title_of
from workstation.models.rows import Row
from workstation.models.translation import translate
from workstation.models.tree_model import TreeModel


class SelectedRows:
    """The rows that are selected now; they change with each new search."""

    def __init__(
        self,
        model: TreeModel,
        sources: Sources,
        selected: Callable[[], Sequence[int]],
        current: Callable[[], int],
    ) -> None:
        """``selected`` and ``current`` give the numbers of rows; 0: there is no current row."""
        self._model = model
        self._sources = sources
        self._selected = selected
        self._current = current

    @property
    def rows(self) -> list[Row]:
        """The selected rows without those below another one of them."""
        found = [row for number in self._selected() if (row := self._model.find(number)) is not None]
        return outermost(found)

    @property
    def current_number(self) -> int:
        """The number of the current row; 0: there is none."""
        return self._current()

    @property
    def current(self) -> Row | None:
        """The current row."""
        return self._model.find(self._current())

    def exists(self, row: Row) -> bool:
        """Whether a row is still one of the tree's: a new search removes all."""
        return self._model.find(row.number) is row

    def archives(self, row: Row) -> list[str]:
        """The configured archives that told of a row."""
        return [source for source in row.sources if self._sources.node(source) is not None]


def outermost(rows: Sequence[Row]) -> list[Row]:
    """The rows without those below another one of them."""
    numbers = {row.number for row in rows}
    return [row for row in rows if not any(above.number in numbers for above in _above(row))]


def entities(rows: Iterable[Row]) -> list[Row]:
    """The rows, with each patient replaced by its studies."""
    return [one for row in rows for one in (row.entities if row.level is Level.PATIENT else [row])]


def are_opened(rows: Iterable[Row]) -> bool:
    """Whether rows are only of files that the user opened: no archive, nor the library, told of them."""
    return all(row.sources == (OPENED,) for row in rows)


def targets_of(rows: Iterable[Row]) -> list[Target]:
    """What rows stand for; those whose UIDs no archive can be asked for are left out."""
    return [target for row in entities(rows) if (target := target_of(row)) is not None]


def title_of_all(rows: Sequence[Row]) -> str:
    """What the user knows rows by, in one line."""
    first = title_of(rows[0])
    return first if len(rows) == 1 else translate("{first} and others").format(first=first)


def _above(row: Row) -> Iterable[Row]:
    one = row.parent
    while one is not None:
        yield one
        one = one.parent
