"""What it costs to keep what is asked and answered, unseen: ``python -m tests.benchmarks.inspecting``.

The same work with and without it, turn by turn in one process; compared is the time of the processor.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.archives import data, dcmtk
from tests.archives.process import Archive
from tests.benchmarks.canned import serving
from tests.benchmarks.find import ROWS
from tests.benchmarks.find import ours as find
from tests.benchmarks.getting import c_get
from workstation.network.exchange import Kind
from workstation.network.exchanges import EXCHANGES, recorded

HEAD = "what, median of the processor's seconds: without, with; how much more; the same of the least"


def lines(rounds: int) -> Iterator[str]:
    """The lines of the table."""
    with serving(ROWS) as port:
        yield _compared(f"C-FIND, {ROWS:,} rows", rounds, lambda: find(port))
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        folder = Path(name)
        for count, size in ((400, 512), (2000, 100)):
            files = data.study(folder / f"{count}", count, size=size)
            (folder / f"archive-{count}").mkdir()
            archive = dcmtk.qrscp(folder / f"archive-{count}", files, max_pdu=131072)

            def get(files: list[Path] = files, archive: Archive = archive) -> None:
                out = Path(tempfile.mkdtemp(dir=folder))
                with recorded(Kind.RETRIEVE, None, "benchmark") as observer:
                    c_get(archive, files[0], out, observer)
                for path in out.glob("*"):
                    path.unlink()

            try:
                yield _compared(f"C-GET, {count:,} × {size * size * 2 / 1e6:.2g} MB", rounds, get)
            finally:
                archive.kill()


def _compared(what: str, rounds: int, work: Callable[[], object]) -> str:
    spent: dict[bool, list[float]] = {False: [], True: []}
    gc.disable()  # as in the window, which collects garbage only between two events
    for number in range(2 * (rounds + 1)):
        EXCHANGES.keeps = kept = bool((number + number // 2) % 2)  # off, on, on, off: a drift cancels out
        gc.collect()
        before = time.thread_time()
        work()
        spent[kept].append(time.thread_time() - before)
    gc.enable()
    without, with_it = spent[False][1:], spent[True][1:]
    more = statistics.median(after / before - 1 for before, after in zip(without, with_it, strict=True))
    least = min(with_it) / min(without) - 1
    return (
        f"{what}: {statistics.median(without):.3f} {statistics.median(with_it):.3f} {100 * more:+.2f} %, "
        f"least {min(without):.3f} {min(with_it):.3f} {100 * least:+.2f} %"
    )


if __name__ == "__main__":
    print(HEAD)
    for row in lines(int(sys.argv[1]) if len(sys.argv) > 1 else 15):
        print(row, flush=True)
