"""Move objects to a third party by C-MOVE: nothing arrives here; the archive's counters are all there is."""

from __future__ import annotations

import time
from dataclasses import replace

from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End, Failure, Outcome
from workstation.dicom.statuses import StatusClass, meaning
from workstation.dicom.targets import Target
from workstation.errors import NoSuchStudy, OperationFailed, UserMessage
from workstation.network.dimse import DimseResponse
from workstation.network.move import move
from workstation.network.trace import Observer
from workstation.operations.fetch import ByMove, fetching
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.query_identifiers import retrieve_identifier
from workstation.operations.retrieve_state import unsent
from workstation.stop import Cancelled, Progress, Report, Stop

_SERVICE = "C-MOVE"


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
        OperationFailed: It could not, or nothing was moved.
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
        report(Progress(_processed(response), _total(response)))
        if cancel_after is not None and (response.completed or 0) >= cancel_after:
            fetcher.association.cancel()
            asked_to_stop = True

    try:
        with fetching(
            node, service, (), (), quirks or NodeQuirks(), stop, models=models, observer=observer
        ) as fetcher:
            identifier = retrieve_identifier(target, fetcher.model)
            last = move(fetcher.association, fetcher.model, identifier, destination, pending)
        last = _with_counters(last, counted)
        # Some archives stop at a C-CANCEL, and end with 0000H all the same.
        stopped = stop.requested or (asked_to_stop and _processed(last) < (_total(counted) or 0))
        end = End.CANCELLED if stopped else _end(node, target, last)
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


def _end(node: Node, target: Target, response: DimseResponse) -> End:
    if response.kind is StatusClass.CANCEL:
        return End.CANCELLED
    if response.kind is StatusClass.SUCCESS:
        if _total(response) == 0:
            raise NoSuchStudy(node.label, target.level.value.lower())
        return End.PARTIAL if response.failed else End.COMPLETE
    if _moved_count(response):
        return End.PARTIAL
    raise OperationFailed(
        node.label, _SERVICE, response.status, response.comment, meaning(_SERVICE, response.status)
    )


def _message(node: Node, destination: str, response: DimseResponse, count: int | None) -> str:
    facts = {"node": node.label, "moved": _moved_count(response), "destination": destination}
    if count is None:
        return UserMessage("{node} says that it moved {moved} images to {destination}.", **facts)
    return UserMessage(
        "{node} says that it moved {moved} of {count} images to {destination}.", count=count, **facts
    )
