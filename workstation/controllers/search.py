"""Searches: one query for each ticked source, all at once, into the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.sources import Sources
from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_periods import date_span
from workstation.dicom.date_span import ANY_DATE
from workstation.dicom.further_query import FurtherQuery
from workstation.dicom.levels import Level
from workstation.dicom.matches import Match, PatientMatch, StudyMatch
from workstation.dicom.mismatch import Mismatch
from workstation.dicom.study_period import StudyPeriod
from workstation.errors import OnlyWorklists, OperationFailed, ServiceRefused, WorkstationError
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.key_labels import label_of
from workstation.models.source_state import Phase, SourceState
from workstation.models.translation import translate, translated
from workstation.models.tree_model import TreeModel
from workstation.operations.query_session import is_about_limit
from workstation.operations.sources import Answers, Source


@dataclass(frozen=True, slots=True)
class _SearchRequest:
    """The criteria of a search, its sources and level."""

    criteria: Criteria = field(default_factory=Criteria)
    keys: tuple[str, ...] = ()
    level: Level = Level.STUDY
    period: str = ""

    def is_same_as(self, other: _SearchRequest) -> bool:
        """Whether it asks for the same, a period relative to now meaning what it means then."""
        return self == other or (bool(self.period) and self._undated == other._undated)

    @property
    def _undated(self) -> _SearchRequest:
        return replace(self, criteria=replace(self.criteria, span=ANY_DATE))

    def renewed(self) -> _SearchRequest:
        """The same, its period as it is now."""
        if not self.period:
            return self
        span = date_span(self.period, datetime.now())
        return replace(self, criteria=replace(self.criteria, span=span))


@dataclass(slots=True)
class _SourceQuery:
    """The query of one source."""

    job: Job
    whole: bool
    found: int = 0
    asking: str = ""


class Search(QObject):
    """Runs at most one search; a new one ends the old, whose late answers are ignored.

    Signals:
        status: How it stands, in words, and whether to offer all dates.
        running: Whether one runs.
        repeated: The search that the tree shows is about to be made again.
        another: Another search than the one that the tree shows is about to be made.
        refreshed: The rows of studies that a source told of when it was asked again by :meth:`refresh`.
        answering: The key of a source and its :class:`SourceState`; None: it is not queried.
    """

    status = Signal(str, bool)
    running = Signal(bool)
    repeated = Signal()
    another = Signal()
    refreshed = Signal(object)
    answering = Signal(str, object)

    def __init__(self, lanes: Lanes, sources: Sources, tree: TreeModel, notices: Notices) -> None:
        super().__init__()
        self._lanes = lanes
        self._sources = sources
        self._tree, self._mismatches = tree.results, tree.mismatches
        self._notices = notices
        self._queries: dict[str, _SourceQuery] = {}
        self._generation = 0
        self._request = _SearchRequest()
        self._cut: dict[str, str] = {}
        self._failed: set[str] = set()
        self._untold: set[str] = set()
        self._refreshing: frozenset[str] = frozenset()
        tree.filtered.connect(self._emit_status_again)

    def search(
        self, criteria: Criteria, keys: Sequence[str], level: Level = Level.STUDY, period: str = ""
    ) -> None:
        """Ask the sources ``keys`` for studies, or patients; no criteria mean all there are.

        ``period``: the words of a period that is relative to now; made again, it is the same search.
        """
        request = _SearchRequest(criteria, tuple(keys), level, period)
        if request.is_same_as(self._request) and self.is_shown:
            self.repeated.emit()
        else:
            self.another.emit()
        self.stop()
        for key in self._request.keys:
            self.answering.emit(key, None)
        self._request = request
        self._generation = self._tree.begin(keys, self._request.criteria)
        self._cut, self._failed, self._untold = {}, set(), set()
        self._refreshing = frozenset()
        for key in keys:
            source = self._sources.get(key)
            if source is not None:
                self._ask(key, source, whole=False)
        if not self._queries:
            self.status.emit(self.tr("Tick a source to search in."), False)
            self.running.emit(False)
            return
        self.running.emit(True)
        self._emit_status()

    def refresh(self, keys: Sequence[str]) -> None:
        """Ask these sources of the search again, as its period is now; the rows that are here stay.

        So nothing moves but for what is new, and a source that fails now keeps its rows.
        """
        if not self.is_shown or self._queries:
            return
        self._request = self._request.renewed()
        self._refreshing = frozenset(keys)
        for key in keys:
            source = self._sources.get(key)
            if source is not None:
                self._cut.pop(key, None)
                self._failed.discard(key)
                self._ask(key, source, whole=False)
        if self._queries:
            self.running.emit(True)
            self._emit_status()

    @property
    def is_shown(self) -> bool:
        """Whether the rows of this search are shown, not those of opened files."""
        return self._generation > 0 and self._generation == self._tree.generation

    @property
    def failed(self) -> frozenset[str]:
        """The sources that could not answer when they were asked last."""
        return frozenset(self._failed)

    @property
    def asking(self) -> bool:
        """Whether some source has not answered in full yet."""
        return bool(self._queries)

    @property
    def criteria(self) -> Criteria:
        """The criteria of the last search."""
        return self._request.criteria

    @property
    def keys(self) -> tuple[str, ...]:
        """The sources of the last search."""
        return self._request.keys

    def load_all(self, key: str) -> None:
        """Ask one source again, for everything it has; what it answered already stays."""
        self._ask_again(key, self._sources.whole(key))

    def split_by_date(self, key: str) -> None:
        """Ask an archive again, by parts of the period, until it has told of all studies."""
        self._ask_again(key, self._sources.by_date(key))

    def _ask_again(self, key: str, source: Source | None) -> None:
        if source is None or key in self._queries:
            return
        self._cut.pop(key, None)
        self._failed.discard(key)
        self._refreshing -= {key}  # what comes now was there before, as far as is known
        self._ask(key, source, whole=True)
        self.running.emit(True)
        self._emit_status()

    def stop(self) -> None:
        """End the search; rows that have come stay."""
        ended, self._queries = self._queries, {}
        for key, query in ended.items():
            query.job.cancel()
            self.answering.emit(key, SourceState(Phase.STOPPED, query.found))
        if ended:
            self.running.emit(False)
            self._emit_status()

    def _ask(self, key: str, source: Source, *, whole: bool) -> None:
        request = self._request

        def work(run: Run) -> _Answers | OnlyWorklists:
            answers: Answers[PatientMatch] | Answers[StudyMatch]
            if request.level is Level.PATIENT:
                try:
                    answers = source.patients(request.criteria, run.stop)
                    return _drain(run, answers)
                except ServiceRefused:  # it offers no Patient Root: its studies name the patients
                    pass
            try:
                return _drain(run, source.search(request.criteria, run.stop))
            except OnlyWorklists as refused:
                return refused

        job = self._lanes.submit(
            Lane.QUERY,
            f"search in {key}",
            work,
            key=self._sources.lane_key(key),
            report=Report.BUGS if key in self._refreshing else Report.ALL,  # SearchRefresh tells of it
        )
        self._queries[key] = query = _SourceQuery(job, whole)
        job.delivered.connect(partial(self._delivered, self._generation, key, query))
        job.ended.connect(partial(self._ended, key, query))
        self.answering.emit(key, SourceState(Phase.SEARCHING))

    def _delivered(
        self, generation: int, key: str, query: _SourceQuery, answers: list[Match | Mismatch | StudyPeriod]
    ) -> None:
        mismatches = [one for one in answers if isinstance(one, Mismatch)]
        periods = [one for one in answers if isinstance(one, StudyPeriod)]
        rows = self._tree.add_studies(generation, [one for one in answers if isinstance(one, StudyMatch)])
        if key in self._refreshing:
            self.refreshed.emit(rows)
        self._tree.add_patients(generation, [one for one in answers if isinstance(one, PatientMatch)])
        self._mismatches.add(generation, mismatches)
        if self._queries.get(key) is query:
            query.found += len(answers) - len(mismatches) - len(periods)
            if periods:
                query.asking = self.tr("Asking for {period}").format(period=periods[-1])
            self.answering.emit(key, SourceState(Phase.SEARCHING, query.found, message=query.asking))
            self._emit_status()

    def _ended(self, key: str, query: _SourceQuery, ended: Ended) -> None:
        if self._queries.get(key) is not query:
            return
        del self._queries[key]
        state = SourceState(Phase.DONE, query.found)
        by_study = self._request.level is Level.STUDY
        if by_study and not query.whole and _is_out_of_resources(ended.error):
            why = self._notices.why(ended)
            self._cut[key] = why
            state = replace(state, phase=Phase.INCOMPLETE, splittable=True, message=why)
            if key in self._refreshing:
                self._failed.add(key)
        elif ended.ending in (Ending.FAILED, Ending.CRASHED):
            self._failed.add(key)
            detail = ended.error.detail if ended.error is not None else ""
            state = SourceState(Phase.FAILED, query.found, message=self._notices.why(ended), detail=detail)
        elif isinstance(ended.result, OnlyWorklists):
            state = SourceState(Phase.LEFT_OUT, message=_why_left_out(ended.result))
        elif isinstance(ended.result, _Answers):
            state = self._answered(key, query, ended.result)
            self._untold.update(path for path, _ in state.untold)
        elif ended.ending is Ending.CANCELLED:
            state = SourceState(Phase.STOPPED, query.found)
        self.answering.emit(key, state)
        if not self._queries:
            self.running.emit(False)
        self._emit_status()

    def _answered(self, key: str, query: _SourceQuery, answers: _Answers) -> SourceState:
        """The state of a source that has answered, which the status tells, too, if it may not be all."""
        state = SourceState(Phase.DONE, query.found, further=answers.further, untold=answers.untold)
        if answers.verdict:
            verdict = translate(answers.verdict)
            self._cut[key] = f"{display.isolated(key)}: {verdict}"
            phase = Phase.INCOMPLETE if answers.more else Phase.DONE
            return replace(state, phase=phase, message=verdict, whole=not answers.more)
        if answers.limited is not None:
            text = self.tr("perhaps not all: {archive} answered exactly {n}")
            if answers.more:
                text = self.tr("not all: {archive} stopped after {n}")
            self._cut[key] = text.format(archive=display.isolated(key), n=answers.limited)
            splittable = self._request.level is Level.STUDY
            suspected = not answers.more
            state = replace(state, phase=Phase.INCOMPLETE, message=self._cut[key])
            return replace(state, splittable=splittable, suspected=suspected)
        if answers.more:
            self._cut[key] = self.tr("there are more: load all, or narrow the search")
            return replace(state, phase=Phase.INCOMPLETE, loadable=not query.whole)
        return state

    def _emit_status(self) -> None:
        parts = [self._counted(), *filter(None, [self._mismatches.summary])]
        if self._queries:
            parts.append(self.tr("searching…"))
        parts += dict.fromkeys(self._cut.values())
        if self._failed:
            parts.append(self.tr("not every source could answer"))
        if self._untold:
            names = ", ".join(sorted(map(label_of, self._untold)))
            parts.append(self.tr("not checked: {keys}").format(keys=names))
        span = self._request.criteria.span
        limited = self._request.level is Level.STUDY and (span.first, span.last) != (None, None)
        self.status.emit("  ·  ".join(parts), limited)

    def _emit_status_again(self) -> None:
        """Update the status after rows were set apart, unless the tree shows something else by now."""
        if self._generation == self._tree.generation:
            self._emit_status()

    def _counted(self) -> str:
        if self._request.level is Level.PATIENT:
            found = self._tree.patient_count
            return display.counted(found, self.tr("1 patient"), self.tr("{n} patients"))
        found = self._tree.study_count
        return display.counted(found, self.tr("1 study"), self.tr("{n} studies"))


@dataclass(frozen=True, slots=True)
class _Answers:
    """How a source's answers ended.

    Attributes:
        more: There are more.
        further: The queries that were made beside the one as typed.
        limited: After so many answers the archive itself stopped, or seems to have.
        untold: How often a further key was not told, by its path.
        verdict: What a search by parts of the period says of its wholeness; empty: there was none.
    """

    more: bool
    further: tuple[FurtherQuery, ...]
    limited: int | None
    untold: tuple[tuple[str, int], ...]
    verdict: str


def _drain(run: Run, answers: Answers[PatientMatch] | Answers[StudyMatch]) -> _Answers:
    """Deliver what comes; last what does not fit, which also a search that ends early has found."""
    answers.on_period = run.deliver
    try:
        for match in answers:
            run.deliver(match)
    finally:
        for mismatch in answers.mismatches:
            run.deliver(mismatch)
    verdict = "" if answers.split is None else answers.split.verdict
    untold = tuple(answers.untold.items())
    return _Answers(answers.incomplete, answers.further, answers.limited, untold, verdict)


def _why_left_out(refused: OnlyWorklists) -> str:
    return f"{translated(refused.message)} {translated(refused.what_to_try)}"


def _is_out_of_resources(error: WorkstationError | None) -> bool:
    """Whether an archive has more answers than it can send, and sends none."""
    return isinstance(error, OperationFailed) and is_about_limit(error.code)
