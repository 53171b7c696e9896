"""Move objects to a third party by C-MOVE: nothing arrives here; the archive's counters are all there is.

They are told as what the archive says, and prove nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End, Failure, Outcome
from workstation.dicom.statuses import StatusClass, meaning
from workstation.dicom.targets import Target
from workstation.errors import (
    NoSuchStudy,
    ThirdPartyUnreached,
    UserMessage,
    WorkstationError,
)
from workstation.network.dimse import DimseResponse, failed
from workstation.network.exchange import Kind
from workstation.network.exchanges import recorded
from workstation.network.move import move
from workstation.network.trace import Observer
from workstation.operations.fetch import ByMove, fetching
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.patient_retrieve import put_together
from workstation.operations.query_identifiers import retrieve_identifier
from workstation.operations.retrieve_state import unsent
from workstation.stop import Cancelled, Progress, Report, Stop

_SERVICE = "C-MOVE"
_NOT_OF_THE_DESTINATION = (0xA701, 0xA900, 0x0122, 0x0124, 0x0211)
"""Failures that are about the request or the archive itself (PS3.4 C.4.2.1.5)."""


def move_elsewhere(
    node: Node,
    target: Target,
    destination: str,
    stop: Stop,
    report: Report,
    *,
    models: tuple[Model, ...] = (Model.STUDY, Model.PATIENT),
    cancel_after: int | None = None,
    quirks: NodeQuirks | None = None,
    observer: Observer | None = None,
) -> Outcome:
    """Have an archive send a target to an AE title it knows (PS3.4 C.4.2).

    Args:
        node: The archive.
        target: What.
        destination: AE title of the receiver.
        stop: Ends it.
        report: Called with the counters of each response.
        models: Information models in order of preference.
        cancel_after: Send C-CANCEL after so many objects.
        quirks: What is known of nodes.
        observer: Called with every message.

    Returns:
        How it ended by the archive's final statement; never verified.

    Raises:
        ThirdPartyUnreached: Nothing was moved, and the destination is the likely reason.
        OperationFailed: It could not, for another reason.
        NoSuchStudy: It found nothing to move.
        NetworkError: The association could not be opened, or broke.
    """
    begun = time.monotonic()
    last = counted = DimseResponse(status=None)
    service = ByMove(destination)
    asked_to_stop = False

    def pending(response: DimseResponse) -> None:
        nonlocal last, counted, asked_to_stop
        last = response
        counted = counted if _total(response) is None else response
        report(Progress(_moved_count(response), _total(response), message=_so_far(node, response)))
        if cancel_after is not None and (response.completed or 0) >= cancel_after:
            fetcher.association.cancel()
            asked_to_stop = True

    try:
        with (
            recorded(Kind.MOVE, observer, node.label, node) as told,
            fetching(
                node, service, (), (), quirks or NodeQuirks(), stop, models=models, observer=told
            ) as fetcher,
        ):
            identifier = retrieve_identifier(target, fetcher.model)
            last = move(fetcher.association, fetcher.model, identifier, destination, pending)
        last = _with_counters(last, counted)
        # Some archives stop at a C-CANCEL, and end with 0000H all the same.
        stopped = stop.requested or (asked_to_stop and _processed(last) < (_total(counted) or 0))
        end = End.CANCELLED if stopped else _end(node, target, destination, last)
    except Cancelled:
        last = _with_counters(last, counted)
        end = End.CANCELLED
    expected = max((count for count in (_total(last), _total(counted)) if count is not None), default=None)
    return Outcome(
        end=end,
        expected=expected,
        received=_moved_count(last),
        failed=tuple(Failure(uid, None, unsent(node.label)) for uid in last.failed_uids),
        seconds=round(time.monotonic() - begun, 3),
        message=_message(node, destination, last, expected) if end is not End.COMPLETE else "",
    )


def move_all_elsewhere(
    node: Node,
    targets: Sequence[Target],
    destination: str,
    stop: Stop,
    report: Report,
    *,
    quirks: NodeQuirks | None = None,
    observer: Observer | None = None,
) -> Outcome:
    """Have an archive send several targets, one request for each: not every archive takes lists of UIDs.

    Args:
        node: As for :func:`move_elsewhere`.
        targets: What; at least one.
        destination: As above.
        stop: As above; what is not asked for yet is not asked for then.
        report: Called with the sum of the counters.
        quirks: As above.
        observer: As above.

    Raises as :func:`move_elsewhere` what the first request raises. What a later one raises becomes a failure
    of its part.
    """
    outcomes: list[Outcome] = []

    def reporting(moved: int) -> Callable[[Progress], None]:
        # What one request is to send says nothing of the others.
        return lambda found: report(replace(found, done=moved + found.done, expected=None))

    with recorded(Kind.MOVE, observer, node.label, node) as told:
        for target in targets:
            sum_up = report if len(targets) == 1 else reporting(sum(one.received for one in outcomes))
            try:
                outcomes.append(
                    move_elsewhere(node, target, destination, stop, sum_up, quirks=quirks, observer=told)
                )
            except WorkstationError as error:
                if not outcomes:
                    raise
                outcomes.append(Outcome(end=End.FAILED, message=error.message))
            if outcomes[-1].end is End.CANCELLED:
                break
    return outcomes[0] if len(outcomes) == 1 else put_together(outcomes)


def _with_counters(response: DimseResponse, before: DimseResponse) -> DimseResponse:
    """A final response without counters has those of the response before it."""
    if _total(response) is not None:
        return response
    return replace(
        response,
        remaining=before.remaining,
        completed=before.completed,
        failed=before.failed,
        warning=before.warning,
    )


def _moved_count(response: DimseResponse) -> int:
    return (response.completed or 0) + (response.warning or 0)


def _processed(response: DimseResponse) -> int:
    return _moved_count(response) + (response.failed or 0)


def _total(response: DimseResponse) -> int | None:
    """What the counters add up to; None where the archive sends none."""
    counters = (response.completed, response.warning, response.failed, response.remaining)
    if all(counter is None for counter in counters):
        return None
    return sum(counter or 0 for counter in counters)


def _end(node: Node, target: Target, destination: str, response: DimseResponse) -> End:
    if response.kind is StatusClass.CANCEL:
        return End.CANCELLED
    if response.kind is StatusClass.SUCCESS:
        if _total(response) == 0:
            raise NoSuchStudy(node.label, target.level.value.lower())
        return End.PARTIAL if response.failed else End.COMPLETE
    if _moved_count(response):
        return End.PARTIAL
    words = meaning(_SERVICE, response.status)
    if response.kind is StatusClass.FAILURE and response.status in _NOT_OF_THE_DESTINATION:
        raise failed(node.label, _SERVICE, response)
    words = "" if response.status == 0xA702 else words  # the message says the same
    raise ThirdPartyUnreached(node.label, _SERVICE, response.status, response.comment, words, destination)


def _so_far(node: Node, response: DimseResponse) -> str:
    """What the archive says went wrong so far; empty where nothing did: the counts are enough then."""
    if not response.failed and not response.warning:
        return ""
    facts = {"node": node.label, "moved": _moved_count(response), "failed": response.failed or 0}
    if not response.warning:
        return UserMessage("{node} says: {moved} sent, {failed} failed", **facts)
    return UserMessage(
        "{node} says: {moved} sent, {warned} of them with a warning, {failed} failed",
        warned=response.warning,
        **facts,
    )


def _message(node: Node, destination: str, response: DimseResponse, count: int | None) -> str:
    facts = {"node": node.label, "moved": _moved_count(response), "destination": destination}
    if count is None:
        return UserMessage("{node} says that it sent {moved} images to {destination}.", **facts)
    if response.failed:
        return UserMessage(
            "{node} says that it sent {moved} of {count} images to {destination}, and that {failed} failed.",
            count=count,
            failed=response.failed,
            **facts,
        )
    return UserMessage(
        "{node} says that it sent {moved} of {count} images to {destination}.", count=count, **facts
    )
