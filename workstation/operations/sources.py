"""Query an archive or the local library in the same way.

Always only the level below, when the user opens a row: studies by a search, then series, then images.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Generic, Protocol, TypeVar

from workstation.dicom.criteria import Criteria
from workstation.dicom.further_query import FurtherQuery
from workstation.dicom.levels import Level, Model
from workstation.dicom.matches import LIBRARY, Domain, ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.mismatch import Mismatch
from workstation.dicom.nodes import Node
from workstation.dicom.other_keys import OtherKey
from workstation.dicom.search_keys import SearchKeys, search_keys
from workstation.dicom.study_period import StudyPeriod
from workstation.errors import OnlyWorklists, ServiceRefused
from workstation.network.exchange import Kind
from workstation.network.exchanges import conclude, recorded
from workstation.network.trace import Observer
from workstation.operations.date_split import SplitResult
from workstation.operations.find_attributes import DETAILS, extra_fields
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_identifiers import patient_values
from workstation.operations.query_session import (
    QUERY_MODELS,
    ROW_LIMIT,
    SEARCH_MODELS,
    WITHOUT_LIMIT,
    QuerySession,
    open_query_session,
)
from workstation.operations.series_criteria import with_fitting_series
from workstation.operations.study_search import SearchInParts, search_rows
from workstation.operations.wider_search import FURTHER_ROWS, M, until_one_fits
from workstation.stop import Stop
from workstation.store.index import Index
from workstation.store.sql_conditions import unknown_keys

T = TypeVar("T")


class Answers(Generic[T]):
    """Rows as they arrive; an iterator that knows how it ended.

    Attributes:
        incomplete: There are more than these: the source stopped early, or our limit was reached. Final
            once the iteration has ended.
        limited: After so many answers the archive itself stopped, or seems to have; None: it did not.
        split: What a search in parts found out about its wholeness; None: it was not made in parts.
        on_period: Called before each part of such a search; set before the iteration.
        mismatches: Answers to what was typed that our own check finds not to fit; set aside as they come.
        strays: Answers about another study or series than was asked for; final as above.
        further: The queries that asked otherwise than it was typed; final as above.
        untold: Of each further key that answers do not tell, by its path, of how many; final as above.
    """

    def __init__(self, make: Callable[[Answers[T]], Iterator[T]]) -> None:
        self.incomplete = False
        self.limited: int | None = None
        self.split: SplitResult | None = None
        self.on_period: Callable[[StudyPeriod], object] = lambda period: None
        self.mismatches: Collection[Mismatch] = ()
        self.strays = 0
        self.further: tuple[FurtherQuery, ...] = ()
        self.untold: dict[str, int] = {}
        self._rows = make(self)

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next(self._rows)

    def note(self, session: QuerySession) -> None:
        """Take over how an asker's queries ended."""
        self.incomplete = session.incomplete
        self.limited = session.limited
        self.strays = session.strays
        self.further = tuple(session.further)
        self.untold = dict(session.untold)


class Source(Protocol):
    """Anything that can be searched and opened level by level.

    All methods return at once; WorkstationError and Cancelled are raised while iterating.
    """

    @property
    def key(self) -> str:
        """Its name in rows: the node's, or "library"."""
        ...

    def search(self, criteria: Criteria, stop: Stop) -> Answers[StudyMatch]:
        """The studies that fit."""
        ...

    def patients(self, criteria: Criteria, stop: Stop) -> Answers[PatientMatch]:
        """The patients that fit the criteria of a patient."""
        ...

    def series(self, study: StudyMatch, stop: Stop, *, details: bool = False) -> Answers[SeriesMatch]:
        """The series of a study; with ``details`` an archive is asked for more than what tells them apart."""
        ...

    def images(
        self, series: SeriesMatch, patient_id: str, stop: Stop, *, geometry: bool = False
    ) -> Answers[ImageMatch]:
        """The instances of a series; with ``geometry`` an archive is asked for size and position, too."""
        ...


class Archive:
    """A PACS node as a source: each call uses one association (PS3.4 C.4.1)."""

    def __init__(
        self,
        node: Node,
        quirks: NodeQuirks | None = None,
        *,
        limit: int = ROW_LIMIT,
        by_date: bool = False,
        observer: Observer | None = None,
        held: HeldAssociations | None = None,
        extra: frozenset[str] = frozenset(),
    ) -> None:
        """A source over ``node``.

        Args:
            node: The archive.
            quirks: What is known of nodes, shared by all operations.
            limit: Rows after which a query is cancelled.
            by_date: Search in parts, by halves of the period, until the archive has told of all studies.
            observer: Called with every message.
            held: The associations that are held; None: each call opens its own.
            extra: Fields of studies and series to be asked for beside those of every query.
        """
        self.node = node
        self._quirks = quirks or NodeQuirks()
        self._limit = limit
        self._by_date = by_date
        self._observer = observer
        self._held = held
        self._extra = extra

    @property
    def key(self) -> str:
        """How messages name the node."""
        return self.node.label

    def search(self, criteria: Criteria, stop: Stop) -> Answers[StudyMatch]:
        """The studies that fit; one query for each modality, each study of a patient once."""

        def ask(
            answers: Answers[StudyMatch], session: QuerySession, keys: SearchKeys
        ) -> Iterator[StudyMatch]:
            split = SearchInParts(session, criteria, keys) if self._by_date else None
            found = search_rows(session, criteria, keys) if split is None else split.rows(answers.on_period)
            try:
                yield from (study for study in found if session.fits(criteria, study))
            finally:
                answers.split = None if split is None else split.result

        def rows(answers: Answers[StudyMatch]) -> Iterator[StudyMatch]:
            def searched(session: QuerySession) -> Iterator[StudyMatch]:
                session.others = criteria.others
                found = self._widely(session, criteria, partial(ask, answers, session))
                return with_fitting_series(session, found)

            return self._rows(answers, searched, stop, SEARCH_MODELS, Kind.SEARCH)

        return Answers(rows)

    def exactly(self, keys: SearchKeys, stop: Stop, told: Sequence[str] = ()) -> Answers[StudyMatch]:
        """What it answers to these keys, compared with nothing: nothing is asked more widely.

        ``told`` are paths of further values that the answers are to tell, if the archive knows them.
        """

        def ask(session: QuerySession) -> Iterator[StudyMatch]:
            session.others = tuple(OtherKey(path, "") for path in told)
            return search_rows(session, Criteria(), keys)

        return self._answers(ask, stop, SEARCH_MODELS)

    def patients(self, criteria: Criteria, stop: Stop) -> Answers[PatientMatch]:
        """The patients that fit, at PATIENT level; ServiceRefused if the node offers no Patient Root."""

        def ask(session: QuerySession, keys: SearchKeys) -> Iterator[PatientMatch]:
            seen: set[tuple[str, str, str]] = set()
            for patient in session.rows(Level.PATIENT, patient_values(keys), PatientMatch):
                identity = (patient.patient_id, patient.issuer, patient.name)
                if identity in seen:
                    continue
                seen.add(identity)
                if session.fits(criteria, patient):
                    yield patient

        of_patient = Criteria(name=criteria.name, patient_id=criteria.patient_id)
        return self._answers(
            lambda session: self._widely(session, of_patient, partial(ask, session)),
            stop,
            (Model.PATIENT, Model.PATIENT_STUDY),
        )

    def series(self, study: StudyMatch, stop: Stop, *, details: bool = False) -> Answers[SeriesMatch]:
        """The series of a study."""

        def ask(session: QuerySession) -> Iterator[SeriesMatch]:
            session.details = DETAILS if details else frozenset()
            return session.series(study.study_uid, study.patient.patient_id)

        return self._answers(ask, stop, kind=Kind.LIST)

    def images(
        self, series: SeriesMatch, patient_id: str, stop: Stop, *, geometry: bool = False
    ) -> Answers[ImageMatch]:
        """The instances of a series."""

        def ask(session: QuerySession) -> Iterator[ImageMatch]:
            if geometry:
                session.extra, session.details = extra_fields(Level.IMAGE) - DETAILS, DETAILS
            return session.images(series.study_uid, series.series_uid, patient_id)

        return self._answers(ask, stop, kind=Kind.LIST)

    def _widely(
        self, session: QuerySession, criteria: Criteria, ask: Callable[[SearchKeys], Iterator[M]]
    ) -> Iterator[M]:
        queries = search_keys(criteria, capitals=self._quirks.is_case_sensitive(self.node))
        rows = self._limit if self._limit >= WITHOUT_LIMIT else min(self._limit, FURTHER_ROWS)
        return until_one_fits(session, queries, ask, rows)

    def _answers(
        self,
        ask: Callable[[QuerySession], Iterable[T]],
        stop: Stop,
        models: tuple[Model, ...] = QUERY_MODELS,
        kind: Kind = Kind.SEARCH,
    ) -> Answers[T]:
        return Answers(lambda answers: self._rows(answers, ask, stop, models, kind))

    def _rows(
        self,
        answers: Answers[T],
        ask: Callable[[QuerySession], Iterable[T]],
        stop: Stop,
        models: tuple[Model, ...],
        kind: Kind,
    ) -> Iterator[T]:
        with (
            recorded(kind, self._observer, self.node.label, self.node) as observer,
            self._query_session(stop, models, observer) as session,
        ):
            answers.mismatches = session.mismatches
            yield from ask(session)
            answers.note(session)
            conclude(observer, incomplete=session.incomplete)

    @contextmanager
    def _query_session(
        self, stop: Stop, models: tuple[Model, ...], observer: Observer | None
    ) -> Iterator[QuerySession]:
        opened = open_query_session(
            self.node,
            self._quirks,
            stop,
            models=models,
            limit=self._limit,
            observer=observer,
            held=self._held,
            extra=self._extra,
        )
        with ExitStack() as stack:
            try:
                session = stack.enter_context(opened)
            except ServiceRefused as refused:
                if self._quirks.worklist_offered(self.node):
                    raise OnlyWorklists(refused.node, refused.service) from None
                raise
            yield session


class LocalLibrary:
    """The library as a source. What it holds means the patients of the node it came from."""

    def __init__(self, index: Index, nodes: Iterable[Node] = ()) -> None:
        self.key = LIBRARY
        self._index = index
        self._domains = _domains_by_sender(nodes)

    def search(self, criteria: Criteria, stop: Stop) -> Answers[StudyMatch]:
        """The studies that fit."""

        def rows(answers: Answers[StudyMatch]) -> Iterator[StudyMatch]:
            unknown = unknown_keys(criteria)
            for found in self._index.studies(criteria):
                stop.check()
                for path in unknown:
                    answers.untold[path] = answers.untold.get(path, 0) + 1
                yield replace(found, patient=self._of_its_node(found.patient))

        return Answers(rows)

    def patients(self, criteria: Criteria, stop: Stop) -> Answers[PatientMatch]:
        """The patients that fit."""
        return _stoppable(lambda: map(self._of_its_node, self._index.patients(criteria)), stop)

    def series(self, study: StudyMatch, stop: Stop, *, details: bool = False) -> Answers[SeriesMatch]:
        """The series of a study."""
        return _stoppable(lambda: self._index.series(study.study_uid), stop)

    def images(
        self, series: SeriesMatch, patient_id: str, stop: Stop, *, geometry: bool = False
    ) -> Answers[ImageMatch]:
        """The instances of a series; the index knows size and position."""
        return _stoppable(lambda: self._index.images(series.study_uid, series.series_uid), stop)

    def _of_its_node(self, patient: PatientMatch) -> PatientMatch:
        home = self._domains.get(patient.domain)
        return patient if home is None else replace(patient, domain=home)


def _domains_by_sender(nodes: Iterable[Node]) -> dict[Domain | None, Domain]:
    """The domain of each AE title that names one only; two archives of one title cannot be told apart."""
    found: dict[str, set[Domain]] = {}
    for node in nodes:
        found.setdefault(node.ae_title.strip(), set()).add(node.patient_domain)
    return {("sender", title): domains.pop() for title, domains in found.items() if len(domains) == 1}


def _stoppable(read: Callable[[], Iterable[T]], stop: Stop) -> Answers[T]:
    def rows(_: Answers[T]) -> Iterator[T]:
        for row in read():
            stop.check()
            yield row

    return Answers(rows)
