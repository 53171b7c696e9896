"""DICOM on the wire (PS3.8 9.3, PS3.7 6.3), written and read by hand; nothing here is the program's code.

What is written may be wrong on purpose: every length, number and text can be given.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

RQ, AC, RJ, DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)

APPLICATION = "1.2.840.10008.3.1.1.1"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
VERIFICATION = "1.2.840.10008.1.1"
CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
FIND, MOVE, GET = (f"1.2.840.10008.5.1.4.1.2.2.{number}" for number in (1, 2, 3))
COMMITMENT = "1.2.840.10008.1.20.1"

STORE_RQ, GET_RQ, FIND_RQ, MOVE_RQ, ECHO_RQ, CANCEL_RQ = 0x01, 0x10, 0x20, 0x21, 0x30, 0x0FFF
EVENT_RQ, ACTION_RQ = 0x0100, 0x0130
RESPONSE = 0x8000

CLASS, REQUESTED_CLASS, FIELD, ID, RESPONDED = 0x0002, 0x0003, 0x0100, 0x0110, 0x0120
DESTINATION, PRIORITY, TYPE, STATUS, COMMENT = 0x0600, 0x0700, 0x0800, 0x0900, 0x0902
INSTANCE, REQUESTED_INSTANCE, EVENT, ACTION = 0x1000, 0x1001, 0x1002, 0x1008
REMAINING, COMPLETED, FAILED, WARNING = 0x1020, 0x1021, 0x1022, 0x1023
NO_DATA, SOME_DATA = 0x0101, 0x0102


# --- PDUs --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pdu:
    """One PDU: its type and what follows its six bytes of header."""

    kind: int
    body: bytes

    @property
    def fragments(self) -> list[tuple[int, int, bytes]]:
        """Of a P-DATA PDU: (context ID, message control header, bytes)."""
        found, rest = [], self.body
        while rest:
            (length,) = struct.unpack_from(">L", rest)
            assert 2 <= length <= len(rest) - 4, "a fragment longer than its PDU"
            found.append((rest[4], rest[5], rest[6 : 4 + length]))
            rest = rest[4 + length :]
        return found


def pdu(kind: int, body: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BBL", kind, 0, len(body) if length is None else length) + body


def item(kind: int, value: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BBH", kind, 0, len(value) if length is None else length) + value


def items(data: bytes) -> list[tuple[int, bytes]]:
    found = []
    while data:
        kind, _, length = struct.unpack_from(">BBH", data)
        found.append((kind, data[4 : 4 + length]))
        data = data[4 + length :]
    return found


def reject(result: int, source: int, reason: int) -> bytes:
    return pdu(RJ, bytes((0, result, source, reason)))


def abort(source: int = 0, reason: int = 0) -> bytes:
    return pdu(ABORT, bytes((0, 0, source, reason)))


def release(kind: int) -> bytes:
    return pdu(kind, bytes(4))


# --- Associations ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proposal:
    """What an A-ASSOCIATE-RQ or -AC says; ``contexts`` of an answer hold (result, transfer syntaxes)."""

    called: bytes
    calling: bytes
    contexts: dict[int, tuple[str | int, list[str]]]
    user: list[tuple[int, bytes]]

    @property
    def max_pdu(self) -> int:
        (value,) = [struct.unpack(">L", content)[0] for kind, content in self.user if kind == 0x51]
        return int(value)

    @property
    def roles(self) -> dict[str, tuple[int, int]]:
        return {
            content[2:-2].decode(): (content[-2], content[-1]) for kind, content in self.user if kind == 0x54
        }

    @property
    def extended(self) -> dict[str, bytes]:
        lengths = [
            (2 + content[0] * 256 + content[1], content) for kind, content in self.user if kind == 0x56
        ]
        return {content[2:end].decode(): content[end:] for end, content in lengths}


def proposal(body: bytes) -> Proposal:
    """Read the body of an A-ASSOCIATE-RQ or -AC, sure that it is right."""
    contexts: dict[int, tuple[str | int, list[str]]] = {}
    user: list[tuple[int, bytes]] = []
    for kind, value in items(body[68:]):
        if kind in (0x20, 0x21):
            inner = items(value[4:])
            syntaxes = [text.decode() for what, text in inner if what == 0x40]
            abstract = [text.decode() for what, text in inner if what == 0x30]
            contexts[value[0]] = (abstract[0] if kind == 0x20 else value[2], syntaxes)
        elif kind == 0x50:
            user = items(value)
    return Proposal(body[4:20], body[20:36], contexts, user)


def user(
    max_pdu: int | None = 16384,
    roles: Mapping[str, tuple[int, int]] | None = None,
    extended: Mapping[str, bytes] | None = None,
) -> bytes:
    """User information (PS3.7 D.3.3): maximum length, implementation, roles, extended negotiation."""
    parts = [] if max_pdu is None else [item(0x51, struct.pack(">L", max_pdu))]
    parts.append(item(0x52, b"1.3.9"))
    for uid, (scu, scp) in (roles or {}).items():
        parts.append(item(0x54, struct.pack(">H", len(uid)) + uid.encode() + bytes((scu, scp))))
    for uid, information in (extended or {}).items():
        parts.append(item(0x56, struct.pack(">H", len(uid)) + uid.encode() + information))
    return item(0x50, b"".join(parts))


def associate(
    kind: int,
    contexts: Iterable[bytes],
    *,
    called: bytes = b"SCRIPTED",
    calling: bytes = b"WORKSTATION",
    version: int = 1,
    user_information: bytes | None = None,
    application: str = APPLICATION,
) -> bytes:
    """An A-ASSOCIATE-RQ or -AC of ready items; AE titles are padded with spaces, not checked."""
    head = struct.pack(">HH", version, 0) + called.ljust(16) + calling.ljust(16) + bytes(32)
    body = head + item(0x10, application.encode()) + b"".join(contexts)
    return pdu(kind, body + (user() if user_information is None else user_information))


def proposed(context_id: int, abstract: str, *syntaxes: str) -> bytes:
    """A presentation context item of a request."""
    inner = item(0x30, abstract.encode()) + b"".join(item(0x40, syntax.encode()) for syntax in syntaxes)
    return item(0x20, bytes((context_id, 0, 0, 0)) + inner)


def answered(context_id: int, result: int, *syntaxes: str) -> bytes:
    """A presentation context item of an answer."""
    inner = b"".join(item(0x40, syntax.encode()) for syntax in syntaxes)
    return item(0x21, bytes((context_id, 0, result, 0)) + inner)


# --- Messages ----------------------------------------------------------------------------------------

Value = int | str | bytes


def command(fields: Mapping[int, Value], *, group_length: int | None = None) -> bytes:
    """A command set: int is US, str a UID, bytes are taken as they are."""
    body = b""
    for element, value in sorted(fields.items()):
        if isinstance(value, int):
            value = struct.pack("<H", value)
        elif isinstance(value, str):
            value = value.encode() + b"\0" * (len(value) % 2)
        body += struct.pack("<HHL", 0, element, len(value)) + value
    length = len(body) if group_length is None else group_length
    return struct.pack("<HHLL", 0, 0, 4, length) + body


def elements(data: bytes) -> dict[int, bytes]:
    """The elements of a command set, group length left out after it was checked."""
    found = {}
    position = 0
    while position < len(data):
        group, element, length = struct.unpack_from("<HHL", data, position)
        assert group == 0
        assert length % 2 == 0, "odd lengths are not DICOM"
        found[element] = data[position + 8 : position + 8 + length]
        position += 8 + length
    assert list(found) == sorted(found), "elements not in ascending order"
    assert struct.unpack("<L", found.pop(0)) == (len(data) - 12,)
    return found


@dataclass
class Message:
    """A message as it was read: raw elements of its command, and the data set if there was one."""

    context: int
    command: dict[int, bytes]
    data: bytes | None = None
    sizes: list[int] = field(default_factory=list)

    def number(self, element: int) -> int:
        return int(struct.unpack("<H", self.command[element])[0])

    def text(self, element: int) -> str:
        return self.command[element].rstrip(b"\0 ").decode()

    @property
    def field(self) -> int:
        return self.number(FIELD)


def pdv(context_id: int, control: int, data: bytes, length: int | None = None) -> bytes:
    return struct.pack(">LBB", len(data) + 2 if length is None else length, context_id, control) + data


def pieces(data: bytes, size: int) -> list[bytes]:
    """``data`` cut after every ``size`` bytes; at least one piece."""
    return [data[start : start + size] for start in range(0, len(data), size)] or [b""]


def fragments(
    context_id: int, control: int, data: bytes, size: int = 16000, *, empty: bool = False
) -> list[bytes]:
    """Fragments of ``size`` bytes; ``control`` 1 for a command, 0 for data; ``empty``: the last is empty."""
    *first, last = pieces(data, size) + ([b""] if empty else [])
    return [*(pdv(context_id, control, part) for part in first), pdv(context_id, control | 2, last)]


def message(
    context_id: int,
    fields: Mapping[int, Value],
    data: bytes | None = None,
    *,
    size: int = 16000,
    together: bool = False,
    empty: bool = False,
) -> bytes:
    """A whole message as P-DATA PDUs.

    Args:
        context_id: Its presentation context.
        fields: The command set; the data set type is added if it is not there.
        data: The data set.
        size: Bytes in each fragment.
        together: All fragments in one PDU instead of a PDU each.
        empty: Command and data end with an empty fragment.
    """
    whole = {TYPE: NO_DATA if data is None else SOME_DATA} | dict(fields)
    parts = fragments(context_id, 1, command(whole), size, empty=empty)
    if data is not None:
        parts += fragments(context_id, 0, data, size, empty=empty)
    return pdu(DATA, b"".join(parts)) if together else b"".join(pdu(DATA, part) for part in parts)


def response(to: Message, status: int | None, data: bytes | None = None, **how: object) -> bytes:
    """The response to a request on its context; ``fields`` in ``how`` adds or replaces elements."""
    fields: dict[int, Value] = {FIELD: to.field | RESPONSE, RESPONDED: to.number(ID)}
    if status is not None:
        fields[STATUS] = status
    more = how.pop("fields", {})
    return message(to.context, fields | more, data, **how)  # type: ignore[arg-type, operator]


def store(
    context_id: int, number: int, instance: str, data: bytes, sop_class: str = CT, **how: object
) -> bytes:
    """A C-STORE request."""
    fields: dict[int, Value] = {
        CLASS: sop_class, FIELD: STORE_RQ, ID: number, PRIORITY: 0, INSTANCE: instance,
    }  # fmt: skip
    return message(context_id, fields | how.pop("fields", {}), data, **how)  # type: ignore[arg-type, operator]


def explicit(*found: tuple[int, str, bytes]) -> bytes:
    """A data set in Explicit VR Little Endian from (tag, VR, bytes), all of them with short lengths."""
    out = b""
    for tag, vr, value in found:
        value += b"\0" * (len(value) % 2) if vr == "UI" else b" " * (len(value) % 2)
        out += struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value
    return out


def image(instance: str, filler: int = 0, sop_class: str = CT, study: str = "1.2.3") -> bytes:
    """A small CT data set in Explicit VR Little Endian, with ``filler`` bytes of pixels."""
    head = explicit(
        (0x00080016, "UI", sop_class.encode()),
        (0x00080018, "UI", instance.encode()),
        (0x00100010, "PN", b"DOE^JOHN"),
        (0x0020000D, "UI", study.encode()),
        (0x0020000E, "UI", study.encode() + b".1"),
    )
    if not filler:
        return head
    filler += filler % 2
    noise = bytes(range(256)) * (filler // 256 + 1)
    return head + struct.pack("<HH2s2xL", 0x7FE0, 0x0010, b"OW", filler) + noise[:filler]
