"""Encode and decode A-ASSOCIATE, A-RELEASE and A-ABORT PDUs (PS3.8 9.3, PS3.7 D.3.3).

Our own codec, for two reasons: a peer's PDU must be read leniently (unknown items and sub-items skipped,
reserved fields and the transfer syntaxes of rejected contexts not looked at) and within bounds, and then
there is nothing left for a library to decode. pynetdicom's codec is the oracle in the tests.

The items by their types: 10 Application Context; 20 and 21 Presentation Context, proposed and answered, with
30 Abstract Syntax and 40 Transfer Syntax; 50 User Information, with 51 Maximum Length, 52 Implementation
Class UID, 53 Asynchronous Operations Window, 54 SCP/SCU Role Selection, 55 Implementation Version Name, 56
SOP Class Extended Negotiation, 58 and 59 User Identity, request and response (hexadecimal; PS3.8 9.3.2,
9.3.3, D.1, PS3.7 D.3.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import Struct, pack

from workstation.dicom.uids import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from workstation.network.limits import LIMITS, Limits

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)
PDU_NAMES = {
    ASSOCIATE_RQ: "A-ASSOCIATE-RQ",
    ASSOCIATE_AC: "A-ASSOCIATE-AC",
    ASSOCIATE_RJ: "A-ASSOCIATE-RJ",
    P_DATA: "P-DATA-TF",
    RELEASE_RQ: "A-RELEASE-RQ",
    RELEASE_RP: "A-RELEASE-RP",
    ABORT: "A-ABORT",
}
APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"


class ProtocolFault(Exception):
    """What a peer did wrong, in words for a developer; the association turns it into A-ABORT."""


_FIXED = Struct(">H2x16s16s32x")
_ITEM = Struct(">BxH")
HEADER = Struct(">BxL")
"""Of a PDU: its type, and the length of its body."""
_TEXTS = {0x52: "implementation", 0x55: "version_name"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One presentation context as proposed: a class, its transfer syntaxes, the roles we want.

    Attributes:
        extended: Service class application information of the class (PS3.7 D.3.3.5); empty: none is sent.
    """

    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]
    scu: bool = True
    scp: bool = False
    extended: bytes = b""


@dataclass(frozen=True, slots=True)
class UserIdentity:
    """User identity sub-item (PS3.7 D.3.3.7.1): ``kind`` 1 name, 2 name and passcode."""

    kind: int
    primary: bytes
    secondary: bytes = field(default=b"", repr=False)
    response_wanted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Associate:
    """The content of an A-ASSOCIATE-RQ or -AC.

    Attributes:
        contexts: By ID. In a request: (abstract syntax, transfer syntaxes); in an answer:
            (result, transfer syntaxes), result 0 meaning accepted (PS3.8 9.3.3.2).
        roles: By SOP class UID: (SCU, SCP), as proposed or granted.
        extended: By SOP class UID: service class application information, as proposed or answered.
        max_pdu: The longest P-DATA PDU the sender takes; 0: no limit.
        protocol_version: Bit field; bit 0 is version 1.
        identity: As requestor; None if none was sent.
        identity_answered: A user identity answer came (PS3.7 D.3.3.7.2).
        asynchronous: An asynchronous operations window was named.
    """

    called: str
    calling: str
    contexts: dict[int, tuple[str | int, tuple[str, ...]]]
    max_pdu: int = 0
    roles: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    extended: dict[str, bytes] = field(default_factory=dict)
    implementation: str = IMPLEMENTATION_CLASS_UID
    version_name: str = IMPLEMENTATION_VERSION_NAME
    application_context: str = APPLICATION_CONTEXT
    protocol_version: int = 1
    identity: UserIdentity | None = None
    identity_answered: bool = False
    asynchronous: bool = False


def encode(kind: int, content: Associate) -> bytes:
    """The PDU of ``kind`` ASSOCIATE_RQ or ASSOCIATE_AC."""
    parts = [_item(0x10, content.application_context.encode())]
    for context_id, (subject, syntaxes) in content.contexts.items():
        items = b"".join(_item(0x40, syntax.encode()) for syntax in syntaxes)
        if isinstance(subject, str):
            items = _item(0x30, subject.encode()) + items
            parts.append(_item(0x20, bytes((context_id, 0, 0, 0)) + items))
        else:
            parts.append(_item(0x21, bytes((context_id, 0, subject, 0)) + items))
    parts.append(_item(0x50, _user_information(content)))
    body = _FIXED.pack(1, _ae(content.called), _ae(content.calling)) + b"".join(parts)
    return pack(">BxL", kind, len(body)) + body


def _user_information(content: Associate) -> bytes:
    parts = [_item(0x51, pack(">L", content.max_pdu)), _item(0x52, content.implementation.encode())]
    if content.asynchronous:
        parts.append(_item(0x53, pack(">HH", 1, 1)))
    for uid, (scu, scp) in content.roles.items():
        raw = uid.encode()
        parts.append(_item(0x54, pack(">H", len(raw)) + raw + bytes((scu, scp))))
    parts.append(_item(0x55, content.version_name.encode()))
    for uid, information in content.extended.items():
        raw = uid.encode()
        parts.append(_item(0x56, pack(">H", len(raw)) + raw + information))
    if content.identity is not None:
        identity = content.identity
        parts.append(
            _item(
                0x58,
                bytes((identity.kind, identity.response_wanted))
                + pack(">H", len(identity.primary))
                + identity.primary
                + pack(">H", len(identity.secondary))
                + identity.secondary,
            )
        )
    if content.identity_answered:
        parts.append(_item(0x59, pack(">H", 0)))
    return b"".join(parts)


def decode(kind: int, body: bytes, limits: Limits = LIMITS) -> Associate:
    """Read the body (after the 6-byte PDU header) of an A-ASSOCIATE-RQ or -AC.

    Raises:
        ProtocolFault: It is shorter than its fixed part, an item runs past the end, or bounds are broken.
    """
    if len(body) < _FIXED.size:
        raise ProtocolFault(f"{PDU_NAMES[kind]} of {len(body)} bytes")
    version, called, calling = _FIXED.unpack_from(body)
    contexts: dict[int, tuple[str | int, tuple[str, ...]]] = {}
    user: dict[str, object] = {}
    application_context = ""
    wanted = 0x20 if kind == ASSOCIATE_RQ else 0x21
    for item, value in _items(body[_FIXED.size :]):
        if item == 0x10:
            application_context = _text(value)
        elif item == wanted:
            context_id, content = _context(kind, value)
            if context_id in contexts:
                raise ProtocolFault(f"presentation context {context_id} twice")
            contexts[context_id] = content
            if len(contexts) > limits.contexts:
                raise ProtocolFault(f"more than {limits.contexts} presentation contexts")
        elif item == 0x50:
            user = _read_user_information(value)
    return Associate(
        called=_text(called),
        calling=_text(calling),
        contexts=contexts,
        application_context=application_context,
        protocol_version=version,
        **user,  # type: ignore[arg-type]
    )


def _context(kind: int, value: bytes) -> tuple[int, tuple[str | int, tuple[str, ...]]]:
    if len(value) < 4:
        raise ProtocolFault("a presentation context item of less than 4 bytes")
    context_id, result = value[0], value[2]
    if context_id % 2 == 0:
        raise ProtocolFault(f"presentation context {context_id}: the ID must be odd")
    if kind == ASSOCIATE_AC and result != 0:
        return context_id, (result, ())  # PS3.8 9.3.3.2: its transfer syntax is not significant
    abstract = ""
    syntaxes: list[str] = []
    for item, content in _items(value[4:]):
        if item == 0x30:
            abstract = _text(content)
        elif item == 0x40:
            syntaxes.append(_text(content))
    return context_id, (abstract if kind == ASSOCIATE_RQ else result, tuple(syntaxes))


def _read_user_information(value: bytes) -> dict[str, object]:
    roles: dict[str, tuple[bool, bool]] = {}
    extended: dict[str, bytes] = {}
    found: dict[str, object] = {
        "roles": roles,
        "extended": extended,
        "implementation": "",
        "version_name": "",
    }
    for item, content in _items(value):
        if item == 0x51 and len(content) >= 4:
            found["max_pdu"] = int.from_bytes(content[:4], "big")
        elif item in _TEXTS:
            found[_TEXTS[item]] = _text(content)
        elif item == 0x53:
            found["asynchronous"] = True
        elif item in (0x54, 0x56):
            uid, rest = _of_class(content)
            if item == 0x56:
                extended[uid] = rest
            elif len(rest) >= 2:
                roles[uid] = (rest[0] == 1, rest[1] == 1)
        elif item == 0x58:
            found["identity"] = _read_identity(content)
        elif item == 0x59:
            found["identity_answered"] = True
    return found


def _of_class(value: bytes) -> tuple[str, bytes]:
    """The SOP class UID at the beginning of a sub-item, and what stands after it."""
    end = 2 + int.from_bytes(value[:2], "big")
    return _text(value[2:end]), value[end:]


def _read_identity(value: bytes) -> UserIdentity | None:
    if len(value) < 4:
        return None
    length = int.from_bytes(value[2:4], "big")
    second = value[4 + length :]
    return UserIdentity(
        kind=value[0],
        primary=value[4 : 4 + length],
        secondary=second[2 : 2 + int.from_bytes(second[:2], "big")],
        response_wanted=value[1] == 1,
    )


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    position, end = 0, len(data)
    while position < end:
        if position + 4 > end:
            raise ProtocolFault("an A-ASSOCIATE item without its length")
        item, length = _ITEM.unpack_from(data, position)
        position += 4
        if length > end - position:
            raise ProtocolFault(f"A-ASSOCIATE item {item:02X}H longer than the PDU")
        yield item, data[position : position + length]
        position += length


def _item(kind: int, value: bytes) -> bytes:
    return _ITEM.pack(kind, len(value)) + value


def _ae(title: str) -> bytes:
    return title.encode("ascii", "replace")[:16].ljust(16)


def _text(raw: bytes) -> str:
    """UIDs and AE titles without the padding peers use; hostile bytes stay visible as escapes."""
    return raw.strip(b" \0").decode("ascii", "backslashreplace")


def reject(result: int, source: int, reason: int) -> bytes:
    """A-ASSOCIATE-RJ (PS3.8 9.3.4)."""
    return pack(">BxLxBBB", ASSOCIATE_RJ, 4, result, source, reason)


def abort(source: int = 0, reason: int = 0) -> bytes:
    """A-ABORT (PS3.8 9.3.8): source 0 service user, 2 service provider with a reason."""
    return pack(">BxLxxBB", ABORT, 4, source, reason)


def release(kind: int) -> bytes:
    """A-RELEASE-RQ or -RP (PS3.8 9.3.6, 9.3.7)."""
    return pack(">BxL4x", kind, 4)
