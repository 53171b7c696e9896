"""Send a request and read its responses, while the peer may send requests in between (PS3.7 7.2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from workstation.dicom.association_facts import Context
from workstation.dicom.display import plain
from workstation.dicom.statuses import StatusClass, classify, meaning, remedy
from workstation.errors import OperationFailed
from workstation.network import command
from workstation.network.association import Association, Message
from workstation.network.channel import NEVER
from workstation.network.command import Field, Value
from workstation.network.reader import Alive

if TYPE_CHECKING:
    from pydicom import Dataset

UNRECOGNISED = 0x0211
_MEDIUM = 0x0000
_COMMENT = 64
"""Characters of an Error Comment (LO)."""

Serve = Callable[[Message], bool]
"""Deals with a request of the peer's, or returns False; it must read the data set before it returns."""

IsProgress = Callable[[Message], bool]
"""Whether a pending response, which was read by now, brought the request further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DimseResponse:
    """The status and counters of a final or pending response; the peer's, not checked.

    Attributes:
        status: None if it carried none.
        comment: Error Comment, printable characters only.
        offending: Tags of Offending Element.
        failed_uids: Failed SOP Instance UID List (0008,0058), if one was sent.
    """

    status: int | None
    comment: str = ""
    offending: tuple[int, ...] = ()
    remaining: int | None = None
    completed: int | None = None
    failed: int | None = None
    warning: int | None = None
    failed_uids: tuple[str, ...] = ()

    @property
    def kind(self) -> StatusClass:
        """The status' class."""
        return classify(self.status)


def final_response(message: Message, failed_uids: tuple[str, ...] = ()) -> DimseResponse:
    """The status and counters of a response."""
    found = message.command
    return DimseResponse(
        status=found.status,
        comment=plain(found.error_comment, _COMMENT),
        offending=found.offending_elements,
        remaining=found.number(command.REMAINING),
        completed=found.number(command.COMPLETED),
        failed=found.number(command.FAILED),
        warning=found.number(command.WARNING),
        failed_uids=failed_uids,
    )


def failure(association: Association, service: str, response: DimseResponse) -> OperationFailed:
    """The error for a final status of the failure class."""
    return failed(association.node, service, response)


def failed(node: str, service: str, response: DimseResponse) -> OperationFailed:
    """The error for a final status with which ``node`` ended a service."""
    status = response.status
    return OperationFailed(
        node,
        service,
        status,
        response.comment,
        meaning(service, status),
        remedy=remedy(service, status),
        elements=tuple(map(element_name, response.offending)),
    )


def element_name(tag: int) -> str:
    """A tag with its name: "(0010,0010) Patient's Name"."""
    from pydicom.datadict import dictionary_description, dictionary_has_tag

    name = dictionary_description(tag) if dictionary_has_tag(tag) else ""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X}) {name}".rstrip()


def request(
    association: Association,
    context: Context,
    field: Field,
    message_id: int,
    identifier: Dataset,
    extra: tuple[tuple[int, Value], ...] = (),
) -> None:
    """Send a composite request of medium priority with its identifier (PS3.7 9.3.2 to 9.3.4)."""
    elements: list[tuple[int, Value]] = [
        (command.AFFECTED_SOP_CLASS, context.abstract_syntax),
        (command.COMMAND_FIELD, field),
        (command.MESSAGE_ID, message_id),
        *extra,
        (command.PRIORITY, _MEDIUM),
        (command.DATA_SET_TYPE, command.DATA_SET),
    ]
    association.send(context.id, command.encode(elements), encode(identifier, context.transfer_syntax))


def responses(
    association: Association,
    message_id: int,
    field: Field,
    gap: float,
    *,
    serve: Serve | None = None,
    alive: Alive | None = None,
    progress: IsProgress | None = None,
    within: float = NEVER,
) -> Iterator[Message]:
    """The responses to one request, the final one last; dispatched by what arrives.

    The gap starts again with each response that is progress and with each request of the peer's that
    ``serve`` deals with, not with any other message: a peer that only talks is given up.

    Args:
        association: The peer.
        message_id: The request's.
        field: The response's command field.
        gap: Seconds without progress before we give up.
        serve: Takes the peer's requests; those it declines are answered 0211H.
        alive: See :meth:`Reader.next_pdu`.
        progress: Whether a pending response is progress; None: each is.
        within: Seconds for all responses together, less what the caller takes to deal with them.

    Raises:
        ProtocolError: A response to something we did not ask.
    """
    since = time.monotonic()
    limit = since + within
    while True:
        last = since if alive is None else max(since, alive())
        message = association.receive(gap, alive=alive, by=min(last + gap, limit))
        found = message.command
        if not found.is_response:
            if answer_request(association, message, serve):
                since = time.monotonic()
            continue
        if found.responded_id != message_id or found.field != field:
            raise association.fault(
                f"{found.name} to message {found.responded_id}, but {field.name} to {message_id} is awaited"
            )
        handed_out = time.monotonic()
        yield message
        if classify(found.status) is not StatusClass.PENDING:
            return
        now = time.monotonic()
        limit += now - handed_out
        since = now if progress is None or progress(message) else since + now - handed_out


def response_to(
    association: Association, message_id: int, field: Field, gap: float, *, serve: Serve | None = None
) -> Message:
    """The response to a request that has but one, whatever its status; otherwise as :func:`responses`."""
    return next(responses(association, message_id, field, gap, serve=serve))


def answer_request(association: Association, message: Message, serve: Serve | None) -> bool:
    """Let ``serve`` deal with a request, else answer "unrecognised operation" (PS3.7 C.5.20).

    Returns:
        Whether ``serve`` dealt with it.
    """
    if message.command.field == Field.C_CANCEL_RQ:
        return False  # nothing of the peer's is running; C-CANCEL has no response (PS3.7 9.3.2.3)
    if serve is not None and serve(message):
        return True
    for _ in association.data(association.timeouts.retrieve):
        pass
    association.send(message.context.id, command.response(message.command, UNRECOGNISED))
    return False


def encode(data_set: Dataset, transfer_syntax: str) -> bytes:
    """The identifier's bytes in a plain transfer syntax."""
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset
    from pydicom.uid import ImplicitVRLittleEndian

    out = DicomBytesIO()
    out.is_little_endian = True
    out.is_implicit_VR = transfer_syntax == ImplicitVRLittleEndian
    write_dataset(out, data_set)
    return out.getvalue()


def decode(data: bytes, transfer_syntax: str) -> Dataset | None:
    """The data set in ``data``; None if it cannot be read: that costs one answer, not the query."""
    from pydicom.filereader import read_dataset
    from pydicom.uid import ImplicitVRLittleEndian

    try:
        return read_dataset(BytesIO(data), transfer_syntax == ImplicitVRLittleEndian, True)
    except Exception:  # noqa: BLE001 - pydicom raises whatever its parser trips over
        return None
