"""C-GET over one association, into a folder and into the library, beside ``getscu +B`` and pynetdicom."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom

from tests.archives import data, dcmtk
from tests.archives.process import Archive, address, run
from tests.benchmarks import pynetdicom_clients
from tests.benchmarks.race import Run, line, race, timed
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node
from workstation.dicom.targets import Target
from workstation.network.contexts import GET, classes_for, query, storage
from workstation.network.get import get
from workstation.network.requestor import associate
from workstation.operations.instance_router import FolderRouter, LibraryRouter
from workstation.operations.query_identifiers import retrieve_identifier
from workstation.operations.retrieve import retrieve
from workstation.stop import Stop
from workstation.store.library import Library

OURS, LIBRARY, GETSCU, PYNETDICOM = "C-GET", "into the library", "getscu +B", "pynetdicom"


def lines(folder: Path, count: int, size: int, rounds: int) -> Iterator[str]:
    """The lines for ``count`` images of ``size`` × ``size`` pixels."""
    many = data.study(folder / "many", count, size=size)
    one = data.study(folder / "one", 1, size=size, key="one")
    (folder / "archive").mkdir()
    archive = dcmtk.qrscp(folder / "archive", [*many, *one], max_pdu=131072)

    def runner(client: Callable[[Archive, Path, Path], None]) -> Run:
        def go(whole: bool) -> float:
            files = many if whole else one
            out = Path(tempfile.mkdtemp(prefix="out-", dir=folder))
            seconds = timed(lambda: client(archive, files[0], out))
            arrived = len(list(out.glob("2.25*/*.dcm" if client is into_library else "*")))
            if arrived != len(files):
                sys.exit(f"{client.__name__}: {arrived} of {len(files)} objects arrived")
            shutil.rmtree(out)
            return seconds

        return go

    runners = {OURS: c_get, LIBRARY: into_library, GETSCU: getscu, PYNETDICOM: with_pynetdicom}
    try:
        laps = race({name: runner(client) for name, client in runners.items()}, rounds, seldom=(PYNETDICOM,))
    finally:
        archive.kill()
    objects = f"{count:,} × {size * size * 2 / 1e6:.2g} MB"
    yield line(f"C-GET, {objects}", laps, OURS, GETSCU, PYNETDICOM)
    yield line(f"C-GET into the library, indexed and verified, {objects}", laps, LIBRARY, GETSCU, PYNETDICOM)


def c_get(archive: Archive, file: Path, out: Path) -> None:
    """What getscu does: the request, the objects, the last answer."""
    proposals = query(GET[Model.STUDY])
    proposals += storage(classes_for(["CT"]), 128 - len(proposals))
    router = FolderRouter(out, pushes=True)
    with associate(archive.node(), proposals, Stop()) as association:
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
