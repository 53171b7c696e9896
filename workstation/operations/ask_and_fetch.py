"""Ask an archive what there is of a target, and fetch it by one service: which of the two comes first."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

from workstation.dicom.targets import Target
from workstation.dicom.transfer_syntaxes import USUAL_SYNTAXES
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    NoSuchStudy,
    ProtocolError,
    ServiceRefused,
    TimedOut,
)
from workstation.network.contexts import classes_for
from workstation.operations.expected_instances import Expected, expect
from workstation.operations.fetch import ByMove, Fetcher, RetrieveService
from workstation.operations.instance_router import InstanceRouter
from workstation.operations.parallel_fetch import FEWEST, NEAR, ParallelFetch
from workstation.operations.part_queue import PartQueue
from workstation.operations.query_session import QuerySession, open_query_session
from workstation.operations.repair import parts, wanted_classes
from workstation.operations.retrieve_attempts import Attempts

_TELLING = 20
"""Objects that tell how quick an archive is."""

SLOW_OBJECTS, SLOW_BYTES = 200.0, 50e6
"""Per second and association; an archive that sends less of both could send more at once."""


@dataclass(slots=True, kw_only=True)
class AskAndFetch(Attempts):
    """The first request of a retrieve, for all of its target.

    Attributes:
        router: Where the objects go.
    """

    router: InstanceRouter
    _late: bool = False  # the archive is asked what there is when all is fetched

    def fetch_all(self, service: RetrieveService) -> None:
        """Ask what there is, and fetch by ``service`` what is not here."""
        # With something here, or no idea what to negotiate, the archive is asked before; otherwise
        # after the transfer, so that the first image does not wait for the answer.
        hinted = isinstance(service, ByMove) or bool(self.target.modalities)
        if self.state.expected is None and (self.state.collection.held or not hinted):
            self._ask_first()
        wanted = self._first_parts()
        if not wanted:
            return
        unsure = self.state.expected is None or not self.state.expected.certain
        usual = self.options.syntaxes == USUAL_SYNTAXES
        late = self._late
        self.attempt(
            service,
            (self.classes, self.options.syntaxes),
            partial(self._ask_and_fetch, wanted=wanted),
            fill=unsure and usual,
            apart=not usual,
        )
        if self._late and not late and not self.is_over():  # it may send what it does not list
            self.fetch_all(service)

    @property
    def classes(self) -> tuple[str, ...]:
        """The SOP classes known, or likely, to come."""
        hinted = classes_for(self.target.modalities)
        return tuple(dict.fromkeys([*hinted, *wanted_classes(self.state.expected)]))

    # --- Ask -------------------------------------------------------------------------------------

    def _ask_first(self) -> None:
        """Ask on an association of its own."""
        try:
            with open_query_session(
                self.node,
                self.quirks,
                self.stop,
                models=self.options.models,
                observer=self.options.observer,
                limits=self.options.limits,
            ) as session:
                self._note_expected(_ask(session, self.target))
        except ServiceRefused:
            self._note_expected(Expected())  # it cannot be queried: unknown
        self.services.tried(progress=False)

    def _ask_and_fetch(self, fetcher: Fetcher, wanted: list[Target]) -> None:
        """Fetch, and ask on the same association: before where several may then fetch, else after."""
        told: Expected | None = None
        if self._asks_before(fetcher):
            try:
                told = _ask(fetcher.session, self.target)
            except (AssociationAborted, ConnectionLost, ProtocolError, TimedOut):
                fetcher.association.abort()
                self._late = True
                return
            if told.whole and len(told.instances or ()) >= FEWEST:
                self._note_expected(told)
        if not self._fetch_in_parallel(fetcher):
            self._fetch_alone(fetcher, wanted)
        if self.state.expected is None and not self.is_over():
            self._note_expected(told or _ask(fetcher.session, self.target))

    def _asks_before(self, fetcher: Fetcher) -> bool:
        unknown = self.state.expected is None and not self._late
        many = not 0 < len(self.target.instances) < FEWEST
        return unknown and many and self._worth_sharing(fetcher)

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

    def _fetch_in_parallel(self, first: Fetcher) -> bool:
        """Fetch over several associations what is missing; False where that is not worth it or impossible."""
        expected, wanted = self.state.expected, self.state.askable
        if not self._worth_sharing(first) or first.useless or expected is None or not expected.whole:
            return False
        if len(wanted) < FEWEST or self.is_over():
            return False
        usual = self.options.syntaxes == USUAL_SYNTAXES
        open_one = partial(
            self.opened,
            first.service,
            (self.classes, self.options.syntaxes),
            fill=not expected.certain and usual,
            apart=not usual,
            tries=1,
        )
        queue = PartQueue(
            self.target,
            expected.instances or {},
            wanted,
            lists=not self.quirks.refuses_lists(self.node),
            first=self.options.first,
            numbers=expected.numbers,
        )
        with self.quirks.budget(self.node).share() as share:
            ParallelFetch(self, first, open_one, queue, share).run()
        return True

    def _fetch_alone(self, fetcher: Fetcher, wanted: list[Target]) -> None:
        """Fetch over one association, and remember whether the archive lets it wait."""
        begun, before = time.monotonic(), (self.state.collection.bytes, self.state.collection.fresh)
        self.fetch(fetcher, wanted)
        seconds = time.monotonic() - begun
        size, count = self.state.collection.bytes - before[0], self.state.collection.fresh - before[1]
        if count >= _TELLING:
            slow = count < SLOW_OBJECTS * seconds and size < SLOW_BYTES * seconds
            self.quirks.sends_slowly(self.node, slow)


def _ask(session: QuerySession, target: Target) -> Expected:
    try:
        return expect(session, target)
    except ServiceRefused:
        return Expected()
