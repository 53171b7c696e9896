"""Run a query with the keys as they are given, for the command line: what ``findscu`` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from datetime import date
from typing import TYPE_CHECKING

from workstation.dicom.levels import Level, Model
from workstation.dicom.matches import StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.query_options import QueryOptions
from workstation.dicom.study_period import StudyPeriod
from workstation.errors import BadInput, OperationFailed
from workstation.network.association import Association
from workstation.network.exchange import Kind
from workstation.network.exchanges import conclude, recorded
from workstation.network.find import Find, FindResponse
from workstation.network.requestor import associate
from workstation.network.trace import Observer
from workstation.operations.date_split import DateSplit, SplitResult, StudyFacts, Told
from workstation.operations.extended_negotiation import agreed_options, open_with_options, proposed_contexts
from workstation.operations.find_answers import to_match
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_session import is_about_limit
from workstation.stop import Stop

if TYPE_CHECKING:
    from pydicom import Dataset


class RawFind:
    """One query under one model; iterate for the answers as they are.

    Attributes:
        incomplete: The archive stopped early; final after the iteration.
        cancelled: We sent C-CANCEL. Whether what came is all there is cannot be known then, whatever the
            final status.
        empty: See :attr:`workstation.network.find.Find.empty`.
        status: The final status; None before the end.
        limited: So many answers seem to be the limit of the archive, though it did not say so.
        options: What the archive agreed to by extended negotiation.
        split: What is known of a query by date; None: it is a single one.
    """

    def __init__(
        self,
        node: Node,
        model: Model,
        keys: Dataset,
        stop: Stop,
        *,
        quirks: NodeQuirks | None = None,
        cancel_after: int | None = None,
        by_date: StudyPeriod | None = None,
        on_period: Callable[[StudyPeriod], object] = lambda period: None,
        observer: Observer | None = None,
    ) -> None:
        """Nothing is asked yet.

        Args:
            node: The archive; what its ``queries`` say is proposed.
            model: Information model.
            keys: The whole identifier, Query/Retrieve Level included where the model has one.
            stop: Ends it.
            quirks: What is known of nodes.
            cancel_after: Send C-CANCEL after so many answers.
            by_date: Ask for studies of this period by halves of it until all have been told of.
            on_period: Called before each part of it.
            observer: Called with every message.
        """
        self.incomplete = self.limited = False
        self.cancelled = False
        self.empty = 0
        self.status: int | None = None
        self.options = QueryOptions()
        self.split = None if by_date is None else SplitResult(archive=node.label)
        self._node, self._model, self._keys, self._stop = node, model, keys, stop
        self._quirks = quirks or NodeQuirks()
        self._cancel_after = cancel_after
        self._by_date = by_date
        self._on_period = on_period
        self._observer = observer
        self._count = self._total = 0

    def __iter__(self) -> Iterator[FindResponse]:
        """The answers; those that cross our C-CANCEL too.

        Raises:
            WorkstationError, Cancelled: The query came to nothing.
        """
        with (
            recorded(Kind.QUERY, self._observer, self._node.label, self._node) as observer,
            ExitStack() as stack,
        ):

            def opened(options: QueryOptions) -> Association:
                proposals = proposed_contexts([self._model], options)
                return stack.enter_context(associate(self._node, proposals, self._stop, observer=observer))

            association = open_with_options(self._node, self._quirks, opened)
            self.options = agreed_options(association, self._model)
            if self.split is None:
                yield from self._answers(association, self._keys)
                alone = not (self.incomplete or self.cancelled)
                self.limited = alone and self._quirks.is_limited_to(self._node, self._total)
            else:
                yield from self._in_parts(association, self.split)
            conclude(observer, incomplete=self.incomplete or self.cancelled)
        self._stop.check()

    def _answers(self, association: Association, keys: Dataset) -> Iterator[FindResponse]:
        asked = Find(association, self._model, keys)
        self._count = 0
        for found in asked:
            self._count += 1
            self._total += 1
            yield found
            if self._count == self._cancel_after:
                asked.cancel()
                self.cancelled = True
        self.empty += asked.empty
        if asked.response is not None:
            self.status = asked.response.status
        self.incomplete = asked.incomplete

    def _in_parts(self, association: Association, result: SplitResult) -> Iterator[FindResponse]:
        assert self._by_date is not None

        def ask(period: StudyPeriod) -> Iterator[FindResponse]:
            keys = deepcopy(self._keys)
            for keyword, value in ({"StudyDate": "", "StudyTime": ""} | period.keys).items():
                setattr(keys, keyword, value)
            try:
                yield from self._answers(association, keys)
            except OperationFailed as failed:
                if not is_about_limit(failed.code):
                    raise
                self.status, self.incomplete = failed.code, True

        split = DateSplit(ask, self._told, self._facts, result, today=date.today(), on_period=self._on_period)
        yield from split.answers(self._by_date)
        self.incomplete = not result.whole

    def _told(self) -> Told:
        return Told(self._count, self.incomplete, broken=self.empty > 0)

    def _facts(self, found: FindResponse) -> StudyFacts:
        study = to_match(Level.STUDY, self._node, found, self._total)
        assert isinstance(study, StudyMatch)
        return StudyFacts.of(study)


def period_to_split(keys: Dataset) -> StudyPeriod:
    """The period that keys for studies are about; the keys by which studies are told apart are added.

    Raises:
        BadInput: They are not about studies of a period of days.
    """
    if keys.get("QueryRetrieveLevel") != Level.STUDY.value:
        raise BadInput("level", str(keys.get("QueryRetrieveLevel", "")), "only studies can be split by date.")
    if time := str(keys.get("StudyTime") or ""):
        raise BadInput("Study Time", time, "a search that is split by date cannot be limited to times.")
    typed = str(keys.get("StudyDate") or "")
    period = StudyPeriod.of_key(typed)
    if period is None:
        raise BadInput("Study Date", typed, "give a day or a range, for example 20260101-20260331.")
    for keyword in ("StudyDate", "StudyTime", "StudyInstanceUID"):
        if keyword not in keys:
            setattr(keys, keyword, "")
    return period
