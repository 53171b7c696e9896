"""An X server without a screen, with a window manager: sends keys and pointer, and reads what is shown."""

from __future__ import annotations

import contextlib
import os
import select
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

from tests.archives.programs import find

TIMEOUT = 60.0
"""Seconds until something has to have happened, on a busy computer too."""
_BYTES = 4
_HEADER = struct.Struct(">25I")
_COLOUR_BYTES = 12


class Desktop:
    """A running X server of one screen.

    Attributes:
        display: Its name, for DISPLAY.
        size: Width and height in pixels.
    """

    def __init__(self, display: str, size: tuple[int, int], buffer: Path) -> None:
        self.display, self.size, self._buffer = display, size, buffer

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a program that shows itself here; no session of the computer's user is known."""
        foreign = ("WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_CURRENT_DESKTOP", "XAUTHORITY")
        kept = {name: value for name, value in os.environ.items() if name not in foreign}
        return kept | {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def send(self, *arguments: object) -> None:
        """Send keys or the pointer through the server (XTEST): ``send("key", "ctrl+f")``."""
        subprocess.run(
            [find("xdotool") or "xdotool", *map(str, arguments)],
            env=self.variables,
            stdin=subprocess.DEVNULL,
            check=True,
            timeout=TIMEOUT,
        )

    def pixels(self) -> np.ndarray:
        """What the screen shows now: rows of columns of blue, green, red (0 to 255)."""
        raw = self._buffer.read_bytes()  # an XWD file that the server keeps up to date
        header = _HEADER.unpack_from(raw)
        start, width, height, line, colours = header[0], header[4], header[5], header[12], header[19]
        start += colours * _COLOUR_BYTES
        rows = np.frombuffer(raw, np.uint8, height * line, start).reshape(height, line)
        return rows[:, : width * _BYTES].reshape(height, width, _BYTES)[:, :, :3]

    def save(self, path: Path) -> None:
        """Write what the screen shows as an image."""
        shown = np.ascontiguousarray(self.pixels())
        height, width, channels = shown.shape
        QImage(shown.data, width, height, channels * width, QImage.Format.Format_BGR888).save(str(path))


@contextlib.contextmanager
def desktop(folder: Path, width: int, height: int) -> Iterator[Desktop]:
    """Start a server and its window manager, which both end with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as running, (folder / "log.txt").open("wb") as log:
        reader, writer = os.pipe()
        command = [
            *("Xvfb", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24"),
            *("-fbdir", str(folder), "-nolisten", "tcp", "-noreset"),
        ]
        server = subprocess.Popen(
            command, pass_fds=[writer], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        running.callback(_end, server)
        os.close(writer)
        with open(reader, "rb") as told:  # noqa: PTH123 - a pipe
            ready, _, _ = select.select([told], [], [], TIMEOUT)
            number = told.readline().strip().decode() if ready else ""
        if not number:
            raise TimeoutError(f"Xvfb did not start: {(folder / 'log.txt').read_text()}")
        found = Desktop(f":{number}", (width, height), folder / "Xvfb_screen0")
        manager = subprocess.Popen(
            ["openbox", "--sm-disable"],
            env=found.variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        running.callback(_end, manager)
        _wait_for_manager(found, manager)
        yield found


def _wait_for_manager(found: Desktop, manager: subprocess.Popen[bytes]) -> None:
    """Wait until the window manager says that it rules: it answers a question of its own protocol."""
    deadline = time.monotonic() + TIMEOUT
    question = [find("xdotool") or "xdotool", "get_num_desktops"]
    while True:
        answer = subprocess.run(question, env=found.variables, capture_output=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip().isdigit():
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise ChildProcessError(f"openbox ended with {manager.wait(0.05)}")
        if time.monotonic() > deadline:
            raise TimeoutError("openbox does not answer")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
