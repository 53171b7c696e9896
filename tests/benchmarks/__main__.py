"""C-GET into a folder, one association, beside ``getscu +B`` from the same dcmqrscp.

Both DCMTK sides run with TCP_NODELAY=1: without it each waits for delayed acknowledgements. The start-up of
a process is measured apart (a study of one image) and taken off.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pydicom

from tests.archives import data, dcmtk
from tests.archives.process import Archive, address, run
from workstation.dicom.levels import Model
from workstation.dicom.targets import Target
from workstation.network.contexts import GET, classes_for, query, storage
from workstation.network.get import get
from workstation.network.requestor import associate
from workstation.operations.deliver import FolderDeliveries
from workstation.operations.queries import retrieve_identifier
from workstation.operations.retrieve import retrieve
from workstation.stop import Stop


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--large", type=int, default=1000, help="images of 0.5 MB")
    arguments.add_argument("--small", type=int, default=5000, help="images of 20 KB")
    asked = arguments.parse_args()
    print("| objects | C-GET, s | with verification, s | getscu +B, s | C-GET | verified |")
    print("|---|---|---|---|---|---|")
    for count, size in ((asked.large, 512), (asked.small, 100)):
        with tempfile.TemporaryDirectory() as folder:
            line(Path(folder), count, size, asked.rounds)
    return 0


def line(folder: Path, count: int, size: int, rounds: int) -> None:
    """One line of the table: ``count`` images of ``size`` × ``size`` pixels."""
    many = data.study(folder / "many", count, size=size)
    one = data.study(folder / "one", 1, size=size, key="one")
    (folder / "archive").mkdir()
    archive = dcmtk.qrscp(folder / "archive", [*many, *one], max_pdu=131072)
    try:
        clients: tuple[Client, ...] = (c_get, whole, getscu)
        taken: list[dict[str, float]] = []
        for number in range(rounds):
            order = clients if number % 2 == 0 else clients[::-1]
            taken.append({client.__name__: net(client, archive, many, one, folder) for client in order})
    finally:
        archive.kill()

    def median(name: str) -> float:
        return statistics.median(each[name] for each in taken)

    def ratio(name: str) -> float:
        return statistics.median(each["getscu"] / each[name] for each in taken)

    columns = " | ".join(f"{median(client.__name__):.2f}" for client in clients)
    kilobytes = size * size * 2 // 1000
    ratios = f"{ratio('c_get'):.2f} × | {ratio('whole'):.2f} ×"
    print(f"| {count} × {kilobytes} KB | {columns} | {ratios} |", flush=True)


Client = Callable[[Archive, Path, Path], None]


def net(client: Client, archive: Archive, many: list[Path], one: list[Path], folder: Path) -> float:
    """Seconds for the many, less those for one."""
    return timed(client, archive, many, folder) - timed(client, archive, one, folder)


def timed(client: Client, archive: Archive, files: list[Path], folder: Path) -> float:
    # Kept to the end: ext4 is slow to create files right after many were deleted.
    out = Path(tempfile.mkdtemp(prefix="out-", dir=folder))
    begun = time.perf_counter()
    client(archive, files[0], out)
    taken = time.perf_counter() - begun
    arrived = len(list(out.iterdir()))
    if arrived != len(files):
        sys.exit(f"{client.__name__}: {arrived} of {len(files)} objects arrived")
    return taken


def c_get(archive: Archive, file: Path, out: Path) -> None:
    """What getscu does: the request, the objects, the last answer."""
    proposals = query(GET[Model.STUDY])
    proposals += storage(classes_for(["CT"]), 128 - len(proposals))
    deliveries = FolderDeliveries(out, pushes=True)
    with associate(archive.node(), proposals, Stop()) as association:
        get(association, Model.STUDY, retrieve_identifier(target_of(file), Model.STUDY), deliveries.sink)


def whole(archive: Archive, file: Path, out: Path) -> None:
    """The operation: the same, then every instance asked for by C-FIND and compared with what is here."""
    retrieve(archive.node(), target_of(file), FolderDeliveries(out), None, Stop(), lambda _: None)


def target_of(file: Path) -> Target:
    header = pydicom.dcmread(file, stop_before_pixels=True)
    return Target(header.StudyInstanceUID, modalities=("CT",))


def getscu(archive: Archive, file: Path, out: Path) -> None:
    header = pydicom.dcmread(file, stop_before_pixels=True)
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={header.StudyInstanceUID}")
    *titles, host, port = address(archive)
    run("getscu", "-S", "+B", *titles, *keys, "-od", out, host, port, timeout=300)


if __name__ == "__main__":
    sys.exit(main())
