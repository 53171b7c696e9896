"""What C-GET and C-MOVE share: a request with an identifier, counted answers, a list of failed UIDs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workstation.dicom.arrival import Context
from workstation.dicom.statuses import StatusClass, classify
from workstation.network.association import Association
from workstation.network.command import Field, Value
from workstation.network.exchange import Final, Serve, decode, final, request, responses
from workstation.network.reader import Alive

if TYPE_CHECKING:
    from pydicom import Dataset

_FAILED_LIST = 0x00080058

Pending = Callable[[Final], bool | None]
"""Told of each pending response, whose counters are the peer's belief, until it answers False."""


def retrieve(
    association: Association,
    context: Context,
    field: Field,
    identifier: Dataset,
    pending: Pending | None,
    *,
    extra: tuple[tuple[int, Value], ...] = (),
    serve: Serve | None = None,
    alive: Alive | None = None,
) -> Final:
    """Send the request and follow it to its final response (PS3.7 9.1.3, 9.1.4).

    Args:
        association: The peer.
        context: Of the information model.
        field: C_GET_RQ or C_MOVE_RQ.
        identifier: The unique keys.
        pending: Told of each pending response.
        extra: Further command elements.
        serve: Takes the objects, for C-GET.
        alive: See :meth:`Reader.next_pdu`.
    """
    gap = association.timeouts.retrieve
    ending: Final | None = None
    message_id = association.next_message_id()
    with association.cancellable(context.id, message_id):
        request(association, context, field, message_id, identifier, extra)
        answer = Field(field | 0x8000)
        for message in responses(association, message_id, answer, gap, serve=serve, alive=alive):
            is_pending = classify(message.command.status) is StatusClass.PENDING
            if is_pending and pending is None:
                continue
            data = association.read_data(gap, association.limits.failed_list)
            ending = final(message, failed_uids(data, message.context.transfer_syntax))
            if is_pending and pending is not None and pending(ending) is False:
                pending = None  # reading each response costs as much as receiving a small object
    assert ending is not None  # responses() ends with a final one or raises
    return ending


def failed_uids(data: bytes, transfer_syntax: str) -> tuple[str, ...]:
    """Failed SOP Instance UID List (PS3.4 C.4.2.1.4.2), empty if it is absent or unreadable."""
    found = decode(data, transfer_syntax) if data else None
    if found is None:
        return ()
    element = found.get_item(_FAILED_LIST) if _FAILED_LIST in found else None
    raw = getattr(element, "value", None)
    if not isinstance(raw, bytes):
        return ()
    text = raw.decode("ascii", "backslashreplace").strip("\0 ")
    return tuple(uid.strip("\0 ") for uid in text.split("\\")) if text else ()
