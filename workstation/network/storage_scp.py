"""The listener: a Storage SCP (PS3.4 B) that also answers C-ECHO and takes commitment reports."""

from __future__ import annotations

import contextlib
import errno
import logging
import selectors
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import replace

from workstation.dicom.arrival import Peer
from workstation.errors import NetworkError, PortUnavailable
from workstation.network import command
from workstation.network.acceptor import BUSY, Terms, accept
from workstation.network.association import Association, Message, Released, ending
from workstation.network.command import Field
from workstation.network.commit import Commitment, Reports, Take
from workstation.network.contexts import VERIFICATION
from workstation.network.exchange import answer_request
from workstation.network.faults import Fault
from workstation.network.receive import Reception, Sink
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
        self._associated = 0
        self._waiting: Counter[str] = Counter()  # sockets not yet associated, by address
        self._queue: list[tuple[socket.socket, tuple[str, int]]] = []  # accepted, not yet listened to
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
        with self._lock:
            return self._associated

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
            closing.callback(self._turn_away)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            accepting = False
            pause: float | None = None
            while not self._stop.requested:
                wanted = pause is None and self._has_room()
                if wanted and not accepting:
                    selector.register(listening, selectors.EVENT_READ)
                elif accepting and not wanted:
                    selector.unregister(listening)
                accepting = wanted
                ready = {key.fileobj for key, _ in selector.select(pause)}
                fine = True
                if self._wake_reader in ready:
                    with contextlib.suppress(BlockingIOError):
                        self._wake_reader.recv(64)
                    fine = self._call_in()
                if fine and listening in ready:
                    fine = self._accept_one(listening)
                pause = None if fine else _PAUSE  # or this loop would spin: the socket stays ready

    def _accept_one(self, listening: socket.socket) -> bool:
        """Accept one connection; False if this computer has no resources for it just now."""
        try:
            sock, address = listening.accept()
        except (BlockingIOError, ConnectionError):  # the peer has gone again
            return True
        except OSError as error:
            _log.info("no connection can be accepted: %s", error.strerror)
            return False
        host = str(address[0]).removeprefix("::ffff:")  # IPv4 through the IPv6 socket
        if self._has_room(host):
            return self._begin(sock, (host, int(address[1])))
        if len(self._queue) < self._terms.limits.queued:
            self._queue.append((sock, (host, int(address[1]))))
        else:
            sock.close()
        return True

    def _has_room(self, host: str | None = None) -> bool:
        """Whether another socket may begin to associate, from ``host`` if it is given."""
        limits = self._terms.limits
        with self._lock:
            if self._waiting.total() >= limits.unassociated:
                return False
            return host is None or self._waiting[host] < limits.unassociated_host

    def _call_in(self) -> bool:
        """Begin with those queued whose address has a place again; False if there are no resources."""
        for queued in list(self._queue):
            if self._has_room(queued[1][0]):
                self._queue.remove(queued)
                if not self._begin(*queued):
                    return False
        return True

    def _turn_away(self) -> None:
        for sock, _ in self._queue:
            sock.close()
        self._queue.clear()

    def _begin(self, sock: socket.socket, address: tuple[str, int]) -> bool:
        """Serve a connection in a thread of its own; False if there is none to be had."""
        thread = threading.Thread(target=self._serve, name="workstation-inbound", args=(sock, address))
        with self._lock:
            self._waiting[address[0]] += 1
            self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:  # the system grants no more threads
            _log.info("no thread can be started for a connection")
            sock.close()
            with self._lock:
                self._threads.discard(thread)
            self._leave_waiting([address[0]])
            return False
        return True

    def _serve(self, sock: socket.socket, address: tuple[str, int]) -> None:
        """The outermost frame of an inbound association's thread."""
        seats: list[Peer] = []
        waiting = [address[0]]
        terms = replace(self._terms, admit=lambda peer: self._admit(peer, seats))
        try:
            association = accept(sock, address, terms, self._stop)
            self._leave_waiting(waiting)
            if association is not None:
                self._converse(association)
        except (NetworkError, Released, Fault, Cancelled, OSError) as trouble:
            _log.info("inbound association from %s ended: %s", address[0], type(trouble).__name__)
        except Exception:  # noqa: BLE001 - the outermost frame of a thread
            _log.exception("bug while serving an inbound association")
        finally:
            sock.close()
            self._leave_waiting(waiting)
            with self._lock:
                self._associated -= len(seats)
                self._threads.discard(threading.current_thread())

    def _leave_waiting(self, waiting: list[str]) -> None:
        """Count a socket out of those that have not yet associated; once."""
        with self._lock:
            while waiting:
                self._waiting[waiting.pop()] -= 1
            self._waiting = +self._waiting
        self._wake()

    def _admit(self, peer: Peer, seats: list[Peer]) -> tuple[int, int, int] | None:
        refusal = self._terms.admit(peer)
        if refusal is not None:
            return refusal
        with self._lock:
            if self._associated >= self._terms.limits.inbound:
                return BUSY
            self._associated += 1
        seats.append(peer)
        return None

    # --- Conversing ------------------------------------------------------------------------------

    def _converse(self, association: Association) -> None:
        limits = self._terms.limits
        reception = Reception(association, self._sink, limits.inbound_idle)
        reports = Reports(association, self._on_commitment or _ignore)

        def serve(message: Message) -> bool:
            if reception.serve(message):
                self.last_object = reception.last
                return True
            return _echo(association, message) or reports.serve(message)

        with ending(association):
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
                count = reception.count + reports.count
                answer_request(association, message, serve)
                if reception.count + reports.count > count:
                    useful = time.monotonic()


def _ignore(_: Commitment) -> None:
    """Nobody waits for commitment: the report is answered all the same."""


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
