"""Qt objects end in the GUI thread, whoever allocates: garbage is collected there only."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from tests.app.conftest import Windows
from workstation.app import garbage_collection
from workstation.app.garbage_collection import YOUNG, YOUNG_ROUNDS, GarbageCollection
from workstation.app.parts import Workstation
from workstation.dicom.nodes import Node
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.models.transfer import Details
from workstation.settings.preferences import Theme
from workstation.widgets.details_dialog import DetailsDialog

DEADLINE = 40_000
NODE = Node(name="PACS-A", ae_title="A", host="127.0.0.1", port=104)


@pytest.fixture
def collection(qapp: QObject) -> Iterator[Callable[..., GarbageCollection]]:
    """Factory of a collection."""
    made: list[GarbageCollection] = []

    def make(*, busy: bool = False) -> GarbageCollection:
        made.append(GarbageCollection(lambda: busy))
        return made[-1]

    yield make
    made.clear()


class Ring(QObject):
    """A QObject that only a search for garbage can end."""

    def __init__(self, ended_in: list[int]) -> None:
        super().__init__()
        self.me = self
        weakref.finalize(self, lambda: ended_in.append(threading.get_ident()))


class Small:
    """Garbage as soon as it is made."""

    def __init__(self) -> None:
        self.me = self


def churn(_run: object) -> None:
    """What a worker allocates, rings among it."""
    for _ in range(200 * YOUNG):
        Small()


def test_qt_objects_in_rings_end_in_the_gui_thread(
    qtbot: QtBot, collection: Callable[..., GarbageCollection]
) -> None:
    collection()
    lanes = Lanes()
    ended_in: list[int] = []
    for _ in range(20):
        Ring(ended_in)
    job = lanes.submit(Lane.QUERY, "allocate", churn)
    with qtbot.waitSignal(job.ended, timeout=DEADLINE):
        pass
    qtbot.waitUntil(lambda: len(ended_in) == 20, timeout=DEADLINE)
    assert set(ended_in) == {threading.get_ident()}
    assert lanes.shutdown(20)


def test_garbage_of_a_burst_does_not_stay(qtbot: QtBot, collection: Callable[..., GarbageCollection]) -> None:
    collection(busy=True)
    for _ in range(100 * YOUNG):
        Small()
    qtbot.waitUntil(lambda: not any(isinstance(one, Small) for one in gc.get_objects()), timeout=DEADLINE)


def test_old_garbage_goes_when_nothing_runs(
    qtbot: QtBot, collection: Callable[..., GarbageCollection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what was kept out of the collections while it was in use."""
    monkeypatch.setattr(garbage_collection, "WATCHED_BLOCKS", 10**9)  # other tests' threads may allocate
    ended_in: list[int] = []
    old = Ring(ended_in)
    collection()
    del old

    def ended() -> bool:
        churn(None)
        return bool(ended_in)

    qtbot.waitUntil(ended, timeout=DEADLINE)


def test_garbage_of_the_start_goes_at_the_first_rest(
    qtbot: QtBot, collection: Callable[..., GarbageCollection]
) -> None:
    """Nothing was collected while the program was loaded."""
    ended_in: list[int] = []
    gc.disable()
    Ring(ended_in)
    collection()
    qtbot.waitUntil(lambda: bool(ended_in), timeout=DEADLINE)


def test_what_is_kept_out_is_not_counted(
    qtbot: QtBot, collection: Callable[..., GarbageCollection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counting alone takes 160 ms with 200,000 rows; and more than a few rows are not looked through."""
    monkeypatch.setattr(gc, "get_freeze_count", lambda: pytest.fail("counted one by one"))
    looked: list[int] = []
    monkeypatch.setattr(gc, "unfreeze", lambda: looked.append(1))
    collecting = collection()
    rows = [[str(number)] for number in range(2 * garbage_collection.UNWATCHED_BLOCKS)]
    collecting.tick()
    assert looked == []
    del rows
    collecting._rounds, collecting._full_due = YOUNG_ROUNDS + 1, 0.0
    collecting.tick()
    assert looked == [1]


def open_and_close_everything(workstation: Workstation) -> None:
    """Each dialog once."""
    opens, window = workstation.dialogs, workstation.window
    opens.open_nodes()
    opens.add_node()
    opens.open_settings()
    opens.open_about()
    dialogs = [opens.node_dialog, opens.nodes_dialog, opens.settings_dialog]
    dialogs += [opens.about_dialog, DetailsDialog(Details("Study", ""), window)]
    for dialog in dialogs:
        assert dialog is not None
        dialog.show()
        dialog.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]


def test_no_dialog_leaves_a_qt_object_to_the_collection(qtbot: QtBot, windows: Windows) -> None:
    """What has a parent ends with it; what has none ends when Python finds it."""
    workstation = windows.open([NODE])
    open_and_close_everything(workstation)  # what is made once and kept
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        open_and_close_everything(workstation)
        gc.collect()
        left = [one for one in gc.garbage if isinstance(one, QObject) and Shiboken.isValid(one)]
        assert [one for one in left if Shiboken.ownedByPython(one)] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


def test_a_collection_in_a_worker_thread_harms_nothing(qtbot: QtBot, windows: Windows) -> None:
    """The worst case, should a library collect: dialogs come and go, and the theme changes meanwhile."""
    workstation = windows.open([NODE])
    over = threading.Event()

    def collect() -> None:
        while not over.wait(0.02):
            gc.collect()

    worker = threading.Thread(target=collect)
    worker.start()
    try:
        for theme in (Theme.LIGHT, Theme.DARK) * 2:
            open_and_close_everything(workstation)
            workstation.settings.change(replace(workstation.settings.preferences, theme=theme))
            QApplication.processEvents()
    finally:
        over.set()
        worker.join()
