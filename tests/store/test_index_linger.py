"""How long the index waits for more to come before it writes."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.store.objects import encoded, made, send
from workstation.store import index_writer
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.store_results import Stored


def put(library: Library, *numbers: int) -> None:
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    for number in numbers:
        assert send(writer, encoded(made(f"1.2.{number}", "1.2", "1.2.0")), f"1.2.{number}") == 0


def held(library: Library) -> set[str]:
    return library.index.sop_uids("1.2")


def test_the_more_arrives_the_longer_more_is_waited_for() -> None:
    waits = [index_writer.next_linger(0.05, 1)]
    for _ in range(4):
        waits.append(index_writer.next_linger(waits[-1], 100))
    assert waits == [0.05, 0.1, 0.2, 0.2, 0.2]
    assert index_writer.next_linger(0.2, 1) == 0.05  # it has become quiet
    assert index_writer.next_linger(0.2, 2000) == 0.0  # more is queued, and may be waited for
    assert index_writer.next_linger(0.0, 100) == 0.05


def test_who_waits_does_not_wait_for_more_to_come(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even behind more objects than one transaction takes."""
    for name in ("_LINGER", "_LONGEST"):
        monkeypatch.setattr(index_writer, name, 600.0)
    monkeypatch.setattr(index_writer, "_BATCH", 3)
    put(library, 0)  # the writer waited as it did before
    library.index.settled()
    put(library, *range(1, 8))
    library.index.settled()
    assert held(library) == {f"1.2.{number}" for number in range(8)}
    put(library, 8)
    library.index.catch_up()
    assert "1.2.8" in held(library)


def test_when_many_are_queued_no_more_are_waited_for(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert, written = index_writer.insert_objects, SimpleQueue[int]()

    def observed(connection: sqlite3.Connection, root: Path, batch: list[Stored]) -> None:
        insert(connection, root, batch)
        written.put(len(batch))

    monkeypatch.setattr(index_writer, "insert_objects", observed)
    monkeypatch.setattr(index_writer, "_LINGER", 600.0)
    monkeypatch.setattr(index_writer, "_ENOUGH", 4)
    put(library, 0)  # the writer waited as it did before
    library.index.settled()
    assert written.get(timeout=10) == 1
    put(library, *range(1, 6))
    assert written.get(timeout=10) >= 4
