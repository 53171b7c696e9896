"""What a source answered, one frozen value an entity; safe to hand to another thread.

Texts are decoded and stripped of padding; dates are DICOM's eight digits as sent (empty when absent). A
count the source did not give is None, never 0. ``source`` is the key of the node or the library that
answered; a row in the tree may collect several.
"""

from __future__ import annotations

from dataclasses import dataclass

Domain = tuple[str, str]
"""Where a Patient ID means something, by what is known of it: an ``issuer``, a ``domain`` a person made, a
``source`` or, of local files, the ``sender``; and which."""

LIBRARY = "library"
"""The source that is the files of this computer's own library."""

OPENED = "Opened files"
"""The source that is files opened where they are; no node may be called so."""


@dataclass(frozen=True, slots=True)
class PatientMatch:
    """A patient, as told by a PATIENT or STUDY answer.

    Attributes:
        name: Patient's name, all component groups, decoded.
        raw_name: The bytes it was decoded from, for "Show names as…".
        charset: The Specific Character Set it was decoded with.
        domain: Where the ID means something, unless that is ``source`` itself; an issuer goes before it.
    """

    source: str
    patient_id: str
    issuer: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    studies: int | None = None
    series: int | None = None
    instances: int | None = None
    raw_name: bytes = b""
    charset: tuple[str, ...] = ()
    domain: Domain | None = None


@dataclass(frozen=True, slots=True)
class StudyMatch:
    """A study; ``modalities`` is empty when the source did not tell."""

    source: str
    study_uid: str
    patient: PatientMatch
    date: str = ""
    time: str = ""
    description: str = ""
    accession: str = ""
    study_id: str = ""
    referring: str = ""
    modalities: tuple[str, ...] = ()
    series: int | None = None
    instances: int | None = None


@dataclass(frozen=True, slots=True)
class SeriesMatch:
    """A series of a study."""

    source: str
    study_uid: str
    series_uid: str
    number: int | None = None
    modality: str = ""
    description: str = ""
    date: str = ""
    time: str = ""
    body_part: str = ""
    instances: int | None = None


@dataclass(frozen=True, slots=True)
class ImageMatch:
    """One SOP instance of a series; ``sop_class`` is empty when the source did not tell."""

    source: str
    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class: str = ""
    number: int | None = None
    frames: int | None = None


Match = PatientMatch | StudyMatch | SeriesMatch | ImageMatch
