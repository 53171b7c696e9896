"""The listener fed by ``storescu``, into a folder, beside ``storescp +B`` and pynetdicom."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.archives import data, dcmtk
from tests.archives.process import run
from tests.benchmarks import pynetdicom_clients
from tests.benchmarks.race import Run, line, race, timed
from workstation.operations.instance_router import FolderRouter, LibraryRouter
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.store.library import Library

OURS, STORESCP, PYNETDICOM = "listener", "storescp +B", "pynetdicom"


def lines(folder: Path, count: int, size: int, rounds: int) -> Iterator[str]:
    """The line for ``count`` images of ``size`` × ``size`` pixels."""
    data.study(folder / "many", count, size=size)
    data.study(folder / "one", 1, size=size, key="one")

    def runner(listening: Callable[[Path], AbstractContextManager[int]]) -> Run:
        def go(whole: bool) -> float:
            out = Path(tempfile.mkdtemp(prefix="out-", dir=folder))
            with listening(out) as port:
                seconds = timed(lambda: feed(folder / ("many" if whole else "one"), port))
            expected = count if whole else 1
            if (arrived := sum(1 for path in out.rglob("*") if path.is_file())) < expected:
                sys.exit(f"{listening.__name__}: {arrived} of {expected} objects arrived")
            shutil.rmtree(out)
            return seconds

        return go

    runners = {OURS: ours, STORESCP: storescp, PYNETDICOM: pynetdicom_clients.listening}
    laps = race(
        {name: runner(listening) for name, listening in runners.items()}, rounds, seldom=(PYNETDICOM,)
    )
    yield line(
        f"listener fed by storescu, {count:,} × {size * size * 2 / 1e6:.2g} MB",
        laps,
        OURS,
        STORESCP,
        PYNETDICOM,
    )


def feed(files: Path, port: int) -> None:
    """DCMTK's storescu sends every file of a folder over one association."""
    done = run("storescu", "+sd", "-aec", "LISTENER", "127.0.0.1", port, files, timeout=300)
    if done.status:
        sys.exit(done.output)


@contextmanager
def ours(out: Path) -> Iterator[int]:
    """Our listener, as ``listen --out`` has it."""
    listening = OnDemandListener(FolderRouter(out, pushes=True), 0)
    try:
        with listening.receiving() as scp:
            yield scp.port
    finally:
        listening.close()


@contextmanager
def into_library(out: Path) -> Iterator[int]:
    """Our listener into the library: nobody else may have what is pushed, so each object is flushed."""
    library = Library.open(out)
    listening = OnDemandListener(LibraryRouter(library, pushes=True), 0)
    try:
        with listening.receiving() as scp:
            yield scp.port
    finally:
        listening.close()
        library.close()


@contextmanager
def storescp(out: Path) -> Iterator[int]:
    """DCMTK's, bit preserving."""
    archive = dcmtk.storescp(out, "+B")
    try:
        yield archive.port
    finally:
        archive.kill()
