"""Write a recorded exchange as JSON values; what may be a patient's is masked unless it is asked for."""

from __future__ import annotations

import datetime
from typing import Any

from workstation.dicom.json_model import json_model
from workstation.dicom.masking import MASK, masked_model
from workstation.network import command
from workstation.network.command import Command
from workstation.network.dimse import element_name
from workstation.network.exchange import Exchange, RecordedBytes, Talk, TracedMessage
from workstation.network.pdus import Associate
from workstation.network.trace import Event
from workstation.operations.exchange_reading import (
    ContextFacts,
    Opening,
    command_of,
    contexts_of,
    counters,
    identifier_of,
    left_out,
    lines_of,
    query_options,
    status_words,
    uid_name,
)

Json = dict[str, Any]

_DIRECTIONS = {True: "sent", False: "received", None: "decided"}
"""By whether we sent it; None: it went nowhere."""
_IDENTITIES = {1: "user name", 2: "user name and passcode", 3: "Kerberos ticket", 4: "SAML assertion"}


def report(exchange: Exchange, *, masked: bool) -> Json:
    """All that is kept of an exchange; says itself whether it is masked, and what was left out."""
    messages, identifiers = left_out(exchange)
    found = heading(exchange, masked=masked)
    found["masked"] = masked
    found["left_out"] = {"messages": messages, "identifiers": identifiers}
    found["associations"] = [association(talk) for talk in tuple(exchange.talks)]
    if not masked:
        for side, talk in zip(found["associations"], tuple(exchange.talks), strict=False):
            side["bytes"] = [_recorded(exchange, piece) for piece in tuple(talk.recorded)]
    found["messages"] = [
        line
        for _, talk, what in lines_of(exchange)
        if not isinstance(what, Opening)
        for line in [
            event_line(exchange, talk, what)
            if isinstance(what, Event)
            else message_line(exchange, talk, what, masked=masked)
        ]
        if line
    ]
    return found


def heading(exchange: Exchange, *, masked: bool) -> Json:
    """What it was, with whom, when, and how it ended."""
    found: Json = {
        "operation": exchange.number,
        "what": exchange.kind.value,
        "node": exchange.label,
        "began": wall_time(exchange.began),
        "state": exchange.state.value,
    }
    if exchange.ended:
        found["seconds"] = round(exchange.ended - exchange.begun, 6)
    if exchange.error:
        found["error"] = exchange.error
    if exchange.status is not None:
        found["status"] = f"0x{exchange.status:04X}"
    if exchange.message and not masked:  # it may quote the archive, and that a name
        found["message"] = str(exchange.message)
        found["detail"] = exchange.detail
    if exchange.what_to_try:
        found["what_to_try"] = str(exchange.what_to_try)
    return found


def association(talk: Talk) -> Json:
    """Request and answer of an association."""
    found: Json = {
        "association": talk.number,
        "time": _relative(talk.exchange, talk.begun),
        "peer": talk.peer,
        "reused": talk.reused,
    }
    for name, side in (("request", talk.request), ("answer", talk.answer)):
        if side is not None:
            found[name] = _side(side)
    found["contexts"] = [_context(context) for context in contexts_of(talk)]
    return found


def _recorded(exchange: Exchange, piece: RecordedBytes) -> Json:
    return {
        "time": _relative(exchange, piece.moment),
        "direction": _DIRECTIONS[piece.sent],
        "hex": piece.data.hex(),
    }


def _side(side: Associate) -> Json:
    found: Json = {
        "called": side.called,
        "calling": side.calling,
        "max_pdu": side.max_pdu,
        "implementation": side.implementation,
        "version": side.version_name,
    }
    if side.roles:
        found["roles"] = {uid: {"scu": scu, "scp": scp} for uid, (scu, scp) in side.roles.items()}
    if side.extended:
        found["extended_negotiation"] = {
            uid: {"information": told.hex(), "query_options": list(query_options(uid, told))}
            for uid, told in side.extended.items()
        }
    if side.identity is not None:
        found["identity"] = _IDENTITIES.get(side.identity.kind, f"type {side.identity.kind}")
    return found


def _context(context: ContextFacts) -> Json:
    def named(uid: str) -> Json:
        return {"uid": uid, "name": uid_name(uid)}

    found: Json = {
        "id": context.id,
        "abstract_syntax": named(context.abstract_syntax),
        "transfer_syntaxes": [named(uid) for uid in context.proposed],
        "result": context.outcome,
    }
    if context.agreed:
        found["agreed"] = named(context.agreed)
    return found


def event_line(exchange: Exchange, talk: Talk | None, event: Event) -> Json:
    """What is no message: a release, an abort, a decision."""
    found: Json = {"time": _relative(exchange, event.moment)}
    if talk is not None:
        found["association"] = talk.number
    found["direction"] = _DIRECTIONS[event.sent]
    found["message"] = str(event.what)
    return found | {name: value for name, value in event.facts.items() if value not in (None, "")}


def message_line(
    exchange: Exchange, talk: Talk | None, message: TracedMessage, *, masked: bool, identifiers: bool = True
) -> Json:
    """A message: its command, its size, and its identifier, if it has one and ``identifiers`` are wanted."""
    assert talk is not None
    found: Json = {
        "time": _relative(exchange, message.moment),
        "association": talk.number,
        "direction": _DIRECTIONS[message.sent],
    }
    known = command_of(message)
    found |= {"message": "not readable"} if known is None else _command(known, message, masked=masked)
    if message.size:
        found["bytes"] = message.size
    if message.until:
        found["data_until"] = _relative(exchange, message.until)
    if identifiers and (reading := identifier_of(talk, message)) is not None:
        found["identifier"] = (masked_model if masked else json_model)(reading.elements)
        if not reading.whole:
            found["truncated"] = True
    return found


def _command(known: Command, message: TracedMessage, *, masked: bool) -> Json:
    found: Json = {"message": known.name, "context": message.context}
    found["id"] = known.message_id or known.responded_id
    if known.sop_class:
        found["sop_class"] = {"uid": known.sop_class, "name": uid_name(known.sop_class)}
    if known.sop_instance:
        found["sop_instance"] = MASK if masked else known.sop_instance
    if destination := known.text(command.MOVE_DESTINATION):
        found["destination"] = destination
    if known.status is not None:
        found |= {"status": f"0x{known.status:04X}", "meaning": str(status_words(known))}
    found |= counters(known)
    if known.error_comment:
        found["comment"] = MASK if masked else known.error_comment
    if known.offending_elements:
        found["offending_elements"] = [element_name(tag) for tag in known.offending_elements]
    return found


def wall_time(seconds: float) -> str:
    """Seconds since the epoch as local date and time with the offset from UTC."""
    return datetime.datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="milliseconds")


def _relative(exchange: Exchange, moment: float) -> float:
    return round(moment - exchange.begun, 6)
