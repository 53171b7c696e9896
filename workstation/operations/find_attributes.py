"""The attributes of C-FIND: which are asked for, how each is read, which field of a match it fills.

Each stands once, in the table at the end of this file (PS3.4 C.6.1.1, C.6.2.1). The identifiers of queries
and the reading of their answers both come from it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum, auto
from functools import cache, lru_cache
from typing import Any, Final, Literal, NamedTuple

from workstation.dicom.dataset_walker import DatasetWalker, raw
from workstation.dicom.levels import Level
from workstation.dicom.matches import RawText
from workstation.dicom.text import assumed_for, decode
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
from workstation.network.find import FindResponse

CHARACTER_SET: Final = "SpecificCharacterSet"
_ESCAPE: Final = b"\x1b"
_CACHED_BYTES: Final = 256
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


class IdentifierValues:
    """The values of one identifier, read without believing their VR.

    Attributes:
        readable: Its bytes could be read as a data set.
        charset: Its Specific Character Set.
        fallback: The character set of texts where it names none.
    """

    def __init__(self, found: FindResponse, fallback: str, further: frozenset[int] = frozenset()) -> None:
        """``further``: tags of elements beyond those of the tables."""
        walk = DatasetWalker(found.transfer_syntax, _walked(further))
        walk.feed(found.data)
        self.readable = not walk.end()
        self._values = walk.values
        self._order: Literal["big", "little"] = "big" if walk.big_endian else "little"
        self.charset = _terms(self.raw(CHARACTER_SET) or b"")
        texts = (self.raw(keyword) or b"" for keyword in _language())
        self.fallback = assumed_for(self.charset, texts, fallback)
        self._only_ascii = found.data.isascii() and _ESCAPE not in found.data

    def raw(self, keyword: str) -> bytes | None:
        """The bytes of a value; None if the element is absent."""
        return self._values.get(_tag(keyword))

    def further(self, tag: int) -> bytes:
        """The bytes of a value by its tag; empty where there is none, or the tag was not asked for."""
        return self._values.get(raw(tag >> 16, tag & 0xFFFF), b"")

    def plain(self, keyword: str) -> str:
        """A value of the default repertoire, without padding."""
        return read_plain(self.raw(keyword) or b"")

    def date(self, keyword: str) -> str:
        """A DA value as eight digits, or as it was sent."""
        return kept_date(self.raw(keyword) or b"")

    def time(self, keyword: str) -> str:
        """A TM value without marks, or as it was sent."""
        return kept_time(self.raw(keyword) or b"")

    def uid(self, keyword: str) -> str:
        """A UID as it was sent, without padding; bytes beyond ASCII stay apart from each other."""
        return read_uid(self.raw(keyword) or b"")

    def text(self, keyword: str) -> str:
        """A text by the answer's own character set, else the node's, else the likeliest."""
        return decode(self.raw(keyword) or b"", self.charset, self.fallback)

    def shared_text(self, keyword: str) -> str:
        """The same of an attribute with one value in many answers: one string for all of them."""
        value = self.raw(keyword) or b""
        read = decode if len(value) > _CACHED_BYTES else _shared_decode
        return read(value, self.charset, self.fallback)

    def number(self, keyword: str) -> int | None:
        """An IS value; None if it is absent, empty or none."""
        return read_integer(self.raw(keyword) or b"")

    def count(self, keyword: str) -> int | None:
        """An IS value that counts something; None as above, and below zero: unknown is never 0."""
        return read_count(self.raw(keyword) or b"")

    def unsigned(self, keyword: str) -> int | None:
        """A US value, also where it was sent as a number in words; None if it is absent or empty."""
        value = self.raw(keyword) or b""
        return int.from_bytes(value, self._order) if len(value) == 2 else read_count(value)

    def decimal(self, keyword: str) -> float | None:
        """The first number of a DS; None if it is absent, empty or none."""
        return read_decimal(self.raw(keyword) or b"")

    def decimals(self, keyword: str) -> tuple[float, ...] | None:
        """All numbers of a DS; None as above. One object for equal values that come close to each other."""
        return _decimals(self.raw(keyword) or b"")

    def texts_beyond_ascii(self, level: Level) -> tuple[RawText, ...]:
        """The texts of a level that another character set may read otherwise, and their bytes."""
        if self._only_ascii:
            return ()
        get = self._values.get
        return tuple(
            [
                RawText(one.field, value, str(one.read(self, one.keyword)))
                for tag, one in _texts(level)
                if (value := get(tag)) and (not value.isascii() or _ESCAPE in value)
            ]
        )

    def yes_or_no(self, keyword: str) -> bool | None:
        """A CS of "01" for yes and "00" for no; None for anything else, and if it is absent."""
        return {b"00": False, b"01": True}.get((self.raw(keyword) or b"").strip(b" \0"))

    def codes(self, keyword: str) -> tuple[str, ...]:
        """The values of a CS or UI in their order, without padding; empty ones are left out."""
        return _codes(self.raw(keyword) or b"")

    def words(self, keyword: str) -> tuple[str, ...]:
        """The values of a CS, sorted, each once."""
        return _words(self.raw(keyword) or b"")


class FindAttribute(NamedTuple):  # unpacked for every answer
    """One attribute of the answers at a level.

    Attributes:
        keyword: Its keyword in the dictionary of the standard.
        field: The field of the match that it fills.
        read: The reader of its value.
        key: Whether it is asked for.
        language: It is text in a natural language, by which a character set that is not named is detected.
    """

    keyword: str
    field: str
    read: Callable[[IdentifierValues, str], object]
    key: Key = Key.OPTIONAL
    language: bool = False


_V = IdentifierValues
_TEXT_READERS: Final = (_V.text, _V.shared_text)

_PATIENT: Final = (
    FindAttribute("PatientName", "name", _V.shared_text, Key.REQUIRED, language=True),
    FindAttribute("PatientID", "patient_id", _V.text, Key.REQUIRED),
    FindAttribute("IssuerOfPatientID", "issuer", _V.text),
    FindAttribute("PatientBirthDate", "birth_date", _V.date),
    FindAttribute("PatientSex", "sex", _V.plain),
)
_PATIENT_COUNTS: Final = {
    "NumberOfPatientRelatedStudies": "studies",
    "NumberOfPatientRelatedSeries": "series",
    "NumberOfPatientRelatedInstances": "instances",
}
PATIENT_ATTRIBUTES: Final = (
    *_PATIENT,
    *(FindAttribute(keyword, field, _V.count) for keyword, field in _PATIENT_COUNTS.items()),
)
"""Of a PATIENT answer."""
PATIENT_OF_STUDY_ATTRIBUTES: Final = (
    *_PATIENT,
    *(FindAttribute(keyword, field, _V.count, Key.GIVEN) for keyword, field in _PATIENT_COUNTS.items()),
)
"""Of a STUDY answer, about its patient."""
STUDY_ATTRIBUTES: Final = (
    FindAttribute("StudyInstanceUID", "study_uid", _V.uid, Key.REQUIRED),
    FindAttribute("StudyDate", "date", _V.date, Key.REQUIRED),
    FindAttribute("StudyTime", "time", _V.time, Key.REQUIRED),
    FindAttribute("AccessionNumber", "accession", _V.text, Key.REQUIRED),
    FindAttribute("StudyID", "study_id", _V.text, Key.REQUIRED),
    FindAttribute("StudyDescription", "description", _V.shared_text, language=True),
    FindAttribute("ReferringPhysicianName", "referring", _V.shared_text, language=True),
    FindAttribute("InstitutionName", "institution", _V.shared_text, Key.EXTRA, language=True),
    FindAttribute("StationName", "station", _V.shared_text, Key.EXTRA),
    FindAttribute("BodyPartExamined", "body_part", _V.plain, Key.EXTRA),
    FindAttribute("StudyComments", "comments", _V.text, Key.EXTRA, language=True),
    FindAttribute("ModalitiesInStudy", "modalities", _V.words),
    FindAttribute("NumberOfStudyRelatedSeries", "series", _V.count),
    FindAttribute("NumberOfStudyRelatedInstances", "instances", _V.count),
)
_COMPRESSION: Final = (
    FindAttribute("LossyImageCompression", "lossy", _V.yes_or_no, Key.EXTRA),
    FindAttribute("AvailableTransferSyntaxUID", "syntaxes", _V.codes, Key.EXTRA),
)
SERIES_ATTRIBUTES: Final = (
    FindAttribute("StudyInstanceUID", "study_uid", _V.uid, Key.GIVEN),
    FindAttribute("SeriesInstanceUID", "series_uid", _V.uid, Key.REQUIRED),
    FindAttribute("SeriesNumber", "number", _V.number, Key.REQUIRED),
    FindAttribute("Modality", "modality", _V.plain, Key.REQUIRED),
    FindAttribute("SeriesDescription", "description", _V.shared_text, language=True),
    FindAttribute("SeriesDate", "date", _V.date),
    FindAttribute("SeriesTime", "time", _V.time),
    FindAttribute("BodyPartExamined", "body_part", _V.plain),
    FindAttribute("InstitutionName", "institution", _V.shared_text, Key.EXTRA, language=True),
    FindAttribute("StationName", "station", _V.shared_text, Key.EXTRA),
    FindAttribute("NumberOfSeriesRelatedInstances", "instances", _V.count),
    FindAttribute("ProtocolName", "protocol", _V.shared_text, Key.EXTRA, language=True),
    FindAttribute("SliceThickness", "slice_thickness", _V.decimal, Key.EXTRA),
    *_COMPRESSION,
    FindAttribute("LossyImageCompressionRatio", "lossy_ratios", _V.decimals, Key.EXTRA),
    FindAttribute("LossyImageCompressionMethod", "lossy_methods", _V.codes, Key.EXTRA),
)
DETAILS: Final = frozenset(
    {"protocol", "slice_thickness", "lossy", "lossy_ratios", "lossy_methods", "syntaxes"}
)
"""The fields of a series or an image that an archive is asked for where it is shown to the user."""
IMAGE_ATTRIBUTES: Final = (
    FindAttribute("StudyInstanceUID", "study_uid", _V.uid, Key.GIVEN),
    FindAttribute("SeriesInstanceUID", "series_uid", _V.uid, Key.GIVEN),
    FindAttribute("SOPInstanceUID", "sop_uid", _V.uid, Key.REQUIRED),
    FindAttribute("InstanceNumber", "number", _V.number, Key.REQUIRED),
    FindAttribute("SOPClassUID", "sop_class", _V.plain),
    FindAttribute("NumberOfFrames", "frames", _V.number),
    FindAttribute("Rows", "rows", _V.unsigned, Key.EXTRA),
    FindAttribute("Columns", "columns", _V.unsigned, Key.EXTRA),
    FindAttribute("ImagePositionPatient", "position", _V.decimals, Key.EXTRA),
    FindAttribute("ImageOrientationPatient", "orientation", _V.decimals, Key.EXTRA),
    FindAttribute("SliceLocation", "location", _V.decimal, Key.EXTRA),
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


def fields(attributes: Iterable[FindAttribute], values: IdentifierValues) -> dict[str, Any]:
    """The fields of a match that an answer fills."""
    return {field: read(values, keyword) for keyword, field, read, _, _ in attributes}


@lru_cache(maxsize=1024)
def _codes(value: bytes) -> tuple[str, ...]:
    return tuple(filter(None, map(read_plain, value.split(b"\\"))))


@lru_cache(maxsize=1024)
def _decimals(value: bytes) -> tuple[float, ...] | None:
    return read_decimals(value) or None


_shared_decode = lru_cache(maxsize=4096)(decode)


@lru_cache(maxsize=64)
def _cached_terms(value: bytes) -> tuple[str, ...]:
    return tuple(read_plain(value).split("\\"))


def _terms(value: bytes) -> tuple[str, ...]:
    """The terms of Specific Character Set."""
    return (_cached_terms.__wrapped__ if len(value) > _CACHED_BYTES else _cached_terms)(value)


@lru_cache(maxsize=1024)
def _cached_words(value: bytes) -> tuple[str, ...]:
    return tuple(sorted({part.strip() for part in read_plain(value).split("\\") if part.strip()}))


def _words(value: bytes) -> tuple[str, ...]:
    return (_cached_words.__wrapped__ if len(value) > _CACHED_BYTES else _cached_words)(value)


@lru_cache(maxsize=64)
def _walked(further: frozenset[int]) -> frozenset[int]:
    return _wanted() | {raw(tag >> 16, tag & 0xFFFF) for tag in further}


@cache
def _wanted() -> frozenset[int]:
    every = (one.keyword for attributes in ATTRIBUTES.values() for one in attributes)
    return frozenset(map(_tag, (CHARACTER_SET, *every)))


@cache
def _texts(level: Level) -> tuple[tuple[int, FindAttribute], ...]:
    """The attributes of a level that are texts, with their tags; of a study without those of its patient."""
    own = STUDY_ATTRIBUTES if level is Level.STUDY else ATTRIBUTES[level]
    return tuple((_tag(one.keyword), one) for one in own if one.read in _TEXT_READERS)


@cache
def _language() -> tuple[str, ...]:
    found = (one.keyword for attributes in ATTRIBUTES.values() for one in attributes if one.language)
    return tuple(dict.fromkeys(found))


@cache
def _tag(keyword: str) -> int:
    from pydicom.datadict import tag_for_keyword  # late: pydicom takes a while

    tag = tag_for_keyword(keyword)
    assert tag is not None, keyword
    return raw(tag >> 16, tag & 0xFFFF)
