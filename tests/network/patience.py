"""Patience and bounds for tests of deadlines, the real ones divided by 20; waiting for another thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tests.peers.peer import PATIENCE
from workstation.dicom.nodes import Timeouts
from workstation.network.limits import Limits

QUICK = Limits(
    control_time=0.25, data_time=0.5, drain=0.1, grace=0.1, cancel=0.25, retry=0.1, inbound_idle=1.5,
)  # fmt: skip
"""The bounds' times divided by 20."""

IMPATIENT = Timeouts(connect=0.25, association=0.5, echo=0.5, find=3.0, retrieve=6.0, store=6.0, release=0.25)
"""A node's patience divided by 20."""


def until(condition: Callable[[], object]) -> None:
    """Wait until another thread has made it true."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        pause.wait(0.005)
