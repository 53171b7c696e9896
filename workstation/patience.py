"""Moving files that somebody may just be looking at: Windows refuses that, and others do not mind."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final

_PATIENCE: Final = 2.0  # seconds; a virus scanner holds a new file, somebody reads the old one


def patiently(move: Callable[[str, str], None], source: str, target: str) -> None:
    """Call ``move(source, target)``, again while somebody holds one of the files, for 2 s at most.

    Raises:
        OSError: It was still held, or something else is wrong.
    """
    deadline = time.monotonic() + _PATIENCE
    pause = 0.01
    while True:
        try:
            move(source, target)
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > deadline:
                raise
            time.sleep(pause)
            pause = min(2 * pause, 0.25)
        else:
            return
