"""Write the text of each cell of the result tree, and what sorts it."""

from __future__ import annotations

from collections.abc import Callable

from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY, ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.models.dates import age_on, day_and_time, short_day
from workstation.models.images_column import state_of
from workstation.models.rows import Local, Row
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.translation import translate


def name(row: Row) -> str:
    """Write what a row is called, by its level."""
    match row.best:
        case PatientMatch() as patient:
            return SHOWN_NAMES.written(patient.name) or translate("(no name)")
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
    patient = _patient(row)
    return display.plain(patient.patient_id) if patient is not None else ""


def birth_date(row: Row) -> str:
    """Write the birth date of a patient."""
    patient = _patient(row)
    return display.day(patient.birth_date) if patient is not None else ""


def age(row: Row) -> str:
    """Write the age of a patient on the day of a study."""
    best = row.best
    return age_on(row.patient.birth_date, best.date) if isinstance(best, StudyMatch) else ""


def sex(row: Row) -> str:
    """Write the sex of a patient."""
    patient = _patient(row)
    return display.plain(patient.sex) if patient is not None else ""


def _patient(row: Row) -> PatientMatch | None:
    """The patient whose facts stand in a row: in its own, or in that of a study that stands alone."""
    if row.stands_alone:
        return row.patient
    best = row.best
    return best if isinstance(best, PatientMatch) else None


def date(row: Row) -> str:
    """Write the day of a study or series, of today and yesterday with the time."""
    best = row.best
    return day_and_time(best.date, best.time) if isinstance(best, StudyMatch | SeriesMatch) else ""


def whole_date(row: Row) -> str:
    """Write date and time of a study or series as year-month-day, for the tool tip."""
    best = row.best
    return display.moment(best.date, best.time) if isinstance(best, StudyMatch | SeriesMatch) else ""


def searched_date(row: Row) -> str:
    """Write the date of a study for the filter: as year-month-day, and in the system's short format."""
    best = row.best
    return f"{whole_date(row)} {short_day(best.date)}" if isinstance(best, StudyMatch) else ""


def modality(row: Row) -> str:
    """Write the modalities of a study or series; those of a patient only where it was searched for."""
    if row.level is Level.IMAGE or (row.level is Level.PATIENT and not row.searched):
        return ""
    return display.plain(" ".join(row.modalities))


def description(row: Row) -> str:
    """Write the description of a study or series."""
    best = row.best
    return display.plain(best.description) if isinstance(best, StudyMatch | SeriesMatch) else ""


def study_id(row: Row) -> str:
    """Write the ID of a study."""
    best = row.best
    return display.plain(best.study_id) if isinstance(best, StudyMatch) else ""


def referring(row: Row) -> str:
    """Write the referring physician of a study."""
    best = row.best
    return SHOWN_NAMES.written(best.referring) if isinstance(best, StudyMatch) and best.referring else ""


def body_part(row: Row) -> str:
    """Write the body part of a series, or all that are known of a study."""
    return _with_series(row, lambda match: match.body_part)


def institution(row: Row) -> str:
    """Write the institution of a series, or all that are known of a study."""
    return _with_series(row, lambda match: match.institution)


def station(row: Row) -> str:
    """Write the name of the station that made a series, or all that are known of a study."""
    return _with_series(row, lambda match: match.station)


def protocol(row: Row) -> str:
    """Write the protocol by which a series was made, or all that are known of a study."""
    return _with_series(row, lambda match: match.protocol if isinstance(match, SeriesMatch) else "")


def slice_thickness(row: Row) -> str:
    """Write the nominal thickness of the slices of a series."""
    best = row.best
    thickness = best.slice_thickness if isinstance(best, SeriesMatch) else None
    return "" if thickness is None else f"{thickness:g} mm"


def comments(row: Row) -> str:
    """Write the comments on a study."""
    best = row.best
    return display.plain(best.comments) if isinstance(best, StudyMatch) else ""


def _with_series(row: Row, text: Callable[[StudyMatch | SeriesMatch], str]) -> str:
    """Write a text of a series; of a study its own, and what else its series say that are known."""
    others = row.entities if row.level is Level.STUDY else ()
    best = row.best
    if not others:  # as it is of nearly all rows that the filter looks through
        return display.plain(text(best)) if isinstance(best, StudyMatch | SeriesMatch) else ""
    matches = [best, *(one.best for one in others)]
    found = (text(match) for match in matches if isinstance(match, StudyMatch | SeriesMatch))
    return ", ".join(dict.fromkeys(filter(None, map(display.plain, found))))


def accession(row: Row) -> str:
    """Write the accession number of a study."""
    best = row.best
    return display.plain(best.accession) if isinstance(best, StudyMatch) else ""


def series(row: Row) -> str:
    """Write how many series a study has, and a patient that was searched for."""
    return display.count(row.series) if row.level is Level.STUDY or row.searched else ""


def state(row: Row) -> str:
    """Write how complete the local copy is."""
    if row.level is Level.PATIENT:
        return ""
    if row.level is Level.IMAGE:
        return translate("Here") if row.local is Local.HERE else ""
    return state_of(row)


def sources(row: Row) -> str:
    """Write which sources answered; the library last. Those of a patient only where it was searched for."""
    if row.level is Level.PATIENT and not row.searched:
        return ""
    found = dict.fromkeys(row.sources)
    if row.level is Level.PATIENT:
        found |= dict.fromkeys(source for child in row.entities for source in child.sources)
    ordered = sorted(found, key=lambda source: source == LIBRARY)
    return ", ".join(
        translate("Library") if source == LIBRARY else display.plain(source) for source in ordered
    )
