"""Fetch what is missing after an archive broke associations, and find the images at which it breaks them.

What was not being fetched then is asked for first. Of a request that broke, the image that was next is put
last and asked for alone, where what came tells which that was; else its halves are asked for. An image that
breaks an association alone is given up. Each image is asked for until it has come, so nothing comes twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from workstation.dicom.targets import Target
from workstation.dicom.transfer_syntaxes import USUAL_SYNTAXES
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import NetworkError, TimedOut, UserMessage
from workstation.operations.breaks import BREAKS, Break, reason_to_give_up
from workstation.operations.fetch import Fetcher, RetrieveService, heeds_no_list
from workstation.operations.part_queue import Part
from workstation.operations.repair import Recipe, parts
from workstation.operations.retrieve_attempts import Attempts
from workstation.operations.retrieve_services import MAX_FRUITLESS, forbids

MAX_BREAKS = 6
"""Associations in a row that broke without an image: then it is the archive."""

MAX_BREAKS_AT_FIRST = 2
"""The same where nothing has come at all."""

MAX_SILENCES = 3
"""How often the time limit of an answer is waited for."""


class BreakRecovery:
    """Asks for what is missing by one service, over one association after the other."""

    def __init__(self, attempts: Attempts, service: RetrieveService, recipe: Recipe) -> None:
        """Nothing is asked for yet; it is known what the archive lists.

        Args:
            attempts: The retrieve.
            service: Which broke.
            recipe: What to negotiate.
        """
        self._attempts, self._service, self._recipe = attempts, service, recipe
        self._state = attempts.state
        self._lists = not attempts.quirks.refuses_lists(attempts.node)
        self._requests: deque[Part] = deque()
        self._alone: deque[Part] = deque()
        self._asked: Part | None = None
        self._given_up_series = False
        known = self._state.expected
        self._instances = (known.instances if known is not None and known.whole else None) or {}
        for part in self._first_requests() if self._instances else self._series():
            self._requests.append(part)
        split: set[str] = set()
        for each in self._state.breaks if self._instances else ():
            uids = [uid for uid in self._uids_of(each) if uid not in split]
            self._split(uids)
            split.update(uids)

    def run(self) -> None:
        """Ask until nothing is left, or associations only break.

        Raises:
            NetworkError: The archive cannot be reached any more, breaks each association, or is silent too
                often; or it broke one over a series of which it lists no images, or all it was asked for.
            Cancelled: Stopped.
        """
        state = self._state
        in_a_row: list[str] = []
        breaks = silences = 0
        fresh = state.collection.fresh
        if not self._is_left() and state.missing is None:
            raise state.breaks[-1].error
        failure: NetworkError | None = None
        while self._is_left() and self._attempts.worth_trying():
            before = state.collection.fresh
            try:
                self._fetch_over_one()
            except NetworkError as error:
                if state.collection.fresh > before:
                    breaks = 0
                    in_a_row.clear()
                if isinstance(error, BREAKS) and self._asked is not None:  # it was open
                    breaks += 1
                    silences += isinstance(error, TimedOut)
                    failure = error
                    in_a_row += self._broke(self._asked, error)
                    most = MAX_BREAKS if state.here else MAX_BREAKS_AT_FIRST
                    if not self._is_left() or (breaks < most and silences < MAX_SILENCES):
                        continue
                for uid in in_a_row:  # it is the archive, not these images
                    state.given_up.pop(uid, None)
                raise
        if not self._lists and state.collection.fresh > fresh:
            self._attempts.quirks.takes_no_lists(self._attempts.node)
        proven = state.collection.held or state.collection.fresh > state.breaks[0].came
        if failure is not None and (self._given_up_series or not proven):
            raise failure

    # --- What to ask for -------------------------------------------------------------------------

    def _first_requests(self) -> Iterator[Part]:
        """What is missing beside that over which an association broke."""
        broken = {uid for each in self._state.breaks for uid in self._uids_of(each)}
        return self._parts(self._state.askable - broken)

    def _uids_of(self, each: Break) -> tuple[str, ...]:
        if each.uids is not None:
            return each.uids
        return tuple(uid for uid, (series, _) in self._instances.items() if each.target.covers(series, uid))

    def _parts(self, uids: Iterable[str]) -> Iterator[Part]:
        wanted = set(uids)
        target, lists = self._attempts.target, self._lists
        for each in parts(target, self._instances, wanted, lists=lists, by_uid=not lists):
            if each.instances:
                yield Part(each, each.instances)
            else:
                uids_of_series = (uid for uid in self._instances if self._instances[uid][0] in each.series)
                yield Part(each, tuple(uids_of_series))

    def _series(self) -> Iterator[Part]:
        """Each series that has not come in full, where no images are listed; those without any first."""
        target, expected = self._attempts.target, self._state.expected
        listed = (expected.series if expected is not None else None) or {}
        if target.instances or len(target.series or listed) < 2:
            return
        came = [series for series, _ in self._state.collection.files.values()]
        for uid in sorted(target.series or listed, key=lambda uid: uid in came):
            count = listed[uid].count if uid in listed else None
            if may_be_asked_for(uid) and (count is None or came.count(uid) < count):
                yield Part(Target(target.study, (uid,), (), target.patient_id), ())

    def _split(self, uids: Sequence[str]) -> None:
        """Have the images of a request that broke asked for so that the one that broke it is found."""
        askable = self._state.askable
        missing = [uid for uid in uids if uid in askable]
        came = len(uids) - len(missing)
        in_order = came > 0 and not askable.intersection(uids[:came])
        middle = 1 if in_order else len(missing) // 2
        for some in (missing[middle:], missing[:middle]):  # rather not the broken one
            if len(some) == 1:
                self._alone += self._parts(some)
            else:
                self._requests += self._parts(some)

    def _broke(self, part: Part, error: NetworkError) -> list[str]:
        """Note that an association broke over a request; returns the image that is given up."""
        if not part.uids:
            self._given_up_series = True
        elif len(part.uids) > 1:
            self._split(part.uids)
        elif part.uids[0] in self._state.askable:
            self._state.given_up[part.uids[0]] = reason_to_give_up(self._attempts.node.label, error)
            return [part.uids[0]]
        return []

    def _is_left(self) -> bool:
        return bool(self._requests or self._alone)

    def _give_up(self) -> None:
        self._requests.clear()
        self._alone.clear()

    # --- Ask -------------------------------------------------------------------------------------

    def _fetch_over_one(self) -> None:
        self._asked = None
        usual = self._attempts.options.syntaxes == USUAL_SYNTAXES
        certain = self._state.expected is not None and self._state.expected.certain
        fill = usual and not certain
        with self._attempts.opened(self._service, self._recipe, fill=fill, apart=not usual) as fetcher:
            self._state.negotiated(fetcher)
            fruitless = 0
            while not self._attempts.is_over() and (part := self._next()) is not None:
                self._asked = part
                came = self._fetch(fetcher, part)
                self._asked = None
                fruitless = 0 if came else fruitless + 1
                if fruitless == MAX_FRUITLESS or fetcher.useless:
                    self._give_up()

    def _next(self) -> Part | None:
        """The next request, for what has not come meanwhile; by C-MOVE something may."""
        while self._is_left():
            part = (self._requests or self._alone).popleft()
            if not part.uids:
                return part
            arrived = self._state.collection.arrived
            missing = tuple(uid for uid in part.uids if uid not in arrived)
            if missing == part.uids:
                return part
            if missing:
                [series] = part.target.series
                target = Target(part.target.study, (series,), missing, part.target.patient_id)
                return Part(target, missing)
        return None

    def _fetch(self, fetcher: Fetcher, part: Part) -> int:
        """Ask for one; returns how many came."""
        state, before = self._state, self._state.collection.fresh
        response = fetcher.fetch(part.target, state.collection)
        state.note(response, self._service)
        came = state.collection.fresh - before
        if heeds_no_list(part.target, response, came, fetcher.service):
            fetcher.association.remark(UserMessage("No list of UIDs is taken: asked again one by one"))
            self._lists = False
            rest = [part, *self._requests]
            self._requests = deque(one for each in rest for one in self._parts(each.uids))
        elif forbids(response) and not came:
            self._give_up()
        return came
