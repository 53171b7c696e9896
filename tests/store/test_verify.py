"""What comparing files and index finds, and that it leaves all as it is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.library_contents import quarantined
from tests.store.objects import encoded, made, send
from workstation.errors import NotWritable
from workstation.stop import Cancelled, Progress, Stop
from workstation.store import verify as verifying
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.verify import FlawKind, VerifyResult, verify


def put(library: Library, study: str, count: int) -> None:
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    for number in range(1, count + 1):
        uid = f"{study}.{number}"
        assert send(writer, encoded(made(uid, study, f"{study}.0")), uid) == 0
    library.index.settled()


def verified(library: Library, *, thorough: bool = False) -> VerifyResult:
    return verify(library.root, library.index, lambda _: None, Stop(), thorough=thorough)


def test_good_library_has_no_flaws(library: Library) -> None:
    put(library, "1.2", 3)
    put(library, "1.3", 2)
    seen: list[Progress] = []
    found = verify(library.root, library.index, seen.append, Stop(), thorough=True)
    size = sum(path.stat().st_size for path in library.root.rglob("*.dcm"))
    assert found == VerifyResult(5, size, ())
    assert seen[-1] == Progress(5, 5, size)
    put(library, "1.4", 1)
    library.delete("1.4")
    assert verified(library).flaws == ()


def test_each_fault_is_found_and_nothing_is_changed(root: Path) -> None:
    library = Library.open(root, reserve=lambda total: 0)
    put(library, "1.2", 6)
    library.close()
    folder = root / "1.2"
    (folder / "1.2.1.dcm").unlink()
    whole = (folder / "1.2.2.dcm").read_bytes()
    (folder / "1.2.2.dcm").write_bytes(whole[:-3])
    (folder / "1.2.3.dcm").write_bytes(b"")
    (folder / "1.2.4.dcm").write_bytes((folder / "1.2.5.dcm").read_bytes())
    (folder / "1.2.7.dcm").write_bytes(encoded_file(folder, "1.2.7"))
    with sqlite3.connect(root / "index.db") as connection:  # damage that SQLite cannot notice
        connection.execute("UPDATE instances SET sop_uid='1.2.99' WHERE sop_uid='1.2.6'")
    connection.close()
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    reader = Library.open_to_read(root)
    found = verified(reader)
    reader.close()
    assert {(flaw.name, flaw.kind) for flaw in found.flaws} == {
        ("1.2/1.2.1.dcm", FlawKind.MISSING),
        ("1.2/1.2.2.dcm", FlawKind.BROKEN),
        ("1.2/1.2.3.dcm", FlawKind.BROKEN),
        ("1.2/1.2.4.dcm", FlawKind.CHANGED),
        ("1.2/1.2.6.dcm", FlawKind.CHANGED),
        ("1.2/1.2.7.dcm", FlawKind.UNINDEXED),
    }
    assert all(flaw.reason for flaw in found.flaws)
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert {path: data for path, data in after.items() if path in before} == before
    assert {path.name for path in after.keys() - before.keys()} <= {"index.db-wal", "index.db-shm"}


def encoded_file(folder: Path, uid: str) -> bytes:
    return (folder / "1.2.5.dcm").read_bytes().replace(b"1.2.5\0", uid.encode() + b"\0")


@pytest.mark.logs("not whole")
def test_rebuilding_puts_it_in_order(root: Path) -> None:
    library = Library.open(root, reserve=lambda total: 0)
    put(library, "1.2", 3)
    cut = root / "1.2" / "1.2.1.dcm"
    cut.write_bytes(cut.read_bytes()[:-3])
    (root / "1.2" / "1.2.2.dcm").unlink()
    assert len(verified(library).flaws) == 2
    library.rebuild()
    assert verified(library) == VerifyResult(1, (root / "1.2" / "1.2.3.dcm").stat().st_size, ())
    assert len(quarantined(library.quarantine)) == 1
    library.close()


def test_bytes_the_disk_does_not_give_are_found_by_reading_all(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(library, "1.2", 2)

    def bad_sector(path: Path) -> None:
        if path.name == "1.2.2.dcm":
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(verifying, "_read", bad_sector)
    assert verified(library).flaws == ()
    [flaw] = verified(library, thorough=True).flaws
    assert (flaw.name, flaw.kind, flaw.reason) == ("1.2/1.2.2.dcm", FlawKind.UNREADABLE, "Input/output error")


def test_what_comes_and_goes_meanwhile_is_no_flaw(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    put(library, "1.2", 2)
    put(library, "1.3", 1)
    real = verifying.objects_in

    def arriving(root: Path, folder: str) -> object:
        if folder == "1.2":
            put(library, "1.2", 3)  # after the index was read, before the folder is
        yield from list(real(root, folder))
        if folder == "1.2":
            library.delete("1.2", "1.2.0", ["1.2.1"])

    monkeypatch.setattr(verifying, "objects_in", arriving)
    found = verified(library)
    assert (found.files, found.flaws) == (4, ())


def test_it_can_be_stopped_and_a_folder_that_is_gone_is_said(library: Library) -> None:
    put(library, "1.2", 1)
    stop = Stop()
    stop.request()
    with pytest.raises(Cancelled):
        verify(library.root, library.index, lambda _: None, stop)
    with pytest.raises(NotWritable):
        verify(library.root / "gone", library.index, lambda _: None, Stop())
