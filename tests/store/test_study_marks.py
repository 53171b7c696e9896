"""``marks.db``: what is kept, by several programs at once, on failing disks, in damaged and newer files."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.every_step import runs
from workstation.dicom.study_mark import MarkChange, StudyMark
from workstation.errors import BadInput, MarksSetAside, OtherPatientsMark, StoreError, TooNew
from workstation.store.study_marks import StudyMarks

A = MarkChange(add=("board", "随访"), note="left knee\n第二行", pinned=True)
MARK = StudyMark(patient_id="P1", labels=("board", "随访"), note="left knee\n第二行", pinned=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "marks.db"


def changed(path: Path, *changes: MarkChange, study: str = "1.2", patient_id: str = "P1") -> StudyMarks:
    marks = StudyMarks(path)
    for change in changes:
        marks.change({study: patient_id}, change)
    return marks


def kept(path: Path) -> dict[str, StudyMark]:
    with closing(StudyMarks(path)) as marks:
        return dict(marks.every().marks)


def test_a_mark_comes_back_as_it_was_and_goes_with_the_last_of_it(path: Path) -> None:
    changed(path, A).close()
    assert kept(path) == {"1.2": MARK}
    changed(path, MarkChange(remove=("board", "随访"), note="", replaced=MARK.note, pinned=False)).close()
    assert kept(path) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_it_is_private(path: Path) -> None:
    with closing(changed(path, A)) as marks:
        marks.every()
        files = list(path.parent.iterdir())
        assert len(files) == 3
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_change_is_scheduled_and_written_before_anything_is_read(path: Path) -> None:
    scheduled: list[object] = []
    with closing(StudyMarks(path, schedule=scheduled.append)) as marks:
        marks.change({"1.2": "P1"}, A)
        assert scheduled == [marks.write]
        assert not path.exists()
        assert marks.every().marks == {"1.2": MARK}


def test_what_waits_is_written_on_closing(path: Path) -> None:
    changed(path, A).close()
    assert kept(path) == {"1.2": MARK}


def test_only_what_never_came_becomes_unread(path: Path) -> None:
    new: list[frozenset[str]] = []
    with closing(StudyMarks(path, new=new.append)) as marks:
        marks.receive(["1", "2"])
        marks.set_unread(["1"], unread=False)
        marks.receive(["1", "2", "3"])
        assert marks.every().unread == {"2", "3"}
        assert new == [{"1", "2"}, {"3"}]
        marks.set_unread(["1", "4"], unread=True)  # by choice, and also what never came
        assert marks.every().unread == {"1", "2", "3", "4"}


def test_a_mark_of_another_patient_is_refused_and_the_rest_is_written(path: Path) -> None:
    with closing(changed(path, A)) as marks:
        marks.change({"1.2": "P2", "1.3": "P2"}, MarkChange(pinned=True))
        marks.change({"1.4": "P4"}, MarkChange(pinned=True))
        with pytest.raises(OtherPatientsMark):
            marks.write()
        assert marks.every().marks == {"1.2": MARK, "1.4": StudyMark(patient_id="P4", pinned=True)}


def test_what_would_be_too_much_is_refused_and_not_tried_again(path: Path) -> None:
    with closing(changed(path, A, MarkChange(add=tuple(str(n) for n in range(40))))) as marks:
        with pytest.raises(BadInput):
            marks.write()
        assert marks.every().marks == {"1.2": MARK}


def test_two_programs_see_what_the_other_wrote_and_lose_nothing(path: Path) -> None:
    with closing(StudyMarks(path)) as window, closing(StudyMarks(path)) as command:
        window.change({"1.2": "P1"}, MarkChange(add=("board",), note="mine"))
        window.every()
        assert window.newer() is None
        command.change({"1.2": "P1"}, MarkChange(add=("urgent",)))
        command.write()
        window.change({"1.2": "P1"}, MarkChange(pinned=True))
        window.write()
        found = window.newer()
        assert found is not None
        expected = StudyMark(patient_id="P1", labels=("board", "urgent"), note="mine", pinned=True)
        assert found.marks == {"1.2": expected}
        assert window.newer() is None


def test_many_threads_and_files_write_at_once(path: Path) -> None:
    def work(number: int) -> None:
        with closing(StudyMarks(path)) as marks:
            for label in range(5):
                marks.change({"1.2": "P1"}, MarkChange(add=(f"{number}-{label}",)))
                marks.write()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept(path)["1.2"].labels) == 20
    assert [file.name for file in path.parent.iterdir()] == ["marks.db"]  # none took the other's for damaged


def test_a_newer_file_is_left_alone_and_what_waits_goes_on_waiting(path: Path) -> None:
    changed(path, A).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=2")
    before = path.read_bytes()
    with closing(changed(path, MarkChange(pinned=True), study="1.3")) as marks:
        for _ in range(2):
            with pytest.raises(TooNew):
                marks.write()
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=1")
    assert kept(path) == {"1.2": MARK}


def _overwrite_the_middle(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    path.write_bytes(raw)


def _other_tables(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE marks (mine TEXT); PRAGMA user_version=1")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no database at all " * 500),
        _overwrite_the_middle,
        _other_tables,
    ],
    ids=["no database", "overwritten", "other tables"],
)
def test_a_damaged_file_is_kept_aside_and_said(path: Path, damage: object) -> None:
    changed(path, A).close()
    assert callable(damage)
    damage(path)
    broken = path.read_bytes()
    said: list[MarksSetAside] = []
    with closing(StudyMarks(path, set_aside=said.append)) as marks:
        marks.change({"1.3": "P2"}, MarkChange(pinned=True))
        assert marks.every().marks == {"1.3": StudyMark(patient_id="P2", pinned=True)}
    [error] = said
    aside = Path(error.kept)
    assert aside.name.startswith("marks-damaged-")
    assert aside.read_bytes()[100:] == broken[100:]  # behind the header, which tells how it was opened
    assert str(aside) in str(error)


def test_a_second_damaged_file_of_the_same_second_writes_over_none(path: Path) -> None:
    said: list[MarksSetAside] = []
    for content in (b"first", b"second"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        with closing(StudyMarks(path, set_aside=said.append)) as marks:
            marks.every()
    assert [Path(error.kept).read_bytes() for error in said] == [b"first", b"second"]


def test_what_a_disk_refuses_stays_to_be_written(path: Path) -> None:
    path.parent.mkdir()
    path.mkdir()  # no file can be made there
    with closing(StudyMarks(path)) as marks:
        marks.change({"1.2": "P1"}, A)
        for _ in range(2):
            with pytest.raises(StoreError):
                marks.write()
        path.rmdir()
        assert marks.every().marks == {"1.2": MARK}


@pytest.mark.skipif(sys.platform != "linux", reason="the failing disk is Linux's")
@pytest.mark.parametrize("before", [True, False], ids=["there is a file", "the first change"])
def test_every_step_may_fail_and_nothing_half_is_kept(path: Path, before: bool) -> None:
    first = StudyMark(patient_id="P1", labels=("old",)) if before else None
    labels = ("board", "old", "随访") if before else MARK.labels
    last = StudyMark(patient_id="P1", labels=labels, note=MARK.note, pinned=True)
    failed = 0

    def prepare(place: Path) -> Path:
        if before:
            changed(place / "marks.db", MarkChange(add=("old",))).close()
        return place / "marks.db"

    def act(place: Path) -> bool:
        marks = changed(place, A)
        try:
            marks.write()
        finally:
            marks.close()
        return True

    for place, told, disk in runs(path.parent, prepare, act):
        assert told is True or isinstance(told, StoreError)
        assert disk.failed or told is True
        failed += disk.failed
        found = kept(place).get("1.2")
        assert found in (first, last)
        assert told is not True or found == last
        assert [file.name for file in place.parent.iterdir()] == ["marks.db"]
    assert failed > 20


_KILLED = """
import os, signal, sys
from pathlib import Path
from workstation.dicom.study_mark import MarkChange
from workstation.store.study_marks import StudyMarks
marks = StudyMarks(Path(sys.argv[1]))
for number in range(1000):
    marks.change({"1.2": "P1", "1.3": "P1"}, MarkChange(note=str(number), replaced=str(number - 1)))
    marks.write()
    if number == 20:
        marks.change({"1.2": "P1"}, MarkChange(pinned=True))
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_what_was_written_before_a_kill_is_there(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False, timeout=60)
    assert done.returncode == -9
    assert {mark.note for mark in kept(path).values()} == {"20"}
    assert not any(mark.pinned for mark in kept(path).values())
