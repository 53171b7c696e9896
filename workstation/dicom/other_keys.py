"""Search criteria beyond the usual ones: any key of the dictionary, in sequences too, as the user types it.

A path is written as for ``find -k``: ``InstitutionName``, ``0008,0080``, or an element of a sequence's first
item, ``RequestAttributesSequence.ScheduledProcedureStepID``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from workstation.dicom.date_span import days_of
from workstation.dicom.display import is_one_line
from workstation.dicom.levels import Level
from workstation.dicom.text_pattern import part_of_text, whole_text
from workstation.dicom.uids import is_uid
from workstation.errors import BadInput, UserMessage

PARTS = frozenset({"LO", "LT", "SH", "ST", "UC", "UT"})
"""Texts of which a part is enough."""

NUMBERS = frozenset({"AT", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"})
"""Values that are sent as numbers."""

_OF_SERIES = frozenset(
    {
        *("Modality", "SeriesDescription", "SeriesNumber", "SeriesInstanceUID", "SeriesDate", "SeriesTime"),
        *("BodyPartExamined", "Laterality", "StationName", "ProtocolName", "PatientPosition"),
        *("PerformingPhysicianName", "OperatorsName", "Manufacturer", "ManufacturerModelName"),
        *("DeviceSerialNumber", "SoftwareVersions", "RequestAttributesSequence"),
        *("PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime"),
        *("PerformedProcedureStepDescription", "PerformedProcedureStepID"),
    }
)
_OF_IMAGES = frozenset({"SOPInstanceUID", "SOPClassUID", "InstanceNumber", "NumberOfFrames"})
_USUAL = {
    "PatientName": "name",
    "PatientID": "patient_id",
    "AccessionNumber": "accession",
    "StudyDescription": "description",
    "ModalitiesInStudy": "modalities",
    "StudyDate": "date",
}
"""Keys that the form has fields of its own for."""

_FIXED = frozenset({"SpecificCharacterSet", "QueryRetrieveLevel", "RetrieveAETitle", "InstanceAvailability"})
_TAG = re.compile(r"\(?([0-9a-fA-F]{4}),?\s?([0-9a-fA-F]{4})\)?")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-4])(?::?([0-5][0-9]))?(?::?([0-5][0-9]))?")
_DAY = re.compile(r"([0-9]{4})[-./]?(0[1-9]|1[0-2])[-./]?(0[1-9]|[12][0-9]|3[01])")
_ITEM = re.compile(r"\[0\]$")


@dataclass(frozen=True, slots=True)
class OtherKey:
    """One key and what was typed for it; make it with :func:`other_key`.

    Attributes:
        path: Keywords, or tags where there are none, of the sequences and the element; parted by dots.
        value: As typed, not empty; of UIDs several, parted by backslashes (PS3.4 C.2.2.2.2).
    """

    path: str
    value: str

    @property
    def vr(self) -> str:
        """The VR of the element; UN where no dictionary knows it."""
        return _vr(self.path.rpartition(".")[2])

    @property
    def level(self) -> Level:
        """STUDY, or SERIES: an archive cannot be asked for it in a query for studies (PS3.4 C.6.2.1)."""
        return Level.SERIES if self.path.partition(".")[0] in _OF_SERIES else Level.STUDY

    @property
    def key(self) -> str:
        """The value for an archive, as it was typed otherwise."""
        if self.vr == "TM":
            return clock_range(self.value)
        if self.vr == "DA":
            return _day_range(self.value)
        if self.vr == "UI":
            return self.value
        if self.vr in PARTS:
            return part_of_text(self.value).key
        key = whole_text(self.value).key
        return key.upper() if self.vr == "CS" else key


def other_key(path: str, value: str) -> OtherKey:
    """A key by its path and what was typed for it.

    Raises:
        BadInput: No such attribute, one the form has a field for, one of images, or no value of its kind.
    """
    names = [_name(step) for step in path.strip().split(".")]
    for name in names[:-1]:
        if _vr(name) != "SQ":
            raise BadInput("key", path, UserMessage("{name} is not a sequence.", name=name))
    key = OtherKey(".".join(names), value.strip())
    if key.vr == "SQ":
        raise BadInput("key", path, "name an element of the sequence, like Sequence.Element.")
    if key.vr.startswith("O"):
        raise BadInput("key", path, "nothing can be searched by its values.")
    if len(names) == 1 and names[0] in _USUAL:
        raise BadInput("key", path, "the form has a field of its own for it.")
    if names[0] in _OF_IMAGES:
        raise BadInput("key", path, "it belongs to images; studies are not searched by it.")
    if names[0] in _FIXED:
        raise BadInput("key", path, "this element cannot stand in a query.")
    _check(key)
    return key


def _check(key: OtherKey) -> None:
    if not key.value:
        raise BadInput("value", "", UserMessage("type what {name} is to be.", name=key.path))
    if not is_one_line(key.value) or len(key.value) > 1024:
        raise BadInput("value", key.value[:40], "a value holds printable characters, at most 1024.")
    if key.vr in NUMBERS:
        from pydicom import Dataset

        from workstation.dicom.query_keys import add_key

        add_key(Dataset(), f"{key.path.rpartition('.')[2]}={key.value}")
    if key.vr == "UI" and not all(map(is_uid, key.value.split("\\"))):
        raise BadInput("UID", key.value, "a UID has digits and single dots, at most 64 characters.")
    if key.vr == "DA" and not _day_range(key.value):
        advice = "write 2024-01-31, 2024-01 or 2024, a range as 2024-01-01..2024-01-31."
        raise BadInput("date", key.value, advice)
    if key.vr == "TM" and not clock_range(key.value):
        raise BadInput("time", key.value, "write a time as 8:30, a range as 8-12 or 8:30-12:00.")


def clock_range(typed: str) -> str:
    """The matching key of a time or a range of times, to the second; empty: it is none.

    The end of a range is included as far as it is given: 8-12 ends at 12:00:00, a single 8 is that hour.
    """
    first, dash, last = typed.replace("–", "-").partition("-")
    if not dash:
        low, high = _clock(first, "00"), _clock(first, "59")
        return f"{low}-{high}" if low and low < "240000" else ""
    low, high = _clock(first, "00"), _clock(last, "00")
    if (first.strip() and not low) or (last.strip() and not high) or not (low or high):
        return ""
    high = "235959" if high == "240000" else high
    return "" if low and high and low > high else f"{low}-{high}"


def _clock(typed: str, rest: str) -> str:
    """Six digits of a time; what is not given is ``rest``. Empty: it is no time."""
    found = _CLOCK.fullmatch(typed.strip())
    if found is None:
        return ""
    hour, minute, second = found[1].zfill(2), found[2] or rest, found[3] or rest
    return f"{hour}{minute}{second}"


def _day_range(typed: str) -> str:
    """The matching key of a day or a range of days, ``first..last``, either of them open; empty: none.

    A year and a month are the range of their days (PS3.4 C.2.2.2.5).
    """
    first, between, last = typed.partition("..")
    low, high = _days(first)[0], _days(last if between else first)[1]
    if (first.strip() and not low) or (last.strip() and not high) or not (low or high):
        return ""
    if low == high:
        return low
    return "" if low and high and low > high else f"{low}-{high}"


def _days(typed: str) -> tuple[str, str]:
    """The first and the last day, as DICOM writes them; of a single day that one. Empty: it is none."""
    if found := _DAY.fullmatch(typed.strip()):
        day = "".join(found.groups())
        return day, day
    try:
        first, last = days_of(typed.strip())
    except ValueError:
        return "", ""
    return str(first).replace("-", ""), str(last).replace("-", "")


@lru_cache(maxsize=256)
def _name(step: str) -> str:
    """The keyword of a step of a path, else its tag as gggg,eeee."""
    from pydicom.datadict import keyword_for_tag

    step = _ITEM.sub("", step.strip())
    if found := _TAG.fullmatch(step):
        tag = int(found[1] + found[2], 16)
        if tag >> 16 < 8 or tag >> 16 == 0xFFFE or not tag & 0xFFFF:
            raise BadInput("key", step, "this element cannot stand in a query.")
        return keyword_for_tag(tag) or f"{tag >> 16:04X},{tag & 0xFFFF:04X}"
    name = keywords_by_small_letters().get(step.lower())
    if name is None:
        raise BadInput("key", step, "write a keyword of the dictionary, like InstitutionName, or gggg,eeee.")
    return name


@lru_cache(maxsize=1)
def keywords_by_small_letters() -> dict[str, str]:
    """Every keyword of the dictionary that can stand in a query, by the same in small letters."""
    from pydicom._dicom_dict import DicomDictionary

    names = (entry[4] for tag, entry in DicomDictionary.items() if tag >> 16 >= 8)
    return {name.lower(): name for name in names if name}


@lru_cache(maxsize=1)
def dictionary_entries() -> tuple[str, ...]:
    """The same keywords with their tags, to be chosen from: ``InstitutionName (0008,0080)``."""
    from pydicom.datadict import tag_for_keyword

    names = sorted(keywords_by_small_letters().values())
    tags = ((name, tag_for_keyword(name) or 0) for name in names)
    return tuple(f"{name} ({tag >> 16:04X},{tag & 0xFFFF:04X})" for name, tag in tags)


@lru_cache(maxsize=256)
def _vr(name: str) -> str:
    from pydicom.datadict import dictionary_VR, tag_for_keyword

    tag = tag_for_keyword(name)
    if tag is None:
        return "LO" if re.match("...[13579bdfBDF],00[1-9a-fA-F]", name) else "UN"
    return dictionary_VR(tag).partition(" ")[0]
