"""Opening in another thread: who asks meanwhile waits, and is told when there will be nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.store.objects import encoded, made, send
from workstation.dicom.targets import Target
from workstation.errors import LibraryInUse
from workstation.stop import Cancelled, Stop
from workstation.store.index_recovery import Scan
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.plans import Plans

DEADLINE = 20


class Asking:
    """Asks in a thread of its own, and keeps what came back."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self.answer: object = None
        self._ask = ask
        self._thread = threading.Thread(target=self._run, name="workstation-asking", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.answer = self._ask()
        except (Cancelled, LibraryInUse) as error:
            self.answer = type(error)

    @property
    def waiting(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> object:
        self._thread.join(DEADLINE)
        assert not self.waiting
        return self.answer


def test_nothing_is_touched_before_it_begins(root: Path) -> None:
    library, plans = Library(root), Plans(root / "plans.db", later=True)
    assert not root.exists()
    library.close()
    plans.close()
    assert not root.exists()


def test_who_asks_early_waits_and_is_answered(root: Path) -> None:
    library, plans = Library(root), Plans(root / "plans.db", later=True)
    held, wish = (
        Asking(lambda: library.index.sop_uids("1.2")),
        Asking(lambda: plans.create("PACS", Target("1.2"))),
    )
    assert held.waiting
    assert wish.waiting
    library.begin()
    plans.begin()
    assert held.end() == frozenset()
    assert [wish.end()] == plans.every()
    plans.close()
    library.close()


def test_who_waits_is_told_that_it_is_in_use(root: Path) -> None:
    holder, library, plans = Library.open(root), Library(root), Plans(root / "plans.db", later=True)
    wish = Asking(lambda: plans.create("PACS", Target("1.2")))
    with pytest.raises(LibraryInUse) as error:
        library.begin()
    plans.refuse(error.value)
    assert wish.end() is LibraryInUse
    library.begin_to_read()
    assert library.index.sop_uids("1.2") == frozenset()
    assert not library.writable
    with pytest.raises(LibraryInUse):
        library.index.settled()
    for one in (plans, library, holder):
        one.close()


def test_closing_sends_home_who_waits(root: Path) -> None:
    library, plans = Library(root), Plans(root / "plans.db", later=True)
    waiting = [
        Asking(lambda: library.index.sop_uids("1.2")),
        Asking(plans.unfinished),
        Asking(library.index.settled),
    ]
    library.close()
    plans.close()
    assert [one.end() for one in waiting] == [Cancelled] * 3


def test_looking_through_a_whole_index_ends_when_asked(root: Path) -> None:
    library = Library.open(root, reserve=lambda total: 0)
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    for number in range(300):
        assert send(writer, encoded(made(f"1.2.{number}", "1.2", "1.2.9")), f"1.2.{number}") == 0
    library.index.settled()
    stop = Stop()
    stop.request()
    with pytest.raises(Cancelled):
        library.index.quick_check(stop)
    assert library.index.quick_check(Stop())
    library.close()
    (root / "unclean").touch()
    again = Library(root)
    with pytest.raises(Cancelled):
        again.begin(stop)
    again.begin()  # the lock was let go, the note of the unclean end is still there
    assert again.scan_needed is Scan.ADOPT
    again.close()
