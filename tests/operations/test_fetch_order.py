"""What is looked at comes first, over one association and over several, and nothing is lost by it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pydicom
import pytest

from tests.archives import data
from tests.operations.scripted_archive import SERIES as SERIES_UID
from tests.operations.scripted_archive import STUDY, Crooked
from tests.peers import wire
from tests.peers.peer import Ended, Server, Talk
from workstation.dicom.nodes import RetrieveMethod
from workstation.dicom.outcomes import End
from workstation.dicom.targets import Target
from workstation.errors import NetworkError
from workstation.operations.instance_router import FolderRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import RetrieveOptions, retrieve
from workstation.stop import Stop

pytestmark = pytest.mark.archives

IMAGES, SERIES = 9, 3


class Fetching:
    """Fetches one study of three series, and notes in which order the images come."""

    def __init__(self, folder: Path, port: int) -> None:
        self.quirks = NodeQuirks()
        self.messages: list[str] = []
        self._folder = folder
        self.port = port

    def __call__(self, node: Any, **how: Any) -> list[tuple[int, int]]:
        """Series and number of each image."""
        router = FolderRouter(self._folder, reserve=lambda total: 0)
        listening = OnDemandListener(router, self.port, idle=0.0)
        came: list[str] = []
        router.watch(lambda stored: came.append(stored.file))
        target = Target(str(data.uid("ENG-1", "1")), patient_id="ENG-1", modalities=("CT",))
        options = RetrieveOptions(**how, observer=lambda event: self.messages.append(event.what))
        outcome = retrieve(
            node, target, router, listening, Stop(), lambda _: None, quirks=self.quirks, options=options
        )
        listening.close()
        assert (outcome.end, outcome.received) == (End.COMPLETE, IMAGES * SERIES)
        assert len(came) == len(set(came)) == IMAGES * SERIES  # each was sent once
        headers = [pydicom.dcmread(file, stop_before_pixels=True) for file in came]
        return [(int(header.SeriesNumber), int(header.InstanceNumber)) for header in headers]


@pytest.fixture
def fetching(tmp_path: Path, free_port: Any) -> Fetching:
    return Fetching(tmp_path / "out", free_port())


@pytest.fixture(params=["dcmqrscp", "orthanc"])
def archive(request: pytest.FixtureRequest, study: Any, fetching: Fetching) -> Any:
    start = request.getfixturevalue(request.param)
    return start(study(IMAGES, series=SERIES), destinations={"WORKSTATION": fetching.port})


@pytest.mark.parametrize("method", [RetrieveMethod.GET, RetrieveMethod.MOVE])
def test_the_series_on_show_comes_first_over_one_association(
    archive: Any, fetching: Fetching, method: RetrieveMethod
) -> None:
    came = fetching(archive.node(retrieve=method, associations=1), first=str(data.uid("ENG-1", "1", 2)))
    assert {series for series, _ in came[:IMAGES]} == {2}
    assert fetching.messages.count("C-GET-RQ") + fetching.messages.count("C-MOVE-RQ") == 2


def test_without_a_series_on_show_a_study_is_one_request(archive: Any, fetching: Fetching) -> None:
    fetching(archive.node(retrieve=RetrieveMethod.GET, associations=1))
    assert fetching.messages.count("C-GET-RQ") == 1


def test_a_series_on_show_that_this_archive_does_not_have_costs_nothing(
    archive: Any, fetching: Fetching
) -> None:
    fetching(archive.node(retrieve=RetrieveMethod.GET, associations=1), first="1.2.3.4.5")


@pytest.mark.parametrize("associations", [1, 3])
def test_one_image_of_each_series_comes_first(archive: Any, fetching: Fetching, associations: int) -> None:
    node = archive.node(retrieve=RetrieveMethod.GET, associations=1)
    came = fetching(node, one_of_each=True, associations=associations)
    assert {series for series, _ in came[:SERIES]} == set(range(1, SERIES + 1)) or associations > 1
    if associations == 1:
        assert {number for _, number in came[:SERIES]} == {IMAGES // 2 + 1}
    first = fetching.messages.index("C-GET-RQ")
    assert fetching.messages[:first].count("C-FIND-RQ") == 1 + SERIES  # it is listed before


def test_an_archive_that_sends_no_single_images_is_asked_as_usual(archive: Any, fetching: Fetching) -> None:
    node = archive.node(retrieve=RetrieveMethod.GET, associations=1)
    fetching.quirks.sends_no_single_images(node)
    fetching(node, one_of_each=True)
    assert fetching.messages.count("C-GET-RQ") == 1


class Fragile(Crooked):
    """Ends the association when it is asked for single images."""

    def answer_find(self, talk: Talk, asked: wire.Message) -> int | None:
        if b"IMAGE" in (asked.data or b""):
            talk.send(wire.abort(2, 0))
            raise Ended
        return super().answer_find(talk, asked)


@pytest.mark.parametrize("how", [{"first": SERIES_UID}, {"one_of_each": True}])
def test_an_archive_that_breaks_off_when_it_is_to_list_sends_all_the_same(
    tmp_path: Path, how: dict[str, Any]
) -> None:
    uids = ["1.2.3.4.1", "1.2.3.4.2"]
    archive: Fragile

    def send(talk: Talk, context: int, asked: wire.Message) -> None:
        for uid in uids:
            archive.store(talk, context, uid)

    archive = Fragile(uids, send)

    def play(talk: Talk) -> None:
        with contextlib.suppress(Ended, OSError):
            archive.play(talk)

    router = FolderRouter(tmp_path / "out", reserve=lambda total: 0)
    with Server(play) as server, contextlib.suppress(NetworkError):
        retrieve(
            server.node(retrieve=RetrieveMethod.GET),
            Target(STUDY, modalities=("CT",)),
            router,
            None,
            Stop(),
            lambda _: None,
            options=RetrieveOptions(**how),
        )
    assert len(list((tmp_path / "out").glob("*.dcm"))) == 2


def test_without_a_list_of_images_the_series_on_show_is_sent_once(tmp_path: Path) -> None:
    """The archive lists its series: the others are asked for by these."""
    other = SERIES_UID[:-1] + "2"
    images = {SERIES_UID: "1.2.3.4.1", other: "1.2.3.4.2"}
    sent: list[str] = []

    class Counting(Crooked):
        def answer_find(self, talk: Talk, asked: wire.Message) -> int | None:
            if b"SERIES" not in (asked.data or b""):
                return 0xA900
            study = (0x0020000D, "UI", STUDY.encode())
            for uid in images:
                row = wire.explicit((0x00080060, "CS", b"CT"), study, (0x0020000E, "UI", uid.encode()))
                talk.send(wire.response(asked, 0xFF00, row))
            return None

    def send(talk: Talk, context: int, asked: wire.Message) -> None:
        for series in [uid for uid in images if uid.encode() in (asked.data or b"")] or images:
            sent.append(series)
            uid = images[series]
            whole = wire.image(uid, 100).replace(SERIES_UID.encode(), series.encode())
            archive.store(talk, context, uid, whole)

    archive = Counting(images.values(), send)
    router = FolderRouter(tmp_path / "out", reserve=lambda total: 0)
    options = RetrieveOptions(first=other)
    with Server(archive.play) as server:
        node = server.node(retrieve=RetrieveMethod.GET)
        target = Target(STUDY, modalities=("CT",))
        outcome = retrieve(node, target, router, None, Stop(), lambda _: None, options=options)
    assert sent == [other, SERIES_UID]
    assert (outcome.end, outcome.received) == (End.RECEIVED, 2)
