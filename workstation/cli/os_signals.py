"""Turn Ctrl-C and other signals into a request to stop; the second stops at once, the third kills."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from workstation.stop import Stop

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Interrupts:
    """The signals received so far.

    Attributes:
        count: How many signals have come.
    """

    def __init__(self) -> None:
        self.count = 0


@contextlib.contextmanager
def interruptible(stop: Stop) -> Iterator[Interrupts]:
    """Turn signals into stop requests while the block runs; does nothing outside the main thread.

    The interpreter writes each signal's number into a socket, also while the main thread waits in a call
    that does not return (Windows), and a thread reads it: ``stop`` takes a lock the main thread may hold.
    """
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    taken = [number for name in _NAMES if (number := getattr(signal, name, None)) is not None]
    before: dict[int, Any] = {}

    def wait() -> None:
        while number := reader.recv(1):
            if number[0] in before:
                interrupts.count += 1
                stop.request(at_once=interrupts.count > 1)

    waiting = threading.Thread(target=wait, name="workstation-signals")
    waiting.start()
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        for number in taken:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or a shell's background job
                before[number] = signal.signal(number, _Counting())
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        writer.close()
        waiting.join()
        reader.close()


class _Counting:
    """Handle two signals of a kind; the third has its default effect."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, number: int, _: FrameType | None) -> None:
        self._count += 1
        if self._count == 2:
            signal.signal(number, signal.SIG_DFL)
