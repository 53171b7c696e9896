"""Write the text of each cell of the result tree, and what sorts it."""

from __future__ import annotations

from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY, ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.models.completeness import state_words
from workstation.models.rows import Local, Row
from workstation.models.translation import translate


def name(row: Row) -> str:
    """Write what a row is called, by its level."""
    match row.best:
        case PatientMatch() as patient:
            return display.person_name(patient.name) or translate("(no name)")
        case StudyMatch() as study:
            return display.plain(study.description) or translate("(no description)")
        case SeriesMatch() as series:
            return _series_name(series)
        case ImageMatch() as image:
            return _image_name(image)


def _series_name(series: SeriesMatch) -> str:
    number = "" if series.number is None else f"{series.number}  "
    return number + (
        display.plain(series.description) or display.plain(series.body_part) or translate("(no description)")
    )


def _image_name(image: ImageMatch) -> str:
    number = display.count(image.number)
    if image.frames is not None and image.frames > 1:
        return translate("Image {number}  ({frames} frames)", number=number, frames=image.frames)
    return translate("Image {number}", number=number)


def patient_id(row: Row) -> str:
    """Write the ID of a patient."""
    best = row.best
    return display.plain(best.patient_id) if isinstance(best, PatientMatch) else ""


def birth_date(row: Row) -> str:
    """Write the birth date of a patient."""
    best = row.best
    return display.day(best.birth_date) if isinstance(best, PatientMatch) else ""


def sex(row: Row) -> str:
    """Write the sex of a patient."""
    best = row.best
    return display.plain(best.sex) if isinstance(best, PatientMatch) else ""


def date(row: Row) -> str:
    """Write date and time of a study or series."""
    best = row.best
    return display.moment(best.date, best.time) if isinstance(best, StudyMatch | SeriesMatch) else ""


def modality(row: Row) -> str:
    """Write the modalities of a patient, study or series."""
    return "" if row.level is Level.IMAGE else display.plain(" ".join(row.modalities))


def description(row: Row) -> str:
    """Write the description of a study or series."""
    best = row.best
    return display.plain(best.description) if isinstance(best, StudyMatch | SeriesMatch) else ""


def accession(row: Row) -> str:
    """Write the accession number of a study."""
    best = row.best
    return display.plain(best.accession) if isinstance(best, StudyMatch) else ""


def series(row: Row) -> str:
    """Write how many series a patient or study has."""
    return display.count(row.series) if row.level in (Level.PATIENT, Level.STUDY) else ""


def images(row: Row) -> str:
    """Write how many images there are below a row."""
    return "" if row.level is Level.IMAGE else display.count(row.instances)


def local(row: Row) -> str:
    """Write how complete the local copy is."""
    if row.level is Level.PATIENT:
        return ""
    if row.level is Level.IMAGE:
        return translate("Here") if row.local is Local.HERE else ""
    return state_words(row.state)


def sources(row: Row) -> str:
    """Write which sources answered; the library last."""
    found = dict.fromkeys(row.sources)
    if row.level is Level.PATIENT:
        found |= dict.fromkeys(source for child in row.entities for source in child.sources)
    ordered = sorted(found, key=lambda source: source == LIBRARY)
    return ", ".join(
        translate("Library") if source == LIBRARY else display.plain(source) for source in ordered
    )
