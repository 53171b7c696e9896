"""Objects pushed into the library, each flushed before it is acknowledged; and what a flush costs here.

The flush of the file and that of its folder are all that is waited for: the index is not flushed with each
object. Both are measured in the same rounds, as a disk is not the same from one minute to the next; the start
of storescu, by a study of one image, is taken off.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.archives import data
from tests.benchmarks.listening import feed, into_library
from tests.benchmarks.race import timed
from workstation.store.files import sync_file, sync_folder


def lines(folder: Path, count: int, size: int, rounds: int) -> Iterator[str]:
    """The message under the table; the folder should be on the disk that is meant."""
    data.study(folder / "many", count, size=size)
    data.study(folder / "one", 1, size=size, key="one")
    pushed, alone, file, entry = ([], [], [], [])
    for number in range(rounds):
        with into_library(folder / f"library-{number}") as port:
            start = timed(lambda: feed(folder / "one", port))
            pushed.append((timed(lambda: feed(folder / "many", port)) - start) / (count - 1))
        written, flushed, listed = _alone(folder, size * size * 2)
        alone.append(written + flushed)
        file.append(flushed)
        entry.append(listed)
    each, whole, *parts = (statistics.median(times) * 1000 for times in (pushed, alone, file, entry))
    yield (
        f"Pushed into the library, {count} × {size * size * 2 // 1000} KB: {each:.2f} ms each; writing and "
        f"flushing such a file alone: {whole:.2f} ms ({each / whole:.1f} ×), of which the flush takes "
        f"{parts[0]:.2f} ms; one of its folder {parts[1]:.2f} ms more (medians of {rounds} rounds)."
    )


def _alone(folder: Path, size: int) -> tuple[float, float, float]:
    """Seconds to write a file, to flush it, and to flush the folder with its final name."""
    times = []
    with tempfile.TemporaryDirectory(dir=folder) as place:
        for number in range(50):
            begun = time.perf_counter()
            with (Path(place) / "part").open("wb", buffering=0) as file:
                file.write(bytes(size))
                written = time.perf_counter()
                sync_file(file.fileno())
                flushed = time.perf_counter()
            (Path(place) / "part").rename(Path(place) / str(number))
            renamed = time.perf_counter()
            sync_folder(place)
            times.append((written - begun, flushed - written, time.perf_counter() - renamed))
    written, flushed, listed = map(statistics.median, zip(*times, strict=True))
    return written, flushed, listed
