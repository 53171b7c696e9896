"""Find what matches keys at any level, and check each answer again before anything is fetched by it.

The levels above the one asked for are asked first where their unique keys are not given, as archives without
relational queries need it (PS3.4 C.4.1.2.2.1): keys of a patient or a study go into the query of that level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workstation.dicom.key_matching import Difference, differences, wanted_values
from workstation.dicom.lenient_dataset import Element, read
from workstation.dicom.levels import Level, Model
from workstation.dicom.nodes import Node
from workstation.dicom.targets import Target
from workstation.errors import BadInput, OperationFailed
from workstation.network.exchange import Kind
from workstation.network.exchanges import recorded
from workstation.network.trace import Observer
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_session import QuerySession, open_query_session
from workstation.stop import Stop

if TYPE_CHECKING:
    from pydicom import Dataset

_RETURNED: Mapping[Level, tuple[str, ...]] = {
    Level.PATIENT: ("PatientName", "PatientID"),
    Level.STUDY: ("PatientName", "PatientID", "StudyDate", "StudyInstanceUID"),
    Level.SERIES: ("Modality", "SeriesInstanceUID"),
    Level.IMAGE: ("SOPInstanceUID",),
}
_STUDY_KEYS = frozenset(
    {
        "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyID", "StudyDescription",
        "ReferringPhysicianName", "ModalitiesInStudy", "SOPClassesInStudy", "NameOfPhysiciansReadingStudy",
        "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances", "InstitutionName",
        "AnatomicRegionsInStudyCodeSequence", "ProcedureCodeSequence", "IssuerOfAccessionNumberSequence",
    }
)  # fmt: skip
_SERIES_KEYS = frozenset(
    {
        "SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription", "SeriesDate", "SeriesTime",
        "BodyPartExamined", "Laterality", "ProtocolName", "PerformingPhysicianName", "OperatorsName",
        "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime",
        "RequestAttributesSequence", "NumberOfSeriesRelatedInstances",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        level: What it is about.
        uids: Its unique keys from the study down, as far as they were answered.
        patient_id: Empty where it was not answered.
        patient: The patient's name, likewise.
        differs: The keys it does not fit; empty: it fits.
    """

    level: Level
    uids: tuple[str, ...]
    patient_id: str = ""
    patient: str = ""
    differs: tuple[Difference, ...] = ()

    @property
    def nameless(self) -> bool:
        """It fits, but has no UID it could be asked for by."""
        return bool(self.differs) and not any(each.wanted for each in self.differs)


@dataclass(frozen=True, slots=True)
class SelectionRequest:
    """What is to be fetched of one study."""

    study: str
    patient: str
    targets: tuple[Target, ...]


@dataclass(slots=True)
class Selection:
    """What a query found.

    Attributes:
        fitting: The answers to fetch.
        others: Those that do not fit, or name nothing that can be fetched.
        incomplete: The archive stopped before it had answered everything.
    """

    fitting: list[Answer] = field(default_factory=list)
    others: list[Answer] = field(default_factory=list)
    incomplete: bool = False

    @property
    def requests(self) -> list[SelectionRequest]:
        """What fits, study by study."""
        found: dict[str, list[Answer]] = {}
        for answer in self.fitting:
            found.setdefault(answer.uids[0], []).append(answer)
        return [
            SelectionRequest(study, answers[0].patient, _targets(answers)) for study, answers in found.items()
        ]


def _targets(answers: list[Answer]) -> tuple[Target, ...]:
    """One for a study or some series of it, one for the instances of each series."""
    study, patient_id = answers[0].uids[0], answers[0].patient_id
    if len(answers[0].uids) < 3:
        series = dict.fromkeys(answer.uids[1] for answer in answers if len(answer.uids) > 1)
        return (Target(study, tuple(series), patient_id=patient_id),)
    instances: dict[str, dict[str, None]] = {}
    for answer in answers:
        instances.setdefault(answer.uids[1], {})[answer.uids[2]] = None
    return tuple(
        Target(study, (series,), tuple(uids), patient_id=patient_id) for series, uids in instances.items()
    )


def select(
    node: Node,
    level: Level,
    keys: Dataset,
    stop: Stop,
    *,
    models: tuple[Model, ...] = (Model.STUDY, Model.PATIENT),
    observer: Observer | None = None,
    held: HeldAssociations | None = None,
) -> Selection:
    """Find the entities of a level that fit keys; of a patient, its studies.

    Args:
        node: The archive.
        level: Of what is to be fetched.
        keys: Elements with values, and others; no Query/Retrieve Level.
        stop: Ends it.
        models: Information models in order of preference.
        observer: Called with every message.
        held: The associations that are held.

    Raises:
        WorkstationError, Cancelled: A query came to nothing.
    """
    with (
        recorded(Kind.QUERY, observer, node.label, node) as told,
        open_query_session(node, NodeQuirks(), stop, models=models, observer=told, held=held) as session,
    ):
        return _Selecting(session, level, keys).run()


class _Selecting:
    def __init__(self, session: QuerySession, level: Level, keys: Dataset) -> None:
        self._query_session = session
        self._selection = Selection()
        self._target = Level.STUDY if level is Level.PATIENT else level
        without_patients = session.model is Model.STUDY
        whole = (*self._target.above, self._target)
        self._levels = whole[1:] if without_patients else whole
        self._keys = self._by_level(keys, level)
        self._seen: set[tuple[str, ...]] = set()
        self._asks_charset = True

    def run(self) -> Selection:
        first, given = 0, {}
        while self._levels[first] is not self._target and (uid := self._given(self._levels[first])):
            given[self._levels[first].unique_key] = uid
            first += 1
        uids = tuple(uid for keyword, uid in given.items() if keyword != Level.PATIENT.unique_key)
        known = Answer(self._levels[first], uids, given.get(Level.PATIENT.unique_key, ""))
        self._descend(self._levels[first:], given, known)
        return self._selection

    def _by_level(self, keys: Dataset, level: Level) -> dict[Level, Dataset]:
        """The keys of each query; what is of no level above the one asked for belongs to that one."""
        from pydicom import Dataset

        found = {one: Dataset() for one in self._levels}
        order = list(Level)
        for key in keys:
            own = min(_level_of(key.keyword, key.tag.group), level, key=order.index)
            found[own if own in found else self._levels[0]].add(key)
        return found

    def _given(self, level: Level) -> str:
        """The one value of a level's unique key, if nothing else has to be asked at that level."""
        keys = [key for key in self._keys[level] if wanted_values(key)]
        if len(keys) != 1 or keys[0].keyword != level.unique_key:
            return ""
        values = wanted_values(keys[0])
        return values[0] if len(values) == 1 and not set(values[0]) & set("*?") else ""

    def _descend(self, levels: tuple[Level, ...], given: dict[str, str], above: Answer) -> None:
        level, *below = levels
        for elements in list(self._query(level, given)):
            answer = self._checked(level, elements, given, above)
            if answer.differs:
                self._selection.others.append(answer)
            elif not below:
                if answer.uids not in self._seen:
                    self._seen.add(answer.uids)
                    self._selection.fitting.append(answer)
            else:
                uid = answer.patient_id if level is Level.PATIENT else answer.uids[-1]
                self._descend(tuple(below), given | {level.unique_key: uid}, answer)

    def _query(self, level: Level, given: Mapping[str, str]) -> Iterator[tuple[Element, ...]]:
        """The answers of one query, each as far as it can be read.

        Some archives name their character set only if they are asked for it, and some refuse to be asked.
        """
        from workstation.dicom.query_keys import settle_charset

        identifier = self._identifier(level, given)
        settle_charset(identifier, self._query_session.node.charset)
        if self._asks_charset and "SpecificCharacterSet" not in identifier:
            identifier.SpecificCharacterSet = ""
            answered = False
            try:
                for elements in self._found(identifier):
                    answered = True
                    yield elements
                return
            except OperationFailed:
                if answered:
                    raise
                self._asks_charset = False
                del identifier.SpecificCharacterSet
        yield from self._found(identifier)

    def _found(self, identifier: Dataset) -> Iterator[tuple[Element, ...]]:
        find = self._query_session.find(identifier)
        for found in find:
            yield read(found.data, found.transfer_syntax, self._query_session.node.charset).elements
        self._selection.incomplete |= find.incomplete or find.empty > 0

    def _identifier(self, level: Level, given: Mapping[str, str]) -> Dataset:
        from pydicom import DataElement, Dataset, config

        found = Dataset()
        found.QueryRetrieveLevel = level.value
        for keyword in _RETURNED[level]:
            setattr(found, keyword, "")
        for keyword, value in given.items():  # as the archive told it, valid or not
            vr = "LO" if keyword == Level.PATIENT.unique_key else "UI"
            found.add(DataElement(tag_of(keyword), vr, value, validation_mode=config.IGNORE))
        for key in self._keys[level]:
            found.add(key)
        return found

    def _checked(
        self, level: Level, elements: tuple[Element, ...], given: Mapping[str, str], above: Answer
    ) -> Answer:
        answered = {element.tag: str(element.values[0]).strip() for element in elements if element.values}
        uid = answered.get(tag_of(level.unique_key), "")
        differs = list(differences(self._keys[level], elements))
        if level is Level.STUDY:
            differs = list(self._with_modalities(uid, answered.get(tag_of("PatientID"), ""), differs))
        for keyword, value in given.items():
            other = answered.get(tag_of(keyword), value)
            if other != value:
                differs.append(Difference(keyword, value, other))
        if level is not Level.PATIENT and not _usable(uid):
            differs.append(Difference(level.unique_key, "", uid or None))
        return Answer(
            level,
            above.uids if level is Level.PATIENT else (*above.uids, uid),
            answered.get(tag_of("PatientID"), above.patient_id),
            answered.get(tag_of("PatientName"), above.patient),
            tuple(differs),
        )

    def _with_modalities(
        self, study: str, patient_id: str, differs: list[Difference]
    ) -> Iterator[Difference]:
        """Where the modalities of a study are asked for and not answered, they are those of its series."""
        for difference in differs:
            if difference.key != "ModalitiesInStudy" or difference.answered is not None or not _usable(study):
                yield difference
                continue
            found = _modalities(self._query_session, study, patient_id)
            wanted = set(difference.wanted.split("\\"))
            if not wanted & found:
                yield Difference(difference.key, difference.wanted, "\\".join(sorted(found)) or None)


def _modalities(session: QuerySession, study: str, patient_id: str) -> set[str]:
    try:
        return {series.modality for series in session.series(study, patient_id) if series.modality}
    except OperationFailed:
        return set()


def _level_of(keyword: str, group: int) -> Level:
    """The level of an attribute (PS3.4 C.6.1.1)."""
    if group == 0x0010:
        return Level.PATIENT
    if keyword in _STUDY_KEYS:
        return Level.STUDY
    return Level.SERIES if keyword in _SERIES_KEYS else Level.IMAGE


def _usable(uid: str) -> bool:
    try:
        Target(uid)
    except BadInput:
        return False
    return True


def tag_of(keyword: str) -> int:
    """The tag of a keyword of the dictionary."""
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(keyword)
    assert tag is not None, keyword
    return tag
