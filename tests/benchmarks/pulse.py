"""Gaps of a 1 ms timer: how long an event loop, or an idle process beside it, is kept waiting."""

from __future__ import annotations

import subprocess
import sys
import time
from types import TracebackType

from PySide6.QtCore import QTimer


class Pulse:
    """A timer of 1 ms and the gaps between its beats, by the clock and in time of the processor.

    The clock also counts what others do on this computer, and what other threads keep it from.
    """

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._beat)
        self._last = (0.0, 0.0)
        self.gaps: list[float] = []
        self.work: list[float] = []

    def _beat(self) -> None:
        now = (time.perf_counter(), time.thread_time())
        self.gaps.append(now[0] - self._last[0])
        self.work.append(now[1] - self._last[1])
        self._last = now

    def __enter__(self) -> Pulse:
        self._last = (time.perf_counter(), time.thread_time())
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.stop()

    def __str__(self) -> str:
        return f"stalls {spread(self.gaps)}; of the processor's time {spread(self.work)}"


def spread(gaps: list[float]) -> str:
    """The longest, and what one in a hundred and one in a thousand exceeds, in milliseconds."""
    ordered = sorted(gaps)
    found = (ordered[-1], *(ordered[int(share * len(ordered))] for share in (0.999, 0.99)))
    return "{:.0f} ms, p99.9 {:.0f}, p99 {:.0f}".format(*(1000 * one for one in found))


class IdleProbe:
    """A process that only sleeps a millisecond at a time: what stalls it is the computer, not the program."""

    def __enter__(self) -> IdleProbe:
        command = [sys.executable, "-m", "tests.benchmarks.pulse"]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._child.stdout is not None
        self._child.stdout.readline()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self._child.kill()
        self._child.communicate()

    def stop(self) -> str:
        """End it; its gaps as :func:`spread` tells them."""
        return self._child.communicate("\n")[0].strip()


def _probe() -> None:
    import select

    print("begun", flush=True)
    gaps, last = [], time.perf_counter()
    while not select.select([sys.stdin], [], [], 0.001)[0]:
        now = time.perf_counter()
        gaps.append(now - last)
        last = now
    print(spread(gaps))


if __name__ == "__main__":
    _probe()
