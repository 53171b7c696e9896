"""Open associations: resolve, connect, TLS, propose, and read the answer (PS3.8 7.1, 9.2)."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.nodes import Identity, Node
from workstation.errors import (
    AssociationAborted,
    AssociationRejected,
    ConnectionLost,
    PasscodeInClear,
    PasscodeMissing,
    ProtocolError,
    TimedOut,
    Unreachable,
    UserMessage,
)
from workstation.network import pdus as pdus
from workstation.network.association import Association, Released, released_on_exit
from workstation.network.channel import Channel
from workstation.network.closing import abort_early
from workstation.network.exchange import Talk, listener_of, talk_of, without_passcode
from workstation.network.limits import LIMITS, Limits
from workstation.network.pdus import ProtocolFault
from workstation.network.reader import Reader
from workstation.network.resolve import resolve
from workstation.network.throttle import THROTTLES
from workstation.network.tls import client_context
from workstation.network.trace import Event, Observer, remark
from workstation.stop import Cancelled, Stop


@contextmanager
def associate(
    node: Node,
    proposals: Sequence[pdus.Proposal],
    stop: Stop,
    *,
    observer: Observer | None = None,
    limits: Limits = LIMITS,
) -> Iterator[Association]:
    """Open an association for the length of a ``with`` block; released at its end, aborted on errors.

    Args:
        node: Where, and as whom.
        proposals: At most 128 presentation contexts, numbered 1, 3, 5… in their order.
        stop: Ends it from another thread.
        observer: Called with every PDU and message.
        limits: Bounds on the peer.

    Raises:
        PasscodeMissing, PasscodeInClear, HostUnknown, Unreachable, TlsFailed, AssociationRejected,
        AssociationAborted, TimedOut, ConnectionLost, ProtocolError: It could not be opened, or ended in
        the block.
        Cancelled: A stop was requested.
    """
    try:
        with released_on_exit(open_association(node, proposals, stop, observer, limits)) as association:
            yield association
    except Released:
        raise ConnectionLost(node.label, "the peer released the association in the middle") from None


def open_association(
    node: Node,
    proposals: Sequence[pdus.Proposal],
    stop: Stop,
    observer: Observer | None,
    limits: Limits,
) -> Association:
    """Open an association that the caller releases; as :func:`associate`.

    Tries again after a transient rejection (PS3.8 9.3.4: congestion, local limit exceeded).
    """
    for rest in reversed(range(limits.tries)):
        try:
            return _open(node, proposals, stop, observer, limits)
        except AssociationRejected as rejected:
            if not rejected.transient or not rest:
                raise
        remark(observer, UserMessage("Rejected for now: asked again"))
        stop.pause(random.uniform(0.25, 1.0) * limits.retry)
    raise AssertionError("unreachable: the last try raises or returns")


def _open(
    node: Node,
    proposals: Sequence[pdus.Proposal],
    stop: Stop,
    observer: Observer | None,
    limits: Limits,
) -> Association:
    _check_passcode(node)
    talk = talk_of(observer)
    observer = talk or observer
    listener = listener_of(observer)
    channel, address = _connect(node, stop)
    channel.throttle = THROTTLES.connected(node, str(address[0]))
    try:
        if node.tls is not None:
            channel.secure(client_context(node.label, node.tls), node.host, node.timeouts.connect)
        request = _request(node, proposals)
        encoded = pdus.encode(pdus.ASSOCIATE_RQ, request)
        _note_request(talk, address[0], node, request, encoded)
        reader = Reader(channel, limits)
        try:
            channel.send(encoded, limits.data_time)
        except ConnectionLost as lost:
            # The reason may have come first: TLS 1.3 refuses our certificate only after the handshake.
            with contextlib.suppress(ConnectionLost, TimedOut, ProtocolFault):
                _await_answer(node, channel, reader, observer, limits)
            raise lost from None
        if listener is not None:
            listener(Event(True, "A-ASSOCIATE-RQ", {"contexts": len(proposals), "max PDU": node.max_pdu}))
        answer = _await_answer(node, channel, reader, observer, limits)
        contexts = accepted(node, request, answer)
        if 0 < answer.max_pdu < 8:
            raise ProtocolFault(f"a maximum PDU length of {answer.max_pdu}")
    except ProtocolFault as broken:
        abort_early(channel, 0, 0, 0.2)
        raise ProtocolError(node.label, str(broken)) from broken
    except Cancelled:
        abort_early(channel, 0, 0, 0.2)
        raise
    except BaseException:
        channel.close()
        raise
    if talk is not None:
        talk.associated(request, answer)
        channel.tap = talk.tap
    _tell_answer(listener, contexts, answer)
    return Association(
        channel,
        reader,
        peer=Peer(
            ae_title=node.ae_title,
            own_ae_title=node.calling_ae_title,
            address=str(address[0]),
            port=node.port,
        ),
        contexts=contexts,
        max_pdu=answer.max_pdu,
        requestor=True,
        timeouts=node.timeouts,
        stop=stop,
        limits=limits,
        observer=observer,
        implementation=answer.version_name,
        negotiated=(request, answer),
    )


def _tell_answer(listener: Observer | None, contexts: Mapping[int, Context], answer: pdus.Associate) -> None:
    if listener is None:
        return
    facts = {
        "accepted": len(contexts),
        "max PDU": answer.max_pdu,
        "implementation": f"{answer.implementation} {answer.version_name}".strip(),
    }
    listener(Event(False, "A-ASSOCIATE-AC", facts))


def _note_request(
    talk: Talk | None, address: object, node: Node, request: pdus.Associate, encoded: bytes
) -> None:
    """Record the request; where bytes are recorded one with a passcode is encoded again without it."""
    if talk is None:
        return
    talk.peer, talk.request = f"{address}:{node.port}", without_passcode(request)
    if talk.records:
        unchanged = talk.request is request
        talk.tap(True, encoded if unchanged else pdus.encode(pdus.ASSOCIATE_RQ, talk.request))


def _connect(node: Node, stop: Stop) -> tuple[Channel, tuple[object, ...]]:
    failure: OSError | None = None
    for family, address in resolve(node, stop, node.timeouts.connect):
        try:
            channel = Channel(socket.socket(family, socket.SOCK_STREAM), node.label, stop)
        except OSError as error:  # IPv6 in the name service, but not in this computer
            failure = error
            continue
        try:
            channel.connect(address, node.timeouts.connect)
        except OSError as error:
            channel.close()
            failure = error
        except BaseException:
            channel.close()
            raise
        else:
            return channel, address
    raise Unreachable(
        node.label,
        node.host,
        node.port,
        str(failure),
        refused=isinstance(failure, ConnectionRefusedError),
    ) from failure


def _request(node: Node, proposals: Sequence[pdus.Proposal]) -> pdus.Associate:
    if len(proposals) > LIMITS.contexts:
        raise ValueError(f"{len(proposals)} presentation contexts proposed, at most {LIMITS.contexts}")
    return pdus.Associate(
        called=node.ae_title,
        calling=node.calling_ae_title,
        contexts={
            2 * number + 1: (proposal.abstract_syntax, proposal.transfer_syntaxes)
            for number, proposal in enumerate(proposals)
        },
        # The default role needs no item (PS3.7 D.3.3.4): SCU only.
        roles={p.abstract_syntax: (p.scu, p.scp) for p in proposals if p.scp},
        extended={p.abstract_syntax: p.extended for p in proposals if p.extended},
        max_pdu=node.max_pdu,
        identity=_identity(node.identity),
    )


def _check_passcode(node: Node) -> None:
    """See that a passcode that belongs to the node's user is known, and may go out over this connection.

    Raises:
        PasscodeMissing: It is not known.
        PasscodeInClear: It would go out unencrypted, and the user did not agree to that.
    """
    if node.lacks_passcode:
        raise PasscodeMissing(node.label, node.identity.user if node.identity is not None else "")
    if node.lacks_consent:
        raise PasscodeInClear(node.label)


def _identity(identity: Identity | None) -> pdus.UserIdentity | None:
    if identity is None:
        return None
    if identity.passcode is None:
        return pdus.UserIdentity(1, identity.user.encode())
    return pdus.UserIdentity(2, identity.user.encode(), identity.passcode.encode())


def _await_answer(
    node: Node, channel: Channel, reader: Reader, observer: Observer | None, limits: Limits
) -> pdus.Associate:
    kind, body = reader.next_pdu(node.timeouts.association, "an answer to the association request")
    if isinstance(observer, Talk):
        observer.tap(False, pdus.HEADER.pack(kind, len(body)) + body)
    if kind == pdus.ASSOCIATE_AC:
        return pdus.decode(kind, body, limits)
    if observer is not None:
        observer(Event(False, pdus.PDU_NAMES[kind], {"bytes": body.hex(" ")}))
    if kind == pdus.ASSOCIATE_RJ and len(body) >= 4:
        raise AssociationRejected(node.label, node.calling_ae_title, node.ae_title, body[1], body[2], body[3])
    if kind == pdus.ABORT and len(body) >= 4:
        raise AssociationAborted(node.label, body[2], body[3])
    raise ProtocolFault(f"{pdus.PDU_NAMES[kind]} as the answer to A-ASSOCIATE-RQ")


def accepted(node: Node, request: pdus.Associate, answer: pdus.Associate) -> dict[int, Context]:
    """The contexts both sides agreed on.

    Raises:
        ProtocolFault: The answer names an ID or a transfer syntax that was not proposed (PS3.8 9.3.3.2).
    """
    contexts: dict[int, Context] = {}
    for context_id, (result, syntaxes) in answer.contexts.items():
        if context_id not in request.contexts:
            raise ProtocolFault(f"an answer to context {context_id}, which was not proposed")
        if result != 0:
            continue
        abstract, proposed = request.contexts[context_id]
        if len(syntaxes) != 1 or syntaxes[0] not in proposed:
            raise ProtocolFault(f"context {context_id} accepted with a transfer syntax that was not proposed")
        abstract = str(abstract)
        wanted = request.roles.get(abstract)
        # No answer to a role proposal means the default roles (PS3.7 D.3.3.4), yet some peers send all the
        # same: a C-STORE is taken on any accepted storage context. ``as_scp`` tells what was granted.
        granted = answer.roles.get(abstract, (True, False))
        contexts[context_id] = Context(
            context_id,
            abstract,
            syntaxes[0],
            as_scp=wanted is not None and wanted[1] and granted[1],
            as_scu=wanted is None or (wanted[0] and granted[0]),
            extended=_agreed(request.extended.get(abstract, b""), answer.extended.get(abstract, b"")),
        )
    return contexts


def _agreed(proposed: bytes, answered: bytes) -> bytes:
    """What both sides support; a byte that was not answered is a no (PS3.4 C.5.1.1.2)."""
    return bytes(ours & theirs for ours, theirs in zip(proposed, answered, strict=False))
