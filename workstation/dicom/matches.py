"""The matches of a query: one frozen value for each patient, study, series or image; safe in any thread.

Texts are decoded and stripped of padding; dates are eight digits where they could be read
(:func:`workstation.dicom.value_readers.read_date`), else as sent, and empty when absent; times likewise. A
count the source did not give is None, never 0. ``source`` is the key of the node or the library that
answered; a row in the tree may collect several.

Every answer is a match, whatever is wrong with it: ``fault`` says so. A UID is kept as it was sent;
:mod:`workstation.dicom.uids` says what it may be used for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from workstation.dicom.levels import Level
from workstation.errors import UserMessage

Domain = tuple[str, str]
"""Where a Patient ID means something, by what is known of it: an ``issuer``, a ``domain`` the user made, a
``source`` or, of local files, the ``sender``; and which."""

Told = tuple[tuple[str, str], ...]
"""Values that an answer told beside the usual ones, each with the path of its key; none of them is empty."""


class RawText(NamedTuple):
    """A text of an answer as it was received, for "Show names as…"; only of texts beyond plain ASCII.

    Attributes:
        field: The field of the match.
        value: The bytes it was decoded from.
        received: The text that was made of them at first.
    """

    field: str
    value: bytes
    received: str


SOUND = UserMessage("")
"""Nothing is wrong with an answer."""

LIBRARY = "library"
"""The source that is the files of this computer's own library."""

OPENED = "Opened files"
"""The source that is files opened where they are; no node may be called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientMatch:
    """A patient, by a PATIENT or STUDY answer.

    Attributes:
        name: Patient's name, all component groups, decoded.
        raw_name: The bytes it was decoded from, for "Show names as…".
        charset: The Specific Character Set it was decoded with.
        domain: Where the ID means something, unless that is ``source`` itself; an issuer goes before it.
        fault: What is wrong with the answer, in a message or more; empty: nothing.
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
    fault: UserMessage = SOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyMatch:
    """A study; ``modalities`` is empty when the source did not answer it, ``fault`` as for a patient.

    Institution, station, body part and comments are empty, too, where an archive was not asked for them.

    Attributes:
        body_part: Of a library, that of the first series that tells one; likewise institution and station.
        doubtful: Of local files, how many instances are kept although something is wrong with them.
        told: Values of the further keys that were asked for.
        raw_texts: What its own texts were decoded from, where they are not plain ASCII.
    """

    source: str
    study_uid: str
    patient: PatientMatch
    date: str = ""
    time: str = ""
    description: str = ""
    accession: str = ""
    study_id: str = ""
    referring: str = ""
    institution: str = ""
    station: str = ""
    body_part: str = ""
    comments: str = ""
    modalities: tuple[str, ...] = ()
    series: int | None = None
    instances: int | None = None
    fault: UserMessage = SOUND
    doubtful: int = 0
    told: Told = ()
    raw_texts: tuple[RawText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesMatch:
    """A series of a study; ``fault`` as for a patient, ``doubtful``, ``told``, ``raw_texts`` as for a study.

    Institution, station and all from ``protocol`` on are empty where a source was not asked, or does not say.

    Attributes:
        protocol: Protocol Name (0018,1030).
        slice_thickness: Slice Thickness (0018,0050), mm.
        lossy: Lossy Image Compression (0028,2110): whether pixel data lost information, at any time before.
        lossy_ratios: Lossy Image Compression Ratio (0028,2112), one for each time.
        lossy_methods: Lossy Image Compression Method (0028,2114), likewise.
        syntaxes: Of an archive, what it offers to send all of it in, Available Transfer Syntax UID
            (0008,3002); of local files the transfer syntaxes that they are in.
    """

    source: str
    study_uid: str
    series_uid: str
    number: int | None = None
    modality: str = ""
    description: str = ""
    date: str = ""
    time: str = ""
    body_part: str = ""
    institution: str = ""
    station: str = ""
    instances: int | None = None
    fault: UserMessage = SOUND
    doubtful: int = 0
    told: Told = ()
    raw_texts: tuple[RawText, ...] = ()
    protocol: str = ""
    slice_thickness: float | None = None
    lossy: bool | None = None
    lossy_ratios: tuple[float, ...] | None = None
    lossy_methods: tuple[str, ...] = ()
    syntaxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMatch:
    """One SOP instance of a series; ``sop_class`` is empty when it was not answered, ``fault`` as above.

    Attributes:
        position: Image Position (Patient), three numbers in mm.
        orientation: Image Orientation (Patient), six direction cosines.
        location: Slice Location, mm.
        lossy: As of a series, likewise ``syntaxes``.
    """

    source: str
    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class: str = ""
    number: int | None = None
    frames: int | None = None
    rows: int | None = None
    columns: int | None = None
    position: tuple[float, ...] | None = None
    orientation: tuple[float, ...] | None = None
    location: float | None = None
    lossy: bool | None = None
    syntaxes: tuple[str, ...] = ()
    fault: UserMessage = SOUND


Match = PatientMatch | StudyMatch | SeriesMatch | ImageMatch


def level_of(match: Match) -> Level:
    """Return the level a match is of."""
    if isinstance(match, PatientMatch):
        return Level.PATIENT
    if isinstance(match, StudyMatch):
        return Level.STUDY
    return Level.SERIES if isinstance(match, SeriesMatch) else Level.IMAGE


def uid_of(match: Match) -> str:
    """Return what identifies a match within its level."""
    if isinstance(match, PatientMatch):
        return match.patient_id
    if isinstance(match, StudyMatch):
        return match.study_uid
    return match.series_uid if isinstance(match, SeriesMatch) else match.sop_uid
