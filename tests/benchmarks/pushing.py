"""Objects pushed into the library, each flushed before it is acknowledged; and what a flush costs here."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.archives import data
from tests.benchmarks.listening import feed, into_library


def lines(folder: Path, count: int, size: int) -> Iterator[str]:
    """The sentence under the table; the folder should be on the disk that is meant."""
    data.study(folder / "many", count, size=size)
    begun = time.perf_counter()
    with into_library(folder / "library") as port:
        feed(folder / "many", port)
    each = (time.perf_counter() - begun) / count * 1000
    kilobytes = size * size * 2 // 1000
    yield (
        f"Pushed into the library, {count} × {kilobytes} KB: {each:.1f} ms each; "
        f"writing and flushing such a file alone: {_flush(folder, size * size * 2):.1f} ms (median)."
    )


def _flush(folder: Path, size: int) -> float:
    times = []
    with tempfile.TemporaryDirectory(dir=folder) as place:
        for number in range(50):
            begun = time.perf_counter()
            with (Path(place) / str(number)).open("wb") as file:
                file.write(bytes(size))
                file.flush()
                os.fsync(file.fileno())
            times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000
