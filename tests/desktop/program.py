"""The program in a process of its own on a desktop, and what a user sees of it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.desktop.x_server import TIMEOUT, Desktop

ROOT = Path(__file__).parents[2]
_PAUSE = 0.05


@dataclass(frozen=True)
class Element:
    """Something visible, as a screen reader tells of it; ``place`` is x, y, width, height on the screen."""

    role: str
    name: str
    value: str
    place: tuple[int, int, int, int]
    window: str
    states: tuple[str, ...]
    frame: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def middle(self) -> tuple[int, int]:
        x, y, width, height = self.place
        return x + width // 2, y + height // 2

    def says(self, text: str) -> bool:
        """Whether its name or value has a text."""
        return text in self.name or text in self.value


class Program:
    """A started program. All is done to it through the X server; of itself it only tells what it shows."""

    def __init__(self, desktop: Desktop, folder: Path, *arguments: str, **variables: str) -> None:
        self.desktop = desktop
        self._folder = folder
        self._socket = folder / "observer"
        self.printed = folder / "printed.txt"
        environment = desktop.variables | {"QT_SCALE_FACTOR": "1", "PYTHONPATH": str(ROOT)} | variables
        environment.pop("WORKSTATION_HOME", None)  # its folders are those of a user: HOME and XDG_…
        with self.printed.open("wb") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.desktop.observed_program", str(self._socket), *arguments],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
            )

    def seen(self) -> list[Element]:
        """Everything visible, first what the next click or key meets; nothing before there is a window."""
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(TIMEOUT)
            try:
                asking.connect(str(self._socket))
            except (FileNotFoundError, ConnectionRefusedError):
                return []
            told = b"".join(iter(lambda: asking.recv(1 << 16), b""))
        return [Element(**{**each, "states": tuple(each["states"])}) for each in json.loads(told or b"[]")]

    def wait(self, what: str, condition: Callable[[list[Element]], object]) -> None:
        """Wait until what is visible fulfils a condition.

        Raises:
            AssertionError: It does not in time, or the program ended; says what is visible instead.
        """
        deadline = time.monotonic() + TIMEOUT
        while not condition(seen := self.seen()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{what}: not seen. {self._told(seen)}")
            self._pause()

    def find(self, name: str, role: str = "") -> Element:
        """Wait until something is visible that is called so, or whose name or value has this; the first."""
        found: list[Element] = []

        def look(seen: list[Element]) -> bool:
            found[:] = _called(seen, name, role)
            return bool(found)

        self.wait(f"“{name}”", look)
        return found[0]

    def pixels(self, place: tuple[int, int, int, int]) -> np.ndarray:
        """What the screen shows at a place."""
        x, y, width, height = place
        return self.desktop.pixels()[y : y + height, x : x + width]

    def ended(self) -> int:
        """Wait for its end; the exit status."""
        return self.process.wait(TIMEOUT)

    def end(self) -> None:
        """End it, if it still runs, as the system does when the user logs out."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _pause(self) -> None:
        try:
            self.process.wait(_PAUSE)
        except subprocess.TimeoutExpired:
            return

    def _told(self, seen: list[Element]) -> str:
        telling = [each for each in seen if each.name or each.value or each.states]
        lines = [f"{each.role} “{each.name}” {each.value} {each.place} {each.states}" for each in telling]
        printed = self.printed.read_text("utf-8", "replace")[-2000:]
        self.desktop.save(self._folder / "screen.png")
        lines.append(f"See {self._folder / 'screen.png'}")
        return f"Exit status {self.process.poll()}. Printed: {printed}\nVisible:\n" + "\n".join(lines)


def _called(seen: list[Element], name: str, role: str) -> list[Element]:
    """What is called so, else what has it in its text."""
    fitting = [each for each in seen if not role or each.role == role]
    return [each for each in fitting if each.name == name] or [each for each in fitting if each.says(name)]
