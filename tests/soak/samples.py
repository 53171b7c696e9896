"""What the process of the window holds at a moment: memory, threads, descriptors, objects by type."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from tests.network.leaks import descriptors, memory
from workstation.network.exchanges import EXCHANGES

OURS = ("workstation.", "PySide6.")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One look at the process.

    Attributes:
        seconds: Since the start.
        cycle: Rounds of acts done.
        rss: Resident memory in MiB.
        threads: Threads of Python.
        descriptors: Open file descriptors.
        children: Child processes.
        widgets: Widgets of the application.
        objects: QObjects below the window.
        transfers: Lines of the transfers' list.
        longest_stall: The longest gap in the event loop since the sample before, in ms.
        by_type: How many instances of each class of the program and of Qt there are.
    """

    seconds: float
    cycle: int
    rss: float
    threads: int
    descriptors: int
    children: int
    widgets: int
    objects: int
    transfers: int
    longest_stall: float
    by_type: Counter[str] = field(repr=False)

    def __str__(self) -> str:
        columns = (
            f"{self.seconds:.0f}",
            f"{self.cycle}",
            f"{self.rss:.1f}",
            f"{self.threads}",
            f"{self.descriptors}",
            f"{self.children}",
            f"{self.widgets}",
            f"{self.objects}",
            f"{self.transfers}",
            f"{self.longest_stall:.0f}",
        )
        return " ".join(f"{column:>9}" for column in columns)


_COLUMNS = "seconds cycle MiB threads files children widgets objects transfers stall/ms"
HEADINGS = " ".join(f"{name:>9}" for name in _COLUMNS.split())


def objects_by_type() -> Counter[str]:
    """Instances of our classes and Qt's, those kept out of the garbage collection as well."""
    gc.unfreeze()
    gc.collect()
    found = Counter(name for one in gc.get_objects() if (name := _name(type(one))).startswith(OURS))
    gc.freeze()
    return found


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def children() -> int:
    """Child processes of this one; 0 where the system does not tell."""
    path = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return len(path.read_text().split()) if path.exists() else 0


def forget_exchanges() -> None:
    """Empty the ring of what was asked and answered: it is bounded, and differs from moment to moment."""
    with EXCHANGES._lock:
        for kept in EXCHANGES._kept:
            EXCHANGES._forget_size(kept)
        EXCHANGES._kept.clear()


def sample(window: QWidget, begun: float, cycle: int, transfers: int, longest_stall: float) -> Sample:
    """Look at the process now."""
    forget_exchanges()
    return Sample(
        seconds=time.monotonic() - begun,
        cycle=cycle,
        by_type=objects_by_type(),
        rss=memory("VmRSS"),
        threads=threading.active_count(),
        descriptors=len(descriptors()),
        children=children(),
        widgets=len(QApplication.allWidgets()),
        objects=len(window.findChildren(QObject)),
        transfers=transfers,
        longest_stall=longest_stall,
    )


def growth(before: Sequence[Sample], after: Sequence[Sample]) -> Counter[str]:
    """How many more instances of each type there are, as far as all samples agree."""
    return _least(after) - _least(before)


def _least(samples: Sequence[Sample]) -> Counter[str]:
    return reduce(and_, (one.by_type for one in samples))
