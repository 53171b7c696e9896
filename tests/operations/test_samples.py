"""One image of each series before anything is fetched: from real archives, and from difficult ones."""

from __future__ import annotations

import contextlib
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest
from typing_extensions import override

from tests.archives import data
from tests.archives.process import Archive
from tests.operations.scripted_archive import SERIES, STUDY, Crooked
from tests.operations.two_ways import Service, TwoWays, nothing
from tests.peers import wire
from tests.peers.peer import Ended, Server, Talk
from workstation.dicom.matches import ImageMatch, SeriesMatch
from workstation.dicom.nodes import Node, RetrieveMethod, Timeouts
from workstation.dicom.outcomes import End
from workstation.dicom.targets import Target
from workstation.errors import ServiceRefused, TimedOut
from workstation.operations import samples
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.query_session import open_query_session
from workstation.operations.retrieve import retrieve
from workstation.operations.sample_router import InboundRouter, SampleRouter
from workstation.operations.sample_state import NO_IMAGE, SampleRequest, middle_image
from workstation.operations.samples import NOT_LISTED, NOT_SENT, NOTHING, fetch_samples
from workstation.stop import Stop
from workstation.store.library import Library
from workstation.store.sample_cache import Sample, SampleCache

ARCHIVE = "archive"
REQUEST = SampleRequest(archive=ARCHIVE, study=STUDY, patient_id="", modalities=("CT",))


class Held(HeldAssociations):
    """Held associations that end with a block."""

    @override
    def close(self, seconds: float = 5) -> bool:
        return super().close(seconds)


class Looking:
    """Looks at samples beside an open library; what was learnt stays."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.library = Library.open(folder / "library", reserve=lambda total: 0)
        self.router = LibraryRouter(self.library)
        self.cache = SampleCache(folder / "samples")
        self.samples = SampleRouter(self.cache)
        inbound = InboundRouter(self.router, self.samples)
        self.listener = OnDemandListener(inbound, port, address="127.0.0.1", idle=0.0)
        self.quirks = NodeQuirks(folder / "learnt.json")
        self.held: HeldAssociations | None = None
        self.told: list[Sample] = []
        self.messages: list[str] = []

    def __call__(self, node: Node, request: SampleRequest = REQUEST) -> dict[str, Sample]:
        """The last that was delivered of each series."""
        self.told, self.messages = [], []
        fetch_samples(
            node,
            request,
            self.samples,
            self.listener,
            Stop(),
            self.told.append,
            self.quirks,
            observer=lambda event: self.messages.append(event.what),
            held=self.held,
        )
        return {one.series.series_uid: one for one in self.told}

    @property
    def files(self) -> list[Path]:
        return [path for path in self.cache.folder().iterdir() if path.name != "lock"]

    def close(self) -> None:
        self.listener.close()
        self.library.index.settled()
        assert list(self.library.index.studies()) == []  # nothing of it is counted as here
        assert not list(self.library.root.rglob("*.dcm"))
        self.library.close()
        self.cache.close()


@pytest.fixture
def looking(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Looking]:
    with contextlib.closing(Looking(tmp_path, free_port())) as found:
        yield found


def of_files(files: list[Path], **changes: Any) -> SampleRequest:
    header = pydicom.dcmread(files[0], stop_before_pixels=True)
    found = replace(REQUEST, study=str(header.StudyInstanceUID), patient_id=str(header.PatientID))
    return replace(found, **changes)


@pytest.mark.archives
@pytest.mark.parametrize("method", [RetrieveMethod.GET, RetrieveMethod.MOVE])
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_the_middle_image_of_each_series_comes_over_one_association(
    kind: str, method: RetrieveMethod, request: pytest.FixtureRequest, study: Any, looking: Looking
) -> None:
    files = study(5, series=3)
    start: Callable[..., Archive] = request.getfixturevalue(kind)
    archive = start(files, destinations={"WORKSTATION": looking.listener.port})
    node = archive.node(retrieve=method)
    found = looking(node, of_files(files))
    assert len(found) == 3
    for sample in found.values():
        assert sample.stored is not None
        assert sample.stored.header is not None
        assert (sample.stored.header.number, sample.total) == (3, 5)
        assert pydicom.dcmread(sample.stored.path).SOPInstanceUID == sample.stored.sop_uid
    assert looking.messages.count("A-ASSOCIATE-AC") == 1
    assert [one.awaited for one in looking.told] == [True] * 3 + [False] * 3
    if sys.platform != "win32":
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (looking.cache.folder(), *looking.files)}
        assert modes == {0o700, 0o600}
    again = looking(node, of_files(files))  # nothing is asked for twice while it is cached
    assert {uid: one.stored for uid, one in again.items()} == {uid: one.stored for uid, one in found.items()}
    assert not any(name.startswith(("C-GET", "C-MOVE")) for name in looking.messages)


@pytest.mark.parametrize("answer", [(1, 1, 1), (2, 3, 2), ()], ids=["permanent", "transient", "hangs up"])
def test_an_association_that_is_held_makes_way(looking: Looking, answer: tuple[int, ...]) -> None:
    """Space just after a row was opened, at an archive that takes one association."""

    class One(TwoWays):
        def __init__(self) -> None:
            super().__init__(5)
            self.taken = threading.Lock()

        def play(self, talk: Talk) -> None:
            if not self.taken.acquire(blocking=False):
                with contextlib.suppress(Ended):
                    talk.request()
                    if answer:
                        talk.send(wire.reject(*answer))
                        talk.rest()
                return
            talk.leaving = self.taken.release
            super().play(talk)

    archive = One()
    with Server(archive.play, backlog=8) as server, contextlib.closing(Held()) as held:
        node = server.node(retrieve=RetrieveMethod.GET)
        with open_query_session(node, looking.quirks, Stop(), held=held) as session:
            assert list(session.series(STUDY, ""))
        looking.held = held
        [sample] = looking(node).values()
        assert sample.stored is not None


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_a_retrieve_of_the_same_study_at_the_same_time_lacks_nothing(
    kind: str, request: pytest.FixtureRequest, study: Any, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    looking = Looking(tmp_path, free_port())
    files = study(20, series=3)
    archive = request.getfixturevalue(kind)(files, destinations={"WORKSTATION": looking.listener.port})
    node, asked = archive.node(retrieve=RetrieveMethod.MOVE), of_files(files)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(
            retrieve, node, Target(asked.study), looking.router, looking.listener, Stop(), lambda _: None
        )
        found = looking(node, asked)
        outcome = running.result()
    assert (outcome.end, outcome.received) == (End.COMPLETE, 60)
    assert all(one.stored is not None for one in found.values())
    assert len(looking.files) == 3
    looking.library.index.settled()
    assert len(looking.library.index.sop_uids(asked.study)) == 60
    looking.listener.close()
    looking.library.close()
    looking.cache.close()


@pytest.mark.archives
def test_series_that_are_known_are_not_asked_for_and_those_here_left_out(
    dcmqrscp: Any, study: Any, looking: Looking
) -> None:
    files = study(3, series=3)
    uids = [str(data.uid(data.DOE.id, "1", number)) for number in (1, 2, 3)]
    known = tuple(
        SeriesMatch(source="A", study_uid=str(data.uid(data.DOE.id, "1")), series_uid=uid, number=n)
        for n, uid in enumerate(uids, 1)
    )
    asked = of_files(files, series=known, left_out=frozenset(uids[:1]), first=uids[2])
    found = looking(dcmqrscp(files).node(), asked)
    assert list(found) == [uids[2], uids[1]]
    assert all(one.stored is not None for one in found.values())
    [only] = looking(dcmqrscp(files).node(), replace(asked, only=uids[1], archive="other")).values()
    assert only.series.series_uid == uids[1]


@pytest.mark.archives
def test_a_series_without_images_is_not_fetched(dcmqrscp: Any, study: Any, looking: Looking) -> None:
    files = study(1, modality="CT")
    series = SeriesMatch(source="A", study_uid=STUDY, series_uid="1.2.3.9", modality="SR", instances=2)
    [sample] = looking(dcmqrscp(files).node(), of_files(files, series=(series,))).values()
    assert (sample.why, sample.total, sample.stored) == (NO_IMAGE, 2, None)
    assert "C-FIND-RQ" not in looking.messages


def test_an_archive_that_lists_no_images_is_asked_once(looking: Looking) -> None:
    archive = Crooked(["1.2.3.4.1"], lists_images=False)
    with Server(archive.play) as server:
        [sample] = looking(server.node(retrieve=RetrieveMethod.GET)).values()
        assert sample.why == NOT_LISTED
        assert looking.quirks.lacks_image_level(server.node())
        asked = looking.messages.count("C-FIND-RQ")
        [sample] = looking(server.node(retrieve=RetrieveMethod.GET)).values()
        assert sample.why == NOT_LISTED
        assert looking.messages.count("C-FIND-RQ") == 1 < asked


def test_c_move_brings_what_c_get_does_not(looking: Looking) -> None:
    archive = TwoWays(3, Service(sends=nothing, status=0xC000))
    archive.port = looking.listener.port
    with Server(archive.play) as server:
        [sample] = looking(server.node()).values()
    assert sample.stored is not None
    assert (sample.stored.sop_uid, sample.total) == ("1.2.3.4.2", 3)
    assert archive.asked == [("C-GET", "IMAGE", 1), ("C-MOVE", "IMAGE", 1)]


class Vague(TwoWays):
    """Does not say of which series an image is."""

    def _find(self, talk: Talk, asked: wire.Message) -> int:
        if b"IMAGE" not in (asked.data or b""):
            return super()._find(talk, asked)
        for uid in self.images:
            talk.send(wire.response(asked, 0xFF00, wire.explicit((0x00080018, "UI", uid.encode()))))
        return 0


def test_an_archive_that_refuses_single_images_of_several_series_is_remembered(looking: Looking) -> None:
    archive = Vague(1, Service(sends=nothing, status=0xA900), Service(offered=False))
    with Server(archive.play) as server:
        node = server.node(retrieve=RetrieveMethod.GET)
        [one] = looking(node, replace(REQUEST, only=SERIES)).values()
        assert "does not match its model" in one.why
        assert not looking.quirks.lacks_single_images(node)  # this one series may have a reason of its own
        found = looking(node, replace(REQUEST, series=known(2)))
        assert all(one.why for one in found.values())
        assert looking.quirks.lacks_single_images(node)


def test_what_refused_single_images_is_not_asked_again(looking: Looking) -> None:
    archive = TwoWays(1)
    with Server(archive.play) as server:
        looking.quirks.sends_no_single_images(server.node())
        [sample] = looking(server.node()).values()
    assert sample.why == NOT_SENT
    assert archive.asked == []


@pytest.mark.parametrize("kind", ["another image", "another study", "another patient"])
def test_what_is_not_the_image_asked_for_is_not_kept(kind: str, looking: Looking) -> None:
    uid = "1.2.3.4.9" if kind == "another image" else "1.2.3.4.1"
    whole = data_set(
        uid,
        study="1.2.9" if kind == "another study" else STUDY,
        patient="OTHER" if kind == "another patient" else "HER-ID",
    )
    archive = Crooked(["1.2.3.4.1"], lambda talk, context, _: archive.store(talk, context, uid, whole))
    asked = replace(REQUEST, patient_id="HER-ID")
    with Server(archive.play) as server:
        [sample] = looking(server.node(retrieve=RetrieveMethod.GET), asked).values()
    assert sample.stored is None
    assert ("another patient" if kind == "another patient" else "not the image") in sample.why
    assert archive.statuses == [0x0124]
    assert looking.files == []


def data_set(uid: str, *, study: str = STUDY, patient: str = "") -> bytes:
    """An image with these values."""
    return wire.explicit(
        (0x00080016, "UI", wire.CT.encode()),
        (0x00080018, "UI", uid.encode()),
        (0x00100020, "LO", patient.encode()),
        (0x0020000D, "UI", study.encode()),
        (0x0020000E, "UI", SERIES.encode()),
    )


def test_a_silent_archive_is_given_up(looking: Looking) -> None:
    archive = TwoWays(1, Service(silent=2.0), Service(silent=2.0))
    with Server(archive.play) as server:
        node = server.node(retrieve=RetrieveMethod.GET, timeouts=Timeouts(retrieve=0.3))
        with pytest.raises(TimedOut):
            looking(node)
    [first] = looking.told
    assert first.awaited  # whoever asked says why there is none


def test_an_archive_without_either_service(looking: Looking) -> None:
    archive = TwoWays(1, Service(offered=False), Service(offered=False))
    with Server(archive.play) as server, pytest.raises(ServiceRefused):
        looking(server.node())


def test_the_cache_is_bounded_and_its_oldest_goes(tmp_path: Path, looking: Looking) -> None:
    archive = TwoWays(1)
    with Server(archive.play) as server:
        [sample] = looking(server.node(retrieve=RetrieveMethod.GET)).values()
    assert sample.stored is not None
    cache = SampleCache(tmp_path / "small", most=2)
    for number in range(3):
        file = cache.folder() / f"{number}.dcm"
        file.write_bytes(b"x")
        stored = replace(sample.stored, file=str(file))
        cache.put(replace(sample, archive=number, stored=stored))
        assert cache.get(0, STUDY, SERIES, "") is not None or number == 2
    assert sorted(path.name for path in cache.folder().glob("*.dcm")) == ["0.dcm", "2.dcm"]
    [left] = cache.of_study(2, STUDY, "")
    assert left.stored is not None
    assert cache.of_study(2, STUDY, "HER-ID") == [left]  # it names no patient
    left.stored.path.unlink()
    assert cache.get(2, STUDY, SERIES, "") is None
    folder = cache.folder()
    cache.close()
    assert not folder.exists()


def known(count: int) -> tuple[SeriesMatch, ...]:
    uids = [SERIES, *(f"1.2.3.{number}" for number in range(2, count + 1))]
    return tuple(
        SeriesMatch(source="A", study_uid=STUDY, series_uid=uid, number=number, modality="CT")
        for number, uid in enumerate(uids)
    )


@pytest.mark.archives
def test_many_series_of_a_slow_archive_come_over_three_associations(
    dcmqrscp: Any, study: Any, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "SLOW", 0.0)
    files = study(2, series=9)
    found = looking(dcmqrscp(files).node(), of_files(files))
    assert len(found) == 9
    assert all(one.stored is not None for one in found.values())
    assert looking.messages.count("A-ASSOCIATE-AC") == 3
    assert looking.messages.count("C-GET-RQ") == 9


def test_an_archive_that_allows_one_association_is_asked_over_that(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "SLOW", 0.0)
    archive = Vague(1, Service(sends=nothing))

    def reject(talk: Talk) -> None:
        talk.request()
        talk.send(wire.reject(1, 1, 1))
        talk.rest()

    with Server(archive.play, reject) as server:
        found = looking(server.node(retrieve=RetrieveMethod.GET), replace(REQUEST, series=known(8)))
    assert archive.asked == [("C-GET", "IMAGE", 1)] * 8
    assert {one.why for one in found.values()} == {NOTHING}


def image(uid: str, number: int | None = None, sop_class: str = wire.CT) -> ImageMatch:
    return ImageMatch(
        source="A", study_uid=STUDY, series_uid=SERIES, sop_uid=uid, number=number, sop_class=sop_class
    )


@pytest.mark.parametrize(
    ("images", "wanted"),
    [
        ([], None),
        ([image("1.1", 9), image("1.2", 1), image("1.3", 5)], "1.3"),
        ([image("1.1"), image("1.2", 1), image("1.3", 2)], "1.3"),
        ([image("1.1", 1, "1.2.840.10008.5.1.4.1.1.88.11"), image("1.2", 2, "")], "1.2"),
        ([image("", 1), image("1.2*", 2)], None),
    ],
)
def test_the_middle_by_instance_number(images: list[ImageMatch], wanted: str | None) -> None:
    found = middle_image(images)
    assert (found.sop_uid if found is not None else None) == wanted
