"""Make of the value of a cell what the filter keeps, or hides."""

from __future__ import annotations

from typing import NamedTuple

from workstation.dicom.levels import Level
from workstation.models.columns import COLUMNS, Column
from workstation.models.filter_terms import column_word, quoted
from workstation.models.row_filter import IS_COMPARED, value_text
from workstation.models.rows import Row


class CellValue(NamedTuple):
    """The value of a column; empty: the row tells none."""

    column: Column
    value: str

    @property
    def term(self) -> str:
        """What is typed to see only rows with this value; with ``-`` before it, all others."""
        sign = "" if self.value and self.column in IS_COMPARED else "="
        return f"{column_word(self.column)}:{sign}{quoted(self.value)}"


def value_of(row: Row, column: Column) -> CellValue | None:
    """The value that a cell of a patient or study shows; None: the filter does not look at that.

    In the first column that is the name of the patient, or what a study below its patient is called.
    """
    if row.error or row.level not in (Level.PATIENT, Level.STUDY):
        return None
    of_patient = COLUMNS[column].of_patient
    if row.level is Level.STUDY and column is Column.NAME and not row.stands_alone:
        column, of_patient = Column.DESCRIPTION, False
    if row.level is Level.PATIENT and not of_patient:
        return None
    return CellValue(column, value_text(row.top if of_patient else row, column))
