"""Cut messages into P-DATA PDUs (PS3.8 9.3.5, PS3.7 6.3), in blocks that are worth one write each."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import BinaryIO

from workstation.network.pdus import P_DATA

COMMAND, LAST = 1, 2
"""Bits of the message control header (PS3.8 E.2)."""

BLOCK = 256 * 1024
"""The longest PDU we send, and the most handed to one write: the peer works on one while the next is read."""

_HEADERS = Struct(">BxLLBB")


def fragment_length(max_pdu: int) -> int:
    """Bytes of a message in one PDU: even (PS3.8 9.3.1), less the 6 of the fragment's own header."""
    return (max_pdu - 6) & ~1


def message_pdus(max_pdu: int, context_id: int, command_set: bytes, data: bytes | None = None) -> bytearray:
    """A whole message; command and data in one block, so that they leave in one write."""
    out = bytearray()
    _append(out, max_pdu, context_id, COMMAND, command_set)
    if data is not None:
        _append(out, max_pdu, context_id, 0, data)
    return out


def object_pdus(
    max_pdu: int, context_id: int, command_set: bytes, source: BinaryIO, length: int
) -> Iterator[memoryview]:
    """A message whose data set is the next ``length`` bytes of ``source``, block by block.

    Each block is valid until the next. The first holds the command and the first fragments.

    Raises:
        OSError: The file could not be read, or ended early.
    """
    head = message_pdus(max_pdu, context_id, command_set)
    fragment = fragment_length(max_pdu)
    slot = fragment + 12
    whole = length + 12 * (length // fragment + 1)
    buffer = bytearray(len(head) + min(whole, max(1, BLOCK // slot) * slot))
    view = memoryview(buffer)
    view[: len(head)] = head
    end = len(head)
    left = length
    while left:
        count = min(fragment, left)
        left -= count
        _HEADERS.pack_into(buffer, end, P_DATA, count + 6, count + 2, context_id, 0 if left else LAST)
        _fill(view[end + 12 : end + 12 + count], source)
        end += 12 + count
        if not left or end + 12 + min(fragment, left) > len(buffer):
            yield view[:end]
            end = 0


def _append(out: bytearray, max_pdu: int, context_id: int, control: int, data: bytes) -> None:
    fragment = fragment_length(max_pdu)
    for position in range(0, max(1, len(data)), fragment):
        part = data[position : position + fragment]
        last = LAST if position + fragment >= len(data) else 0
        out += _HEADERS.pack(P_DATA, len(part) + 6, len(part) + 2, context_id, control | last)
        out += part


def _fill(view: memoryview, source: BinaryIO) -> None:
    while view:
        count = source.readinto(view)  # type: ignore[attr-defined]
        if not count:
            raise OSError("the file ended before its data set did")
        view = view[count:]
