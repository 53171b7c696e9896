"""Opening a row and fetching over a long wire, in round trips: python -m tests.benchmarks.round_trips.

The wire and the archive, DCMTK's, are those of ``python -m tests.benchmarks.wan``. What takes no round trip,
the time of the archive and of this computer, is measured without a delay and taken off; of all rounds the
quickest counts, as a busy computer only adds to it. Warm is within two
seconds of another query, cold without; ahead has the association to fetch open already. The first image is
when its file is written; the end, when the operation has ended. The programs count from their first
connection to their end.

Linux, as root; exit status 2 where the wire cannot be had. It takes a minute.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.wire import clients
from tests.benchmarks.wire.clients import LONGEST_PDU, ONE, Site, Study, run, site
from tests.benchmarks.wire.emulator import FAR, NoWire, Shape, Wire, check, inside, wire
from tests.benchmarks.wire.rows import Objects
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import StudyMatch
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.dicom.outcomes import End
from workstation.dicom.targets import Target
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import FolderRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.open_ahead import open_ahead
from workstation.operations.retrieve import RetrieveOptions, retrieve
from workstation.operations.sources import Archive
from workstation.stop import Progress, Stop

MANY = Objects(40, 20_000)


def main() -> int:
    asked = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.round_trips",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    asked.add_argument("--rtt", type=float, default=50.0, help="round trip in ms")
    asked.add_argument("--rounds", type=int, default=7, help="the quickest of so many is shown")
    chosen = asked.parse_args()
    try:
        check(clients.DCMTK)
        with (
            tempfile.TemporaryDirectory() as name,
            wire(Path(name)) as made,
            site(Path(name), made, [ONE, MANY], False) as here,
        ):
            measure(made, here, Path(name), chosen.rtt, chosen.rounds)
    except NoWire as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0


def measure(made: Wire, here: Site, folder: Path, rtt: float, rounds: int) -> None:
    """Print all of it."""
    bench = _Bench(here, folder)
    print(f"Round trips of {rtt:g} ms, beyond the time without a delay; the quickest of {rounds}.\n")
    print("| what | first image | end |\n|---|---|---|", flush=True)
    one, many = here.studies[ONE], here.studies[MANY]
    rows: dict[str, Callable[[], _Took]] = {
        "open a row, warm": lambda: bench.expand(warm=True),
        "open a row, cold": lambda: bench.expand(warm=False),
        "fetch one image, warm": lambda: bench.fetch(one, warm=True),
        "fetch one image, cold": lambda: bench.fetch(one),
        "fetch one image, ahead": lambda: bench.fetch(one, warm=True, ahead=True),
        "fetch one image, ahead, counted": lambda: bench.fetch(one, warm=True, ahead=True, counted=True),
        f"fetch {MANY.count} images, warm": lambda: bench.fetch(many, warm=True),
        f"fetch {MANY.count} images, cold": lambda: bench.fetch(many),
        f"fetch {MANY.count} images, ahead": lambda: bench.fetch(many, warm=True, ahead=True),
    }
    for name, work in rows.items():
        with inside(made.near):
            took = _beyond(made, work, rtt, rounds)
        first = "" if took.first is None else f"{took.first:.1f}"
        print(f"| {name} | {first} | {took.end:.1f} |", flush=True)
    for program in ("get", "getscu"):
        times = []
        for shape in (Shape(), Shape(rtt)):
            runs = [run(made, here, program, ONE, shape, 60) for _ in range(rounds + 1)][1:]
            times.append(min(each.seconds for each in runs))
        name = "workstation get" if program == "get" else program
        print(f"| {name}, one image | | {(times[1] - times[0]) * 1000 / rtt:.1f} |", flush=True)


@dataclass
class _Took:
    """Seconds, or round trips, until the first image was here and until the end."""

    end: float
    first: float | None = None


def _beyond(made: Wire, work: Callable[[], _Took], rtt: float, rounds: int) -> _Took:
    """How many round trips ``work`` takes longer with the delay than without."""
    least = []
    for shape in (Shape(), Shape(rtt)):
        made.shape(shape)
        runs = [work() for _ in range(rounds + 1)][1:]  # the first one loads modules
        first = [each.first for each in runs if each.first is not None]
        end = min(each.end for each in runs)
        least.append(_Took(end, min(first) if first else None))
    made.shape(Shape())
    at_once, late = least
    trips = 1000 / rtt
    if at_once.first is None or late.first is None:
        return _Took((late.end - at_once.end) * trips)
    return _Took((late.end - at_once.end) * trips, (late.first - at_once.first) * trips)


@dataclass
class _Bench:
    """What is measured, each time from a state of its own."""

    here: Site
    folder: Path
    quirks: NodeQuirks = field(default_factory=NodeQuirks)

    @property
    def node(self) -> Node:
        return Node(
            name="far",
            ae_title="DCMQRSCP",
            host=FAR,
            port=self.here.qr_port,
            retrieve=RetrieveMethod.GET,
            max_pdu=LONGEST_PDU,
        )

    @contextmanager
    def held(self, warm: bool) -> Iterator[tuple[HeldAssociations, list[StudyMatch]]]:
        """All studies, and the association they were asked on, held if ``warm``."""
        with ExitStack() as ending:
            held = HeldAssociations()
            ending.callback(held.close, 10.0)
            archive = Archive(self.node, self.quirks, held=held if warm else None)
            yield held, list(archive.search(Criteria(), Stop()))

    def expand(self, *, warm: bool) -> _Took:
        """List the series of a study, as a row that is opened does."""
        with self.held(warm) as (held, studies):
            begun = time.monotonic()
            series = list(Archive(self.node, self.quirks, held=held).series(studies[0], Stop()))
            took = _Took(time.monotonic() - begun)
            assert len(series) == 1
        return took

    def fetch(self, study: Study, *, warm: bool = False, ahead: bool = False, counted: bool = False) -> _Took:
        """Fetch a study whose row was found, as a double-click does.

        ``counted``: its instances are, as by most archives, though not by dcmqrscp.
        """
        first: list[float] = []

        def report(progress: Progress) -> None:
            if progress.done and not first:
                first.append(time.monotonic())

        target = Target(study.uid, modalities=("CT",))
        with self.held(warm) as (held, _), tempfile.TemporaryDirectory(dir=self.folder) as out:
            router = FolderRouter(Path(out))
            options = RetrieveOptions(held=held, watched=True, count=study.count if counted else None)
            if ahead:
                open_ahead(self.node, target, router, None, Stop(), quirks=self.quirks, held=held)
            begun = time.monotonic()
            outcome = retrieve(
                self.node, target, router, None, Stop(), report, quirks=self.quirks, options=options
            )
            ended = time.monotonic()
            assert (outcome.end, outcome.received) == (End.COMPLETE, study.count), outcome
        return _Took(ended - begun, first[0] - begun)


if __name__ == "__main__":
    sys.exit(main())
