"""Patience and bounds for tests of deadlines, the real ones divided by 20; waiting for another thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from tests.peers.peer import PATIENCE
from workstation.dicom.nodes import Timeouts
from workstation.network.limits import LIMITS, Limits

QUICK = Limits(
    control_time=0.25, data_time=0.5, drain=0.1, grace=0.1, cancel=0.25, retry=0.1, inbound_idle=1.5,
    first_object=30.0, inbound_useless=6.0, first_byte=0.25,
)  # fmt: skip
"""The bounds' times divided by 20."""

IMPATIENT = Timeouts(connect=0.25, association=0.5, echo=0.5, find=3.0, retrieve=6.0, store=6.0, release=0.25)
"""A node's patience divided by 20."""

UNHURRIED = replace(LIMITS, drain=0.1)
"""For peers that do not let us wait: no deadline decides, however slow the computer is."""


HURRIED = Timeouts(connect=0.5, association=0.5, echo=0.5, find=0.5, retrieve=0.5, store=0.5, release=0.25)
LIMITS_20 = replace(QUICK, inbound_idle=0.5, first_object=0.5)
DEADLINE = LIMITS_20.data_time + LIMITS_20.drain
"""Seconds after which whoever falls silent is given up, where these two are in force."""

SLACK = 8.0
"""Seconds by which this computer may be late; a peer that is waited for in vain is so for longer."""

PATIENT = replace(
    LIMITS, control_time=60.0, data_time=60.0, grace=60.0, cancel=60.0, first_byte=60.0, inbound_idle=60.0
)
"""For what ends at once, whatever it could wait for."""


def side_by_side(work: Callable[[int], object], numbers: Iterable[int], width: int = 24) -> float:
    """Do the work for all numbers, ``width`` at a time; how many seconds the slowest took."""

    def timed(number: int) -> float:
        begun = time.monotonic()
        work(number)
        return time.monotonic() - begun

    with ThreadPoolExecutor(width) as pool:
        return max(pool.map(timed, numbers))


def until(condition: Callable[[], object]) -> None:
    """Wait until another thread has made it true."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        pause.wait(0.005)
