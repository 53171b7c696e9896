"""Objects pushed into the library, each flushed before it is acknowledged; and what a flush costs here.

The flush of the file and that of its folder are all that is waited for: the index is not flushed with each
object. Both are measured in the library, and alone in the same rounds, as a disk is not the same from one
minute to the next; the start of storescu, by a study of one image, is taken off.

``python -m tests.benchmarks.pushing [FOLDER]`` prints it for images of 20 KB and of 0.5 MB.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.archives import data
from tests.benchmarks.listening import feed, into_library
from tests.benchmarks.race import timed
from workstation.store import library_sink
from workstation.store.files import sync_file, sync_folder


def lines(folder: Path, count: int, size: int, rounds: int) -> Iterator[str]:
    """The message under the table; the folder should be on the disk that is meant."""
    data.study(folder / "many", count, size=size)
    data.study(folder / "one", 1, size=size, key="one")
    laps = []
    for number in range(rounds):
        with into_library(folder / f"library-{number}") as port:
            start = timed(lambda: feed(folder / "one", port))
            with _flushes_timed() as spent:
                pushed = (timed(lambda: feed(folder / "many", port)) - start) / (count - 1)
        flushes = [spent[name] / count for name in ("sync_file", "sync_folder")]
        laps.append((pushed, *flushes, pushed - sum(flushes), *_alone(folder, size * size * 2)))
    each, file, entry, rest, written, flushed, listed = (
        statistics.median(times) * 1000 for times in zip(*laps, strict=True)
    )
    alone = written + flushed
    yield (
        f"Pushed into the library, {count} × {size * size * 2 // 1000} KB: {each:.2f} ms each; in it "
        f"{file:.2f} ms to flush the file, {entry:.2f} ms to flush its folder, {rest:.2f} ms all else. "
        f"Alone: {written:.2f} ms to write such a file, {flushed:.2f} ms to flush it, {listed:.2f} ms to "
        f"flush its folder. {each / alone:.1f} × writing and flushing the file, "
        f"{each / (alone + listed):.1f} × that and flushing its folder (medians of {rounds} rounds)."
    )


@contextmanager
def _flushes_timed() -> Iterator[dict[str, float]]:
    """Seconds that the library waits in flushes meanwhile, by the name of the function."""
    spent = {"sync_file": 0.0, "sync_folder": 0.0}
    plain: dict[str, Callable[[Any], None]] = {name: getattr(library_sink, name) for name in spent}

    def timing(name: str) -> Callable[[Any], None]:
        def flush(what: Any) -> None:
            begun = time.perf_counter()
            plain[name](what)
            spent[name] += time.perf_counter() - begun

        return flush

    for name in spent:
        setattr(library_sink, name, timing(name))
    try:
        yield spent
    finally:
        for name, flush in plain.items():
            setattr(library_sink, name, flush)


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


def main() -> int:
    for size in (100, 512):
        with tempfile.TemporaryDirectory(dir=(sys.argv[1:] or ["/var/tmp"])[0]) as folder:
            for line in lines(Path(folder), 200, size, 11):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
