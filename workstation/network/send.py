"""C-STORE as SCU (PS3.4 B): send files as they are stored, streamed from the disk, or converted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from workstation.dicom.association_facts import Context
from workstation.dicom.transfer_syntaxes import EXPLICIT_LE, IMPLICIT_LE
from workstation.errors import Unreadable
from workstation.network import command
from workstation.network.association import Association
from workstation.network.command import Field
from workstation.network.dimse import DimseResponse, final_response, response_to
from workstation.network.file_to_send import FileToSend
from workstation.network.pdus import Proposal


def offers(file: FileToSend) -> list[tuple[str, str]]:
    """Class and transfer syntax of the contexts ``file`` may go out on, the best first.

    As it is stored; else in a plain syntax, one of which each peer takes (PS3.5 10.1).
    """
    syntaxes = [file.transfer_syntax]
    if file.transfer_syntax != IMPLICIT_LE:
        syntaxes += [EXPLICIT_LE, IMPLICIT_LE]
    return [(file.sop_class, syntax) for syntax in dict.fromkeys(syntaxes)]


def proposals(files: Iterable[FileToSend]) -> list[Proposal]:
    """One context for each class and transfer syntax of what the files may go out as."""
    pairs = dict.fromkeys(pair for file in files for pair in offers(file))
    return [Proposal(sop_class, (syntax,)) for sop_class, syntax in pairs]


def context_for(association: Association, file: FileToSend) -> Context | None:
    """The accepted context a file can go out on as it is; None: the peer does not take it so."""
    return _accepted(association, offers(file)[:1])


def plain_context_for(association: Association, file: FileToSend) -> Context | None:
    """The accepted context a file can go out on when it is converted; None: there is none."""
    return _accepted(association, offers(file)[1:])


def _accepted(association: Association, pairs: list[tuple[str, str]]) -> Context | None:
    accepted = {
        (context.abstract_syntax, context.transfer_syntax): context
        for context in association.contexts.values()
        if context.as_scu
    }
    return next((accepted[pair] for pair in pairs if pair in accepted), None)


def store(association: Association, context: Context, file: FileToSend) -> DimseResponse:
    """Send one object and await its answer (PS3.7 9.1.1).

    Raises:
        Unreadable: The file vanished or shrank; the association was aborted if it had begun.
        NetworkError, Cancelled: The association broke.
    """
    try:
        source = file.open()
    except OSError as error:
        raise Unreadable(str(file.path), error.strerror or str(error)) from error
    with source:
        message_id = request_storage(association, context, file, source)
    return storage_response(association, message_id)


def request_storage(association: Association, context: Context, file: FileToSend, source: BinaryIO) -> int:
    """Send the request and the data set, which ``source`` stands at; returns the message ID.

    Raises:
        As :func:`store`; whatever it is, the peer cannot have all of the object then.
    """
    message_id = association.next_message_id()
    request = command.encode(
        [
            (command.AFFECTED_SOP_CLASS, file.sop_class),
            (command.COMMAND_FIELD, Field.C_STORE_RQ),
            (command.MESSAGE_ID, message_id),
            (command.PRIORITY, 0),
            (command.DATA_SET_TYPE, command.DATA_SET),
            (command.AFFECTED_SOP_INSTANCE, file.sop_instance),
        ]
    )
    try:
        association.send_object(context.id, request, source, file.length)
    except OSError as error:
        raise Unreadable(str(file.path), error.strerror or str(error)) from error
    return message_id


def storage_response(association: Association, message_id: int) -> DimseResponse:
    """Await the answer to a request.

    Raises:
        NetworkError, Cancelled: The association broke; whether the object was kept is not known.
    """
    return final_response(response_to(association, message_id, Field.C_STORE_RSP, association.timeouts.store))
