"""Ask an archive what there is of a target, and fetch it by one service: which of the two comes first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from workstation.dicom.matches import SeriesMatch
from workstation.dicom.statuses import StatusClass
from workstation.dicom.targets import Target
from workstation.dicom.transfer_syntaxes import USUAL_SYNTAXES
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import (
    AssociationAborted,
    AssociationRejected,
    ConnectionLost,
    NoSuchStudy,
    ProtocolError,
    ServiceRefused,
    TimedOut,
    Unreachable,
    UserMessage,
)
from workstation.network.association import Released
from workstation.network.contexts import classes_for
from workstation.operations.associate_node import takes_no_more
from workstation.operations.association_limit import FEWEST, NEAR, was_slow
from workstation.operations.concurrent_question import ConcurrentQuestion
from workstation.operations.expected_instances import Expected, Listed, expect
from workstation.operations.fetch import ByMove, Fetcher, RetrieveService
from workstation.operations.further_associations import FurtherAssociations
from workstation.operations.held_associations import making_room
from workstation.operations.instance_router import InstanceRouter
from workstation.operations.parallel_fetch import ParallelFetch
from workstation.operations.part_queue import LEAST, PartQueue, in_one, middle_parts
from workstation.operations.query_session import QuerySession, open_query_session, query_terms
from workstation.operations.repair import may_be_fetched, parts, wanted_classes
from workstation.operations.retrieve_attempts import WAITING, Attempts
from workstation.stop import Stop

_BROKEN = (AssociationAborted, ConnectionLost, ProtocolError, Released, TimedOut)
"""How an association ends that an archive breaks off over a question."""


@dataclass(slots=True, kw_only=True)
class AskAndFetch(Attempts):
    """The first request of a retrieve, for all of its target.

    Attributes:
        router: Where the objects go.
    """

    router: InstanceRouter
    _late: bool = False  # the archive is asked what there is when all is fetched
    _one_at_a_time: bool = False  # it took no association to fetch while it was being asked
    _asks_apart: bool = False  # it ended an association to fetch when it was asked on that
    _unsuited: Expected | None = None  # what was listed on an association that is not the one to fetch it

    def fetch_all(self, service: RetrieveService) -> None:
        """Ask what there is, and fetch by ``service`` what is not here."""
        # With something here the archive is asked before; otherwise after the transfer, so that the first
        # image does not wait for the answer. With no idea what to negotiate it is asked before, too, but on
        # an association that can fetch what is usual: only for what else there is another one is opened.
        # Where one for queries is held the question costs no time: it is asked while the other is opened.
        apart = not self._is_hinted(service) and (self._asks_apart or self._holds_one)
        if self.state.expected is None and (self.state.collection.held or apart):
            self._ask_first()
        if self.state.expected is None and self._may_ask_beside:
            self._ask_beside(service)
        else:
            self._fetch_all(service)

    def _fetch_all(self, service: RetrieveService, question: ConcurrentQuestion | None = None) -> None:
        wanted = self._first_parts()
        if not wanted:
            return
        unsure = self.state.expected is None or not self.state.expected.certain
        usual = self.options.syntaxes == USUAL_SYNTAXES
        before = self._late, self._asks_apart
        self.attempt(
            service,
            (self.classes, self.options.syntaxes),
            partial(self._ask_and_fetch, wanted=wanted, question=question),
            fill=unsure and usual,
            apart=not usual,
            tries=None if question is None else 1,
            waits=self._is_hinted(service) or self.state.expected is not None,
        )
        once_more = (self._late, self._asks_apart) != before  # it may send what it does not list
        if self._unsuited is not None:
            listed, self._unsuited, once_more = self._unsuited, None, True
            self.state.forget_negotiated()
            self._note_expected(listed)
        if once_more and not self.is_over():
            self.fetch_all(service)

    def _is_hinted(self, service: RetrieveService) -> bool:
        """Whether it is known what to negotiate before the archive is asked."""
        return isinstance(service, ByMove) or bool(self.target.modalities)

    @property
    def classes(self) -> tuple[str, ...]:
        """The SOP classes known, or likely, to come."""
        return likely_classes(self.target, self.state.expected)

    @property
    def _may_ask_beside(self) -> bool:
        """Whether a held association can be asked at once, while the one to fetch is opened."""
        return self._holds_one and not (self._late or self._one_at_a_time or self.most_associations == 1)

    @property
    def _holds_one(self) -> bool:
        """Whether an association for queries is held."""
        held, options = self.options.held, self.options
        terms = query_terms(self.node, self.quirks, options.models, options.limits)
        return held is not None and held.holds(terms)

    # --- Ask -------------------------------------------------------------------------------------

    def _ask_first(self) -> None:
        """Ask on an association for queries."""
        self._note_expected(self._asked(self.stop, lambda: None))
        self.services.tried(progress=False)

    def _asked(self, stop: Stop, begun: Callable[[], None]) -> Expected:
        try:
            with open_query_session(
                self.node,
                self.quirks,
                stop,
                models=self.options.models,
                observer=self.options.observer,
                limits=self.options.limits,
                held=self.options.held,
            ) as session:
                begun()
                return _ask(session, self.target)
        except ServiceRefused:
            return Expected()  # it cannot be queried: unknown

    def _ask_beside(self, service: RetrieveService) -> None:
        """Ask on the association that is held, and meanwhile open the one to fetch."""
        with ConcurrentQuestion(self._asked, self.stop) as question:
            try:
                self._fetch_all(service, question)
                return
            except (AssociationAborted, AssociationRejected, ConnectionLost, TimedOut, Unreachable) as error:
                # An archive that is being asked, or has just answered, may serve one association at a time.
                begun = self.state.collection.arrived or self.state.responses
                if begun or (question.failed and not takes_no_more(error)):
                    raise
            told = question.answer()
        self.remark(UserMessage("No second association was taken: asked again on one after the other"))
        self._one_at_a_time = True
        if told is not None:
            self._note_expected(told)
        self.fetch_all(service)

    def _ask_and_fetch(
        self, fetcher: Fetcher, wanted: list[Target], question: ConcurrentQuestion | None
    ) -> None:
        """Fetch, and ask: before where several associations may then fetch, or for what comes; else after.

        A question that has been asked already is waited for in the same place.
        """
        answer: Expected | None = None

        def told(seen: Listed | None = None) -> Expected:
            nonlocal answer
            if answer is None:
                answer = None if question is None else question.answer()
                answer = answer or _ask(fetcher.session, self.target, seen)
            return answer

        late, hinted = self._late, self._is_hinted(fetcher.service)
        least = 1 if self.quirks.refuses_lists(self.node) else LEAST
        with FurtherAssociations(partial(self._opening, fetcher), least) as further:
            if self._asks_before(fetcher):
                try:
                    listed = told(self._seen(fetcher, further))
                except _BROKEN:
                    self._ask_late(fetcher)
                    return
                if not hinted and not self._suits(fetcher, listed):
                    self._unsuited = listed
                    return
                if not hinted or (listed.whole and len(listed.instances or ()) >= FEWEST):
                    self._note_expected(listed)
                if not hinted:
                    self.changed(WAITING)
            in_parallel = self._fetch_in_parallel(fetcher, further)
        if not in_parallel:
            self._fetch_alone(fetcher, self._ordered(fetcher, wanted, told))
        if self.state.expected is None and self._late == late and not self.is_over():
            self._note_expected(told())

    def _ask_late(self, fetcher: Fetcher) -> None:
        """The association broke over the question: fetch first, then ask; or ask on another one."""
        fetcher.association.abort()
        if self._is_hinted(fetcher.service):
            self._late = True
        else:
            self._asks_apart = True

    def _asks_before(self, fetcher: Fetcher) -> bool:
        if self.state.expected is not None or self._late:
            return False
        if not self._is_hinted(fetcher.service):
            return True
        count = len(self.target.instances) or self.options.count or FEWEST
        return count >= FEWEST and self._worth_sharing(fetcher)

    def _seen(self, first: Fetcher, further: FurtherAssociations) -> Listed | None:
        """Has further associations opened as soon as enough is listed for them; None: they bring nothing.

        None is opened any more when something is listed that could not come over one like the first: they
        would have to carry other classes, which are not known yet.
        """
        if not self._worth_sharing(first) or first.useless:
            return None
        target, carried = self.target, True

        def seen(uid: str, series: SeriesMatch, sop_class: str) -> None:
            nonlocal carried
            carried = carried and self._carries(first, sop_class, (series.modality,))
            asked = not target.instances or uid in target.instances
            if not carried or not asked or not may_be_fetched(uid, series.series_uid):
                return
            further.listed(series.series_uid)

        return seen

    def _carries(self, fetcher: Fetcher, sop_class: str, modalities: Sequence[str]) -> bool:
        """Whether an association like this one can bring what is of a class as the archive holds it.

        Where the class is not told ("") it is one of those that these modalities make.
        """
        if sop_class or self._is_hinted(fetcher.service):
            return not sop_class or fetcher.carries(sop_class)
        likely = list(classes_for(modalities))
        return bool(likely) and all(map(fetcher.carries, likely))

    def _suits(self, fetcher: Fetcher, listed: Expected) -> bool:
        """Whether an association like this one can bring all that is listed."""
        classes = {sop_class for _, sop_class in (listed.instances or {}).values()}
        carried = (self._carries(fetcher, each, listed.modalities) for each in classes)
        return bool(classes) and listed.whole and all(carried)

    def _note_expected(self, expected: Expected) -> None:
        self.state.expected = expected
        if expected.instances is not None and expected.whole:
            self.state.collection.expected = frozenset(expected.instances)
        if expected.series is not None:
            counted = (expected.instances is None or not expected.whole) and not self.target.series
            count = expected.count if counted else None
            study, source = self.target.study, self.node.label
            self.state.listings = self.router.record_listing(study, source, expected.series, count)
        if expected.absent and not self.state.here:
            raise NoSuchStudy(self.node.label, self.target.level.value.lower())
        if expected.count is not None:
            self.router.check_room(max(0, expected.count - self.state.here))
        self.changed()

    # --- Fetch -----------------------------------------------------------------------------------

    def _first_parts(self) -> list[Target]:
        missing, expected = self.state.missing, self.state.expected
        if missing is None or expected is None or not expected.whole or not self.state.collection.held:
            return [] if not missing and self.counts_all_here() else [self.target]
        lists = not self.quirks.refuses_lists(self.node)
        return list(parts(self.target, expected.instances or {}, missing, lists=lists))

    def counts_all_here(self) -> bool:
        """Nothing is to be fetched: the archive gives no list, and what is here is as much as it counts."""
        expected, held = self.state.expected, len(self.state.collection.held)
        return held > 0 and expected is not None and expected.count == held

    def _worth_sharing(self, fetcher: Fetcher) -> bool:
        """Whether a second association may bring anything, if there is enough to fetch.

        A single one is at its best where the way to the archive is short, and the archive quick.
        """
        if self.options.cancel_after is not None or self.most_associations == 1:
            return False
        far = fetcher.association.round_trip >= NEAR
        return far or self.options.associations is not None or self.quirks.is_slow(self.node)

    def _fetch_in_parallel(self, first: Fetcher, further: FurtherAssociations) -> bool:
        """Fetch over several associations what is missing; False where that is not worth it or impossible."""
        expected, wanted = self.state.expected, self.state.askable
        if not self._worth_sharing(first) or first.useless or expected is None or not expected.whole:
            return False
        if len(wanted) < FEWEST or self.is_over():
            return False
        if not self._suits(first, expected):
            further.close()
        queue = PartQueue(
            self.target,
            expected.instances or {},
            wanted,
            lists=not self.quirks.refuses_lists(self.node),
            first=self.options.first,
            numbers=expected.numbers,
            one_of_each=self._one_of_each,
        )
        further.fetch().fetch(queue)
        return True

    @contextmanager
    def _opening(self, first: Fetcher) -> Iterator[ParallelFetch]:
        """Have further associations opened while the block runs, for what is expected, or else likely."""
        expected, usual = self.state.expected, self.options.syntaxes == USUAL_SYNTAXES
        recipe = self.classes, self.options.syntaxes
        fill = usual and (expected is None or not expected.certain)

        def open_one(stop: Stop) -> AbstractContextManager[Fetcher]:
            return self.opened(first.service, recipe, fill=fill, apart=not usual, tries=1, stop=stop)

        with making_room(self.options.held, self.node), self.quirks.budget(self.node).share() as share:
            fetch = ParallelFetch(self, first, open_one, share)
            with fetch.opening():
                yield fetch

    def _fetch_alone(self, fetcher: Fetcher, wanted: Iterable[Target]) -> None:
        """Fetch over one association, and remember whether the archive lets it wait."""
        begun, before = time.monotonic(), (self.state.collection.bytes, self.state.collection.fresh)
        self.fetch(fetcher, wanted)
        seconds = time.monotonic() - begun
        size, count = self.state.collection.bytes - before[0], self.state.collection.fresh - before[1]
        if (slow := was_slow(count, size, seconds)) is not None:
            self.quirks.sends_slowly(self.node, slow)

    # --- In which order --------------------------------------------------------------------------

    @property
    def _one_of_each(self) -> bool:
        """Whether the middle image of each series is to come first, and the archive sends single images."""
        return self.options.one_of_each and not self.quirks.lacks_single_images(self.node)

    def _ordered(
        self, fetcher: Fetcher, wanted: list[Target], told: Callable[[], Expected]
    ) -> Iterable[Target]:
        """The requests in the order in which what they bring is looked at."""
        first, target = self.options.first, self.target
        if target.instances or len(target.series) == 1 or not (first or self._one_of_each):
            return wanted
        if wanted != [target]:  # something is here: these are parts of what is missing
            return sorted(wanted, key=lambda part: part.series != (first,))
        return self._by_series(fetcher, told)

    def _by_series(self, fetcher: Fetcher, told: Callable[[], Expected]) -> Iterator[Target]:
        """The series on show first, or the middle image of each; then the others.

        Where neither images nor series are listed all is asked for at once.
        """
        first, target = self.options.first, self.target
        alone = first and (not target.series or first in target.series)
        if alone and not self._one_of_each:
            yield Target(target.study, (first,), (), target.patient_id)
        if self.state.expected is None and not self._late:
            try:
                self._note_expected(told())
            except _BROKEN:
                self._ask_late(fetcher)
                return
        expected = self.state.expected
        if expected is None or expected.instances is None or not expected.whole:
            yield from self._unlisted_rest(first) if alone and not self._one_of_each else [target]
            return
        instances, lists = expected.instances, not self.quirks.refuses_lists(self.node)
        if self._one_of_each:
            yield from middle_parts(target, instances, self.state.askable, expected.numbers, first)
        rest = sorted(
            parts(target, instances, self.state.askable, lists=lists),
            key=lambda part: part.series != (first,),
        )
        yield from in_one(rest) if lists else rest

    def _unlisted_rest(self, first: str) -> Iterator[Target]:
        """What is left beside the series that came first, where the archive lists series but no images."""
        target, expected = self.target, self.state.expected
        known = target.series or (() if expected is None else tuple(expected.series or ()))
        came = self.state.collection.fresh and self.state.last.kind is StatusClass.SUCCESS
        if not came or first not in known or not all(map(may_be_asked_for, known)):
            yield target
            return
        rest = (replace(target, series=(series,)) for series in known if series != first)
        yield from rest if self.quirks.refuses_lists(self.node) else in_one(rest)


def likely_classes(target: Target, expected: Expected | None = None) -> tuple[str, ...]:
    """The SOP classes known, or likely, to come of a target; where nothing is known, those of CT first."""
    modalities = target.modalities or (("CT",) if expected is None else ())
    return tuple(dict.fromkeys([*classes_for(modalities), *wanted_classes(expected)]))


def _ask(session: QuerySession, target: Target, seen: Listed | None = None) -> Expected:
    try:
        return expect(session, target, seen)
    except ServiceRefused:
        return Expected()
