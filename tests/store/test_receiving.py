"""Objects into a folder and into the library: every status, duplicates, hostile names, errors of the disk."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import struct
import sys
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from tests.hostile_names import HOSTILE
from tests.hostile_names import encoded as on_the_wire
from tests.library_contents import counts_of, quarantined
from tests.store.either_sink import EitherSink, data_set_of
from tests.store.objects import CT, EXPLICIT, GOOD, IMPLICIT, PEER, encoded, made, send
from workstation import atomic_files
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.uids import may_be_asked_for, path_name
from workstation.network.receive import Incoming
from workstation.stop import Stop
from workstation.store import files, incoming_file, quarantine
from workstation.store.folder_sink import FolderSink
from workstation.store.instance_file import read_instance_file
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.store_results import Duplicate, Status, Stored
from workstation.store.verify import verify

DOCUMENT = GOOD[: GOOD.index(b"\x28\x00\x10\x00US")]  # ends before its last header field: no image


@pytest.mark.parametrize("step", [1, 7, 100, 1 << 20])
def test_object_is_kept_bit_for_bit_and_pydicom_reads_it(either: EitherSink, step: int) -> None:
    assert send(either.sink, GOOD, step=step) == 0x0000
    [path] = either.objects()
    assert path.name == "1.2.3.1.dcm"
    assert data_set_of(path) == GOOD
    dataset = pydicom.dcmread(path)
    assert dataset.file_meta.MediaStorageSOPClassUID == CT
    assert dataset.file_meta.MediaStorageSOPInstanceUID == "1.2.3.1"
    assert dataset.file_meta.TransferSyntaxUID == EXPLICIT
    assert dataset.file_meta.SourceApplicationEntityTitle == "PACS"
    assert dataset.file_meta.SendingApplicationEntityTitle == "PACS"
    assert dataset.file_meta.ReceivingApplicationEntityTitle == "WORKSTATION"
    assert dataset.PatientName == "Doe^Jane"
    [told] = either.stored
    assert (told.sop_uid, told.study_uid, told.series_uid) == ("1.2.3.1", "1.2.4", "1.2.5")
    assert (told.path, told.size, told.duplicate, told.peer) == (path, len(GOOD), Duplicate.NEW, PEER)
    assert either.leftovers() == []
    assert either.refused == []


def test_group_length_of_meta_is_right(either: EitherSink) -> None:
    for uid in ("1.2.3.1", "1.2.3.11", "1." + "2" * 62):
        assert send(either.sink, encoded(made(uid)), uid) == 0
    for path in either.objects():
        meta = pydicom.filereader.read_file_meta_info(path)
        assert path.read_bytes()[132 + 12 + meta.FileMetaInformationGroupLength :] == encoded(
            made(path.name[:-4])
        )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_files_and_folders_are_private(either: EitherSink) -> None:
    old = os.umask(0)
    try:
        send(either.sink, GOOD)
        send(either.sink, b"\1\2\3", "1.9")
    finally:
        os.umask(old)
    either.library.index.settled()
    for path in (either.directory, *either.directory.rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


PADDED = ["1.2.3\0", "1.2.3 ", "1.2.3\0\0"]


def everything(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}


def test_hostile_instance_uid_in_the_command_writes_nothing(either: EitherSink, tmp_path: Path) -> None:
    before = everything(tmp_path)
    for name in HOSTILE:
        assert send(either.sink, GOOD, name) == Status.INVALID_INSTANCE, name
        assert everything(tmp_path) == before, name
    for name in PADDED:  # a name like any other, but not this object's
        assert send(either.sink, GOOD, name) == Status.CLASS_MISMATCH
    assert either.objects() == []
    assert either.leftovers() == []


def with_study(raw: bytes) -> bytes:
    """The good object with these bytes for its Study Instance UID."""
    old = b"\x20\x00\x0d\x00UI\x06\x001.2.4\x00"
    assert old in GOOD
    return GOOD.replace(old, b"\x20\x00\x0d\x00UI" + len(raw).to_bytes(2, "little") + raw)


@pytest.mark.parametrize("raw", [b" 1.2.4", b"  1.2.4 ", b"\x001.2.4"])
def test_blanks_around_a_uid_are_none_of_it(either: EitherSink, raw: bytes) -> None:
    """In the data set as in the command, when it comes and when its file is read again."""
    data = with_study(raw)
    for announced in (" 1.2.3.1", "1.2.3.1\0"):
        assert send(either.sink, data, announced) == 0
    [path] = either.objects()
    assert data_set_of(path) == data
    assert {(told.study_uid, told.path) for told in either.stored} == {("1.2.4", path)}
    found = read_instance_file(path, to_end=True)
    assert isinstance(found, Stored)
    assert found.study_uid == "1.2.4"
    if either.kind == "library":
        assert path.parent.name == "1.2.4"
        assert verify(either.library.root, either.library.index, lambda _: None, Stop()).flaws == ()


def test_a_study_asked_for_by_what_is_no_uid_gets_a_name_of_ours(library: Library, tmp_path: Path) -> None:
    either = EitherSink("library", tmp_path, library)  # whose plan asked for everything
    named = set()
    for name in HOSTILE:
        raw = on_the_wire(name, 60_000)
        value = raw.decode("ascii", "replace").strip(" \0")
        asked = may_be_asked_for(value)
        assert send(either.sink, with_study(raw)) == (0 if asked else Status.NOT_UNDERSTOOD), name
        named |= {path_name(value)} if asked else set()
    assert len(named) > 100
    assert {path.parent.name for path in either.objects()} == named
    assert {path.name for path in either.objects()} == {"1.2.3.1.dcm"}
    assert quarantined(library.quarantine)  # the others
    before = {(row.study_uid, row.instances) for row in library.index.studies()}
    library.rebuild()
    assert {(row.study_uid, row.instances) for row in library.index.studies()} == before
    assert len(before) == len(named)
    found = verify(library.root, library.index, lambda _: None, Stop())
    assert (found.files, found.flaws) == (len(named), ())
    for study, _ in before:
        assert library.delete(study) == 1
    assert either.objects() == []
    assert not [path for path in library.root.iterdir() if path.name in named]


def test_hostile_study_uid_in_the_data_set_names_no_folder(either: EitherSink, tmp_path: Path) -> None:
    either.admission = Admission.PUSH
    for name in (*HOSTILE, *PADDED):
        status = send(either.sink, with_study(on_the_wire(name, 60_000)))
        assert status == (0 if name in PADDED else Status.NOT_UNDERSTOOD), name
    assert {path.name.partition("~")[0].removesuffix(".dcm") for path in either.objects()} == {"1.2.3.1"}
    assert {path.name for path in tmp_path.iterdir()} <= {"library", "home", "out"}
    own = {"incoming", "quarantine", "index.db", "index.db-wal", "index.db-shm", "lock", "unclean"}
    assert {path.name for path in either.library.root.iterdir()} <= own | {"1.2.3"}


@pytest.mark.parametrize(
    ("data", "options", "status"),
    [
        (encoded(made("1.2.3.9")), {}, Status.CLASS_MISMATCH),
        (encoded(made(SOPClassUID="1.2.840.10008.5.1.4.1.1.4")), {}, Status.CLASS_MISMATCH),
        (GOOD, {"sop_class": "evil/../class"}, Status.CLASS_NOT_SUPPORTED),
        (GOOD, {"syntax": "../x"}, Status.CLASS_NOT_SUPPORTED),
        (b"", {}, Status.NOT_UNDERSTOOD),
        (encoded(made(study="")), {}, Status.NOT_UNDERSTOOD),
        (encoded(made(series="")), {}, Status.NOT_UNDERSTOOD),
        (b"\xff\xff", {"syntax": "1.2.840.10008.1.2.1.99"}, Status.NOT_UNDERSTOOD),
    ],
)
def test_faulty_object_gets_its_status_and_costs_only_itself(
    either: EitherSink, data: bytes, options: dict[str, str], status: Status
) -> None:
    assert send(either.sink, data, **options) == status  # type: ignore[arg-type]
    assert either.objects() == []
    assert either.leftovers() == []
    [told] = either.refused
    assert (told.status, told.sop_uid, told.peer) == (status, "1.2.3.1", PEER)
    assert told.reason
    items = quarantined(either.library.quarantine)
    if either.kind == "library" and data and status != Status.CLASS_NOT_SUPPORTED:
        [item] = items
        assert item.path.read_bytes().endswith(data)
        assert item.note["status"] == f"0x{status:04X}"
        assert "Doe" not in str(item.note)
    else:
        assert items == []
    assert send(either.sink, GOOD) == 0
    assert len(either.objects()) == 1


def test_abort_leaves_nothing(either: EitherSink, tmp_path: Path) -> None:
    started = either.sink.begin(Context(1, CT, EXPLICIT), CT, "1.2.3.1", PEER)
    with memoryview(GOOD)[:150] as view:
        started.write(view)
    assert len(either.leftovers()) == 1
    started.abort()
    assert either.leftovers() == []
    assert either.objects() == []
    either.sink.begin(Context(1, CT, EXPLICIT), CT, "1.2.3.1", PEER).abort()


def test_too_large_object_is_refused(either: EitherSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming_file, "MAX_OBJECT", len(GOOD))
    assert send(either.sink, GOOD) == 0
    monkeypatch.setattr(incoming_file, "MAX_OBJECT", len(GOOD) - 1)
    assert send(either.sink, encoded(made("1.2.3.2")), "1.2.3.2") == Status.OUT_OF_RESOURCES
    assert either.leftovers() == []


# --- duplicates ---------------------------------------------------------------------------------------


def test_same_object_again_is_one_file(either: EitherSink) -> None:
    for _ in range(3):
        assert send(either.sink, GOOD) == 0
    assert len(either.objects()) == 1
    assert [told.duplicate for told in either.stored] == [Duplicate.NEW, Duplicate.SAME, Duplicate.SAME]
    assert len({told.path for told in either.stored}) == 1
    if either.kind == "library":
        assert counts_of(either.library.index, "1.2.4") == (1, 1)


def test_study_sent_three_times_is_there_once(library: Library) -> None:
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    objects = {f"1.2.4.{n}": encoded(made(f"1.2.4.{n}", InstanceNumber=n)) for n in range(1000)}
    for _ in range(3):
        for uid, data in objects.items():
            assert send(writer, data, uid, step=4096) == 0
    library.index.settled()
    assert len(list(library.root.rglob("*.dcm"))) == 1000
    assert len(library.index.files()) == 1000
    assert counts_of(library.index, "1.2.4") == (1, 1000)


def test_same_object_in_another_syntax_leaves_the_first(either: EitherSink) -> None:
    send(either.sink, GOOD)
    [path] = either.objects()
    before = path.read_bytes()
    assert send(either.sink, encoded(made(), IMPLICIT), syntax=IMPLICIT) == 0
    assert either.objects() == [path]
    assert path.read_bytes() == before
    assert either.stored[1].duplicate is Duplicate.KEPT_FIRST
    assert either.stored[1].transfer_syntax == IMPLICIT


def test_a_doubtful_first_is_not_kept_instead_of_a_sound_one(either: EitherSink) -> None:
    bad = GOOD + struct.pack("<HH2sH", 0x7FE1, 0x0010, b"\1\2", 0)
    sound = encoded(made(), IMPLICIT)
    for _ in range(2):
        assert send(either.sink, bad) == 0
        assert send(either.sink, sound, syntax=IMPLICIT) == 0
    assert sorted(map(data_set_of, either.objects())) == sorted([bad, sound])
    assert [bool(stored.doubt) for stored in either.stored] == [True, False] * 2


@pytest.mark.parametrize(
    ("second", "syntax"),
    [
        (made(PatientComments="changed"), EXPLICIT),
        (made(PatientID="P2"), IMPLICIT),
        (made(series="1.2.55"), IMPLICIT),
        (made(PixelData=bytes(31) + b"\1"), EXPLICIT),
    ],
)
def test_different_object_of_the_same_uid_is_kept_beside_the_first(
    either: EitherSink, second: object, syntax: str
) -> None:
    send(either.sink, GOOD)
    [path] = either.objects()
    before = path.read_bytes()
    data = encoded(second, syntax)  # type: ignore[arg-type]
    for _ in range(2):  # again: not a third file
        assert send(either.sink, data, syntax=syntax) == 0
    first, other = either.objects()
    assert {first.name, other.name} == {"1.2.3.1.dcm", "1.2.3.1~2.dcm"}
    assert path.read_bytes() == before
    assert data_set_of(path.with_name("1.2.3.1~2.dcm")) == data
    assert [told.duplicate for told in either.stored] == [Duplicate.NEW, Duplicate.CONFLICT, Duplicate.SAME]
    third = encoded(made(PatientComments="third"))
    assert send(either.sink, third) == 0
    assert either.stored[-1].path.name == "1.2.3.1~3.dcm"
    if either.kind == "library":
        either.library.index.settled()
        rows = either.library.index.instances("1.2.5") + either.library.index.instances("1.2.55")
        assert [row.conflict for row in rows] == [True, True, True]


def test_same_uid_in_two_studies_is_a_conflict_in_the_library(library: Library) -> None:
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    send(writer, GOOD)
    send(writer, encoded(made(study="1.2.44", PatientID="P2")))
    library.index.settled()
    rows = library.index.instances("1.2.5")
    assert sorted(row.path.parent.name for row in rows) == ["1.2.4", "1.2.44"]
    assert all(row.conflict for row in rows)
    library.delete("1.2.44")
    [left] = library.index.instances("1.2.5")
    assert not left.conflict


# --- errors of the disk ------------------------------------------------------------------------------


def test_full_disk_is_a700_and_it_goes_on_when_there_is_space(
    either: EitherSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write

    def half(file: int, data: bytes | memoryview) -> int:
        if len(data) <= 10:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, data[: len(data) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "write", half)
        assert send(either.sink, GOOD) == Status.OUT_OF_RESOURCES
    assert either.objects() == []
    assert send(either.sink, GOOD) == 0


def test_short_writes_are_completed(either: EitherSink, monkeypatch: pytest.MonkeyPatch) -> None:
    real, realv = os.write, getattr(os, "writev", None)  # Windows does without
    with monkeypatch.context() as patch:
        patch.setattr(files.os, "write", lambda file, data: real(file, data[:5]))
        if realv is not None:
            patch.setattr(files.os, "writev", lambda file, pieces: realv(file, [pieces[0][:9]]))
        assert send(either.sink, GOOD) == 0
        if realv is not None:
            patch.setattr(files.os, "writev", lambda file, pieces: realv(file, [pieces[0], pieces[1][:3]]))
        assert send(either.sink, encoded(made("1.2.3.2")), "1.2.3.2") == 0
    first, second = either.objects()
    assert data_set_of(first) == GOOD
    assert data_set_of(second) == encoded(made("1.2.3.2"))


def test_below_the_reserve_nothing_is_taken(root: Path) -> None:
    library = Library.open(root, reserve=lambda total: total)
    try:
        writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
        assert library.folder.left() <= 0
        assert send(writer, GOOD) == Status.OUT_OF_RESOURCES
        assert list(root.rglob("*.dcm")) == []
        assert list(root.rglob("*.part")) == []
    finally:
        library.close()


@pytest.mark.skipif(os.name == "nt", reason="an open file keeps its folder there")
def test_folder_that_vanished_is_a700(tmp_path: Path) -> None:
    sink = FolderSink(tmp_path / "out")
    (tmp_path / "out").rmdir()
    assert send(sink, GOOD) == Status.OUT_OF_RESOURCES


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("failures", [1, 2, 5, 10, 1000])
def test_file_held_by_a_virus_scanner_is_tried_for_two_seconds(
    either: EitherSink, failures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where nobody can rename it meanwhile."""
    clock, real, left = Clock(), os.rename, [failures]

    def held(source: str, target: str) -> None:
        if left[0]:
            left[0] -= 1
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), source)
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(atomic_files, "time", clock)
        patch.setattr(files.sys, "platform", "win32")
        patch.setattr(files.os, "rename", held)
        status = send(either.sink, GOOD)
    assert status == (0 if failures <= 10 else Status.OUT_OF_RESOURCES)
    assert clock.now <= 2.25
    assert len(either.objects()) == (failures <= 10)
    assert either.leftovers() == []
    assert send(either.sink, GOOD) == 0


def test_file_system_without_links_is_served(either: EitherSink, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(source: str, target: str) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(files.os, "link", no_links)
    assert send(either.sink, GOOD) == 0
    assert send(either.sink, encoded(made(PatientComments="x"))) == 0
    assert len(either.objects()) == 2


# --- the library's own --------------------------------------------------------------------------------


def test_nobody_asked_is_0124_and_the_rest_is_dropped_early(library: Library) -> None:
    writer = LibrarySink(library, lambda header, peer: Admission.REFUSED)
    large = encoded(made(PixelData=bytes(100_000)))
    started = writer.begin(Context(1, CT, EXPLICIT), CT, "1.2.3.1", PEER)
    with memoryview(large) as view:
        started.write(view[:1000])
        assert list(library.root.rglob("*.part")) == []
        started.write(view[1000:])
    assert started.finish() == Status.NOT_AUTHORISED
    assert send(writer, DOCUMENT) == Status.NOT_AUTHORISED
    assert list(library.root.rglob("*.dcm")) == []


def test_push_is_on_the_disk_before_success_and_a_plan_is_not(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def noted(file: int) -> None:
        synced.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "file")
        real(file)

    folders = 0 if sys.platform == "win32" else 1  # there the system keeps their entries in order
    monkeypatch.setattr(files.os, "fsync", noted)
    admissions = [Admission.PLAN, Admission.PUSH, Admission.PUSH, Admission.PUSH]
    writer = LibrarySink(library, lambda header, peer: admissions.pop(0))
    assert send(writer, GOOD) == 0
    assert synced == []
    assert send(writer, encoded(made("1.2.3.2", "1.2.9")), "1.2.3.2") == 0
    assert synced == ["file", *["folder", "folder"] * folders]  # it, its study, the library: the study is new
    synced.clear()
    assert send(writer, GOOD) == 0  # here already, but perhaps not on the disk
    assert synced == [
        "file",
        "file",
        *["folder", "folder"] * folders,
    ]  # the one that was here, too, and its folder
    synced.clear()
    assert send(writer, encoded(made("1.2.3.3", "1.2.9")), "1.2.3.3") == 0
    assert synced == ["file", *["folder"] * folders]


@pytest.mark.logs("could not be written", "could not be kept")
def test_bug_in_a_callback_is_0110(library: Library) -> None:
    def admit(header: object, peer: Peer) -> Admission:
        raise ZeroDivisionError

    for data in (GOOD, DOCUMENT):  # asked on the way, asked at the end
        assert send(LibrarySink(library, admit), data) == Status.PROCESSING_FAILURE
    assert list(library.root.rglob("*.part")) == []


@pytest.mark.logs("could not be kept", "Nobody could be told", "could not be told of")
def test_callbacks_that_raise_do_not_end_the_association(tmp_path: Path) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    sink = FolderSink(tmp_path / "out", broken, broken)
    assert send(sink, GOOD) == Status.SUCCESS  # it is kept, and acknowledged before it is told of
    assert send(sink, GOOD, peer=replace(PEER, called=True)) == Status.PROCESSING_FAILURE


def begun(either: EitherSink, peer: Peer) -> Incoming:
    """An object that is whole, and neither ended nor acknowledged."""
    incoming = either.sink.begin(Context(1, CT, EXPLICIT), CT, "1.2.3.1", peer)
    incoming.write(memoryview(GOOD))
    return incoming


def test_what_is_fetched_is_told_of_after_its_answer(either: EitherSink) -> None:
    incoming = begun(either, PEER)
    assert incoming.finish() == Status.SUCCESS
    assert either.stored == []
    assert len(either.objects()) == 1  # the answer says that it is here
    for _ in range(2):  # told once
        incoming.answered()
        assert [stored.sop_uid for stored in either.stored] == ["1.2.3.1"]


@pytest.mark.parametrize("admission", [Admission.PLAN, Admission.PUSH])
def test_what_others_wait_for_is_told_of_before_its_answer(either: EitherSink, admission: Admission) -> None:
    """The retrieve that sent a C-MOVE is in another thread: the archive tells it of the end at any time."""
    either.admission = admission
    incoming = begun(either, replace(PEER, called=True))
    assert incoming.finish() == Status.SUCCESS
    assert len(either.stored) == 1
    incoming.answered()
    assert len(either.stored) == 1


def test_what_is_pushed_is_indexed_and_flushed_before_its_answer(library: Library, tmp_path: Path) -> None:
    either = EitherSink("library", tmp_path, library)
    either.admission = Admission.PUSH
    assert begun(either, PEER).finish() == Status.SUCCESS
    assert len(either.stored) == 1
    library.index.settled()
    assert library.index.sop_uids("1.2.4") == {"1.2.3.1"}


def test_a_refused_object_is_not_told_of_as_kept(either: EitherSink) -> None:
    incoming = either.sink.begin(Context(1, CT, EXPLICIT), CT, "1.2.3.9", PEER)
    incoming.write(memoryview(GOOD))
    assert incoming.finish() == Status.CLASS_MISMATCH
    incoming.answered()
    assert either.stored == []
    assert len(either.refused) == 1


def test_killed_between_answer_and_index_the_object_is_found(library: Library, tmp_path: Path) -> None:
    either = EitherSink("library", tmp_path, library)
    incoming = begun(either, PEER)
    assert incoming.finish() == Status.SUCCESS
    shutil.copytree(library.root, tmp_path / "after", ignore=shutil.ignore_patterns("*.lock"))
    incoming.answered()
    again = Library.open(tmp_path / "after", reserve=lambda total: 0)
    try:
        assert again.index.sop_uids("1.2.4") == {"1.2.3.1"}
    finally:
        again.close()


def test_quarantine_holds_a_thousand_and_one_gibibyte(tmp_path: Path) -> None:
    def take(kept: quarantine.Quarantine, size: int) -> None:
        with (tmp_path / "x.part").open("wb") as file:
            file.truncate(size)  # takes no room on the disk
        kept.add_arrived(tmp_path / "x.part", "broken", 0xC000)

    large = quarantine.Quarantine(tmp_path / "large")
    for _ in range(6):
        take(large, 300 * 1024**2)
    assert len(quarantined(large)) == 3
    many = quarantine.Quarantine(tmp_path / "many")
    for _ in range(1000):
        take(many, 10)
    first = quarantined(many)[0].path
    again = quarantine.Quarantine(tmp_path / "many")  # the next start knows them all
    take(again, 10)
    assert len(quarantined(again)) == 1000
    assert not first.exists()


def test_quarantine_keeps_to_its_bounds(library: Library, tmp_path: Path) -> None:
    small = quarantine.Quarantine(tmp_path / "q", max_bytes=100, max_items=3)
    for number in range(5):
        part = tmp_path / f"{number}.part"
        part.write_bytes(bytes([number]) * 20)
        small.add_arrived(part, "broken", 0xC000)
    assert [item.path.read_bytes()[0] for item in quarantined(small)] == [2, 3, 4]
    part = tmp_path / "large.part"
    part.write_bytes(bytes(90))
    small.add_arrived(part, "broken", 0xC000)
    assert [item.path.stat().st_size for item in quarantined(small)] == [90]
    part.write_bytes(bytes(101))
    small.add_arrived(part, "broken", 0xC000)
    assert not part.exists()
    assert len(quarantined(small)) == 1
    assert len(list((tmp_path / "q").rglob("*.json"))) == 1
