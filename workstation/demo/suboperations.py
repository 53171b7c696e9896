"""Sends objects as their files hold them in C-GET and C-MOVE sub-operations.

pynetdicom takes nothing but data sets from the handlers of C-GET and C-MOVE: each object would be read, taken
apart and encoded again. So handlers yield a ``SubOperation``, a data set of nothing but the two UIDs that
pynetdicom's reports need, and an association prepared by ``send_as_stored`` sends the file in its place.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pynetdicom.association import Association
from pynetdicom.dsutils import split_dataset

from workstation.demo.messages import C_STORE_RQ, send_message, send_pending_quickly
from workstation.demo.pixel_encoding import set_native
from workstation.demo.stored_object import StoredObject
from workstation.dicom.transfer_syntaxes import PLAIN

_LOW = 2


class SubOperation(Dataset):
    """Stands for an object of the archive until it is sent."""

    def __init__(self, item: StoredObject) -> None:
        super().__init__()
        self.SOPClassUID = item.value("SOPClassUID")
        self.SOPInstanceUID = item.value("SOPInstanceUID")
        self.item = item


def send_as_stored(association: Association) -> None:
    """Let an association send the objects that its sub-operations stand for.

    Only public methods are replaced: of a pynetdicom that calls others, nothing is lost but speed.
    """
    send = association.send_c_store
    contexts: dict[tuple[str, str], int] = {}

    def send_c_store(
        dataset: Any,
        msg_id: int = 1,
        priority: int = _LOW,
        originator_aet: str | None = None,
        originator_id: int | None = None,
    ) -> Dataset:
        if not isinstance(dataset, SubOperation):
            return send(dataset, msg_id, priority, originator_aet, originator_id)
        if not contexts:
            contexts.update(_contexts(association))
        item = dataset.item
        context = contexts.get((item.value("SOPClassUID"), item.syntax))
        file = item.file() if context is not None else None
        if context is None or file is None:
            return send(_readable(item, contexts), msg_id, priority, originator_aet, originator_id)
        fields = {
            "CommandField": C_STORE_RQ,
            "AffectedSOPClassUID": item.value("SOPClassUID"),
            "MessageID": msg_id,
            "Priority": priority,
            "AffectedSOPInstanceUID": item.value("SOPInstanceUID"),
            "MoveOriginatorApplicationEntityTitle": originator_aet,
            "MoveOriginatorMessageID": originator_id,
        }
        return _store(association, context, fields, file)

    association.send_c_store = send_c_store  # type: ignore[method-assign]
    send_pending_quickly(association)
    if association.is_requestor:
        _leave_responses(association)


def _contexts(association: Association) -> dict[tuple[str, str], int]:
    """The Presentation Context ID by SOP class and transfer syntax of what the peer takes."""
    return {
        (str(context.abstract_syntax), str(context.transfer_syntax[0])): context.context_id or 0
        for context in association.accepted_contexts
        if context.as_scu
    }


def _store(association: Association, context: int, fields: dict[str, Any], file: Path) -> Dataset:
    """One C-STORE; the status, which is empty if none came."""
    _, offset = split_dataset(file)
    with file.open("rb") as opened:
        opened.seek(offset)
        send_message(association, context, fields, opened)
    _, response = association.dimse.get_msg(block=True)
    status = Dataset()
    if response is not None and response.is_valid_response:
        status.Status = response.Status
    elif association.is_established:
        association.abort()
    return status


def _readable(item: StoredObject, contexts: dict[tuple[str, str], int]) -> Dataset:
    """The data set, decompressed where the peer takes nothing else."""
    dataset = item.read()
    taken = {syntax for sop_class, syntax in contexts if sop_class == item.value("SOPClassUID")}
    if item.syntax not in taken and taken.intersection(PLAIN):
        with suppress(ValueError, AttributeError):  # then pynetdicom finds no context for it
            set_native(dataset)
    return dataset


def _leave_responses(association: Association) -> None:
    """Leave what arrives to the sender that waits for it.

    The thread of an association of our own polls for requests. On a busy computer it can take the response to
    a C-STORE just sent, and drop it: the sender then waits 30 seconds for nothing, and gives up the C-MOVE.
    """
    get = association.dimse.get_msg

    def get_msg(block: bool = False) -> Any:
        return get(block) if block else (None, None)

    association.dimse.get_msg = get_msg  # type: ignore[method-assign]
