"""What the first paint did not wait for, imported while a person looks at the empty window.

Everything here is imported late where it is used; the first search and the first picture need it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from PySide6.QtCore import QTimer

from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Run

_AFTER_MS: Final = 300
_NEEDED: Final = ("numpy", "pydicom", "workstation.dicom.keys", "workstation.imaging.instance")


def warm_up_soon(lanes: Lanes) -> None:
    """Import what is needed next, in a lane, once the window has had time to appear."""
    QTimer.singleShot(_AFTER_MS, lanes, lambda: lanes.submit("warm-up", Purpose.COUNT, "warm up", _warm_up))


def _warm_up(run: Run) -> None:
    for name in _NEEDED:
        run.stop.check()
        import_module(name)
