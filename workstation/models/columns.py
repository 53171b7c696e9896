"""What each column of the tree shows of a row, and by what it sorts."""

from __future__ import annotations

import math
from enum import IntEnum

from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY, ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.mismatches import DATES
from workstation.dicom.uids import is_placeholder_uid
from workstation.dicom.value_readers import read_date, read_time
from workstation.models.completeness import state_tip, state_words
from workstation.models.rows import Local, Row
from workstation.models.translation import translate, translated


class Column(IntEnum):
    """The columns, in their first order."""

    NAME = 0
    ID = 1
    BORN = 2
    SEX = 3
    DATE = 4
    MODALITY = 5
    DESCRIPTION = 6
    ACCESSION = 7
    SERIES = 8
    IMAGES = 9
    LOCAL = 10
    SOURCE = 11


HIDDEN_AT_FIRST = (Column.SEX, Column.DESCRIPTION)
"""A study's description stands in the first column already."""
NUMBERS = (Column.SERIES, Column.IMAGES)
_UIDS = {
    Level.PATIENT: "",
    Level.STUDY: "Study {uid}",
    Level.SERIES: "Series {uid}",
    Level.IMAGE: "Image {uid}",
}
_ASIDE = (
    "The archive told these, and our own check finds that they differ from what was asked for. They are not"
    " counted, and are fetched only when you choose them."
)
_SHOWS = {
    (Level.PATIENT, Column.NAME): ("name",),
    (Level.PATIENT, Column.ID): ("patient_id",),
    (Level.STUDY, Column.NAME): ("description",),
    (Level.STUDY, Column.DESCRIPTION): ("description",),
    (Level.STUDY, Column.ACCESSION): ("accession",),
    (Level.STUDY, Column.MODALITY): ("modalities",),
    (Level.STUDY, Column.DATE): (DATES,),
}
"""The criteria of which a cell shows the value."""
_CUT_OFF = (Column.ID, Column.MODALITY, Column.DESCRIPTION, Column.ACCESSION, Column.LOCAL, Column.SOURCE)


def cell(row: Row, column: Column) -> str:
    """The text of a cell."""
    if row.error:
        return display.plain(row.error) if column is Column.NAME else ""
    if column is Column.SOURCE:
        return _sources(row)
    if column is Column.LOCAL:
        return _local(row)
    if column is Column.IMAGES and row.level is not Level.IMAGE:
        return display.count(row.instances)
    match row.best:
        case PatientMatch() as patient:
            return _patient(patient, column, row)
        case StudyMatch() as study:
            return _study(study, column, row)
        case SeriesMatch() as series:
            return _series(series, column)
        case ImageMatch() as image:
            return _image(image) if column is Column.NAME else ""


def _patient(patient: PatientMatch, column: Column, row: Row) -> str:
    if column is Column.NAME:
        return display.person_name(patient.name) or translate("(no name)")
    if column is Column.ID:
        return display.plain(patient.patient_id)
    if column is Column.BORN:
        return display.day(patient.birth_date)
    if column is Column.SEX:
        return display.plain(patient.sex)
    if column is Column.SERIES:
        return display.count(row.series)
    if column is Column.MODALITY:
        return display.plain(" ".join(row.modalities))
    return ""


def _study(study: StudyMatch, column: Column, row: Row) -> str:
    if column is Column.NAME:
        return display.plain(study.description) or translate("(no description)")
    if column is Column.DESCRIPTION:
        return display.plain(study.description)
    if column is Column.ACCESSION:
        return display.plain(study.accession)
    if column is Column.DATE:
        return display.moment(study.date, study.time)
    if column is Column.MODALITY:
        return display.plain(" ".join(row.modalities))
    return display.count(row.series) if column is Column.SERIES else ""


def _series(series: SeriesMatch, column: Column) -> str:
    if column is Column.NAME:
        number = "" if series.number is None else f"{series.number}  "
        return number + (
            display.plain(series.description)
            or display.plain(series.body_part)
            or translate("(no description)")
        )
    if column is Column.DESCRIPTION:
        return display.plain(series.description)
    if column is Column.DATE:
        return display.moment(series.date, series.time)
    return display.plain(series.modality) if column is Column.MODALITY else ""


def _image(image: ImageMatch) -> str:
    number = display.count(image.number)
    if image.frames is not None and image.frames > 1:
        return translate("Image {number}  ({frames} frames)", number=number, frames=image.frames)
    return translate("Image {number}", number=number)


def _sources(row: Row) -> str:
    found = dict.fromkeys(row.sources)
    if row.level is Level.PATIENT:
        found |= dict.fromkeys(source for child in row.entities for source in child.sources)
    ordered = sorted(found, key=lambda source: source == LIBRARY)
    return ", ".join(
        translate("Library") if source == LIBRARY else display.plain(source) for source in ordered
    )


def _local(row: Row) -> str:
    if row.level is Level.PATIENT:
        return ""
    if row.level is Level.IMAGE:
        return translate("Here") if row.local is Local.HERE else ""
    return state_words(row.state)


def tip(row: Row, column: Column) -> str:
    """What a cell tells when the pointer rests on it; a peer's words stay words.

    The whole of a text that may be cut off; elsewhere what the row is.
    """
    if row.is_line:
        return display.tool_tip(translate(_ASIDE))
    if row.error:
        return display.tool_tip(row.error)
    if differs_in(row, column):
        return display.tool_tip("\n".join([cell(row, column), *remarks(row)]))
    if column in _CUT_OFF and (whole := cell(row, column)):
        if column is Column.LOCAL and row.level is not Level.IMAGE:
            whole = "\n".join((whole, state_tip(row.state)))
        return display.tool_tip(whole)
    lines = [
        display.person_name(row.patient.name) or translate("(no name)"),
        display.plain(row.patient.patient_id),
    ]
    if row.doubtful:
        lines.append(
            translate("Another patient here has the same patient ID with another name or birth date.")
        )
    if row.level is not Level.PATIENT:
        lines.append(cell(row, Column.NAME))
    if not is_placeholder_uid(row.uid) and (row.level is Level.STUDY or row.fault):
        lines.append(translate(_UIDS[row.level], uid=display.plain(row.uid)))
    lines += remarks(row)
    return display.tool_tip("\n".join(filter(None, lines)))


def remarks(row: Row) -> list[str]:
    """What is wrong with an answer, and how it differs from what was asked for, a message each."""
    return [translated(one) for one in (row.fault, *row.differs.values()) if one]


def differs_in(row: Row, column: Column) -> bool:
    """Whether what a cell shows is what does not look like what was asked for."""
    fields = _SHOWS.get((row.level, column), ())
    return bool(row.differs) and any(field in row.differs for field in fields)


_OF_PATIENTS = (Column.NAME, Column.ID, Column.BORN, Column.SEX)


def sort_key(row: Row, column: Column) -> tuple[object, ...] | None:
    """Comparable within one level; what is unknown sorts before everything.

    None for a patient who stands where the first of its studies does.
    """
    match row.best:
        case PatientMatch() as patient:
            if column in (Column.IMAGES, Column.SERIES):
                return (_number(row.instances if column is Column.IMAGES else row.series),)
            if column in _OF_PATIENTS:
                born = column is Column.BORN
                told = read_date(patient.birth_date) if born else cell(row, column).casefold()
                return (told, patient.patient_id)
            return None
        case StudyMatch() as study:
            return _study_key(study, row, column)
        case _:
            return number_key(row)


def number_key(row: Row) -> tuple[float, str]:
    """The order of series and images, whichever way a header is sorted; messages come last."""
    best = row.best
    if row.error or not isinstance(best, SeriesMatch | ImageMatch):
        return (math.inf, "")
    return (_number(best.number), row.uid)


def _study_key(study: StudyMatch, row: Row, column: Column) -> tuple[object, ...]:
    moment = (read_date(study.date), read_time(study.time))
    if column is Column.DATE or column in (Column.ID, Column.BORN, Column.SEX):
        return moment
    if column is Column.IMAGES:
        return (_number(row.instances), *moment)
    if column is Column.SERIES:
        return (_number(row.series), *moment)
    if column is Column.LOCAL:
        return (list(Local).index(row.local), *moment)
    return (cell(row, column).casefold(), *moment)


def _number(told: int | None) -> int:
    return -1 if told is None else told
