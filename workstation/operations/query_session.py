"""Query an archive level by level over one open association, with its quirks taken into account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from workstation.dicom.criteria import Criteria
from workstation.dicom.further_query import FurtherQuery
from workstation.dicom.levels import Level, Model
from workstation.dicom.matches import ImageMatch, Match, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.mismatches import Mismatch, mismatch
from workstation.dicom.nodes import Node
from workstation.dicom.other_key_matching import untold
from workstation.dicom.other_keys import OtherKey
from workstation.errors import NetworkError, OperationFailed, ServiceRefused
from workstation.network.association import Association, Released
from workstation.network.contexts import FIND, VERIFICATION, query
from workstation.network.find import Find, FindResponse
from workstation.network.limits import LIMITS, Limits
from workstation.network.trace import Observer
from workstation.operations.associate_node import NodeAssociation
from workstation.operations.charset_detection import AnswerReader
from workstation.operations.find_answers import to_match
from workstation.operations.held_associations import HeldAssociations, Terms
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_identifiers import expand_values, identifier
from workstation.operations.told_values import with_told
from workstation.stop import Cancelled, Stop

if TYPE_CHECKING:
    from pydicom import Dataset

    from workstation.network.pdus import Proposal

ROW_LIMIT = 5000

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
        reopen: Opens another association in place of one that was held, if that turns out to be over when
            the first query is asked.
        incomplete: A query ended before all answers were sent.
        answered: Answers to all queries so far.
        strays: Those about another study or series than was asked for.
        mismatches: Those that :meth:`fits` found not to fit, in their order, each once.
        widened: The query that runs asks for more than what was typed; what does not fit is no surprise.
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
    reopen: Callable[[], Association] | None = None
    incomplete: bool = field(default=False, init=False)
    answered: int = field(default=0, init=False)
    strays: int = field(default=0, init=False)
    mismatches: dict[Mismatch, None] = field(default_factory=dict, init=False)
    widened: bool = field(default=False, init=False)
    further: list[FurtherQuery] = field(default_factory=list, init=False)
    others: tuple[OtherKey, ...] = field(default=(), init=False)
    untold: Counter[str] = field(default_factory=Counter, init=False)

    def find(self, keys: Dataset) -> Find:
        """One query with these keys."""
        reopen, self.reopen = self.reopen, None

        def other() -> Association:
            assert reopen is not None
            self.association = reopen()
            return self.association

        return Find(self.association, self.model, keys, reopen=None if reopen is None else other)

    def rows(self, level: Level, values: dict[str, str], kind: type[M]) -> Iterator[M]:
        """One query's rows; a refusal of optional or further keys is met with plainer queries.

        Raises:
            OperationFailed: The archive refuses the query itself.
            NetworkError: The association broke.
            Cancelled: Stopped.
        """
        paths = {key.path for key in self.others if key.level is level}
        usual = {keyword: value for keyword, value in values.items() if keyword not in paths}
        wanted = [usual | dict.fromkeys(paths, "") | values, *([usual] if paths else [])]
        full = [False] if self.quirks.plain_keys_only(self.node) else [True, False]
        attempts = [(asked, optional) for asked in wanted for optional in full]
        answered = 0
        for asked, optional in attempts:
            try:
                for row in self._query(level, asked, kind, full=optional):
                    answered += 1
                    yield row
            except OperationFailed as refused:
                if answered or not is_about_keys(refused.code) or (asked, optional) == attempts[-1]:
                    raise
                continue
            if not optional and True in full:
                self.quirks.refuses_optional_keys(self.node)
            return

    def _query(self, level: Level, values: dict[str, str], kind: type[M], *, full: bool) -> Iterator[M]:
        if self.association.closed:
            return  # with the query before, see below: ``incomplete`` is set
        asked = self.find(identifier(level, values, charset=self.node.charset, full=full))

        def read(node: Node, found: FindResponse) -> Match:
            match = to_match(level, node, found, self.answered)
            return with_told(match, found, node, self.others)

        reader = AnswerReader(self.node, self.quirks, read)
        count = 0
        try:
            for found in asked:
                if self.association.cancelled:
                    continue  # results stop at once; what still comes is only drained
                if not found.data:
                    continue  # a pending response without an identifier answers nothing
                count += 1
                if count > self.limit:
                    self.incomplete = True
                    asked.cancel(grace=self.association.limits.grace)
                    continue
                self.answered += 1
                yield from _of_kind(reader.rows(found), kind)
        except (NetworkError, Cancelled, Released):
            self.stop.check()
            if not self.association.cancelled:
                yield from _of_kind(reader.rest(), kind)
                raise
            # At our limit some archives end the association, others do not heed C-CANCEL: what came counts.
            self.association.abort()
        self.stop.check()
        yield from _of_kind(reader.rest(), kind)
        # a pending response without an identifier was to be an answer: it is not known about what
        self.incomplete = self.incomplete or asked.incomplete or asked.empty > 0

    def fits(self, criteria: Criteria, row: PatientMatch | StudyMatch) -> bool:
        """Whether an answer fits what was asked for; one that does not is set aside.

        A wider query brings what was not asked for: that is only left out, and so is what cannot be checked.
        """
        found = mismatch(criteria, row)
        if found is not None:
            if not self.widened:
                self.mismatches[found] = None
            return False
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
                yield replace(found, study_uid=study, series_uid=series)


def _of_kind(rows: Iterable[Match], kind: type[M]) -> Iterator[M]:
    for row in rows:
        assert isinstance(row, kind)
        yield row


def is_about_keys(code: int | None) -> bool:
    """Whether a status refuses the identifier: A9xx, or Cxxx, unable to process (PS3.4 C.4.1.1.4)."""
    return code is not None and (code >> 8 == 0xA9 or code >> 12 == 0xC)


@contextmanager
def open_query_session(
    node: Node,
    quirks: NodeQuirks,
    stop: Stop,
    *,
    models: tuple[Model, ...] = (Model.STUDY, Model.PATIENT),
    limit: int = ROW_LIMIT,
    observer: Observer | None = None,
    limits: Limits = LIMITS,
    held: HeldAssociations | None = None,
) -> Iterator[QuerySession]:
    """An association for queries, under the first of ``models`` the archive accepts; held afterwards.

    Raises:
        ServiceRefused: It accepts none of them.
        NetworkError, Cancelled: No association could be opened, or it broke.
    """
    with NodeAssociation(
        node, _contexts(models), quirks, stop, observer=observer, limits=limits, held=held, keep=True
    ) as opened:
        yield QuerySession(
            node=node,
            association=opened.association,
            model=usable_model(opened.association, FIND, models),
            quirks=quirks,
            stop=stop,
            limit=limit,
            reopen=opened.reopen if opened.reused else None,
        )


def query_terms(node: Node, models: tuple[Model, ...], limits: Limits) -> Terms:
    """What :func:`open_query_session` opens an association with."""
    return Terms.of(node, _contexts(models), limits)


def _contexts(models: tuple[Model, ...]) -> list[Proposal]:
    # Verification keeps an archive that refuses all models from aborting an empty association.
    return query(VERIFICATION, *(FIND[model] for model in models))


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
