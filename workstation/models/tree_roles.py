"""Answer what views and delegates ask of a row, by role."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from PySide6.QtCore import Qt

from workstation.dicom.levels import Level
from workstation.models import first_column, images_column, mark_texts
from workstation.models.columns import COLUMNS, Column, cell
from workstation.models.first_column import detail, heading
from workstation.models.images_column import images_writings, share_here, state_mark
from workstation.models.new_studies import NewStudies
from workstation.models.rows import Local, Row
from workstation.models.tool_tips import detail_differs, heading_differs, remarks, tip
from workstation.models.translation import translate, translated
from workstation.models.visible_rows import VisibleRows

_NUMERIC = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

Reader = Callable[[Row, int], Any]
"""Answers one role of a row, in a column."""


class Role(IntEnum):
    """What a delegate asks of a row, besides its text.

    DEPTH is 0 for a patient, and for a study that stands for its patient; OPEN is None where nothing is
    below; MESSAGE is a row that is no entity, LINE the one behind which others stand apart; FAULT is what is
    wrong with its answer; DIFFERS is true where the row does not look like what was asked for, CELL_DIFFERS
    in the cell that shows it, DETAIL_DIFFERS in DETAIL. MARK and SHARE tell how complete the local copy is
    (:class:`~workstation.models.images_column.StateMark`, and a number or None). HEADS is true where the
    first column begins with the name of a patient, and DETAIL is what stands behind it. GROUP is true for the
    header of a group. WRITINGS are ways to write a number of images, the widest first; none where there is
    one only. SIGNS are what the user noted of a study, several
    (:class:`~workstation.models.mark_texts.MarkSign`). NEW is true for a study that came with a refresh and
    was not looked at yet, and for its patient.
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
    MARK = Qt.ItemDataRole.UserRole + 12
    SHARE = Qt.ItemDataRole.UserRole + 13
    DETAIL = Qt.ItemDataRole.UserRole + 14
    HEADS = Qt.ItemDataRole.UserRole + 15
    DETAIL_DIFFERS = Qt.ItemDataRole.UserRole + 16
    GROUP = Qt.ItemDataRole.UserRole + 17
    WRITINGS = Qt.ItemDataRole.UserRole + 18
    SIGNS = Qt.ItemDataRole.UserRole + 19
    NEW = Qt.ItemDataRole.UserRole + 20


def readers(visible: VisibleRows, new_studies: NewStudies) -> dict[int, Reader]:
    """Return what answers each role for the rows of a model."""

    def is_open(row: Row, column: int) -> bool | None:
        return visible.is_open(row) if row.opens else None

    def spoken(row: Row, column: int) -> str | None:
        if column != Column.NAME:
            return None
        return _spoken(row, is_open(row, column), new=new_studies.is_new(row))

    return {
        Qt.ItemDataRole.DisplayRole: shown,
        Qt.ItemDataRole.AccessibleTextRole: _accessible,
        Qt.ItemDataRole.ToolTipRole: lambda row, column: tip(row, column, new=new_studies.is_new(row)),
        Qt.ItemDataRole.TextAlignmentRole: lambda row, column: alignment(column),
        Qt.ItemDataRole.AccessibleDescriptionRole: spoken,
        Role.LEVEL: lambda row, column: row.level,
        Role.LOCAL: _local,
        Role.DOUBTFUL: lambda row, column: row.doubtful or (row.stands_alone and row.top.doubtful),
        Role.FILL: lambda row, column: row.fill,
        Role.MESSAGE: lambda row, column: bool(row.error),
        Role.DEPTH: lambda row, column: row.depth,
        Role.OPEN: is_open,
        Role.FAULT: lambda row, column: translated(row.fault),
        Role.LINE: lambda row, column: row.is_line,
        Role.DIFFERS: lambda row, column: bool(row.differs),
        Role.CELL_DIFFERS: heading_differs,
        Role.DETAIL_DIFFERS: lambda row, column: detail_differs(row),
        Role.MARK: lambda row, column: state_mark(row),
        Role.SHARE: lambda row, column: share_here(row),
        Role.DETAIL: lambda row, column: detail(row) if column == Column.NAME else "",
        Role.GROUP: lambda row, column: row.is_group,
        Role.WRITINGS: lambda row, column: images_writings(row) if column == Column.IMAGES else (),
        Role.SIGNS: lambda row, column: mark_texts.signs(row) if column == Column.NAME else (),
        Role.NEW: lambda row, column: new_studies.is_new(row),
        Role.HEADS: lambda row, column: row.level is Level.PATIENT or row.stands_alone,
    }


def alignment(column: int) -> int | None:
    """Return how a column is aligned; None: as Qt does."""
    return _NUMERIC if COLUMNS[column].numeric else None


def _local(row: Row, column: int) -> Local:
    return row.local if column == Column.NAME and not row.error else Local.NONE


def shown(row: Row, column: int) -> str:
    """Return the text of a cell as it is shown, without what stands behind it in the first column."""
    return heading(row) if column == Column.NAME else cell(row, column)


def _accessible(row: Row, column: int) -> str:
    """What a screen reader says of a cell: what is painted only, too."""
    if column == Column.NAME:
        return first_column.spoken(row)
    return images_column.spoken(row) if column == Column.IMAGES and not row.error else cell(row, column)


def _spoken(row: Row, is_open: bool | None, *, new: bool) -> str:
    """Write what a screen reader says of a row besides its text: the list is flat, and shows no level."""
    if row.error and not (row.is_line or row.is_group):
        return ""
    words = {
        Level.PATIENT: translate("Patient"),
        Level.STUDY: translate("Study"),
        Level.SERIES: translate("Series"),
        Level.IMAGE: translate("Image"),
    }[row.level]
    if row.is_line:
        words = translate("Answers set aside")
    elif row.is_group:
        words = translate("Group")
    if new:
        words = f"{words}, {translate('new')}"
    if is_open is not None:
        words = f"{words}, {translate('open') if is_open else translate('closed')}"
    further = [*remarks(row), *mark_texts.mark_lines(row)]
    return " ".join([f"{words}." if further else words, *further])
