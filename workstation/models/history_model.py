"""Show the studies of a history to Qt: those of the patient, then those that are not surely of the same."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from typing_extensions import override

from workstation.dicom import display
from workstation.dicom.history_question import HistoryQuestion, HistoryStudy, Shared
from workstation.dicom.levels import Level
from workstation.dicom.same_patient import Agreement
from workstation.errors import UserMessage
from workstation.models import cell_texts, images_column
from workstation.models.columns import Column, sort_key
from workstation.models.model_index import ModelIndex
from workstation.models.rows import Row
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.translation import translate, translated
from workstation.models.tree_model import TreeModel
from workstation.models.tree_observer import TreeObserver

_ROOT = QModelIndex()
BETWEEN = "  ·  "


class HistoryColumn(IntEnum):
    """The columns of a history."""

    DATE = 0
    MODALITY = 1
    PATIENT = 2
    DESCRIPTION = 3
    IMAGES = 4
    SOURCE = 5


class HistoryRole(IntEnum):
    """What a delegate asks of a row besides its text.

    HEADING is a line between groups; CURRENT the study beside which the history is shown; UNSURE one that is
    not surely of its patient. MARK and SHARE are as in :class:`~workstation.models.tree_roles.Role`.
    """

    NUMBER = Qt.ItemDataRole.UserRole + 1
    HEADING = Qt.ItemDataRole.UserRole + 2
    CURRENT = Qt.ItemDataRole.UserRole + 3
    UNSURE = Qt.ItemDataRole.UserRole + 4
    MARK = Qt.ItemDataRole.UserRole + 5
    SHARE = Qt.ItemDataRole.UserRole + 6


class HistoryModel(QAbstractTableModel, TreeObserver):
    """The studies of a history, the newest first; those not surely of the patient below a heading.

    They are rows of a tree of their own, so that they are fetched, shown and judged as those of a search.
    What is not surely of the patient stands apart there (:attr:`~workstation.models.rows.Row.apart`), with
    what differs, and is never joined with what is.

    Signals:
        rearranged: Rows came, went or changed their order.

    Attributes:
        tree: The rows.
        question: What they have in common; None: nothing was asked for yet.
    """

    rearranged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tree = TreeModel(self)
        self.question: HistoryQuestion | None = None
        self._rows: list[Row | None] = []  # None: the heading
        self._places: dict[int, int] = {}  # by number of a row
        self.tree.results.changes.add(weakref.proxy(self))

    # --- Asking -----------------------------------------------------------------------------------------

    def begin(self, question: HistoryQuestion, order: Iterable[str]) -> int:
        """Remove all rows for another question; the number of it, which answers have to name."""
        self.beginResetModel()
        self.question, self._rows, self._places = question, [], {}
        generation = self.tree.results.begin(list(order))
        self.endResetModel()
        self.add(generation, [HistoryStudy(match, Agreement.SAME) for match in question.current])
        return generation

    def add(self, generation: int, studies: Iterable[HistoryStudy]) -> None:
        """Add what a source answered; late answers to another question are dropped."""
        results, found = self.tree.results, list(studies)
        if generation != results.generation:
            return
        alone = self.question is not None and self.question.shared is Shared.PHYSICIAN
        apart = [one for one in found if one.agreement is not Agreement.SAME and not alone]
        results.add_studies(generation, [one.match for one in found if one not in apart])
        if not apart:
            return
        line = results.store.line or results.store.add_line()
        line.error = self.heading_words
        rows = results.add_studies(generation, [one.match for one in apart], line)
        for one, row in zip(apart, rows, strict=True):
            row.differs = {**row.differs, one.match.source: UserMessage.joined("; ", one.differences)}
            results.changes.changed(row)

    def row(self, position: int) -> Row | None:
        """The study at a position; None: a heading, or nothing."""
        return self._rows[position] if 0 <= position < len(self._rows) else None

    def position(self, number: int) -> int:
        """Where the row of a number is; -1: it is not there."""
        return self._places.get(number, -1)

    @property
    def heading(self) -> int:
        """Where the heading is; -1: there is none."""
        return self._rows.index(None) if None in self._rows else -1

    @property
    def current(self) -> int:
        """Where the current study is; -1: it is not there."""
        return next((at for at in range(len(self._rows)) if self._is_current(self._rows[at])), -1)

    @property
    def counts(self) -> tuple[int, int]:
        """How many studies there are, and how many that are not surely of the patient."""
        apart = sum(1 for row in self._rows if row is not None and row.apart)
        return len(self._rows) - apart - (None in self._rows), apart

    def between(self, first: int, last: int) -> list[Row]:
        """The studies from a position to another one, inclusive."""
        return [row for row in self._rows[max(0, first) : last + 1] if row is not None]

    def difference(self, row: Row) -> str:
        """What keeps a study from being surely of the patient, in words; empty: nothing does."""
        return "; ".join(dict.fromkeys(filter(None, map(translated, row.differs.values()))))

    def _is_current(self, row: Row | None) -> bool:
        return (
            row is not None
            and not row.apart
            and self.question is not None
            and row.uid == self.question.study_uid
            and bool(row.uid)
        )

    # --- For Qt -----------------------------------------------------------------------------------------

    @override
    def rowCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: ModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(HistoryColumn)

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            self.tr("Date"),
            self.tr("Mod."),
            self.tr("Patient"),
            self.tr("Description"),
            self.tr("Images"),
            self.tr("Source"),
        )[section]

    @override
    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        if self.row(index.row()) is None:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    @override
    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        position, column = index.row(), index.column()
        row = self.row(position)
        if row is None:
            return self._heading_data(column, role) if position == self.heading else None
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._text(row, column, spoken=role == Qt.ItemDataRole.AccessibleTextRole)
            case Qt.ItemDataRole.ToolTipRole:
                return display.tool_tip(self._tip(row, column))
            case HistoryRole.NUMBER:
                return row.number
            case HistoryRole.CURRENT:
                return self._is_current(row)
            case HistoryRole.UNSURE:
                return row.apart
            case HistoryRole.MARK:
                return images_column.state_mark(row)
            case HistoryRole.SHARE:
                return images_column.share_here(row)
        return None

    def _heading_data(self, column: int, role: int) -> Any:
        if role == HistoryRole.HEADING:
            return True
        text = column == HistoryColumn.DATE and role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
        )
        return self.heading_words if text else None

    @property
    def heading_words(self) -> str:
        """What stands above the studies that are not surely of the patient."""
        if self.question is not None and self.question.shared is not Shared.PATIENT:
            return self.tr("Of other patients, or perhaps of the same")
        return self.tr("Perhaps the same patient: compare before you show one")

    def _text(self, row: Row, column: int, *, spoken: bool) -> str:
        match column:
            case HistoryColumn.DATE:
                return cell_texts.whole_date(row) if spoken else cell_texts.date(row)
            case HistoryColumn.MODALITY:
                return cell_texts.modality(row)
            case HistoryColumn.PATIENT:
                return _patient(row)
            case HistoryColumn.DESCRIPTION:
                return self._description(row)
            case HistoryColumn.IMAGES:
                return images_column.spoken(row) if spoken else images_column.images(row)
        return cell_texts.sources(row)

    def _description(self, row: Row) -> str:
        first = self.tr("Current study") if self._is_current(row) else self.difference(row)
        return BETWEEN.join(filter(None, (first, display.isolated(cell_texts.name(row)))))

    def _tip(self, row: Row, column: int) -> str:
        if column == HistoryColumn.IMAGES:
            return images_column.images_tip(row)
        if column == HistoryColumn.DATE:
            return cell_texts.whole_date(row)
        text = self._text(row, column, spoken=False)
        return f"{text}\n{_patient(row)}" if row.apart else text

    # --- What happens to the rows -----------------------------------------------------------------------

    @override
    def after_move(self, patients: Mapping[int, Row] | None) -> None:
        self._arrange()
        if patients is None and self._rows:  # any row may look different
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(HistoryColumn) - 1))

    @override
    def after_reset(self) -> None:
        self._arrange()

    @override
    def rows_changed(self, first: Row, last: Row) -> None:
        study = first.above(Level.STUDY)
        at = -1 if study is None else self.position(study.number)
        if at >= 0:
            self.dataChanged.emit(self.index(at, 0), self.index(at, len(HistoryColumn) - 1))

    def _arrange(self) -> None:
        """Put the rows in order; what was selected stays so."""
        studies = [
            study
            for patient in self.tree.results.store.patients.values()
            if not patient.is_line
            for study in patient.entities
        ]
        studies.sort(key=lambda row: row.uid)  # the same order in whatever order answers come
        studies.sort(key=lambda row: sort_key(row, Column.DATE) or (), reverse=True)
        apart = [row for row in studies if row.apart]
        rows = [*(row for row in studies if not row.apart), *([None] if apart else []), *apart]
        if rows == self._rows:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        numbers = [row.number if (row := self.row(old.row())) is not None else 0 for old in before]
        self._rows = rows
        self._places = {row.number: at for at, row in enumerate(rows) if row is not None}
        moved = []
        for old, number in zip(before, numbers, strict=True):
            found = self.tree.find(number)  # by the number of a row that became part of another one, too
            at = self.position(found.number) if found is not None else -1
            moved.append(self.index(at, old.column()) if at >= 0 else QModelIndex())
        self.changePersistentIndexList(before, moved)
        self.layoutChanged.emit()
        self.rearranged.emit()


def _patient(row: Row) -> str:
    """Who a study is of, by the answers about it alone."""
    patient = row.patient
    name = display.isolated(SHOWN_NAMES.written(patient.name)) or translate("(no name)")
    return BETWEEN.join(filter(None, (name, display.isolated(display.plain(patient.patient_id)))))
