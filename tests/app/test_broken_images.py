"""Images that break a decoder, keep it busy or are damaged, in the real window: each costs one card."""

from __future__ import annotations

import os
import signal
import sys
from itertools import count as counting
from pathlib import Path

import pydicom
import pytest
from pydicom.encaps import encapsulate
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.app.conftest import Keys, Windows
from tests.app.window_steps import receive, shows, slices
from tests.archives import data
from tests.imaging.mutated_streams import mutant
from tests.rows import first_study
from workstation.app.parts import Workstation
from workstation.app.wiring import open_files
from workstation.dicom.transfer_syntaxes import DEFLATED_FRAME
from workstation.imaging.picture import Caption

DEADLINE = 40_000
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


def damaged(folder: Path, first: int, count: int) -> list[Path]:
    """A series whose frames are damaged at their markers."""
    files = data.study(folder, count, size=64)
    frames = (mutant(21, number) for number in counting(first))
    written = (frame for frame in frames if frame[2].syntax != DEFLATED_FRAME)  # pydicom does not write it
    for path, (_, stream, spec) in zip(files, written, strict=False):
        dataset = pydicom.dcmread(path)
        dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = spec.rows, spec.columns, spec.samples
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = spec.bits, spec.stored, spec.high
        dataset.PixelRepresentation = int(spec.signed)
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = spec.photometric, int(spec.planar)
        dataset.PixelData = encapsulate([stream])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = spec.syntax
        dataset.save_as(path)
    return [path for path in files if pydicom.dcmread(path).Rows]  # what has no rows is no image


def go_through(qtbot: QtBot, workstation: Workstation, count: int) -> tuple[int, int]:
    """Look at every picture of the current row; how many pictures and how many cards there were."""
    preview, canvas = workstation.preview, workstation.window.canvas
    qtbot.waitUntil(lambda: len(preview.stack.positions) == count, timeout=DEADLINE)
    scrolling, pictures = preview._scrolling, 0
    for place in range(count):
        preview.go_to(place)
        wanted = scrolling.request(place).key
        qtbot.waitUntil(lambda wanted=wanted: scrolling._shown_key == wanted, timeout=DEADLINE)
        assert canvas.caption.name
        pictures += canvas.picture is not None
    return pictures, count - pictures


@posix
def test_a_decoder_that_dies_is_replaced_and_one_that_hangs_costs_a_card(
    qtbot: QtBot, windows: Windows, tmp_path: Path
) -> None:
    first, second, third = (slices(tmp_path / key, 1, key=key) for key in ("one", "two", "three"))
    workstation = windows.open()
    canvas, decoding = workstation.window.canvas, workstation.preview.decoding
    open_files(workstation, first)
    qtbot.waitUntil(lambda: shows(workstation, first[0]), timeout=DEADLINE)
    for pid in decoding.pids:
        os.kill(pid, signal.SIGSEGV)
    qtbot.waitUntil(lambda: all(child.ended for child in decoding._idle), timeout=DEADLINE)
    open_files(workstation, second)
    preview = workstation.preview
    qtbot.waitUntil(lambda: preview.path == second[0] and shows(workstation, second[0]), timeout=DEADLINE)
    decoding._seconds = 0.5
    for pid in decoding.pids:
        os.kill(pid, signal.SIGSTOP)
    open_files(workstation, third)
    qtbot.waitUntil(lambda: again(workstation) is not None, timeout=DEADLINE)
    assert canvas.caption.name == pydicom.dcmread(third[0]).PatientName  # the card tells whose it is
    assert canvas.caption != Caption()
    button = again(workstation)
    assert button is not None
    decoding._seconds = 20.0
    button.click()
    qtbot.waitUntil(lambda: shows(workstation, third[0]), timeout=DEADLINE)


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_trying_again_by_keys_and_going_on(
    qtbot: QtBot, windows: Windows, tmp_path: Path, key: Qt.Key
) -> None:
    files = slices(tmp_path / "cd", 3)
    workstation = windows.open()
    canvas, preview = workstation.window.canvas, workstation.preview
    for _ in range(2):
        preview.decoding._broken.add(files[0])  # as if it had ended two processes
    open_files(workstation, files)
    qtbot.waitUntil(lambda: again(workstation) is not None, timeout=DEADLINE)
    assert "broke the decoder twice" in canvas.words
    canvas.setFocus()
    keys = Keys(qtbot, workstation.window)
    keys.press(Qt.Key.Key_Tab)
    assert keys.focus is again(workstation)
    keys.press(key)
    qtbot.waitUntil(lambda: shows(workstation, files[0]), timeout=DEADLINE)
    assert keys.focus is canvas
    keys.press(Qt.Key.Key_Down)
    assert preview.position == 1


def again(workstation: Workstation) -> QPushButton | None:
    """The button under a card that offers to try once more, while it is seen."""
    buttons = workstation.window.canvas.findChildren(QPushButton)
    return next((one for one in buttons if one.text() == "Try again" and one.isVisible()), None)


def test_damaged_frames_in_opened_files(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    files = damaged(tmp_path / "cd", 0, 40)
    workstation = windows.open()
    open_files(workstation, files)
    pictures, cards = go_through(qtbot, workstation, len(files))
    assert pictures > 5
    assert cards > 5


def test_damaged_frames_that_were_received(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    workstation = windows.open()
    files = damaged(tmp_path / "sent", 100, 20)
    receive(workstation, files)
    workstation.window.criteria.name.setText("DOE")
    workstation.window.criteria.search()
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)
    workstation.window.tree.setCurrentIndex(first_study(workstation.tree_model))
    pictures, cards = go_through(qtbot, workstation, len(files))
    assert min(pictures, cards) > 0


@pytest.mark.long
def test_two_hundred_damaged_frames(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    files = damaged(tmp_path / "cd", 1000, 200)
    workstation = windows.open()
    open_files(workstation, files)
    pictures, cards = go_through(qtbot, workstation, len(files))
    print(f"{pictures} pictures, {cards} cards")
