"""Runs the demo archive as a child process, and ends it."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from workstation import relaunch
from workstation.demo.address import AE_TITLE, HOST
from workstation.dicom.nodes import Node
from workstation.errors import DemoNotStarted
from workstation.stop import Stop

START = 30.0
"""Seconds a start may take on a slow disk."""

_GRACE = 1.5


class DemoArchive:
    """A running demo archive; a context manager that stops it.

    Attributes:
        node: Where it is, to search and fetch from.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.node = Node(name="Demo archive", ae_title=AE_TITLE, host=HOST, port=port)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still serves."""
        return self._process.poll() is None

    @classmethod
    def start(
        cls,
        cache: Path,
        destinations: Mapping[str, int] | None = None,
        *,
        timeout: float = START,
        stop: Stop | None = None,
    ) -> DemoArchive:
        """Start it and wait until it listens, which takes about a second.

        Args:
            cache: A folder for what it draws.
            destinations: Ports of this computer by the AE titles that C-MOVE may send to.
            timeout: Seconds to wait.
            stop: Calls it off.

        Raises:
            DemoNotStarted: It ended, or said nothing.
        """
        # A home of its own: two processes must not turn over one log.
        arguments = [*relaunch.command(), "--json", "--home", str(cache / "home"), "demo-archive"]
        arguments += ["--child", "--port", "0", "--cache", str(cache)]
        for title, port in (destinations or {}).items():
            arguments += ["--destination", f"{title}={HOST}:{port}"]
        try:
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=relaunch.environment(),
                creationflags=relaunch.NO_WINDOW,
            )
        except OSError as error:
            raise DemoNotStarted(error.strerror or str(error)) from error
        said: queue.SimpleQueue[int | str] = queue.SimpleQueue()
        threading.Thread(
            target=_listen, args=(process, said), name="demo-archive-output", daemon=True
        ).start()
        try:
            with (stop or Stop()).watching(lambda: said.put("it was called off")):
                answer = said.get(timeout=timeout)
        except queue.Empty:
            answer = f"it did not listen within {timeout:g} seconds"
        if isinstance(answer, str):
            _end(process, 0.0)
            raise DemoNotStarted(answer)
        return cls(process, answer)

    def stop(self) -> None:
        """End it: politely, then by force; returns within two seconds."""
        _end(self._process, _GRACE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _listen(process: subprocess.Popen[bytes], said: queue.SimpleQueue[int | str]) -> None:
    """Pass on the port, or the last words; then read on, so that it can never be blocked."""
    assert process.stdout is not None
    last = "it ended at once"
    with process.stdout as output:
        for line in output:
            last = line.decode("utf-8", "replace").strip() or last
            with suppress(ValueError, TypeError, AttributeError):
                told = json.loads(line)
                if "port" in told:
                    said.put(int(told["port"]))
                last = str(told.get("error", last))
    said.put(last)


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
