"""C-GET and C-MOVE help each other, and a retrieve that nothing comes of is soon over."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.network.short_limits import UNHURRIED
from tests.operations.scripted_archive import STUDY
from tests.operations.two_ways import Service, TwoWays, nothing
from tests.peers.peer import Server, Talk
from workstation.dicom.nodes import Node, RetrieveMethod, Timeouts
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.dicom.transfer_syntaxes import EXPLICIT_LE
from workstation.errors import MoveDestinationUnknown, OperationFailed, TimedOut
from workstation.network.association import Association
from workstation.operations import associate_node
from workstation.operations.instance_router import FolderRouter, LibraryRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import WAITING, RetrieveOptions, retrieve
from workstation.stop import Progress, Stop
from workstation.store.library import Library
from workstation.store.plans import Plans

TARGET = Target(STUDY, modalities=("CT",))
EMPTY = Service(sends=nothing)


class Fetching:
    """Fetches one study, each time into an empty folder; what was learnt stays on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[Progress] = []
        self.times = 0

    def __call__(self, archive: TwoWays, node: Node, **how: Any) -> Outcome:
        self.times += 1
        archive.asked.clear()
        archive.associations = 0
        router = FolderRouter(self.folder / f"out{self.times}", reserve=lambda total: 0)
        quirks = NodeQuirks(self.folder / "learnt.json")
        with (
            contextlib.closing(OnDemandListener(router, 0, address="127.0.0.1", idle=0.0)) as listening,
            listening.receiving() as scp,
        ):
            archive.port = scp.port
            report = self.told.append
            chosen = RetrieveOptions(**({"limits": UNHURRIED} | how))
            return retrieve(node, TARGET, router, listening, Stop(), report, quirks=quirks, options=chosen)


@pytest.fixture
def fetching(tmp_path: Path) -> Fetching:
    return Fetching(tmp_path)


REFUSED = {
    "no context": Service(offered=False),
    "SOP class not supported": Service(sends=nothing, status=0x0122),
    "unrecognized operation": Service(sends=nothing, status=0x0211),
    "not authorized": Service(sends=nothing, status=0x0124),
    "unable to send": Service(sends=nothing, status=0xA702),
    "unable to process": Service(sends=nothing, status=0xC000),
    "success, and nothing": EMPTY,
    "an abort": Service(aborts=True),
}


@pytest.mark.parametrize("get", REFUSED.values(), ids=REFUSED.keys())
def test_what_get_does_not_bring_move_brings_and_that_is_remembered(fetching: Fetching, get: Service) -> None:
    archive = TwoWays(3, get)
    with Server(archive.play) as server:
        outcome = fetching(archive, server.node())
        assert (outcome.end, outcome.received, outcome.failed) == (End.COMPLETE, 3, ())
        assert archive.services in (["C-MOVE"], ["C-GET", "C-MOVE"])
        assert archive.associations == 2
        assert fetching(archive, server.node()).end is End.COMPLETE
        assert (archive.services, archive.associations) == (["C-MOVE"], 1)
        fetching(archive, server.node(calling_ae_title="OTHER"))
        assert archive.associations == 2  # to another AE title it may behave otherwise


def test_get_is_tried_again_when_what_was_remembered_fails(fetching: Fetching) -> None:
    refusing, other = TwoWays(2, EMPTY), TwoWays(2, move=Service(sends=nothing, status=0xA801))
    playing = [refusing]
    with Server(lambda talk: playing[0].play(talk)) as server:
        fetching(refusing, server.node())
        playing[0] = other
        outcome = fetching(other, server.node())
        assert (outcome.end, other.services) == (End.COMPLETE, ["C-MOVE", "C-GET"])
        fetching(other, server.node())
        assert other.services == ["C-GET"]


NOTHING = {
    "success": Service(sends=nothing),
    "A702H": Service(sends=nothing, status=0xA702),
    "C000H": Service(sends=nothing, status=0xC000),
    "B000H": Service(sends=nothing, status=0xB000),
}


@pytest.mark.parametrize("way", RetrieveMethod)
@pytest.mark.parametrize("both", NOTHING.values(), ids=NOTHING.keys())
def test_four_associations_that_bring_nothing_are_the_end(
    fetching: Fetching, both: Service, way: RetrieveMethod
) -> None:
    """All of it once each way; then the series, then the images by their UIDs."""
    archive = TwoWays(5, both, both)
    with Server(archive.play) as server, pytest.raises(OperationFailed) as caught:
        fetching(archive, server.node(retrieve=way))
    assert caught.value.code == both.status
    assert 2 <= archive.associations <= 4
    levels = [level for _, level, _ in archive.asked]
    assert levels[0] == "STUDY"
    assert {"SERIES", "IMAGE"} <= set(levels)
    if way is RetrieveMethod.AUTOMATIC:
        assert archive.asked[1][:2] == ("C-MOVE", "STUDY")


@pytest.mark.parametrize("way", [RetrieveMethod.GET, RetrieveMethod.AUTOMATIC])
def test_nothing_from_a_peer_that_answers_no_release_is_over_in_seconds(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, way: RetrieveMethod
) -> None:
    archive = TwoWays(5, EMPTY, EMPTY, releases=False)
    patience: list[float] = []
    really_open = associate_node.open_association

    def watched(node: Node, *how: Any) -> Association:
        patience.append(node.timeouts.release)
        return really_open(node, *how)

    monkeypatch.setattr(associate_node, "open_association", watched)
    with (
        Server(archive.play) as server,
        pytest.raises(OperationFailed, match="success, but nothing arrived"),
    ):
        fetching(archive, server.node(retrieve=way, timeouts=Timeouts(release=0.6)))
    assert 2 <= archive.associations <= 4
    assert patience[0] == 0.6  # the first is waited for in full
    assert set(patience[1:]) == {0.5}


def test_an_unknown_destination_is_said_once_and_not_asked_again(fetching: Fetching) -> None:
    archive = TwoWays(3, EMPTY, Service(sends=nothing, status=0xA801))
    with Server(archive.play) as server, pytest.raises(MoveDestinationUnknown, match="C-GET brought nothing"):
        fetching(archive, server.node())
    assert archive.services.count("C-MOVE") == 1
    assert archive.associations <= 4


@pytest.mark.parametrize("way", [RetrieveMethod.GET, RetrieveMethod.MOVE])
@pytest.mark.parametrize("status", [0x0124, 0x0122])
def test_what_is_not_allowed_is_asked_once(fetching: Fetching, way: RetrieveMethod, status: int) -> None:
    refusing = Service(sends=nothing, status=status)
    archive = TwoWays(3, refusing, refusing)
    with Server(archive.play) as server, pytest.raises(OperationFailed) as caught:
        fetching(archive, server.node(retrieve=way))
    assert caught.value.code == status
    assert len(archive.asked) == 1


def test_the_rest_of_what_get_brought_is_fetched_by_move(fetching: Fetching) -> None:
    archive = TwoWays(6, Service(sends=lambda wanted: [uid for uid in wanted if uid[-1] in "123"]))
    with Server(archive.play) as server:
        outcome = fetching(archive, server.node())
    assert (outcome.end, outcome.received) == (End.COMPLETE, 6)
    assert archive.asked[-1] == ("C-MOVE", "IMAGE", 3)
    assert archive.associations == 3


def test_an_archive_that_accepts_no_storage_context_sends_by_move(fetching: Fetching) -> None:
    archive = TwoWays(3, accepts_storage=False)
    with Server(archive.play) as server:
        outcome = fetching(archive, server.node())
        assert (outcome.end, outcome.received) == (End.COMPLETE, 3)
        assert (archive.services, archive.associations) == (["C-MOVE"], 2)
        fetching(archive, server.node())
        assert archive.associations == 1


@pytest.mark.parametrize("way", RetrieveMethod)
def test_an_archive_without_lists_that_sends_by_series_only(fetching: Fetching, way: RetrieveMethod) -> None:
    class BySeries(TwoWays):
        def send_objects(self, talk: Talk, context: int, sending: list[str]) -> None:
            if self.asked[-1][1] == "SERIES":
                super().send_objects(talk, context, sending)

    archive = BySeries(3, lists=False)
    with Server(archive.play) as server:
        outcome = fetching(archive, server.node(retrieve=way))
    assert (outcome.end, outcome.received) == (End.RECEIVED, 3)
    assert archive.associations <= 4


def test_an_archive_without_lists_that_sends_nothing(fetching: Fetching) -> None:
    archive = TwoWays(3, EMPTY, EMPTY, lists=False)
    with Server(archive.play) as server, pytest.raises(OperationFailed, match="success, but nothing arrived"):
        fetching(archive, server.node())
    assert archive.associations == 4


# --- Lists of UIDs -----------------------------------------------------------------------------------


@pytest.fixture
def router(tmp_path: Path) -> Iterator[LibraryRouter]:
    with (
        contextlib.closing(Library.open(tmp_path / "library")) as library,
        contextlib.closing(Plans(tmp_path / "plans.db")) as plans,
    ):
        yield LibraryRouter(library, plans, reserve=lambda total: 0)


@pytest.mark.parametrize(("held", "requests"), [(20, 2), (180, 21)])
def test_the_rest_from_an_archive_that_refuses_lists(
    router: LibraryRouter, tmp_path: Path, held: int, requests: int
) -> None:
    """Most of it is missing: the series as one. Little of it: one by one. Lists are not tried again."""
    cut_off = Service(status=0xFE00, sends=lambda wanted: wanted[:held])
    archives = [TwoWays(200, cut_off), TwoWays(200, Service(takes_lists=False))]
    quirks, ends = NodeQuirks(tmp_path / "learnt.json"), []
    with Server(*(archive.play for archive in archives)) as server:
        node = server.node(retrieve=RetrieveMethod.GET)
        for how in (RetrieveOptions(cancel_after=held), RetrieveOptions(associations=1)):
            found = retrieve(node, TARGET, router, None, Stop(), lambda _: None, quirks=quirks, options=how)
            ends.append((found.end, found.received))
    assert ends == [(End.CANCELLED, held), (End.COMPLETE, 200)]
    assert len(archives[1].asked) == requests
    assert quirks.refuses_lists(node)


# --- Waiting -----------------------------------------------------------------------------------------

BRIEF = Timeouts(retrieve=0.3)


def test_a_long_silence_before_the_first_image_is_borne_and_said(fetching: Fetching) -> None:
    archive = TwoWays(2, Service(silent=1.0))
    with Server(archive.play) as server:
        outcome = fetching(archive, server.node(timeouts=BRIEF))
    assert (outcome.end, outcome.received) == (End.COMPLETE, 2)
    assert fetching.told[0].message == WAITING
    assert fetching.told[-1].message == ""


def test_it_is_one_wait_for_the_whole_retrieve(fetching: Fetching) -> None:
    archive = TwoWays(2, Service(silent=2.0), Service(silent=2.0))
    with (
        Server(archive.play) as server,
        pytest.raises(TimedOut, match=r"the first image within 0\.6 seconds"),
    ):
        fetching(archive, server.node(timeouts=BRIEF), limits=replace(UNHURRIED, first_object=0.6))
    assert archive.services == ["C-GET"]


# --- Presentation contexts ---------------------------------------------------------------------------


def test_an_archive_that_likes_implicit_sends_explicit(fetching: Fetching) -> None:
    """Private elements keep what they are: no context is for Implicit VR alone."""
    archive = TwoWays(2, likes_implicit=True)
    with Server(archive.play) as server:
        outcome = fetching(archive, server.node())
    assert (outcome.end, archive.associations) == (End.COMPLETE, 1)
    for path in (fetching.folder / "out1").glob("*.dcm"):
        raw = path.read_bytes()
        assert EXPLICIT_LE.encode() + b"\0" in raw[:400]
        assert raw.endswith(archive.data(path.stem))
