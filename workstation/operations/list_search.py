"""Look up the values of a list in a source, one after the other over one association.

An answer that does not carry the value is counted, and is no hit. What ends the whole search is raised: the
values not answered by then are still to be asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.list_results import ValueAnswer, carries
from workstation.dicom.matches import StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.other_keys import OtherKey
from workstation.dicom.pasted_list import ColumnUse
from workstation.dicom.text_pattern import exactly
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    KeyIgnored,
    NetworkError,
    OperationFailed,
    PatientNeeded,
)
from workstation.network.exchange import Kind
from workstation.network.exchanges import recorded
from workstation.network.trace import Observer
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_session import (
    SEARCH_MODELS,
    QuerySession,
    is_about_keys,
    open_query_session,
)
from workstation.operations.sources import Source
from workstation.stop import Stop

UIDS_AT_ONCE = 50
"""Study UIDs of one query (list of UID matching, PS3.4 C.2.2.2.2); of no other VR are lists asked for."""

ANSWERS = 100
"""To a value at most; then the query is cancelled."""
ANSWERS_OF_PATIENT = 1000
_IN_A_ROW = 3
"""Values that are refused, or whose answers are cut off without a hit, before the archive is given up."""


def look_up_in_archive(
    node: Node,
    key: ColumnUse,
    values: Iterable[str],
    stop: Stop,
    *,
    quirks: NodeQuirks | None = None,
    observer: Observer | None = None,
    held: HeldAssociations | None = None,
) -> Iterator[ValueAnswer]:
    """What an archive answers, value by value in their order; the association is held afterwards.

    Args:
        node: The archive.
        key: What the values are.
        values: Taken one after the other; of UIDs up to :data:`UIDS_AT_ONCE` ahead. Where they end early, the
            search ends in good order.
        stop: Ends it.
        quirks: What is known of nodes.
        observer: Called with every message.
        held: The associations that are held.

    Raises:
        OperationFailed: Several values in a row were refused.
        KeyIgnored: It answers whatever it has.
        PatientNeeded: It does not find studies without the ID of their patient, as it seems.
        NetworkError: The archive cannot be reached any more.
        Cancelled: ``stop`` was requested.
    """
    size, values = UIDS_AT_ONCE if key is ColumnUse.STUDY_UID else 1, iter(values)
    waiting, learnt = deque(islice(values, size)), _Learnt()
    while waiting:
        answered = 0
        try:
            with (
                recorded(Kind.SEARCH, observer, node.label, node) as told,
                open_query_session(
                    node, quirks or NodeQuirks(), stop, models=SEARCH_MODELS, observer=told, held=held
                ) as session,
            ):
                lookup = _Lookup(session, key, learnt)
                while waiting and not session.association.closed:
                    for answer in lookup.answers(waiting):
                        answered += 1
                        yield answer
                    if not waiting:
                        waiting.extend(islice(values, size))
        except (AssociationAborted, ConnectionLost):
            stop.check()
            if not answered:  # else it may only have had enough of this association
                raise


@dataclass(slots=True)
class _Learnt:
    """What the values before have told of an archive.

    Attributes:
        lists: It may be asked for lists of UIDs.
        lists_proven: It knows them.
        refused: So many values before were refused.
        flooded: So many had more answers than are looked through, none of them a hit.
        found: It has found a value.
        unproven: So many were not found, which may only be for lack of the patient's ID.
    """

    lists: bool = True
    lists_proven: bool = False
    refused: int = 0
    flooded: int = 0
    found: bool = False
    unproven: int = 0


class _Lookup:
    """Asks on one association."""

    def __init__(self, session: QuerySession, key: ColumnUse, learnt: _Learnt) -> None:
        self._session = session
        self._key = key
        self._learnt = learnt

    def answers(self, waiting: deque[str]) -> Iterator[ValueAnswer]:
        """The answers about values in their order; those are taken away. It ends with the association."""
        by_list = self._by_lists(list(waiting)) if self._learnt.lists else {}
        while waiting:
            answer = by_list.get(waiting[0])
            if answer is None:
                if self._session.association.closed:
                    return
                answer = self._single(waiting[0])
                if by_list and answer.hits:
                    self._learnt.lists = False  # the list missed it
            waiting.popleft()
            yield answer

    def _by_lists(self, uids: list[str]) -> dict[str, ValueAnswer]:
        """What lists of UIDs tell for certain; the others are to be asked for one by one.

        Not every archive knows lists: one may look for the first UID only, or for the whole text. That a
        UID is not found counts once two of a list were, and only where nothing of the list was: an archive
        may end after so many answers without a word, so what it left out is asked for in a list again.
        """
        learnt, sure = self._learnt, dict[str, ValueAnswer]()
        while len(uids) > 1 and learnt.lists and not self._session.association.closed:
            if (rows := self._of_list(uids)) is None:
                break
            hits = {uid: found for uid in uids if (found := [row for row in rows if row.study_uid == uid])}
            sure |= {uid: self._answer(uid, tuple(found)) for uid, found in hits.items()}
            learnt.lists_proven = learnt.lists_proven or len(hits) > 1
            if not learnt.lists_proven:
                break
            if not hits:
                return sure | {uid: self._answer(uid, ()) for uid in uids}
            uids = [uid for uid in uids if uid not in hits]
        return sure

    def _of_list(self, uids: list[str]) -> list[StudyMatch] | None:
        """What is answered to a list; None: it was refused or cut off, and no list is asked for again."""
        try:
            rows, cut_off = self._rows("\\".join(uids), ANSWERS + len(uids))
        except OperationFailed as refused:
            self._raise_if_over(refused)
            self._learnt.lists = not is_about_keys(refused.code)
            return None
        self._learnt.lists = not cut_off
        return None if cut_off else rows

    def _single(self, value: str) -> ValueAnswer:
        limit = ANSWERS_OF_PATIENT if self._key is ColumnUse.PATIENT_ID else ANSWERS
        try:
            rows, cut_off = self._rows(value, limit)
        except OperationFailed as refused:
            self._raise_if_over(refused)
            self._learnt.refused += 1
            if self._learnt.refused >= _IN_A_ROW:
                raise
            return ValueAnswer(source=self._label, value=value, error=refused.message)
        hits = tuple(row for row in rows if carries(self._key, value, row))
        answer = self._answer(value, hits, others=len(rows) - len(hits), cut_off=cut_off)
        self._learnt.refused = 0
        self._learnt.flooded = self._learnt.flooded + 1 if cut_off and not hits else 0
        if self._learnt.flooded >= _IN_A_ROW:
            raise KeyIgnored(self._label, self._key.value)
        self._learnt.found = self._learnt.found or bool(hits)
        return answer if self._learnt.found or self._key is ColumnUse.PATIENT_ID else self._doubted(answer)

    def _doubted(self, answer: ValueAnswer) -> ValueAnswer:
        """No answer proves nothing where studies are to be asked for with their patient (PS3.4 C.6.1).

        Raises:
            PatientNeeded: Nothing was found of several values.
        """
        if not self._session.by_patient or answer.others:
            return answer
        error = PatientNeeded(self._label, self._key.value)
        self._learnt.unproven += 1
        if self._learnt.unproven >= _IN_A_ROW:
            raise error
        return replace(answer, error=error.message)

    def _rows(self, value: str, limit: int) -> tuple[list[StudyMatch], bool]:
        """The answers to one query, and whether there are more.

        Raises:
            NetworkError: As :meth:`QuerySession.rows`.
        """
        session = self._session
        session.begin(limit)
        rows = list(session.rows(Level.STUDY, {self._key.value: value}, StudyMatch))
        return rows, session.incomplete

    def _answer(
        self, value: str, hits: tuple[StudyMatch, ...], *, others: int = 0, cut_off: bool = False
    ) -> ValueAnswer:
        return ValueAnswer(source=self._label, value=value, hits=hits, others=others, cut_off=cut_off)

    def _raise_if_over(self, refused: NetworkError) -> None:
        """Go on after a refusal only if the association does."""
        self._session.stop.check()
        if self._session.association.closed:
            raise refused

    @property
    def _label(self) -> str:
        return self._session.node.label


def look_up_in_files(
    source: Source, key: ColumnUse, values: Iterable[str], stop: Stop
) -> Iterator[ValueAnswer]:
    """The same of what is on this computer.

    Raises:
        StoreError: It cannot be read.
        Cancelled: ``stop`` was requested.
    """
    for value in values:
        rows = list(source.search(_CRITERIA[key](value), stop))
        hits = tuple(row for row in rows if carries(key, value, row))
        yield ValueAnswer(source=source.key, value=value, hits=hits)


_CRITERIA: dict[ColumnUse, Callable[[str], Criteria]] = {
    ColumnUse.STUDY_UID: lambda value: Criteria(others=(OtherKey("StudyInstanceUID", value),)),
    ColumnUse.ACCESSION: lambda value: Criteria(accession=exactly(value)),
    ColumnUse.PATIENT_ID: lambda value: Criteria(patient_id=exactly(value)),
}
