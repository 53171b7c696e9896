"""Answers queries over the headers of all objects in the archive, level by level."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence

from pydicom import DataElement, Dataset
from pydicom.datadict import dictionary_VR, tag_for_keyword

from workstation.demo.attribute_matching import matches
from workstation.demo.stored_object import StoredObject
from workstation.dicom.levels import Level

_ABOVE_KEYS = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_OF_PATIENT = frozenset(
    {
        *("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex"),
        *("OtherPatientIDs", "PatientComments", "EthnicGroup", "PatientBirthTime"),
        *(f"NumberOfPatientRelated{what}" for what in ("Studies", "Series", "Instances")),
    }
)
_OF_STUDY = frozenset(
    {
        *("StudyInstanceUID", "StudyID", "StudyDate", "StudyTime", "AccessionNumber", "StudyDescription"),
        *("ReferringPhysicianName", "PatientAge", "PatientSize", "PatientWeight", "ModalitiesInStudy"),
        *("SOPClassesInStudy", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"),
    }
)
_OF_SERIES = frozenset(
    {
        *("SeriesInstanceUID", "SeriesNumber", "Modality", "SeriesDescription", "SeriesDate", "SeriesTime"),
        *("BodyPartExamined", "Laterality", "PatientPosition", "ProtocolName", "FrameOfReferenceUID"),
        *("Manufacturer", "ManufacturerModelName", "StationName", "InstitutionName", "OperatorsName"),
        "NumberOfSeriesRelatedInstances",
    }
)
_ORDER = list(Level)

QueryKeys = dict[str, tuple[str, ...]]
"""The keys of a request by keyword; an empty tuple asks for the value only."""


class Catalogue:
    """The objects of the archive, by SOP Instance UID; safe from any thread."""

    def __init__(self, items: Iterable[StoredObject]) -> None:
        self._lock = threading.Lock()
        self._items = {item.value("SOPInstanceUID"): item for item in items}

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: StoredObject) -> None:
        """Take in an object, in place of an older one of the same UID."""
        with self._lock:
            self._items[item.value("SOPInstanceUID")] = item

    def find(self, level: Level, query: QueryKeys) -> Iterator[Dataset]:
        """The answers of a C-FIND (PS3.4 C.4.1): one for each entity of the level, newest studies first."""
        keys = {
            keyword: wanted for keyword, wanted in query.items() if _level(keyword) <= _ORDER.index(level)
        }
        groups: dict[tuple[str, ...], list[StoredObject]] = {}
        for item in self._all():
            groups.setdefault(_identity(item, level), []).append(item)
        for group in sorted(groups.values(), key=_newest, reverse=True):
            entity = _Entity(group)
            if all(matches(_vr(keyword), entity.values(keyword), wanted) for keyword, wanted in keys.items()):
                yield entity.answer(level, keys)

    def select(self, query: QueryKeys) -> list[StoredObject]:
        """The objects a retrieve asks for by its unique keys (PS3.4 C.4.2.2.1), in their natural order."""
        keys = {keyword: query[keyword] for keyword in _ABOVE_KEYS if any(query.get(keyword, ()))}
        if not keys:
            return []
        found = [
            item
            for item in self._all()
            if all(
                matches(_vr(keyword), item.values.get(keyword, ()), wanted)
                for keyword, wanted in keys.items()
            )
        ]
        return sorted(found, key=_place)

    def _all(self) -> list[StoredObject]:
        with self._lock:
            return list(self._items.values())


class _Entity:
    """A patient, a study, a series or an image: the objects it is made of."""

    def __init__(self, items: Sequence[StoredObject]) -> None:
        self._items = items

    def values(self, keyword: str) -> tuple[str, ...]:
        if keyword == "ModalitiesInStudy":
            return self._distinct("Modality")
        if keyword == "SOPClassesInStudy":
            return self._distinct("SOPClassUID")
        if keyword.startswith("NumberOf") and "Related" in keyword:
            counted = {"Studies": "StudyInstanceUID", "Series": "SeriesInstanceUID"}
            what = keyword.partition("Related")[2]
            return (str(len(self._distinct(counted.get(what, "SOPInstanceUID")))),)
        return self._items[0].values.get(keyword, ())

    def _distinct(self, keyword: str) -> tuple[str, ...]:
        return tuple(sorted({item.value(keyword) for item in self._items} - {""}))

    def answer(self, level: Level, keys: QueryKeys) -> Dataset:
        """The attributes asked for, in UTF-8; those without a value are empty."""
        answer = Dataset()
        answer.SpecificCharacterSet = "ISO_IR 192"
        answer.QueryRetrieveLevel = level.value
        for keyword in keys:
            tag = tag_for_keyword(keyword)
            assert tag is not None
            vr = _vr(keyword)
            found = [_typed(vr, text) for text in self.values(keyword)]
            answer[tag] = DataElement(tag, vr, found if len(found) > 1 else found[0] if found else None)
        return answer


def _identity(item: StoredObject, level: Level) -> tuple[str, ...]:
    if level is Level.PATIENT:
        return item.value("PatientID"), item.value("IssuerOfPatientID")
    return (item.value(level.unique_key),)


def _newest(group: Sequence[StoredObject]) -> tuple[str, str]:
    return max((item.value("StudyDate"), item.value("StudyTime")) for item in group)


def _place(item: StoredObject) -> tuple[str, int, str, int]:
    return (
        item.value("StudyInstanceUID"),
        _number(item.value("SeriesNumber")),
        item.value("SeriesInstanceUID"),
        _number(item.value("InstanceNumber")),
    )


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _level(keyword: str) -> int:
    """The index of the level an attribute belongs to."""
    for index, keywords in enumerate((_OF_PATIENT, _OF_STUDY, _OF_SERIES)):
        if keyword in keywords:
            return index
    return len(_ORDER) - 1


def _typed(vr: str, text: str) -> str | int | float:
    """A value as pydicom writes it; numbers in text (IS, DS) stay text."""
    if vr in ("SL", "SS", "SV", "UL", "US", "UV"):
        return int(text)
    return float(text) if vr in ("FD", "FL") else text


def _vr(keyword: str) -> str:
    tag = tag_for_keyword(keyword)
    assert tag is not None
    return dictionary_VR(tag).partition(" ")[0]


def query_keys(identifier: Dataset) -> QueryKeys:
    """The keys of an identifier that a catalogue understands; sequences and private ones are left out."""
    query: QueryKeys = {}
    for element in identifier:
        vr = element.VR
        if (
            not element.keyword
            or vr == "SQ"
            or element.keyword in ("QueryRetrieveLevel", "SpecificCharacterSet")
        ):
            continue
        value = element.value
        if element.is_empty:
            query[element.keyword] = ()
        else:
            query[element.keyword] = tuple(map(str, value)) if element.VM > 1 else (str(value),)
    return query
