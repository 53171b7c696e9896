"""The network budgets: every service beside DCMTK and pynetdicom, in one run; prints a Markdown table.

All DCMTK programs run with TCP_NODELAY=1: without it each waits for delayed acknowledgements. The start-up
of a program is measured apart (a study of one image) and taken off. pynetdicom runs in three of the rounds.
A ratio is the other's time by ours, the median of the rounds; it counts as met when it reaches its budget
less the spread of the peer against itself (half the distance between the quartiles of its rounds).
What is fetched is written into memory (where temporary files go: set TMPDIR=/dev/shm) and to a disk.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import find, getting, listening, memory, pushing, sending
from tests.benchmarks.race import HEAD

LARGE, SMALL = 512, 100
"""Rows and columns of an image of 0.52 MB and of one of 20 KB."""


SERVICES = ("get", "listen", "send", "find", "memory", "push")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--large", type=int, default=1000, help="images of 0.5 MB")
    parser.add_argument("--small", type=int, default=5000, help="images of 20 KB")
    parser.add_argument("--disk", type=Path, default=Path("/var/tmp"), help="a folder on a real disk")
    parser.add_argument("--only", nargs="+", choices=SERVICES, default=SERVICES, help="of the services")
    asked = parser.parse_args()
    print(HEAD, flush=True)
    transfers = {"get": getting.lines, "listen": listening.lines, "send": sending.lines}
    with ExitStack() as until_all_is_measured:
        for name, lines in transfers.items():
            for place in (None, asked.disk) if name == "get" else (None,):
                for count, size in ((asked.large, LARGE), (asked.small, SMALL)):
                    if name in asked.only:
                        folder = tempfile.TemporaryDirectory(dir=place)
                        if place is not None:  # what was deleted just before slows it down: see getting
                            until_all_is_measured.enter_context(folder)
                        show(lines(Path(folder.name), count, size, asked.rounds))
                        if place is None:
                            folder.cleanup()
        if "find" in asked.only:
            show(find.lines(asked.rounds))
        print(flush=True)
        if "memory" in asked.only:
            show(memory.lines())
        for size in (LARGE, SMALL) if "push" in asked.only else ():
            with tempfile.TemporaryDirectory(dir=asked.disk) as name:
                show(pushing.lines(Path(name), 200, size, asked.rounds))
    return 0


def show(lines: Iterator[str]) -> None:
    """Print lines as they come."""
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
