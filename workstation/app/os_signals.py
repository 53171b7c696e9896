"""Closes the window on Ctrl-C and SIGTERM, as the user would."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

from PySide6.QtCore import QSocketNotifier


def close_on_signals(close: Callable[[], object]) -> Callable[[], None]:
    """Call ``close`` in the GUI thread on SIGINT and SIGTERM; the returned function ends that.

    Python runs signal handlers between byte codes only, and Qt's event loop has none: the C handler writes
    a byte to a socket, which the event loop watches.
    """
    reader, writer = socket.socketpair()
    for end in (reader, writer):
        end.setblocking(False)
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.signal(number, lambda *_: None) for number in numbers]
    descriptor = signal.set_wakeup_fd(writer.fileno())
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)

    def read() -> None:
        reader.recv(16)
        close()

    notifier.activated.connect(lambda *_: read())

    def restore() -> None:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(descriptor)
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)
        reader.close()
        writer.close()

    return restore
