"""A fresh request to stop, watches over what a test leaves, and archives that last for the whole session."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.archives import data, dcmtk, orthanc, pynetdicom_scp
from tests.archives.process import LASTING, Archive, free_port
from tests.archives.tls import Authority
from tests.network.leaks import Holdings, descriptors
from tests.network.scripts import FINDING, GETTING, TAKING, Sides, Work, fetch, files, search, send_all
from tests.peers.hostile import Script
from workstation.network.receive import Sink
from workstation.stop import Stop
from workstation.store.folder_sink import FolderSink
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink


@pytest.fixture
def stop() -> Stop:
    return Stop()


@pytest.fixture
def open_files() -> Iterator[None]:
    """Fail when the test leaves a descriptor open."""
    before = descriptors()
    yield
    left = {number: where for number, where in descriptors().items() if before.get(number) != where}
    assert not left, f"descriptors outlive the test: {left}"


@pytest.fixture
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Holdings]:
    """Fail when the test leaves threads, descriptors, temporary files or memory behind."""
    temp = tmp_path / "temp"
    temp.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    holdings = Holdings(tmp_path)
    yield holdings
    holdings.check()
    assert list(temp.iterdir()) == []


@pytest.fixture(scope="session")
def sides(authority: Authority) -> Sides:
    """TLS for both sides, for tests that speak plain and TLS alike."""
    return Sides(authority)


@pytest.fixture(params=["plain", "TLS"])
def wire_of(request: pytest.FixtureRequest) -> Sides:
    """Nothing for a plain wire, and what both sides need for TLS."""
    return request.getfixturevalue("sides") if request.param == "TLS" else Sides(None)


@pytest.fixture(params=["folder", "library"])
def sink(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sink]:
    """Both that keep objects: below ``out``, and in ``library``."""
    if request.param == "folder":
        yield FolderSink(tmp_path / "out")
        return
    with contextlib.closing(Library.open(tmp_path / "library")) as library:
        yield LibrarySink(library, lambda header, peer: Admission.PUSH)


@pytest.fixture(params=["C-FIND", "C-GET", "C-STORE"])
def conversation(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Script, Work]:
    """A server's script, and what we do with it."""
    objects = files(tmp_path)
    found: dict[str, tuple[Script, Work]] = {
        "C-FIND": (FINDING, search),
        "C-GET": (GETTING, fetch),
        "C-STORE": (TAKING, lambda association, sink: send_all(association, objects)),
    }
    return found[request.param]


@pytest.fixture(scope="session")
def listener_port() -> int:
    """Where the session's archives believe that WORKSTATION listens."""
    return free_port()


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory, patients: list[Path]) -> list[Path]:
    """What the session's archives hold: :func:`data.patients`, and one study of two series."""
    return [*patients, *data.study(tmp_path_factory.mktemp("held"), 3, key="two", series=2)]


@pytest.fixture(scope="session")
def archive_of(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, held: list[Path], listener_port: int
) -> Iterator[Callable[[str], Archive]]:
    """``archive_of(peer)``: an archive of the table's name, started when first asked for.

    They hold ``held``, move to WORKSTATION at ``listener_port``, and take what tests store.
    """
    to = {"WORKSTATION": listener_port}

    def orthanc_with(folder: Path, **how: Any) -> Archive:
        archive = orthanc.start(folder, destinations=to, **how)
        dcmtk.send(archive, held)
        return archive

    make: dict[str, Callable[[Path], Archive]] = {
        "dcmqrscp": lambda folder: dcmtk.qrscp(folder, held, destinations=to),
        "Orthanc": lambda folder: orthanc_with(folder),
        "Orthanc, Latin1": lambda folder: orthanc_with(folder, DefaultEncoding="Latin1"),
        "Orthanc TLS": lambda folder: orthanc_with(folder, authority=authority, demand_certificate=True),
        "pynetdicom": lambda folder: pynetdicom_scp.start(folder, held, destinations=to),
    }
    running: dict[str, Archive] = {}
    with contextlib.ExitStack() as stack:

        def archive(peer: str) -> Archive:
            if peer not in running:
                running[peer] = make[peer](tmp_path_factory.mktemp("archive"))
                LASTING.add(running[peer].process.pid)
                stack.callback(running[peer].kill)
            return running[peer]

        yield archive
