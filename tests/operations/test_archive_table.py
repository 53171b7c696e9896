"""What is kept of, and said about, archives with one peculiarity each; beside DCMTK where it goes that way.

``-s`` prints the table.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import ImplicitVRLittleEndian

from tests.archives.process import Archive, run
from tests.data_sets import data_sets_by_uid
from tests.network.short_limits import UNHURRIED
from tests.operations.scripted_archive import STUDY
from tests.operations.sop_class_files import PRIVATE_CLASSES, push, write_files
from tests.operations.two_ways import Service, TwoWays, nothing
from tests.peers import wire
from tests.peers.peer import Server
from workstation.dicom.nodes import Node, Timeouts
from workstation.dicom.targets import Target
from workstation.errors import WorkstationError
from workstation.operations.instance_router import FolderRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import RetrieveOptions, retrieve
from workstation.stop import Stop
from workstation.store.store_results import UNFILED

Start = Callable[..., Archive]
TARGET = Target(STUDY, modalities=("CT",))
KEYS = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}")


@dataclass
class Line:
    archive: str
    kept: int
    said: str
    seconds: float
    getscu: int = -1
    movescu: int = -1
    apart: int = 0


@pytest.fixture(scope="module")
def table() -> Iterator[list[Line]]:
    lines: list[Line] = []
    yield lines
    print(f"\n{'archive':52} kept apart getscu movescu seconds said")
    for line in lines:
        counts = f"{line.kept:4} {line.apart:5} {line.getscu:6} {line.movescu:7}"
        print(f"{line.archive:52} {counts} {line.seconds:7.1f} {line.said}")


class Fetch:
    """One retrieve by an automatic node, into an empty folder, with the listener the archive knows."""

    def __init__(self, folder: Path, port: int, lines: list[Line]) -> None:
        self.folder, self.port, self.lines = folder, port, lines

    def __call__(self, name: str, node: Node, how: RetrieveOptions | None = None) -> Line:
        router = FolderRouter(self.folder / "ours", reserve=lambda total: 0)
        how, quirks = how or RetrieveOptions(limits=UNHURRIED), NodeQuirks()
        line = Line(name, 0, "", 0.0)
        begun = time.monotonic()
        with contextlib.closing(
            OnDemandListener(router, self.port, address="127.0.0.1", idle=0.0)
        ) as listening:
            try:
                found = retrieve(
                    node, TARGET, router, listening, Stop(), lambda _: None, quirks=quirks, options=how
                )
                line.kept, line.said = found.received, f"{found.end.value.capitalize()} {found.message}"
            except WorkstationError as error:
                line.said = str(error)
        line.seconds = time.monotonic() - begun
        line.apart = len(list((self.folder / "ours" / UNFILED).glob("*")))
        self.lines.append(line)
        return line

    def compare(self, line: Line, node: Node) -> None:
        """Note how many objects getscu and movescu get."""
        line.getscu = self._theirs("getscu", node, "+B")
        line.movescu = self._theirs("movescu", node, "-aem", "WORKSTATION", "+P", self.port, "+xa")

    def _theirs(self, program: str, node: Node, *options: object) -> int:
        out = self.folder / program
        out.mkdir()
        titles = ("-aet", node.calling_ae_title, "-aec", node.ae_title)
        run(program, *titles, "-S", "-ta", 1, *options, "-od", out, *KEYS, node.host, node.port)
        return len(data_sets_by_uid(out))


@pytest.fixture
def fetch(tmp_path: Path, table: list[Line], free_port: Callable[[], int]) -> Fetch:
    return Fetch(tmp_path, free_port(), table)


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["orthanc", "dcmqrscp", "pynetdicom_scp"])
def test_private_sop_class(fetch: Fetch, tmp_path: Path, request: pytest.FixtureRequest, kind: str) -> None:
    start: Start = request.getfixturevalue(kind)
    paths = write_files(tmp_path / "in", PRIVATE_CLASSES[0])
    held = {"destinations": {"WORKSTATION": fetch.port}}
    archive = start(**held) if kind == "orthanc" else start(paths, **held)
    if kind == "orthanc":
        push(archive, paths)
    line = fetch(f"{kind}, one object of a private SOP class", archive.node())
    fetch.compare(line, archive.node())
    # dcmqrscp sends nothing of a class it does not know, by either way.
    assert line.kept == (1 if kind == "dcmqrscp" else 2)
    assert line.kept >= max(line.getscu, line.movescu)


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["orthanc", "dcmqrscp"])
def test_get_refused(fetch: Fetch, tmp_path: Path, orthanc: Start, dcmqrscp: Start, kind: str) -> None:
    paths = write_files(tmp_path / "in")
    if kind == "orthanc":
        known = {"AET": "WORKSTATION", "Host": "127.0.0.1", "Port": fetch.port, "AllowGet": False}
        archive = orthanc(paths, DicomModalities={"WORKSTATION": known}, DicomAlwaysAllowGet=False)
    else:
        archive = dcmqrscp(paths, options=("--disable-get",), destinations={"WORKSTATION": fetch.port})
    line = fetch(f"{kind}, C-GET refused", archive.node())
    fetch.compare(line, archive.node())
    assert (line.kept, line.getscu) == (1, 0)
    assert "Complete" in line.said


@pytest.mark.archives
def test_implicit_only(fetch: Fetch, tmp_path: Path, dcmqrscp: Start) -> None:
    archive = dcmqrscp(write_files(tmp_path / "in"), options=("+xi",))
    line = fetch("dcmqrscp, Implicit VR only", archive.node())
    fetch.compare(line, archive.node())
    assert line.kept == line.getscu == 1
    assert "Complete" in line.said
    [path] = (tmp_path / "ours").glob("*.dcm")
    assert dcmread(path).file_meta.TransferSyntaxUID == ImplicitVRLittleEndian


def with_meta(data: bytes) -> bytes:
    """What an archive sends that passes its files on without the preamble."""
    return wire.explicit((0x00020010, "UI", wire.EXPLICIT.encode())) + data


def cut(data: bytes) -> bytes:
    """Without the end of its last element."""
    return data[:-40]


@pytest.mark.archives
def test_cut_file(fetch: Fetch, tmp_path: Path, dcmqrscp: Start) -> None:
    archive = dcmqrscp(write_files(tmp_path / "in", wire.CT), destinations={"WORKSTATION": fetch.port})
    path = max((archive.folder / "data").glob("*[!t]"))  # all but index.dat
    os.truncate(path, path.stat().st_size - 10)
    line = fetch("dcmqrscp, one of two files cut off", archive.node())
    fetch.compare(line, archive.node())
    assert line.kept == 1


EMPTY, STALLING = Service(sends=nothing), Service(silent=1.2)

SCRIPTED = {
    "a private SOP class": (TwoWays(2, sop_class=PRIVATE_CLASSES[0]), 2, "Complete"),
    "C-GET refused (no context)": (TwoWays(2, Service(offered=False)), 2, "Complete"),
    "C-GET refused (0122H)": (TwoWays(2, Service(sends=nothing, status=0x0122)), 2, "Complete"),
    "C-GET empty": (TwoWays(2, EMPTY), 2, "Complete"),
    "C-GET empty, C-MOVE empty": (TwoWays(2, EMPTY, EMPTY), 0, "success, but nothing arrived"),
    "C-GET empty, C-MOVE A801H": (
        TwoWays(2, EMPTY, Service(sends=nothing, status=0xA801)),
        0,
        "C-GET brought nothing",
    ),
    "a silence of 4 gaps before the first object": (TwoWays(2, STALLING, STALLING), 2, "Complete"),
    "the same by C-MOVE": (TwoWays(2, Service(offered=False), STALLING), 2, "Complete"),
    "success and nothing, releases unanswered": (
        TwoWays(2, EMPTY, EMPTY, releases=False),
        0,
        "success, but nothing arrived",
    ),
    "group 0002 before the data set": (TwoWays(2, sent_as=with_meta), 2, "Complete"),
    "the same by C-MOVE alone": (TwoWays(2, Service(offered=False), sent_as=with_meta), 2, "Complete"),
    "cut objects": (TwoWays(2, sent_as=cut), 0, "cut off"),
    "Implicit VR wherever that is accepted alone": (TwoWays(2, likes_implicit=True), 2, "Complete"),
}


@pytest.mark.archives
@pytest.mark.parametrize("name", SCRIPTED)
def test_scripted(fetch: Fetch, name: str) -> None:
    archive, kept, said = SCRIPTED[name]
    archive.port = fetch.port
    with Server(archive.play) as server:
        silence = "silence" in name or "the same" in name
        patience = Timeouts(retrieve=0.3 if silence else 120.0, release=1.0)
        line = fetch(f"scripted, {name}", server.node(timeouts=patience))
        associations = archive.associations
        fetch.compare(line, server.node())
    assert line.kept == kept
    assert kept + line.apart >= max(line.getscu, line.movescu)
    assert said in line.said
    assert associations <= 4
    assert line.seconds < 30
