"""A retrieve of objects that cannot be followed to their end: counted, said, never lost."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.archives.process import Archive
from tests.operations.scripted_archive import SERIES, STUDY, Crooked
from tests.peers import wire
from tests.peers.peer import Server, Talk, client
from tests.store.broken_data_sets import DOUBTFUL, UNFILED, meta
from tests.store.objects import GOOD
from workstation.dicom.nodes import RetrieveMethod
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.part10 import read_meta
from workstation.dicom.targets import Target
from workstation.operations.instance_router import FolderRouter, InstanceRouter, LibraryRouter
from workstation.operations.local_copy import local_copy
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import retrieve
from workstation.stop import Stop
from workstation.store.instance_file import read_instance_file
from workstation.store.library import Library
from workstation.store.plans import Plans
from workstation.store.store_results import Stored
from workstation.store.verify import verify

SECOND = wire.image("1.2.3.5", 100, study=STUDY)
MR = "1.2.840.10008.5.1.4.1.1.4"
OUTSIDE = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


@pytest.fixture(params=["library", "folder"])
def router(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InstanceRouter]:
    if request.param == "folder":
        yield FolderRouter(tmp_path / "out", reserve=lambda total: 0)
        return
    with contextlib.closing(Library.open(tmp_path / "library")) as opened:
        yield LibraryRouter(opened, reserve=lambda total: 0)


def fetched(router: InstanceRouter, *seconds: bytes, patient_id: str = "") -> tuple[Outcome, list[int]]:
    """Two images, the second as told for each time it is asked for."""
    times = iter(seconds)

    def give(talk: Talk, context: int, asked: wire.Message) -> None:
        archive.store(talk, context, "1.2.3.4")
        archive.store(talk, context, "1.2.3.5", next(times, seconds[-1]))

    archive = Crooked(["1.2.3.4", "1.2.3.5"], give)
    with Server(archive.play) as server:
        node, target = (
            server.node(retrieve=RetrieveMethod.GET),
            Target(STUDY, patient_id=patient_id, modalities=("CT",)),
        )
        return retrieve(node, target, router, None, Stop(), lambda _: None), archive.statuses


def test_a_doubtful_one_counts_as_here_and_is_said(router: InstanceRouter) -> None:
    outcome, statuses = fetched(router, END + SECOND)
    assert statuses == [0, 0]
    assert (outcome.end, outcome.received, outcome.doubtful) == (End.COMPLETE, 2, 1)
    assert "1 doubtful" in outcome.message
    assert outcome.found is not None
    assert outcome.found.doubtful == 1


def test_it_is_doubtful_the_next_time_too(tmp_path: Path) -> None:
    with (
        contextlib.closing(Library.open(tmp_path / "library", reserve=lambda total: 0)) as library,
        contextlib.closing(Plans(tmp_path / "plans.db")) as plans,
    ):
        router = LibraryRouter(library, plans, reserve=lambda total: 0)
        for _ in range(2):
            outcome, _ = fetched(router, END + SECOND)
            assert (outcome.end, outcome.received, outcome.doubtful) == (End.COMPLETE, 2, 1)
        found = local_copy(library, plans, STUDY)
        assert (found.whole.doubtful, found.whole.here) == (1, 2)
        assert [one.doubtful for one in found.series.values()] == [1]


def test_one_that_does_not_tell_whose_it_is_is_filed_by_the_list(
    router: InstanceRouter, tmp_path: Path
) -> None:
    outcome, statuses = fetched(router, OUTSIDE + SECOND)
    assert statuses == [0, 0]
    assert (outcome.end, outcome.received, outcome.doubtful) == (End.COMPLETE, 2, 1)
    assert not list(tmp_path.rglob("unfiled/*.dcm"))
    [path] = tmp_path.rglob("1.2.3.5.dcm")
    assert path.read_bytes().endswith(OUTSIDE + SECOND)
    found = read_instance_file(path, to_end=True)
    assert isinstance(found, Stored)
    assert (found.sop_uid, found.study_uid, found.series_uid) == ("1.2.3.5", STUDY, SERIES)
    assert "none belongs" in found.doubt
    if isinstance(router, LibraryRouter):
        index = router.library.index
        before = [*index.studies()], [*index.series(STUDY)], index.doubts(STUDY)
        router.library.rebuild()
        assert ([*index.studies()], [*index.series(STUDY)], index.doubts(STUDY)) == before
        assert [(study.instances, study.doubtful) for study in before[0]] == [(2, 1)]
        assert verify(router.library.root, index, lambda _: None, Stop()).flaws == ()


def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


CONTRADICTS = {
    "of another study": element(0x20, 0x0D, b"UI", b"9.9\0"),
    "of another series": element(0x20, 0x0E, b"UI", b"9.9\0"),
    "of another patient": element(0x10, 0x20, b"LO", b"OTHER "),
}


@pytest.mark.parametrize("told", CONTRADICTS.values(), ids=CONTRADICTS.keys())
def test_one_that_contradicts_the_list_is_missing_kept_and_said(
    router: InstanceRouter, tmp_path: Path, told: bytes
) -> None:
    outcome, statuses = fetched(router, told + OUTSIDE + SECOND, patient_id="P1")
    assert statuses[:2] == [0, 0] or told == CONTRADICTS["of another study"]
    assert (outcome.end, outcome.received, outcome.missing) == (End.PARTIAL, 1, ("1.2.3.5",))
    if told == CONTRADICTS["of another study"]:  # nobody asked for that one
        return
    [failure] = outcome.failed
    assert "does not tell whose it is" in failure.reason
    [path] = tmp_path.rglob("unfiled/*.dcm")
    assert path.read_bytes().endswith(OUTSIDE + SECOND)


def test_a_cut_one_is_missing_and_asked_for_once_more(router: InstanceRouter, tmp_path: Path) -> None:
    outcome, statuses = fetched(router, SECOND[:-5])
    assert statuses == [0, 0] * 2
    assert (outcome.end, outcome.received, outcome.doubtful) == (End.PARTIAL, 1, 0)
    assert outcome.missing == ("1.2.3.5",)
    [failure] = outcome.failed
    assert "cut off" in failure.reason
    assert len(list(tmp_path.rglob("unfiled/*.dcm"))) == 1


def test_a_whole_one_takes_its_place(router: InstanceRouter, tmp_path: Path) -> None:
    outcome, statuses = fetched(router, SECOND[:-5], SECOND)
    assert statuses == [0, 0] * 2
    assert (outcome.end, outcome.received, outcome.failed) == (End.COMPLETE, 2, ())
    assert not list(tmp_path.rglob("unfiled/*.dcm"))


def push(port: int, data: bytes, sop_class: str = wire.CT) -> int:
    with client(port) as talk:
        talk.propose({1: (wire.CT, wire.EXPLICIT)}, called=b"STORESCP")
        talk.send(wire.store(1, 1, "1.2.3.1", data, sop_class))
        status = talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS)
        talk.release()
    return status


def data_set(folder: Path) -> bytes:
    [path] = (path for path in folder.rglob("*") if path.is_file())
    content = path.read_bytes()
    found = read_meta(content)
    assert not isinstance(found, str)
    return content[found.offset :]


SENT = {**DOUBTFUL, **UNFILED, "the common": GOOD, "group 0002 before it": meta(wire.EXPLICIT) + GOOD}


@pytest.mark.archives
@pytest.mark.parametrize("data", SENT.values(), ids=SENT.keys())
def test_what_storescp_keeps_bit_for_bit_we_keep(
    storescp: Callable[..., Archive], tmp_path: Path, data: bytes
) -> None:
    archive = storescp(tmp_path / "theirs", "+B")
    theirs = push(archive.port, data)
    router = FolderRouter(tmp_path / "ours", reserve=lambda total: 0, pushes=True)
    listening = OnDemandListener(router, 0, address="127.0.0.1", idle=0.0)
    with contextlib.closing(listening), listening.receiving() as scp:
        ours = push(scp.port, data)
    assert (theirs, ours) == (0, 0)
    assert data_set(tmp_path / "ours") == data_set(tmp_path / "theirs") or data.startswith(b"\2\0")
    assert data.endswith(data_set(tmp_path / "ours"))


@pytest.mark.archives
def test_another_class_than_the_context_was_agreed_for_is_kept_as_storescp_does(
    storescp: Callable[..., Archive], tmp_path: Path
) -> None:
    """Some archives use one context for all they send; that names nobody else's object."""
    data = wire.image("1.2.3.1", 100, sop_class=MR)
    theirs = push(storescp(tmp_path / "theirs", "+B").port, data, MR)
    router = FolderRouter(tmp_path / "ours", reserve=lambda total: 0, pushes=True)
    listening = OnDemandListener(router, 0, address="127.0.0.1", idle=0.0)
    with contextlib.closing(listening), listening.receiving() as scp:
        ours = push(scp.port, data, MR)
    assert (theirs, ours) == (0, 0)
    assert data_set(tmp_path / "ours") == data_set(tmp_path / "theirs") == data
