"""C-FIND answers to matches, leniently: any value may be absent, empty, padded or of a wrong VR."""

from __future__ import annotations

from functools import cache

from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, Match, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.readers import kept_date, kept_time, read_count, read_integer, read_plain
from workstation.dicom.text import assumed_for, decode
from workstation.dicom.uids import is_uid
from workstation.dicom.walk import Walk, raw
from workstation.network.find import Found


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


@cache
def _wanted() -> frozenset[int]:
    return frozenset(map(_tag, _READ))


class Answer:
    """The values of one identifier, read without believing their VR.

    Attributes:
        readable: Its bytes could be read as a data set.
        charset: Its Specific Character Set.
    """

    def __init__(self, found: Found, fallback: str) -> None:
        walk = Walk(found.transfer_syntax, _wanted())
        walk.feed(found.data)
        self.readable = not walk.end()
        self._values = walk.values
        self.charset = tuple(self.plain("SpecificCharacterSet").split("\\"))
        texts = (self.raw(keyword) or b"" for keyword in _TEXTS)
        self._fallback = assumed_for(self.charset, texts, fallback)

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

    def text(self, keyword: str) -> str:
        """A text by the answer's own character set, else the node's, else the likeliest."""
        return decode(self.raw(keyword) or b"", self.charset, self._fallback)

    def number(self, keyword: str) -> int | None:
        """An IS value; None if it is absent, empty or none."""
        return read_integer(self.raw(keyword) or b"")

    def count(self, keyword: str) -> int | None:
        """An IS value that counts something; None as above, and below zero: unknown is never 0."""
        return read_count(self.raw(keyword) or b"")


def match(level: Level, node: Node, found: Found) -> Match | None:
    """The row an answer makes; None if it names no entity of its level.

    Args:
        level: What was asked for.
        node: Who answered.
        found: The answer.
    """
    answer, source = Answer(found, node.charset), node.label
    if not answer.readable:
        return None
    made: Match
    if level is Level.PATIENT:
        return _patient(node, answer)
    uid = answer.plain(level.unique_key)
    if not is_uid(uid):
        return None
    if level is Level.STUDY:
        made = _study(node, uid, answer)
    elif level is Level.SERIES:
        made = _series(source, uid, answer)
    else:
        made = ImageMatch(
            source,
            answer.plain("StudyInstanceUID"),
            answer.plain("SeriesInstanceUID"),
            uid,
            answer.plain("SOPClassUID"),
            answer.number("InstanceNumber"),
            answer.count("NumberOfFrames"),
        )
    return made


def _patient(node: Node, answer: Answer) -> PatientMatch:
    return PatientMatch(
        node.label,
        answer.text("PatientID"),
        answer.text("IssuerOfPatientID"),
        answer.text("PatientName"),
        answer.date("PatientBirthDate"),
        answer.plain("PatientSex"),
        answer.count("NumberOfPatientRelatedStudies"),
        answer.count("NumberOfPatientRelatedSeries"),
        answer.count("NumberOfPatientRelatedInstances"),
        raw_name=(answer.raw("PatientName") or b"").rstrip(b" \0"),
        charset=answer.charset if any(answer.charset) else (),
        domain=node.patient_domain,
    )


def _study(node: Node, uid: str, answer: Answer) -> StudyMatch:
    modalities = answer.plain("ModalitiesInStudy")
    return StudyMatch(
        node.label,
        uid,
        _patient(node, answer),
        answer.date("StudyDate"),
        answer.time("StudyTime"),
        answer.text("StudyDescription"),
        answer.text("AccessionNumber"),
        answer.text("StudyID"),
        answer.text("ReferringPhysicianName"),
        tuple(sorted({part.strip() for part in modalities.split("\\") if part.strip()})),
        answer.count("NumberOfStudyRelatedSeries"),
        answer.count("NumberOfStudyRelatedInstances"),
    )


def _series(source: str, uid: str, answer: Answer) -> SeriesMatch:
    return SeriesMatch(
        source,
        answer.plain("StudyInstanceUID"),
        uid,
        answer.number("SeriesNumber"),
        answer.plain("Modality"),
        answer.text("SeriesDescription"),
        answer.date("SeriesDate"),
        answer.time("SeriesTime"),
        answer.plain("BodyPartExamined"),
        answer.count("NumberOfSeriesRelatedInstances"),
    )
