"""The window with an archive far away: first picture, and what 1,000 images over eight associations cost.

``python -m tests.benchmarks.far_window [--rtt MS] [--images N]`` prints the medians of the time from a
double-click to the first picture, right after the row was opened (its association may still be held) and
4 s later, beside ``getscu`` for one such image; then the stalls of the event loop and the memory while 1,000
images of 0.5 MB arrive over eight associations. The wire is that of ``tests.benchmarks.wan``: Linux, root.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from tests.archives.process import ENVIRONMENT, free_port
from tests.benchmarks.pulse import Pulse
from tests.benchmarks.window import close, fetch, opened, searched, until
from tests.benchmarks.wire import clients
from tests.benchmarks.wire.emulator import FAR, NoWire, Shape, Wire, check, inside, wire
from tests.benchmarks.wire.rows import Objects
from workstation.app.parts import Workstation
from workstation.dicom.nodes import Node
from workstation.models.rows import Row

ROUNDS = 7
HALF_A_MEGABYTE = 500_000
LATER = 4.0
"""Seconds after which no association is held any more."""


def far_archive(port: int) -> Node:
    return Node(name="far", ae_title="DCMQRSCP", host=FAR, port=port)


def choose(workstation: Workstation, study: str) -> Row:
    """Search for everybody, and make a study current."""
    searched(workstation)
    results = workstation.tree_model.results
    until(lambda: len(results.studies(study)) == 1 and not workstation.lanes.busy, "the search has ended")
    [row] = workstation.tree_model.results.studies(study)
    workstation.window.tree.setCurrentIndex(workstation.tree_model.index_of(row))
    return row


def first_picture(home: Path, node: Node, study: str, *, later: float) -> float:
    """Seconds from a double-click to the picture, ``later`` seconds after the study's row was opened."""
    workstation = opened(home, node, free_port())
    row, tree = choose(workstation, study), workstation.window.tree
    tree.open_row(tree.currentIndex())
    until(lambda: bool(row.children) and not workstation.lanes.busy, "its series are listed")
    begun = time.perf_counter()
    until(lambda: time.perf_counter() >= begun + later, "some time has passed")
    begun = time.perf_counter()
    fetch(workstation)
    until(lambda: not workstation.window.canvas.image.isNull(), "a picture is shown")
    taken = time.perf_counter() - begun
    close(workstation)
    return taken


def many_images(home: Path, node: Node, study: str, images: int) -> None:
    """Print what the window and the memory had to bear."""
    workstation = opened(home, replace(node, associations=8), free_port())
    choose(workstation, study)
    with Pulse() as pulse:
        fetch(workstation)
        taken = until(lambda: bool(workstation.transfers_model.ended), "all images are here")
    used = workstation.retrieve.details(1)
    assert used is not None
    print(f"{images:,} images of 0.5 MB in {taken:.1f} s: {pulse}; {_peak_memory()} MB at most")
    print(used.message)
    close(workstation)


def _peak_memory() -> int:
    """Megabytes of this process in memory, at most."""
    status = Path("/proc/self/status").read_text("ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1000


def in_the_near_namespace(folder: Path, asked: argparse.Namespace) -> None:
    """What the child process does: the window, with the archive at the other end of the wire."""
    application = QApplication.instance() or QApplication([])
    assert application is not None
    node = far_archive(asked.port)
    if asked.what == "many":
        many_images(folder / "home", node, asked.study, asked.images)
        return
    for words, later in (("right after the row was opened", 0.0), (f"{LATER:g} s later", LATER)):
        times = [
            first_picture(folder / f"{later:g}-{number}", node, asked.study, later=later)
            for number in range(ROUNDS)
        ]
        middle = statistics.median(times)
        print(f"first picture, {words}: {1000 * middle:.0f} ms, {1000 * middle / asked.rtt:.1f} round trips")


def measure(folder: Path, made: Wire, asked: argparse.Namespace, what: str, images: int) -> None:
    """Make an archive with one study and run the window at the near end."""
    study = Objects(images, HALF_A_MEGABYTE)
    with clients.site(folder, made, [study], library=False) as here:
        if what == "first":
            shape = Shape(rtt=asked.rtt, rate=1000)
            runs = [clients.run(made, here, "getscu", clients.ONE, shape, 60) for _ in range(ROUNDS)]
            middle = 1000 * statistics.median(run.seconds for run in runs)
            print(f"getscu, one image of 20 KB: {middle:.0f} ms, {middle / asked.rtt:.1f} round trips")
        command = [sys.executable, "-m", "tests.benchmarks.far_window", what, "--port", str(here.qr_port)]
        command += ["--rtt", str(asked.rtt), "--images", str(images), "--study", here.studies[study].uid]
        made.shape(Shape(rtt=asked.rtt, rate=1000))
        with inside(made.near):
            subprocess.run(command, env=os.environ | ENVIRONMENT, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.far_window", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("first", "many"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--study", help=argparse.SUPPRESS)
    parser.add_argument("--rtt", type=float, default=50, help="round trip in milliseconds")
    parser.add_argument("--images", type=int, default=1000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if asked.port:
            in_the_near_namespace(Path(name), asked)
            return 0
        try:
            check(clients.DCMTK)
            with wire(Path(name)) as made:
                for what, images in (("first", 20), ("many", asked.images)):
                    (Path(name) / what).mkdir()
                    measure(Path(name) / what, made, asked, what, images)
        except NoWire as reason:
            print(reason, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
