"""The listener on demand: it starts when a C-MOVE needs it and stops some time after the last."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workstation.dicom.nodes import Tls, check_ae_title
from workstation.network.acceptor import Terms
from workstation.network.commit import Take
from workstation.network.storage_scp import StorageScp
from workstation.network.tls import server_context
from workstation.network.trace import Observer
from workstation.operations.deliver import Deliveries

IDLE_SECONDS = 60.0


class Listening:
    """One Storage SCP for all who wait for objects, counted in and out.

    Attributes:
        ae_title: Our AE title, as archives know the destination.
        port: The port to listen on; 0 takes any free one.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        ae_title: str,
        port: int,
        *,
        max_pdu: int | None = None,
        tls: Tls | None = None,
        on_commitment: Take | None = None,
        observer: Observer | None = None,
        idle: float = IDLE_SECONDS,
    ) -> None:
        """Nothing listens yet.

        Args:
            deliveries: Who gets the objects.
            ae_title: Our AE title.
            port: TCP port.
            max_pdu: What we announce; None: the default.
            tls: Serve TLS with these files.
            on_commitment: Takes storage commitment reports.
            observer: Told of every message.
            idle: Seconds to stay open after the last user has gone.

        Raises:
            BadInput: The AE title is none.
            TlsFailed: The TLS files cannot be used.
        """
        self.ae_title = check_ae_title(ae_title)
        self.port = port
        terms = Terms(
            admit=lambda peer: None,  # objects are admitted one by one, by Study Instance UID
            tls=server_context("this workstation", tls) if tls is not None else None,
            observer=observer,
        )
        if max_pdu is not None:
            from dataclasses import replace

            terms = replace(terms, max_pdu=max_pdu)
        self._make: Callable[[], StorageScp] = lambda: StorageScp(
            deliveries.sink, terms, port=self.port, on_commitment=on_commitment
        )
        self._idle = idle
        self._lock = threading.Lock()
        self._users = 0
        self._scp: StorageScp | None = None
        self._timer: threading.Timer | None = None

    @contextmanager
    def receiving(self) -> Iterator[StorageScp]:
        """Keep the port open while the block runs.

        Raises:
            PortUnavailable: It cannot be opened.
        """
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._scp is None:
                scp = self._make()
                scp.start()
                self._scp = scp
            self._users += 1
            scp = self._scp
        try:
            yield scp
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users or self._scp is None:
                return
            self._timer = threading.Timer(self._idle, self._close_if_idle)
            self._timer.name = "workstation-listening-idle"
            self._timer.daemon = True
            self._timer.start()

    def _close_if_idle(self) -> None:
        with self._lock:
            if self._users or self._scp is None:
                return
            scp, self._scp, self._timer = self._scp, None, None
        scp.close()

    def close(self) -> None:
        """Stop listening at once."""
        with self._lock:
            scp, self._scp = self._scp, None
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if scp is not None:
            scp.close()
