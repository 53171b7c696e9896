"""What one step of the mouse costs the window that draws: the window level dragged, everything painted.

``python -m tests.benchmarks.dragging`` prints medians of CPU time and of time by the clock, for a canvas of
960 × 800 pixels in its pane. The platform is offscreen unless QT_QPA_PLATFORM says another.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication

from tests.archives import data
from workstation.imaging.downscaling import halves
from workstation.imaging.grey_mapping import Grey, Window
from workstation.imaging.orientation import Sides
from workstation.imaging.picture import Caption, Picture
from workstation.widgets.canvas import Canvas
from workstation.widgets.preview_pane import PreviewPane
from workstation.widgets.theme import apply_theme

CANVAS = 960, 800
SHOWN = (512, True), (2048, True), (2048, False)
"""Rows and columns; fitted into the canvas, or one column for each of the screen."""
ROUNDS, STEPS = 7, 60
CAPTION = Caption(
    name="Doe^John",
    patient_id="42",
    birth_date="19600102",
    study_date="20240102",
    study_description="CT Thorax",
    series_description="Thorax 1 mm",
    modality="CT",
    number=1,
    sex="M",
    series_number=2,
)


class Mouse:
    """Drags in a canvas; each step is painted before it returns."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._at = QPointF(300, 300)
        self._send(QEvent.Type.MouseButtonPress, Qt.MouseButton.LeftButton)

    def step(self, number: int) -> None:
        """One to the right and back, one down and back: the window never gets far."""
        self._at += (QPointF(1, 0), QPointF(0, 1), QPointF(-1, 0), QPointF(0, -1))[number % 4]
        self._send(QEvent.Type.MouseMove, Qt.MouseButton.NoButton)
        QApplication.processEvents()

    def release(self) -> None:
        self._send(QEvent.Type.MouseButtonRelease, Qt.MouseButton.LeftButton)

    def _send(self, kind: QEvent.Type, button: Qt.MouseButton) -> None:
        place = QPointF(self._canvas.mapToGlobal(self._at))
        held, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(self._canvas, QMouseEvent(kind, self._at, place, button, held, keys))


def picture(size: int) -> Picture:
    """A CT image of 16 bit, as the decoder hands it over."""
    pixels = data.pixels(size).astype(np.int16)
    grey = Grey(slope=1, intercept=-1024, voi=(Window(40, 400),))
    sides = Sides("R", "L", "A", "P")
    return Picture(
        pixels=pixels,
        grey=grey,
        caption=CAPTION,
        sides=sides,
        halves=halves(pixels, grey),
        location="H 12.5 mm",
    )


def dragged(canvas: Canvas) -> tuple[float, float]:
    """Milliseconds of CPU and by the clock, the median of :data:`STEPS` steps."""
    mouse = Mouse(canvas)
    spent, taken = [], []
    for number in range(STEPS):
        work, clock = time.process_time(), time.perf_counter()
        mouse.step(number)
        spent.append(1000 * (time.process_time() - work))
        taken.append(1000 * (time.perf_counter() - clock))
    mouse.release()
    return statistics.median(spent), statistics.median(taken)


def main() -> int:
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    apply_theme(application, dark=True)
    pane = PreviewPane()
    pane.canvas.setFixedSize(*CANVAS)
    pane.show()
    pane.canvas.setFocus()
    print(f"canvas of {CANVAS[0]} × {CANVAS[1]}, {QGuiApplication.platformName()}")
    for size, whole in SHOWN:
        pane.canvas.set_position(0, 9)
        pane.canvas.set_content(picture(size))
        (pane.canvas.fit if whole else pane.canvas.one_to_one)()
        QApplication.processEvents()
        rounds = [dragged(pane.canvas) for _ in range(ROUNDS)]
        work, clock = (statistics.median(times) for times in zip(*rounds, strict=True))
        how = "fitted" if whole else "1:1"
        print(f"{size}² {how}, a step of the window by mouse, painted: {work:.2f} ms CPU, {clock:.2f} ms")
    pane.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
