"""Answer what views and delegates ask of a row, by role."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from PySide6.QtCore import Qt

from workstation.dicom.levels import Level
from workstation.models.columns import COLUMNS, Column, cell
from workstation.models.rows import Local, Row
from workstation.models.tool_tips import differs_in, remarks, tip
from workstation.models.translation import translate, translated
from workstation.models.visible_rows import VisibleRows

_DEPTHS = {Level.PATIENT: 0, Level.STUDY: 1, Level.SERIES: 2, Level.IMAGE: 3}
_NUMERIC = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

Reader = Callable[[Row, int], Any]
"""Answers one role of a row, in a column."""


class Role(IntEnum):
    """What a delegate asks of a row, besides its text.

    DEPTH is 0 for a patient; OPEN is None where nothing is below; MESSAGE is a row that is no entity, LINE
    the one behind which others stand apart; FAULT is what is wrong with its answer; DIFFERS is true where the
    row does not look like what was asked for, CELL_DIFFERS in the cell that shows it.
    """

    LEVEL = Qt.ItemDataRole.UserRole + 1
    LOCAL = Qt.ItemDataRole.UserRole + 2
    DOUBTFUL = Qt.ItemDataRole.UserRole + 3
    FILL = Qt.ItemDataRole.UserRole + 4
    MESSAGE = Qt.ItemDataRole.UserRole + 5
    DEPTH = Qt.ItemDataRole.UserRole + 6
    OPEN = Qt.ItemDataRole.UserRole + 7
    FAULT = Qt.ItemDataRole.UserRole + 8
    LINE = Qt.ItemDataRole.UserRole + 9
    DIFFERS = Qt.ItemDataRole.UserRole + 10
    CELL_DIFFERS = Qt.ItemDataRole.UserRole + 11
    VERIFIED = Qt.ItemDataRole.UserRole + 12


def readers(visible: VisibleRows) -> dict[int, Reader]:
    """Return what answers each role for the rows of a model."""

    def is_open(row: Row, column: int) -> bool | None:
        return visible.is_open(row) if row.opens else None

    def spoken(row: Row, column: int) -> str | None:
        return _spoken(row, is_open(row, column)) if column == Column.NAME else None

    return {
        Qt.ItemDataRole.DisplayRole: cell,
        Qt.ItemDataRole.ToolTipRole: tip,
        Qt.ItemDataRole.TextAlignmentRole: lambda row, column: alignment(column),
        Qt.ItemDataRole.AccessibleDescriptionRole: spoken,
        Role.LEVEL: lambda row, column: row.level,
        Role.LOCAL: _local,
        Role.DOUBTFUL: lambda row, column: row.doubtful,
        Role.FILL: lambda row, column: row.fill,
        Role.MESSAGE: lambda row, column: bool(row.error),
        Role.DEPTH: lambda row, column: _DEPTHS[row.level] + (row.apart and not row.is_line),
        Role.OPEN: is_open,
        Role.FAULT: lambda row, column: translated(row.fault),
        Role.LINE: lambda row, column: row.is_line,
        Role.DIFFERS: lambda row, column: bool(row.differs),
        Role.CELL_DIFFERS: differs_in,
        Role.VERIFIED: _verified,
    }


def alignment(column: int) -> int | None:
    """Return how a column is aligned; None: as Qt does."""
    return _NUMERIC if COLUMNS[column].numeric else None


def _local(row: Row, column: int) -> Local:
    return row.local if column == Column.NAME and not row.error else Local.NONE


def _verified(row: Row, column: int) -> bool:
    """Whether the local copy is known to be complete."""
    return not row.error and (row.level is Level.IMAGE or row.state.verified)


def _spoken(row: Row, is_open: bool | None) -> str:
    """Write what a screen reader says of a row besides its text: the list is flat, and shows no level."""
    if row.error and not row.is_line:
        return ""
    words = {
        Level.PATIENT: translate("Patient"),
        Level.STUDY: translate("Study"),
        Level.SERIES: translate("Series"),
        Level.IMAGE: translate("Image"),
    }[row.level]
    if row.is_line:
        words = translate("Answers set aside")
    if is_open is not None:
        words = f"{words}, {translate('open') if is_open else translate('closed')}"
    return " ".join([f"{words}." if row.fault or row.differs else words, *remarks(row)])
