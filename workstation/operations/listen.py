"""Taking what is pushed to us until somebody says stop (what ``storescp`` does)."""

from __future__ import annotations

import threading
from collections.abc import Callable

from workstation.operations.listening import Listening
from workstation.stop import Stop


def listen(listening: Listening, stop: Stop, opened: Callable[[int], None]) -> None:
    """Serve until a stop is requested.

    Args:
        listening: The listener, over deliveries that welcome pushes.
        stop: Ends it.
        opened: Told the port once it is open.

    Raises:
        PortUnavailable: It cannot be opened.
    """
    ended = threading.Event()
    with stop.watching(ended.set):
        try:
            with listening.receiving() as scp:
                opened(scp.port)
                ended.wait()
        finally:
            listening.close()
