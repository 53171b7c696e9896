"""The names of search criteria on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.models.translation import translate

if TYPE_CHECKING:
    from workstation.dicom.other_keys import OtherKey

_LABELS: Final = {
    "PatientBirthDate": "Birth date",
    "PatientSex": "Sex",
    "ReferringPhysicianName": "Referring physician",
    "PerformingPhysicianName": "Performing physician",
    "InstitutionName": "Institution",
    "SeriesDescription": "Series description",
    "BodyPartExamined": "Body part",
    "StationName": "Station",
    "ProtocolName": "Protocol",
    "StudyTime": "Time of day",
    "StudyInstanceUID": "Study UID",
    "SeriesInstanceUID": "Series UID",
}


def label_of(path: str) -> str:
    """The name of a further key: its own, else its path."""
    return translate(_LABELS[path]) if path in _LABELS else path


def words_of(key: OtherKey) -> str:
    """A further key with its value."""
    return f"{label_of(key.path)}: {display.plain(key.value)}"


def criteria_words(criteria: Criteria) -> list[str]:
    """Each criterion with its name."""
    named = (
        (translate("Name"), criteria.name),
        (translate("Patient ID"), criteria.patient_id),
        (translate("Accession number"), criteria.accession),
        (translate("Description"), criteria.description),
        (translate("Modality"), " ".join(criteria.modalities)),
        (translate("Date"), criteria.span.shown),
    )
    found = [f"{name}: {display.plain(value)}" for name, value in named if value]
    return found + [words_of(key) for key in criteria.others]
