"""Searches for the entries of a list in the background, in turns of the query lanes of the sources."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import partial
from itertools import islice

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Unlock
from workstation.controllers.sources import Sources
from workstation.dicom import display
from workstation.dicom.list_entries import ListEntries
from workstation.dicom.list_results import EntryState, ValueAnswer
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.list_search_model import ListSearchModel
from workstation.models.list_search_texts import counts_words, source_name
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.list_search import look_up_in_archive, look_up_in_files
from workstation.operations.node_quirks import NodeQuirks

TURN_SECONDS = 1.0
"""So long a job asks on; then others of the lane have their turn, on the same association."""
_AT_ONCE = 5000
"""Values handed to a job."""


class _Phase(Enum):
    ASKING = auto()
    PAUSED = auto()
    DONE = auto()


@dataclass(slots=True, kw_only=True, eq=False)
class _SourceSearch:
    """What is left to be asked of a source.

    Attributes:
        waiting: Values that it has not answered.
        failed: Values that it refused.
        total: How many values there are.
        reason: Why it does not go on; empty: the user said so.
        begun: When it last went on, and how many values waited then.
    """

    key: str
    waiting: deque[str]
    total: int
    phase: _Phase = _Phase.ASKING
    failed: dict[str, None] = field(default_factory=dict)
    reason: str = ""
    job: Job | None = None
    begun: tuple[float, int] = (0.0, 0)


class ListSearch(QObject):
    """At most one list is searched for; it goes on whether its window is open or not.

    Signals:
        changed: How it stands has changed.
        stopped: It has ended, or goes on no more, in words.
    """

    changed = Signal()
    stopped = Signal(str)

    def __init__(
        self,
        *,
        lanes: Lanes,
        sources: Sources,
        quirks: NodeQuirks,
        held: HeldAssociations,
        unlock: Unlock,
        notices: Notices,
        model: ListSearchModel,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._sources = sources
        self._quirks = quirks
        self._held = held
        self._unlock = unlock
        self._notices = notices
        self.model = model
        self._searches: list[_SourceSearch] = []

    def start(self, wanted: ListEntries, keys: Sequence[str]) -> None:
        """Search for a list in the sources ``keys``, instead of the one before."""
        self.pause()
        values = wanted.values
        self._searches = [
            _SourceSearch(key=key, waiting=deque(values), total=len(values), phase=_Phase.PAUSED)
            for key in keys
        ]
        self.model.begin(wanted, keys)
        self.resume()

    def pause(self) -> None:
        """Ask no further until :meth:`resume`."""
        for search in self._searches:
            if search.phase is _Phase.ASKING:
                search.phase, search.reason = _Phase.PAUSED, ""
                if search.job is not None:
                    search.job.cancel()
                    search.job = None
        self.changed.emit()

    def resume(self) -> None:
        """Go on where it was; what was refused is asked for again."""
        wanted = [search for search in self._searches if search.phase is not _Phase.ASKING]
        for search in wanted:
            search.waiting.extend(search.failed)
            search.failed.clear()
            search.phase = _Phase.PAUSED if search.waiting else _Phase.DONE
        wanted = [search for search in wanted if search.waiting]

        def go_on(keys: list[str]) -> None:
            for search in wanted:
                if search in self._searches and search.phase is _Phase.PAUSED:
                    self._go_on(search, allowed=search.key in keys)

        if wanted:
            self._unlock([search.key for search in wanted], go_on)
        else:
            self._tell_if_over()
        self.changed.emit()

    def _go_on(self, search: _SourceSearch, *, allowed: bool) -> None:
        search.reason = "" if allowed else self.tr("its passcode is missing")
        if allowed:
            search.phase = _Phase.ASKING
            search.begun = time.monotonic(), len(search.waiting)
            self._ask(search)
        self.changed.emit()

    # --- How it stands ----------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether a source is being asked."""
        return any(search.phase is _Phase.ASKING for search in self._searches)

    @property
    def resumable(self) -> bool:
        """Whether something is left that could be asked for."""
        return any(search.waiting or search.failed for search in self._searches)

    @property
    def keys(self) -> list[str]:
        """The sources that are searched in."""
        return [search.key for search in self._searches]

    @property
    def share(self) -> tuple[int, int]:
        """How many answers there are, and how many there will be."""
        total = sum(search.total for search in self._searches)
        left = sum(len(search.waiting) for search in self._searches)
        return total - left, total

    def state_of(self, key: str) -> str:
        """How a source stands, in a line."""
        search = next(search for search in self._searches if search.key == key)
        done, name = search.total - len(search.waiting), source_name(key)
        parts = [self.tr("{source}: {n} of {m}").format(source=name, n=done, m=search.total)]
        if search.phase is _Phase.ASKING and (left := self._seconds_left(search)) is not None:
            parts.append(self.tr("about {time} left").format(time=display.duration(left)))
        elif search.phase is _Phase.PAUSED:
            why = search.reason
            parts.append(self.tr("paused: {reason}").format(reason=why) if why else self.tr("paused"))
        if search.failed:
            parts.append(self.tr("{n} failed").format(n=len(search.failed)))
        return "  ·  ".join(parts)

    def _seconds_left(self, search: _SourceSearch) -> float | None:
        since, waiting = search.begun
        answered, passed = waiting - len(search.waiting), time.monotonic() - since
        if answered < 1 or passed < TURN_SECONDS:
            return None
        return passed / answered * len(search.waiting)

    # --- Asking -----------------------------------------------------------------------------------------

    def _ask(self, search: _SourceSearch) -> None:
        """Submit a job for the next turn."""
        key, of = search.key, self.model.key
        source, node = self._sources.get(key), self._sources.node(key)
        if source is None:
            self._stop(search, self.tr("it is not in your list any more"))
            return
        values = list(islice(search.waiting, _AT_ONCE))

        def work(run: Run) -> None:
            turn = _Turn(values)
            if node is None:
                answers = look_up_in_files(source, of, turn, run.stop)
            else:
                answers = look_up_in_archive(node, of, turn, run.stop, quirks=self._quirks, held=self._held)
            for answer in answers:
                run.deliver(replace(answer, source=key))  # by the name it had when the search was begun
                turn.begin()

        job = self._lanes.submit(
            Lane.QUERY,
            f"search for a list in {key}",
            work,
            key=self._sources.lane_key(key),
            report=Report.NONE,
        )
        search.job = job
        job.delivered.connect(partial(self._delivered, search, job))
        job.ended.connect(partial(self._ended, search, job))

    def _delivered(self, search: _SourceSearch, job: Job, answers: list[ValueAnswer]) -> None:
        if search.job is not job:
            return
        for answer in answers:
            if search.waiting and search.waiting[0] == answer.value:
                search.waiting.popleft()
            if answer.error:
                search.failed[answer.value] = None
        self.model.take(answers)
        self.changed.emit()

    def _ended(self, search: _SourceSearch, job: Job, ended: Ended) -> None:
        if search.job is not job:
            return
        search.job = None
        if ended.ending is Ending.CANCELLED:
            self._stop(search, "")
        elif ended.ending is not Ending.DONE:
            search.waiting.rotate(-1)  # should it be this value that it does not survive
            self._stop(search, self._notices.why(ended))
        elif search.waiting:
            self._ask(search)
        else:
            search.phase = _Phase.DONE
            self._tell_if_over()
        self.changed.emit()

    def _stop(self, search: _SourceSearch, reason: str) -> None:
        search.phase, search.reason = _Phase.PAUSED, reason
        if reason:
            text = self.tr("The search for the list is paused in {source}: {reason}")
            self.stopped.emit(text.format(source=source_name(search.key), reason=reason))
        self.changed.emit()

    def _tell_if_over(self) -> None:
        if self._searches and all(search.phase is _Phase.DONE for search in self._searches):
            counts: dict[EntryState, int] = self.model.counts
            self.stopped.emit(
                self.tr("The list was searched for: {counts}").format(counts=counts_words(counts))
            )


class _Turn:
    """Hands out values until the turn is over; it begins with the first answer."""

    def __init__(self, values: Sequence[str]) -> None:
        self._values = values
        self._end = float("inf")

    def begin(self) -> None:
        """The turn has begun, unless it had before."""
        self._end = min(self._end, time.monotonic() + TURN_SECONDS)

    def __iter__(self) -> Iterator[str]:
        for value in self._values:
            if time.monotonic() >= self._end:
                return
            yield value
