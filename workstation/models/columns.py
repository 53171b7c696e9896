"""Declare the columns of the result tree: each of them once, with all that depends on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.mismatch import DATES
from workstation.dicom.value_readers import read_date, read_time
from workstation.models import cell_texts, column_sort_keys, images_column, mark_texts
from workstation.models.column_sort_keys import SortKey
from workstation.models.compression_texts import compression
from workstation.models.rows import Row
from workstation.models.translation import translate


class Column(IntEnum):
    """The columns, in their first order."""

    NAME = 0
    DATE = 1
    MODALITY = 2
    IMAGES = 3
    ID = 4
    BORN = 5
    AGE = 6
    SEX = 7
    ACCESSION = 8
    DESCRIPTION = 9
    SERIES = 10
    BODY_PART = 11
    REFERRING = 12
    INSTITUTION = 13
    STATION = 14
    STUDY_ID = 15
    COMMENTS = 16
    STATE = 17
    SOURCE = 18
    PROTOCOL = 19
    THICKNESS = 20
    COMPRESSION = 21
    LABELS = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """All that is to be known of a column.

    Attributes:
        column: Its number in Qt's indexes.
        title: Of the header, untranslated.
        width: In pixels, at first.
        text: Writes a cell.
        hidden: Not shown at first.
        numeric: Aligned to the right.
        of_patient: A fact of the patient: in a flat list, studies are sorted by it, too.
        pale: Written less clearly for a study.
        may_be_cut_off: The tool tip repeats the text.
        searched: Levels of which the filter searches this text.
        searched_text: What the filter searches instead of the text; None: the text.
        patient_key: What patients are sorted by; None: they are sorted by the first of their studies.
        study_key: What studies are sorted by, before date and time; None: by the text.
        asked: The field of studies and series that archives are asked for while it is shown; empty: always.
        criteria: By level, the criterion of a search that this cell shows the value of.
    """

    column: Column
    title: str
    width: int
    text: Callable[[Row], str]
    hidden: bool = False
    numeric: bool = False
    of_patient: bool = False
    pale: bool = False
    may_be_cut_off: bool = False
    searched: tuple[Level, ...] = ()
    searched_text: Callable[[Row], str] | None = None
    patient_key: Callable[[Row], SortKey] | None = None
    study_key: Callable[[Row], SortKey] | None = None
    asked: str = ""
    criteria: Mapping[Level, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What window.json calls it."""
        return self.column.name.lower()


COLUMNS = (
    ColumnSpec(
        column=Column.NAME,
        of_patient=True,
        title="Patient · study",
        width=160,
        text=cell_texts.name,
        searched=(Level.PATIENT, Level.STUDY),
        patient_key=column_sort_keys.by_name,
        criteria={Level.PATIENT: "name", Level.STUDY: "description"},
    ),
    ColumnSpec(
        column=Column.DATE,
        title="Date",
        width=110,
        text=cell_texts.date,
        searched_text=cell_texts.searched_date,
        searched=(Level.STUDY,),
        study_key=column_sort_keys.by_date_only,
        criteria={Level.STUDY: DATES},
    ),
    ColumnSpec(
        column=Column.MODALITY,
        title="Mod.",
        width=52,
        text=cell_texts.modality,
        may_be_cut_off=True,
        searched=(Level.STUDY,),
        criteria={Level.STUDY: "modalities"},
    ),
    ColumnSpec(
        column=Column.IMAGES,
        title="Images",
        width=114,
        text=images_column.images,
        numeric=True,
        patient_key=column_sort_keys.by_images,
        study_key=column_sort_keys.by_images,
    ),
    ColumnSpec(
        column=Column.ID,
        of_patient=True,
        hidden=True,
        title="Patient ID",
        width=96,
        text=cell_texts.patient_id,
        may_be_cut_off=True,
        searched=(Level.PATIENT,),
        patient_key=column_sort_keys.by_text(cell_texts.patient_id),
        study_key=column_sort_keys.by_date_only,
        criteria={Level.PATIENT: "patient_id"},
    ),
    ColumnSpec(
        column=Column.BORN,
        of_patient=True,
        hidden=True,
        title="Born",
        width=84,
        text=cell_texts.birth_date,
        searched=(Level.PATIENT,),
        patient_key=column_sort_keys.by_birth_date,
        study_key=column_sort_keys.by_date_only,
    ),
    ColumnSpec(
        column=Column.AGE,
        hidden=True,
        title="Age",
        width=44,
        text=cell_texts.age,
        numeric=True,
        study_key=column_sort_keys.by_age,
    ),
    ColumnSpec(
        column=Column.SEX,
        of_patient=True,
        title="Sex",
        width=40,
        text=cell_texts.sex,
        hidden=True,
        patient_key=column_sort_keys.by_text(cell_texts.sex),
        study_key=column_sort_keys.by_date_only,
    ),
    ColumnSpec(
        column=Column.ACCESSION,
        hidden=True,
        title="Accession",
        width=74,
        text=cell_texts.accession,
        may_be_cut_off=True,
        searched=(Level.STUDY,),
        criteria={Level.STUDY: "accession"},
    ),
    ColumnSpec(
        column=Column.DESCRIPTION,
        title="Description",
        width=180,
        text=cell_texts.description,
        hidden=True,  # that of a study is in the first column already
        may_be_cut_off=True,
        criteria={Level.STUDY: "description"},
    ),
    ColumnSpec(
        column=Column.SERIES,
        hidden=True,
        title="Series",
        width=50,
        text=cell_texts.series,
        numeric=True,
        patient_key=column_sort_keys.by_series,
        study_key=column_sort_keys.by_series,
    ),
    ColumnSpec(
        column=Column.BODY_PART,
        hidden=True,
        title="Body part",
        width=90,
        text=cell_texts.body_part,
        searched=(Level.STUDY,),
        may_be_cut_off=True,
        asked="body_part",
    ),
    ColumnSpec(
        column=Column.REFERRING,
        hidden=True,
        title="Referring physician",
        width=140,
        text=cell_texts.referring,
        searched=(Level.STUDY,),
        may_be_cut_off=True,
    ),
    ColumnSpec(
        column=Column.INSTITUTION,
        hidden=True,
        title="Institution",
        width=120,
        text=cell_texts.institution,
        searched=(Level.STUDY,),
        may_be_cut_off=True,
        asked="institution",
    ),
    ColumnSpec(
        column=Column.STATION,
        hidden=True,
        title="Station",
        width=90,
        text=cell_texts.station,
        searched=(Level.STUDY,),
        may_be_cut_off=True,
        asked="station",
    ),
    ColumnSpec(
        column=Column.STUDY_ID,
        hidden=True,
        title="Study ID",
        width=80,
        text=cell_texts.study_id,
        searched=(Level.STUDY,),
        may_be_cut_off=True,
    ),
    ColumnSpec(
        column=Column.COMMENTS,
        hidden=True,
        title="Comments",
        width=140,
        text=cell_texts.comments,
        searched=(Level.STUDY,),
        may_be_cut_off=True,
        asked="comments",
    ),
    ColumnSpec(
        column=Column.STATE,
        hidden=True,
        title="State",
        width=120,
        text=cell_texts.state,
        pale=True,
        may_be_cut_off=True,
        study_key=column_sort_keys.by_local_copy,
    ),
    ColumnSpec(
        column=Column.SOURCE,
        hidden=True,
        title="Source",
        width=96,
        text=cell_texts.sources,
        pale=True,
        may_be_cut_off=True,
        searched=(Level.STUDY,),
    ),
    ColumnSpec(
        column=Column.PROTOCOL,
        hidden=True,
        title="Protocol",
        width=120,
        text=cell_texts.protocol,
        searched=(Level.STUDY,),
        may_be_cut_off=True,
    ),
    ColumnSpec(
        column=Column.THICKNESS,
        hidden=True,
        title="Slice thickness",
        width=90,
        text=cell_texts.slice_thickness,
        numeric=True,
    ),
    ColumnSpec(
        column=Column.COMPRESSION,
        hidden=True,
        title="Compression",
        width=90,
        text=compression,
        pale=True,
    ),
    ColumnSpec(
        column=Column.LABELS,
        hidden=True,
        title="Labels",
        width=130,
        text=mark_texts.labels,
        may_be_cut_off=True,
        searched=(Level.STUDY,),
        searched_text=mark_texts.searched,
        study_key=mark_texts.by_labels,
    ),
)
"""All columns, in the order of :class:`Column`."""


def title(column: int) -> str:
    """Return the title of a column in the user's language."""
    return translate(COLUMNS[column].title)


def cell(row: Row, column: int) -> str:
    """Write a cell; a message is in the first column alone."""
    if row.error:
        return row.message if column == Column.NAME else ""
    return COLUMNS[column].text(row)


def searched_text(row: Row, column: int) -> str:
    """Write what the filter searches of a cell."""
    text = COLUMNS[column].searched_text
    return cell(row, column) if text is None or row.error else text(row)


def sort_key(row: Row, column: int) -> SortKey | None:
    """Return what a row is sorted by, comparable within one level; what is unknown sorts before everything.

    None for a patient who is sorted by the first of its studies.
    """
    spec = COLUMNS[column]
    match row.best:
        case PatientMatch():
            return spec.patient_key(row) if spec.patient_key is not None else None
        case StudyMatch() as study:
            key = (cell(row, column).casefold(),) if spec.study_key is None else spec.study_key(row)
            return (*key, read_date(study.date), read_time(study.time))
        case _:
            return number_key(row)


def sort_value(row: Row, column: int) -> SortKey | None:
    """Return the same for a column behind which another one sorts: without what puts equal values in order.

    A date is the day alone. Names and IDs keep apart patients who have the same.
    """
    spec = COLUMNS[column]
    match row.best:
        case PatientMatch():
            key = spec.patient_key(row) if spec.patient_key is not None else None
            return key if key is None or column in (Column.NAME, Column.ID) else key[:1]
        case StudyMatch() as study:
            key = (cell(row, column).casefold(),) if spec.study_key is None else spec.study_key(row)
            return key[:1] or (read_date(study.date),)
        case _:
            return number_key(row)


def newest_first(study: Row, *, descending: bool) -> SortKey:
    """Return what puts the studies of one patient in a flat list in order, whichever way it is sorted."""
    best = study.best
    if not isinstance(best, StudyMatch):
        return ()
    key = float(read_date(best.date) or 0), float(read_time(best.time) or 0)
    return key if descending else (-key[0], -key[1])


def number_key(row: Row) -> tuple[float, str]:
    """Return the order of series and images, whichever way a header is sorted; messages come last."""
    best = row.best
    if row.error or not isinstance(best, SeriesMatch | ImageMatch):
        return (math.inf, "")
    return (column_sort_keys.number(best.number), row.uid)
