"""Write the first column of the results: whose study it is, what of, and what tells patients apart."""

from __future__ import annotations

from typing import Final

from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.value_readers import read_date
from workstation.imaging.orientation import distance_along_normal, location
from workstation.models.columns import Column, cell
from workstation.models.compression_texts import is_lossy
from workstation.models.dates import age_on
from workstation.models.rows import Row
from workstation.models.translation import translate

_BETWEEN: Final = " · "


def heading(row: Row) -> str:
    """What stands first: of a patient, and of a study that stands for its patient, the name."""
    shown = row.parent if row.stands_alone and row.parent is not None else row
    return cell(shown, Column.NAME)


def detail(row: Row) -> str:
    """What stands behind it, less clearly; may be empty.

    Of a patient age, sex, and how many studies there are; of a study that stands for its patient age, sex,
    and what it is called; of a series whether it lost information by compression, its body part, and the
    thickness of its slices, as far as that is told; of an image where it lies, and its size in pixels.
    """
    if row.error:
        return ""
    if row.level is Level.PATIENT:
        return _joined(age_and_sex(row), _studies(row))
    best = row.best
    if isinstance(best, ImageMatch):
        return _joined(image_position(best), _size(best))
    if isinstance(best, SeriesMatch):
        lossy = translate("lossy") if is_lossy(row) else ""
        return _joined(lossy, _body_part(best), cell(row, Column.THICKNESS))
    if row.stands_alone:
        return _joined(age_and_sex(row), cell(row, Column.NAME))
    return ""


def _body_part(series: SeriesMatch) -> str:
    """The body part, unless the description says it already, or it stands in place of that."""
    part, description = display.plain(series.body_part), display.plain(series.description)
    return "" if not description or part.casefold() in description.casefold() else part


def image_position(image: ImageMatch) -> str:
    """Where an image lies along its normal, as its picture says, else its Slice Location; may be empty."""
    distance = distance_along_normal(image.position, image.orientation)
    if distance is not None and image.orientation is not None:
        return location(image.orientation, distance)
    return "" if image.location is None else f"{image.location:.1f} mm"


def _size(image: ImageMatch) -> str:
    """Columns and rows, in the order in which people give the size of pictures."""
    return f"{image.columns} × {image.rows}" if image.columns and image.rows else ""


def spoken(row: Row) -> str:
    """The whole of the cell, for a screen reader."""
    return ", ".join(filter(None, (heading(row), detail(row))))


def age_and_sex(row: Row) -> str:
    """The age of the patient of a row on the day of the study, and the sex; may be empty."""
    study = row.above(Level.STUDY)
    return _age_and_sex(row.patient, _newest(row) if study is None else _date(study))


def _age_and_sex(patient: PatientMatch, day: str) -> str:
    return " ".join(filter(None, (age_on(patient.birth_date, day), display.plain(patient.sex))))


def _studies(row: Row) -> str:
    best = row.best
    told = best.studies if isinstance(best, PatientMatch) else None
    count = max(len(row.entities), told or 0)
    if count < 2:
        return translate("1 study") if count else ""
    return translate("{n} studies", n=count)


def _newest(row: Row) -> str:
    """The date of the newest study of a patient."""
    return max((_date(study) for study in row.entities), default="")


def _date(row: Row) -> str:
    best = row.best
    return read_date(best.date) if isinstance(best, StudyMatch) else ""


def _joined(*parts: str) -> str:
    return _BETWEEN.join(display.isolated(part) for part in parts if part)
