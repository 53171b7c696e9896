"""Run a C-GET or C-MOVE request: its identifier, its counters, its list of failed UIDs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from workstation.dicom.association_facts import Context
from workstation.dicom.statuses import StatusClass, classify
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import TimedOut
from workstation.network import command
from workstation.network.association import Association, Message
from workstation.network.command import Field, Value
from workstation.network.dimse import DimseResponse, Serve, decode, final_response, request, responses
from workstation.network.reader import Alive

if TYPE_CHECKING:
    from pydicom import Dataset

_FAILED_LIST = 0x00080058
_MAX_FAILED = 100_000
_ANSWER = "an answer"

Pending = Callable[[DimseResponse], bool | None]
"""Called with each pending response, until it returns False."""


class FirstObjectWait:
    """The one wait of a retrieve for its first object, however many requests it takes.

    An archive that has to fetch from a tape sends nothing, or "pending", for minutes. Once something came the
    usual gap counts.

    Attributes:
        seconds: How long it lasts from the first request on.
        over: An object came, or the archive counted one that was sent.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.over = False
        self._until: float | None = None

    def life(self, gap: float, last: Alive) -> Alive:
        """Signs of life for a request that is sent now, as :meth:`Reader.next_pdu` wants them.

        Args:
            gap: Seconds that each of them grants.
            last: Returns the moment of the last object.
        """
        sent = time.monotonic()
        until = self._until = self._until or sent + self.seconds

        def alive() -> float:
            last_object = last()
            self.over = self.over or last_object > sent
            return last_object if self.over else max(last_object, until - gap)

        return alive


def _never() -> float:
    return 0.0


def retrieve(
    association: Association,
    context: Context,
    field: Field,
    identifier: Dataset,
    pending: Pending | None,
    *,
    extra: tuple[tuple[int, Value], ...] = (),
    serve: Serve | None = None,
    last: Alive = _never,
    first_object: FirstObjectWait | None = None,
    message_id: int | None = None,
) -> DimseResponse:
    """Send the request and follow it to its final response (PS3.7 9.1.3, 9.1.4).

    Args:
        association: The peer.
        context: Of the information model.
        field: C_GET_RQ or C_MOVE_RQ.
        identifier: The unique keys.
        pending: Called with each pending response.
        extra: Further command elements.
        serve: Takes the objects, for C-GET.
        last: Returns the moment of the last object that came.
        first_object: The wait for the first object; None: one for this request alone.
        message_id: The request's; None: the next one.

    Raises:
        TimedOut: Nothing came in the first wait, or no object within the gap thereafter.
    """
    gap = association.timeouts.retrieve
    response: DimseResponse | None = None
    message_id = message_id or association.next_message_id()
    first_object = first_object or FirstObjectWait(association.limits.first_object)
    with association.cancellable(context.id, message_id):
        request(association, context, field, message_id, identifier, extra)
        answer = Field(field | 0x8000)
        alive, progress = first_object.life(gap, last), _Counters(first_object)
        try:
            for message in responses(
                association, message_id, answer, gap, serve=serve, alive=alive, progress=progress
            ):
                is_pending = classify(message.command.status) is StatusClass.PENDING
                if is_pending and pending is None:
                    continue
                data = association.read_data(gap, association.limits.failed_list)
                response = final_response(message, failed_uids(data, message.context.transfer_syntax))
                if is_pending and pending is not None and pending(response) is False:
                    pending = None  # reading each response costs as much as receiving a small object
        except TimedOut as error:
            if first_object.over or first_object.seconds <= gap or error.waiting_for != _ANSWER:
                raise
            raise TimedOut(error.node, "the first image", first_object.seconds) from error
    assert response is not None  # responses() ends with a final one or raises
    return response


class _Counters:
    """Whether the counters of pending responses advance (PS3.7 9.1.3.1.6 to 9.1.3.1.9)."""

    def __init__(self, first_object: FirstObjectWait) -> None:
        self._first = first_object
        self._ended = 0
        self._remaining: int | None = None

    def __call__(self, message: Message) -> bool:
        found = message.command
        ended = sum(found.number(each) or 0 for each in (command.COMPLETED, command.FAILED, command.WARNING))
        remaining = found.number(command.REMAINING)
        more = ended > self._ended
        self._ended = max(ended, self._ended)
        if remaining is not None and (self._remaining is None or remaining < self._remaining):
            more = more or self._remaining is not None
            self._remaining = remaining
        self._first.over = self._first.over or more
        return more


def failed_uids(data: bytes, transfer_syntax: str) -> tuple[str, ...]:
    """Failed SOP Instance UID List (PS3.4 C.4.2.1.4.2), empty if it is absent or unreadable.

    Only what may name an instance, and at most 100,000 of it: the list may be hostile.
    """
    found = decode(data, transfer_syntax) if data else None
    if found is None:
        return ()
    element = found.get_item(_FAILED_LIST) if _FAILED_LIST in found else None
    raw = getattr(element, "value", None)
    if not isinstance(raw, bytes):
        return ()
    text = raw.decode("ascii", "backslashreplace").strip("\0 ")
    listed = (uid.strip("\0 ") for uid in text.split("\\", _MAX_FAILED)[:_MAX_FAILED])
    return tuple(uid for uid in listed if may_be_asked_for(uid))
