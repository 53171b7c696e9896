"""The texts of recorded exchanges on the screen: what they were, how they ended, each message in full."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from workstation.dicom import display
from workstation.dicom.dataset_listing import dataset_lines
from workstation.dicom.masking import MASK
from workstation.models.translation import translate, translated
from workstation.network import command
from workstation.network.command import Command
from workstation.network.dimse import element_name
from workstation.network.exchange import Exchange, Kind, State, Talk, TracedMessage
from workstation.network.pdus import Associate
from workstation.network.trace import Event
from workstation.operations.exchange_reading import (
    ContextFacts,
    Line,
    Opening,
    command_of,
    contexts_of,
    counters,
    identifier_of,
    left_out,
    query_options,
    status_words,
    uid_name,
)

_KINDS = {
    Kind.SEARCH: "Search",
    Kind.LIST: "List",
    Kind.QUERY: "Query",
    Kind.ECHO: "Echo",
    Kind.RETRIEVE: "Fetch",
    Kind.SAMPLES: "Look at samples",
    Kind.SEND: "Send",
    Kind.MOVE: "Send elsewhere",
    Kind.INBOUND: "Received",
}
_STATES = {
    State.WAITING: "waiting",
    State.RUNNING: "running",
    State.DONE: "done",
    State.INCOMPLETE: "incomplete",
    State.CANCELLED: "cancelled",
    State.FAILED: "failed",
}
_QUERY_OPTIONS = {
    "relational": "relational queries",
    "combined_times": "combined date-time matching",
    "fuzzy_names": "fuzzy semantic matching of names",
    "time_zone": "time zone adjustment",
}
_QUOTED = re.compile("“.*”", re.DOTALL)
"""An Error Comment within the details of an error."""
_MOST_LINES = 5000
"""Lines of a data set that are shown."""


def kind_text(exchange: Exchange) -> str:
    """What an exchange is about."""
    return translate(_KINDS[exchange.kind])


def state_text(exchange: Exchange) -> str:
    """How it stands; of a failure with the status."""
    words = translate(_STATES[exchange.state])
    return words if exchange.status is None else f"{words} 0x{exchange.status:04X}"


def clock(seconds: float) -> str:
    """A moment of the wall clock, to the second."""
    return datetime.datetime.fromtimestamp(seconds).strftime("%H:%M:%S") if seconds else ""


def took(exchange: Exchange, now: float) -> str:
    """How long it took so far."""
    if not exchange.begun:
        return ""
    seconds = (exchange.ended or now) - exchange.begun
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def heading(exchange: Exchange) -> str:
    """What it was, with whom, when, and how it stands."""
    parts = (kind_text(exchange), display.plain(exchange.label), clock(exchange.began), state_text(exchange))
    return "  ·  ".join(part for part in parts if part)


def remarks(exchange: Exchange, *, masked: bool) -> list[str]:
    """What else there is to say of it: why it failed, what can be tried, what is not kept.

    ``masked``: without what the archive says in its own words: that may name a patient.
    """
    messages, identifiers = left_out(exchange)
    detail = _QUOTED.sub(f"“{MASK}”", exchange.detail) if masked else exchange.detail
    found = [translated(exchange.message), display.plain(detail), translated(exchange.what_to_try)]
    if messages:
        found.append(translate("{n} messages are not kept: there were too many.", n=messages))
    if identifiers:
        found.append(translate("{n} identifiers are not kept: there were too many.", n=identifiers))
    return [text for text in found if text]


def name_of(line: Line) -> str:
    """What happened."""
    what = line.what
    if isinstance(what, Opening):
        if what.sent is not None:
            return "A-ASSOCIATE-AC" if what.answer else "A-ASSOCIATE-RQ"
        return translate("Association used again") if _talk(line).reused else translate("Connection")
    if isinstance(what, Event):
        return translated(what.what)
    found = command_of(what)
    return "?" if found is None else found.name


def status_of(line: Line) -> str:
    """The status of a response, or what became of an association."""
    what = line.what
    if isinstance(what, Opening):
        contexts = contexts_of(_talk(line))
        if what.sent is not None and not what.answer:
            return translate("{n} contexts", n=len(contexts))
        accepted = sum(context.result == 0 for context in contexts)
        return translate("{n} of {all} accepted", n=accepted, all=len(contexts)) if contexts else ""
    if isinstance(what, Event):
        return ", ".join(f"{name} {value}" for name, value in what.facts.items() if value not in (None, ""))
    found = command_of(what)
    if found is None or found.status is None:
        return ""
    return f"0x{found.status:04X} {translated(status_words(found))}"


def size_of(line: Line) -> str:
    """The bytes of its data set."""
    what = line.what
    return display.size(what.size) if isinstance(what, TracedMessage) and what.size else ""


def line_text(line: Line, *, masked: bool) -> str:
    """All that is known of one thing that happened, as lines."""
    what = line.what
    if isinstance(what, Opening):
        return association_text(_talk(line))
    if isinstance(what, Event):
        return "\n".join(part for part in (name_of(line), status_of(line)) if part)
    return "\n".join(_message_lines(_talk(line), what, masked=masked))


def _message_lines(talk: Talk, message: TracedMessage, *, masked: bool) -> Iterator[str]:
    found = command_of(message)
    if found is None:
        yield translate("This message cannot be read.")
        return
    yield found.name
    yield from _command_lines(found, masked=masked)
    yield f"{translate('Context')}  {message.context}"
    if message.size:
        yield f"{translate('Data')}  {display.size(message.size)}"
    if message.until:
        seconds = message.until - message.moment
        yield f"{translate('Data arrived after')}  {1000 * seconds:.1f} ms"
    reading = identifier_of(talk, message)
    if reading is None:
        return
    yield ""
    for number, text in enumerate(dataset_lines(reading.elements, masked=masked)):
        if number == _MOST_LINES:
            yield "…"
            break
        yield text
    if not reading.whole:
        yield translate("It breaks off here.")


def _command_lines(found: Command, *, masked: bool) -> Iterator[str]:
    yield f"{translate('Message ID')}  {found.message_id or found.responded_id}"
    if found.sop_class:
        yield f"{translate('SOP class')}  {uid_name(found.sop_class)}"
    if found.sop_instance:
        yield f"{translate('SOP instance')}  {MASK if masked else display.plain(found.sop_instance)}"
    if destination := found.text(command.MOVE_DESTINATION):
        yield f"{translate('Destination')}  {display.plain(destination)}"
    if found.status is not None:
        yield f"{translate('Status')}  0x{found.status:04X} {translated(status_words(found))}"
    if numbers := counters(found):
        yield "  ".join(f"{translate(name)} {number}" for name, number in numbers.items())
    if found.error_comment:
        yield f"{translate('Error comment')}  {MASK if masked else display.plain(found.error_comment)}"
    for tag in found.offending_elements:
        yield f"{translate('Offending element')}  {element_name(tag)}"


def association_text(talk: Talk) -> str:
    """Request and answer of an association, with its contexts by name."""
    lines = [f"{translate('Association')} {talk.number}  {display.plain(talk.peer)}".rstrip()]
    if talk.reused:
        lines.append(translate("It was open before, and was used again."))
    for title, side in ((translate("Request"), talk.request), (translate("Answer"), talk.answer)):
        if side is not None:
            lines += ["", title, *_side_lines(side)]
    if contexts := contexts_of(talk):
        lines += ["", translate("Presentation contexts")]
        for context in contexts:
            lines += _context_lines(context)
    return "\n".join(lines)


def _side_lines(side: Associate) -> Iterator[str]:
    yield f"  {translate('AE titles')}  {display.plain(side.calling)} → {display.plain(side.called)}"
    yield f"  {translate('Maximum PDU')}  {side.max_pdu or translate('no limit')}"
    version = f"{display.plain(side.implementation)} {display.plain(side.version_name)}".strip()
    yield f"  {translate('Implementation')}  {version or display.ABSENT}"
    if side.identity is not None:
        kind = translate("with a passcode") if side.identity.secondary else translate("without a passcode")
        yield f"  {translate('User identity')}  {kind}"
    for uid, (scu, scp) in side.roles.items():
        roles = " + ".join(name for name, wanted in (("SCU", scu), ("SCP", scp)) if wanted)
        yield f"  {translate('Role')}  {uid_name(uid)}: {roles or display.ABSENT}"
    for uid, information in side.extended.items():
        options = ", ".join(translate(_QUERY_OPTIONS[name]) for name in query_options(uid, information))
        told = f"{options or translate('none')} ({information.hex(' ') or display.ABSENT})"
        yield f"  {translate('Extended negotiation')}  {uid_name(uid)}: {told}"


def _context_lines(context: ContextFacts) -> Iterator[str]:
    yield f"  {context.id:>3}  {uid_name(context.abstract_syntax)}: {translate(context.outcome)}"
    for uid in context.proposed:
        yield f"       {'✓' if uid == context.agreed else ' '} {uid_name(uid)}"


def _talk(line: Line) -> Talk:
    assert line.talk is not None
    return line.talk
