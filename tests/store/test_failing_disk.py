"""Every write step fails, once or from then on: full, read-only, denied, broken. Nothing half is ever seen.

Whatever is done here is done again and again, each time with the next of its steps failing, until all have.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.library_contents import quarantined
from tests.store.every_step import runs
from tests.store.objects import encoded, made, make_first_version, send
from workstation.dicom.targets import Target
from workstation.errors import StoreError
from workstation.operations.file_copies import copy_files
from workstation.stop import Stop
from workstation.store.folder_sink import FolderSink
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.plan import Plan, PlanState
from workstation.store.plans import Plans
from workstation.store.quarantine import Quarantine
from workstation.store.store_results import Status
from workstation.store.trash import Trash

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the failing disk is Linux's")

FIRST, SECOND = (encoded(made(uid, "1.2", "1.2.0", PixelData=bytes(3000))) for uid in ("1.2.1", "1.2.2"))
OBJECTS = {"1.2.1": FIRST, "1.2.2": SECOND}
CHANGED = encoded(made("1.2.1", "1.2", "1.2.0", PatientComments="changed"))
CUT = SECOND[:-5]


def opened(root: Path) -> Library:
    return Library.open(root, reserve=lambda total: 0)


def writer(library: Library, admission: Admission = Admission.PUSH) -> LibrarySink:
    return LibrarySink(library, lambda header, peer: admission)


def filled(place: Path) -> Library:
    """A library that holds the first object."""
    library = opened(place / "library")
    assert send(writer(library, Admission.PLAN), FIRST, "1.2.1") == 0
    library.index.settled()
    return library


def check_library(root: Path, kept: dict[str, list[bytes]], *allowed: bytes) -> None:
    """It opens; index and files agree; nothing is partial; what was acknowledged is here; it takes more."""
    library = opened(root)
    try:
        library.index.settled()
        files = sorted((root / "1.2").iterdir()) if (root / "1.2").exists() else []
        for path in files:
            assert path.suffix == ".dcm", path
            assert path.read_bytes().endswith((*OBJECTS.values(), *allowed)), path
        assert set(library.index.files()) == {f"1.2/{path.name}" for path in files}
        assert library.index.sop_uids("1.2") == {path.stem.partition("~")[0] for path in files}
        for uid, contents in kept.items():
            here = [path.read_bytes() for path in files if path.stem.partition("~")[0] == uid]
            assert all(any(file.endswith(content) for file in here) for content in contents), uid
        assert list((root / "incoming").iterdir()) == []
        with sqlite3.connect(root / "index.db") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
        for uid, data in OBJECTS.items():
            assert send(writer(library), data, uid) == 0
        library.index.settled()
        assert library.index.sop_uids("1.2") >= set(OBJECTS)
    finally:
        library.close()


def received(library: Library, admission: Admission = Admission.PUSH) -> dict[str, int]:
    """The statuses of both objects; the library is closed whatever happens."""
    sink = writer(library, admission)
    told: dict[str, int] = {}
    try:
        for uid, data in OBJECTS.items():
            told[uid] = send(sink, data, uid)
            with suppress(StoreError):
                library.index.settled()  # each by itself: so many steps every time
        return told
    finally:
        library.close()


INDEX = "could not be indexed"
PART = "A part file could not be"


@pytest.mark.logs(INDEX, PART, "closed properly")
@pytest.mark.parametrize("admission", [Admission.PUSH, Admission.PLAN])
def test_receiving_into_the_library(folder: Path, admission: Admission) -> None:
    for library, told, disk in runs(
        folder, lambda place: opened(place / "library"), lambda library: received(library, admission)
    ):
        assert isinstance(told, dict)
        assert set(told.values()) <= {Status.SUCCESS, Status.OUT_OF_RESOURCES}
        assert disk.failed or set(told.values()) == {Status.SUCCESS}
        check_library(library.root, {uid: [OBJECTS[uid]] for uid, status in told.items() if status == 0})


@pytest.mark.logs(PART)
def test_receiving_into_a_folder(folder: Path) -> None:
    def receive(place: Path) -> tuple[int, int]:
        sink = FolderSink(place / "out")
        return send(sink, FIRST, "1.2.1"), send(sink, SECOND, "1.2.2")

    for place, told, disk in runs(folder, lambda place: place, receive):
        if isinstance(told, StoreError):
            continue
        assert isinstance(told, tuple)
        for uid, status in zip(OBJECTS, told, strict=True):
            assert status in (Status.SUCCESS, Status.OUT_OF_RESOURCES)
            path = place / "out" / f"{uid}.dcm"
            assert path.exists() or status
            assert not path.exists() or path.read_bytes().endswith(OBJECTS[uid])
        assert disk.failed or told == (0, 0)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(FIRST, id="the same again", marks=pytest.mark.logs(PART)),
        pytest.param(CHANGED, id="another of its name", marks=pytest.mark.logs(PART, INDEX)),
    ],
)
def test_receiving_what_is_here_already(folder: Path, second: bytes) -> None:
    def receive(library: Library) -> int:
        try:
            return send(writer(library), second, "1.2.1")
        finally:
            library.index.settled()

    def prepare(place: Path) -> Library:
        library = filled(place)
        library.index.settled()
        return library

    for library, told, disk in runs(folder, prepare, receive):
        library.close()
        assert told in (Status.SUCCESS, Status.OUT_OF_RESOURCES) or isinstance(told, StoreError)
        assert disk.failed or told == Status.SUCCESS
        kept = [FIRST, second] if told == 0 else [FIRST]
        check_library(library.root, {"1.2.1": kept}, CHANGED)


@pytest.mark.logs(PART)
def test_setting_aside_what_is_broken(folder: Path) -> None:
    broken = SECOND + b"\x10\0\x20\0LO\4\x00OTHE"  # of another patient, too
    for library, told, disk in runs(folder, filled, lambda library: send(writer(library), broken, "1.2.2")):
        library.close()
        assert told in (Status.NOT_UNDERSTOOD, Status.OUT_OF_RESOURCES)
        items = quarantined(library.quarantine)
        assert len(items) <= 1
        assert all(item.path.read_bytes().endswith(broken) for item in items)
        assert items or disk.failed
        check_library(library.root, {"1.2.1": [FIRST]})


@pytest.mark.logs(PART)
def test_keeping_apart_what_is_cut_off(folder: Path) -> None:
    for library, told, disk in runs(folder, filled, lambda library: send(writer(library), CUT, "1.2.2")):
        library.close()
        assert told in (Status.SUCCESS, Status.OUT_OF_RESOURCES)
        assert disk.failed or told == Status.SUCCESS
        assert told or [path.read_bytes().endswith(CUT) for path in library.unfiled()] == [True]
        check_library(library.root, {"1.2.1": [FIRST]})


@pytest.mark.logs(PART, "closed properly")
def test_opening_and_closing(folder: Path) -> None:
    def open_and_close(place: Path) -> bool:
        opened(place / "library").close()
        return True

    for place, told, disk in runs(folder, lambda place: place, open_and_close):
        assert told is True or isinstance(told, StoreError)
        assert disk.failed or told is True
        check_library(place / "library", {})


@pytest.mark.logs("not whole", "could not be moved", "closed properly", PART, INDEX)
@pytest.mark.parametrize(
    "index",
    [
        "lost",
        pytest.param("damaged", marks=pytest.mark.logs("damaged")),
        "unclean",
    ],
)
def test_opening_after_an_accident(folder: Path, index: str) -> None:
    def prepare(place: Path) -> Path:
        filled(place).close()
        root = place / "library"
        (root / "1.2" / "1.2.2.dcm").write_bytes((root / "1.2" / "1.2.1.dcm").read_bytes()[:-9])
        (root / "incoming" / "1.part").touch()
        (root / "unclean").touch()
        if index == "lost":
            (root / "index.db").unlink()
        elif index == "damaged":
            (root / "index.db").write_bytes(bytes(range(256)) * 64)
        return root

    for root, told, disk in runs(folder, prepare, lambda root: opened(root).close()):
        assert told is None or isinstance(told, StoreError)
        assert disk.failed or told is None
        check_library(root, {"1.2.1": [FIRST]})


@pytest.mark.logs("could not be removed")
def test_deleting(folder: Path) -> None:
    for library, told, disk in runs(folder, filled, lambda library: library.delete("1.2")):
        library.close()
        assert told == 1 or isinstance(told, StoreError)
        assert disk.failed or told == 1
        check_library(library.root, {})


def test_flushing(folder: Path) -> None:
    def flush(library: Library) -> None:
        library.flush([library.root / "1.2" / "1.2.1.dcm"])

    for library, told, disk in runs(folder, filled, flush):
        library.close()
        assert isinstance(told, StoreError) == disk.failed  # never called complete without


@pytest.mark.logs(PART, "closed properly", INDEX)
def test_upgrading_the_index_of_an_older_program(folder: Path) -> None:
    """On a copy: it is the old one or the new one, whole."""

    def prepare(place: Path) -> Path:
        filled(place).close()
        root = place / "library"
        make_first_version(root / "index.db")
        return root

    for root, told, disk in runs(folder, prepare, lambda root: opened(root).close()):
        assert told is None or isinstance(told, StoreError)
        assert disk.failed or told is None
        check_library(root, {"1.2.1": [FIRST]})


@pytest.mark.logs(PART)
def test_copying_to_a_folder(folder: Path) -> None:
    """Nothing half is left under a name of its own, what was copied before stays."""

    def prepare(place: Path) -> tuple[Path, list[Path]]:
        (place / "out").mkdir()
        paths = [folder / "1.2.1.dcm", folder / "1.2.2.dcm"]
        for path, data in zip(paths, OBJECTS.values(), strict=True):
            path.write_bytes(data)
        return place / "out", paths

    def copy(prepared: tuple[Path, list[Path]]) -> int:
        return copy_files(prepared[1], prepared[0], Stop(), lambda _: None).received

    for (out, _), told, disk in runs(folder / "copies", prepare, copy):
        assert told == 2 or isinstance(told, StoreError)
        assert disk.failed or told == 2
        whole = {f"{uid}.dcm": data for uid, data in OBJECTS.items()}
        copies = [path for path in out.iterdir() if not path.name.startswith(".")]
        assert all(path.read_bytes() == whole[path.name] for path in copies)
        assert disk.failed or len(copies) == 2 == len(list(out.iterdir()))


def test_keeping_plans(folder: Path) -> None:
    """A plan that was not written is not said to be; the list stays readable."""
    made_plans: dict[Path, list[Plan]] = {}

    def keep(place: Path) -> None:
        plans = Plans(place / "plans.db")
        done = made_plans.setdefault(place, [])
        try:
            done.append(plans.create("PACS", Target("1.2"), uids=frozenset({"1.2.1"})))
            done[0] = plans.update(done[0], PlanState.PARTIAL, message="One is missing.")
            done.append(plans.create("PACS", Target("1.3")))
        finally:
            plans.close()

    for place, told, disk in runs(folder, lambda place: place, keep):
        assert told is None or isinstance(told, StoreError)
        assert disk.failed or told is None
        plans = Plans(place / "plans.db")
        found = {plan.id: plan for plan in plans.every()}
        for plan in made_plans.get(place, []):
            assert found[plan.id].target == plan.target
            assert found[plan.id].uids == plan.uids
        plans.create("PACS", Target("1.4"))
        plans.close()


@pytest.mark.logs(PART, INDEX, "closed properly", "could not be removed")
def test_deleting_and_wanting_back(folder: Path) -> None:
    """Whatever fails: nothing of it is lost once somebody wants it back."""

    def regret(library: Library) -> int:
        trash = Trash(library)
        batch, count = trash.take([Target("1.2")], Stop())
        try:
            return trash.put_back(batch, Stop()) == count
        finally:
            library.close()

    for library, told, disk in runs(folder, filled, regret):
        library.close()
        assert told is True or isinstance(told, StoreError)
        assert disk.failed or told is True
        check_library(library.root, {"1.2.1": [FIRST]})


@pytest.mark.logs("not whole", "could not be moved", "closed properly", INDEX)
def test_making_the_index_anew(folder: Path) -> None:
    def prepare(place: Path) -> Library:
        library = filled(place)
        (library.root / "1.2" / "1.2.2.dcm").write_bytes(
            (library.root / "1.2" / "1.2.1.dcm").read_bytes()[:-9]
        )
        return library

    def rebuild(library: Library) -> None:
        try:
            library.rebuild()
        finally:
            library.close()

    for library, told, disk in runs(folder, prepare, rebuild):
        assert told is None or isinstance(told, StoreError)
        assert disk.failed or told is None
        check_library(library.root, {"1.2.1": [FIRST]})
        assert quarantined(library.quarantine) or not told  # the damaged one was set aside by now


def test_a_quarantine_that_is_full(folder: Path) -> None:
    def prepare(place: Path) -> Quarantine:
        quarantine = Quarantine(place / "quarantine", max_items=2)
        for number in range(3):
            (place / f"{number}.part").write_bytes(bytes([number]) * 100)
        for number in range(2):
            quarantine.add_arrived(place / f"{number}.part", "broken", 0xC000)
        return quarantine

    def take(quarantine: Quarantine) -> bool:
        try:
            quarantine.add_arrived(quarantine.root.parent / "2.part", "broken", 0xC000)
        except OSError:
            return False
        return True

    for quarantine, told, disk in runs(folder, prepare, take):
        assert told is not disk.failed or told
        (part := quarantine.root.parent / "3.part").write_bytes(bytes(100))
        quarantine.add_arrived(part, "broken", 0xC000)
        assert len(quarantined(quarantine)) == 2
        assert quarantined(quarantine)[-1].note
