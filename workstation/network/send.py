"""C-STORE as SCU (PS3.4 B): files go out as they are stored, streamed from the disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from struct import Struct

from workstation.dicom.arrival import Context
from workstation.dicom.uids import is_uid
from workstation.errors import Unreadable
from workstation.network import command
from workstation.network.associate import Proposal
from workstation.network.association import Association
from workstation.network.command import Field
from workstation.network.exchange import Final, final, response_to

_META_ELEMENT = Struct("<HH2sH")
_LONG_VRS = (b"OB", b"OW", b"OF", b"SQ", b"UT", b"UN")
_META_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """A DICOM file (PS3.10 7.1) ready to be sent.

    Attributes:
        path: Where it is.
        sop_class: Media Storage SOP Class UID.
        sop_instance: Media Storage SOP Instance UID.
        transfer_syntax: Of its data set.
        offset: Where the data set begins.
        length: Bytes of the data set.
    """

    path: Path
    sop_class: str
    sop_instance: str
    transfer_syntax: str
    offset: int
    length: int


def read_meta(path: Path) -> Stored:
    """Read a file's meta information (PS3.10 7.1).

    Raises:
        Unreadable: It is no DICOM file, or its meta information is incomplete or broken.
    """
    try:
        with path.open("rb") as file:
            head = file.read(132 + _META_LIMIT)
            size = file.seek(0, 2)
    except OSError as error:
        raise Unreadable(str(path), error.strerror or str(error)) from error
    if head[128:132] != b"DICM":
        raise Unreadable(str(path), "it is not a DICOM file")
    values, offset = _meta_elements(head, path)
    sop_class, sop_instance, syntax = (values.get(element, "") for element in (0x0002, 0x0003, 0x0010))
    if not (is_uid(sop_class) and is_uid(sop_instance) and is_uid(syntax)):
        raise Unreadable(str(path), "its file meta information names no class, instance or transfer syntax")
    if size <= offset:
        raise Unreadable(str(path), "it holds no data set")
    return Stored(path, sop_class, sop_instance, syntax, offset, size - offset)


def _meta_elements(head: bytes, path: Path) -> tuple[dict[int, str], int]:
    """The UIDs of group 0002 (always Explicit VR Little Endian) and the offset behind it."""
    values: dict[int, str] = {}
    position = 132
    while position + 8 <= len(head):
        group, element, vr, length = _META_ELEMENT.unpack_from(head, position)
        if group != 0x0002:
            return values, position
        position += 8
        if vr in _LONG_VRS:
            length = int.from_bytes(head[position : position + 4], "little")
            position += 4
        if length > len(head) - position:
            break
        if vr == b"UI":
            values[element] = head[position : position + length].decode("ascii", "replace").strip("\0 ")
        position += length
    raise Unreadable(str(path), "its file meta information is damaged")


def proposals(files: Iterable[Stored]) -> list[Proposal]:
    """One context for each class and transfer syntax that occurs, each as stored."""
    pairs = dict.fromkeys((file.sop_class, file.transfer_syntax) for file in files)
    return [Proposal(sop_class, (syntax,)) for sop_class, syntax in pairs]


def context_for(association: Association, file: Stored) -> Context | None:
    """The accepted context a file can go out on as it is; None: the peer does not take it."""
    for context in association.contexts.values():
        if (
            context.abstract_syntax == file.sop_class
            and context.transfer_syntax == file.transfer_syntax
            and context.as_scu
        ):
            return context
    return None


def store(association: Association, context: Context, file: Stored) -> Final:
    """Send one object and await its answer (PS3.7 9.1.1).

    Raises:
        Unreadable: The file vanished or shrank; the association was aborted if it had begun.
        NetworkError, Cancelled: The association broke.
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
        with file.path.open("rb", buffering=0) as source:
            source.seek(file.offset)
            association.send_object(context.id, request, source, file.length)
    except OSError as error:
        raise Unreadable(str(file.path), error.strerror or str(error)) from error
    message = response_to(association, message_id, Field.C_STORE_RSP, association.timeouts.store)
    return final(message)
