"""Convert C-FIND answers to matches, leniently: any value may be absent, empty, padded or of a wrong VR.

Every answer makes a match. One whose UID cannot be used, or that breaks off, says so in its ``fault``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from workstation.dicom.levels import Level
from workstation.dicom.matches import SOUND, ImageMatch, Match, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.other_keys import OtherKey
from workstation.dicom.uids import fault_of_uid, is_uid, may_be_asked_for, placeholder_uid
from workstation.errors import UserMessage
from workstation.network.find import FindResponse
from workstation.operations.find_attributes import (
    IMAGE_ATTRIBUTES,
    PATIENT_ATTRIBUTES,
    SERIES_ATTRIBUTES,
    STUDY_ATTRIBUTES,
    IdentifierValues,
    fields,
)
from workstation.operations.told_values import plain_tags, told_values

_UID_NAMES = {
    Level.STUDY: "Study Instance UID",
    Level.SERIES: "Series Instance UID",
    Level.IMAGE: "SOP Instance UID",
}


def to_match(
    level: Level, node: Node, found: FindResponse, number: int = 1, keys: Sequence[OtherKey] = ()
) -> Match:
    """The match of an answer.

    Args:
        level: What was asked for.
        node: Who answered.
        found: The answer.
        number: Which answer to its query it is: what one without a UID is known by.
        keys: Further keys whose values a study or series is to tell.
    """
    values, source = IdentifierValues(found, node.charset, plain_tags(keys)), node.label
    if level is Level.PATIENT:
        return _patient(node, values, _fault(values, level, ""))
    sent = values.uid(level.unique_key)
    fault, uid = _fault(values, level, sent), sent or placeholder_uid(source, number)
    if level is Level.STUDY:
        patient = _shared(_patient(node, values, SOUND))
        own = fields(STUDY_ATTRIBUTES, values)
        own["study_uid"] = uid
        raw, told = values.texts_beyond_ascii(Level.STUDY), told_values(values, found, keys)
        return StudyMatch(source=source, patient=patient, fault=fault, raw_texts=raw, told=told, **own)
    if level is Level.SERIES:
        own = fields(SERIES_ATTRIBUTES, values)
        own["series_uid"] = uid
        raw, told = values.texts_beyond_ascii(Level.SERIES), told_values(values, found, keys)
        return SeriesMatch(source=source, fault=fault, raw_texts=raw, told=told, **own)
    own = fields(IMAGE_ATTRIBUTES, values)
    own["sop_uid"] = uid
    return ImageMatch(source=source, fault=fault, **own)


@lru_cache(maxsize=1024)
def _shared(patient: PatientMatch) -> PatientMatch:
    """One object for the studies of a patient that come close to each other."""
    return patient


def _patient(node: Node, values: IdentifierValues, fault: UserMessage) -> PatientMatch:
    return PatientMatch(
        source=node.label,
        raw_name=(values.raw("PatientName") or b"").rstrip(b" \0"),
        charset=values.charset if any(values.charset) else (),
        domain=node.patient_domain,
        fault=fault,
        **fields(PATIENT_ATTRIBUTES, values),
    )


def _fault(values: IdentifierValues, level: Level, uid: str) -> UserMessage:
    """What is wrong with an answer; see :attr:`PatientMatch.fault`."""
    if values.readable and (level is Level.PATIENT or is_uid(uid)):
        return SOUND
    broken = "" if values.readable else UserMessage("The archive's answer about it breaks off.")
    fault = None if level is Level.PATIENT else fault_of_uid(uid)
    if fault is None:
        return UserMessage(broken) if broken else SOUND
    usable = UserMessage("It is asked for by it all the same.")
    useless = UserMessage("It cannot be asked for, and counts as missing.")
    wrong = UserMessage("Its {name} {fault}.", name=UserMessage(_UID_NAMES[level]), fault=fault)
    return UserMessage.joined(" ", (broken, wrong, usable if may_be_asked_for(uid) else useless))
