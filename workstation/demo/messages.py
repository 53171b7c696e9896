"""Sends DIMSE messages through pynetdicom's upper layer: a command set, and a data set as it is encoded.

pynetdicom builds each command set as a pydicom data set and writes it twice, which takes most of the time of
a small object. Those that come by the thousand, C-STORE requests and pending responses, are encoded here
(PS3.7 6.3.1: group 0000 in Implicit VR Little Endian) and handed on as P-DATA (PS3.8 9.3.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from struct import pack
from typing import Any, BinaryIO

from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_FIND, C_GET, C_MOVE
from pynetdicom.pdu_primitives import P_DATA

C_STORE_RQ = 0x0001
_PENDING = (0xFF00, 0xFF01)
_RESPONSES: dict[type, int] = {C_FIND: 0x8020, C_GET: 0x8010, C_MOVE: 0x8021}
_WITH_DATA, _WITHOUT_DATA = 0x0001, 0x0101
_COMMAND, _LAST = 0x01, 0x02

_ELEMENTS = {
    "AffectedSOPClassUID": 0x0002,
    "CommandField": 0x0100,
    "MessageID": 0x0110,
    "MessageIDBeingRespondedTo": 0x0120,
    "Priority": 0x0700,
    "CommandDataSetType": 0x0800,
    "Status": 0x0900,
    "AffectedSOPInstanceUID": 0x1000,
    "NumberOfRemainingSuboperations": 0x1020,
    "NumberOfCompletedSuboperations": 0x1021,
    "NumberOfFailedSuboperations": 0x1022,
    "NumberOfWarningSuboperations": 0x1023,
    "MoveOriginatorApplicationEntityTitle": 0x1030,
    "MoveOriginatorMessageID": 0x1031,
}
"""Element numbers in group 0000 (PS3.7 E.1), ascending."""

_OF_RESPONSES = (
    "AffectedSOPClassUID",
    "MessageIDBeingRespondedTo",
    "Status",
    *(keyword for keyword in _ELEMENTS if keyword.startswith("NumberOf")),
)

Fields = Mapping[str, int | str | None]
"""Of a command by keyword; None is left out."""


def encode_command(fields: Fields) -> bytes:
    """A command set with its group length; numbers are US, texts UI or AE."""
    body = b""
    for keyword, element in _ELEMENTS.items():
        value = fields.get(keyword)
        if isinstance(value, int):
            body += pack("<HHLH", 0, element, 2, value)
        elif value is not None:
            text = value.encode("ascii")
            text += (b"\0" if keyword.endswith("UID") else b" ") * (len(text) % 2)
            body += pack("<HHL", 0, element, len(text)) + text
    return pack("<HHLL", 0, 0, 4, len(body)) + body


def send_message(association: Association, context_id: int, fields: Fields, data: BinaryIO | None) -> None:
    """Queue a message for the peer.

    Args:
        association: An established one.
        context_id: Presentation Context ID.
        fields: Of the command, but for Command Data Set Type.
        data: A file positioned at the beginning of the data set; None: there is no data set.
    """
    fragments = [] if data is None else list(_fragments(data, association.dimse.maximum_pdu_size))
    data_set = _WITH_DATA if fragments else _WITHOUT_DATA
    command = encode_command({**fields, "CommandDataSetType": data_set})
    for value in (bytes([_COMMAND | _LAST]) + command, *fragments):
        primitive = P_DATA()
        primitive.presentation_data_value_list.append((context_id, value))
        association.dul.send_pdu(primitive)


def send_pending_quickly(association: Association) -> None:
    """Encode the pending responses of an association here; the others stay pynetdicom's."""
    send = association.dimse.send_msg

    def send_msg(primitive: Any, context_id: int) -> None:
        field = _RESPONSES.get(type(primitive))
        if field is None or primitive.MessageIDBeingRespondedTo is None or primitive.Status not in _PENDING:
            send(primitive, context_id)
            return
        fields = {keyword: getattr(primitive, keyword, None) for keyword in _OF_RESPONSES}
        send_message(association, context_id, {**fields, "CommandField": field}, primitive.Identifier)

    association.dimse.send_msg = send_msg  # type: ignore[method-assign]


def _fragments(data: BinaryIO, largest: int) -> Iterator[bytes]:
    """The values of PDVs, each with its control header; a peer's maximum of 0 is none (PS3.8 D.1)."""
    size = largest - 6 if largest else -1
    fragment = data.read(size)
    while following := data.read(size):
        yield b"\0" + fragment
        fragment = following
    yield bytes([_LAST]) + fragment
