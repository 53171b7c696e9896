"""Drive the window for a while and print what it holds: ``python -m tests.soak SECONDS``.

Two archives on this computer, dcmqrscp by C-MOVE and Orthanc by C-GET. Exits with 1 where something grew
from the first third on.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from tests.archives import data, dcmtk, orthanc
from tests.archives.process import free_port
from tests.benchmarks.stalls import Pulse
from tests.benchmarks.window import close, until
from tests.soak.acts import Acts
from tests.soak.samples import HEADINGS, Sample, growth, sample
from workstation.app.assembly import build
from workstation.app.garbage_collection import GarbageCollection
from workstation.app.parts import Workstation
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.settings.folders import folders
from workstation.settings.nodes import save_nodes
from workstation.settings.preferences import Preferences
from workstation.widgets.theme import apply_theme, themed_application

IMAGES = 12
GROWTH = {"rss": 12.0, "threads": 3, "descriptors": 8, "children": 0, "widgets": 2, "objects": 15}
"""By how much each figure may grow, memory in MiB; ten objects of the window are made when first needed."""
INSTANCES = 30
"""Instances of one type that there may be more of, however many cycles were driven."""
UNDO_SECONDS = 3.0
"""How long a deletion can be undone here: what is kept for it must not look like growth."""


def print_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Print a message of Qt's, except one that the offscreen platform repeats for each dialog."""
    if text != "This plugin does not support propagateSizeHints()":
        print(text, file=sys.stderr)


def opened(home: Path, nodes: list[Node], port: int) -> Workstation:
    """The window over these nodes, its garbage collected as in the program."""
    where = folders(home)
    save_nodes(where.nodes, nodes)
    workstation = build(where, Preferences(port=port))
    workstation.window.resize(1440, 900)
    workstation.window.show()
    until(lambda: not workstation.plans.waiting, "the library is open")
    workstation.local_studies.undo_seconds = UNDO_SECONDS
    return workstation


def drive(workstation: Workstation, studies: int, seconds: float) -> list[Sample]:
    """Do everything over and over; a sample each twentieth of the time."""
    acts, samples = Acts(workstation, studies), []
    begun = shown = time.monotonic()
    cycle = 0
    print(HEADINGS, flush=True)
    pulse = Pulse()
    pulse.__enter__()
    while time.monotonic() - begun < seconds:
        try:
            acts.cycle(cycle)
        except (AssertionError, SystemExit):
            print(acts.describe(), flush=True)
            raise
        cycle += 1
        if time.monotonic() - shown >= seconds / 20:
            shown = time.monotonic()
            pulse.__exit__()
            transfers = workstation.transfers_model.rowCount()
            samples.append(sample(workstation.window, begun, cycle, transfers, 1000 * max(pulse.gaps)))
            print(samples[-1], flush=True)
            pulse = Pulse()
            pulse.__enter__()
    pulse.__exit__()
    return samples


def grown(samples: list[Sample]) -> list[str]:
    """What grew from the second third of the samples to the last, in words.

    The least of each third counts: a search or a transfer may just be going on.
    """
    third = len(samples) // 3
    before, after = samples[third : 2 * third], samples[2 * third :]
    found = [f"{more} more {name}" for name, more in growth(before, after).items() if more > INSTANCES]
    for name, most in GROWTH.items():
        more = least(after, name) - least(before, name)
        if more > most:
            found.append(f"{more:.0f} more {name}")
    return found


def least(samples: list[Sample], name: str) -> float:
    """The least value of one figure."""
    return min(float(getattr(one, name)) for one in samples)


def main(seconds: float) -> int:
    """Start the archives, drive, judge."""
    qInstallMessageHandler(print_message)
    application = themed_application()
    apply_theme(application, dark=True)
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        for part in ("qrscp", "orthanc"):
            (folder / part).mkdir()
        one = [path for key in "123" for path in data.study(folder / "one", IMAGES, key=key, size=256)]
        two = [
            path
            for key in "456"
            for path in data.study(folder / "two", IMAGES, key=key, size=256, patient=data.MUELLER)
        ]
        first = dcmtk.qrscp(folder / "qrscp", one, destinations={"WORKSTATION": port})
        second = orthanc.start(folder / "orthanc")
        try:
            dcmtk.send(second, two)
            nodes = [
                first.node(name="A", retrieve=RetrieveMethod.MOVE),
                second.node(name="B", retrieve=RetrieveMethod.GET),
            ]
            workstation = opened(folder / "home", nodes, port)
            collection = GarbageCollection(lambda: bool(workstation.lanes.busy), application)
            samples = drive(workstation, 6, seconds)
            collection.deleteLater()
            print(f"closed in {1000 * close(workstation):.0f} ms")
        finally:
            first.kill()
            second.kill()
    found = grown(samples)
    for words in found:
        print(f"GREW: {words}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
