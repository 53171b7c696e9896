"""Many different objects of one SOP Instance UID: each costs as little as the first, and there is an end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.library_contents import quarantined
from tests.store.objects import encoded, made, send
from tests.store.test_receiving import Both, both
from workstation.store import duplicates
from workstation.store.duplicates import MAX_VERSIONS
from workstation.store.store_results import Duplicate, Status

__all__ = ["both"]


def version(number: int) -> bytes:
    return encoded(made(PixelData=number.to_bytes(4, "little") * 8))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Files that were read to be compared."""
    found: list[int] = []
    hashed = duplicates._hash

    def counted(file: int, offset: int) -> bytes:
        found.append(file)
        return hashed(file, offset)

    monkeypatch.setattr(duplicates, "_hash", counted)
    monkeypatch.setattr(duplicates, "_COARSE_CLOCK", -1.0)  # the files are as old as they are to be
    return found


def test_twenty_are_kept_and_the_rest_is_quarantined(both: Both, reads: list[int]) -> None:
    for number in range(MAX_VERSIONS):
        assert send(both.sink, version(number)) == 0
    for number in range(MAX_VERSIONS, 3 * MAX_VERSIONS):
        del reads[:]
        assert send(both.sink, version(number)) == Status.NOT_UNDERSTOOD
        assert len(reads) <= (1 + MAX_VERSIONS if number == MAX_VERSIONS else 1)
    assert len(both.objects()) == MAX_VERSIONS
    assert both.leftovers() == []
    assert len(quarantined(both.library.quarantine)) == (2 * MAX_VERSIONS if both.kind == "library" else 0)
    assert "too many different objects" in str(both.refused[-1].reason)


def test_one_that_is_there_is_still_known(both: Both, reads: list[int]) -> None:
    for number in range(MAX_VERSIONS + 1):
        send(both.sink, version(number))
    for number in (MAX_VERSIONS - 1, 7, 0):
        assert send(both.sink, version(number)) == 0
        assert both.stored[-1].duplicate is Duplicate.SAME
    assert len(both.objects()) == MAX_VERSIONS


def test_a_file_that_changed_is_read_again(both: Both, reads: list[int], tmp_path: Path) -> None:
    for _ in range(2):
        assert send(both.sink, version(1)) == 0
    [path] = both.objects()
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"\xff")
    assert send(both.sink, version(1)) == 0
    assert both.stored[-1].duplicate is Duplicate.CONFLICT
    assert len(both.objects()) == 2
