"""A conversation on a socket, as a test scripts it: server or client, plain or TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.peers import wire
from tests.peers.wire import Message, Pdu
from workstation.dicom.nodes import Node

PATIENCE = 15.0
"""Seconds a script waits for our side before its test fails."""


class Ended(Exception):
    """Our side closed the connection while the script awaited something."""


class Talk:
    """One connection, from the scripted side.

    Attributes:
        seen: Every PDU our side sent and the script read.
        proposal: Our A-ASSOCIATE-RQ (or -AC), once read.
        syntaxes: Transfer syntax by accepted context.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.settimeout(PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.seen: list[Pdu] = []
        self.proposal: wire.Proposal | None = None
        self.syntaxes: dict[int, str] = {}
        self.fragments: list[tuple[int, int, bytes]] = []

    # --- Bytes ---------------------------------------------------------------------------------------

    def send(self, *parts: bytes, every: int | None = None) -> None:
        """Send bytes; with ``every`` that many in each write (each a TCP segment or a TLS record)."""
        data = b"".join(parts)
        for piece in [data] if every is None else wire.pieces(data, every):
            self.sock.sendall(piece)

    def take(self, count: int) -> bytes:
        """Exactly ``count`` bytes of what our side sent."""
        found = bytearray()
        while len(found) < count:
            got = self.sock.recv(count - len(found))
            if not got:
                raise Ended(f"after {len(found)} of {count} bytes")
            found += got
        return bytes(found)

    def rest(self) -> bytes:
        """Everything our side still sends until it closes; a reset counts as a close."""
        found = bytearray()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while got := self.sock.recv(65536):
                found += got
        return bytes(found)

    def reset(self) -> None:
        """End the connection by a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self) -> None:
        self.sock.close()

    # --- PDUs and messages ---------------------------------------------------------------------------

    def pdu(self) -> Pdu:
        """The next PDU."""
        kind, _, length = struct.unpack(">BBL", self.take(6))
        found = Pdu(kind, self.take(length))
        self.seen.append(found)
        return found

    def expect(self, kind: int) -> Pdu:
        found = self.pdu()
        assert found.kind == kind, (
            f"PDU type {found.kind:02X}H instead of {kind:02X}H: {found.body[:40].hex()}"
        )
        return found

    def message(self, field: int | None = None) -> Message:
        """The next message, whole; checks that its fragments are in order."""
        raw, sizes, context, last = b"", [], 0, False
        while not last:
            context, control, part = self._fragment()
            assert control & 1, "data where a command should be"
            raw, last = raw + part, bool(control & 2)
            sizes.append(len(part))
        found = Message(context, wire.elements(raw), None, sizes)
        if found.number(wire.TYPE) != wire.NO_DATA:
            found.data = self._data(context, sizes)
        if field is not None:
            assert found.field == field, f"message {found.field:04X}H instead of {field:04X}H"
        return found

    def next(self) -> Message | None:
        """The next message whatever it is; None once our side has released (answered here) or aborted."""
        if not self.fragments:
            found = self.pdu()
            if found.kind == wire.RELEASE_RQ:
                self.send(wire.release(wire.RELEASE_RP))
                self.rest()
            if found.kind != wire.DATA:
                return None
            self.fragments = found.fragments
        return self.message()

    def _data(self, context: int, sizes: list[int]) -> bytes:
        whole, last = bytearray(), False
        while not last:
            where, control, part = self._fragment()
            assert (where, control & 1) == (context, 0)
            whole += part
            last = bool(control & 2)
            sizes.append(len(part))
        return bytes(whole)

    def _fragment(self) -> tuple[int, int, bytes]:
        while not self.fragments:
            self.fragments = self.expect(wire.DATA).fragments
        return self.fragments.pop(0)

    # --- As a server ---------------------------------------------------------------------------------

    def request(self) -> wire.Proposal:
        """Read the A-ASSOCIATE-RQ."""
        self.proposal = wire.proposal(self.expect(wire.RQ).body)
        return self.proposal

    def accept(
        self,
        results: Mapping[int, int | str] | None = None,
        *,
        max_pdu: int | None = 16384,
        roles: Mapping[str, tuple[int, int]] | None = None,
        request: wire.Proposal | None = None,
    ) -> wire.Proposal:
        """Read the A-ASSOCIATE-RQ and accept it.

        Args:
            results: By context ID: a transfer syntax to accept it with, or a reason to reject it with; the
                other contexts are accepted with their first transfer syntax.
            max_pdu: What we take; None leaves the item out.
            roles: Granted roles by class; None grants what was proposed.
            request: What was read already; None reads it.
        """
        request = request or self.request()
        answers = []
        for context_id, (_, syntaxes) in request.contexts.items():
            result = (results or {}).get(context_id, syntaxes[0])
            if isinstance(result, str):
                self.syntaxes[context_id] = result
                answers.append(wire.answered(context_id, 0, result))
            else:
                answers.append(wire.answered(context_id, result, wire.IMPLICIT))
        user = wire.user(max_pdu, request.roles if roles is None else roles)
        self.send(wire.associate(wire.AC, answers, user_information=user))
        return request

    def released(self) -> None:
        """Read the A-RELEASE-RQ, answer it, and see the connection closed."""
        self.expect(wire.RELEASE_RQ)
        self.send(wire.release(wire.RELEASE_RP))
        assert self.rest() == b""

    def aborted(self) -> tuple[int, int]:
        """Read on to the A-ABORT and the end of the connection; its source and reason."""
        with contextlib.suppress(Ended):
            while (found := self.pdu()).kind != wire.ABORT:
                pass
            assert self.rest() == b""
            return found.body[2], found.body[3]
        raise AssertionError("the connection ended without A-ABORT")

    # --- As a client ---------------------------------------------------------------------------------

    def propose(self, contexts: Mapping[int, tuple[str, ...]], **how: Any) -> wire.Proposal:
        """Send an A-ASSOCIATE-RQ of (abstract syntax, transfer syntaxes…) by ID and read the -AC."""
        items = [wire.proposed(number, *what) for number, what in contexts.items()]
        self.send(wire.associate(wire.RQ, items, **how))
        self.proposal = wire.proposal(self.expect(wire.AC).body)
        return self.proposal

    def release(self) -> None:
        """Send A-RELEASE-RQ, read the answer and close, as the requestor does."""
        self.send(wire.release(wire.RELEASE_RQ))
        self.expect(wire.RELEASE_RP)
        self.close()


Script = Callable[[Talk], object]


class Server:
    """Plays a script for each connection, in a thread of its own; ends with ``with``.

    What fails in a script fails the test when the block ends.

    Attributes:
        talks: The conversations, in their order.
    """

    def __init__(
        self, *scripts: Script, tls: ssl.SSLContext | None = None, room: int | None = None, backlog: int = 8
    ) -> None:
        """The last script is played for every further connection.

        Args:
            scripts: One for each connection.
            tls: Speak TLS.
            room: Bytes the receiving system buffer may hold, to block our writes early.
            backlog: Of the listening socket.
        """
        self.talks: list[Talk] = []
        self._scripts = scripts
        self._tls = tls
        self._error: list[BaseException] = []
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._closing = False
        self._listening = socket.socket()
        if room is not None:
            self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen(backlog)
        self.port: int = self._listening.getsockname()[1]

    def node(self, **changes: Any) -> Node:
        """How a person would configure this peer."""
        return Node(
            **{"name": "Peer", "ae_title": "SCRIPTED", "host": "127.0.0.1", "port": self.port} | changes
        )

    def __enter__(self) -> Server:
        self._start(self._accept)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.end()
        if error is None and self._error:
            raise self._error[0]
        if error is not None:
            for other in self._error:
                error.add_note(f"the scripted peer failed, too: {other!r}")

    def finished(self, count: int = 1) -> None:
        """Wait until the scripts of ``count`` connections have ended; raise what failed in them."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._threads) > count, PATIENCE), "nobody connected"
        for thread in self._threads[1:]:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a script did not end"
        if self._error:
            raise self._error.pop(0)

    def end(self) -> None:
        """Close everything and join the threads; more than once is fine."""
        if self._closing:
            return
        self._closing = True
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            pass  # wakes accept()
        self._threads[0].join(PATIENCE)
        self._listening.close()
        for talk in self.talks:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(talk.sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a script did not end"
        for talk in self.talks:
            talk.close()

    def _start(self, work: Callable[..., object], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="scripted peer")
        thread.start()
        with self._changed:
            self._threads.append(thread)
            self._changed.notify_all()

    def _accept(self) -> None:
        for number in range(1000):
            sock, _ = self._listening.accept()
            if self._closing:
                sock.close()
                return
            script = self._scripts[min(number, len(self._scripts) - 1)]
            talk = Talk(sock)
            self.talks.append(talk)
            self._start(self._play, talk, script)

    def _play(self, talk: Talk, script: Script) -> None:
        try:
            if self._tls is not None:
                talk.sock = self._tls.wrap_socket(talk.sock, server_side=True)
            script(talk)
        except (OSError, Ended) as error:
            if not self._closing:
                self._error.append(error)
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            self._error.append(error)
        finally:
            talk.close()


@contextlib.contextmanager
def full_backlog() -> Iterator[int]:
    """A port that takes no further connection and refuses none: as if the computer were switched off."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


@contextlib.contextmanager
def client(
    port: int, tls: ssl.SSLContext | None = None, name: str = "localhost", host: str = "127.0.0.1"
) -> Iterator[Talk]:
    """A connection from ``host`` to a listener on this computer, in the test's own thread."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE, (host, 0)) as sock:
        talk = Talk(sock)
        if tls is not None:
            talk.sock = tls.wrap_socket(sock, server_hostname=name)
        try:
            yield talk
        finally:
            talk.close()
