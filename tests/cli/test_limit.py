"""A rate limit that is given on the command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.archives.data import uid
from tests.archives.process import Archive
from tests.cli.conftest import Said, at
from workstation.network.throttle import THROTTLES

pytestmark = pytest.mark.archives

Call = Callable[..., Said]
SIZE = 128  # 4 images, 132 kB: a second at 1 Mbit/s


@pytest.fixture
def limited(
    dcmqrscp: Callable[..., Archive], study: Callable[..., list[Path]], free_port: Callable[[], int]
) -> Iterator[tuple[Archive, int]]:
    """An archive, and the port that it sends to."""
    port = free_port()
    archive = dcmqrscp(study(4, size=SIZE), destinations={"WORKSTATION": port})
    yield archive, port
    THROTTLES.of(archive.node()).set_limit(None)  # the next archive may get the same port


@pytest.mark.parametrize("command", ["get", "move"])
def test_a_study_comes_no_faster(
    workstation: Call, limited: tuple[Archive, int], tmp_path: Path, command: str
) -> None:
    """By C-MOVE it comes over an association that the archive opens to us."""
    archive, port = limited
    target = ("--study", uid("ENG-1", "1"), "--out", tmp_path / "out", "--limit", 1)
    begun = time.monotonic()
    ours = ("--port", port) if command == "move" else ()
    assert workstation(command, at(archive), *target, *ours).status == 0
    assert time.monotonic() - begun > 0.8
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_files_are_sent_no_faster(
    workstation: Call, limited: tuple[Archive, int], study: Callable[..., list[Path]]
) -> None:
    files, begun = study(4, size=SIZE, key="2"), time.monotonic()
    assert workstation("send", at(limited[0]), *files, "--limit", 1).status == 0
    assert time.monotonic() - begun > 0.8


def test_our_own_pause_is_no_time_out(
    workstation: Call,
    dcmqrscp: Callable[..., Archive],
    study: Callable[..., list[Path]],
    free_port: Callable[[], int],
    tmp_path: Path,
) -> None:
    """Each object takes 2.5 seconds at this limit; the association of the C-MOVE waits 1.5 for a response."""
    port = free_port()
    archive = dcmqrscp(study(2, size=400), destinations={"WORKSTATION": port})
    target = ("--study", uid("ENG-1", "1"), "--out", tmp_path / "out", "--port", port)
    begun = time.monotonic()
    try:
        said = workstation("move", at(archive), *target, "--limit", 1, "--timeout", 1.5, "-v")
    finally:
        THROTTLES.of(archive.node()).set_limit(None)
    assert said.status == 0, said.err
    assert "ABORT" not in said.err
    assert time.monotonic() - begun > 3
    assert len(list((tmp_path / "out").iterdir())) == 2
