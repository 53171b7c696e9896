"""Sending a folder to ``storescp --ignore`` (which keeps nothing), beside ``storescu`` and pynetdicom."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.archives import data, dcmtk
from tests.archives.process import Archive
from tests.benchmarks import pynetdicom_clients
from tests.benchmarks.listening import feed
from tests.benchmarks.race import line, race, timed
from workstation.operations.send import send
from workstation.stop import Stop

OURS, STORESCU, PYNETDICOM = "send", "storescu", "pynetdicom"


def lines(folder: Path, count: int, size: int, rounds: int) -> Iterator[str]:
    """The line for ``count`` images of ``size`` × ``size`` pixels."""
    files = data.study(folder / "many", count, size=size)
    data.study(folder / "one", 1, size=size, key="one")
    archive = dcmtk.storescp(folder / "kept", "--ignore", "--max-pdu", "131072")

    def source(whole: bool) -> Path:
        return folder / ("many" if whole else "one")

    def with_pynetdicom(whole: bool) -> float:
        sent = files if whole else files[:1]
        return timed(lambda: pynetdicom_clients.send(archive.host, archive.port, archive.ae_title, sent))

    try:
        laps = race(
            {
                OURS: lambda whole: timed(lambda: ours(archive, source(whole))),
                STORESCU: lambda whole: timed(lambda: feed(source(whole), archive.port)),
                PYNETDICOM: with_pynetdicom,
            },
            rounds,
            once=(PYNETDICOM,),
        )
    finally:
        archive.kill()
    yield line(f"sending, {count:,} × {size * size * 2 / 1e6:.2g} MB", laps, OURS, STORESCU, PYNETDICOM)


def ours(archive: Archive, folder: Path) -> None:
    """The operation behind ``workstation send``."""
    outcome = send(archive.node(), [folder], Stop(), lambda _: None)
    if outcome.received != len(list(folder.iterdir())):
        sys.exit(f"sending: {outcome.received} objects were taken")
