"""Fetch all answers to a search from an archive that limits their number: by halves of its period.

A period whose answers may not be all is asked for in two halves, down to a second of one day. That what came
is all is claimed only if each part had fewer answers than the archive is known to give, and if every study
that a longer period told of has come again in a shorter one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from workstation.dicom.matches import StudyMatch
from workstation.dicom.study_period import StudyPeriod
from workstation.errors import UserMessage

MOST_QUERIES = 1000
_LEAST_LIMIT = 50
"""Answers that no archive is known to have as its limit, unless it says so."""

_ALWAYS = StudyPeriod()

T = TypeVar("T")


class StudyFacts(NamedTuple):
    """What tells a study from others, and where it belongs in time."""

    identity: Hashable
    date: str
    time: str

    @classmethod
    def of(cls, study: StudyMatch) -> StudyFacts:
        """Those of an answer; one UID may be told of two patients."""
        patient = study.patient
        return cls((study.study_uid, patient.patient_id, patient.issuer), study.date, study.time)


class Told(NamedTuple):
    """How the queries for one period ended.

    Attributes:
        most: Answers to the query that brought most.
        stopped: The archive stopped one before its end.
        broken: It is not known otherwise what one would have brought.
    """

    most: int
    stopped: bool
    broken: bool


@dataclass(slots=True, kw_only=True)
class SplitResult:
    """What is known of the wholeness of a search that was split.

    Attributes:
        archive: Its name.
        queries: Periods asked for.
        limit: Answers to one query, at most.
        crowded: The shortest periods whose answers may still not be all.
        lost: Studies with a date that a longer period told of, and none of the shorter ones.
        hours: Days that were split by time: their studies without a time cannot be found so.
        ignores_dates: Most answers lie outside of the period that was asked for.
        by_patient: It lists studies patient by patient only, and was not asked in parts.
        broken: It sent responses that do not say what they are about.
        given_up: There were too many queries.
        over: It came to its end.
    """

    archive: str
    queries: int = 0
    limit: int = 0
    crowded: list[StudyPeriod] = field(default_factory=list)
    lost: int = 0
    hours: set[date] = field(default_factory=set)
    ignores_dates: bool = False
    by_patient: bool = False
    broken: bool = False
    given_up: bool = False
    over: bool = False

    @property
    def whole(self) -> bool:
        """Whether these are all studies with a date."""
        return self.over and not self._why_not

    @property
    def verdict(self) -> UserMessage:
        """Whether these are all, and why not, for the user."""
        if not self.over:
            return UserMessage("Not whole: it was stopped.")
        if self._why_not:
            return UserMessage("Not whole: {reason}.", reason=self._why_not)
        if self.hours:
            text = "Whole, except studies without a date, and those of {days} without a time."
            return UserMessage(text, days=_some(sorted(self.hours, reverse=True)))
        return UserMessage("Whole, except studies without a date.")

    @property
    def _why_not(self) -> UserMessage | None:
        archive, limit = self.archive, self.limit
        if self.by_patient:
            return UserMessage("{archive} lists studies patient by patient only", archive=archive)
        if self.ignores_dates:
            return UserMessage("{archive} does not limit its answers to the dates asked for", archive=archive)
        if self.given_up:
            return UserMessage("stopped after {n} queries; narrow the search", n=self.queries)
        if self.crowded:
            days = list(dict.fromkeys(period.day or period for period in self.crowded))
            if len(days) == 1:
                text = "{days} alone may have more than the {n} answers that {archive} sends at most"
            else:
                text = "each of {days} may have more than the {n} answers that {archive} sends at most"
            return UserMessage(text, days=_some(days), n=limit, archive=archive)
        if self.broken:
            return UserMessage("{archive} sent answers about no study", archive=archive)
        if self.lost:
            return UserMessage("{archive} finds {n} of its studies by no date", archive=archive, n=self.lost)
        return None


class DateSplit(Generic[T]):
    """One search in parts.

    Attributes:
        result: Final after the iteration.
        seen: The studies it has told of.
    """

    def __init__(
        self,
        ask: Callable[[StudyPeriod], Iterator[T]],
        told: Callable[[], Told],
        facts: Callable[[T], StudyFacts],
        result: SplitResult,
        *,
        today: date,
        on_period: Callable[[StudyPeriod], object],
    ) -> None:
        """Nothing is asked yet.

        Args:
            ask: The answers of a period.
            told: How its queries ended, once they have.
            facts: Of one answer.
            result: Filled in here.
            today: Where a period without an end is cut first.
            on_period: Called before each query.
        """
        self._ask = ask
        self._told = told
        self._facts = facts
        self._today = today
        self._on_period = on_period
        self.result = result
        self._says_so = False
        self.seen: set[Hashable] = set()
        self._confirmed: set[Hashable] = set()
        self._to_confirm: dict[Hashable, StudyFacts] = {}

    def answers(self, period: StudyPeriod) -> Iterator[T]:
        """All answers of a period, the latest parts first.

        Raises:
            WorkstationError, Cancelled: A query failed; what came before counts.
        """
        waiting = [period]
        while waiting:
            if self.result.queries >= MOST_QUERIES:
                self.result.given_up = True
                break
            part = waiting.pop()
            told, limited = yield from self._part(part)
            if not limited:
                self._confirmed.update(one.identity for one in told)
                continue
            self._to_confirm.update((one.identity, one) for one in told)
            halves = part.halves(self._today)
            if _is_ignored(part, told):
                if part.all_day:
                    self.result.ignores_dates = True
                    break
                # the archive heeds the day, but not the time
                assert part.day is not None
                self.result.hours.discard(part.day)
                self.result.crowded.append(StudyPeriod(part.day, part.day))
                waiting = [other for other in waiting if other.day != part.day]
            elif halves is None:
                self.result.crowded.append(part)
            else:
                waiting += halves
                if part.day is not None:
                    self.result.hours.add(part.day)
        if not self.result.ignores_dates and not self.result.given_up:
            self.result.lost = sum(map(self._is_lost, self._to_confirm.values()))
        self.result.over = True

    def _part(self, period: StudyPeriod) -> Generator[T, None, tuple[list[StudyFacts], bool]]:
        """The answers of one period that were not seen before; all of them, and whether there may be more."""
        result, told = self.result, list[StudyFacts]()
        self._on_period(period)
        for answer in self._ask(period):
            facts = self._facts(answer)
            told.append(facts)
            if facts.identity not in self.seen:
                self.seen.add(facts.identity)
                yield answer
        ended = self._told()
        if not result.queries:
            self._says_so = ended.stopped
        limited = ended.stopped or (not self._says_so and ended.most >= max(result.limit, _LEAST_LIMIT))
        result.queries += 1
        result.limit = max(result.limit, ended.most)
        result.broken = result.broken or ended.broken
        return told, limited

    def _is_lost(self, study: StudyFacts) -> bool:
        """Whether a study that a longer period told of should have come in a shorter one, and did not."""
        if study.identity in self._confirmed or _ALWAYS.holds(study.date, "") is None:
            return False
        if any(period.holds(study.date, study.time) is not False for period in self.result.crowded):
            return False
        days = [StudyPeriod(day, day, 0, 1) for day in self.result.hours]
        return all(day.holds(study.date, study.time) is not None for day in days)


def _some(days: Sequence[object]) -> str:
    """The first of them, for a message of one line."""
    return ", ".join(map(str, days[:3])) + (", …" if len(days) > 3 else "")


def _is_ignored(period: StudyPeriod, told: list[StudyFacts]) -> bool:
    """Whether most answers lie outside of what was asked for."""
    return 2 * sum(period.holds(one.date, one.time) is False for one in told) > len(told)
