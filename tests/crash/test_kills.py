"""The receiving process is killed at any moment: nothing acknowledged is lost, nothing partial is seen."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash import work
from tests.crash.child_processes import ENDS, ForkServer, fork_server
from tests.crash.peers import Archive, Killer, image, push, uids
from tests.library_contents import quarantined
from tests.peers.peer import Server, client
from tests.store.objects import encoded, made, make_first_version, send
from workstation.dicom.outcomes import End
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.retrieve import retrieve
from workstation.stop import Stop
from workstation.store.index_recovery import Scan
from workstation.store.instance_file import read_instance_file
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.plan import PlanState
from workstation.store.plans import Plans
from workstation.store.store_results import Stored

pytestmark = pytest.mark.skipif(os.name == "nt", reason="nobody can be killed so there, and there is no fork")

RESTART = 10.0
"""Seconds a start may take after a kill, on a busy computer."""

KILLS = 10
"""In each test."""

BATCHES = [*range(5), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(5, 55))]
FETCHES = [
    *((1, seed) for seed in range(3)),
    *((8, seed) for seed in range(2)),
    *(pytest.param(1, seed, marks=pytest.mark.long) for seed in range(3, 55)),
    *(pytest.param(8, seed, marks=pytest.mark.long) for seed in range(2, 55)),
]
"""Associations that fetch at once, and the seed."""


@pytest.fixture(scope="module")
def parent() -> Iterator[ForkServer]:
    with fork_server() as found:
        yield found


class Figures:
    """What the kills of a test did: among its properties with ``-o junit_family=xunit1 --junitxml FILE``."""

    def __init__(self) -> None:
        self.kills = self.acknowledged = self.half = 0
        self.restart = 0.0

    def restarted(self, root: Path) -> tuple[Library, Plans]:
        """What the next start does, within its time."""
        self.kills += 1
        self.half += sum(1 for _ in (root / "incoming").iterdir())
        begun = time.monotonic()
        library = Library.open(root, reserve=work.no_reserve)
        plans = Plans(root / "plans.db")
        taken = time.monotonic() - begun
        self.restart = max(self.restart, taken)
        assert taken <= RESTART
        return library, plans


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Iterator[Figures]:
    found = Figures()
    yield found
    for name, value in vars(found).items():
        record_property(name, value)


def check(library: Library, studies: Iterable[str], acknowledged: Iterable[str]) -> None:
    """All that was acknowledged is here as sent, all that is here is whole and indexed, nothing else is."""
    held: set[str] = set()
    for study in studies:
        folder = library.root / study
        files = {path.name: path for path in folder.iterdir()} if folder.exists() else {}
        for name, path in files.items():
            assert path.read_bytes().endswith(image(name.removesuffix(".dcm"))), name
            assert isinstance(read_instance_file(path, to_end=True), Stored), name
        assert {f"{uid}.dcm" for uid in library.index.sop_uids(study)} == set(files)
        held |= library.index.sop_uids(study)
    assert set(acknowledged) <= held
    assert list((library.root / "incoming").iterdir()) == []
    assert quarantined(library.quarantine) == []
    for name in ("index.db", "plans.db"):
        with closing(sqlite3.connect(library.root / name)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("seed", BATCHES)
def test_listener_is_killed(parent: ForkServer, tmp_path: Path, figures: Figures, seed: int) -> None:
    rng = random.Random(seed)
    root = tmp_path / "library"
    acknowledged: list[str] = []
    studies: list[str] = []
    for number in range(KILLS):
        killer = Killer(rng, 24)
        killer.aim(parent.start("listen", root))
        port = int(parent.hear())
        both = [f"1.2.{number}.{peer}" for peer in (1, 2)]

        def send(study: str, killer: Killer = killer, port: int = port) -> None:
            with client(port) as talk:
                push(talk, study, 12, killer)

        other = threading.Thread(target=send, args=(both[1],))
        other.start()
        send(both[0])
        other.join()
        killer.over()
        assert parent.ended() == "signal 9"
        acknowledged += killer.acknowledged
        studies += both
        library, plans = figures.restarted(root)
        try:
            check(library, studies, acknowledged)
        finally:
            plans.close()
            library.close()
    assert acknowledged
    figures.acknowledged = len(acknowledged)


@pytest.mark.parametrize(("associations", "seed"), FETCHES)
def test_fetching_process_is_killed_and_the_plan_resumed(
    parent: ForkServer, tmp_path: Path, figures: Figures, associations: int, seed: int
) -> None:
    rng = random.Random(1000 * associations + seed)
    root = tmp_path / "library"
    acknowledged: list[str] = []
    count = 24
    archive = Archive({f"1.3.{number}": count for number in range(KILLS)})
    with Server(archive) as server:
        for study in archive.studies:
            archive.killer = killer = Killer(rng, count)
            killer.aim(parent.start("fetch", root, server.port, study, associations))
            assert parent.ended() == "signal 9"
            acknowledged += killer.acknowledged
            library, plans = figures.restarted(root)
            try:
                check(library, archive.studies, acknowledged)
            finally:
                plans.close()
                library.close()
        figures.acknowledged = len(acknowledged)
        assert (archive.at_once > 1) == (associations > 1)
        archive.killer = None
        library, plans = Library.open(root, reserve=work.no_reserve), Plans(root / "plans.db")
        router = LibraryRouter(library, plans, reserve=work.no_reserve)
        try:
            assert len(plans.every()) == KILLS
            for plan in plans.unfinished():
                outcome = retrieve(
                    server.node(), plan.target, router, None, Stop(), lambda _: None, plan=plan
                )
                assert outcome.end is End.COMPLETE
            assert {plan.state for plan in plans.every()} == {PlanState.COMPLETE}
            check(library, archive.studies, [uid for study in archive.studies for uid in uids(study, count)])
        finally:
            plans.close()
            library.close()


def test_of_fifty_simultaneous_starts_exactly_one_writes(parent: ForkServer, tmp_path: Path) -> None:
    root = tmp_path / "library"
    for _ in range(3):  # a new library, then one that is there
        parent.start("start_at_once", root, 50)
        assert parent.hear() == "1 49 {0}"
        assert parent.ended() == "exit 0"
        library = Library.open(root, scan=False, reserve=work.no_reserve)
        assert library.scan_needed is Scan.NOTHING
        assert library.index.quick_check()
        library.close()


def test_killed_before_each_single_step_of_receiving(parent: ForkServer, memory: Path) -> None:
    """Not at random: before every write, flush, link, rename and delete that receiving consists of."""
    for step in range(1, 1000):
        root = memory / f"{step}"
        root.mkdir()
        parent.start("die_receiving", root, step)
        acknowledged = []
        while not (said := parent.hear()).startswith(ENDS):
            acknowledged.append(said)
        check_small(root, acknowledged)
        if said == "exit 0":
            break
        assert said == "signal 9"
    assert step > 60


def check_small(root: Path, acknowledged: list[str]) -> None:
    library = Library.open(root, reserve=work.no_reserve)
    try:
        files = {path.stem for path in (root / "1.2").glob("*")}
        assert set(acknowledged) <= files == library.index.sop_uids("1.2")
        for uid in files:
            content = (root / "1.2" / f"{uid}.dcm").read_bytes()
            assert content.endswith(encoded(made(uid, "1.2", "1.2.0")))
        assert list((root / "incoming").iterdir()) == []
    finally:
        library.close()


def lost(path: Path) -> None:
    path.unlink()


def damaged(path: Path) -> None:
    path.write_bytes(b"\xff" * 20_000)


@pytest.mark.parametrize(
    "spoil", [lost, pytest.param(damaged, marks=pytest.mark.logs("damaged")), make_first_version]
)
def test_killed_before_each_single_step_of_mending_the_index(
    parent: ForkServer, memory: Path, spoil: Callable[[Path], None]
) -> None:
    good = memory / "good"
    library = Library.open(good, reserve=work.no_reserve)
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    for uid in ("1.2.1", "1.2.2"):
        assert send(writer, encoded(made(uid, "1.2", "1.2.0")), uid) == 0
    library.close()
    spoil(good / "index.db")
    for step in range(1, 1000):
        root = memory / f"{step}"
        shutil.copytree(good, root)
        parent.start("die_opening", root, step)
        said = parent.ended()
        check_small(root, ["1.2.1", "1.2.2"])
        if said == "exit 0":
            break
        assert said == "signal 9"
    assert step > 20
