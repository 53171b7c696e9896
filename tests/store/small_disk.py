"""A real disk of four megabytes that is full: ``python -m tests.store.small_disk FOLDER``.

Run by ``unshare`` (see the test): mounts a small file system on FOLDER, fills it up to a few kilobytes, and
receives, indexes, plans and logs there; then frees some space, and goes on. Prints what came of it.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from tests.store.objects import encoded, made, send
from workstation.dicom.targets import Target
from workstation.errors import DiskFull, WorkstationError
from workstation.settings.logs import install_log
from workstation.settings.preferences import Preferences, load_preferences, save_preferences
from workstation.store.folder_sink import FolderSink
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.plans import Plans

SIZE = "4m"
_UIDS = [f"1.2.{number}" for number in range(1, 9)]
_OBJECTS = {uid: encoded(made(uid, "1.2", "1.2.0", PixelData=bytes(50_000))) for uid in _UIDS}


def main(folder: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "small", folder], check=True)
    told: dict[str, int] = {"rounds": 0, "kept": 0, "refused": 0}
    for left in [*range(0, 128, 4), *range(128, 640, 32)]:
        for admission in (Admission.PUSH, Admission.PLAN):
            place = folder / f"{left}-{admission.value}"
            place.mkdir()
            kept, refused = _round(place, left * 1024, admission)
            told["rounds"] += 1
            told["kept"] += kept
            told["refused"] += refused
            subprocess.run(["rm", "-r", place], check=True)
    _read_only(folder)
    _pulled_out(folder)
    print(json.dumps(told))


def _read_only(folder: Path) -> None:
    """A disk that may only be read: nothing can be begun there, and a folder takes nothing more."""
    root = folder / "library"
    library = Library.open(root, reserve=lambda total: 0)
    first, second = _UIDS[:2]
    assert send(LibrarySink(library, lambda header, peer: Admission.PUSH), _OBJECTS[first], first) == 0
    library.close()
    sink = FolderSink(folder / "out")
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    assert send(sink, _OBJECTS[first], first) == 0xA700
    _refused(lambda: Library.open(root))
    _refused(lambda: Plans(folder / "plans.db"))
    _refused(lambda: FolderSink(folder / "another"))
    _refused(lambda: save_preferences(folder / "settings.json", Preferences()))
    subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
    assert send(sink, _OBJECTS[second], second) == 0
    _check(root, [first])


def _pulled_out(folder: Path) -> None:
    """A drive that goes away while the library on it is open."""
    root = folder / "library"
    library = Library.open(root, reserve=lambda total: 0)
    writer = LibrarySink(library, lambda header, peer: Admission.PUSH)
    subprocess.run(["umount", "--lazy", folder], check=True)
    assert not root.exists()
    assert send(writer, _OBJECTS[_UIDS[2]], _UIDS[2]) == 0xA700
    try:
        library.folder.left()
    except OSError:
        pass
    else:
        raise AssertionError("the folder is gone")
    library.close()
    assert not root.exists()  # nobody fills the empty mount point instead


def _refused(act: Callable[[], object]) -> None:
    try:
        act()
    except WorkstationError:
        return
    raise AssertionError("the disk cannot have taken it")


def _round(place: Path, left: int, admission: Admission) -> tuple[int, int]:
    root = place / "library"
    save_preferences(place / "settings.json", Preferences(ae_title="OLD"))
    library, plans = Library.open(root, reserve=lambda total: 0), Plans(place / "plans.db")
    remove_log = install_log(place)
    ballast = _fill(place, left)
    writer = LibrarySink(library, lambda header, peer: admission)
    statuses = {}
    for uid, data in _OBJECTS.items():
        logging.getLogger("workstation").info("one more line for a log that may be full")
        with suppress(DiskFull):
            plans.create("PACS", Target(uid))
        statuses[uid] = send(writer, data, uid)
        with suppress(DiskFull):
            library.index.settled()
    with suppress(WorkstationError):
        save_preferences(place / "settings.json", Preferences(ae_title="NEW"))
    kept = [uid for uid, status in statuses.items() if status == 0]
    assert set(statuses.values()) <= {0, 0xA700}, statuses
    _check(root, kept)
    for path in ballast:  # the person makes room
        path.unlink()
    for uid, data in _OBJECTS.items():
        assert send(writer, data, uid) == 0
    library.close()
    plans.close()
    remove_log()
    assert load_preferences(place / "settings.json").ae_title in ("OLD", "NEW")
    library, plans = Library.open(root, reserve=lambda total: 0), Plans(place / "plans.db")
    plans.every()
    assert library.index.sop_uids("1.2") == set(_UIDS)
    library.close()
    plans.close()
    _check(root, _UIDS)
    for name in (root / "index.db", place / "plans.db"):
        with closing(sqlite3.connect(name)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return len(kept), len(statuses) - len(kept)


def _fill(place: Path, left: int) -> list[Path]:
    """Fill the disk but for so many bytes; the files that can be deleted again."""
    paths = []
    for number, size in enumerate((1 << 20, 1 << 16, 1 << 12)):
        count = 0
        while True:
            volume = os.statvfs(place)
            if volume.f_bavail * volume.f_frsize - size < left:
                break
            path = place / f"ballast-{number}-{count}"
            count += 1
            try:
                path.write_bytes(bytes(size))
            except OSError:  # there was less than it said
                path.unlink()
                break
            paths.append(path)
    return paths


def _check(root: Path, kept: list[str]) -> None:
    """Everything acknowledged is there as it was sent; nothing partial is, under any name."""
    assert not list((root / "incoming").iterdir())
    files = {path.name.removesuffix(".dcm"): path for path in root.glob("1.2/*")}
    assert set(kept) <= files.keys()
    for uid, path in files.items():
        assert path.read_bytes().endswith(_OBJECTS[uid])


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except BaseException:  # noqa: BLE001 - printed
        traceback.print_exc()
        os._exit(1)  # a library that was left open would keep the process
