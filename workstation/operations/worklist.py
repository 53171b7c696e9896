"""Query the modality worklist of a node (PS3.4 Annex K), and check every answer again.

Many worklists ignore keys, or know few of them: what does not fit is told as such, and what a step does not
tell of what was asked for is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from workstation.dicom.answer_matching import date_key
from workstation.dicom.levels import Model
from workstation.dicom.name_pattern import name_pattern
from workstation.dicom.nodes import Node
from workstation.dicom.search_keys import accession_keys, name_keys, patient_id_keys
from workstation.dicom.text import LIKELY_GB18030
from workstation.dicom.worklist import WorklistCriteria, WorklistStep, difference, steps_of, untold
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    NetworkError,
    NoWorklist,
    OperationFailed,
    ServiceRefused,
    UserMessage,
)
from workstation.network.association import Released
from workstation.network.exchange import Kind
from workstation.network.exchanges import conclude, recorded
from workstation.network.find import FindResponse
from workstation.network.trace import Observer
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_identifiers import identifier, utc_offset
from workstation.operations.query_session import (
    ROW_LIMIT,
    QuerySession,
    is_about_keys,
    open_query_session,
)
from workstation.operations.wider_search import FURTHER_ROWS
from workstation.stop import Stop

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_ANSWERS: Final = 100_000
"""Of one query, even if all are wanted; bounds the memory."""

_STEP: Final = "ScheduledProcedureStepSequence."

USUAL_KEYS: Final = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyInstanceUID"),
    *("RequestedProcedureID", "RequestedProcedureDescription"),
    *(_STEP + keyword for keyword in (
        "Modality", "ScheduledStationAETitle", "ScheduledProcedureStepStartDate",
        "ScheduledProcedureStepStartTime", "ScheduledProcedureStepDescription",
    )),
)  # fmt: skip
"""Paths of what every query asks for."""

_OPTIONAL_KEYS: Final = (
    *("IssuerOfPatientID", "ReferringPhysicianName", "RequestingPhysician", "AdmissionID"),
    *("CurrentPatientLocation", "PatientWeight", "PatientState", "MedicalAlerts", "Allergies"),
    *("SpecialNeeds", "ConfidentialityConstraintOnPatientDataDescription", "PatientTransportArrangements"),
    *("RequestedProcedurePriority", "RequestedProcedureComments", "ReasonForTheRequestedProcedure"),
    *(f"RequestedProcedureCodeSequence.{keyword}" for keyword in (
        "CodeValue", "CodingSchemeDesignator", "CodeMeaning",
    )),
    *(_STEP + keyword for keyword in (
        "ScheduledStationName", "ScheduledPerformingPhysicianName", "ScheduledProcedureStepLocation",
        "ScheduledProcedureStepID", "ScheduledProcedureStepStatus", "PreMedication",
        "CommentsOnTheScheduledProcedureStep",
        *(f"ScheduledProtocolCodeSequence.{keyword}" for keyword in (
            "CodeValue", "CodingSchemeDesignator", "CodeMeaning",
        )),
    )),
)  # fmt: skip
"""Left out for a node that refuses them (PS3.4 K.6.1.2.2: not all are required of an SCP)."""


class Worklist:
    """The steps that a node answers to one search; iterate over it once, then ask how it ended.

    Attributes:
        incomplete: There may be more: the node stopped early, or our limit was reached.
        limited: After so many answers the node itself stopped; None: it did not.
        untold: How many of the steps that fit do not tell what was asked for, by the field.
        without: Nothing fitted: it was asked again without these fields of the criteria, which worklists
            compare in their own ways, or not at all; the answers were checked here.
    """

    def __init__(
        self,
        node: Node,
        criteria: WorklistCriteria,
        stop: Stop,
        *,
        quirks: NodeQuirks | None = None,
        limit: int = ROW_LIMIT,
        observer: Observer | None = None,
        held: HeldAssociations | None = None,
    ) -> None:
        """Nothing is asked yet.

        Args:
            node: Who has the worklist.
            criteria: What is asked for.
            stop: Ends it.
            quirks: What is known of nodes.
            limit: Answers after which a query is cancelled; at most :data:`MOST_ANSWERS`.
            observer: Called with every message.
            held: The associations that are held; None: it opens its own.
        """
        self.incomplete = False
        self.without: tuple[str, ...] = ()
        self.limited: int | None = None
        self.untold: Counter[str] = Counter()
        self._node = node
        self._criteria = criteria
        self._stop = stop
        self._quirks = quirks or NodeQuirks()
        self._limit = min(limit, MOST_ANSWERS)
        self._observer = observer
        self._held = held
        self._fitting = 0
        self._seen: set[bytes] = set()

    def __iter__(self) -> Iterator[WorklistStep]:
        """The steps as they come; those that do not fit say so in their ``differs``.

        Raises:
            NoWorklist: The node does not offer any.
            OperationFailed: It refused the query.
            NetworkError, Cancelled: It could not be asked, or the association broke.
        """
        with recorded(Kind.QUERY, self._observer, self._node.label, self._node) as told:
            with self._session(told) as session:
                yield from self._asked(session, self._criteria)
                if self._asks_more_widely(session):
                    yield from self._asked_more_widely(session)
            conclude(told, incomplete=self.incomplete)

    @contextmanager
    def _session(self, observer: Observer | None) -> Iterator[QuerySession]:
        opened = open_query_session(
            self._node,
            self._quirks,
            self._stop,
            models=(Model.WORKLIST,),
            limit=self._limit,
            observer=observer,
            held=self._held,
        )
        with ExitStack() as stack:
            try:
                session = stack.enter_context(opened)
            except ServiceRefused:
                self._quirks.has_worklist(self._node, False)
                raise NoWorklist(self._node.label, self._node.calling_ae_title) from None
            self._quirks.has_worklist(self._node, True)
            yield session

    def _asks_more_widely(self, session: QuerySession) -> bool:
        """Whether nothing fits, and may do so where texts are compared here."""
        over = self._fitting or self.incomplete or session.association.closed
        return not over and bool(self._loose(session))

    def _loose(self, session: QuerySession) -> tuple[str, ...]:
        """The fields of the criteria that worklists compare otherwise: a name, and what has wildcards.

        Of Patient ID and Accession Number they need not know any (PS3.4 K.6.1.2.2).
        """
        keys = _texts(self._criteria, self._capitals)
        loose = [field for field in ("patient_id", "accession") if set("*?") & set(keys[field])]
        named = self._criteria.name and not session.options.fuzzy_names
        return (*(("name",) if named else ()), *loose)

    def _asked(self, session: QuerySession, criteria: WorklistCriteria) -> Iterator[WorklistStep]:
        """The steps of the queries that some criteria take: one for each modality."""
        for modality in criteria.modalities or ("",):
            if session.association.closed:
                return  # with the query before, at our limit: ``incomplete`` is set
            session.begin()
            seen: set[bytes] = set()
            for found in self._answers(session, _values(criteria, modality, self._capitals)):
                seen.add(found.data)
                if found.data not in self._seen:
                    yield from self._steps(session, found)
            self._seen |= seen  # an answer with steps of two modalities comes twice
            self.incomplete = self.incomplete or session.incomplete
            self.limited = session.limited if self.limited is None else self.limited

    def _asked_more_widely(self, session: QuerySession) -> Iterator[WorklistStep]:
        """The steps that fit among those of any name, or ID."""
        session.association.remark(UserMessage("Asked again without names and wildcards"))
        session.widened, self.without = True, self._loose(session)
        wider = dict.fromkeys(self.without, "")
        session.limit = self._limit if self._limit >= MOST_ANSWERS else min(self._limit, FURTHER_ROWS)
        try:
            yield from self._asked(session, replace(self._criteria, **wider))  # type: ignore[arg-type]
        except NetworkError:
            self._stop.check()
            if self._fitting:
                raise
            self.incomplete = True  # what was typed was answered: there may be others that fit

    @property
    def _capitals(self) -> bool:
        return self._quirks.is_case_sensitive(self._node)

    def _answers(self, session: QuerySession, values: Mapping[str, str]) -> Iterator[FindResponse]:
        """The answers to one query; if its optional keys are refused, to one without them.

        Some end the association instead: that is not remembered, there may have been another reason.
        """
        node = self._node
        if session.options.time_zone:
            values = {**values, "TimezoneOffsetFromUTC": utc_offset()}
        plain, answered, ended = self._quirks.plain_worklist_keys(node), False, False
        if not plain:
            try:
                for found in session.answers(session.find(worklist_keys(values, charset=node.charset))):
                    answered = True
                    yield found
                return
            except OperationFailed as refused:
                if answered or not is_about_keys(refused.code):
                    raise
                session.association.remark(UserMessage("Refused: asked again without optional keys"))
            except (AssociationAborted, ConnectionLost, Released):
                if answered or not session.renewed():
                    raise
                ended = True
                session.association.remark(UserMessage("Ended: asked again without optional keys"))
        keys = worklist_keys(values, charset=node.charset, full=False)
        yield from session.answers(session.find(keys))
        if not plain and not ended:
            self._quirks.refuses_optional_worklist_keys(node)

    def _steps(self, session: QuerySession, found: FindResponse) -> Iterator[WorklistStep]:
        fallback = self._node.charset
        if not fallback and self._quirks.sends_gb18030(self._node):
            fallback = LIKELY_GB18030
        criteria = self._criteria
        if session.options.fuzzy_names:  # the node knows which names are similar enough
            criteria = replace(criteria, name="")
        for step in steps_of(found.data, found.transfer_syntax, self._node.label, fallback):
            if differs := difference(criteria, step):
                if not session.widened:
                    yield replace(step, differs=differs)
                continue
            self._fitting += 1
            self.untold.update(untold(criteria, step))
            yield step


def worklist_keys(values: Mapping[str, str], *, charset: str = "", full: bool = True) -> Dataset:
    """The identifier of a query.

    Args:
        values: Matching keys by path.
        charset: The node's preferred character set.
        full: Ask for the optional keys, too.
    """
    paths = (*USUAL_KEYS, *_OPTIONAL_KEYS) if full else USUAL_KEYS
    return identifier(None, dict.fromkeys(paths, "") | dict(values), charset=charset, full=full)


def _values(criteria: WorklistCriteria, modality: str, capitals: bool) -> dict[str, str]:
    """The matching keys of one query."""
    texts = _texts(criteria, capitals)
    return {
        "PatientName": texts["name"],
        "PatientID": texts["patient_id"],
        "AccessionNumber": texts["accession"],
        f"{_STEP}ScheduledProcedureStepStartDate": date_key(criteria.date_from, criteria.date_to),
        f"{_STEP}ScheduledStationAETitle": criteria.station.strip(),
        f"{_STEP}Modality": modality,
    }


def _texts(criteria: WorklistCriteria, capitals: bool) -> dict[str, str]:
    """The keys of what was typed, by the field; as in the first query of a search for studies."""
    keys = {
        "name": name_keys(name_pattern(criteria.name), capitals=capitals),
        "patient_id": patient_id_keys(criteria.patient_id),
        "accession": accession_keys(criteria.accession),
    }
    return {field: found[0].value if found else "" for field, found in keys.items()}
