"""Request storage commitment, push model, as SCU (PS3.4 J.3), and read the reports of it.

The result comes as N-EVENT-REPORT, on the same association or on one the archive opens to our listener
with the roles reversed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workstation.dicom.statuses import StatusClass
from workstation.network import command
from workstation.network.association import Association, Message
from workstation.network.command import Field
from workstation.network.contexts import STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE
from workstation.network.dimse import answer_request, decode, encode, failure, final_response, response_to

_REQUEST = 1
_ALL_COMMITTED, _SOME_FAILED = 1, 2


@dataclass(frozen=True, slots=True)
class Commitment:
    """An N-EVENT-REPORT of the push model (PS3.4 J.3.3).

    Attributes:
        transaction: Transaction UID of our request.
        committed: SOP Instance UIDs the archive vouches for.
        failed: The others, with Failure Reason (0008,1197); None where it gave none.
    """

    transaction: str
    committed: tuple[str, ...]
    failed: tuple[tuple[str, int | None], ...]


Take = Callable[[Commitment], None]
"""Is given each report that arrives, on the association's thread."""


def request_commitment(
    association: Association, transaction: str, objects: Iterable[tuple[str, str]], take: Take
) -> None:
    """Ask for commitment of (SOP class, SOP instance) pairs (N-ACTION, PS3.4 J.3.2).

    Args:
        association: The archive.
        transaction: A fresh UID.
        objects: What was stored.
        take: A report that comes before the answer, on this association, goes here.

    Raises:
        ServiceRefused: The archive does not offer storage commitment.
        OperationFailed: It declined the request.
        NetworkError: The association broke.
    """
    from pydicom import Dataset
    from pydicom.sequence import Sequence

    context = association.context_for(STORAGE_COMMITMENT, "storage commitment")
    request_data = Dataset()
    request_data.TransactionUID = transaction
    items = []
    for sop_class, sop_instance in objects:
        item = Dataset()
        item.ReferencedSOPClassUID = sop_class
        item.ReferencedSOPInstanceUID = sop_instance
        items.append(item)
    request_data.ReferencedSOPSequence = Sequence(items)
    message_id = association.next_message_id()
    association.send(
        context.id,
        command.encode(
            [
                (command.REQUESTED_SOP_CLASS, STORAGE_COMMITMENT),
                (command.COMMAND_FIELD, Field.N_ACTION_RQ),
                (command.MESSAGE_ID, message_id),
                (command.DATA_SET_TYPE, command.DATA_SET),
                (command.REQUESTED_SOP_INSTANCE, STORAGE_COMMITMENT_INSTANCE),
                (command.ACTION_TYPE, _REQUEST),
            ]
        ),
        encode(request_data, context.transfer_syntax),
    )
    reports = Reports(association, take)
    gap = association.timeouts.store
    message = response_to(association, message_id, Field.N_ACTION_RSP, gap, serve=reports.serve)
    response = final_response(message)
    if response.kind is StatusClass.FAILURE:
        raise failure(association, "storage commitment", response)


class Reports:
    """Takes the N-EVENT-REPORT requests of one association.

    Attributes:
        count: How many reports came.
    """

    def __init__(self, association: Association, take: Take) -> None:
        self.count = 0
        self._association = association
        self._take = take

    def serve(self, message: Message) -> bool:
        """Take one report if ``message`` is one, and answer it; False if it is something else."""
        request = message.command
        if request.field != Field.N_EVENT_REPORT_RQ or (
            message.context.abstract_syntax != STORAGE_COMMITMENT
        ):
            return False
        association = self._association
        data = association.read_data(association.timeouts.store, association.limits.failed_list)
        report = _read(data, message.context.transfer_syntax)
        known = report is not None and request.number(command.EVENT_TYPE) in (_ALL_COMMITTED, _SOME_FAILED)
        if report is not None and known:
            self._take(report)
        self.count += known
        association.send(message.context.id, command.response(request, 0x0000 if known else 0x0110))
        return True

    def wait(self, seconds: float) -> bool:
        """Stay on the association until a report came; False if none did within ``seconds``.

        Raises:
            NetworkError, Cancelled: The association broke.
        """
        from workstation.errors import TimedOut
        from workstation.network.association import Released

        by = time.monotonic() + seconds
        while not self.count:
            try:
                message = self._association.receive(seconds, "its storage commitment report", by=by)
            except (TimedOut, Released):
                return False
            if message.command.is_response:
                raise self._association.fault(f"{message.command.name} without a request")
            answer_request(self._association, message, self.serve)
        return True


def _read(data: bytes, transfer_syntax: str) -> Commitment | None:
    found = decode(data, transfer_syntax)
    if found is None:
        return None
    try:
        transaction = str(found.get("TransactionUID", ""))
        committed = [
            str(item.get("ReferencedSOPInstanceUID", "")) for item in found.get("ReferencedSOPSequence") or ()
        ]
        failed = [
            (str(item.get("ReferencedSOPInstanceUID", "")), item.get("FailureReason"))
            for item in found.get("FailedSOPSequence") or ()
        ]
    except Exception:  # noqa: BLE001 - pydicom converts values here, and raises whatever they trip it over
        return None
    return Commitment(
        transaction,
        tuple(committed),
        tuple((uid, reason if isinstance(reason, int) else None) for uid, reason in failed),
    )
