"""Steps of a user in the real window, and what it shows afterwards."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.archives import data
from tests.rows import first_study
from workstation.app.parts import Workstation
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.date_periods import Period
from workstation.models.columns import Column
from workstation.models.rows import Local
from workstation.models.transfer import TransferState
from workstation.models.transfer_cells import TransferColumn
from workstation.models.transfers_model import TransferRole
from workstation.models.tree_roles import Role
from workstation.operations.instance_router import LibraryRouter
from workstation.store.incoming_file import IncomingFile
from workstation.store.library_sink import LibrarySink
from workstation.widgets.transfers_table import TransfersTable

DEADLINE = 40_000


def two_of_doe(folder: Path) -> list[Path]:
    """Two studies of one patient, and one of another."""
    files = data.study(folder / "1", 1, key="1", size=16, date="20240101")
    files += data.study(folder / "2", 1, key="2", size=16, date="20220101")
    files += data.study(folder / "3", 1, key="3", size=16, date="20230101", patient=data.WANG)
    for path in files:
        dataset = pydicom.dcmread(path)
        dataset.InstitutionName = "St Mary"
        dataset.save_as(path)
    return files


def slices(folder: Path, images: int, size: int = 64, **how: object) -> list[Path]:
    """A study whose pictures differ, stored in another order than they lie in the patient."""
    files = data.study(folder, images, size=size, **how)  # type: ignore[arg-type]
    for number, path in enumerate(files):
        dataset = pydicom.dcmread(path)
        dataset.PixelData = (data.pixels(size, number) + 20 * number).astype("<i2").tobytes()
        dataset.save_as(path)
    return files


def expected(path: Path) -> np.ndarray:
    """The grey levels of a CT, by pydicom and PS3.3 C.11.2.1.2.1, in double precision."""
    dataset = pydicom.dcmread(path)
    values = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    centre, width = float(dataset.WindowCenter) - 0.5, float(dataset.WindowWidth) - 1
    return np.clip((values - centre) / width + 0.5, 0, 1) * 255


def grey(image: QImage) -> np.ndarray:
    """The grey levels of a picture, seen to be grey."""
    words = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
    assert ((words >> 16 & 255) == (words & 255)).all()
    assert ((words >> 8 & 255) == (words & 255)).all()
    return words & 255


def shows(workstation: Workstation, path: Path) -> bool:
    image = workstation.window.canvas.image
    wanted = expected(path)
    return (image.height(), image.width()) == wanted.shape and np.abs(grey(image) - wanted).max() <= 0.51


def type_name(qtbot: QtBot, workstation: Workstation, name: str) -> None:
    """Type into what has the focus when the window opens, and press Enter."""
    field = workstation.window.focusWidget()
    assert field is workstation.window.criteria.name
    qtbot.keyClicks(field, name)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def search(qtbot: QtBot, workstation: Workstation, name: str, studies: int = 1) -> QModelIndex:
    """Search by name, without one for today; returns the first study found."""
    if not name and workstation.window.criteria.criteria.empty:
        workstation.window.criteria.dates.choose(Period.TODAY)
    type_name(qtbot, workstation, name)
    model = workstation.tree_model
    qtbot.waitUntil(lambda: model.results.study_count == studies, timeout=DEADLINE)
    return first_study(model)


def double_click(qtbot: QtBot, workstation: Workstation, index: QModelIndex) -> None:
    view = workstation.window.tree
    view.scrollTo(index)
    place = view.visualRect(index).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def wheel(workstation: Workstation, notches: int) -> None:
    canvas = workstation.window.canvas
    middle = QPointF(canvas.rect().center())
    event = QWheelEvent(
        middle,
        middle,
        QPoint(),
        QPoint(0, -120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def transfers(workstation: Workstation) -> list[int]:
    """The rows of the transfers list, without what was pushed.

    An image that an archive sent before it was killed may arrive when no retrieve runs: it is refused.
    """
    model = workstation.transfers_model
    titles = [model.index(row, TransferColumn.TITLE).data() for row in range(model.rowCount())]
    return [row for row, title in enumerate(titles) if not title.startswith("Pushed by")]


def state(workstation: Workstation, row: int = 0) -> TransferState | None:
    """The state of a transfer, counted without what was pushed."""
    rows, model = transfers(workstation), workstation.transfers_model
    if row >= len(rows):
        return None
    transfer = model.find(model.index(rows[row], 0).data(TransferRole.NUMBER))
    return transfer.state if transfer is not None else None


def at_fifth_image(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], None]) -> None:
    """Let something happen at the fifth image: where it is received, however late it is shown."""
    begin = LibrarySink.begin
    begun = count(1)

    def watched(writer: LibrarySink, *about: Any) -> IncomingFile:
        if next(begun) == 5:
            happen()
        return begin(writer, *about)

    monkeypatch.setattr(LibrarySink, "begin", watched)


def local_text(study: QModelIndex) -> str:
    return str(study.siblingAtColumn(Column.STATE).data())


def receive(workstation: Workstation, files: list[Path]) -> None:
    """Let objects arrive in the library, as from a network."""
    sink = LibraryRouter(workstation.library, pushes=True).sink
    for path in files:
        dataset, raw = pydicom.dcmread(path), path.read_bytes()
        context = Context(1, dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
        peer = Peer(ae_title="PACS", own_ae_title="ME", address="127.0.0.1")
        incoming = sink.begin(context, dataset.SOPClassUID, dataset.SOPInstanceUID, peer)
        incoming.write(memoryview(raw)[144 + int.from_bytes(raw[140:144], "little") :])
        assert incoming.finish() == 0
    workstation.library.index.settled()


STUDY = str(data.uid("ENG-1", "1"))


def fetch_first_study(qtbot: QtBot, workstation: Workstation) -> QModelIndex:
    """Search and fetch the first study."""
    study = search(qtbot, workstation, "DOE")
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)
    return study


def unfolded(workstation: Workstation) -> TransfersTable:
    """The list of transfers, shown as by the user."""
    strip = workstation.window.transfers
    strip.unfold()
    strip.sum_up()
    strip.view.executeDelayedItemsLayout()
    return strip.view


def click_action(
    qtbot: QtBot, workstation: Workstation, column: TransferColumn = TransferColumn.ACTION
) -> None:
    view = unfolded(workstation)
    action = workstation.transfers_model.index(transfers(workstation)[0], column)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(action).center())


def shows_any(workstation: Workstation, files: list[Path]) -> bool:
    return any(shows(workstation, path) for path in files)
