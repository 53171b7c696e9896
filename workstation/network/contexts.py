"""Choose the presentation contexts to propose, by SOP class.

The Query/Retrieve and worklist classes are PS3.4 B.5, C.6, K.6. A storage context is proposed for each
compressed transfer syntax alone: where one context names several, some archives fail, and some recompress
what is stored in another syntax. Before them stand two uncompressed contexts: the first proposes Explicit and
Implicit VR Little Endian, the second Explicit alone. Why these two:

* Some archives send Implicit VR whenever a context for it alone was accepted, which loses the VR of private
  elements: there is no such context.
* Some choose Implicit VR where both are proposed: what they store in Explicit VR fits the second context.
* Some send everything over the first context of a class: usually they have chosen Explicit VR for it.
* Some know Implicit VR only: they choose it in the first context.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from workstation.dicom.levels import Model
from workstation.dicom.transfer_syntaxes import EXPLICIT_LE, IMPLICIT_LE, PLAIN, USUAL_SYNTAXES
from workstation.dicom.uids import is_uid
from workstation.network.limits import LIMITS
from workstation.network.pdus import Proposal

VERIFICATION = "1.2.840.10008.1.1"
STORAGE_COMMITMENT = "1.2.840.10008.1.20.1"
STORAGE_COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"

FIND = {
    Model.PATIENT: "1.2.840.10008.5.1.4.1.2.1.1",
    Model.STUDY: "1.2.840.10008.5.1.4.1.2.2.1",
    Model.PATIENT_STUDY: "1.2.840.10008.5.1.4.1.2.3.1",
    Model.WORKLIST: "1.2.840.10008.5.1.4.31",
}
MOVE = {
    Model.PATIENT: "1.2.840.10008.5.1.4.1.2.1.2",
    Model.STUDY: "1.2.840.10008.5.1.4.1.2.2.2",
    Model.PATIENT_STUDY: "1.2.840.10008.5.1.4.1.2.3.2",
}
GET = {
    Model.PATIENT: "1.2.840.10008.5.1.4.1.2.1.3",
    Model.STUDY: "1.2.840.10008.5.1.4.1.2.2.3",
    Model.PATIENT_STUDY: "1.2.840.10008.5.1.4.1.2.3.3",
}
MODEL_NAMES = {
    Model.PATIENT: "Patient Root",
    Model.STUDY: "Study Root",
    Model.PATIENT_STUDY: "Patient/Study Only",
    Model.WORKLIST: "Modality Worklist",
}

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_CT, _MR, _CR, _SC, _US = (_STORAGE + number for number in ("2", "4", "1", "7", "6.1"))
_SR = tuple(_STORAGE + "88." + number for number in ("11", "22", "33", "67"))

CLASSES_BY_MODALITY: dict[str, tuple[str, ...]] = {
    "CT": (_CT, _STORAGE + "2.1"),
    "MR": (_MR, _STORAGE + "4.1", _STORAGE + "4.4", _STORAGE + "4.2"),
    "CR": (_CR,),
    "DX": (_STORAGE + "1.1", _STORAGE + "1.1.1", _CR),
    "MG": (_STORAGE + "1.2", _STORAGE + "1.2.1", _STORAGE + "13.1.3"),
    "IO": (_STORAGE + "1.3",),
    "US": (_US, _STORAGE + "3.1", _STORAGE + "6", _STORAGE + "3"),
    "IVUS": (_US, _STORAGE + "3.1"),
    "XA": (_STORAGE + "12.1", _STORAGE + "12.1.1", _STORAGE + "13.1.1"),
    "RF": (_STORAGE + "12.2", _STORAGE + "12.2.1"),
    "NM": (_STORAGE + "20",),
    "PT": (_STORAGE + "128", _STORAGE + "130"),
    "OT": (_SC, _STORAGE + "7.4", _STORAGE + "7.2", _STORAGE + "7.3"),
    "SC": (_SC, _STORAGE + "7.4"),
    "ES": (_STORAGE + "77.1.1", _STORAGE + "77.1.1.1", _SC),
    "XC": (_STORAGE + "77.1.4", _STORAGE + "77.1.4.1"),
    "SM": (_STORAGE + "77.1.6", _STORAGE + "77.1.3"),
    "OP": (_STORAGE + "77.1.5.1", _STORAGE + "77.1.5.2"),
    "OPT": (_STORAGE + "77.1.5.4",),
    "SR": _SR,
    "KO": (_STORAGE + "88.59",),
    "PR": (_STORAGE + "11.1", _STORAGE + "11.2"),
    "DOC": (_STORAGE + "104.1", _STORAGE + "104.2"),
    "SEG": (_STORAGE + "66.4",),
    "REG": (_STORAGE + "66.1", _STORAGE + "66.3"),
    "RTIMAGE": (_STORAGE + "481.1",),
    "RTDOSE": (_STORAGE + "481.2",),
    "RTSTRUCT": (_STORAGE + "481.3",),
    "RTPLAN": (_STORAGE + "481.5", _STORAGE + "481.8"),
    "ECG": (_STORAGE + "9.1.1", _STORAGE + "9.1.2"),
}

USUAL_CLASSES = (
    _CT,
    _MR,
    _CR,
    _SC,
    _US,
    _STORAGE + "1.1",
    _STORAGE + "3.1",
    _STORAGE + "12.1",
    _STORAGE + "88.22",
    *_SR[:1],
    *_SR[2:],
    _STORAGE + "88.59",
    _STORAGE + "11.1",
    _STORAGE + "128",
    _STORAGE + "20",
    _STORAGE + "104.1",
    _STORAGE + "2.1",
    _STORAGE + "4.1",
    _STORAGE + "1.2",
    _STORAGE + "12.2",
    _STORAGE + "66.4",
    _STORAGE + "481.2",
    _STORAGE + "481.3",
    _STORAGE + "481.5",
    _STORAGE + "7.4",
    _STORAGE + "6",
)
"""What is proposed, plain syntaxes only, beyond what is known to be asked for."""

_NEWER_CLASSES = {_STORAGE + last for last in ("66.7", "66.8", "9.100.1", "9.100.2")}
"""Newer than the dictionary of pydicom."""


@cache
def _named() -> frozenset[str]:
    """Every UID that our dictionary of the standard names."""
    from pydicom._uid_dict import UID_dictionary

    return frozenset(UID_dictionary)


@cache
def storage_classes() -> frozenset[str]:
    """Every storage SOP class the standard names, retired ones included."""
    from pydicom._uid_dict import UID_dictionary

    named = {
        uid
        for uid, (name, kind, *_) in UID_dictionary.items()
        if kind == "SOP Class" and "Storage" in name and "Commitment" not in name and "Directory" not in name
    }
    return frozenset(named | _NEWER_CLASSES)


@lru_cache(maxsize=1024)
def is_storage_class(uid: str) -> bool:
    """Whether objects of this class may come: of every class that the standard does not name as another one.

    Vendors store objects of classes of their own, and there are classes newer than our dictionary.
    """
    if not is_uid(uid):
        return False
    return uid.startswith(_STORAGE) or uid in storage_classes() or uid not in _named()


def query(*classes: str) -> list[Proposal]:
    """Contexts for C-FIND, C-MOVE, C-GET and verification, in the plain syntaxes."""
    return [Proposal(uid, PLAIN) for uid in classes]


def storage(
    classes: Iterable[str],
    room: int,
    syntaxes: Iterable[str] = USUAL_SYNTAXES,
    *,
    fill: bool = True,
    apart: bool = False,
) -> list[Proposal]:
    """Storage contexts for C-GET, we being SCP (PS3.7 D.3.3.4).

    Args:
        classes: The classes known, or likely, to be asked for; the first ones get a place.
        room: How many contexts are left in the association.
        syntaxes: Proposed for each of them; the two plain ones alone share one context.
        fill: Use what room is left for other usual classes in the plain syntaxes.
        apart: Every syntax in a context of its own, the plain ones, too.
    """
    room = min(room, LIMITS.contexts)
    found: list[Proposal] = []
    wanted = list(dict.fromkeys(classes))
    shapes = _shapes(tuple(syntaxes), apart=apart)
    for uid in wanted:
        if len(found) + len(shapes) > room:
            break
        found += [Proposal(uid, shape, scu=False, scp=True) for shape in shapes]
    if fill:
        covered = {proposal.abstract_syntax for proposal in found}
        plain = _shapes((*PLAIN, EXPLICIT_LE), apart=apart)
        for uid in dict.fromkeys([*wanted, *USUAL_CLASSES]):
            if uid not in covered and len(found) + len(plain) <= room:
                found += [Proposal(uid, shape, scu=False, scp=True) for shape in plain]
    return found


def _shapes(syntaxes: tuple[str, ...], *, apart: bool) -> list[tuple[str, ...]]:
    """The transfer syntaxes of each context for one class; see the top of this file."""
    if apart or not set(PLAIN) <= set(syntaxes):
        return [(syntax,) for syntax in dict.fromkeys(syntaxes)]
    if syntaxes == PLAIN:
        return [PLAIN]
    return [PLAIN, *((syntax,) for syntax in dict.fromkeys(syntaxes) if syntax != IMPLICIT_LE)]


def classes_for(modalities: Iterable[str]) -> Iterator[str]:
    """The storage classes a modality makes, the most likely of each modality first."""
    lists = [CLASSES_BY_MODALITY.get(modality, ()) for modality in modalities]
    for rank in range(max(map(len, lists), default=0)):
        for classes in lists:
            if rank < len(classes):
                yield classes[rank]
