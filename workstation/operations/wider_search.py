"""Repeat a search with wider keys where nothing fits what was typed: :mod:`workstation.dicom.search_keys`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from workstation.dicom.further_query import FurtherQuery, Reason
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.search_keys import SearchKeys
from workstation.dicom.value_readers import name_groups
from workstation.dicom.wildcards import wildcard_pattern
from workstation.errors import NetworkError, OperationFailed, UserMessage

if TYPE_CHECKING:
    from workstation.operations.query_session import QuerySession

FURTHER_ROWS = 500
"""Answers after which a further query is stopped: it is wide, and most of them do not fit."""

M = TypeVar("M", PatientMatch, StudyMatch)


def until_one_fits(
    session: QuerySession,
    queries: Sequence[SearchKeys],
    ask: Callable[[SearchKeys], Iterator[M]],
    rows: int = FURTHER_ROWS,
) -> Iterator[M]:
    """The rows of the first query that brings any.

    Args:
        session: Its ``widened`` says which kind of query runs, ``further`` and ``incomplete`` how it went.
        queries: The first as typed, then the further ones.
        ask: The rows of a query that fit what was typed.
        rows: Answers after which a further query is stopped.

    Raises:
        OperationFailed, NetworkError, Cancelled: The first query failed, or one that had brought rows.
    """
    first, *_ = queries
    ends: list[tuple[bool, int | None]] = []
    for query in queries:
        session.widened = query is not first
        if session.widened and session.association.closed:
            break
        session.begin(rows if session.widened else None)
        _remark(session, query.reason)
        refused, fitting = False, 0
        try:
            for row in ask(query):
                if not fitting:
                    _learn(session, first, query, row)
                fitting += 1
                yield row
        except (OperationFailed, NetworkError):
            session.stop.check()
            if fitting or not session.widened:
                raise
            refused = True
        if query.reason is not Reason.AS_TYPED:
            stopped = session.incomplete
            named = FurtherQuery(query.reason, query.changed, fitting, stopped, refused, query is first)
            session.further.append(named)
        if fitting or not session.widened:
            ends.append((session.incomplete, session.limited))
        if fitting:
            break
    _put_together(session, ends)


def _put_together(session: QuerySession, ends: list[tuple[bool, int | None]]) -> None:
    session.incomplete = any(incomplete for incomplete, _ in ends)
    session.limited = next((limited for _, limited in ends if limited is not None), None)


def _remark(session: QuerySession, reason: Reason) -> None:
    """Tell the observer that the next query asks otherwise than it was typed."""
    if reason is not Reason.AS_TYPED:
        how = UserMessage(reason.value)
        session.association.remark(
            UserMessage("Asked again {how}" if session.widened else "Asked {how}", how=how)
        )


def _learn(
    session: QuerySession, first: SearchKeys, query: SearchKeys, row: PatientMatch | StudyMatch
) -> None:
    """An archive that has just found a name by capitals, and not as it was typed, is case-sensitive."""
    in_capitals = first.name.upper()
    if query is first or first != SearchKeys(name=first.name) or in_capitals == first.name:
        return
    name = row.name if isinstance(row, PatientMatch) else row.patient.name
    if any(wildcard_pattern(in_capitals).fullmatch(group) for group in name_groups(name)):
        session.quirks.found_in_capitals(session.node)
