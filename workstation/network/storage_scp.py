"""Listen as a Storage SCP (PS3.4 B) that also answers C-ECHO and takes commitment reports."""

from __future__ import annotations

import contextlib
import errno
import logging
import selectors
import socket
import sys
import threading
import time
from dataclasses import replace

from workstation.dicom.association_facts import Peer
from workstation.errors import NetworkError, PortUnavailable
from workstation.network import command
from workstation.network.acceptor import BUSY, Terms, accept
from workstation.network.association import Association, Message, Released, released_on_exit
from workstation.network.association_slots import (
    AllowanceOf,
    AssociationSlot,
    AssociationSlots,
    no_allowance,
)
from workstation.network.command import Field
from workstation.network.contexts import VERIFICATION
from workstation.network.dimse import answer_request
from workstation.network.exchange import Kind
from workstation.network.exchanges import recorded
from workstation.network.pdus import ProtocolFault
from workstation.network.pending_connections import PendingConnection, PendingConnections
from workstation.network.receive import Reception, Sink
from workstation.network.storage_commitment import Commitment, Reports, Take
from workstation.stop import Cancelled, Stop

_log = logging.getLogger(__name__)
_PAUSE = 0.1
"""Seconds without accepting after this computer had no resources for a connection."""


class StorageScp:
    """Listens on one port; each association has a thread of its own.

    Attributes:
        port: The port it really listens on; 0 until :meth:`start`.
        last_object: Monotonic moment of the last object that arrived, 0 before the first.
    """

    def __init__(
        self,
        sink: Sink,
        terms: Terms,
        *,
        port: int,
        address: str = "",
        on_commitment: Take | None = None,
        allowance: AllowanceOf = no_allowance,
    ) -> None:
        self.port = 0
        self.last_object = 0.0
        self._sink = sink
        self._terms = terms
        self._wanted = (address, port)
        self._on_commitment = on_commitment
        self._stop = Stop()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._allowance = allowance
        self._callers = PendingConnections(terms.limits)
        self._slots = AssociationSlots(terms.limits, allowance)
        self._socket: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)

    def start(self) -> int:
        """Open the port and begin to serve; returns the port.

        Raises:
            PortUnavailable: It cannot be opened.
        """
        address, port = self._wanted
        try:
            self._socket = _listen(address, port, self._terms.limits.backlog)
        except OSError as error:
            self._close_sockets()
            foreign = address if error.errno == errno.EADDRNOTAVAIL else ""
            raise PortUnavailable(port, error.strerror or str(error), foreign) from error
        self.port = self._socket.getsockname()[1]
        self._acceptor = threading.Thread(
            target=self._accept_all, name="workstation-listener", args=(self._socket,)
        )
        self._acceptor.start()
        return self.port

    @property
    def active(self) -> int:
        """How many associations are served right now."""
        return len(self._slots)

    def close(self, seconds: float = 2.0) -> None:
        """Stop listening, abort what is running and wait for its threads, at most ``seconds``."""
        self._stop.request(at_once=True)
        self._wake()
        deadline = time.monotonic() + seconds
        if self._acceptor is not None:  # first: after it no thread is added, and each has been started
            self._acceptor.join(seconds)
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._close_sockets()

    def _close_sockets(self) -> None:
        for sock in (self._socket, self._wake_reader, self._wake_writer):
            if sock is not None:
                sock.close()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_writer.send(b"\0")

    # --- Accepting -------------------------------------------------------------------------------

    def _accept_all(self, listening: socket.socket) -> None:
        with contextlib.ExitStack() as closing, selectors.DefaultSelector() as selector:
            closing.callback(self._callers.close)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            selector.register(listening, selectors.EVENT_READ)
            pause: float | None = None
            while not self._stop.requested:
                ready = selector.select(self._callers.timeout(time.monotonic()) if pause is None else pause)
                if pause is not None:
                    selector.register(listening, selectors.EVENT_READ)
                handled = [self._handle(key, selector) for key, _ in ready]
                for caller in self._callers.overdue(time.monotonic()):
                    _turn_away(caller, selector)
                pause = None if self._call_in() and all(handled) else _PAUSE
                if pause is not None:  # or this loop would spin: the socket stays ready
                    selector.unregister(listening)

    def _handle(self, key: selectors.SelectorKey, selector: selectors.BaseSelector) -> bool:
        """What happened at a socket; False if this computer has no resources for it just now."""
        if isinstance(key.data, PendingConnection):
            if key.data in self._callers.silent:  # not turned away a moment ago
                selector.unregister(key.fileobj)
                self._callers.speaks(key.data)
            return True
        if key.fileobj is self._socket:
            return self._accept_one(self._socket, selector)
        with contextlib.suppress(BlockingIOError):
            self._wake_reader.recv(64)
        return True

    def _accept_one(self, listening: socket.socket, selector: selectors.BaseSelector) -> bool:
        """Accept one connection; False if this computer has no resources for it just now."""
        try:
            sock, address = listening.accept()
        except (BlockingIOError, ConnectionError):  # the peer has gone again
            return True
        except OSError as error:
            _log.info("no connection can be accepted: %s", error.strerror)
            return False
        sock.setblocking(False)
        host = str(address[0]).removeprefix("::ffff:")  # IPv4 through the IPv6 socket
        known = self._allowance(
            Peer(ae_title="", own_ae_title="", address=host, port=int(address[1]), called=True)
        ).known
        caller = PendingConnection(sock, (host, int(address[1])), time.monotonic(), known)
        selector.register(sock, selectors.EVENT_READ, caller)
        if (surplus := self._callers.add(caller)) is not None:
            _turn_away(surplus, selector)
        return True

    def _call_in(self) -> bool:
        """Start threads for connections whose first bytes have come; False if no thread can be started."""
        while (caller := self._callers.next_served(time.monotonic())) is not None:
            if not self._begin(caller):
                return False
        return True

    def _begin(self, caller: PendingConnection) -> bool:
        """Serve a connection in a thread of its own; False if the system grants no thread."""
        thread = threading.Thread(target=self._serve, name="workstation-inbound", args=(caller,))
        with self._lock:
            self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:  # the system grants no more threads
            _log.info("no thread can be started for a connection")
            caller.sock.close()
            self._callers.leave(caller)
            with self._lock:
                self._threads.discard(thread)
            return False
        return True

    def _serve(self, caller: PendingConnection) -> None:
        """The outermost frame of an inbound association's thread."""
        slots: list[AssociationSlot] = []
        try:
            with (
                self._stop.watching(lambda: caller.stop.request(at_once=True)),
                recorded(Kind.INBOUND, self._terms.observer, caller.address[0]) as observer,
            ):
                terms = replace(
                    self._terms, admit=lambda peer: self._admit(peer, caller, slots), observer=observer
                )
                association = accept(caller.sock, caller.address, terms, caller.stop)
                self._leave(caller)
                if association is not None:
                    self._converse(association, slots[0])
        except (NetworkError, Released, ProtocolFault, Cancelled, OSError) as error:
            _log.info("inbound association from %s ended: %s", caller.address[0], type(error).__name__)
        except Exception:  # noqa: BLE001 - the outermost frame of a thread
            _log.exception("bug while serving an inbound association")
        finally:
            caller.sock.close()
            self._leave(caller)
            for slot in slots:
                self._slots.leave(slot)
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _leave(self, caller: PendingConnection) -> None:
        self._callers.leave(caller)
        self._wake()

    def _admit(
        self, peer: Peer, caller: PendingConnection, slots: list[AssociationSlot]
    ) -> tuple[int, int, int] | None:
        refusal = self._terms.admit(peer)
        if refusal is not None:
            return refusal
        slot = self._slots.take(peer, caller.stop)
        if slot is None:
            return BUSY
        slots.append(slot)
        return None

    # --- Conversing ------------------------------------------------------------------------------

    def _converse(self, association: Association, slot: AssociationSlot) -> None:
        limits = self._terms.limits
        reception = Reception(association, self._sink, limits.inbound_idle)
        reports = Reports(association, self._on_commitment or _ignore)

        def serve(message: Message) -> bool:
            if reception.serve(message):
                self.last_object = reception.last
                return True
            return _echo(association, message) or reports.serve(message)

        with released_on_exit(association):
            useful = time.monotonic()
            while True:
                try:
                    message = association.receive(
                        limits.inbound_idle, "a request", by=useful + limits.inbound_useless
                    )
                except Released:
                    return
                if message.command.is_response:
                    raise association.fault(f"{message.command.name} without a request")
                slot.busy = True
                count, kept = reception.count + reports.count, reception.kept + reports.count
                answer_request(association, message, serve)
                if reception.count + reports.count > count:
                    useful = time.monotonic()
                if reception.kept + reports.count > kept:
                    slot.was_useful()
                slot.busy = False


def _turn_away(caller: PendingConnection, selector: selectors.BaseSelector) -> None:
    with contextlib.suppress(KeyError):  # it has sent something: it is not watched any more
        selector.unregister(caller.sock)
    caller.sock.close()


def _ignore(_: Commitment) -> None:
    """No report is awaited; it is answered all the same."""


def _echo(association: Association, message: Message) -> bool:
    if message.command.field != Field.C_ECHO_RQ or message.context.abstract_syntax != VERIFICATION:
        return False
    association.send(message.context.id, command.response(message.command, 0x0000))
    return True


def _listen(address: str, port: int, backlog: int) -> socket.socket:
    """A listening socket; on all addresses, IPv6 included, when ``address`` is empty."""
    everywhere = not address and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if everywhere or ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # Windows' address reuse would let a second program take over the port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if everywhere:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind((address, port))
        sock.listen(backlog)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock
