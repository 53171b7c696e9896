"""Encode and decode command sets: group 0000 in Implicit VR Little Endian (PS3.7 6.3.1, E.1).

Written by hand because every object received costs one decode and one encode: a command is kept as the raw
values by element number, read when asked for. Unknown elements and foreign groups are ignored.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct

from workstation.network.pdus import ProtocolFault

NO_DATA_SET = 0x0101
DATA_SET = 0x0001

_ELEMENT = Struct("<HHL")
_US = Struct("<HHLH")
_ANSWER = Struct("<" + 4 * "HHLH")
_GROUP_LENGTH = Struct("<HHLL")
_TAG = Struct("<HH")
_MOST_OFFENDING = 16


class Field(IntEnum):
    """Command Field (0000,0100), PS3.7 E.1-1; the top bit marks a response."""

    C_STORE_RQ = 0x0001
    C_STORE_RSP = 0x8001
    C_GET_RQ = 0x0010
    C_GET_RSP = 0x8010
    C_FIND_RQ = 0x0020
    C_FIND_RSP = 0x8020
    C_MOVE_RQ = 0x0021
    C_MOVE_RSP = 0x8021
    C_ECHO_RQ = 0x0030
    C_ECHO_RSP = 0x8030
    N_EVENT_REPORT_RQ = 0x0100
    N_EVENT_REPORT_RSP = 0x8100
    N_ACTION_RQ = 0x0130
    N_ACTION_RSP = 0x8130
    C_CANCEL_RQ = 0x0FFF


FIELD_NAMES = {int(field): field.name.replace("_", "-") for field in Field}

# Element numbers of group 0000.
AFFECTED_SOP_CLASS = 0x0002
REQUESTED_SOP_CLASS = 0x0003
COMMAND_FIELD = 0x0100
MESSAGE_ID = 0x0110
MESSAGE_ID_RESPONDED = 0x0120
MOVE_DESTINATION = 0x0600
PRIORITY = 0x0700
DATA_SET_TYPE = 0x0800  # CommandDataSetType
STATUS = 0x0900
OFFENDING_ELEMENT = 0x0901
ERROR_COMMENT = 0x0902
AFFECTED_SOP_INSTANCE = 0x1000
REQUESTED_SOP_INSTANCE = 0x1001
EVENT_TYPE = 0x1002
ACTION_TYPE = 0x1008
REMAINING = 0x1020  # NumberOfRemainingSuboperations
COMPLETED = 0x1021  # NumberOfCompletedSuboperations
FAILED = 0x1022  # NumberOfFailedSuboperations
WARNING = 0x1023  # NumberOfWarningSuboperations
MOVE_ORIGINATOR = 0x1030  # MoveOriginatorApplicationEntityTitle
MOVE_ORIGINATOR_ID = 0x1031  # MoveOriginatorMessageID


class Command:
    """One decoded command set. Counters, class and status may be absent: those read as None.

    Attributes:
        field: Command Field.
        message_id: Message ID; 0 if absent.
        responded_id: Message ID Being Responded To.
        has_data: A data set follows, whatever the status (PS3.7 E.1: Command Data Set Type is not 0101H).
        status: Status.
    """

    __slots__ = ("_values", "field", "has_data", "message_id", "responded_id", "status")

    def __init__(self, values: dict[int, bytes]) -> None:
        self._values = values
        field = self.number(COMMAND_FIELD)
        if field is None:
            raise ProtocolFault("a command set without Command Field (0000,0100)")
        self.field = field
        self.message_id = self.number(MESSAGE_ID) or 0
        if field > 0xFFFF or self.message_id > 0xFFFF:
            raise ProtocolFault("a Command Field or Message ID that is not a US")
        self.has_data = self.number(DATA_SET_TYPE) not in (None, NO_DATA_SET)
        self.responded_id = self.number(MESSAGE_ID_RESPONDED)
        self.status = self.number(STATUS)

    def number(self, element: int) -> int | None:
        """The value of a US or UL element; None if absent or of another length."""
        value = self._values.get(element)
        return int.from_bytes(value, "little") if value and len(value) in (2, 4) else None

    def raw(self, element: int) -> bytes:
        """The bytes of an element without padding; empty if absent."""
        return self._values.get(element, b"").rstrip(b"\0 ")

    def text(self, element: int) -> str:
        """The value of a UI, AE or LO element without padding; empty if absent.

        Bytes outside ASCII stay visible as escapes: the text may be hostile.
        """
        return self.raw(element).decode("ascii", "backslashreplace")

    @property
    def name(self) -> str:
        """The message's name (C-FIND-RSP), or its number if it has none."""
        return FIELD_NAMES.get(self.field, f"0x{self.field:04X}")

    @property
    def is_response(self) -> bool:
        """It answers a request (PS3.7 E.1: the highest bit of the Command Field)."""
        return self.field & 0x8000 != 0

    @property
    def sop_class(self) -> str:
        """Affected SOP Class UID (0000,0002); empty if absent."""
        return self.text(AFFECTED_SOP_CLASS)

    @property
    def sop_instance(self) -> str:
        """Affected SOP Instance UID (0000,1000); empty if absent."""
        return self.text(AFFECTED_SOP_INSTANCE)

    @property
    def offending_elements(self) -> tuple[int, ...]:
        """Tags of the elements that a refusal is about (0000,0901), at most 16."""
        raw = self._values.get(OFFENDING_ELEMENT, b"")[: 4 * _MOST_OFFENDING]
        return tuple(group << 16 | element for group, element in _TAG.iter_unpack(raw[: len(raw) // 4 * 4]))

    @property
    def error_comment(self) -> str:
        """Error Comment (0000,0902), as the peer wrote it; empty if absent."""
        return self.text(ERROR_COMMENT)


def decode(data: bytes) -> Command:
    """Read a command set.

    Raises:
        ProtocolFault: A length runs past the end, or there is no Command Field.
    """
    values: dict[int, bytes] = {}
    position, end = 0, len(data)
    unpack = _ELEMENT.unpack_from
    while position < end:
        if position + 8 > end:
            raise ProtocolFault("a command set that ends inside an element")
        group, element, length = unpack(data, position)
        position += 8
        if length > end - position:
            raise ProtocolFault(f"element ({group:04X},{element:04X}) longer than its command set")
        if group == 0:  # Orthanc puts Failed SOP Instance UID List (0008,0058) here
            values[element] = data[position : position + length]
        position += length
    return Command(values)


Value = int | str | bytes
"""int: US, str: a UID (padded with NUL), bytes: as they are (AE titles, padded with a space)."""


def encode(elements: list[tuple[int, Value]]) -> bytes:
    """A command set with its group length, from (element, value) pairs in ascending order."""
    parts: list[bytes] = []
    for element, value in elements:
        if isinstance(value, int):
            parts.append(_US.pack(0, element, 2, value))
        elif isinstance(value, str):
            parts.append(_padded(element, value.encode("ascii", "replace"), b"\0"))
        else:
            parts.append(_padded(element, value, b" "))
    return _grouped(b"".join(parts))


def response(request: Command, status: int, comment: str = "") -> bytes:
    """The response to ``request`` without a data set; class and instance are echoed (PS3.7 9.3)."""
    sop_class = request.raw(AFFECTED_SOP_CLASS) or request.raw(REQUESTED_SOP_CLASS)
    sop_instance = request.raw(AFFECTED_SOP_INSTANCE) or request.raw(REQUESTED_SOP_INSTANCE)
    numbers = _ANSWER.pack(
        *(0, COMMAND_FIELD, 2, request.field | 0x8000),
        *(0, MESSAGE_ID_RESPONDED, 2, request.message_id),
        *(0, DATA_SET_TYPE, 2, NO_DATA_SET),
        *(0, STATUS, 2, status),
    )
    return _grouped(
        (_padded(AFFECTED_SOP_CLASS, sop_class[:64], b"\0") if sop_class else b"")
        + numbers
        + (_padded(ERROR_COMMENT, comment[:64].encode("ascii", "replace"), b" ") if comment else b"")
        + (_padded(AFFECTED_SOP_INSTANCE, sop_instance[:64], b"\0") if sop_instance else b"")
    )


def _padded(element: int, value: bytes, padding: bytes) -> bytes:
    if len(value) & 1:
        value += padding
    return _ELEMENT.pack(0, element, len(value)) + value


def _grouped(body: bytes) -> bytes:
    """The command set of these elements: its group length goes first (PS3.7 E.1)."""
    return _GROUP_LENGTH.pack(0, 0, 4, len(body)) + body
