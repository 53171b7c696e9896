"""The network budgets: every service beside DCMTK and pynetdicom, in one run; prints a Markdown table.

All DCMTK programs run with TCP_NODELAY=1: without it each waits for delayed acknowledgements. The start-up
of a program is measured apart (a study of one image) and taken off. pynetdicom runs in three of the rounds.
A ratio is the other's time by ours, the median of the rounds; it counts as met when it reaches its budget
less the spread of the peer against itself (half the distance between the quartiles of its rounds).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks import find, getting, listening, memory, pushing, sending
from tests.benchmarks.race import HEAD

LARGE, SMALL = 512, 100
"""Rows and columns of an image of 0.52 MB and of one of 20 KB."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--large", type=int, default=1000, help="images of 0.5 MB")
    parser.add_argument("--small", type=int, default=5000, help="images of 20 KB")
    parser.add_argument(
        "--disk", type=Path, default=Path("/var/tmp"), help="where pushed objects are flushed"
    )
    asked = parser.parse_args()
    print(HEAD, flush=True)
    for lines in (getting.lines, listening.lines, sending.lines):
        for count, size in ((asked.large, LARGE), (asked.small, SMALL)):
            show(lambda folder, lines=lines, count=count, size=size: lines(folder, count, size, asked.rounds))
    show(lambda _: find.lines(asked.rounds))
    print(flush=True)
    show(lambda _: memory.lines())
    for size in (LARGE, SMALL):
        show(lambda folder, size=size: pushing.lines(folder, 200, size, asked.rounds), asked.disk)
    return 0


def show(lines: Callable[[Path], Iterator[str]], place: Path | None = None) -> None:
    """Print lines as they come; their folder is deleted only then."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        for line in lines(Path(folder)):
            print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
