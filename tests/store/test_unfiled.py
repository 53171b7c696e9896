"""Objects that do not tell whose they are: kept bit for bit, flushed, listed, never deleted."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from tests.library_contents import quarantined
from tests.store.objects import EXPLICIT, IMPLICIT, encoded, made, send
from tests.store.test_receiving import Both, both, data_set_of
from tests.store.test_stray_file_meta import DEFLATED, deflated
from workstation.dicom.part10 import read_meta
from workstation.stop import Stop
from workstation.store.duplicates import MAX_VERSIONS
from workstation.store.folder_sink import FolderSink
from workstation.store.library_sink import Admission
from workstation.store.store_results import Refused, Status
from workstation.store.verify import FlawKind, verify

__all__ = ["both"]

GOOD = encoded(made())
STUDY_UID = GOOD.index(b"\x20\x00\x0d\x00UI")
OUTSIDE = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
"""An item outside of a sequence: behind it nothing is believed."""
LOST = GOOD[:STUDY_UID] + OUTSIDE + GOOD[STUDY_UID:]
UNFILED = {
    "lost before the study": LOST,
    "lost at once": OUTSIDE + GOOD,
    "with a preamble": bytes(128) + b"DICM" + GOOD,
    "noise": b"\xff" * 500,
}


def willing(both: Both) -> None:
    if isinstance(both.sink, FolderSink):
        both.sink.unfiled = lambda study, instance, peer: True


def unfiled(both: Both) -> list[Path]:
    return sorted((both.directory / "unfiled").glob("*"))


@pytest.mark.parametrize("admission", [Admission.PLAN, Admission.PUSH])
@pytest.mark.parametrize("data", UNFILED.values(), ids=UNFILED.keys())
def test_it_lies_apart_by_the_name_it_was_announced_under(
    both: Both, data: bytes, admission: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(fsync(file)))
    both.admission = admission
    willing(both)
    assert send(both.sink, data) == 0
    assert len(synced) >= 3  # the file, its folder, the one above
    [path] = unfiled(both)
    assert path.name == "1.2.3.1.dcm"
    assert data_set_of(path) == data
    meta = read_meta(path.read_bytes())
    assert not isinstance(meta, str)
    assert meta.mark
    assert [(told.sop_uid, told.status) for told in both.refused] == [("1.2.3.1", Status.SUCCESS)]
    assert (both.stored, both.leftovers(), quarantined(both.library.quarantine)) == ([], [], [])
    assert send(both.sink, GOOD) == 0


def test_the_same_twice_is_one_file_and_another_is_beside_it(both: Both) -> None:
    willing(both)
    for data in (LOST, LOST, OUTSIDE + GOOD):
        assert send(both.sink, data) == 0
    assert [path.name for path in unfiled(both)] == ["1.2.3.1.dcm", "1.2.3.1~2.dcm"]


def test_of_two_cut_ones_in_different_syntaxes_both_stay(both: Both) -> None:
    willing(both)
    whole = encoded(made(), IMPLICIT)
    assert send(both.sink, GOOD[:-20]) == 0
    assert send(both.sink, whole[:-2], syntax=IMPLICIT) == 0
    assert [data_set_of(path) for path in unfiled(both)] == [GOOD[:-20], whole[:-2]]


def test_too_many_are_refused(both: Both) -> None:
    willing(both)
    for number in range(MAX_VERSIONS):
        assert send(both.sink, LOST + bytes([number] * 2)) == 0
    assert send(both.sink, LOST + b"more") == Status.NOT_UNDERSTOOD
    assert "too many different objects" in str(both.refused[-1].reason)
    assert len(quarantined(both.library.quarantine)) == (1 if both.kind == "library" else 0)
    assert (len(unfiled(both)), both.leftovers()) == (MAX_VERSIONS, [])


REFUSED = {
    "another object than announced": (GOOD[:STUDY_UID].replace(b"1.2.3.1", b"1.2.3.9") + OUTSIDE, 0xC000),
    "no UID for a study": (GOOD.replace(b"1.2.4\0", b"../../")[: STUDY_UID + 14] + OUTSIDE, 0xC000),
    "cut, of another object": (GOOD[:-1].replace(b"1.2.3.1", b"1.2.3.9"), 0xC000),
    "cut, with an element twice": (GOOD + b"\x10\0\x20\0LO\4\x00OTHE\x20\0\x20\0", 0xC000),
    "damaged, deflated": (b"\xff" * 50, 0xC000),
}


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_what_contradicts_or_is_damaged_does_not(both: Both, data: bytes, status: int) -> None:
    willing(both)
    syntax = DEFLATED if set(data) == {0xFF} else EXPLICIT
    assert send(both.sink, data, syntax=syntax) == status
    assert unfiled(both) == []


def test_from_who_is_not_admitted_nothing_is_taken(both: Both) -> None:
    both.admission = Admission.REFUSED
    assert send(both.sink, LOST) == Status.NOT_UNDERSTOOD
    assert unfiled(both) == []


def test_no_name_of_a_peer_becomes_a_path(both: Both) -> None:
    willing(both)
    for name in ("../../evil", "x" * 100, "a/b", ""):
        assert send(both.sink, LOST, name) == Status.INVALID_INSTANCE
    assert unfiled(both) == []


def test_the_library_lists_it_and_making_the_index_anew_leaves_it(both: Both) -> None:
    willing(both)
    assert send(both.sink, LOST) == 0
    if both.kind == "library":
        library = both.library
        library.rebuild()
        found = verify(library.root, library.index, lambda _: None, Stop())
        assert (found.files, found.flaws) == (0, ())
        assert [(flaw.name, flaw.kind) for flaw in found.doubtful] == [
            ("unfiled/1.2.3.1.dcm", FlawKind.UNFILED)
        ]
        assert library.unfiled() == unfiled(both)
    told: list[Refused] = both.refused
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
    both: Both, data: bytes, syntax: str, admission: Admission
) -> None:
    both.admission = admission
    willing(both)
    assert send(both.sink, data, syntax=syntax) == 0
    [path] = unfiled(both)
    assert data_set_of(path) == data
    [told] = both.refused
    assert told.status is Status.SUCCESS
    assert told.unfiled is not None
    assert told.unfiled.cut
    assert "cut off" in told.reason
    assert (both.stored, both.leftovers(), quarantined(both.library.quarantine)) == ([], [], [])
    assert both.objects() == [path]
    whole = PACKED if syntax == DEFLATED else GOOD
    assert send(both.sink, whole, syntax=syntax) == 0
    [stored] = both.stored
    assert data_set_of(stored.path) == whole
    assert unfiled(both) == ([path] if not whole.startswith(data) else [])


def test_what_is_no_beginning_of_the_whole_one_stays(both: Both) -> None:
    willing(both)
    assert send(both.sink, GOOD[:-9] + b"\xff" * 8) == 0
    assert send(both.sink, GOOD[:-9]) == 0
    assert send(both.sink, LOST) == 0
    assert len(unfiled(both)) == 3
    assert send(both.sink, GOOD) == 0
    left = [data_set_of(path) for path in unfiled(both)]
    assert left == [GOOD[:-9] + b"\xff" * 8, LOST]
