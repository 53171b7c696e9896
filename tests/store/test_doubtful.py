"""Objects that break PS3.5 7 and can be filed all the same: kept bit for bit, with a mark."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pytest

from tests.library_contents import quarantined
from tests.store.broken_data_sets import DOUBTFUL, END, GOOD, PIXELS, STUDY_UID, with_inserted
from tests.store.either_sink import EitherSink, data_set_of
from tests.store.objects import CT, EXPLICIT, FORGET_DOUBTS, PEER, encoded, made, send
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.part10 import meta_prefix, read_meta
from workstation.stop import Stop
from workstation.store.instance_file import NotAnInstance, read_instance_file
from workstation.store.instance_header import InstanceUids
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.store_results import Status, Stored
from workstation.store.verify import FlawKind, verify


@pytest.mark.parametrize("admission", [Admission.PLAN, Admission.PUSH])
@pytest.mark.parametrize("data", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_it_is_kept_bit_for_bit_with_a_mark(either: EitherSink, data: bytes, admission: Admission) -> None:
    either.admission = admission
    assert send(either.sink, data) == 0
    [path] = either.objects()
    assert data_set_of(path) == data
    meta = read_meta(path.read_bytes())
    [stored] = either.stored
    assert not isinstance(meta, str)
    assert meta.mark == stored.doubt != ""
    for to_end in (True, False):
        found = read_instance_file(path, to_end=to_end)
        assert isinstance(found, Stored)
        assert (found.sop_uid, found.study_uid, found.doubt) == ("1.2.3.1", "1.2.4", stored.doubt)
    assert either.leftovers() == []


@pytest.mark.parametrize("data", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_it_is_verified_and_indexed_anew_and_said(either: EitherSink, data: bytes) -> None:
    if either.kind == "folder":
        return
    assert send(either.sink, data) == 0
    for _ in range(2):
        either.library.index.settled()
        found = verify(either.library.root, either.library.index, lambda _: None, Stop())
        assert (found.files, found.flaws) == (1, ())
        assert [flaw.kind for flaw in found.doubtful] == [FlawKind.DOUBTFUL]
        either.library.rebuild()
    assert quarantined(either.library.quarantine) == []


def test_the_same_twice_is_one_file(either: EitherSink) -> None:
    for _ in range(2):
        assert send(either.sink, DOUBTFUL["an end before the pixels"]) == 0
    assert len(either.objects()) == 1


AGAIN = {
    "of another name": b"\x10\0\x10\0PN\4\x00OTHE",
    "of another patient": b"\x10\0\x20\0LO\4\x00OTHE",
    "of another study": b"\x20\0\x0d\0UI\6\x009.9.9\0",
    "of another series": b"\x20\0\x0e\0UI\6\x009.9.9\0",
    "another object": b"\x08\0\x18\0UI\6\x009.9.9\0",
}


@pytest.mark.parametrize("step", [100, 100_000])
@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN.keys())
def test_what_contradicts_itself_about_whose_it_is_is_quarantined(
    either: EitherSink, again: bytes, step: int
) -> None:
    """Though its header was read, and the object admitted, long before the other values came."""
    assert send(either.sink, GOOD + again, step=step) == Status.NOT_UNDERSTOOD
    assert either.objects() == []
    assert len(quarantined(either.library.quarantine)) == int(either.kind == "library")
    assert send(either.sink, GOOD) == 0


def test_bounds_refuse_all_the_same(either: EitherSink) -> None:
    deep = struct.pack("<HH2s2xI", 8, 0x1140, b"SQ", 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    assert send(either.sink, END + GOOD[:STUDY_UID] + deep * 100) == Status.NOT_UNDERSTOOD
    assert either.objects() == []


def doubtful(library: Library) -> tuple[list[int], list[int], list[str]]:
    """By study, by series, and what is wrong, as the index has it."""
    library.index.settled()
    studies = sorted(library.index.studies(), key=lambda study: study.study_uid)
    series = [one for study in studies for one in library.index.series(study.study_uid)]
    files = [row.doubt for one in series for row in library.index.instances(one.series_uid)]
    return [study.doubtful for study in studies], [one.doubtful for one in series], sorted(files)


def test_the_index_counts_them_and_so_it_does_when_it_is_made_anew(library: Library) -> None:
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    wrong = "a delimiter stands where none belongs"
    for uid, study, series in (("1.1", "1.2", "1.3"), ("1.5", "1.2", "1.3"), ("1.6", "1.2", "1.4")):
        data = encoded(made(uid, study, series))
        assert send(writer, END + data if uid == "1.1" else data, uid) == 0
    assert send(writer, END + encoded(made("1.7", "1.9", "1.8")), "1.7") == 0
    for _ in range(2):  # another version of a doubtful one, and one that came twice
        assert send(writer, END + encoded(made("1.1", "1.2", "1.3", Rows=5)), "1.1") == 0
    known = ([1, 1], [1, 0, 1], ["", "", wrong, wrong, wrong])
    assert doubtful(library) == known
    assert library.index.doubts("1.2") == {"1.1": wrong}
    library.rebuild()
    assert doubtful(library) == known
    library.delete("1.2", "1.3", ["1.5"])
    assert doubtful(library) == ([1, 1], [1, 0, 1], ["", wrong, wrong, wrong])
    library.delete("1.2", "1.3", ["1.1"])
    assert doubtful(library) == ([0, 1], [0, 1], ["", wrong])


def test_a_library_of_a_version_that_did_not_know_is_read_again(library: Library, root: Path) -> None:
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    assert send(writer, END + GOOD) == 0
    library.close()
    with closing(sqlite3.connect(root / "index.db")) as connection:
        connection.executescript(FORGET_DOUBTS + "PRAGMA user_version=6")
    with closing(Library.open(root)) as again:
        assert doubtful(again)[:2] == ([1], [1])


# --- values out of their order: what is used is what was checked ----------------------------------------

LATE = {
    "the patient": (b"\x10\0\x20\0LO\4\x00LATE", "patient_id", "LATE"),
    "the name": (b"\x10\0\x10\0PN\4\x00LATE", "name", "LATE"),
    "the description": (b"\x08\0\x30\x10LO\4\x00LATE", "study_description", "LATE"),
}


@pytest.mark.parametrize("step", [100, 100_000])
@pytest.mark.parametrize(("late", "field", "value"), LATE.values(), ids=LATE.keys())
def test_what_comes_behind_the_header_is_indexed_and_admitted(
    library: Library, late: bytes, field: str, value: str, step: int
) -> None:
    dataset = made()
    if field in ("patient_id", "name"):
        del dataset.PatientID, dataset.PatientName
    admitted: list[InstanceUids] = []
    stored: list[Stored] = []

    def admit(uids: InstanceUids, peer: Peer) -> Admission:
        admitted.append(uids)
        return Admission.PLAN

    position = (whole := encoded(dataset)).index(b"\xe0\x7f\x10\x00")
    data = whole[:position] + late + whole[position:]
    assert send(LibrarySink(library, admit, stored.append), data, step=step) == 0
    assert stored[0].header is not None
    assert getattr(stored[0].header, field) == value
    assert admitted[-1].series_uid == stored[0].header.series_uid
    for again in (
        read_instance_file(stored[0].path, to_end=True),
        read_instance_file(stored[0].path, to_pixels=True),
    ):
        assert isinstance(again, Stored)
        assert getattr(again.header, field) == value


def test_one_told_twice_that_is_not_about_whose_it_is_is_doubtful(either: EitherSink) -> None:
    data = with_inserted(PIXELS, b"\x20\0\x13\0IS\2\x0077")
    assert send(either.sink, data) == 0
    if either.kind == "library":
        [stored] = either.stored
        assert stored.header is not None
        assert stored.header.number == 77
        assert stored.doubt == "it holds an element twice, with different values"
        either.library.index.settled()
        assert verify(either.library.root, either.library.index, lambda _: None, Stop()).flaws == ()


def test_a_file_that_tells_two_patients_is_not_opened(tmp_path: Path) -> None:
    """A decoder shows the last of them, a row the first."""
    path = tmp_path / "a.dcm"
    context = Context(1, CT, EXPLICIT)
    data = with_inserted(PIXELS, bytes(70_000).join((b"\x33\0\1\x10OB\0\0\x70\x11\1\0", b"")))
    data = data[: -(len(GOOD) - PIXELS)] + AGAIN["of another patient"] + GOOD[PIXELS:]
    path.write_bytes(meta_prefix(context, CT, "1.2.3.1", PEER) + data)
    assert isinstance(read_instance_file(path), Stored)
    found = read_instance_file(path, to_pixels=True)
    assert isinstance(found, NotAnInstance)
    assert found.damaged
