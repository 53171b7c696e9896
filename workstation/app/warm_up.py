"""Imports and starts, once the window is shown, what the first search and the first picture need.

That is: modules that are imported late where they are used, and the decoding processes.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Final

from PySide6.QtCore import QTimer

from workstation.imaging.decoding import Decoding
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Run

_AFTER_MS: Final = 300
_NEEDED: Final = ("numpy", "pydicom", "workstation.dicom.query_keys")


def warm_up_soon(lanes: Lanes, decoding: Decoding) -> None:
    """Import and start what is needed next, in a lane, once the window has had time to appear."""
    work = partial(_warm_up, decoding)
    QTimer.singleShot(_AFTER_MS, lanes, lambda: lanes.submit(Lane.WARM_UP, "warm up", work))


def _warm_up(decoding: Decoding, run: Run) -> None:
    decoding.start_ahead()
    for name in _NEEDED:
        run.stop.check()
        import_module(name)
