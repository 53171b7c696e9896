"""Convert C-FIND answers to matches, leniently: any value may be absent, empty, padded or of a wrong VR.

Every answer makes a match. One whose UID cannot be used, or that breaks off, says so in its ``fault``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from workstation.dicom.levels import Level
from workstation.dicom.matches import SOUND, Domain, ImageMatch, Match, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.other_keys import OtherKey
from workstation.dicom.uids import fault_of_uid, is_uid, may_be_asked_for, placeholder_uid
from workstation.errors import UserMessage
from workstation.network.find import FindResponse
from workstation.operations.identifier_values import PATIENT_NAME, PATIENT_TABLE, TABLES, IdentifierValues
from workstation.operations.told_values import plain_tags, told_values

_UID_NAMES = {
    Level.STUDY: ("study_uid", "Study Instance UID"),
    Level.SERIES: ("series_uid", "Series Instance UID"),
    Level.IMAGE: ("sop_uid", "SOP Instance UID"),
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
    values = IdentifierValues(found, node.charset, plain_tags(keys) if keys else frozenset())
    if level is Level.PATIENT:
        return _patient(*_patient_values(node, values), fault=_fault(values, level, ""))
    source, table = node.label, TABLES[level]
    own = table.fields(values.values, values.charset, values.fallback)
    uid_field, _ = _UID_NAMES[level]
    sent = own[uid_field]
    own["source"], own["fault"] = source, _fault(values, level, sent)
    own[uid_field] = sent or placeholder_uid(source, number)
    if level is Level.IMAGE:
        return ImageMatch(**own)
    own["raw_texts"] = () if values.only_ascii else table.texts_beyond_ascii(values.values, own)
    own["told"] = told_values(values, found, keys)
    if level is Level.SERIES:
        return SeriesMatch(**own)
    return StudyMatch(patient=_shared_patient(*_patient_values(node, values)), **own)


def _patient_values(
    node: Node, values: IdentifierValues
) -> tuple[str, Domain, tuple[str, ...], str, tuple[bytes | None, ...]]:
    """What :func:`_patient` makes a patient of."""
    sent = tuple(map(values.values.get, PATIENT_TABLE.tags))
    return node.label, node.patient_domain, values.charset, values.fallback, sent


def _patient(
    source: str,
    domain: Domain,
    charset: tuple[str, ...],
    fallback: str,
    sent: tuple[bytes | None, ...],
    fault: UserMessage = SOUND,
) -> PatientMatch:
    values = dict(zip(PATIENT_TABLE.tags, sent, strict=True))
    return PatientMatch(
        source=source,
        raw_name=(values[PATIENT_NAME] or b"").rstrip(b" \0"),
        charset=charset if any(charset) else (),
        domain=domain,
        fault=fault,
        **PATIENT_TABLE.fields(values, charset, fallback),
    )


_shared_patient = lru_cache(maxsize=64)(_patient)
"""Reads the patient of studies that come close to each other once: it is one object for all of them."""


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
    wrong = UserMessage("Its {name} {fault}.", name=UserMessage(_UID_NAMES[level][1]), fault=fault)
    return UserMessage.joined(" ", (broken, wrong, usable if may_be_asked_for(uid) else useless))
