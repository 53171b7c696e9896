"""A peer that leaves at any byte: every PDU boundary, each of the first 64 bytes, every way to leave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.network.conversations import CT_ID
from tests.network.leaks import Holdings
from tests.network.listening import listening
from tests.network.scripts import (
    GETTING,
    OBJECTS,
    STORING,
    TAKING,
    Sides,
    associated,
    echoes,
    fetch,
    files,
    object_,
    send_all,
)
from tests.network.short_limits import UNHURRIED
from tests.peers.hostile import ENDS, Deed, Script, close, offsets, reset
from tests.peers.peer import Server, Talk, client
from workstation.dicom.nodes import Timeouts
from workstation.errors import NetworkError
from workstation.store.folder_sink import FolderSink


def cuts(script: Script) -> Iterator[tuple[int, Deed]]:
    for at in offsets(script):
        for deed in ENDS:
            yield at, deed


def kept(folder: Path) -> dict[str, bytes]:
    """The objects in a folder, each whole: its data set is at the end of its file."""
    found = {}
    for path in folder.iterdir():
        uid = path.name.removesuffix(".dcm")
        assert path.read_bytes().endswith(OBJECTS[uid])
        found[uid] = OBJECTS[uid]
    return found


def whole(script: Script, at: int, context: int) -> int:
    """How many of the objects a script sends are whole after ``at`` bytes."""
    objects = [object_(number, context) for number in (1, 2, 3)]
    return sum(script.said.index(each) + len(each) <= at for each in objects)


def assert_kept(folder: Path, count: int, deed: Deed) -> None:
    """What was whole is kept; a reset may outrun it."""
    found = len(kept(folder))
    assert found <= count if deed in (close, reset) else found == count


def test_a_server_that_leaves_in_a_get(nothing_left: Holdings, wire_of: Sides, tmp_path: Path) -> None:
    """Whole objects are kept, the one that broke off is not, and it is told each time."""
    points = list(cuts(GETTING))
    turns = iter(points)
    ended = 0

    def leave(talk: Talk) -> None:
        at, deed = next(turns)
        GETTING.play(talk, at, deed)

    with Server(leave, tls=wire_of.peer, backlog=32) as server:
        for number, (at, deed) in enumerate(points):
            sink = FolderSink(tmp_path / str(number))
            try:
                with associated(server, wire_of, limits=UNHURRIED, timeouts=Timeouts()) as association:
                    fetch(association, sink)
                    ended += 1
            except NetworkError:
                assert at < len(GETTING.said) - 10, "only the release was left"
            assert_kept(sink.directory, whole(GETTING, at, CT_ID), deed)
    print(f"left at {len(points)} points")
    assert 0 < ended < 50, "only a release may be cut off without an error"


def test_a_server_that_leaves_while_we_store(nothing_left: Holdings, wire_of: Sides, tmp_path: Path) -> None:
    points = list(cuts(TAKING))
    turns = iter(points)
    objects = files(tmp_path)
    ended = 0

    def leave(talk: Talk) -> None:
        at, deed = next(turns)
        TAKING.play(talk, at, deed)

    with Server(leave, tls=wire_of.peer, backlog=32) as server:
        for at, _ in points:
            try:
                with associated(server, wire_of, limits=UNHURRIED, timeouts=Timeouts()) as association:
                    send_all(association, objects)
                    ended += 1
            except NetworkError:
                assert at < len(TAKING.said) - 10
    print(f"left at {len(points)} points")
    assert 0 < ended < 50


def test_a_client_that_leaves(nothing_left: Holdings, wire_of: Sides, tmp_path: Path) -> None:
    """Our listener, into a folder: what was answered is there, nothing else."""
    print(f"left at {len(list(cuts(STORING)))} points")
    for number, (at, deed) in enumerate(cuts(STORING)):
        sink = FolderSink(tmp_path / str(number))
        with listening(sink, tls=wire_of.listener) as scp, client(scp.port, wire_of.client) as talk:
            STORING.play(talk, at, deed)
        assert_kept(sink.directory, whole(STORING, at, 1), deed)


def test_the_scripts_themselves(nothing_left: Holdings, wire_of: Sides, tmp_path: Path) -> None:
    """Without a deed all goes well, in pieces of any size: else the tests above would prove nothing."""
    for every in (None, 1, 7):
        for script, work in ((GETTING, fetch), (TAKING, lambda a, _: send_all(a, files(tmp_path)))):
            sink = FolderSink(tmp_path / f"{every}")
            with Server(
                lambda talk, it=script, size=every: it.play(talk, every=size), tls=wire_of.peer
            ) as server:
                with associated(server, wire_of, limits=UNHURRIED, timeouts=Timeouts()) as association:
                    work(association, sink)
                server.finished()
        assert kept(sink.directory) == OBJECTS
        sink = FolderSink(tmp_path / f"listened {every}")
        with listening(sink, tls=wire_of.listener) as scp:
            with client(scp.port, wire_of.client) as talk:
                STORING.play(talk, every=every)
            assert echoes(scp.port, wire_of.client)
        assert kept(sink.directory) == OBJECTS
