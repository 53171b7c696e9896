"""The attributes of C-FIND: which are asked for, how each is read, which field of a match it fills.

Each stands once, in the table at the end of this file (PS3.4 C.6.1.1, C.6.2.1). The identifiers of queries
and the reading of their answers both come from it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from workstation.dicom.levels import Level
from workstation.dicom.text import decode
from workstation.dicom.value_readers import (
    kept_date,
    kept_time,
    read_count,
    read_decimal,
    read_decimals,
    read_integer,
    read_plain,
    read_uid,
)

CACHED_BYTES: Final = 256
"""Longer values are not cached: thousands of long ones would take much memory."""


class Key(Enum):
    """Whether an attribute is asked for."""

    REQUIRED = auto()
    """A unique or required key: in every query of its level."""
    OPTIONAL = auto()
    """Left out for an archive that refuses it."""
    EXTRA = auto()
    """Asked for by who wants its field; left out as the above. Some archives open a file for each answer."""
    GIVEN = auto()
    """Only where the query has a value for it; it is read all the same."""


class FindAttribute(NamedTuple):
    """One attribute of the answers at a level.

    Attributes:
        tag: Its group and element.
        keyword: Its keyword in the dictionary of the standard.
        field: The field of the match that it fills.
        read: The reader of its value, of its bytes; one of :data:`TEXT_READERS` takes the character set and
            the one to assume without it, too.
        key: Whether it is asked for.
        language: It is text in a natural language, by which a character set that is not named is detected.
    """

    tag: int
    keyword: str
    field: str
    read: Callable[..., object]
    key: Key = Key.OPTIONAL
    language: bool = False


_cached_decode = lru_cache(maxsize=4096)(decode)


def shared_text(value: bytes, charset: tuple[str, ...], fallback: str) -> str:
    """As :func:`decode`, of an attribute with one value in many answers: one string for all of them."""
    return (decode if len(value) > CACHED_BYTES else _cached_decode)(value, charset, fallback)


TEXT_READERS: Final = (decode, shared_text)


def unsigned(value: bytes) -> int | None:
    """A little endian US value, also where it was sent as a number in words; None if it is empty or none."""
    return int.from_bytes(value, "little") if len(value) == 2 else read_count(value)


def yes_or_no(value: bytes) -> bool | None:
    """A CS of "01" for yes and "00" for no; None for anything else."""
    return {b"00": False, b"01": True}.get(value.strip(b" \0"))


@lru_cache(maxsize=1024)
def decimals(value: bytes) -> tuple[float, ...] | None:
    """All numbers of a DS; None if one is none. One object for equal values that come close to each other."""
    return read_decimals(value) or None


@lru_cache(maxsize=1024)
def codes(value: bytes) -> tuple[str, ...]:
    """The values of a CS or UI in their order, without padding; empty ones are left out."""
    return tuple(filter(None, map(read_plain, value.split(b"\\"))))


def words(value: bytes) -> tuple[str, ...]:
    """The values of a CS, sorted, each once."""
    return (_cached_words.__wrapped__ if len(value) > CACHED_BYTES else _cached_words)(value)


@lru_cache(maxsize=1024)
def _cached_words(value: bytes) -> tuple[str, ...]:
    return tuple(sorted({part.strip() for part in read_plain(value).split("\\") if part.strip()}))


_PATIENT: Final = (
    FindAttribute(0x00100010, "PatientName", "name", shared_text, Key.REQUIRED, language=True),
    FindAttribute(0x00100020, "PatientID", "patient_id", decode, Key.REQUIRED),
    FindAttribute(0x00100021, "IssuerOfPatientID", "issuer", decode),
    FindAttribute(0x00100030, "PatientBirthDate", "birth_date", kept_date),
    FindAttribute(0x00100040, "PatientSex", "sex", read_plain),
)
_PATIENT_COUNTS: Final = (
    (0x00201200, "NumberOfPatientRelatedStudies", "studies"),
    (0x00201202, "NumberOfPatientRelatedSeries", "series"),
    (0x00201204, "NumberOfPatientRelatedInstances", "instances"),
)
PATIENT_ATTRIBUTES: Final = (
    *_PATIENT,
    *(FindAttribute(*count, read_count) for count in _PATIENT_COUNTS),
)
"""Of a PATIENT answer."""
PATIENT_OF_STUDY_ATTRIBUTES: Final = (
    *_PATIENT,
    *(FindAttribute(*count, read_count, Key.GIVEN) for count in _PATIENT_COUNTS),
)
"""Of a STUDY answer, about its patient."""
STUDY_ATTRIBUTES: Final = (
    FindAttribute(0x0020000D, "StudyInstanceUID", "study_uid", read_uid, Key.REQUIRED),
    FindAttribute(0x00080020, "StudyDate", "date", kept_date, Key.REQUIRED),
    FindAttribute(0x00080030, "StudyTime", "time", kept_time, Key.REQUIRED),
    FindAttribute(0x00080050, "AccessionNumber", "accession", decode, Key.REQUIRED),
    FindAttribute(0x00200010, "StudyID", "study_id", decode, Key.REQUIRED),
    FindAttribute(0x00081030, "StudyDescription", "description", shared_text, language=True),
    FindAttribute(0x00080090, "ReferringPhysicianName", "referring", shared_text, language=True),
    FindAttribute(0x00080080, "InstitutionName", "institution", shared_text, Key.EXTRA, language=True),
    FindAttribute(0x00081010, "StationName", "station", shared_text, Key.EXTRA),
    FindAttribute(0x00180015, "BodyPartExamined", "body_part", read_plain, Key.EXTRA),
    FindAttribute(0x00324000, "StudyComments", "comments", decode, Key.EXTRA, language=True),
    FindAttribute(0x00080061, "ModalitiesInStudy", "modalities", words),
    FindAttribute(0x00201206, "NumberOfStudyRelatedSeries", "series", read_count),
    FindAttribute(0x00201208, "NumberOfStudyRelatedInstances", "instances", read_count),
)
_COMPRESSION: Final = (
    FindAttribute(0x00282110, "LossyImageCompression", "lossy", yes_or_no, Key.EXTRA),
    FindAttribute(0x00083002, "AvailableTransferSyntaxUID", "syntaxes", codes, Key.EXTRA),
)
SERIES_ATTRIBUTES: Final = (
    FindAttribute(0x0020000D, "StudyInstanceUID", "study_uid", read_uid, Key.GIVEN),
    FindAttribute(0x0020000E, "SeriesInstanceUID", "series_uid", read_uid, Key.REQUIRED),
    FindAttribute(0x00200011, "SeriesNumber", "number", read_integer, Key.REQUIRED),
    FindAttribute(0x00080060, "Modality", "modality", read_plain, Key.REQUIRED),
    FindAttribute(0x0008103E, "SeriesDescription", "description", shared_text, language=True),
    FindAttribute(0x00080021, "SeriesDate", "date", kept_date),
    FindAttribute(0x00080031, "SeriesTime", "time", kept_time),
    FindAttribute(0x00180015, "BodyPartExamined", "body_part", read_plain),
    FindAttribute(0x00080080, "InstitutionName", "institution", shared_text, Key.EXTRA, language=True),
    FindAttribute(0x00081010, "StationName", "station", shared_text, Key.EXTRA),
    FindAttribute(0x00201209, "NumberOfSeriesRelatedInstances", "instances", read_count),
    FindAttribute(0x00181030, "ProtocolName", "protocol", shared_text, Key.EXTRA, language=True),
    FindAttribute(0x00180050, "SliceThickness", "slice_thickness", read_decimal, Key.EXTRA),
    *_COMPRESSION,
    FindAttribute(0x00282112, "LossyImageCompressionRatio", "lossy_ratios", decimals, Key.EXTRA),
    FindAttribute(0x00282114, "LossyImageCompressionMethod", "lossy_methods", codes, Key.EXTRA),
)
DETAILS: Final = frozenset(
    {"protocol", "slice_thickness", "lossy", "lossy_ratios", "lossy_methods", "syntaxes"}
)
"""The fields of a series or an image that an archive is asked for where it is shown to the user."""
IMAGE_ATTRIBUTES: Final = (
    FindAttribute(0x0020000D, "StudyInstanceUID", "study_uid", read_uid, Key.GIVEN),
    FindAttribute(0x0020000E, "SeriesInstanceUID", "series_uid", read_uid, Key.GIVEN),
    FindAttribute(0x00080018, "SOPInstanceUID", "sop_uid", read_uid, Key.REQUIRED),
    FindAttribute(0x00200013, "InstanceNumber", "number", read_integer, Key.REQUIRED),
    FindAttribute(0x00080016, "SOPClassUID", "sop_class", read_plain),
    FindAttribute(0x00280008, "NumberOfFrames", "frames", read_integer),
    FindAttribute(0x00280010, "Rows", "rows", unsigned, Key.EXTRA),
    FindAttribute(0x00280011, "Columns", "columns", unsigned, Key.EXTRA),
    FindAttribute(0x00200032, "ImagePositionPatient", "position", decimals, Key.EXTRA),
    FindAttribute(0x00200037, "ImageOrientationPatient", "orientation", decimals, Key.EXTRA),
    FindAttribute(0x00201041, "SliceLocation", "location", read_decimal, Key.EXTRA),
    *_COMPRESSION,
)

ATTRIBUTES: Final[Mapping[Level, tuple[FindAttribute, ...]]] = {
    Level.PATIENT: PATIENT_ATTRIBUTES,
    Level.STUDY: (*PATIENT_OF_STUDY_ATTRIBUTES, *STUDY_ATTRIBUTES),
    Level.SERIES: SERIES_ATTRIBUTES,
    Level.IMAGE: IMAGE_ATTRIBUTES,
}
"""Of the answers at each level."""


def keywords(level: Level, *, optional: bool, extra: Collection[str] = ()) -> list[str]:
    """What a query at a level asks for, besides the keys it has values for.

    Args:
        level: Of the query.
        optional: With the optional keys.
        extra: Fields of a match that are wanted beside those of every query.
    """
    wanted = (Key.REQUIRED, Key.OPTIONAL) if optional else (Key.REQUIRED,)
    return [
        one.keyword
        for one in ATTRIBUTES[level]
        if one.key in wanted or (one.key is Key.EXTRA and one.field in extra)
    ]


def extra_fields(level: Level) -> frozenset[str]:
    """The fields of the matches of a level that are asked for only where they are wanted."""
    return frozenset(one.field for one in ATTRIBUTES[level] if one.key is Key.EXTRA)
