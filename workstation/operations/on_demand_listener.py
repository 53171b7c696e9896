"""Start the listener when a C-MOVE needs it, and stop it some time after the last."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, Protocol

from workstation.dicom.association_facts import Peer
from workstation.dicom.nodes import Tls
from workstation.errors import PortUnavailable, TlsFailed, UserMessage
from workstation.network.acceptor import Terms
from workstation.network.association_slots import PeerAllowance
from workstation.network.receive import Sink
from workstation.network.storage_commitment import Take
from workstation.network.storage_scp import StorageScp
from workstation.network.tls import server_context
from workstation.network.trace import Observer
from workstation.stop import Stop

_log = logging.getLogger(__name__)

IDLE_SECONDS = 60.0
_OURSELVES: Final = UserMessage("this workstation")
"""How messages about the TLS files name the listener."""


class Receiver(Protocol):
    """Who gets the objects, such as :class:`workstation.operations.instance_router.InstanceRouter`."""

    @property
    def sink(self) -> Sink:
        """What they are written to."""
        ...

    def allowance(self, peer: Peer) -> PeerAllowance:
        """What may be expected of a peer."""
        ...


class OnDemandListener:
    """One Storage SCP for all who wait for objects, counted in and out; it answers to every AE title.

    Attributes:
        port: The port to listen on; 0 takes any free one.
        address: The address to listen on; empty: all.
        tls: Serve TLS with these files; None: plain.
    """

    def __init__(
        self,
        router: Receiver,
        port: int,
        *,
        address: str = "",
        max_pdu: int | None = None,
        tls: Tls | None = None,
        on_commitment: Take | None = None,
        observer: Observer | None = None,
        idle: float = IDLE_SECONDS,
    ) -> None:
        """Nothing listens yet.

        Args:
            router: Who gets the objects.
            port: TCP port.
            address: IP address to bind to; empty: all.
            max_pdu: What we announce; None: the default.
            tls: Serve TLS with these files.
            on_commitment: Takes storage commitment reports.
            observer: Called with every message.
            idle: Seconds to stay open after the last user has gone.
        """
        self.port = port
        self.address = address
        self.tls = tls
        terms = Terms(
            admit=lambda peer: None,  # objects are admitted one by one, by Study Instance UID
            observer=observer,
        )
        if max_pdu is not None:
            terms = replace(terms, max_pdu=max_pdu)
        self._make: Callable[[], StorageScp] = lambda: StorageScp(
            router.sink,
            self._secured(terms),
            port=self.port,
            address=self.address,
            on_commitment=on_commitment,
            allowance=router.allowance,
        )
        self._idle = idle
        self._lock = threading.Lock()
        self._users = 0
        self._always = False
        self._outdated = False  # it listens where the settings no longer say
        self._scp: StorageScp | None = None
        self._timer: threading.Timer | None = None

    @contextmanager
    def receiving(self) -> Iterator[StorageScp]:
        """Keep the port open while the block runs.

        Raises:
            PortUnavailable: It cannot be opened.
            TlsFailed: The TLS files cannot be used.
        """
        with self._lock:
            self._stop_timer()
            scp = self._open()
            self._users += 1
        try:
            yield scp
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users or self._scp is None or (self._always and not self._outdated):
                return
            self._timer = threading.Timer(self._idle, self._close_if_idle)
            self._timer.name = "workstation-listening-idle"
            self._timer.daemon = True
            self._timer.start()

    def _close_if_idle(self) -> None:
        with self._lock:  # whoever wants to receive waits: the port is not free before
            if self._users or self._scp is None or (self._always and not self._outdated):
                return
            scp, self._scp, self._timer = self._scp, None, None
            scp.close()
            if self._always:
                try:
                    self._open()
                except (PortUnavailable, TlsFailed) as error:
                    _log.warning("the listener cannot return: %s", error.reason)

    def adopt(self, port: int, address: str = "", *, tls: Tls | None = None, always: bool = False) -> None:
        """Take over other settings, from now on; waits for the threads of an old port to end.

        A retrieve that waits for objects keeps the port that the archive knows, until the last of them
        has ended.

        Args:
            port: TCP port.
            address: IP address to bind to; empty: all.
            tls: Serve TLS with these files; None: plain.
            always: Listen from now on, not only on demand.

        Raises:
            PortUnavailable: ``always``, and the port cannot be opened.
            TlsFailed: The TLS files cannot be used; nothing listens until others are adopted.
        """
        with self._lock:
            moved = (port, address, tls) != (self.port, self.address, self.tls)
            self.port, self.address, self.tls, self._always = port, address, tls, always
            self._outdated = self._scp is not None and (self._outdated or moved)
            old = self._scp if not self._users and (moved or not always) else None
            if old is not None:
                self._scp = None
                self._stop_timer()
        if old is not None:
            old.close()
        if always:
            with self._lock:
                self._stop_timer()
                self._open()
        elif tls is not None:
            server_context(_OURSELVES, tls)  # raised now, not when the next C-MOVE needs it

    def _secured(self, terms: Terms) -> Terms:
        """The terms with the TLS files as they are now."""
        return replace(terms, tls=server_context(_OURSELVES, self.tls)) if self.tls is not None else terms

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _open(self) -> StorageScp:
        if self._scp is None:
            scp = self._make()
            scp.start()
            self._scp, self._outdated = scp, False
        return self._scp

    def close(self) -> None:
        """Stop listening at once."""
        with self._lock:
            scp, self._scp = self._scp, None
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if scp is not None:
            scp.close()


def listen(listener: OnDemandListener, stop: Stop, opened: Callable[[int], None]) -> None:
    """Take what is pushed to us until a stop is requested (what ``storescp`` does).

    Args:
        listener: The listener, over a router that welcomes pushes.
        stop: Ends it.
        opened: Called with the port once it is open.

    Raises:
        PortUnavailable: It cannot be opened.
    """
    ended = threading.Event()
    with stop.watching(ended.set):
        try:
            with listener.receiving() as scp:
                opened(scp.port)
                ended.wait()
        finally:
            listener.close()
