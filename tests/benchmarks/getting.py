"""C-GET over one association, into a folder and into the library, beside ``getscu +B`` and pynetdicom."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom

from tests.archives import data, dcmtk
from tests.archives.process import Archive, address, run
from tests.benchmarks import pynetdicom_clients
from tests.benchmarks.race import Lap, Run, line, race, timed
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node
from workstation.dicom.targets import Target
from workstation.network.contexts import GET, classes_for, query, storage
from workstation.network.get import get
from workstation.network.requestor import associate
from workstation.network.trace import Observer
from workstation.operations.instance_router import FolderRouter, LibraryRouter
from workstation.operations.query_identifiers import retrieve_identifier
from workstation.operations.retrieve import retrieve
from workstation.stop import Stop
from workstation.store.library import Library

OURS, LIBRARY, GETSCU, PYNETDICOM = "C-GET", "into the library", "getscu +B", "pynetdicom"


def lines(folder: Path, count: int, size: int, rounds: int) -> Iterator[str]:
    """The lines for ``count`` images of ``size`` × ``size`` pixels, and the processor's time they take."""
    many = data.study(folder / "many", count, size=size)
    one = data.study(folder / "one", 1, size=size, key="one")
    (folder / "archive").mkdir()
    archive = dcmtk.qrscp(folder / "archive", [*many, *one], max_pdu=131072)
    busy: dict[str, list[float]] = defaultdict(list)

    def runner(name: str, client: Callable[[Archive, Path, Path], None]) -> Run:
        def go(whole: bool) -> float:
            files = many if whole else one
            out = Path(tempfile.mkdtemp(prefix="out-", dir=folder))
            before = _processor_time()
            seconds = timed(lambda: client(archive, files[0], out))
            busy[name].append(_processor_time() - before)
            arrived = list(out.glob("2.25*/*.dcm" if client is into_library else "*"))
            if len(arrived) != len(files):
                sys.exit(f"{client.__name__}: {len(arrived)} of {len(files)} objects arrived")
            for path in arrived:  # ext4 without a journal passes over each inode deleted in the last minutes
                os.truncate(path, 0)
            return seconds

        return go

    runners = {OURS: c_get, LIBRARY: into_library, GETSCU: getscu, PYNETDICOM: with_pynetdicom}
    try:
        laps = race(
            {name: runner(name, client) for name, client in runners.items()}, rounds, seldom=(PYNETDICOM,)
        )
    finally:
        archive.kill()
    gigabytes = count * size * size * 2 / 1e9
    per_gigabyte = {
        name: Lap(tuple((whole - one) / gigabytes for whole, one in _rounds(spent, rounds)))
        for name, spent in busy.items()
        if name != PYNETDICOM
    }
    objects = f"{count:,} × {size * size * 2 / 1e6:.2g} MB, {file_system(folder)}"
    for what, ours in (("C-GET", OURS), ("C-GET into the library, indexed and verified", LIBRARY)):
        yield line(f"{what}, {objects}", laps, ours, GETSCU, PYNETDICOM)
        yield line("… time of the processor for each GB", per_gigabyte, ours, GETSCU)


def _rounds(spent: list[float], rounds: int) -> list[tuple[float, float]]:
    """What the work and the start-up took in each round that counts; see :func:`race`."""
    return list(zip(spent[::2], spent[1::2], strict=True))[-rounds:]


def _processor_time() -> float:
    """Seconds of this process and of the children that have ended: the archive is none of these."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def file_system(folder: Path) -> str:
    """The kind of file system a folder is on."""
    rows = [row.split() for row in Path("/proc/mounts").read_text().splitlines()]
    mounts = {Path(row[1]): row[2] for row in rows}
    return next((mounts[at] for at in (folder.resolve(), *folder.resolve().parents) if at in mounts), "")


def c_get(archive: Archive, file: Path, out: Path, observer: Observer | None = None) -> None:
    """What getscu does: the request, the objects, the last answer."""
    proposals = query(GET[Model.STUDY])
    proposals += storage(classes_for(["CT"]), 128 - len(proposals))
    router = FolderRouter(out, pushes=True)
    with associate(archive.node(), proposals, Stop(), observer=observer) as association:
        get(association, Model.STUDY, retrieve_identifier(_target(file), Model.STUDY), router.sink)


def into_library(archive: Archive, file: Path, out: Path) -> None:
    """The operation: the objects over one association, flushed, indexed, and compared with a C-FIND."""
    node: Node = archive.node(associations=1)
    library = Library.open(out)
    try:
        outcome = retrieve(node, _target(file), LibraryRouter(library), None, Stop(), lambda _: None)
    finally:
        library.close()
    if not outcome.verified:
        sys.exit(f"The retrieve into the library ended {outcome.end.name}.")


def getscu(archive: Archive, file: Path, out: Path) -> None:
    """DCMTK's client, bit preserving: the best a peer can do."""
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={_study(file)}")
    *titles, host, port = address(archive)
    run("getscu", "-S", "+B", *titles, *keys, "-od", out, host, port, timeout=300)


def with_pynetdicom(archive: Archive, file: Path, out: Path) -> None:
    """pynetdicom's client, each data set written as it came."""
    pynetdicom_clients.get(archive, _study(file), out)


def _study(file: Path) -> str:
    return str(pydicom.dcmread(file, stop_before_pixels=True).StudyInstanceUID)


def _target(file: Path) -> Target:
    return Target(_study(file), modalities=("CT",))
