"""Accept or reject associations that are opened to us (PS3.8 7.1, PS3.7 D.3.3)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.nodes import DEFAULT_MAX_PDU, Timeouts
from workstation.dicom.transfer_syntaxes import (
    ALL_SYNTAXES,
    DEFLATED_LE,
    EXPLICIT_BE,
    EXPLICIT_LE,
    IMPLICIT_LE,
    LOSSLESS_SYNTAXES,
    PLAIN,
)
from workstation.network import pdus as pdus
from workstation.network.association import Association
from workstation.network.channel import Channel
from workstation.network.closing import abort_early
from workstation.network.contexts import STORAGE_COMMITMENT, VERIFICATION, is_storage_class
from workstation.network.exchange import Talk, listener_of, talk_of, without_passcode
from workstation.network.limits import LIMITS, Limits
from workstation.network.pdus import ProtocolFault
from workstation.network.reader import Reader
from workstation.network.throttle import THROTTLES
from workstation.network.trace import Event, Observer
from workstation.stop import Cancelled, Stop

_PERMANENT, _TRANSIENT = 1, 2
_USER, _ACSE, _PRESENTATION = 1, 2, 3

_BY_PREFERENCE = (EXPLICIT_LE, DEFLATED_LE, IMPLICIT_LE, EXPLICIT_BE)
"""Of the syntaxes without compressed pixels."""

BUSY = (_TRANSIENT, _PRESENTATION, 2)
"""A-ASSOCIATE-RJ: local limit exceeded."""
NO_CONTEXT_NAME = (_PERMANENT, _USER, 2)
UNKNOWN_CALLING = (_PERMANENT, _USER, 3)
UNKNOWN_CALLED = (_PERMANENT, _USER, 7)
BAD_VERSION = (_PERMANENT, _ACSE, 2)

Admit = Callable[[Peer], tuple[int, int, int] | None]
"""Asked for each well-formed request: None lets it in, else result, source, reason of the rejection."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How we answer proposals.

    Attributes:
        admit: Decides by who asks.
        tls: For a TLS listener.
        max_pdu: What we announce.
        timeouts: For each peer.
        limits: Bounds on each peer.
        observer: Called with every PDU and message.
    """

    admit: Admit
    tls: ssl.SSLContext | None = None
    max_pdu: int = DEFAULT_MAX_PDU
    timeouts: Timeouts = field(default_factory=Timeouts)
    limits: Limits = LIMITS
    observer: Observer | None = None


def accept(sock: socket.socket, address: tuple[str, int], terms: Terms, stop: Stop) -> Association | None:
    """Accept or reject an association request; None if there is no association: the socket is closed then.

    A peer that sends no request within ``control_time`` is given up: the ARTIM timer (PS3.8 9.1.5).

    Raises:
        NetworkError: The connection broke, stalled or spoke something else; it is closed.
        ProtocolFault: The request was not well-formed; it was aborted.
        Cancelled: A stop was requested.
    """
    channel = Channel(sock, f"{address[0]}:{address[1]}", stop)
    limits = terms.limits
    talk = talk_of(terms.observer)
    observer = talk or terms.observer
    try:
        if terms.tls is not None:
            channel.secure(terms.tls, None, limits.control_time)
        reader = Reader(channel, limits)
        kind, body = reader.next_pdu(limits.control_time, "its association request")
        if kind != pdus.ASSOCIATE_RQ:
            raise ProtocolFault(f"{pdus.PDU_NAMES[kind]} instead of A-ASSOCIATE-RQ")
        request = pdus.decode(kind, body, limits)
        peer = Peer(
            ae_title=request.calling,
            own_ae_title=request.called,
            address=address[0],
            port=address[1],
            called=True,
        )
        channel.throttle = THROTTLES.of_peer(peer)
        if talk is not None:
            _note_caller(talk, peer, request)
        refusal = _refusal(request) or terms.admit(peer)
        if refusal is not None:
            _observe(observer, True, "A-ASSOCIATE-RJ", result=refusal)
            channel.send(pdus.reject(*refusal), limits.control_time)
            channel.finish(limits.drain)
            return None
        answer, contexts = negotiate(request, terms.max_pdu)
        _observe(listener_of(observer), False, "A-ASSOCIATE-RQ", contexts=len(request.contexts))
        encoded = pdus.encode(pdus.ASSOCIATE_AC, answer)
        try:
            channel.send(encoded, limits.data_time)
        except Cancelled:  # the peer may have read it already
            abort_early(channel, 0, 0, 0.2)
            raise
        if talk is not None:
            talk.associated(request, answer)
            talk.tap(True, encoded)
            channel.tap = talk.tap
        _observe(listener_of(observer), True, "A-ASSOCIATE-AC", accepted=len(contexts))
    except ProtocolFault:
        abort_early(channel, 2, 1, limits.drain)
        raise
    except BaseException:
        channel.close()
        raise
    return Association(
        channel,
        reader,
        peer=peer,
        contexts=contexts,
        max_pdu=request.max_pdu,
        requestor=False,
        timeouts=terms.timeouts,
        stop=stop,
        limits=limits,
        observer=observer,
    )


def _note_caller(talk: Talk, peer: Peer, request: pdus.Associate) -> None:
    talk.peer, talk.request = f"{peer.address}:{peer.port}", without_passcode(request)
    talk.exchange.label = f"{peer.ae_title} ({peer.address})"
    if talk.records:
        talk.tap(False, pdus.encode(pdus.ASSOCIATE_RQ, talk.request))


def _observe(observer: Observer | None, sent: bool, what: str, **facts: object) -> None:
    if observer is not None:
        observer(Event(sent, what, facts))


def _refusal(request: pdus.Associate) -> tuple[int, int, int] | None:
    if not request.protocol_version & 1:
        return BAD_VERSION
    if request.application_context not in ("", pdus.APPLICATION_CONTEXT):
        return NO_CONTEXT_NAME
    if not request.called:
        return UNKNOWN_CALLED
    if not request.calling:
        return UNKNOWN_CALLING
    if 0 < request.max_pdu < 8:
        raise ProtocolFault(f"a maximum PDU length of {request.max_pdu}")
    return None


def negotiate(request: pdus.Associate, max_pdu: int) -> tuple[pdus.Associate, dict[int, Context]]:
    """The answer to a proposal, and the contexts it makes."""
    results: dict[int, tuple[str | int, tuple[str, ...]]] = {}
    contexts: dict[int, Context] = {}
    roles: dict[str, tuple[bool, bool]] = {}
    for context_id, (abstract, syntaxes) in request.contexts.items():
        abstract = str(abstract)
        syntax = choose_syntax(abstract, syntaxes)
        if syntax is None:
            # PS3.8 9.3.3.2: 3 abstract syntax, 4 transfer syntaxes not supported; a syntax is required there
            results[context_id] = (4 if _served(abstract) else 3, (PLAIN[1],))
            continue
        scu, scp = request.roles.get(abstract, (True, False))
        reversed_roles = abstract == STORAGE_COMMITMENT
        if abstract in request.roles:
            roles[abstract] = (scu and not reversed_roles, scp and reversed_roles)
        results[context_id] = (0, (syntax,))
        contexts[context_id] = Context(
            context_id, abstract, syntax, as_scp=not reversed_roles, as_scu=reversed_roles
        )
    answer = pdus.Associate(
        called=request.called,
        calling=request.calling,
        contexts=results,
        roles=roles,
        max_pdu=max_pdu,
        identity_answered=request.identity is not None and request.identity.response_wanted,
        asynchronous=request.asynchronous,
    )
    return answer, contexts


def _served(abstract: str) -> bool:
    return abstract in (VERIFICATION, STORAGE_COMMITMENT) or is_storage_class(abstract)


def choose_syntax(abstract: str, proposed: tuple[str, ...]) -> str | None:
    """The transfer syntax of a context by which least is lost; None: none that we take.

    A sender names several in one context because it has to choose among them for whatever it holds, and it
    cannot be known what that is. Its first one it can send for certain.

    * Nothing but plain ones: Explicit VR, which keeps what private elements are; deflated only if that is the
      first, big endian last.
    * One compressed among plain ones is as a rule what it holds: that one, so that nothing is converted. Not
      a lossy one after a plain one: an object that is not stored in it would be spoiled for
      good, while one that is can be decompressed by a sender that puts a plain one first.
    * Several compressed are the list of what it can make: the first, unless that is plain or lossy; then a
      plain one, into which anything can be converted without loss, or else the first lossless one.
    """
    if not _served(abstract):
        return None
    known = ALL_SYNTAXES if is_storage_class(abstract) else PLAIN
    usable = [syntax for syntax in dict.fromkeys(proposed) if syntax in known]
    plain = sorted((each for each in usable if each in _BY_PREFERENCE), key=_BY_PREFERENCE.index)
    compressed = [each for each in usable if each not in _BY_PREFERENCE]
    lossless = [each for each in compressed if each in LOSSLESS_SYNTAXES]
    first = usable[0] if usable else None
    if len(compressed) == 1 and (lossless or first in compressed):
        return compressed[0]
    if first in lossless or first == DEFLATED_LE:
        return first
    return next(iter([*plain, *lossless, *compressed]), None)
