"""Archives that send their files with the file meta elements: fetched, moved and pushed like any other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.scripted_archive import STUDY, Crooked
from tests.peers import wire
from tests.peers.peer import Server, Talk, client
from workstation.dicom.nodes import RetrieveMethod
from workstation.dicom.outcomes import End
from workstation.dicom.part10 import read_meta
from workstation.dicom.targets import Target
from workstation.operations.instance_router import FolderRouter, InstanceRouter, LibraryRouter
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import retrieve
from workstation.stop import Stop
from workstation.store.library import Library

META = wire.explicit(
    (0x00020002, "UI", wire.CT.encode()),
    (0x00020003, "UI", b"1.2.3.4"),
    (0x00020010, "UI", wire.EXPLICIT.encode()),
    (0x00020012, "UI", b"1.2.826.0.1.3680043.2.135.1066.101"),
)
IMAGE = wire.image("1.2.3.4", 100, study=STUDY)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with contextlib.closing(Library.open(tmp_path / "library")) as opened:
        yield opened


@pytest.fixture(params=["library", "folder"])
def router(request: pytest.FixtureRequest, tmp_path: Path, library: Library) -> InstanceRouter:
    if request.param == "folder":
        return FolderRouter(tmp_path / "out", reserve=lambda total: 0, pushes=True)
    return LibraryRouter(library, reserve=lambda total: 0, pushes=True)


def kept(folder: Path) -> bytes:
    [path] = folder.rglob("*.dcm")
    content = path.read_bytes()
    meta = read_meta(content)
    assert not isinstance(meta, str)
    return content[meta.offset :]


def test_by_get(router: InstanceRouter, tmp_path: Path) -> None:
    def give(talk: Talk, context: int, asked: wire.Message) -> None:
        archive.store(talk, context, "1.2.3.4", META + IMAGE)

    archive = Crooked(["1.2.3.4"], give)
    with Server(archive.play) as server:
        node, target = server.node(retrieve=RetrieveMethod.GET), Target(STUDY, modalities=("CT",))
        outcome = retrieve(node, target, router, None, Stop(), lambda _: None)
    assert archive.statuses == [0]
    assert (outcome.end, outcome.verified) == (End.COMPLETE, True)
    assert kept(tmp_path) == IMAGE


@pytest.mark.parametrize("size", [5, 4000])
def test_at_the_listener(router: InstanceRouter, tmp_path: Path, size: int) -> None:
    listening = OnDemandListener(router, 0, address="127.0.0.1", idle=0.0)
    with contextlib.closing(listening), listening.receiving() as scp, client(scp.port) as talk:
        talk.propose({1: (wire.CT, wire.EXPLICIT)})
        talk.send(wire.store(1, 1, "1.2.3.4", META + IMAGE, size=size))
        assert talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS) == 0
        talk.release()
    assert kept(tmp_path) == IMAGE
