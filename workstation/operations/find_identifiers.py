"""C-FIND answers to matches, leniently: any value may be absent, empty, padded or of a wrong VR.

Every answer makes a match. One whose UID cannot be used, or that breaks off, says so in its ``fault``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import cache, lru_cache
from typing import Protocol, TypeVar

from workstation.dicom.dataset_walker import DatasetWalker, raw
from workstation.dicom.levels import Level
from workstation.dicom.matches import SOUND, Domain, ImageMatch, Match, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.text import assumed_for, decode
from workstation.dicom.uids import fault_of_uid, is_uid, may_be_asked_for, without_uid
from workstation.dicom.value_readers import kept_date, kept_time, read_count, read_integer, read_plain
from workstation.errors import UserMessage
from workstation.network.find import FindResponse


@cache
def _tag(keyword: str) -> int:
    from pydicom.datadict import tag_for_keyword  # late: pydicom takes a while

    tag = tag_for_keyword(keyword)
    assert tag is not None, keyword
    return raw(tag >> 16, tag & 0xFFFF)


_READ = (
    "SpecificCharacterSet",
    "PatientID",
    "IssuerOfPatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "NumberOfPatientRelatedStudies",
    "NumberOfPatientRelatedSeries",
    "NumberOfPatientRelatedInstances",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "AccessionNumber",
    "StudyID",
    "ReferringPhysicianName",
    "ModalitiesInStudy",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
    "SeriesInstanceUID",
    "SeriesNumber",
    "Modality",
    "SeriesDescription",
    "SeriesDate",
    "SeriesTime",
    "BodyPartExamined",
    "NumberOfSeriesRelatedInstances",
    "SOPInstanceUID",
    "SOPClassUID",
    "InstanceNumber",
    "NumberOfFrames",
)


_TEXTS = ("PatientName", "StudyDescription", "SeriesDescription", "ReferringPhysicianName")
_OF_PATIENT = (
    "PatientID",
    "IssuerOfPatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "NumberOfPatientRelatedStudies",
    "NumberOfPatientRelatedSeries",
    "NumberOfPatientRelatedInstances",
)
_SHORT = 2048
"""Bytes of an answer's values that may be cached: thousands of long ones would take much memory."""
_T = TypeVar("_T", covariant=True)


class _Cached(Protocol[_T]):
    """A function with a cache."""

    @property
    def __wrapped__(self) -> Callable[..., _T]: ...

    def __call__(self, *values: Hashable) -> _T: ...


@lru_cache(maxsize=64)
def _terms(value: bytes) -> tuple[str, ...]:
    return tuple(read_plain(value).split("\\"))


@lru_cache(maxsize=1024)
def _modalities(value: bytes) -> tuple[str, ...]:
    return tuple(sorted({part.strip() for part in read_plain(value).split("\\") if part.strip()}))


_decode_once = lru_cache(maxsize=4096)(decode)


@cache
def _wanted() -> frozenset[int]:
    return frozenset(map(_tag, _READ))


class FindIdentifier:
    """The values of one identifier, read without believing their VR.

    Attributes:
        readable: Its bytes could be read as a data set.
        charset: Its Specific Character Set.
        fallback: What is assumed where it names none; see :func:`workstation.dicom.text.decode`.
    """

    def __init__(self, found: FindResponse, fallback: str) -> None:
        walk = DatasetWalker(found.transfer_syntax, _wanted())
        walk.feed(found.data)
        self.readable = not walk.end()
        self._values = walk.values
        self._short = sum(map(len, walk.values.values())) <= _SHORT
        self.charset = self.once(_terms, self.raw("SpecificCharacterSet") or b"")
        texts = (self.raw(keyword) or b"" for keyword in _TEXTS)
        self.fallback = assumed_for(self.charset, texts, fallback)

    def raw(self, keyword: str) -> bytes | None:
        """The bytes of a value; None if the element is absent."""
        return self._values.get(_tag(keyword))

    def plain(self, keyword: str) -> str:
        """A value of the default repertoire, without padding."""
        return read_plain(self.raw(keyword) or b"")

    def date(self, keyword: str) -> str:
        """A DA value as eight digits, or what was told instead."""
        return kept_date(self.raw(keyword) or b"")

    def time(self, keyword: str) -> str:
        """A TM value without marks, or what was told instead."""
        return kept_time(self.raw(keyword) or b"")

    def uid(self, keyword: str) -> str:
        """A UID as it was told, without padding; bytes beyond ASCII stay apart from each other."""
        return (self.raw(keyword) or b"").decode("latin_1").strip("\0 ")

    def text(self, keyword: str) -> str:
        """A text by the answer's own character set, else the node's, else the likeliest."""
        return decode(self.raw(keyword) or b"", self.charset, self.fallback)

    def common_text(self, keyword: str) -> str:
        """The same, where many answers tell alike: as one object for all of them."""
        return self.once(_decode_once, self.raw(keyword) or b"", self.charset, self.fallback)

    def once(self, make: _Cached[_T], *values: Hashable) -> _T:
        """What a function with a cache makes of values of this answer; past the cache if it is long."""
        return make(*values) if self._short else make.__wrapped__(*values)

    def number(self, keyword: str) -> int | None:
        """An IS value; None if it is absent, empty or none."""
        return read_integer(self.raw(keyword) or b"")

    def count(self, keyword: str) -> int | None:
        """An IS value that counts something; None as above, and below zero: unknown is never 0."""
        return read_count(self.raw(keyword) or b"")


_UID_NAMES = {
    Level.STUDY: "Study Instance UID",
    Level.SERIES: "Series Instance UID",
    Level.IMAGE: "SOP Instance UID",
}


def to_match(level: Level, node: Node, found: FindResponse, number: int = 1) -> Match:
    """The row an answer makes.

    Args:
        level: What was asked for.
        node: Who answered.
        found: The answer.
        number: Which answer to its query it is: what one without a UID is known by.
    """
    answer, source = FindIdentifier(found, node.charset), node.label
    if level is Level.PATIENT:
        return replace(_patient(node, answer), fault=_fault(answer, level, ""))
    told = answer.uid(level.unique_key)
    fault, uid = _fault(answer, level, told), told or without_uid(source, number)
    if level is Level.STUDY:
        return _study(node, uid, answer, fault)
    if level is Level.SERIES:
        return _series(source, uid, answer, fault)
    return ImageMatch(
        source,
        answer.uid("StudyInstanceUID"),
        answer.uid("SeriesInstanceUID"),
        uid,
        answer.plain("SOPClassUID"),
        answer.number("InstanceNumber"),
        answer.number("NumberOfFrames"),
        fault,
    )


def _fault(answer: FindIdentifier, level: Level, uid: str) -> UserMessage:
    """What is wrong with an answer; see :attr:`PatientMatch.fault`."""
    if answer.readable and (level is Level.PATIENT or is_uid(uid)):
        return SOUND
    broken = "" if answer.readable else UserMessage("The archive's answer about it breaks off.")
    fault = None if level is Level.PATIENT else fault_of_uid(uid)
    if fault is None:
        return UserMessage(broken) if broken else SOUND
    usable = UserMessage("It is asked for by it all the same.")
    useless = UserMessage("It cannot be asked for, and counts as missing.")
    wrong = UserMessage("Its {name} {fault}.", name=UserMessage(_UID_NAMES[level]), fault=fault)
    return UserMessage.joined(" ", (broken, wrong, usable if may_be_asked_for(uid) else useless))


def _patient(node: Node, answer: FindIdentifier) -> PatientMatch:
    """The patient of an answer: one object for all studies of a patient that come close to each other."""
    told = (answer.raw(keyword) or b"" for keyword in _OF_PATIENT)
    return answer.once(_told_of, *told, answer.charset, answer.fallback, node.label, node.patient_domain)


@lru_cache(maxsize=1024)
def _told_of(
    patient_id: bytes,
    issuer: bytes,
    name: bytes,
    birth_date: bytes,
    sex: bytes,
    studies: bytes,
    series: bytes,
    instances: bytes,
    charset: tuple[str, ...],
    fallback: str,
    source: str,
    domain: Domain,
) -> PatientMatch:
    return PatientMatch(
        source,
        decode(patient_id, charset, fallback),
        decode(issuer, charset, fallback),
        decode(name, charset, fallback),
        kept_date(birth_date),
        read_plain(sex),
        read_count(studies),
        read_count(series),
        read_count(instances),
        raw_name=name.rstrip(b" \0"),
        charset=charset if any(charset) else (),
        domain=domain,
    )


def _study(node: Node, uid: str, answer: FindIdentifier, fault: UserMessage) -> StudyMatch:
    return StudyMatch(
        node.label,
        uid,
        _patient(node, answer),
        answer.date("StudyDate"),
        answer.time("StudyTime"),
        answer.common_text("StudyDescription"),
        answer.text("AccessionNumber"),
        answer.text("StudyID"),
        answer.common_text("ReferringPhysicianName"),
        answer.once(_modalities, answer.raw("ModalitiesInStudy") or b""),
        answer.count("NumberOfStudyRelatedSeries"),
        answer.count("NumberOfStudyRelatedInstances"),
        fault,
    )


def _series(source: str, uid: str, answer: FindIdentifier, fault: UserMessage) -> SeriesMatch:
    return SeriesMatch(
        source,
        answer.uid("StudyInstanceUID"),
        uid,
        answer.number("SeriesNumber"),
        answer.plain("Modality"),
        answer.common_text("SeriesDescription"),
        answer.date("SeriesDate"),
        answer.time("SeriesTime"),
        answer.plain("BodyPartExamined"),
        answer.count("NumberOfSeriesRelatedInstances"),
        fault,
    )
