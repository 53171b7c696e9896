"""From the start of an installed program to its window on a screen, and to an empty one of the same program.

``python -m tests.benchmarks.installed /opt/workstation/workstation`` prints medians of alternating runs on
Xvfb, and of the CPU time until then, which other programs disturb less. The screen itself is looked at: it is
black until a window has been painted, whatever the process does before and behind.
"""

from __future__ import annotations

import argparse
import mmap
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.start import Pair, compare

_WIDTH, _HEIGHT, _PIXEL = 1440, 900, 4
_LOOKED_AT = [(x, y) for x in (100, 400, 700) for y in (100, 300, 500)]
"""Places that any window covers."""

_LIMIT = 60.0


class Screen:
    """A screen of X11 in memory."""

    def __init__(self, number: str, memory: mmap.mmap) -> None:
        self.variables = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        self._memory = memory
        self._begin = len(memory) - _WIDTH * _HEIGHT * _PIXEL

    def black(self) -> bool:
        """Whether nothing is to be seen."""
        places = (self._begin + (y * _WIDTH + x) * _PIXEL for x, y in _LOOKED_AT)
        return not any(any(self._memory[place : place + 3]) for place in places)

    def wait(self, black: bool) -> None:
        """Wait until it is black, or until it is not."""
        until = time.monotonic() + _LIMIT
        while self.black() is not black:
            if time.monotonic() > until:
                raise TimeoutError("the screen stays as it is")
            time.sleep(0.0005)


@contextmanager
def screen(folder: Path) -> Iterator[Screen]:
    """Xvfb, which keeps its pixels in a file below ``folder``."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{_WIDTH}x{_HEIGHT}x24", "-nolisten", "tcp"]
    server = subprocess.Popen([*command, "-fbdir", str(folder)], pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with open(read, "rb") as told:  # noqa: PTH123 - a pipe has no path
            number = told.readline().decode().strip()
        with (folder / "Xvfb_screen0").open("rb") as file:
            yield Screen(number, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
    finally:
        server.terminate()
        server.wait()


def painted(seen: Screen, home: Path, *command: str) -> tuple[float, float]:
    """From the start of a program until its window is on the screen, and the CPU time it took; in seconds."""
    seen.wait(black=True)
    begun = time.monotonic()
    process = subprocess.Popen(
        command,
        env={**seen.variables, "WORKSTATION_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        seen.wait(black=False)
        passed = time.monotonic() - begun
        threads = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
        busy = sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
    finally:
        process.terminate()
        process.wait(_LIMIT)
    return passed, busy


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.benchmarks.installed", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("program")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name, screen(Path(name)) as seen:
        home = Path(name) / "home"

        def pair() -> Pair:
            own = painted(seen, home, options.program)
            return own, painted(seen, home, options.program, "selftest", "--empty-window")

        compare(pair, options.rounds, ("to the window on the screen", "CPU time until then"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
