"""Objects that do not tell whose they are: kept bit for bit, flushed, listed, never deleted."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from tests.store.objects import encoded, made, send
from tests.store.test_receiving import Both, both, data_set_of
from workstation.dicom.part10 import read_meta
from workstation.stop import Stop
from workstation.store.arrivals import Refused, Status
from workstation.store.folder import FolderSink
from workstation.store.verify import Fault, verify
from workstation.store.writer import Admission

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
    assert (both.stored, both.leftovers(), both.library.quarantine.items()) == ([], [], [])
    assert send(both.sink, GOOD) == 0


def test_the_same_twice_is_one_file_and_another_is_beside_it(both: Both) -> None:
    willing(both)
    for data in (LOST, LOST, OUTSIDE + GOOD):
        assert send(both.sink, data) == 0
    assert [path.name for path in unfiled(both)] == ["1.2.3.1.dcm", "1.2.3.1~2.dcm"]


REFUSED = {
    "another object than announced": (GOOD[:STUDY_UID].replace(b"1.2.3.1", b"1.2.3.9") + OUTSIDE, 0xC000),
    "no UID for a study": (GOOD.replace(b"1.2.4\0", b"../../")[: STUDY_UID + 14] + OUTSIDE, 0xC000),
    "cut": (GOOD[:STUDY_UID] + b"\x20\0\x0d\0UI\x40\0001.2", 0xC000),
}


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_what_contradicts_or_is_cut_does_not(both: Both, data: bytes, status: int) -> None:
    willing(both)
    assert send(both.sink, data) == status
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
        assert [(flaw.name, flaw.fault) for flaw in found.doubtful] == [
            ("unfiled/1.2.3.1.dcm", Fault.UNFILED)
        ]
        assert library.unfiled() == unfiled(both)
    told: list[Refused] = both.refused
    assert str(told[0].reason) == "a delimiter stands where none belongs"
