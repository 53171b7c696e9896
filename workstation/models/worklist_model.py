"""The steps of a worklist as rows of a table, kept in the order of one column while they stream in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from typing_extensions import override

from workstation.dicom import display
from workstation.dicom.worklist import WorklistStep
from workstation.models import worklist_texts
from workstation.models.model_index import ModelIndex
from workstation.models.worklist_texts import WorklistColumn

_ROOT = QModelIndex()
_ORDERED = Qt.SortOrder.AscendingOrder


class _Descending:
    """A text that is sorted the other way round."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __lt__(self, other: _Descending) -> bool:
        return other._text < self._text

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and other._text == self._text

    __hash__ = None  # type: ignore[assignment]


_Order = tuple[bool, "str | _Descending", int]
"""What is not told comes last in either direction; equals stay in the order of the answers."""


class WorklistModel(QAbstractTableModel):
    """Shows the steps that fit what was asked for, or instead those that do not.

    Attributes:
        fitting: Those that fit, as they were answered.
        others: Those that do not.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.fitting: list[WorklistStep] = []
        self.others: list[WorklistStep] = []
        self._shows_others = False
        self._column = int(WorklistColumn.DATE)
        self._direction = _ORDERED
        self._rows: list[WorklistStep] = []
        self._orders: list[_Order] = []

    def clear(self) -> None:
        """Begin with no rows, and show those that fit."""
        self.beginResetModel()
        self.fitting, self.others, self._rows, self._orders = [], [], [], []
        self._shows_others = False
        self.endResetModel()

    def add(self, steps: Iterable[WorklistStep]) -> None:
        """Add steps, each where it belongs."""
        for step in steps:
            same = self.others if step.differs else self.fitting
            same.append(step)
            if bool(step.differs) is self._shows_others:
                order = self._order(step, len(same))
                place = bisect_left(self._orders, order)
                self.beginInsertRows(_ROOT, place, place)
                self._rows.insert(place, step)
                self._orders.insert(place, order)
                self.endInsertRows()

    def show_others(self, shown: bool) -> None:
        """Show the steps that do not fit instead of those that do, or these again."""
        if shown is not self._shows_others:
            self.beginResetModel()
            self._shows_others = shown
            self._arrange()
            self.endResetModel()

    @property
    def shown(self) -> Sequence[WorklistStep]:
        """The rows, from the top."""
        return self._rows

    def at(self, row: int) -> WorklistStep | None:
        """The step of a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def _order(self, step: WorklistStep, number: int) -> _Order:
        text = worklist_texts.order(step, self._column)
        return not text, text if self._direction is _ORDERED else _Descending(text), number

    def _arrange(self) -> None:
        steps = self.others if self._shows_others else self.fitting
        ordered = sorted((self._order(step, number), step) for number, step in enumerate(steps, 1))
        self._orders = [order for order, _ in ordered]
        self._rows = [step for _, step in ordered]

    def write_names(self) -> None:
        """Write all names anew: the user chose another style (:mod:`workstation.models.shown_names`)."""
        self.sort(self._column, self._direction)
        if self._rows:
            last = self.index(len(self._rows) - 1, len(WorklistColumn) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    @override
    def sort(self, column: int, order: Qt.SortOrder = _ORDERED) -> None:
        self._column, self._direction = column, order
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        steps = [self._rows[index.row()] for index in before]
        self._arrange()
        places = {step: row for row, step in enumerate(self._rows)}
        after = [self.index(places[step], index.column()) for index, step in zip(before, steps, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    @override
    def rowCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(WorklistColumn)

    @override
    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        step = self.at(index.row())
        if step is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return worklist_texts.cell(step, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            lines = [worklist_texts.cell(step, index.column()), *worklist_texts.remarks(step)]
            return display.tool_tip("\n".join(lines))
        return None

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return worklist_texts.title(section) if 0 <= section < len(WorklistColumn) else None
        return None
