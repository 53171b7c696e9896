"""The listener takes over other settings while the program runs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.archives import data
from tests.archives.process import run
from tests.peers.peer import PATIENCE
from workstation.errors import PortUnavailable
from workstation.network.storage_scp import StorageScp
from workstation.operations.instance_router import FolderRouter, LibraryRouter
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.store.library import Library


def answers(port: int, host: str = "127.0.0.1") -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


@pytest.fixture
def ports(free_port: Callable[[], int]) -> tuple[int, int]:
    first = free_port()
    return first, next(port for port in iter(free_port, 0) if port != first)


@pytest.fixture
def listening(tmp_path: Path, ports: tuple[int, int]) -> Iterator[OnDemandListener]:
    made = OnDemandListener(FolderRouter(tmp_path / "in"), ports[0], idle=0.0)
    yield made
    made.close()


def test_always_begins_and_ends_at_once(listening: OnDemandListener, ports: tuple[int, int]) -> None:
    assert not answers(ports[0])
    listening.adopt(ports[0], always=True)
    assert answers(ports[0])
    with listening.receiving() as scp:
        assert scp.port == ports[0]
    assert answers(ports[0])
    listening.adopt(ports[0])
    assert not answers(ports[0])


def test_another_port_at_once_when_nobody_waits(listening: OnDemandListener, ports: tuple[int, int]) -> None:
    listening.adopt(ports[0], always=True)
    listening.adopt(ports[1], always=True)
    assert (answers(ports[0]), answers(ports[1])) == (False, True)


def test_who_waits_keeps_the_port_the_archive_knows(
    qtbot: QtBot, listening: OnDemandListener, ports: tuple[int, int]
) -> None:
    with listening.receiving():
        listening.adopt(ports[1], always=True)
        assert (answers(ports[0]), answers(ports[1])) == (True, False)
    qtbot.waitUntil(lambda: answers(ports[1]) and not answers(ports[0]))


def test_one_address_only(listening: OnDemandListener, ports: tuple[int, int]) -> None:
    listening.adopt(ports[0], "127.0.0.2", always=True)
    assert answers(ports[0], "127.0.0.2")
    assert not answers(ports[0], "127.0.0.1")


def test_a_taken_port_is_said(listening: OnDemandListener, ports: tuple[int, int]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(PortUnavailable) as caught:
            listening.adopt(taken, "127.0.0.1", always=True)
    assert caught.value.port == taken
    listening.adopt(ports[0], always=True)
    assert answers(ports[0])


def test_an_address_of_another_computer_is_said(listening: OnDemandListener, ports: tuple[int, int]) -> None:
    with pytest.raises(PortUnavailable, match=r"192\.0\.2\.1 is no address of this computer"):
        listening.adopt(ports[0], "192.0.2.1", always=True)


@pytest.mark.archives
def test_pushes_are_taken_from_the_welcome_only(tmp_path: Path, ports: tuple[int, int]) -> None:
    library = Library.open(tmp_path / "library")
    try:
        router = LibraryRouter(library)
        router.welcome = frozenset({"MODALITY"})
        listening = OnDemandListener(router, ports[0], idle=0.0)
        listening.adopt(ports[0], always=True)
        try:
            for title, key in (("MODALITY", "1"), ("STRANGER", "2")):
                files = data.study(tmp_path / title, 1, key=key)
                run("storescu", "-aet", title, "-aec", "WORKSTATION", "127.0.0.1", str(ports[0]), *files)
        finally:
            listening.close()
        library.index.settled()
        assert len(library.index.sop_uids(str(data.uid("ENG-1", "1")))) == 1
        assert not library.index.sop_uids(str(data.uid("ENG-1", "2")))
    finally:
        library.close()


def test_the_port_is_opened_again_while_it_is_being_closed(
    listening: OnDemandListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing, opened = threading.Event(), threading.Event()
    close = StorageScp.close

    def slow(self: StorageScp, seconds: float = 2.0) -> None:
        closing.set()
        opened.wait(0.3)
        close(self, seconds)

    monkeypatch.setattr(StorageScp, "close", slow)
    with listening.receiving():
        pass
    assert closing.wait(PATIENCE)
    with listening.receiving() as scp:
        opened.set()
        assert answers(scp.port)
