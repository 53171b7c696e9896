"""The command line, called in this process or started as a program of its own."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import pytest

from tests.archives.process import Archive
from workstation.cli.main import main

PATIENCE = 60.0
"""Seconds a program may take to say what a test waits for."""


def at(archive: Archive) -> str:
    """How the command line names an archive."""
    return f"{archive.ae_title}@{archive.host}:{archive.port}"


@dataclass(frozen=True)
class Said:
    """What a command said and returned."""

    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output with ``--json``."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def answers(self) -> list[dict[str, Any]]:
        """What ``find --json`` printed before the line that says how it ended."""
        *answers, last = self.objects
        assert last["answers"] == len(answers)
        assert not any("state" in answer for answer in answers)
        return answers

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Standard error with ``--json``."""
        return [json.loads(line) for line in self.err.splitlines()]


@pytest.fixture
def workstation(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """``workstation("find", node, "--level", "study")``: run a command in this process."""

    def call(*arguments: object) -> Said:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return call


class Program:
    """``python -m workstation`` as a child, its lines read as they come.

    Attributes:
        process: The child.
        out, err: What it has said so far, line by line.
    """

    def __init__(self, arguments: Sequence[object], **how: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workstation", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONUTF8": "1"} | how.pop("environment", {}),
            **how,
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._threads = [
            threading.Thread(target=self._read, args=each)
            for each in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]
        for thread in self._threads:
            thread.start()

    def _read(self, stream: TextIO, lines: list[str]) -> None:
        with contextlib.suppress(ValueError):
            for line in stream:
                lines.append(line)
                self._heard.put(line)
        self._heard.put("")

    def wait_for(self, text: str) -> str:
        """The first line, on either stream, that holds ``text``."""
        ended = 0
        while ended < 2:
            line = self._heard.get(timeout=PATIENCE)
            if text in line:
                return line
            ended += not line
        raise AssertionError(f"it ended without “{text}”: {self.out} {self.err}")

    def interrupt(self, number: int = signal.SIGINT) -> None:
        self.process.send_signal(number)

    def end(self) -> Said:
        """Wait for its end."""
        status = self.process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        return Said(status, "".join(self.out), "".join(self.err))

    def kill(self) -> None:
        self.process.kill()
        self.end()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children find the package from whatever folder they run in."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


@pytest.fixture
def program() -> Iterator[Callable[..., Program]]:
    """``program("listen", "--out", folder)``: start it as a child; ends with the test."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a child must not inherit an ignored one
    with contextlib.ExitStack() as started:

        def start(*arguments: object, **how: Any) -> Program:
            child = Program(arguments, **how)
            started.callback(child.kill)
            return child

        yield start
    signal.signal(signal.SIGINT, before)
