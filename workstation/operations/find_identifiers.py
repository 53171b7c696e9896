"""C-FIND answers to matches, leniently: any value may be absent, empty, padded or of a wrong VR.

Every answer makes a match. One whose UID cannot be used, or that breaks off, says so in its ``fault``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from workstation.dicom.dataset_walker import DatasetWalker, raw
from workstation.dicom.levels import Level
from workstation.dicom.matches import SOUND, ImageMatch, Match, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.text import assumed_for, decode
from workstation.dicom.uids import fault_of_uid, is_uid, may_be_asked_for, placeholder_uid
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


@cache
def _wanted() -> frozenset[int]:
    return frozenset(map(_tag, _READ))


class FindIdentifier:
    """The values of one identifier, read without believing their VR.

    Attributes:
        readable: Its bytes could be read as a data set.
        charset: Its Specific Character Set.
    """

    def __init__(self, found: FindResponse, fallback: str) -> None:
        walk = DatasetWalker(found.transfer_syntax, _wanted())
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

    def uid(self, keyword: str) -> str:
        """A UID as it was told, without padding; bytes beyond ASCII stay apart from each other."""
        return (self.raw(keyword) or b"").decode("latin_1").strip("\0 ")

    def text(self, keyword: str) -> str:
        """A text by the answer's own character set, else the node's, else the likeliest."""
        return decode(self.raw(keyword) or b"", self.charset, self._fallback)

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
    fault, uid = _fault(answer, level, told), told or placeholder_uid(source, number)
    if level is Level.STUDY:
        return _study(node, uid, answer, fault)
    if level is Level.SERIES:
        return _series(source, uid, answer, fault)
    return ImageMatch(
        source=source,
        study_uid=answer.uid("StudyInstanceUID"),
        series_uid=answer.uid("SeriesInstanceUID"),
        sop_uid=uid,
        sop_class=answer.plain("SOPClassUID"),
        number=answer.number("InstanceNumber"),
        frames=answer.number("NumberOfFrames"),
        fault=fault,
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
    return PatientMatch(
        source=node.label,
        patient_id=answer.text("PatientID"),
        issuer=answer.text("IssuerOfPatientID"),
        name=answer.text("PatientName"),
        birth_date=answer.date("PatientBirthDate"),
        sex=answer.plain("PatientSex"),
        studies=answer.count("NumberOfPatientRelatedStudies"),
        series=answer.count("NumberOfPatientRelatedSeries"),
        instances=answer.count("NumberOfPatientRelatedInstances"),
        raw_name=(answer.raw("PatientName") or b"").rstrip(b" \0"),
        charset=answer.charset if any(answer.charset) else (),
        domain=node.patient_domain,
    )


def _study(node: Node, uid: str, answer: FindIdentifier, fault: UserMessage) -> StudyMatch:
    modalities = answer.plain("ModalitiesInStudy")
    return StudyMatch(
        source=node.label,
        study_uid=uid,
        patient=_patient(node, answer),
        date=answer.date("StudyDate"),
        time=answer.time("StudyTime"),
        description=answer.text("StudyDescription"),
        accession=answer.text("AccessionNumber"),
        study_id=answer.text("StudyID"),
        referring=answer.text("ReferringPhysicianName"),
        modalities=tuple(sorted({part.strip() for part in modalities.split("\\") if part.strip()})),
        series=answer.count("NumberOfStudyRelatedSeries"),
        instances=answer.count("NumberOfStudyRelatedInstances"),
        fault=fault,
    )


def _series(source: str, uid: str, answer: FindIdentifier, fault: UserMessage) -> SeriesMatch:
    return SeriesMatch(
        source=source,
        study_uid=answer.uid("StudyInstanceUID"),
        series_uid=uid,
        number=answer.number("SeriesNumber"),
        modality=answer.plain("Modality"),
        description=answer.text("SeriesDescription"),
        date=answer.date("SeriesDate"),
        time=answer.time("SeriesTime"),
        body_part=answer.plain("BodyPartExamined"),
        instances=answer.count("NumberOfSeriesRelatedInstances"),
        fault=fault,
    )
