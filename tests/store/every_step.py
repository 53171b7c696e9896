"""Doing something again and again, each time with the next of its steps on the disk failing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from tests.store.failing import ERRORS, Disk, failing
from workstation.errors import WorkstationError

S = TypeVar("S")


def runs(
    folder: Path, prepare: Callable[[Path], S], act: Callable[[S], object]
) -> Iterator[tuple[S, object, Disk]]:
    """Do ``act`` with each of its steps failing: what was prepared, what it returned, what happened.

    It may raise an error of ours, which is returned, and nothing else. Python's steps fail in all ways; of
    SQLite's, which does not tell errors apart, each fails in one.
    """
    number = itertools.count()

    def once(step: int, code: int, *, for_good: bool) -> tuple[S, object, Disk]:
        place = folder / f"{next(number)}"
        place.mkdir(parents=True)
        prepared = prepare(place)
        with failing(place, step, code, for_good=for_good) as disk:
            try:
                result = act(prepared)
            except WorkstationError as error:
                result = error
        return prepared, result, disk

    whole = once(0, 0, for_good=False)
    yield whole
    ways = [*((code, False) for code in ERRORS), *((code, True) for code in ERRORS)]
    for step, name in enumerate(whole[2].steps, 1):
        chosen = (
            ways[step % len(ways) :][:1] if name.startswith("sqlite") else [*ways[:4], ways[4 + step % 4]]
        )
        for code, for_good in chosen:
            files = open_files()
            done = once(step, code, for_good=for_good)
            assert done[2].failed, "a step did not come again"
            yield done
            left = open_files() - files
            assert left <= 0, f"{left} files were left open when {name} failed"


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
