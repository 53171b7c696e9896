"""The queries of one search for studies in an archive: by modality, by patient, by parts of its period."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, time

from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.search_keys import SearchKeys
from workstation.dicom.study_period import StudyPeriod
from workstation.errors import OperationFailed
from workstation.operations.date_split import DateSplit, SplitResult, StudyFacts, Told
from workstation.operations.query_identifiers import asks_for_times, patient_values, search_values
from workstation.operations.query_session import QuerySession, is_about_limit


def search_rows(
    session: QuerySession, criteria: Criteria, keys: SearchKeys, period: StudyPeriod | None = None
) -> Iterator[StudyMatch]:
    """What the archive answers to one search, each study of a patient once.

    Args:
        session: Asks the archive.
        criteria: What was typed.
        keys: The texts to ask for.
        period: Asked for in place of the dates that were typed.
    """
    seen: set[tuple[str, PatientMatch]] = set()
    session.asks_times = _asks_for_times(session, criteria, period)
    for values in _search_values(session, criteria, keys):
        if period is not None:
            values = values | {"StudyDate": "", "StudyTime": ""} | period.keys
        for study in session.rows(Level.STUDY, values, StudyMatch):
            identity = (study.study_uid, study.patient)  # one UID may be told of two patients
            if identity not in seen:
                seen.add(identity)
                yield study


def _search_values(session: QuerySession, criteria: Criteria, keys: SearchKeys) -> Iterator[dict[str, str]]:
    """The matching keys of each query a search takes.

    Under Patient Root patient by patient (PS3.4 C.6.1), unless relational queries were agreed on. A further
    query is a single one: what it brings of other modalities is sorted out here.
    """
    one_by_one = not session.widened or len(criteria.modalities) == 1
    modalities = (one_by_one and criteria.modalities) or ("",)
    combined = session.options.combined_times
    values = [search_values(criteria, keys, modality, combined=combined) for modality in modalities]
    if not session.by_patient:
        yield from values
        return
    # All patients first: one association asks one thing at a time.
    for patient in list(session.rows(Level.PATIENT, patient_values(keys), PatientMatch)):
        if session.fits(criteria, patient):
            for each in values:
                yield each | {"PatientID": patient.patient_id}


def _asks_for_times(session: QuerySession, criteria: Criteria, period: StudyPeriod | None) -> bool:
    if period is None:
        return asks_for_times(criteria, combined=session.options.combined_times)
    return not criteria.of_hours and (not criteria.span.timed or period.day is not None)


class SearchInParts:
    """One search by halves of its period; ``result`` tells how whole it is."""

    def __init__(self, session: QuerySession, criteria: Criteria, keys: SearchKeys) -> None:
        """Nothing is asked yet; for the arguments see :func:`search_rows`."""
        self.result = SplitResult(archive=session.node.label)
        self._session = session
        self._criteria = criteria
        self._keys = keys
        self._out_of_resources = False

    def rows(self, on_period: Callable[[StudyPeriod], object]) -> Iterator[StudyMatch]:
        """As :func:`search_rows`, whatever the archive's limit.

        Args:
            on_period: Called before each part.

        Raises:
            OperationFailed, NetworkError, Cancelled: A query failed.
        """
        session, criteria = self._session, self._criteria
        if session.by_patient:
            self.result.by_patient = self.result.over = True
            yield from search_rows(session, criteria, self._keys)
            return
        split = DateSplit(
            self._ask, self._told, StudyFacts.of, self.result, today=date.today(), on_period=on_period
        )
        yield from split.answers(_period(criteria))
        session.incomplete = not self.result.whole
        session.limited = None
        if self.result.whole:
            session.quirks.is_not_limited_to(session.node, len(split.seen))

    def _ask(self, period: StudyPeriod) -> Iterator[StudyMatch]:
        session = self._session
        session.begin()
        self._out_of_resources = False
        try:
            yield from search_rows(session, self._criteria, self._keys, period)
        except OperationFailed as failed:
            if not is_about_limit(failed.code):
                raise
            self._out_of_resources = True

    def _told(self) -> Told:
        session = self._session
        stopped = self._out_of_resources or (session.incomplete and session.limited is not None)
        return Told(session.most, stopped, broken=session.incomplete and not stopped)


def _period(criteria: Criteria) -> StudyPeriod:
    """The period that was typed; of several days without the times, which are checked here."""
    span = criteria.span
    period = StudyPeriod(span.first, span.last)
    if period.day is None:
        return period
    begin, end = span.begin, span.end
    return replace(
        period,
        begin=_second(begin) if begin else period.begin,
        end=min(_second(end) + 1, period.end) if end else period.end,
    )


def _second(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second
