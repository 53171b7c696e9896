"""How fast pictures come from the decoding processes, beside the same frames decoded in one process.

``python -m tests.benchmarks.decoding`` shows the first picture of a series of 512² that was never decoded,
then plays it at 60 pictures a second on a canvas of 960 × 800; by turns with either.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from PySide6.QtWidgets import QApplication

from tests.archives import data
from tests.benchmarks.preview import Fast, compress, receive, until
from workstation.controllers.cine import Cine
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.imaging.decoding import Decoding
from workstation.imaging.picture import Card, Picture
from workstation.imaging.worker import Instances
from workstation.imaging.worker_messages import FrameWanted
from workstation.jobs.lanes import Lanes
from workstation.models.rows import Row
from workstation.operations.instance_router import LibraryRouter
from workstation.store.library import Library
from workstation.widgets.canvas import Canvas

SLICES, SECONDS, SIZE = 150, 2.5, 512


class InOneProcess(Decoding):
    """Decodes in the thread that asks."""

    def __init__(self) -> None:
        super().__init__()
        self._instances = [Instances(), Instances()]
        self._lock = threading.Lock()

    def frame(self, path: Path, frame: int, *, thumbnail: bool = False) -> Picture | Card:
        with self._lock:
            instances = self._instances.pop()
        try:
            return instances.content(FrameWanted(str(path), frame, thumbnail))
        finally:
            with self._lock:
                self._instances.append(instances)


def encoded(pixels: NDArray[np.int16], syntax: str) -> bytes:
    if syntax == uid.JPEG2000Lossless:
        return imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", level=0, reversible=True)
    if syntax == uid.HTJ2KLossless:
        return imagecodecs.htj2k_encode(pixels, reversible=True)
    if syntax == uid.JPEGLSLossless:
        return imagecodecs.jpegls_encode(pixels.astype(np.uint16))
    return imagecodecs.jpeg_encode(pixels.astype(np.uint16), lossless=True, predictor=1, bitspersample=16)


def series(folder: Path, syntax: str) -> list[Path]:
    files = data.study(folder, SLICES, size=SIZE, key=folder.name)
    if syntax:
        stream = encoded(data.pixels(SIZE).astype(np.int16), syntax)
        for path in files:
            compress(path, stream, syntax)
    return files


SYNTAXES = {
    "native": "",
    "JPEG lossless": uid.JPEGLosslessSV1,
    "JPEG-LS": uid.JPEGLSLossless,
    "HTJ2K lossless": uid.HTJ2KLossless,
    "JPEG 2000 lossless": uid.JPEG2000Lossless,
}


def play(lanes: Lanes, library: Library, study: str, decoding: Decoding) -> tuple[float, float]:
    """Pictures a second of a cold series, and milliseconds to its first picture."""
    canvas = Canvas()
    canvas.resize(960, 800)
    preview = Fast(lanes, library.index, decoding=decoding)
    cine = Cine(preview)
    preview.cleared.connect(canvas.clear)
    preview.turned.connect(canvas.begin_series)
    preview.shown.connect(canvas.set_content)
    preview.placed.connect(canvas.set_position)
    preview.late.connect(canvas.set_late)
    shown: list[float] = []
    preview.shown.connect(lambda content: shown.append(time.perf_counter()))
    canvas.show()
    until(lambda: False, 0.3)
    match = StudyMatch(source="A", study_uid=study, patient=PatientMatch(source="A", patient_id="ENG-1"))
    try:
        begun = time.perf_counter()
        preview.choose(Row(number=1, level=Level.STUDY, uid=study, parent=None, matches={"A": match}))
        until(lambda: bool(shown), 20)
        first = 1000 * (shown[0] - begun)
        shown.clear()
        cine.toggle()
        until(lambda: False, SECONDS)
        cine.stop()
        return len(shown) / SECONDS, first
    finally:
        preview.close(5)
        canvas.close()
        canvas.deleteLater()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.decoding", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    application = QApplication.instance() or QApplication([])
    assert application is not None
    print(
        "| 512², cold | processes, pictures/s | in one, pictures/s | ratio | first picture, ms | in one, ms |"
    )
    print("|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        library = Library.open(root / "library")
        router, lanes = LibraryRouter(library, pushes=True), Lanes()
        for words, syntax in SYNTAXES.items():
            key = words.replace(" ", "-")
            receive(router, series(root / key, syntax))
            library.index.settled()
            study = str(data.uid("ENG-1", key))
            ours, others = [], []
            for _ in range(rounds):
                decoding = Decoding()
                decoding.start_ahead()
                for path in list((root / key).glob("*"))[:2]:
                    decoding.frame(path, 0)
                ours.append(play(lanes, library, study, decoding))
                others.append(play(lanes, library, study, InOneProcess()))
            rate, first = (statistics.median(one[n] for one in ours) for n in (0, 1))
            other, there = (statistics.median(one[n] for one in others) for n in (0, 1))
            told = f"{rate:.1f} | {other:.1f} | {rate / other:.2f} | {first:.0f} | {there:.0f}"
            print(f"| {words} | {told} |", flush=True)
        lanes.shutdown(5)
        lanes.dismiss()
        library.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
