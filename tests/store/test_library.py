"""Opening, locking, crashing, scanning, rebuilding."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.library_contents import counts_of, quarantined
from tests.store.objects import encoded, made, send
from workstation.errors import LibraryInUse, NotWritable, Unreadable
from workstation.stop import Cancelled, Progress, Stop
from workstation.store import index_recovery
from workstation.store.index import Index
from workstation.store.index_recovery import Scan
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.quarantine import Quarantine
from workstation.store.rebuild import index_file


def opened(root: Path) -> Library:
    return Library.open(root, reserve=lambda total: 0)


def fill(library: Library, count: int = 5, study: str = "1.2") -> None:
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    for number in range(count):
        uid = f"{study}.{number}"
        assert send(writer, encoded(made(uid, study, f"{study}.9", InstanceNumber=number)), uid) == 0
    library.index.settled()


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


OPEN = """
import sys
from pathlib import Path
from workstation.errors import LibraryInUse
from workstation.store.library import Library
try:
    Library.open(Path(sys.argv[1])).close()
    print("opened")
except LibraryInUse:
    print("in use")
"""


def test_second_process_is_refused_and_let_in_afterwards(root: Path) -> None:
    library = opened(root)
    try:
        assert run(OPEN, str(root)).stdout == "in use\n"
        with pytest.raises(LibraryInUse, match="in use by another Workstation"):
            opened(root)
    finally:
        library.close()
    assert run(OPEN, str(root)).stdout == "opened\n"


@pytest.mark.skipif(sys.platform == "win32", reason="locks are taken in another way there")
@pytest.mark.parametrize("reason", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_not_one_in_use(
    root: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    def refuse(file: int, operation: int) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(NotWritable) as caught:
        opened(root)
    assert caught.value.detail == os.strerror(reason)


def test_reading_beside_the_writer(root: Path) -> None:
    library = opened(root)
    fill(library)
    reader = Library.open_to_read(root)
    assert counts_of(reader.index, "1.2") == (1, 5)
    reader.close()
    library.close()
    with pytest.raises(Unreadable):
        Library.open_to_read(root / "nothing")
    assert not (root / "nothing").exists()


def test_clean_end_needs_no_scan(root: Path) -> None:
    library = opened(root)
    fill(library)
    library.close()
    library.close()
    again = Library.open(root, scan=False)
    assert again.scan_needed is Scan.NOTHING
    assert counts_of(again.index, "1.2") == (1, 5)
    again.close()


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid"), reason="POSIX permissions")
def test_unwritable_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotWritable):
        Library.open(tmp_path / "file" / "library")


@pytest.mark.parametrize("length", [121, 122])
def test_a_place_whose_files_would_have_too_long_paths_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """On Windows; not when the first object of long UIDs arrives."""
    root = tmp_path / ("x" * (length - len(str(tmp_path)) - 1))
    assert len(str(root)) == length
    real = os.open

    def bounded(path: str, *rest: int, **more: int) -> int:
        if len(str(path)) > 259:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", bounded)
    if length > 121:
        with pytest.raises(NotWritable):
            opened(root)
        return
    library = opened(root)
    writer = LibrarySink(library, lambda header, peer: Admission.PUSH)
    uid = "1." + "2" * 62
    for number in range(2):
        assert send(writer, encoded(made(uid, uid, PatientComments=f"{number}")), uid) == 0
    library.index.settled()
    lengths = [len(str(path)) for path in library.index.paths(uid)]
    assert max(lengths) <= 259
    assert len(lengths) == 2
    library.close()


def unclean(root: Path) -> None:
    (root / "unclean").touch()


@pytest.mark.logs("not whole")
def test_scan_after_an_unclean_end_makes_index_and_files_agree(root: Path) -> None:
    library = opened(root)
    fill(library)
    library.close()
    foreign = opened(root.with_name("other"))
    fill(foreign, 2, "1.5")
    foreign.close()
    (root.with_name("other") / "1.5").rename(root / "1.5")  # unindexed files
    (root / "1.2" / "1.2.0.dcm").unlink()  # a row without a file
    cut = root / "1.2" / "1.2.1.dcm"
    cut.write_bytes(cut.read_bytes()[:-7])  # as a power loss leaves it
    (root / "1.2" / "notes.txt").write_text("not ours")
    (root / "1.2" / "1.2.77.dcm").symlink_to(root / "1.2" / "1.2.2.dcm")
    (root / "incoming" / "abc.part").write_bytes(b"half")
    unclean(root)
    library = Library.open(root, reserve=lambda total: 0, scan=False)
    assert library.scan_needed is Scan.ADOPT
    reports: list[Progress] = []
    library.scan(reports.append)
    assert library.index.sop_uids("1.2") == {"1.2.2", "1.2.3", "1.2.4"}
    assert library.index.sop_uids("1.5") == {"1.5.0", "1.5.1"}
    assert counts_of(library.index, "1.2") == (1, 3)
    [item] = quarantined(library.quarantine)
    assert "middle of an element" in str(item.note["reason"])
    assert (root / "1.2" / "notes.txt").exists()
    assert not cut.exists()
    assert list((root / "incoming").iterdir()) == []
    assert reports[-1].done == reports[-1].expected
    library.close()
    assert not (root / "unclean").exists()


@pytest.mark.logs("not whole")
def test_a_broken_file_that_was_read_for_two_reasons_at_once_is_quarantined_once(root: Path) -> None:
    """The check of a study on show and a rebuilding may both be at it."""
    library = opened(root)
    fill(library, 2)
    cut = root / "1.2" / "1.2.1.dcm"
    cut.write_bytes(cut.read_bytes()[:-5])

    class Overtaken(Quarantine):
        def add_library_file(self, file: Path, reason: str) -> None:
            library.quarantine.add_library_file(file, reason)
            super().add_library_file(file, reason)

    assert index_file(cut, library.index, Overtaken(root / "quarantine"))
    assert index_file(cut, library.index, library.quarantine)  # it is gone
    assert len(quarantined(library.quarantine)) == 1
    library.close()


@pytest.mark.logs("not whole")
def test_file_of_the_right_size_with_lost_bytes_is_found_if_written_since(root: Path) -> None:
    library = opened(root)
    fill(library)
    library.close()
    lost, old = root / "1.2" / "1.2.1.dcm", root / "1.2" / "1.2.2.dcm"
    lost.write_bytes(bytes(lost.stat().st_size))
    old.write_bytes(bytes(old.stat().st_size))  # nobody could afford to look at all old files
    os.utime(old, (1_000_000_000, 1_000_000_000))
    unclean(root)
    library = opened(root)
    assert library.index.sop_uids("1.2") == {"1.2.0", "1.2.2", "1.2.3", "1.2.4"}
    assert not lost.exists()
    assert len(quarantined(library.quarantine)) == 1
    library.close()


def test_stopped_scan_is_made_up_for_by_the_next_opening(root: Path) -> None:
    library = opened(root)
    fill(library)
    library.close()
    for path in root.glob("index.db*"):
        path.unlink()
    stop = Stop()
    stop.request()
    with pytest.raises(Cancelled):
        Library.open(root, stop=stop)
    library = opened(root)
    assert counts_of(library.index, "1.2") == (1, 5)
    library.close()


@pytest.mark.parametrize("loss", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["gone", "empty"])
def test_lost_index_is_made_anew(root: Path, loss: Callable[[Path], object]) -> None:
    library = opened(root)
    fill(library)
    fill(library, 3, "1.5")
    before = [
        library.index.instances("1.2.9"),
        list(library.index.studies()),
        list(library.index.series("1.5")),
    ]
    library.close()
    for path in root.glob("index.db*"):
        loss(path)
    library = opened(root)
    after = [
        library.index.instances("1.2.9"),
        list(library.index.studies()),
        list(library.index.series("1.5")),
    ]
    assert sorted(map(repr, after)) == sorted(map(repr, before))
    library.rebuild()
    assert counts_of(library.index, "1.2") == (1, 5)
    library.close()


def header(data: bytearray, rng: random.Random) -> None:
    data[:100] = rng.randbytes(100)


def no_file(data: bytearray, rng: random.Random) -> None:
    data[:] = rng.randbytes(5000)


def truncated(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(1, len(data)) :]


def smashed(data: bytearray, rng: random.Random) -> None:
    """512 bytes, as a bad sector leaves them."""
    start = 512 * rng.randrange(len(data) // 512)
    data[start : start + 512] = rng.choice((rng.randbytes(512), bytes(512), b"\xaa" * 512))


@pytest.mark.logs("damaged")
@pytest.mark.parametrize("end", ["proper", "unclean"])
@pytest.mark.parametrize(("damage", "times"), [(header, 3), (no_file, 1), (truncated, 10), (smashed, 40)])
def test_damaged_index_is_noticed_set_aside_and_made_anew(
    root: Path, damage: Callable[[bytearray, random.Random], None], times: int, end: str
) -> None:
    library = opened(root)
    fill(library, 60)
    expected = contents(library)
    library.close()
    path = root / "index.db"
    sound = path.read_bytes()
    for seed in range(times):
        data = bytearray(sound)
        damage(data, random.Random(seed))
        path.write_bytes(data)
        if end == "unclean":
            unclean(root)
        library = opened(root)
        assert library.index.quick_check()
        assert contents(library) == expected, seed
        library.close()
        assert len(list(root.glob("index.db.damaged-*"))) <= 1  # only the last is kept


def contents(library: Library) -> tuple[object, ...]:
    return list(library.index.studies()), list(library.index.series("1.2")), library.index.instances("1.2.9")


@pytest.mark.logs("damaged")
def test_damage_noticed_while_open_is_mended_at_the_next_opening(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if it is too large to be looked through, and if looking through finds nothing."""
    monkeypatch.setattr(index_recovery, "_QUICKLY_CHECKED", 0)
    monkeypatch.setattr(Index, "quick_check", lambda index, stop=None: True)
    monkeypatch.setattr(Index, "is_empty", lambda index: False)
    library = opened(root)
    fill(library, 300)
    library.close()
    path = root / "index.db"
    data = bytearray(path.read_bytes())
    for start in range(len(data) // 2 // 4096 * 4096, len(data), 4096):  # the beginning is looked at
        data[start : start + 512] = b"\xaa" * 512
    path.write_bytes(data)
    library = opened(root)
    with pytest.raises(Unreadable):
        library.index.files()
    library.close()
    library = opened(root)
    assert counts_of(library.index, "1.2") == (1, 300)
    library.close()


def test_flush_of_few_and_of_many(library: Library) -> None:
    fill(library, 40)
    paths = library.index.paths("1.2")
    library.flush(paths[:3])
    library.flush([*paths, library.root / "1.2" / "gone.dcm"])
    library.flush([])
    assert all((library.root / path).is_file() for path in paths)
