"""Many different objects of one SOP Instance UID: each costs as little as the first, and there is an end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.library_contents import quarantined
from tests.store.either_sink import EitherSink
from tests.store.objects import encoded, made, send
from workstation.store import duplicates
from workstation.store.duplicates import MAX_VERSIONS
from workstation.store.store_results import Duplicate, Status


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


def test_twenty_are_kept_and_the_rest_is_quarantined(either: EitherSink, reads: list[int]) -> None:
    for number in range(MAX_VERSIONS):
        assert send(either.sink, version(number)) == 0
    for number in range(MAX_VERSIONS, 3 * MAX_VERSIONS):
        del reads[:]
        assert send(either.sink, version(number)) == Status.NOT_UNDERSTOOD
        assert len(reads) <= (1 + MAX_VERSIONS if number == MAX_VERSIONS else 1)
    assert len(either.objects()) == MAX_VERSIONS
    assert either.leftovers() == []
    assert len(quarantined(either.library.quarantine)) == (
        2 * MAX_VERSIONS if either.kind == "library" else 0
    )
    assert "too many different objects" in str(either.refused[-1].reason)


def test_one_that_is_there_is_still_known(either: EitherSink, reads: list[int]) -> None:
    for number in range(MAX_VERSIONS + 1):
        send(either.sink, version(number))
    for number in (MAX_VERSIONS - 1, 7, 0):
        assert send(either.sink, version(number)) == 0
        assert either.stored[-1].duplicate is Duplicate.SAME
    assert len(either.objects()) == MAX_VERSIONS


def test_a_file_that_changed_is_read_again(either: EitherSink, reads: list[int], tmp_path: Path) -> None:
    for _ in range(2):
        assert send(either.sink, version(1)) == 0
    [path] = either.objects()
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"\xff")
    assert send(either.sink, version(1)) == 0
    assert either.stored[-1].duplicate is Duplicate.CONFLICT
    assert len(either.objects()) == 2
