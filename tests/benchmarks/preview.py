"""How the preview feels: a window change, a painted frame, scrolling what is decoded and what is not.

``python -m tests.benchmarks.preview`` prints medians of CPU time, and frames a second by the clock.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import imagecodecs
import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from tests.archives import data
from workstation.controllers.cine import Cine
from workstation.controllers.preview import Preview
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.imaging.cine import Timing
from workstation.imaging.downscaling import halves
from workstation.imaging.grey_mapping import Grey, Window, render
from workstation.imaging.orientation import Sides
from workstation.imaging.picture import Caption, Picture
from workstation.jobs.lanes import Lanes
from workstation.models.rows import Row
from workstation.operations.instance_router import LibraryRouter
from workstation.store.library import Library
from workstation.widgets.canvas import Canvas

ROUNDS = 60
SLICES = 200
SECONDS = 2.5
RATE = 60.0
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


def median_ms(work: Callable[[int], object]) -> float:
    """CPU milliseconds of one call."""
    for number in range(5):
        work(number)
    times = []
    for number in range(ROUNDS):
        begun = time.process_time()
        work(number)
        times.append(1000 * (time.process_time() - begun))
    return statistics.median(times)


def painting() -> None:
    """The table, then the table and everything painted at 1080p."""
    canvas = Canvas()
    canvas.resize(1920, 1080)
    canvas.show()
    until(lambda: False, 0.3)
    for size in (512, 2048):
        pixels = data.pixels(size).astype(np.int16)
        grey = Grey(slope=1, intercept=-1024, voi=(Window(40, 400),))
        out = np.empty(pixels.shape, np.uint32)
        alone = median_ms(lambda n, p=pixels, g=grey, o=out: render(p, g, Window(40 + n, 400), o))
        picture = Picture(
            pixels=pixels,
            grey=grey,
            caption=CAPTION,
            sides=Sides("R", "L", "A", "P"),
            halves=halves(pixels, grey),
        )
        canvas.set_content(picture)

        def window(number: int) -> None:
            canvas.choose_window(Window(40 + number, 400))
            canvas.repaint()

        def scroll(number: int, shown: Picture = picture) -> None:
            canvas.set_position(number, ROUNDS)
            canvas.set_content(shown)
            canvas.repaint()

        print(
            f"{size}²: look-up {alone:.2f} ms; window change painted {median_ms(window):.2f} ms;"
            f" next picture painted {median_ms(scroll):.2f} ms (CPU, 1920 × 1080)"
        )
    canvas.close()


def series(folder: Path, *, compressed: bool) -> list[Path]:
    """A CT of :data:`SLICES` slices of 512²."""
    files = data.study(folder, SLICES, size=512, key="J2K" if compressed else "plain")
    if compressed:
        pixels = data.pixels(512).astype(np.int16)
        stream = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", level=0, reversible=True)
        for path in files:
            compress(path, stream, JPEG2000Lossless)
    return files


def compress(path: Path, stream: bytes, syntax: str) -> None:
    """Replace the pixel data of a CT by a frame of 16 bits in ``syntax``."""
    dataset = pydicom.dcmread(path)
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.BitsStored, dataset.HighBit = 16, 15
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(path)


def receive(router: LibraryRouter, files: list[Path]) -> None:
    for path in files:
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        syntax, sop_class = dataset.file_meta.TransferSyntaxUID, dataset.SOPClassUID
        context, peer = (
            Context(1, sop_class, syntax),
            Peer(ae_title="PACS", own_ae_title="ME", address="127.0.0.1"),
        )
        incoming = router.sink.begin(context, sop_class, dataset.SOPInstanceUID, peer)
        raw = path.read_bytes()
        incoming.write(memoryview(raw)[144 + int.from_bytes(raw[140:144], "little") :])
        incoming.finish()


class Fast(Preview):
    """Every stack is a clip of :data:`RATE` frames a second."""

    @property
    def clip(self) -> tuple[int, int, Timing]:
        return 0, len(self.stack.positions), Timing((1000 / RATE,))


def scrolling(root: Path) -> None:
    """Frames a second while a series is played at 60, from its first slice, nothing decoded before."""
    library = Library.open(root / "library")
    router = LibraryRouter(library, pushes=True)
    lanes, canvas = Lanes(), Canvas()
    preview = Fast(lanes, library.index)
    canvas.resize(1920, 1080)
    canvas.show()
    shown: list[float] = []
    preview.cleared.connect(canvas.clear)
    preview.turned.connect(canvas.begin_series)
    preview.shown.connect(canvas.set_content)
    preview.placed.connect(canvas.set_position)
    preview.late.connect(canvas.set_late)
    preview.shown.connect(lambda content: shown.append(time.perf_counter()))
    cine = Cine(preview)
    try:
        for key in ("plain", "J2K"):
            receive(router, series(root / key, compressed=key == "J2K"))
            library.index.settled()
            match = StudyMatch(
                source="A",
                study_uid=str(data.uid("ENG-1", key)),
                patient=PatientMatch(source="A", patient_id="ENG-1"),
            )
            for state in ("cold", "decoded"):
                preview.choose(None)
                preview.choose(
                    Row(number=1, level=Level.STUDY, uid=match.study_uid, parent=None, matches={"A": match})
                )
                until(lambda: bool(preview.stack.positions), 10)
                if state == "decoded" and preview.pool is not None:
                    for place in range(SLICES):
                        preview.pool.decode(preview._scrolling.request(place))
                shown.clear()
                cine.toggle()
                stalls = until(lambda: False, SECONDS)
                cine.stop()
                worst = max(stalls) if stalls else 0.0
                print(
                    f"{key}, {state}: {len(shown) / SECONDS:.1f} pictures a second of {RATE:.0f},"
                    f" longest time between ticks of 5 ms: {1000 * worst:.0f} ms"
                )
    finally:
        lanes.shutdown(5)
        lanes.dismiss()
        preview.close(5)
        library.close()
        canvas.close()


def until(condition: Callable[[], bool], seconds: float) -> list[float]:
    """Sleep in the event loop until the condition holds or time is over; the seconds between its ticks."""
    loop, ticks = QEventLoop(), [time.perf_counter()]
    end = ticks[0] + seconds

    def tick() -> None:
        ticks.append(time.perf_counter())
        if ticks[-1] >= end or condition():
            loop.quit()

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start(5)
    loop.exec()
    return [later - sooner for sooner, later in pairwise(ticks)]


def main() -> int:
    application = QApplication.instance() or QApplication([])
    assert application is not None
    painting()
    with tempfile.TemporaryDirectory() as name:
        scrolling(Path(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
