"""Our listener for a test: everybody is let in, what arrives is kept in memory."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from typing import Any

from tests.network.conversations import MemorySink
from workstation.dicom.association_facts import Peer
from workstation.network.acceptor import Admit, Terms
from workstation.network.association_slots import AllowanceOf, PeerAllowance, no_allowance
from workstation.network.limits import LIMITS, Limits
from workstation.network.receive import Sink
from workstation.network.storage_commitment import Take
from workstation.network.storage_scp import StorageScp
from workstation.network.trace import Observer


def everybody(peer: Peer) -> None:
    """Let in whoever asks."""


def archives(peer: Peer) -> PeerAllowance:
    """Something was asked of whoever calls."""
    return PeerAllowance(known=True)


@contextlib.contextmanager
def listening(
    sink: Sink | None = None,
    *,
    admit: Admit = everybody,
    tls: ssl.SSLContext | None = None,
    limits: Limits = LIMITS,
    port: int = 0,
    address: str = "127.0.0.1",
    on_commitment: Take | None = None,
    observer: Observer | None = None,
    allowance: AllowanceOf = no_allowance,
    **terms: Any,
) -> Iterator[StorageScp]:
    """A listener that runs for the length of the block."""
    scp = StorageScp(
        sink or MemorySink(),
        Terms(admit, tls=tls, limits=limits, observer=observer, **terms),
        port=port,
        address=address,
        on_commitment=on_commitment,
        allowance=allowance,
    )
    scp.start()
    try:
        yield scp
    finally:
        scp.close()
        assert scp.active == 0
