"""Sending a folder to ``storescp +B``, beside ``storescu`` and pynetdicom."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.archives import data, dcmtk
from tests.archives.process import Archive
from tests.benchmarks import pynetdicom_clients
from tests.benchmarks.listening import feed
from tests.benchmarks.race import Run, line, race, timed
from workstation.operations.send import send
from workstation.stop import Stop

OURS, STORESCU, PYNETDICOM = "send", "storescu", "pynetdicom"


def lines(folder: Path, count: int, size: int, rounds: int) -> Iterator[str]:
    """The line for ``count`` images of ``size`` × ``size`` pixels."""
    data.study(folder / "many", count, size=size)
    data.study(folder / "one", 1, size=size, key="one")
    kept = folder / "kept"
    archive = dcmtk.storescp(kept, "+B", "--max-pdu", "131072")

    def runner(client: Callable[[Archive, Path], None]) -> Run:
        def go(whole: bool) -> float:
            source = folder / ("many" if whole else "one")
            seconds = timed(lambda: client(archive, source))
            if (arrived := len(list(kept.iterdir()))) != len(list(source.iterdir())):
                sys.exit(f"{client.__name__}: {arrived} objects arrived")
            for file in kept.iterdir():
                file.unlink()
            return seconds

        return go

    try:
        runners = {OURS: ours, STORESCU: storescu, PYNETDICOM: with_pynetdicom}
        laps = race({name: runner(client) for name, client in runners.items()}, rounds, seldom=(PYNETDICOM,))
    finally:
        archive.kill()
    yield line(f"sending, {count:,} × {size * size * 2 / 1e6:.2g} MB", laps, OURS, STORESCU, PYNETDICOM)


def ours(archive: Archive, folder: Path) -> None:
    """The operation behind ``workstation send``."""
    send(archive.node(), [folder], Stop(), lambda _: None)


def storescu(archive: Archive, folder: Path) -> None:
    """DCMTK's client, over one association."""
    feed(folder, archive.port)


def with_pynetdicom(archive: Archive, folder: Path) -> None:
    """pynetdicom's client, each file as it is."""
    pynetdicom_clients.send(archive.host, archive.port, archive.ae_title, list(folder.iterdir()))
