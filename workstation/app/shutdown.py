"""Ends the parts of the program in their order.

Stop taking work, ask jobs to stop, join lanes with a limit, stop the listener, flush and close the library.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

_log = logging.getLogger(__name__)

Ending = Callable[[float], bool | None]
"""Ends one part within the seconds it is given; False: some of it still runs."""


class Shutdown:
    """Collects what ends each part while the parts are built, then does it once, in order."""

    def __init__(self) -> None:
        self._first: list[tuple[str, Ending]] = []
        self._then: list[tuple[str, Ending]] = []
        self._last: list[tuple[str, Callable[[], None]]] = []

    def first(self, name: str, ending: Ending) -> None:
        """Register what takes in work: it ends first, in the order of registration."""
        self._first.append((name, ending))

    def then(self, name: str, ending: Ending) -> None:
        """Register what works: it ends next, in the order of registration."""
        self._then.append((name, ending))

    def last(self, name: str, ending: Callable[[], None]) -> None:
        """Register what holds files: it ends last, the newest first, and only if all work has ended."""
        self._last.append((name, ending))

    def run(self, seconds: float) -> bool:
        """End everything; a second time there is nothing left to do.

        Returns:
            Whether all work has ended. If not, files stay open: the next start finds them unclean and
            repairs what needs it.
        """
        deadline = time.monotonic() + seconds
        working, self._first, self._then = [*self._first, *self._then], [], []
        clean = True
        for name, ending in working:
            if ending(max(0.05, deadline - time.monotonic())) is False:
                _log.error("%s did not end in time", name)
                clean = False
        if clean:
            for _, close in reversed(self._last):
                close()
            self._last = []
        return clean
