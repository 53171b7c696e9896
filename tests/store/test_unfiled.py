"""Objects that do not tell whose they are: kept bit for bit, flushed, listed, never deleted."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from tests.library_contents import quarantined
from tests.store.broken_data_sets import DEFLATED, LOST, OUTSIDE, UNFILED, deflated
from tests.store.either_sink import EitherSink, data_set_of
from tests.store.objects import EXPLICIT, GOOD, IMPLICIT, encoded, made, send
from workstation.dicom.part10 import read_meta
from workstation.stop import Stop
from workstation.store.duplicates import MAX_VERSIONS
from workstation.store.folder_sink import FolderSink
from workstation.store.library_sink import Admission
from workstation.store.store_results import Refused, Status
from workstation.store.verify import FlawKind, verify

STUDY_UID = GOOD.index(b"\x20\x00\x0d\x00UI")


def willing(either: EitherSink) -> None:
    if isinstance(either.sink, FolderSink):
        either.sink.unfiled = lambda study, instance, peer: True


def unfiled(either: EitherSink) -> list[Path]:
    return sorted((either.directory / "unfiled").glob("*"))


@pytest.mark.parametrize("admission", [Admission.PLAN, Admission.PUSH])
@pytest.mark.parametrize("data", UNFILED.values(), ids=UNFILED.keys())
def test_it_lies_apart_by_the_name_it_was_announced_under(
    either: EitherSink, data: bytes, admission: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(fsync(file)))
    either.admission = admission
    willing(either)
    assert send(either.sink, data) == 0
    assert len(synced) >= 3  # the file, its folder, the one above
    [path] = unfiled(either)
    assert path.name == "1.2.3.1.dcm"
    assert data_set_of(path) == data
    meta = read_meta(path.read_bytes())
    assert not isinstance(meta, str)
    assert meta.mark
    assert [(told.sop_uid, told.status) for told in either.refused] == [("1.2.3.1", Status.SUCCESS)]
    assert (either.stored, either.leftovers(), quarantined(either.library.quarantine)) == ([], [], [])
    assert send(either.sink, GOOD) == 0


def test_the_same_twice_is_one_file_and_another_is_beside_it(either: EitherSink) -> None:
    willing(either)
    for data in (LOST, LOST, OUTSIDE + GOOD):
        assert send(either.sink, data) == 0
    assert [path.name for path in unfiled(either)] == ["1.2.3.1.dcm", "1.2.3.1~2.dcm"]


def test_of_two_cut_ones_in_different_syntaxes_both_stay(either: EitherSink) -> None:
    willing(either)
    whole = encoded(made(), IMPLICIT)
    assert send(either.sink, GOOD[:-20]) == 0
    assert send(either.sink, whole[:-2], syntax=IMPLICIT) == 0
    assert [data_set_of(path) for path in unfiled(either)] == [GOOD[:-20], whole[:-2]]


def test_too_many_are_refused(either: EitherSink) -> None:
    willing(either)
    for number in range(MAX_VERSIONS):
        assert send(either.sink, LOST + bytes([number] * 2)) == 0
    assert send(either.sink, LOST + b"more") == Status.NOT_UNDERSTOOD
    assert "too many different objects" in str(either.refused[-1].reason)
    assert len(quarantined(either.library.quarantine)) == (1 if either.kind == "library" else 0)
    assert (len(unfiled(either)), either.leftovers()) == (MAX_VERSIONS, [])


REFUSED = {
    "another object than announced": (GOOD[:STUDY_UID].replace(b"1.2.3.1", b"1.2.3.9") + OUTSIDE, 0xC000),
    "no UID for a study": (GOOD.replace(b"1.2.4\0", b"../../")[: STUDY_UID + 14] + OUTSIDE, 0xC000),
    "cut, of another object": (GOOD[:-1].replace(b"1.2.3.1", b"1.2.3.9"), 0xC000),
    "cut, with an element twice": (GOOD + b"\x10\0\x20\0LO\4\x00OTHE\x20\0\x20\0", 0xC000),
    "damaged, deflated": (b"\xff" * 50, 0xC000),
}


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_what_contradicts_or_is_damaged_does_not(either: EitherSink, data: bytes, status: int) -> None:
    willing(either)
    syntax = DEFLATED if set(data) == {0xFF} else EXPLICIT
    assert send(either.sink, data, syntax=syntax) == status
    assert unfiled(either) == []


def test_from_who_is_not_admitted_nothing_is_taken(either: EitherSink) -> None:
    either.admission = Admission.REFUSED
    assert send(either.sink, LOST) == Status.NOT_UNDERSTOOD
    assert unfiled(either) == []


def test_no_name_of_a_peer_becomes_a_path(either: EitherSink) -> None:
    willing(either)
    for name in ("../../evil", "x" * 100, "a/b", ""):
        assert send(either.sink, LOST, name) == Status.INVALID_INSTANCE
    assert unfiled(either) == []


def test_the_library_lists_it_and_making_the_index_anew_leaves_it(either: EitherSink) -> None:
    willing(either)
    assert send(either.sink, LOST) == 0
    if either.kind == "library":
        library = either.library
        library.rebuild()
        found = verify(library.root, library.index, lambda _: None, Stop())
        assert (found.files, found.flaws) == (0, ())
        assert [(flaw.name, flaw.kind) for flaw in found.doubtful] == [
            ("unfiled/1.2.3.1.dcm", FlawKind.UNFILED)
        ]
        assert library.unfiled() == unfiled(either)
    told: list[Refused] = either.refused
    assert str(told[0].reason) == "it does not tell whose it is: a delimiter stands where none belongs"


PACKED = deflated()
CUT = {
    "in the pixels": (GOOD[:-1], EXPLICIT),
    "in the study": (GOOD[: STUDY_UID + 10], EXPLICIT),
    "in the first element": (GOOD[:7], EXPLICIT),
    "deflated": (PACKED[:-20], DEFLATED),
    "in a sequence": (GOOD + struct.pack("<HH2s2xI", 0x0040, 0x0275, b"SQ", 0xFFFFFFFF), EXPLICIT),
}


@pytest.mark.parametrize("admission", [Admission.PLAN, Admission.PUSH])
@pytest.mark.parametrize(("data", "syntax"), CUT.values(), ids=CUT.keys())
def test_what_is_cut_off_is_kept_apart_until_a_whole_one_comes(
    either: EitherSink, data: bytes, syntax: str, admission: Admission
) -> None:
    either.admission = admission
    willing(either)
    assert send(either.sink, data, syntax=syntax) == 0
    [path] = unfiled(either)
    assert data_set_of(path) == data
    [told] = either.refused
    assert told.status is Status.SUCCESS
    assert told.unfiled is not None
    assert told.unfiled.cut
    assert "cut off" in told.reason
    assert (either.stored, either.leftovers(), quarantined(either.library.quarantine)) == ([], [], [])
    assert either.objects() == [path]
    whole = PACKED if syntax == DEFLATED else GOOD
    assert send(either.sink, whole, syntax=syntax) == 0
    [stored] = either.stored
    assert data_set_of(stored.path) == whole
    assert unfiled(either) == ([path] if not whole.startswith(data) else [])


def test_what_is_no_beginning_of_the_whole_one_stays(either: EitherSink) -> None:
    willing(either)
    assert send(either.sink, GOOD[:-9] + b"\xff" * 8) == 0
    assert send(either.sink, GOOD[:-9]) == 0
    assert send(either.sink, LOST) == 0
    assert len(unfiled(either)) == 3
    assert send(either.sink, GOOD) == 0
    left = [data_set_of(path) for path in unfiled(either)]
    assert left == [GOOD[:-9] + b"\xff" * 8, LOST]
