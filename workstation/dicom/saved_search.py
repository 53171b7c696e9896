"""A search that can be made again: its line, a period relative to now as such, and perhaps its sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from workstation.dicom.criteria import Criteria
from workstation.dicom.date_periods import date_span
from workstation.dicom.date_span import ANY_DATE
from workstation.dicom.display import is_one_line
from workstation.dicom.levels import Level
from workstation.dicom.search_line import line_of, search_line
from workstation.errors import BadInput, UserMessage

MAX_NAME = 64
"""Characters of a name."""
MAX_LINE = 16_384
"""Characters of a line."""
MOST = 100
"""Saved searches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """One search; its line means at each run what it says then.

    Attributes:
        name: What it was called; empty for one that was made and not saved.
        line: The criteria, as :func:`workstation.dicom.search_line.search_line` reads them; no bare number
            stands in it.
        level: STUDY or PATIENT.
        sources: Keys of the sources it is made in; None: of those that are ticked then.
        at_start: It runs when the program starts, if no search before it in the list does.
    """

    name: str = ""
    line: str = ""
    level: Level = Level.STUDY
    sources: tuple[str, ...] | None = None
    at_start: bool = False

    def __post_init__(self) -> None:
        if len(self.name) > MAX_NAME or not is_one_line(self.name):
            advice = UserMessage("at most {most} printable characters.", most=MAX_NAME)
            raise BadInput("name", self.name[:MAX_NAME], advice)
        if len(self.line) > MAX_LINE or not is_one_line(self.line):
            raise BadInput("search", self.line[:MAX_NAME], "it is too long, or holds what is not printable.")
        if self.level not in (Level.STUDY, Level.PATIENT):
            raise BadInput("level", self.level, "only studies and patients are searched for.")

    def criteria(self, now: datetime) -> Criteria:
        """The criteria at this moment.

        Raises:
            BadInput: The line cannot be understood, or a number stands in it alone.
        """
        line = search_line(self.line, now)
        for number in line.numbers:
            raise BadInput("search", number, "write id: or acc: before a number.")
        return line.criteria

    @property
    def period(self) -> str:
        """The words of its period; empty: any date. Raises BadInput, as :meth:`criteria`."""
        return search_line(self.line, datetime.now()).period

    def with_period(self, words: str) -> SavedSearch:
        """The same of the period that ``words`` say; empty: any date.

        Raises:
            BadInput: As :meth:`criteria`.
        """
        criteria = self.criteria(datetime.now())
        return replace(self, line=line_of(criteria, words))

    def divided(self, existing: Iterable[str]) -> tuple[list[str], list[str]]:
        """Its sources that exist, and those that do not."""
        known = set(existing)
        wanted = self.sources or ()
        return [key for key in wanted if key in known], [key for key in wanted if key not in known]


def search_of(
    criteria: Criteria, period: str, level: Level = Level.STUDY, sources: Sequence[str] | None = None
) -> SavedSearch:
    """The search of these criteria, whose period stands in ``period`` as words; it is not named yet.

    Raises:
        BadInput: No line says exactly this.
    """
    line = line_of(criteria, period)
    now = datetime.now()
    said = search_line(line, now)
    expected = replace(criteria, span=date_span(period, now) if period else ANY_DATE)
    if said.numbers or said.criteria != expected:
        raise BadInput("search", line, "no line says exactly this; type it in one line first.")
    return SavedSearch(line=line, level=level, sources=None if sources is None else tuple(sources))


def check_saved(searches: Sequence[SavedSearch]) -> None:
    """Raise :class:`BadInput` where one has no name, two have the same, or there are too many."""
    seen: set[str] = set()
    for search in searches:
        folded = folded_name(search.name)
        if not folded or folded in seen:
            raise BadInput("name", search.name, "give each search a name of its own.")
        seen.add(folded)
    if len(searches) > MOST:
        raise BadInput(
            "number of searches", str(len(searches)), UserMessage("at most {most} are kept.", most=MOST)
        )


def find_saved(searches: Iterable[SavedSearch], name: str) -> SavedSearch | None:
    """The search of this name, compared without case."""
    return next((search for search in searches if folded_name(search.name) == folded_name(name)), None)


def folded_name(name: str) -> str:
    """A name as it is compared."""
    return name.strip().casefold()
