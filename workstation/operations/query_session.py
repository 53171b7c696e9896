"""Query an archive level by level over one open association, with its quirks taken into account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from workstation.dicom.criteria import HOURS, Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.further_query import FurtherQuery
from workstation.dicom.levels import Level, Model
from workstation.dicom.matches import ImageMatch, Match, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.mismatch import Mismatch
from workstation.dicom.mismatches import mismatch
from workstation.dicom.nodes import Node
from workstation.dicom.other_key_matching import untold
from workstation.dicom.other_keys import OtherKey
from workstation.dicom.query_options import QueryOptions
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    NetworkError,
    OperationFailed,
    ServiceRefused,
)
from workstation.network.association import Association, Released
from workstation.network.contexts import FIND
from workstation.network.find import Find, FindResponse
from workstation.network.limits import LIMITS, Limits
from workstation.network.trace import Observer
from workstation.operations.asked_keys import AskedKeys, key_choices, left_out, remember_refusal
from workstation.operations.associate_node import NodeAssociation
from workstation.operations.charset_detection import AnswerReader
from workstation.operations.extended_negotiation import (
    agreed_options,
    open_with_options,
    proposed_contexts,
    proposed_options,
)
from workstation.operations.find_answers import to_match
from workstation.operations.held_associations import HeldAssociations, Terms
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_identifiers import expand_values, identifier, utc_offset
from workstation.settings.preferences import DEFAULT_SEARCH_LIMIT
from workstation.stop import Cancelled, Stop

if TYPE_CHECKING:
    from pydicom import Dataset


ROW_LIMIT = DEFAULT_SEARCH_LIMIT
WITHOUT_LIMIT = 1_000_000
"""Rows of one search that the user asked for with "load all"; bounds the memory."""

QUERY_MODELS = (Model.STUDY, Model.PATIENT)
SEARCH_MODELS = (*QUERY_MODELS, Model.PATIENT_STUDY)
"""The models a search is made under; the last one, retired, knows neither series nor images."""

_TOGETHER = 64
_SURELY_ONE = 16 * 1024
"""Bytes in which another answer stands, unless it is an unusually long one."""

_SEARCHED = (Level.PATIENT, Level.STUDY)
"""Where a round number of answers may be a limit; a series may well have exactly 100 images."""

M = TypeVar("M", bound=Match)


@dataclass(slots=True, kw_only=True)
class QuerySession:
    """Asks one archive under one model.

    Attributes:
        node: The archive.
        association: Open, with the model's C-FIND context.
        model: Study Root, or Patient Root.
        quirks: What is known of nodes.
        stop: Ends it.
        limit: Rows after which a query is cancelled.
        extra: Fields of a match to be asked for beside those of every query.
        details: Further such fields, left out on their own where they are refused.
        reopen: Opens another association in place of one that was held, if that turns out to be over when
            the first query is asked.
        renew: Opens another association in place of one that the archive has ended; None: it cannot be.
        incomplete: A query ended before all answers were sent.
        limited: After so many answers to a query the archive stopped by itself, or seems to have.
        most: Answers to the query that brought most.
        answered: Answers to all queries so far.
        strays: Those about another study or series than was asked for.
        mismatches: Those that :meth:`fits` found not to fit, in their order, each once.
        widened: The query that runs asks for more than what was typed; what does not fit is no surprise.
        asks_times: The query that runs asks for the times that were typed; else what differs in them alone
            is no surprise either.
        further: The queries that asked otherwise than it was typed.
        others: Further keys whose values the answers are to tell, each at its level.
        untold: Of each of them by its path, how many of the studies that fit could not be checked.
    """

    node: Node
    association: Association
    model: Model
    quirks: NodeQuirks
    stop: Stop
    limit: int = ROW_LIMIT
    extra: frozenset[str] = frozenset()
    details: frozenset[str] = frozenset()
    reopen: Callable[[], Association] | None = None
    renew: Callable[[], Association] | None = None
    incomplete: bool = field(default=False, init=False)
    limited: int | None = field(default=None, init=False)
    most: int = field(default=0, init=False)
    answered: int = field(default=0, init=False)
    _count: int = field(default=0, init=False)
    _options: QueryOptions | None = field(default=None, init=False)
    _proven: set[tuple[Level, AskedKeys]] = field(default_factory=set, init=False)
    strays: int = field(default=0, init=False)
    mismatches: dict[Mismatch, None] = field(default_factory=dict, init=False)
    widened: bool = field(default=False, init=False)
    asks_times: bool = field(default=True, init=False)
    further: list[FurtherQuery] = field(default_factory=list, init=False)
    others: tuple[OtherKey, ...] = field(default=(), init=False)
    untold: Counter[str] = field(default_factory=Counter, init=False)

    def begin(self, limit: int | None = None) -> None:
        """Forget how the queries before ended; set another limit of rows if one is given."""
        self.limit = self.limit if limit is None else limit
        self.incomplete, self.limited, self.most = False, None, 0

    @property
    def options(self) -> QueryOptions:
        """What the archive agreed to for queries."""
        if self._options is None:  # looked at for each row
            self._options = agreed_options(self.association, self.model)
        return self._options

    @property
    def by_patient(self) -> bool:
        """Whether studies are to be asked for patient by patient: no relational queries (PS3.4 C.6.1)."""
        return self.model is not Model.STUDY and not self.options.relational

    def find(self, keys: Dataset) -> Find:
        """One query with these keys."""
        reopen, self.reopen = self.reopen, None

        def other() -> Association:
            assert reopen is not None
            self.association, self._options = reopen(), None
            return self.association

        return Find(self.association, self.model, keys, reopen=None if reopen is None else other)

    def rows(self, level: Level, values: dict[str, str], kind: type[M]) -> Iterator[M]:
        """One query's rows; a refusal of optional or further keys is met with plainer queries.

        So is the end of the association before any answer: some archives abort on keys they do not know.

        Raises:
            OperationFailed: The archive refuses the query itself.
            NetworkError: The association broke.
            Cancelled: Stopped.
        """
        paths = {key.path for key in self.others if key.level is level}
        usual = {keyword: value for keyword, value in values.items() if keyword not in paths}
        wanted = AskedKeys(others=bool(paths), extra=self.extra, details=self.details)
        tries = key_choices(self.node, self.quirks, level, wanted)
        ended = False
        for keys, plainer in pairwise([*tries, None]):
            assert keys is not None
            asked = usual | dict.fromkeys(paths, "") | values if keys.others else usual
            answered = 0
            try:
                for row in self._query(level, asked, kind, keys):
                    answered += 1
                    yield row
            except OperationFailed as refused:
                if answered or plainer is None or not is_about_keys(refused.code):
                    raise
                self.association.remark(left_out(keys, plainer))
                continue
            except (AssociationAborted, ConnectionLost, Released):
                proven = (level, keys) in self._proven  # then it has ended for another reason
                if answered or proven or plainer is None or not self.renewed():
                    raise
                ended = True
                self.association.remark(left_out(keys, plainer))
                continue
            self._proven.add((level, keys))
            first = next(each for each in tries if each.others == keys.others)
            remember_refusal(self.node, self.quirks, level, first, keys, ended=ended)
            return

    def renewed(self) -> bool:
        """Open another association in place of the one that has ended; whether that could be done."""
        if self.renew is None:
            return False
        try:
            self.association, self._options = self.renew(), None
        except NetworkError:
            return False
        return True

    def _query(self, level: Level, values: dict[str, str], kind: type[M], keys: AskedKeys) -> Iterator[M]:
        if self.association.closed:
            return  # with the query before, see below: ``incomplete`` is set
        if self.options.time_zone:
            values = values | {"TimezoneOffsetFromUTC": utc_offset()}
        asked = self.find(
            identifier(level, values, charset=self.node.charset, full=keys.full, extra=keys.fields)
        )

        def read(node: Node, found: FindResponse, number: int) -> Match:
            return to_match(level, node, found, number, self.others)

        reader = AnswerReader(self.node, self.quirks, read)
        try:
            number = self.answered
            for several in self._together(self.answers(asked, level)):
                for found in several:
                    number += 1
                    yield from _of_kind(reader.rows(found, number), kind)
        except (NetworkError, Released):
            self.stop.check()
            yield from _of_kind(reader.rest(), kind)
            raise
        yield from _of_kind(reader.rest(), kind)

    def _together(self, answers: Iterator[FindResponse]) -> Iterator[list[FindResponse]]:
        """Answers in groups of those that are here already, so that none waits for another.

        Reading many and then making rows of them takes a processor less than doing both by turns.
        """
        here: list[FindResponse] = []
        try:
            for found in answers:
                here.append(found)
                if len(here) >= _TOGETHER or self.association.at_hand < _SURELY_ONE:
                    yield here
                    here = []
        except (NetworkError, Cancelled, Released):
            yield here
            raise
        yield here

    def answers(self, asked: Find, level: Level | None = None) -> Iterator[FindResponse]:
        """The answers to one query up to our limit; of a worklist without a level.

        Raises:
            OperationFailed, NetworkError, Cancelled: As :meth:`rows`.
        """
        self._count, out_of_resources = 0, False
        try:
            yield from self._limited(asked)
        except (NetworkError, Cancelled, Released) as ended:
            self.stop.check()
            out_of_resources = isinstance(ended, OperationFailed) and is_about_limit(ended.code)
            if self.association.cancelled:
                # At our limit some end the association, others do not heed C-CANCEL: what came counts.
                self.association.abort()
            elif not (out_of_resources and self._count):
                raise
        self.stop.check()
        # a pending response without an identifier was to be an answer: it is not known about what
        self.incomplete = self.incomplete or asked.empty > 0
        self._end(level, stopped=asked.incomplete or out_of_resources)

    def _limited(self, asked: Find) -> Iterator[FindResponse]:
        """The answers up to our limit."""
        for found in asked:
            if self.association.cancelled:
                continue  # results stop at once; what still comes is only drained
            if not found.data:
                continue  # a pending response without an identifier answers nothing
            self._count += 1
            if self._count > self.limit:
                self.incomplete = True
                asked.cancel(grace=self.association.limits.grace)
                continue
            self.answered += 1
            yield found

    def _end(self, level: Level | None, *, stopped: bool) -> None:
        """Note how a query ended, and whether that looks like a limit of the archive."""
        self.incomplete = self.incomplete or stopped
        self.most = max(self.most, self._count)
        if self._count > self.limit:
            return
        if stopped or (level in _SEARCHED and self.quirks.seems_limited(self.node, self._count)):
            self.limited = self._count

    def fits(self, criteria: Criteria, row: PatientMatch | StudyMatch) -> bool:
        """Whether an answer fits what was asked for; one that does not is set aside.

        A wider query brings what was not asked for: that is only left out, and so is what cannot be checked.
        Where the archive has agreed to match names by similarity, it knows which fit, if it was asked for
        the name as it was typed: a wider query names part of it, or none.
        """
        if self.options.fuzzy_names and not self.widened:
            criteria = replace(criteria, name="")
        found = mismatch(criteria, row)
        if found is not None:
            asked = criteria if self.asks_times else _without_times(criteria)
            if not self.widened and (asked is criteria or mismatch(asked, row) is not None):
                self.mismatches[found] = None
            return False
        if not criteria.others:
            return True
        unknown = self._untold(criteria, row)
        if not self.widened:
            self.untold.update(unknown)
        return not (self.widened and unknown)

    def _untold(self, criteria: Criteria, row: PatientMatch | StudyMatch) -> list[str]:
        if isinstance(row, PatientMatch):
            return []
        return untold((key for key in criteria.others if key.level is Level.STUDY), row.told)

    def series(self, study: str, patient_id: str) -> Iterator[SeriesMatch]:
        """The series of a study, each once; answers about another study are only counted."""
        values = expand_values(self.model, study, "", patient_id)
        seen: set[str] = set()
        for found in self.rows(Level.SERIES, values, SeriesMatch):
            if found.study_uid not in ("", study):
                self.strays += 1
            elif found.series_uid not in seen:
                seen.add(found.series_uid)
                yield replace(found, study_uid=study)

    def images(self, study: str, series: str, patient_id: str) -> Iterator[ImageMatch]:
        """The instances of a series, each once; answers about another series are only counted."""
        values = expand_values(self.model, study, series, patient_id)
        seen: set[str] = set()
        for found in self.rows(Level.IMAGE, values, ImageMatch):
            if found.series_uid not in ("", series):
                self.strays += 1
            elif found.sop_uid not in seen:
                seen.add(found.sop_uid)
                told = (found.study_uid, found.series_uid) == (study, series)
                yield found if told else replace(found, study_uid=study, series_uid=series)


def _of_kind(rows: Iterable[Match], kind: type[M]) -> Iterator[M]:
    for row in rows:
        assert isinstance(row, kind)
        yield row


def _without_times(criteria: Criteria) -> Criteria:
    others = tuple(key for key in criteria.others if key.path != HOURS)
    return replace(criteria, span=DateSpan(criteria.span.first, criteria.span.last), others=others)


def is_about_keys(code: int | None) -> bool:
    """Whether a status refuses the identifier: A9xx, or Cxxx, unable to process (PS3.4 C.4.1.1.4)."""
    return code is not None and (code >> 8 == 0xA9 or code >> 12 == 0xC)


def is_about_limit(code: int | None) -> bool:
    """Whether a status says that there are more answers than the archive can send: A7xx, out of resources."""
    return code is not None and code >> 8 == 0xA7


@contextmanager
def open_query_session(
    node: Node,
    quirks: NodeQuirks,
    stop: Stop,
    *,
    models: tuple[Model, ...] = QUERY_MODELS,
    limit: int = ROW_LIMIT,
    observer: Observer | None = None,
    limits: Limits = LIMITS,
    held: HeldAssociations | None = None,
    extra: frozenset[str] = frozenset(),
) -> Iterator[QuerySession]:
    """An association for queries, under the first of ``models`` the archive accepts; held afterwards.

    Raises:
        ServiceRefused: It accepts none of them.
        NetworkError, Cancelled: No association could be opened, or it broke.
    """
    with ExitStack() as stack:

        def enter(options: QueryOptions) -> NodeAssociation:
            proposals = proposed_contexts(_proposed(models), options)
            return stack.enter_context(
                NodeAssociation(
                    node, proposals, quirks, stop, observer=observer, limits=limits, held=held, keep=True
                )
            )

        opened = open_with_options(node, quirks, enter)
        stack.enter_context(quirks.budget(node).querying())
        yield QuerySession(
            node=node,
            association=opened.association,
            model=usable_model(opened.association, FIND, models),
            quirks=quirks,
            stop=stop,
            limit=limit,
            extra=extra,
            reopen=opened.reopen if opened.reused else None,
            renew=opened.reopen,
        )


def query_terms(node: Node, quirks: NodeQuirks, models: tuple[Model, ...], limits: Limits) -> Terms:
    """What :func:`open_query_session` opens an association with."""
    return Terms.of(node, proposed_contexts(_proposed(models), proposed_options(node, quirks)), limits)


def _proposed(models: tuple[Model, ...]) -> tuple[Model, ...]:
    """What is proposed for ``models``: the same for a search as for what follows on its association."""
    return SEARCH_MODELS if models == QUERY_MODELS else models


def usable_model(association: Association, classes: dict[Model, str], models: tuple[Model, ...]) -> Model:
    """The first of ``models`` whose class (of C-FIND, C-GET or C-MOVE) was accepted.

    Raises:
        ServiceRefused: None was.
    """
    accepted = {context.abstract_syntax for context in association.contexts.values()}
    for model in models:
        if classes[model] in accepted:
            return model
    raise ServiceRefused(association.node, "queries" if classes is FIND else "this retrieve method")
