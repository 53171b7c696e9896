"""What each column of the tree shows of a row, and by what it sorts."""

from __future__ import annotations

from enum import IntEnum

from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.models import texts
from workstation.models.rows import LIBRARY, Row


class Column(IntEnum):
    """The columns, in their first order."""

    NAME = 0
    ID = 1
    DATE = 2
    MODALITY = 3
    SERIES = 4
    IMAGES = 5
    SOURCE = 6


def cell(row: Row, column: Column) -> str:
    """The text of a cell."""
    match row.best:
        case PatientMatch() as patient:
            return _patient(patient, column, row)
        case StudyMatch() as study:
            return _study(study, column, row)
        case SeriesMatch() as series:
            return _series(series, column, row)
        case ImageMatch() as image:
            return _image(image, column, row)


def _patient(patient: PatientMatch, column: Column, row: Row) -> str:
    if column is Column.NAME:
        return texts.person_name(patient.name) or "(no name)"
    if column is Column.ID:
        return texts.plain(patient.patient_id)
    if column is Column.DATE:
        born = texts.day(patient.birth_date)
        return f"* {born}" if born else ""
    if column is Column.SOURCE:
        return _sources({source: None for child in row.children for source in child.sources})
    return ""


def _study(study: StudyMatch, column: Column, row: Row) -> str:
    if column is Column.NAME:
        return texts.plain(study.description) or "(no description)"
    if column is Column.ID:
        return texts.plain(study.accession)
    if column is Column.DATE:
        return texts.moment(study.date, study.time)
    if column is Column.MODALITY:
        return texts.plain(" ".join(study.modalities))
    if column is Column.SERIES:
        return texts.count(study.series)
    if column is Column.IMAGES:
        return texts.count(row.instances)
    return _sources(dict.fromkeys(row.sources))


def _series(series: SeriesMatch, column: Column, row: Row) -> str:
    if column is Column.NAME:
        number = "" if series.number is None else f"{series.number}  "
        return number + (
            texts.plain(series.description) or texts.plain(series.body_part) or "(no description)"
        )
    if column is Column.DATE:
        return texts.moment(series.date, series.time)
    if column is Column.MODALITY:
        return texts.plain(series.modality)
    if column is Column.IMAGES:
        return texts.count(row.instances)
    return _sources(dict.fromkeys(row.sources)) if column is Column.SOURCE else ""


def _image(image: ImageMatch, column: Column, row: Row) -> str:
    if column is Column.NAME:
        frames = f"  ({image.frames} frames)" if image.frames is not None and image.frames > 1 else ""
        return f"Image {texts.count(image.number)}{frames}"
    return _sources(dict.fromkeys(row.sources)) if column is Column.SOURCE else ""


def _sources(sources: dict[str, None]) -> str:
    return ", ".join("Library" if source == LIBRARY else texts.plain(source) for source in sources)


def tip(row: Row) -> str:
    """What a row tells when the pointer rests on it; plain text."""
    lines = [texts.person_name(row.patient.name) or "(no name)"]
    if row.doubtful:
        lines.append("Another patient here has the same patient ID with another name or birth date.")
    if isinstance(row.best, StudyMatch):
        lines.append(f"Study {row.best.study_uid}")
    return "\n".join(lines)


def sort_key(row: Row, column: Column) -> tuple[object, ...]:
    """Comparable within one level; what is unknown sorts before everything."""
    natural: tuple[object, ...]
    match row.best:
        case PatientMatch():
            natural = (newest(row),) if column is Column.DATE else ()
        case StudyMatch() as study:
            natural = (study.date, study.time) if column is Column.DATE else ()
        case SeriesMatch() as series:
            natural = (-1 if series.number is None else series.number, series.series_uid)
        case ImageMatch() as image:
            natural = (-1 if image.number is None else image.number, image.sop_uid)
    if column is Column.IMAGES:
        return (-1 if row.instances is None else row.instances, *natural)
    if column is Column.SERIES and isinstance(row.best, StudyMatch):
        return (-1 if row.best.series is None else row.best.series, *natural)
    return natural or (cell(row, column).casefold(),)


def newest(row: Row) -> str:
    """The date of the newest study below a patient."""
    dates = (child.best.date for child in row.children if isinstance(child.best, StudyMatch))
    return max(dates, default="")


def fixed_order(level: Level) -> bool:
    """Series and images keep the order of their numbers, whichever way a header is sorted."""
    return level in (Level.SERIES, Level.IMAGE)
