"""Retrieving into the library: subtracting, plans, resuming, what does not belong there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
import pytest

from tests.archives.process import run
from workstation.dicom.criteria import Criteria
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.errors import DiskFull, NotWritable, Unreachable
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import retrieve
from workstation.operations.sources import LocalLibrary
from workstation.stop import Progress, Stop
from workstation.store.library import Library
from workstation.store.plan import PlanState
from workstation.store.plans import Plans

pytestmark = pytest.mark.archives


def no_reserve(total: int) -> int:
    return 0


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    found = Library.open(tmp_path / "library", reserve=no_reserve)
    yield found
    found.close()


@pytest.fixture
def plans(tmp_path: Path) -> Iterator[Plans]:
    found = Plans(tmp_path / "plans.db")
    yield found
    found.close()


@pytest.fixture
def router(library: Library, plans: Plans) -> LibraryRouter:
    return LibraryRouter(library, plans, reserve=no_reserve)


def target_of(files: list[Path]) -> Target:
    header = pydicom.dcmread(files[0], stop_before_pixels=True)
    return Target(header.StudyInstanceUID, patient_id=header.PatientID, modalities=("CT",))


def fetch(node: Node, files: list[Path], router: LibraryRouter, **how: object) -> Outcome:
    return retrieve(node, target_of(files), router, None, Stop(), lambda _: None, **how)  # type: ignore[arg-type]


@pytest.fixture(params=["dcmqrscp", "orthanc", "pynetdicom_scp"])
def any_archive(request: pytest.FixtureRequest) -> Callable[..., object]:
    return request.getfixturevalue(request.param)


def test_a_fetched_study_is_found_in_the_library(any_archive, study, router, library, plans) -> None:
    files = study(4)
    node = any_archive(files).node()
    outcome = fetch(node, files, router)
    assert outcome.end is End.COMPLETE
    (found,) = LocalLibrary(library.index, [node]).search(Criteria(), Stop())
    assert (found.study_uid, found.instances) == (target_of(files).study, 4)
    assert found.patient.domain == node.patient_domain
    assert [plan.state for plan in plans.every()] == [PlanState.COMPLETE]


def test_what_is_here_is_not_fetched_again(dcmqrscp, study, router, library) -> None:
    files = study(5)
    node = dcmqrscp(files).node()
    fetch(node, files, router)
    again = fetch(node, files, router)
    assert (again.end, again.received, again.bytes) == (End.COMPLETE, 5, 0)
    uid = str(pydicom.dcmread(files[2], stop_before_pixels=True).SOPInstanceUID)
    series = str(pydicom.dcmread(files[2], stop_before_pixels=True).SeriesInstanceUID)
    library.delete(target_of(files).study, series, [uid])
    repaired = fetch(node, files, router)
    one = files[2].stat().st_size
    assert (repaired.end, repaired.received) == (End.COMPLETE, 5)
    assert 0 < repaired.bytes < 2 * one
    everything = fetch(node, files, router, again=True)
    assert everything.end is End.COMPLETE
    assert everything.bytes > 4 * one * 0.9


def test_an_interrupted_plan_is_read_back_and_resumed(dcmqrscp, study, library, tmp_path: Path) -> None:
    files = study(150, size=256)
    archive = dcmqrscp(files)
    plans = Plans(tmp_path / "wishes.db")
    router = LibraryRouter(library, plans, reserve=no_reserve)

    def report(progress: Progress) -> None:
        if progress.done == 5:
            archive.kill()

    broken = retrieve(archive.node(), target_of(files), router, None, Stop(), report)
    assert broken.end is End.PARTIAL
    assert broken.interrupted
    plans.close()

    plans = Plans(tmp_path / "wishes.db")
    (plan,) = plans.unfinished()
    node = dcmqrscp(files).node()
    outcome = retrieve(
        node,
        plan.target,
        LibraryRouter(library, plans, reserve=no_reserve),
        None,
        Stop(),
        lambda _: None,
        plan=plan,
    )
    assert (outcome.end, outcome.received) == (End.COMPLETE, 150)
    assert [each.state for each in plans.every()] == [PlanState.COMPLETE]
    plans.close()


def test_by_move_into_the_library(any_archive, study, free_port, router, library) -> None:
    files = study(3)
    port = free_port()
    archive = any_archive(files, destinations={"WORKSTATION": port})
    listening = OnDemandListener(router, port, idle=0.0)
    node = archive.node(retrieve=RetrieveMethod.MOVE)
    outcome = retrieve(node, target_of(files), router, listening, Stop(), lambda _: None)
    listening.close()
    assert outcome.end is End.COMPLETE
    assert len(library.index.sop_uids(target_of(files).study)) == 3


def test_an_unasked_push_is_refused_and_leaves_nothing(study, router, library, tmp_path) -> None:
    listening = OnDemandListener(router, 0, idle=0.0)
    with listening.receiving() as scp:
        said = run("storescu", "-v", "127.0.0.1", str(scp.port), *study(1)).output
    listening.close()
    assert "0x124" in said
    assert not list(library.root.rglob("*.dcm"))
    assert not list(LocalLibrary(library.index).search(Criteria(), Stop()))


def test_below_the_reserve_nothing_is_begun(dcmqrscp, study, library, plans) -> None:
    files = study(1)
    router = LibraryRouter(library, plans, reserve=lambda total: total * 2)
    with pytest.raises(DiskFull):
        fetch(dcmqrscp(files).node(), files, router)
    assert [plan.state for plan in plans.every()] == [PlanState.UNFINISHED]


def test_an_unreachable_archive_fails_the_plan(free_port, study, router, plans) -> None:
    with pytest.raises(Unreachable):
        fetch(Node(name="", ae_title="X", host="127.0.0.1", port=free_port()), study(1), router)
    assert [plan.state for plan in plans.every()] == [PlanState.FAILED]


def test_a_vanished_library_folder_is_named(dcmqrscp, study, library, plans, tmp_path) -> None:
    files = study(1)
    router = LibraryRouter(library, plans, reserve=no_reserve)
    library.root.rename(tmp_path / "elsewhere")
    try:
        with pytest.raises(NotWritable):
            fetch(dcmqrscp(files).node(), files, router)
    finally:
        (tmp_path / "elsewhere").rename(library.root)
